//! `pharos contacts import`.

use std::fs::File;
use std::io::BufReader;
use std::path::{Path, PathBuf};

use anyhow::Context as _;
use audience::{ColumnWishes, ImportOptions, ImportSpec, ImportSummary, StatusColumn};
use indicatif::{HumanCount, ProgressBar, ProgressStyle};
use model::Right;
use serde_json::{Value, json};
use store::{AuditObject, ImportStanding, Store};
use tokio::runtime::Handle;

use super::super::file_name;
use super::super::job::{self, JobLine};
use super::super::rejects::Rejects;
use super::topic_by_slug;
use crate::backend::Backend;
use crate::cli::{Everyone, ImportArgs, Mode};
use crate::installation::{Installation, now};
use crate::remote::RemoteClient;
use crate::telemetry::{counted, say};

/// Rows per transaction: large batches are what makes an import fast.
const BATCH: usize = 10_000;
/// Imports a file and says what became of it.
pub(super) async fn run(backend: &Backend, args: ImportArgs) -> anyhow::Result<()> {
    refuse_telling_name(&args)?;
    match backend {
        Backend::Local(installation) if args.as_job => as_job(installation, args).await,
        Backend::Local(installation) => here(installation, args).await,
        Backend::Remote(server) => there(server, args).await,
    }
}

async fn here(installation: &Installation, args: ImportArgs) -> anyhow::Result<()> {
    let topic = match &args.topic {
        Some(slug) => Some(topic_by_slug(&installation.store, slug).await?),
        None => None,
    };
    let everyone = args.everyone_is.map(standing);
    let columns = ColumnWishes {
        map: args.map.iter().map(|it| column_to_attribute(it)).collect::<anyhow::Result<_>>()?,
        ignore: args.ignore.clone(),
        status: args.status_column.iter().map(|it| StatusColumn::parse(it)).collect(),
        nobody_subscribed: everyone.is_some_and(|it| it != ImportStanding::Subscribed),
    };
    // Subscribed people may still have left by what a column says.
    let everyone = everyone.filter(|it| *it != ImportStanding::Subscribed);
    let source = format!("import of {}", file_name(&args.file));
    let tracking = args.tracking.map(Mode::mode);
    let tracking = audience::import_tracking(&installation.store, tracking).await?;
    let options = ImportOptions {
        topic,
        source,
        columns,
        tracking,
        tags: args.tags.clone(),
        everyone,
        batch: BATCH,
    };
    let (summary, rejects) = import(installation, &args, options).await?;
    let counts = json!({
        "rows": summary.rows, "added": summary.added, "updated": summary.updated,
        "rejected": summary.rejected, "subscribed": summary.subscribed, "left": summary.left,
    });
    conclude(&summary, &rejects);
    let (object, counts) = (AuditObject::of_kind("contacts"), Some(counts.to_string()));
    let permit = installation.permit(Right::ContactsWrite)?;
    permit.log(&installation.store, "contacts.imported", object, counts, now()).await?;
    anyhow::ensure!(
        summary.rows == 0 || summary.rejected < summary.rows,
        "every row was rejected{}",
        hint(&summary)
    );
    Ok(())
}

