//! `pharos contacts export`.
//!
//! Invariant: that somebody takes people's data away is in the audit log before the first line leaves.

use std::fs::File;
use std::io::{BufWriter, Write};
use std::os::unix::fs::OpenOptionsExt as _;
use std::path::PathBuf;

use anyhow::Context as _;
use audience::{ContactFilter, ExportSpec};
use model::Right;
use serde_json::json;
use store::{AuditObject, ContactQuery};

use super::people::meant_here;
use super::topic_by_slug;
use crate::cli::ContactsFilter;
use crate::installation::{Installation, now};
use crate::telemetry::{counted, say};

pub(super) async fn to_file(
    installation: &Installation,
    filter: ContactsFilter,
    to: Option<PathBuf>,
) -> anyhow::Result<()> {
    let filter = meant_here(installation, filter).await?;
    let mut about = json!({ "topic": filter.topic, "mailed": filter.mailed });
    log(installation, "contacts.export", &about).await?;
    let written = match &to {
        None => write(installation, &filter, &mut BufWriter::new(std::io::stdout())).await?,
        Some(path) => {
            let file = File::options().create_new(true).write(true).mode(0o600).open(path);
            let file = file.with_context(|| format!("can't create {}", path.display()))?;
            write(installation, &filter, &mut BufWriter::new(file)).await?
        }
    };
    about["contacts"] = written.into();
    log(installation, "contacts.exported", &about).await?;
    if let Some(path) = to {
        say(format_args!(
            "Wrote {} to {}.",
            counted(written, "contact", "contacts"),
            path.display()
        ));
    }
    Ok(())
}

async fn write(
    installation: &Installation,
    filter: &ContactFilter,
    out: &mut impl Write,
) -> anyhow::Result<u64> {
    let written = audience::export(&installation.store, filter, out).await?;
    out.flush()?;
    Ok(written)
}

async fn log(
    installation: &Installation,
    action: &'static str,
    about: &serde_json::Value,
) -> anyhow::Result<()> {
    let permit = installation.permit(Right::ContactsRead)?;
    let (object, about) = (AuditObject::of_kind("contacts"), Some(about.to_string()));
    Ok(permit.log(&installation.store, action, object, about, now()).await?)
}

/// Lets a running server do it.
pub(super) async fn as_job(
    installation: &Installation,
    filter: ContactsFilter,
    state: Option<String>,
    address_part: Option<String>,
) -> anyhow::Result<()> {
    if let Some(slug) = &filter.topic {
        topic_by_slug(&installation.store, slug).await?;
    }
    let state = match state {
        None => None,
        Some(word) => {
            let known = ExportSpec::state(&word);
            let words = "--state is subscribed, pending, unsubscribed or suppressed";
            Some(known.with_context(|| format!("{words}, not {word:?}"))?)
        }
    };
    let query = ContactQuery { address_part, topic: filter.topic, state };
    let (resources, call) = (installation.resources()?, installation.call());
    let id = actions::export_begin(&resources, &call, query).await?;
    say(format_args!("Job {id} is queued; a running server does it."));
    say(format_args!("To see how far it is: pharos job show {id}"));
    say(format_args!("To take the file: pharos job file {id} --to FILE"));
    Ok(())
}
