//! `pharos check`: looks at everything that a start needs and reports it in plain words.
//!
//! Invariant: changes nothing, except for a file that it creates in the data folder and removes.
//! One problem does not hide the next: every check that can run does.

mod local;
mod media;
mod places;
mod services;
mod settings;

use std::path::Path;

use crate::config;
use crate::telemetry::{counted, say};

/// How a check came out.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Verdict {
    Good,
    /// It works, but deserves a look.
    Warning,
    /// Must be fixed before a start.
    Bad,
}

#[derive(Debug)]
struct Finding {
    verdict: Verdict,
    /// What was looked at, in a word.
    what: &'static str,
    /// What it is like, and what to do.
    text: String,
}

impl Finding {
    fn good(what: &'static str, text: impl Into<String>) -> Self {
        Self { verdict: Verdict::Good, what, text: text.into() }
    }

    fn warning(what: &'static str, text: impl Into<String>) -> Self {
        Self { verdict: Verdict::Warning, what, text: text.into() }
    }

    fn bad(what: &'static str, text: impl Into<String>) -> Self {
        Self { verdict: Verdict::Bad, what, text: text.into() }
    }

    fn tell(&self) {
        let mark = match self.verdict {
            Verdict::Good => "ok",
            Verdict::Warning => "warn",
            Verdict::Bad => "FAIL",
        };
        say(format_args!("{mark:<5} {:<10} {}", self.what, self.text));
    }
}

pub(crate) async fn run(path: &Path) -> anyhow::Result<()> {
    let config = settings::with_store(config::load(path)?).await;
    let mut findings = vec![Finding::good("config", format!("{} is valid", path.display()))];
    findings.extend(local::look(&config));
    let (store, clocks) = services::store(&config.store).await;
    findings.extend(store);
    let (bus, bus_clocks) = services::bus(&config.bus).await;
    findings.extend(bus);
    findings.push(media::look(&config).await);
    findings.extend(places::look(&config));
    findings.extend(settings::look(&config));
    if let Some(relay) = &config.relay {
        findings.push(services::relay(relay).await);
    }
    findings.extend(services::names(&config).await);
    findings.push(local::clock(clocks.into_iter().chain(bus_clocks)));
    findings.iter().for_each(Finding::tell);
    let count = |verdict| findings.iter().filter(|each| each.verdict == verdict).count();
    let (bad, warnings) = (count(Verdict::Bad), count(Verdict::Warning));
    anyhow::ensure!(bad == 0, "{bad} of {} checks failed", findings.len());
    match warnings {
        0 => say("Everything is in place."),
        _ => say(format_args!(
            "Ready to start, with {}.",
            counted(warnings as u64, "warning", "warnings")
        )),
    }
    Ok(())
}
