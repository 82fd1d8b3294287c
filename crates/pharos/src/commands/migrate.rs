//! `pharos migrate`.

use std::fs;
use std::ops::ControlFlow;
use std::path::Path;

use anyhow::Context as _;
use indicatif::{HumanCount, ProgressBar, ProgressStyle};
use serde_json::json;
use store::{
    Location, MovedTo, Store, StoreOptions, TRANSFER_BATCH, TransferOptions, TransferPhase,
    TransferProblem, TransferProgress, TransferSummary,
};

use super::store_log;
use crate::cli::MigrateArgs;
use crate::installation::{now, open_store, random_name};
use crate::telemetry::say;

pub(crate) async fn run(args: MigrateArgs) -> anyhow::Result<()> {
    let ca_file = args.ca_file.as_deref();
    let (from_password, to_password) =
        (args.from_password_file.as_deref(), args.to_password_file.as_deref());
    if let Some(store) = &args.reopen {
        return reopen(locate("--reopen", store, from_password, ca_file)?).await;
    }
    let (Some(from_typed), Some(to_typed)) = (&args.from, &args.to) else {
        anyhow::bail!("give both --from and --to, or --reopen");
    };
    let source = locate("--from", from_typed, from_password, ca_file)?;
    let target = locate("--to", to_typed, to_password, ca_file)?;
    // Otherwise a missing store would be created, and an empty installation moved.
    must_exist(&source)?;
    let (from, to) = tokio::try_join!(open(source.clone()), open(target.clone()))?;
    let summary = move_over(&from, &to, &target).await?;
    // The source is closed by now, and says itself where the installation is.
    let after = json!({ "from": source.to_string(), "to": target.to_string() });
    store_log::log(&to, "store.migrate", after).await?;
    conclude(&summary, &source, &address(&target, to_typed));
    Ok(())
}

/// Reads an address as typed; relative paths are relative to the current folder.
fn locate(
    option: &str,
    text: &str,
    password_file: Option<&Path>,
    ca_file: Option<&Path>,
) -> anyhow::Result<Location> {
    let password = password_file.map(read_password).transpose()?;
    let folder = std::env::current_dir().context("the current folder can't be found")?;
    Location::parse(text, &folder, password.as_deref(), ca_file)
        .map_err(|problem| anyhow::anyhow!("{option} {problem}"))
}

fn read_password(path: &Path) -> anyhow::Result<String> {
    let text = fs::read_to_string(path)
        .with_context(|| format!("can't read the password file {}", path.display()))?;
    Ok(text.trim_end().to_owned())
}

fn must_exist(location: &Location) -> anyhow::Result<()> {
    match location {
        Location::Sqlite(path) if !path.exists() => {
            anyhow::bail!("there is no store at {}", path.display())
        }
        Location::Sqlite(_) | Location::Postgres(_) => Ok(()),
    }
}

async fn open(location: Location) -> anyhow::Result<Store> {
    open_store(location, StoreOptions::default()).await
}

async fn move_over(from: &Store, to: &Store, target: &Location) -> anyhow::Result<TransferSummary> {
    let options = TransferOptions {
        target: target.to_string(),
        installation: random_name()?,
        now: now(),
        batch: TRANSFER_BATCH,
    };
    let bar = progress_bar();
    let mut phase = None;
    let moved = store::transfer(from, to, options, |progress| {
        if phase.replace(progress.phase) != Some(progress.phase) {
            // What an earlier run did says nothing about the speed of this one.
            bar.reset();
            bar.set_length(progress.rows);
            bar.set_position(progress.done);
            bar.reset_eta();
        }
        show(&bar, progress);
        ControlFlow::Continue(())
    })
    .await;
    bar.finish_and_clear();
    moved.map_err(|problem| match problem {
        TransferProblem::Store(..) => anyhow::Error::new(problem).context(
            "the move was interrupted; run the same command again to continue. Until then \
             nothing changes the old store; `pharos migrate --reopen` cancels the move",
        ),
        problem => anyhow::Error::new(problem).context("the installation was not moved"),
    })
}