/// Uploads the file to a server, which imports it as a job, and waits for that unless told otherwise.
async fn there(server: &RemoteClient, args: ImportArgs) -> anyhow::Result<()> {
    // Said before anything is asked of the server.
    File::open(&args.file).with_context(|| format!("can't open {}", args.file.display()))?;
    let name = file_name(&args.file);
    let map: Vec<(String, String)> =
        args.map.iter().map(|it| column_to_attribute(it)).collect::<anyhow::Result<_>>()?;
    let map: Vec<String> = map.iter().map(|(from, to)| format!("{from}={to}")).collect();
    let mut query = vec![("name", name.as_str())];
    query.extend(args.topic.as_deref().map(|topic| ("topic", topic)));
    query.extend(map.iter().map(|pair| ("map", pair.as_str())));
    query.extend(args.ignore.iter().map(|column| ("ignore", column.as_str())));
    query.extend(args.status_column.iter().map(|column| ("status", column.as_str())));
    query.extend(args.everyone_is.map(|whom| ("everyone", everyone(whom).as_str())));
    query.extend(args.tracking.map(|mode| ("tracking", mode.mode().as_str())));
    query.extend(args.tags.iter().map(|tag| ("tag", tag.as_str())));
    if args.rehearse {
        query.push(("dry_run", "true"));
    }
    let made = server.post_csv::<JobLine>("/api/v1/imports", &query, &args.file).await;
    let made = made.with_context(|| format!("can't import {}", args.file.display()))?;
    if args.as_job {
        job::tell_queued(&made.id);
        return Ok(());
    }
    let path = args.rejects.clone().unwrap_or_else(|| beside(&args.file));
    let mut rejects = Rejects::begin(path.clone(), &args.file)?;
    let job = job::ended_there(server, made).await?;
    let summary = summary_of(&job);
    if summary.rejected > 0 {
        server.take(&format!("/api/v1/jobs/{}/rejects", job.id), &mut rejects).await?;
        rejects.keep()?;
    } else {
        rejects.remove_older()?;
    }
    conclude(&summary, &path);
    anyhow::ensure!(summary.rows == 0 || summary.rejected < summary.rows, "every row was rejected");
    Ok(())
}

fn summary_of(job: &JobLine) -> ImportSummary {
    let count = |name: &str| job.counts.get(name).copied().unwrap_or(0);
    ImportSummary {
        rows: count("rows"),
        added: count("added"),
        updated: count("updated"),
        unchanged: count("unchanged"),
        merged: count("merged"),
        erased: count("erased"),
        subscribed: count("subscribed"),
        kept_unsubscribed: count("kept_unsubscribed"),
        suppressed: count("suppressed"),
        left: count("left"),
        unconfirmed: count("unconfirmed"),
        of_other_topics: count("of_other_topics"),
        tracking_begun: count("tracking_begun"),
        rejected: count("rejected"),
        ..ImportSummary::default()
    }
}

async fn as_job(installation: &Installation, args: ImportArgs) -> anyhow::Result<()> {
    if let Some(slug) = &args.topic {
        topic_by_slug(&installation.store, slug).await?;
    }
    let spec = ImportSpec {
        topic: args.topic,
        map: args.map.iter().map(|it| column_to_attribute(it)).collect::<anyhow::Result<_>>()?,
        ignore: args.ignore,
        status: args.status_column,
        everyone: args.everyone_is.map(everyone),
        tracking: args.tracking.map(Mode::mode),
        tags: args.tags,
        rehearsal: args.rehearse,
        campaign: None,
        within: Vec::new(),
    };
    job::upload(installation, &args.file, spec).await
}

/// The store, whose next write is logged as this action.
fn acting(
    installation: &Installation,
    action: &'static str,
    about: Value,
) -> anyhow::Result<Store> {
    let object = AuditObject::of_kind("contacts");
    installation.acting(Right::ContactsWrite, action, object, Some(about))
}

/// A file whose name says that it lists people who left subscribes nobody without being told to.
fn refuse_telling_name(args: &ImportArgs) -> anyhow::Result<()> {
    if args.everyone_is.is_some() || !args.status_column.is_empty() {
        return Ok(());
    }
    let name = file_name(&args.file);
    let Some(told) = audience::told_by_name(&name) else { return Ok(()) };
    let state = told.as_str();
    anyhow::bail!(
        "{name} looks like a list of people who must not be mailed. Import it as one with \
         --everyone-is {state}, or use --everyone-is subscribed if the name is misleading"
    )
}

const fn standing(whom: Everyone) -> ImportStanding {
    everyone(whom).standing()
}

