//! `pharos topic reconfirm` and `reconfirmation`.

use actions::ReconfirmationWish;
use serde::Deserialize;
use serde_json::{Value, json};

use super::confirm::confirm;
use crate::backend::Backend;
use crate::cli::ReconfirmArgs;
use crate::remote::segment;
use crate::telemetry::say;

/// How far a re-confirmation is.
#[derive(Default, Deserialize)]
struct ToldReconfirmation {
    state: Option<String>,
    would_ask: Option<i64>,
    to_mail: i64,
    asked: i64,
    confirmed: i64,
    stopped: i64,
    not_mailed: i64,
}

impl From<store::Reconfirmation> for ToldReconfirmation {
    fn from(it: store::Reconfirmation) -> Self {
        Self {
            state: Some(it.state.as_str().to_owned()),
            would_ask: None,
            to_mail: it.to_mail,
            asked: it.asked,
            confirmed: it.confirmed,
            stopped: it.stopped,
            not_mailed: it.not_mailed,
        }
    }
}

pub(super) async fn ask(backend: &Backend, args: ReconfirmArgs) -> anyhow::Result<()> {
    let ReconfirmArgs { slug, before, within, per_minute, dry_run, yes } = args;
    let wish =
        ReconfirmationWish { before, within_days: Some(within), per_minute: Some(per_minute) };
    let people = preview(backend, &slug, &wish).await?;
    let who = if people == 1 { "1 subscriber" } else { &format!("{people} subscribers") };
    if dry_run || people == 0 {
        say(format_args!("{who} of {slug} would be asked."));
        return Ok(());
    }
    let what = format!(
        "This mails {who} of {slug}; those who do not confirm within {within} days get it no more."
    );
    confirm(&what, yes)?;
    match backend {
        Backend::Local(installation) => {
            let (resources, call) = (installation.resources()?, installation.call());
            actions::reconfirmation_begin(&resources, &call, &slug, &wish).await?;
        }
        Backend::Remote(server) => {
            server.post::<Value>(&path(&slug), &body(&wish, false)).await?;
        }
    }
    say(format_args!("{who} of {slug} are asked by a running server."));
    say(format_args!("How far it is: pharos topic reconfirmation {slug}"));
    Ok(())
}

async fn preview(backend: &Backend, slug: &str, wish: &ReconfirmationWish) -> anyhow::Result<i64> {
    Ok(match backend {
        Backend::Local(installation) => {
            let (resources, call) = (installation.resources()?, installation.call());
            actions::reconfirmation_preview(&resources, &call, slug, wish).await?
        }
        Backend::Remote(server) => {
            let told: ToldReconfirmation = server.post(&path(slug), &body(wish, true)).await?;
            told.would_ask.unwrap_or(0)
        }
    })
}

fn path(slug: &str) -> String {
    format!("/api/v1/topics/{}/reconfirmation", segment(slug))
}

fn body(wish: &ReconfirmationWish, dry_run: bool) -> Value {
    let ReconfirmationWish { before, within_days, per_minute } = wish;
    json!({
        "before": before,
        "within_days": within_days,
        "per_minute": per_minute,
        "dry_run": dry_run,
    })
}

pub(super) async fn show(backend: &Backend, slug: &str, cancel: bool) -> anyhow::Result<()> {
    let told: ToldReconfirmation = match (backend, cancel) {
        (Backend::Local(installation), cancel) => {
            let (resources, call) = (installation.resources()?, installation.call());
            match cancel {
                true => actions::reconfirmation_cancel(&resources, &call, slug).await?,
                false => actions::reconfirmation(&resources, &call, slug).await?,
            }
            .map(ToldReconfirmation::from)
            .unwrap_or_default()
        }
        (Backend::Remote(server), true) => {
            server.post(&format!("{}/cancel", path(slug)), &json!({})).await?
        }
        (Backend::Remote(server), false) => server.get(&path(slug)).await?,
    };
    let Some(state) = &told.state else {
        say(format_args!("Nobody was asked whether they still want {slug}."));
        return Ok(());
    };
    say(format_args!("state        {state}"));
    for (name, people) in [
        ("to be mailed", told.to_mail),
        ("asked", told.asked),
        ("confirmed", told.confirmed),
        ("stopped", told.stopped),
        ("not mailed", told.not_mailed),
    ] {
        say(format_args!("{name:<13}{people}"));
    }
    Ok(())
}
