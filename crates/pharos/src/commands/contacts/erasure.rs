//! `pharos contacts erase --file`: erases everybody in a list, as a job of the installation.
//!
//! Invariant: what it does to how much is counted and shown before anybody is erased, and nobody is
//! when the list has more contacts than were shown.

use std::fs::File;
use std::path::Path;

use anyhow::Context as _;
use audience::ErasureSpec;

use super::super::file_name;
use super::super::job::{self, JobLine, what_erasing_does};
use crate::backend::Backend;
use crate::cli::EraseArgs;
use crate::commands::confirm::confirm;
use crate::installation::Installation;
use crate::telemetry::{self, say};

/// Erases them, or counts what that would remove.
pub(super) async fn of_list(
    backend: &Backend,
    file: &Path,
    args: &EraseArgs,
) -> anyhow::Result<()> {
    let id = match backend {
        Backend::Local(installation) => uploaded(installation, file, args).await?,
        Backend::Remote(server) => {
            File::open(file).with_context(|| format!("can't open {}", file.display()))?;
            let name = file_name(file);
            let mut query = vec![("name", name.as_str()), ("dry_run", "true")];
            query.extend(args.column.as_deref().map(|column| ("column", column)));
            let made = server.post_csv::<JobLine>("/api/v1/erasures", &query, file).await;
            made.with_context(|| format!("can't read {}", file.display()))?.number()?
        }
    };
    let counted = job::gone_on(backend, id).await?;
    anyhow::ensure!(counted.is_waiting(), "{}", counted.why_it_ended());
    match decided(backend, &counted, args).await {
        Ok(true) => {}
        // The list is removed with the job.
        Ok(false) => return job::stop(backend, id).await,
        Err(refused) => {
            job::stop(backend, id).await?;
            return Err(refused);
        }
    }
    if args.as_job {
        job::tell_queued(&counted.id);
        return Ok(());
    }
    let done = job::gone_on(backend, id).await?;
    done.tell_figures();
    anyhow::ensure!(done.is_done(), "{}", done.why_it_ended());
    say("Counts in reports stay. Copies of the data folder and exports are yours to clean up.");
    Ok(())
}

/// Shows what was counted, and starts the erasure of that many contacts if that is wanted.
async fn decided(backend: &Backend, counted: &JobLine, args: &EraseArgs) -> anyhow::Result<bool> {
    let contacts = counted.contacts_to_erase().unwrap_or(0);
    say("What the list has, and what would be erased with its contacts:");
    counted.tell_figures();
    if counted.has_rejects() {
        say("Lines that are no address are passed over:");
        job::rejects_told(backend, counted.number()?).await?;
    }
    if args.dry_run {
        say("Nobody was erased.");
        return Ok(false);
    }
    if let Some(at_most) = args.at_most {
        anyhow::ensure!(
            contacts <= at_most,
            "the list has {}, more than the {at_most} of --at-most; nobody was erased",
            telemetry::counted(contacts, "contact", "contacts")
        );
    }
    confirm(&what_erasing_does(contacts), args.yes)?;
    job::start(backend, counted.number()?, Some(contacts)).await?;
    Ok(true)
}

/// Uploads the list, to be rehearsed.
async fn uploaded(
    installation: &Installation,
    file: &Path,
    args: &EraseArgs,
) -> anyhow::Result<i64> {
    let (resources, call) = (installation.resources()?, installation.call());
    let mut input = File::open(file).with_context(|| format!("can't open {}", file.display()))?;
    let upload = actions::erasure_begin(&resources, &call, &file_name(file)).await?;
    let id = job::sent(upload, &call, &mut input).await?;
    let spec = ErasureSpec { rehearsal: true, contacts_at_most: None, column: args.column.clone() };
    if let Err(refusal) = actions::erasure_start(&resources, &call, id, spec).await {
        actions::job_stop(&resources, &call, id).await?;
        return Err(refusal).with_context(|| format!("can't read {}", file.display()));
    }
    Ok(id.0)
}
