//! `pharos campaign check`: what would go wrong, for people or as JSON.

mod json;
mod told;

use std::io::Write as _;
use std::sync::Arc;
use std::time::Duration;

use anyhow::Context as _;
use campaign::{AddressOutcome, Checked, Outside, SenderDomain, SpamVerdict};
use fetcher::{Fetcher, FetcherSettings, Guard, Resolver, Timing};
use indicatif::{HumanCount, ProgressBar, ProgressStyle};

use self::told::CheckTold;
pub(super) use self::told::FindingLine;
use crate::backend::Backend;
use crate::cli::CheckArgs;
use crate::config::Config;
use crate::installation::{Installation, now};
use crate::resolver::resolver;
use crate::telemetry::{counted, note, say};

/// A server that is there accepts a connection sooner.
const CONNECT: Duration = Duration::from_secs(5);

pub(crate) async fn run(backend: &Backend, args: &CheckArgs) -> anyhow::Result<()> {
    let id = args.campaign;
    let checked = match backend {
        Backend::Local(installation) => check_here(installation, args).await?,
        Backend::Remote(server) => {
            if args.accept {
                backend.here("campaign check --accept")?;
            }
            if !args.offline {
                note(
                    "Nobody else was asked: links, images, DNS and the spam filter are looked at by \
                     `pharos campaign check` on the server's machine.",
                );
            }
            server.get(&format!("/api/v1/campaigns/{id}/check")).await?
        }
    };
    if args.json {
        let mut text = serde_json::to_string_pretty(&json::CheckedJson::of(&checked))?;
        text.push('\n');
        std::io::stdout().write_all(text.as_bytes())?;
    } else {
        tell(&checked);
    }
    let errors = checked.of("error").count() as u64;
    let counted_errors = counted(errors, "error", "errors");
    anyhow::ensure!(errors == 0, "campaign {id} can't be sent as it is: {counted_errors}");
    let open = checked.open() as u64;
    anyhow::ensure!(
        open == 0,
        "campaign {id} has {} that nobody has accepted; mend the announcement, or accept: pharos \
         campaign check {id} --accept",
        counted(open, "warning", "warnings")
    );
    Ok(())
}

async fn check_here(installation: &Installation, args: &CheckArgs) -> anyhow::Result<CheckTold> {
    let Installation { config, store, .. } = installation;
    let id = installation.campaign(args.campaign).await?;
    let mut checked = campaign::check(store, &config.sender, id).await?;
    if !args.offline {
        ask_others(installation, &mut checked).await?;
    }
    if args.accept {
        let open = checked.open().count();
        let (resources, call) = (installation.resources()?, installation.call());
        actions::campaign_accept(&resources, &call, args.campaign, &mut checked).await?;
        note(format_args!("Accepted {}.", counted(open as u64, "warning", "warnings")));
    }
    Ok(checked.into())
}

async fn ask_others(installation: &Installation, checked: &mut Checked) -> anyhow::Result<()> {
    let Installation { config, store, keys, .. } = installation;
    let resolver = match resolver(config) {
        Ok(resolver) => resolver,
        Err(why) => {
            note(format_args!("Nobody else was asked, because DNS can't be used: {why}"));
            return Ok(());
        }
    };
    let files = installation.files()?;
    let outside = Outside {
        fetcher: Arc::new(fetcher(config, &resolver)?),
        resolver,
        return_path: config.return_path.as_ref(),
        spam_filter: config.check.spam_filter.as_ref(),
        sender: &config.sender,
        keys,
        files: &files,
        now: now(),
    };
    let bar = ProgressBar::new(0);
    if let Ok(style) =
        ProgressStyle::with_template("Asking for links and images {bar:30} {pos} of {len}")
    {
        bar.set_style(style);
    }
    let progress = |asked: usize, all: usize| {
        bar.set_length(all as u64);
        bar.set_position(asked as u64);
    };
    let looked = campaign::look_outside(store, checked, &outside, progress).await;
    bar.finish_and_clear();
    Ok(looked?)
}

fn fetcher(config: &Config, resolver: &Resolver) -> anyhow::Result<Fetcher> {
    // Many servers refuse a name with "link" in it, as that of a link checker.
    let user_agent = format!(
        "Pharos/{} (checks an announcement of {})",
        env!("CARGO_PKG_VERSION"),
        config.sender.domain
    );
    let timeout = config.check.timeout;
    let settings = FetcherSettings {
        resolver: resolver.clone(),
        guard: Guard::new(config.check.private_hosts.clone()),
        ca_file: config.check.ca_file.as_deref(),
        user_agent: &user_agent,
        timing: Timing { connect: timeout.min(CONNECT), request: timeout },
    };
    Fetcher::new(settings).context("check.ca_file")
}

fn tell(checked: &CheckTold) {
    checked.findings.iter().for_each(|found| say(found.line()));
    if let Some(line) = asked(checked) {
        say(line);
    }
    checked.sender_domain.iter().for_each(|domain| say(sender_line(domain)));
    checked.spam.iter().for_each(|spam| say(spam_line(spam)));
    let audience = &checked.audience;
    let count = |contacts: i64| HumanCount(u64::try_from(contacts).unwrap_or(0));
    let links = counted(checked.links.len() as u64, "tracked link", "tracked links");
    let reached = audience.contacts - audience.skipped;
    say(format_args!(
        "{} of {} would get it, with {links}.",
        count(reached),
        counted(u64::try_from(audience.contacts).unwrap_or(0), "contact", "contacts"),
    ));
}

fn asked(checked: &CheckTold) -> Option<String> {
    if checked.addresses.is_empty() {
        return None;
    }
    let there = checked.asked(|it| *it == AddressOutcome::Reachable);
    let dead = checked.asked(|it| matches!(it, AddressOutcome::Dead(_)));
    let unknown = checked.asked(|it| matches!(it, AddressOutcome::Unknown(_)));
    let all = counted(checked.addresses.len() as u64, "link or image", "links and images");
    Some(format!("Of {all} {there} can be reached, {dead} can not, {unknown} were not checked."))
}

fn sender_line(domain: &SenderDomain) -> String {
    let SenderDomain { domain, envelope_domain, dmarc_policy, is_aligned, has_spf } = domain;
    let dmarc = match dmarc_policy {
        Some(policy) => format!("its DMARC policy is {policy}"),
        None => "it has no DMARC policy".to_owned(),
    };
    let spf = if *has_spf { "has SPF" } else { "has no usable SPF" };
    let aligned = if *is_aligned { "belongs to it" } else { "does not belong to it" };
    format!(
        "It comes from {domain}: {dmarc}; bounces go to {envelope_domain}, which {spf} and {aligned}."
    )
}

fn spam_line(spam: &SpamVerdict) -> String {
    let sentence = spam.sentence();
    let mut characters = sentence.chars();
    let first = characters.next().map(char::to_uppercase);
    format!("{}{}.", first.into_iter().flatten().collect::<String>(), characters.as_str())
}
