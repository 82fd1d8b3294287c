//! What the process prints: log lines on standard error, the answers of commands, and the one line
//! in which a failed command ends.

use std::io::{IsTerminal as _, Write as _};

use indicatif::HumanCount;
use tracing_subscriber::filter::{LevelFilter, Targets};
use tracing_subscriber::prelude::*;

/// Starts logging to standard error. Libraries are heard from `warn` on.
pub(crate) fn start(level: tracing::Level, json: bool) {
    let filter = Targets::new().with_default(LevelFilter::WARN).with_targets(
        [
            "pharos", "beacon", "mailer", "report", "web", "store", "bus", "journal", "campaign",
            "audience", "listener", "media", "access",
        ]
        .map(|target| (target, LevelFilter::from_level(level))),
    );
    let layer = tracing_subscriber::fmt::layer()
        .with_writer(std::io::stderr)
        .with_ansi(std::io::stderr().is_terminal());
    let registry = tracing_subscriber::registry().with(filter);
    // Only a second start in one process could fail; the first one's choice then stays.
    let _ =
        if json { registry.with(layer.json()).try_init() } else { registry.with(layer).try_init() };
}

/// Prints why a command failed: what was attempted, then each cause on a line of its own.
pub(crate) fn complain(error: &anyhow::Error) {
    let mut text = format!("pharos: {error}\n");
    let mut said = error.to_string();
    for cause in error.chain().skip(1) {
        let cause = cause.to_string();
        if !said.contains(&cause) {
            text.push_str(&format!("  because {cause}\n"));
        }
        said.push_str(&cause);
    }
    // Nobody is left to tell when standard error is closed.
    let _ = std::io::stderr().write_all(text.as_bytes());
}

/// Prints a line to standard output; a closed pipe (`| head`) is no error.
pub(crate) fn say(line: impl std::fmt::Display) {
    let _ = writeln!(std::io::stdout(), "{line}");
}

/// `1 row`, `2,000 rows`.
pub(crate) fn counted(count: u64, one: &str, many: &str) -> String {
    format!("{} {}", HumanCount(count), if count == 1 { one } else { many })
}

/// Prints a line to standard error, for people who watch while standard output holds a result.
pub(crate) fn note(line: impl std::fmt::Display) {
    let _ = writeln!(std::io::stderr(), "{line}");
}