const fn everyone(whom: Everyone) -> audience::Everyone {
    match whom {
        Everyone::Subscribed => audience::Everyone::Subscribed,
        Everyone::Unconfirmed => audience::Everyone::Unconfirmed,
        Everyone::Unsubscribed => audience::Everyone::Unsubscribed,
        Everyone::HardBounce => audience::Everyone::HardBounce,
        Everyone::Complaint => audience::Everyone::Complaint,
        Everyone::Blocked => audience::Everyone::Blocked,
    }
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

/// The summary, and where the reject file is.
async fn import(
    installation: &Installation,
    args: &ImportArgs,
    options: ImportOptions,
) -> anyhow::Result<(ImportSummary, PathBuf)> {
    let file =
        File::open(&args.file).with_context(|| format!("can't open {}", args.file.display()))?;
    let total = file.metadata().map_or(0, |about| about.len());
    let rejects_path = args.rejects.clone().unwrap_or_else(|| beside(&args.file));
    let mut rejects = Rejects::begin(rejects_path.clone(), &args.file)?;
    let about = json!({ "file": file_name(&args.file), "topic": args.topic });
    let store = acting(installation, "contacts.import", about)?;
    let keys = installation.keys.clone();
    let handle = Handle::current();
    let work = move || {
        let bar = progress_bar(total);
        let mut show = |done: &ImportSummary| {
            bar.set_position(done.bytes_read);
            bar.set_message(format!("{} rows", HumanCount(done.rows)));
        };
        let (to, file) = ((&store, &*keys, &handle), BufReader::new(file));
        let summary = audience::import(to, file, &options, &mut rejects, &mut show, now());
        bar.finish_and_clear();
        let summary = summary?;
        if summary.rejected > 0 {
            rejects.keep()?;
        } else {
            rejects.remove_older()?;
        }
        anyhow::Ok(summary)
    };
    let summary = tokio::task::spawn_blocking(work)
        .await?
        .with_context(|| format!("can't import {}", args.file.display()))?;
    Ok((summary, rejects_path))
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
        "{}: {} added, {} updated, {} unchanged, {} rejected.",
        counted(summary.rows, "row", "rows"),
        HumanCount(summary.added),
        HumanCount(summary.updated),
        HumanCount(summary.unchanged),
        HumanCount(summary.rejected),
    ));
    let (person, people) = ("person", "people");
    let more: [(u64, [&str; 2], &str); 9] = [
        (
            summary.merged,
            ["row", "rows"],
            "repeated a contact of another row; the later one counts.",
        ),
        (summary.subscribed, [person, people], "newly subscribed."),
        (
            summary.left,
            [person, people],
            "left elsewhere, according to the file; kept without mail.",
        ),
        (
            summary.unconfirmed,
            [person, people],
            "never agreed to mail, according to the file; kept, not subscribed.",
        ),
        (
            summary.kept_unsubscribed,
            [person, people],
            "had unsubscribed before; still unsubscribed.",
        ),
        (summary.suppressed, [person, people], "suppressed; no mail."),
        (summary.erased, [person, people], "erased at their request; nothing was kept."),
        (summary.of_other_topics, [person, people], "belong to other topics; left out."),
        (
            summary.tracking_begun,
            [person, people],
            "had said nothing about tracking; now it is as you said.",
        ),
    ];
    for (count, [one, many], what) in more.into_iter().filter(|(count, ..)| *count > 0) {
        say(format_args!("{} {what}", counted(count, one, many)));
    }
    if summary.rejected > 0 {
        say(format_args!("Rejected rows, with reasons: {}", rejects.display()));
    }
}

/// What may be wrong with the file as a whole.
fn hint(summary: &ImportSummary) -> String {
    match summary.other_separator {
        Some('\t') => {
            ": their cells seem to be separated by tabs, those of the first line are not".into()
        }
        Some(other) => {
            format!(
                ": their cells seem to be separated by {other:?}, those of the first line are not"
            )
        }
        None => String::new(),
    }
}
