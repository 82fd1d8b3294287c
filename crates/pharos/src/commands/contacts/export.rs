//! `pharos contacts export`.
//!
//! Invariant: that somebody takes people's data away is in the audit log and in the disclosure register before
//! the first line leaves.

use std::io::{BufWriter, Write};
use std::path::{Path, PathBuf};

use actions::DisclosureWish;
use anyhow::Context as _;
use audience::ExportSpec;
use model::{DisclosureKind, Right, TagName};
use serde_json::{Value, json};
use store::{AuditObject, ContactQuery, ContactState};

use super::super::job::{self, JobLine, new_file};
use super::people::meant_here;
use super::topic_by_slug;
use crate::backend::Backend;
use crate::cli::ContactsFilter;
use crate::installation::{Installation, now};
use crate::remote::RemoteClient;
use crate::telemetry::{counted, say};

pub(super) async fn to_file(
    backend: &Backend,
    filter: ContactsFilter,
    to: Option<PathBuf>,
    wish: &DisclosureWish,
) -> anyhow::Result<()> {
    let written = match backend {
        Backend::Local(installation) => here(installation, filter, to.as_deref(), wish).await?,
        Backend::Remote(server) => there(server, &filter, to.as_deref(), wish).await?,
    };
    if let Some(path) = to {
        say(format_args!(
            "Wrote {} to {}.",
            counted(written, "contact", "contacts"),
            path.display()
        ));
    }
    Ok(())
}

/// How many were written.
async fn here(
    installation: &Installation,
    filter: ContactsFilter,
    to: Option<&Path>,
    wish: &DisclosureWish,
) -> anyhow::Result<u64> {
    let filter = meant_here(installation, filter).await?;
    let tag = filter.tag.as_ref().map(TagName::as_str);
    let mut about = json!({ "topic": filter.topic, "mailed": filter.mailed, "tag": tag });
    let (store, call) = (&installation.store, installation.call());
    wish.check(store, &call, DisclosureKind::ContactsFile).await?;
    if let Some(notice) = wish.notice {
        about["notice"] = notice.0.into();
    }
    let plan = audience::export_plan(store, &filter, wish.notice, call.at).await?;
    log(installation, "contacts.export", &about).await?;
    let new = wish.new_disclosure(&call, DisclosureKind::ContactsFile, &about);
    let disclosed = store.disclosure_enter(new, plan.set).await?;
    let mut out: Box<dyn Write> = match &to {
        None => Box::new(BufWriter::new(std::io::stdout())),
        Some(path) => Box::new(BufWriter::new(new_file(path)?)),
    };
    let written = audience::export(store, (&plan, &disclosed), &filter, &mut out).await?;
    out.flush()?;
    about["contacts"] = written.into();
    log(installation, "contacts.exported", &about).await?;
    Ok(written)
}

/// A server writes them as a job, whose file is taken away. How many were written.
async fn there(
    server: &RemoteClient,
    filter: &ContactsFilter,
    to: Option<&Path>,
    wish: &DisclosureWish,
) -> anyhow::Result<u64> {
    anyhow::ensure!(
        filter.only.is_none(),
        "`pharos contacts export --only` works on this machine only; leave out --server (and \
         PHAROS_SERVER), or use --as-job --state STATE"
    );
    // Before the server has worked for it.
    let mut out: Box<dyn Write + Send> = match to {
        None => Box::new(std::io::stdout()),
        Some(path) => Box::new(new_file(path)?),
    };
    let tag = filter.tag.as_ref().map(TagName::as_str);
    let mut body = json!({ "topic": filter.topic, "tag": tag });
    said(&mut body, wish);
    let made = server.post("/api/v1/exports", &body).await?;
    let job = job::ended_there(server, made).await?;
    let taken = server.take(&format!("/api/v1/jobs/{}/file", job.id), &mut *out).await;
    if let (Some(path), Err(_)) = (to, &taken) {
        // Nothing half-written is left behind.
        std::fs::remove_file(path).with_context(|| format!("can't remove {}", path.display()))?;
    }
    taken?;
    out.flush()?;
    Ok(job.counts.get("contacts").copied().unwrap_or(0))
}

/// Puts for whom and for what it is into what a server is asked, where that is said.
pub(in crate::commands) fn said(body: &mut Value, wish: &DisclosureWish) {
    if let Some(recipient) = &wish.recipient {
        body["for"] = recipient.as_str().into();
    }
    if let Some(purpose) = &wish.purpose {
        body["purpose"] = purpose.as_str().into();
    }
    if let Some(notice) = wish.notice {
        body["notice"] = notice.to_string().into();
    }
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
    backend: &Backend,
    filter: ContactsFilter,
    (state, address_part): (Option<String>, Option<String>),
    wish: &DisclosureWish,
) -> anyhow::Result<()> {
    let state = state.as_deref().map(state_of).transpose()?;
    let id = match backend {
        Backend::Local(installation) => {
            if let Some(slug) = &filter.topic {
                topic_by_slug(&installation.store, slug).await?;
            }
            let query = ContactQuery { address_part, topic: filter.topic, state, tag: filter.tag };
            let (resources, call) = (installation.resources()?, installation.call());
            actions::export_begin(&resources, &call, query, wish.clone()).await?.to_string()
        }
        Backend::Remote(server) => {
            let state = state.map(ExportSpec::word);
            let tag = filter.tag.as_ref().map(TagName::as_str);
            let mut body =
                json!({ "q": address_part, "topic": filter.topic, "state": state, "tag": tag });
            said(&mut body, wish);
            server.post::<JobLine>("/api/v1/exports", &body).await?.id
        }
    };
    job::tell_queued(&id);
    say(format_args!("To take the file: pharos job file {id} --to FILE"));
    Ok(())
}

/// The state that `--state` names.
pub(super) fn state_of(word: &str) -> anyhow::Result<ContactState> {
    let words = "--state is subscribed, pending, unsubscribed or suppressed";
    ExportSpec::state(word).with_context(|| format!("{words}, not {word:?}"))
}
