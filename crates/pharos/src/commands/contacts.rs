//! `pharos contacts`.

use std::fs::File;
use std::io::BufReader;
use std::path::{Path, PathBuf};

use anyhow::Context as _;
use audience::{ImportOptions, ImportSummary};
use indicatif::{HumanCount, ProgressBar, ProgressStyle};
use model::TopicId;
use store::Store;
use tokio::runtime::Handle;

use super::file_name;
use super::rejects::Rejects;
use crate::cli::{ContactsCommand, ImportArgs};
use crate::installation::{Installation, now};
use crate::telemetry::say;

/// Rows per transaction: large batches are what makes an import fast.
const BATCH: usize = 10_000;

/// Does what was typed after `contacts`.
pub(crate) async fn run(config: &Path, command: ContactsCommand) -> anyhow::Result<()> {
    let ContactsCommand::Import(args) = command;
    let installation = Installation::open(config).await?;
    let topic = match &args.topic {
        Some(slug) => Some(topic_by_slug(&installation.store, slug).await?),
        None => None,
    };
    let map =
        args.map.iter().map(|pair| column_to_attribute(pair)).collect::<anyhow::Result<_>>()?;
    let source = format!("import of {}", file_name(&args.file));
    let options = ImportOptions { topic, source, map, batch: BATCH };
    import(installation.store, args, options).await
}

/// The topic with this slug, or an error that lists the topics there are.
pub(super) async fn topic_by_slug(store: &Store, slug: &str) -> anyhow::Result<TopicId> {
    if let Some(topic) = store.topic_by_slug(slug.to_owned()).await? {
        return Ok(topic.id);
    }
    let known: Vec<String> =
        store.topics_list().await?.into_iter().map(|topic| topic.slug).collect();
    anyhow::bail!("there is no topic {slug:?}; the configuration names {}", known.join(", "))
}

fn column_to_attribute(pair: &str) -> anyhow::Result<(String, String)> {
    match pair.split_once('=') {
        Some((column, attribute)) if !column.is_empty() && !attribute.is_empty() => {
            Ok((column.to_owned(), attribute.to_owned()))
        }
        _ => anyhow::bail!(
            "--map {pair:?} should be COLUMN=ATTRIBUTE, such as \"Vorname=first_name\""
        ),
    }
}

async fn import(store: Store, args: ImportArgs, options: ImportOptions) -> anyhow::Result<()> {
    let file =
        File::open(&args.file).with_context(|| format!("can't open {}", args.file.display()))?;
    let total = file.metadata().map_or(0, |about| about.len());
    let rejects_path = args.rejects.unwrap_or_else(|| beside(&args.file));
    let mut rejects = Rejects::begin(rejects_path.clone(), &args.file)?;
    let handle = Handle::current();
    let work = move || {
        let bar = progress_bar(total);
        let mut show = |done: &ImportSummary| {
            bar.set_position(done.bytes_read);
            bar.set_message(format!("{} rows", HumanCount(done.rows)));
        };
        let summary = audience::import(
            &store,
            &handle,
            BufReader::new(file),
            &options,
            &mut rejects,
            &mut show,
            now(),
        );
        bar.finish_and_clear();
        let summary = summary?;
        if summary.rejected > 0 {
            rejects.keep()?;
        }
        anyhow::Ok(summary)
    };
    let summary = tokio::task::spawn_blocking(work)
        .await?
        .with_context(|| format!("can't import {}", args.file.display()))?;
    conclude(&summary, &rejects_path);
    Ok(())
}

fn beside(file: &Path) -> PathBuf {
    let mut name = file.file_name().unwrap_or_default().to_owned();
    name.push(".rejects.csv");
    file.with_file_name(name)
}

fn progress_bar(total: u64) -> ProgressBar {
    let bar = ProgressBar::new(total);
    if let Ok(style) =
        ProgressStyle::with_template("{bar:30} {percent:>3} %  {msg}, about {eta} left")
    {
        bar.set_style(style);
    }
    bar
}

fn conclude(summary: &ImportSummary, rejects: &Path) {
    say(format_args!(
        "{} rows: {} added, {} updated, {} unchanged, {} rejected.",
        HumanCount(summary.rows),
        HumanCount(summary.added),
        HumanCount(summary.updated),
        HumanCount(summary.unchanged),
        HumanCount(summary.rejected),
    ));
    if summary.merged > 0 {
        say(format_args!(
            "{} rows name a contact that another row names too; the later one counts.",
            HumanCount(summary.merged)
        ));
    }
    if summary.suppressed > 0 {
        say(format_args!("{} are suppressed and get no mail.", HumanCount(summary.suppressed)));
    }
    if summary.subscribed > 0 {
        say(format_args!("{} newly subscribed.", HumanCount(summary.subscribed)));
    }
    if summary.kept_unsubscribed > 0 {
        say(format_args!(
            "{} had unsubscribed before and stay unsubscribed.",
            HumanCount(summary.kept_unsubscribed)
        ));
    }
    if summary.rejected > 0 {
        say(format_args!("Why rows were rejected: {}", rejects.display()));
    }
}
