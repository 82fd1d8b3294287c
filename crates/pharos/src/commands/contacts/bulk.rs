//! `pharos contacts bulk`: one act with all contacts who match.

use actions::{BulkActWish, BulkWhomWish};
use audience::ExportSpec;
use serde_json::{Value, json};
use store::{ContactQuery, ImportBasis};

use super::super::job::{self, JobLine};
use super::topic_by_slug;
use crate::backend::Backend;
use crate::cli::{BulkArgs, BulkWord};
use crate::commands::confirm::confirm;
use crate::telemetry::say;

/// Counts what it would do, asks, and does it as a job that is done here unless a server is to do it.
pub(super) async fn run(backend: &Backend, args: BulkArgs) -> anyhow::Result<()> {
    anyhow::ensure!(
        args.segment.is_some() || args.all || is_filtered(&args),
        "say with whom: --segment NAME, a filter, or --all"
    );
    let counts_first = !args.yes || args.dry_run;
    let id = begun(backend, &args, counts_first).await?;
    if !counts_first {
        return done(backend, id, args.as_job).await;
    }
    let counted = job::gone_on(backend, id).await?;
    anyhow::ensure!(counted.is_waiting(), "{}", counted.why_it_ended());
    say("This would be done:");
    counted.tell_figures();
    let asked = match args.dry_run {
        true => Ok(()),
        false => confirm(&format!("This is done with them: {}.", told(&args)), false),
    };
    if args.dry_run || asked.is_err() {
        job::stop(backend, id).await?;
        return asked;
    }
    job::start(backend, id, None).await?;
    done(backend, id, args.as_job).await
}

async fn done(backend: &Backend, id: i64, as_job: bool) -> anyhow::Result<()> {
    if as_job {
        job::tell_queued(&id.to_string());
        return Ok(());
    }
    let done = job::gone_on(backend, id).await?;
    done.tell_figures();
    anyhow::ensure!(done.is_done(), "{}", done.why_it_ended());
    say(format_args!("It was job {id}."));
    Ok(())
}

fn is_filtered(args: &BulkArgs) -> bool {
    args.topic.is_some()
        || args.state.is_some()
        || args.address_part.is_some()
        || args.having.is_some()
}

fn told(args: &BulkArgs) -> String {
    let what = &args.what;
    match args.act {
        BulkWord::Subscribe => format!("subscribing to {what}"),
        BulkWord::Leave => format!("unsubscribing from {what}"),
        BulkWord::Set => format!("setting {what}"),
        BulkWord::Clear => format!("removing {what}"),
        BulkWord::Tag => format!("giving the tag {what}"),
        BulkWord::Untag => format!("taking the tag {what} away"),
    }
}

fn act_of(args: &BulkArgs) -> anyhow::Result<BulkActWish> {
    let topic = args.what.clone();
    Ok(match args.act {
        BulkWord::Subscribe => {
            let basis = args.basis.unwrap_or_default();
            let (notice, proof) = (args.notice.clone(), args.proof.clone());
            BulkActWish::Subscribe { topic, basis: ImportBasis { basis, notice, proof } }
        }
        BulkWord::Leave => BulkActWish::Leave { topic },
        BulkWord::Set => match args.what.split_once('=') {
            Some((name, value)) if !name.is_empty() && !value.trim().is_empty() => {
                BulkActWish::Set { name: name.to_owned(), value: value.to_owned() }
            }
            _ => anyhow::bail!("{:?} should be NAME=VALUE, such as plan=pro", args.what),
        },
        BulkWord::Clear => BulkActWish::Set { name: args.what.clone(), value: String::new() },
        BulkWord::Tag => BulkActWish::Tag { name: args.what.clone(), is_given: true },
        BulkWord::Untag => BulkActWish::Tag { name: args.what.clone(), is_given: false },
    })
}

async fn begun(backend: &Backend, args: &BulkArgs, dry_run: bool) -> anyhow::Result<i64> {
    let state = args.state.as_deref().map(super::export::state_of).transpose()?;
    let act = act_of(args)?;
    match backend {
        Backend::Local(installation) => {
            if let Some(slug) = &args.topic {
                topic_by_slug(&installation.store, slug).await?;
            }
            let (address_part, topic) = (args.address_part.clone(), args.topic.clone());
            let query = ContactQuery { address_part, topic, state, tag: args.having.clone() };
            let whom = match &args.segment {
                Some(name) => BulkWhomWish::Segment(name.clone()),
                None => BulkWhomWish::Found(query),
            };
            let (resources, call) = (installation.resources()?, installation.call());
            Ok(actions::contacts_bulk(&resources, &call, whom, act, dry_run).await?.0)
        }
        Backend::Remote(server) => {
            let mut body = match act {
                BulkActWish::Subscribe { topic, basis } => json!({
                    "act": "subscribe", "subject": topic, "basis": basis.basis.as_str(),
                    "notice": basis.notice, "proof": basis.proof,
                }),
                BulkActWish::Leave { topic } => json!({ "act": "leave", "subject": topic }),
                BulkActWish::Set { name, value } if value.is_empty() => {
                    json!({ "act": "clear", "subject": name })
                }
                BulkActWish::Set { name, value } => {
                    json!({ "act": "set", "subject": name, "value": value })
                }
                BulkActWish::Tag { name, is_given } => {
                    json!({ "act": if is_given { "tag" } else { "untag" }, "subject": name })
                }
            };
            body["dry_run"] = dry_run.into();
            let tag = args.having.as_ref().map(ToString::to_string);
            for (name, value) in [
                ("segment", &args.segment),
                ("q", &args.address_part),
                ("topic", &args.topic),
                ("state", &state.map(|it| ExportSpec::word(it).to_owned())),
                ("tag", &tag),
            ] {
                if let Some(value) = value {
                    body[name] = Value::from(value.as_str());
                }
            }
            server.post::<JobLine>("/api/v1/contacts/bulk", &body).await?.number()
        }
    }
}