fn show(bar: &ProgressBar, progress: TransferProgress) {
    let doing = match progress.phase {
        TransferPhase::Copying => "copying",
        TransferPhase::Comparing => "comparing",
    };
    bar.set_position(progress.done);
    bar.set_message(format!("{doing} {}, {} rows", progress.table, HumanCount(progress.done)));
}

fn progress_bar() -> ProgressBar {
    let bar = ProgressBar::new(0);
    let style =
        ProgressStyle::with_template("{bar:30} {percent:>3} %  {msg}, {per_sec}, about {eta} left");
    if let Ok(style) = style {
        bar.set_style(style);
    }
    bar
}

fn conclude(summary: &TransferSummary, source: &Location, address: &str) {
    say(format_args!("{:<18} {:>14}  {:<12}", "table", "rows", "checksum"));
    for table in &summary.tables {
        let checksum: String =
            table.checksum.iter().take(6).map(|byte| format!("{byte:02x}")).collect();
        let rows = HumanCount(table.rows).to_string();
        say(format_args!("{:<18} {rows:>14}  {checksum}  the same on both sides", table.name));
    }
    say("");
    say("The installation was moved. What to do next:");
    say(format_args!("  Set `store = {address:?}` in pharos.toml on every node."));
    say("  Leave the data folders where they are: they still hold the keys and journals.");
    say(format_args!("  Keep {source} as a backup. It won't start until you run"));
    say("  `pharos migrate --reopen` on it; only one of the two may ever send.");
}

/// What to write into the configuration: never a password, and a path that does not depend on the
/// folder the command was run in.
fn address(target: &Location, typed: &str) -> String {
    if let Location::Sqlite(path) = target {
        return format!("sqlite:{}", path.display());
    }
    // The address without its parameters, except for the one that must not get lost.
    let parameters = typed.rsplit_once('?').map_or("", |(_, parameters)| parameters);
    match parameters.split('&').find(|parameter| parameter.starts_with("sslmode=")) {
        Some(sslmode) => format!("{target}?{sslmode}"),
        None => target.to_string(),
    }
}

async fn reopen(location: Location) -> anyhow::Result<()> {
    must_exist(&location)?;
    let store = open(location.clone()).await?;
    match store.reopen().await? {
        None => say(format_args!("{location} was not moved away; nothing was changed.")),
        Some(moved) => {
            let after = json!({ "was_moved_to": moved.store, "was_complete": moved.complete });
            store_log::log(&store, "store.reopen", after).await?;
            tell_reopened(&location, &moved);
        }
    }
    Ok(())
}

fn tell_reopened(location: &Location, moved: &MovedTo) {
    if moved.complete {
        say(format_args!(
            "{location} can be served again. Its installation was moved to {} on {}: only one of \
            the two may ever send, or people get everything twice.",
            moved.store,
            moved.at.readable()
        ));
    } else {
        say(format_args!(
            "{location} can be served again; its move to {} was cancelled. What was copied there \
             is half an installation and can't be served.",
            moved.store
        ));
    }
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use super::*;

    #[test]
    fn what_goes_into_the_configuration_bears_no_password() {
        for (typed, expect) in [
            ("sqlite:a/b.sqlite", "sqlite:/srv/a/b.sqlite"),
            (
                "postgres://ann:s3cret@db/x?sslmode=disable",
                "postgres://ann@db:5432/x?sslmode=disable",
            ),
            ("postgres://ann:s3c?ret@db:5433/x", "postgres://ann@db:5433/x"),
            ("postgres://ann@db/x?password=s3cret", "postgres://ann@db:5432/x"),
        ] {
            let target = Location::parse(typed, Path::new("/srv"), None, None).unwrap();
            assert_eq!(address(&target, typed), expect);
        }
    }
}
