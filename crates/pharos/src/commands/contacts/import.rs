//! `pharos contacts import`.

use std::fs::File;
use std::io::BufReader;
use std::path::PathBuf;

use anyhow::Context as _;
use audience::{
    ExportFrom, ImportOptions, ImportSpec, ImportSummary, OnFinding, PROOF_CHARS, ReviewWishes,
    TextEncoding,
};
use indicatif::{HumanCount, ProgressBar, ProgressStyle};
use model::{ConsentBasis, Right};
use serde_json::{Value, json};
use store::{AuditObject, ImportBasis, Store};
use tokio::runtime::Handle;

use super::super::file_name;
use super::super::job::{self, JobLine};
use super::super::rejects::Rejects;
use super::import_told::{beside, conclude, hint, known_product, warned};
use super::topic_by_slug;
use crate::address_sources::ImportChecks;
use crate::backend::Backend;
use crate::cli::{Everyone, ImportArgs, Mode};
use crate::installation::{Installation, now};
use crate::remote::RemoteClient;
use crate::telemetry::say;

/// Rows per transaction: large batches are what makes an import fast.
const BATCH: usize = 10_000;
/// A warning, not a refusal: earlier scripts go on working.
const NO_BASIS: &str =
    "Warning: the consent ledger says of them \"basis not stated\". Say it with --basis.";

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
    let spec = spec_of(&args)?;
    let source = format!("import of {}", file_name(&args.file));
    let tracking = audience::import_tracking(&installation.store, spec.tracking).await?;
    let (reading, columns, everyone) = (spec.reading(), spec.columns(), spec.standing());
    let (lacks_basis, basis) = (spec.lacks_basis(), spec.basis);
    let (tags, review, batch) = (spec.tags, spec.review, BATCH);
    let addresses = ImportChecks::of(&installation.config).sources().await;
    let options = ImportOptions {
        topic,
        source,
        basis,
        reading,
        columns,
        tracking,
        tags,
        everyone,
        review,
        addresses,
        batch,
    };
    let (summary, rejects, warnings) = import(installation, &args, options).await?;
    let counts = json!({
        "rows": summary.rows, "added": summary.added, "updated": summary.updated,
        "rejected": summary.rejected, "subscribed": summary.subscribed, "left": summary.left,
    });
    conclude(&summary, &rejects);
    warned(&args.file, &warnings)?;
    if lacks_basis && summary.subscribed > 0 {
        say(NO_BASIS);
    }
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
    let (name, spec) = (file_name(&args.file), spec_of(&args)?);
    let map: Vec<String> = spec.map.iter().map(|(from, to)| format!("{from}={to}")).collect();
    let mut query = vec![("name", name.as_str())];
    query.extend(spec.topic.as_deref().map(|topic| ("topic", topic)));
    query.extend(map.iter().map(|pair| ("map", pair.as_str())));
    query.extend(spec.ignore.iter().map(|column| ("ignore", column.as_str())));
    query.extend(spec.status.iter().map(|column| ("status", column.as_str())));
    query.extend(spec.everyone.map(|whom| ("everyone", whom.as_str())));
    query.extend(spec.tracking.map(|mode| ("tracking", mode.as_str())));
    query.extend(spec.tags.iter().map(|tag| ("tag", tag.as_str())));
    query.extend(spec.member.as_deref().map(|member| ("member", member)));
    // A server of an earlier release knows none of these.
    if spec.encoding != TextEncoding::Auto {
        query.push(("encoding", spec.encoding.name()));
    }
    if spec.from != ExportFrom::Unnamed {
        query.push(("from", spec.from.as_str()));
    }
    if spec.basis.basis != ConsentBasis::NotStated {
        query.push(("basis", spec.basis.basis.as_str()));
        query.extend(spec.basis.notice.as_deref().map(|notice| ("notice", notice)));
        query.extend(spec.basis.proof.as_deref().map(|proof| ("proof", proof)));
    }
    query.extend(review_query(spec.review));
    if spec.rehearsal {
        query.push(("dry_run", "true"));
    }
    let made = server.post_csv::<JobLine>("/api/v1/imports", &query, &args.file).await;
    let made = made.with_context(|| format!("can't import {}", args.file.display()))?;
    if args.as_job {
        job::tell_queued(&made.id);
        return Ok(());
    }
    let path = args.rejects.clone().unwrap_or_else(|| beside(&args.file, ".rejects.csv"));
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
    let mut warnings = Vec::new();
    if summary.warnings().iter().any(|(_, count)| *count > 0) || summary.merged > 0 {
        server.take(&format!("/api/v1/jobs/{}/warnings", job.id), &mut warnings).await?;
    }
    warned(&args.file, &warnings)?;
    if spec.lacks_basis() && summary.subscribed > 0 {
        say(NO_BASIS);
    }
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
        children: count("children"),
        subscribed: count("subscribed"),
        kept_unsubscribed: count("kept_unsubscribed"),
        suppressed: count("suppressed"),
        left: count("left"),
        unconfirmed: count("unconfirmed"),
        of_other_topics: count("of_other_topics"),
        tracking_begun: count("tracking_begun"),
        rejected: count("rejected"),
        role_addresses: count("role_addresses"),
        disposable: count("disposable"),
        typos: count("typos"),
        no_mail: count("no_mail"),
        mx_unanswered: count("mx_unanswered"),
        product: job.product.as_deref().and_then(known_product).map(|it| it.name.as_str()),
        ..ImportSummary::default()
    }
}

async fn as_job(installation: &Installation, args: ImportArgs) -> anyhow::Result<()> {
    if let Some(slug) = &args.topic {
        topic_by_slug(&installation.store, slug).await?;
    }
    let spec = spec_of(&args)?;
    job::upload(installation, &args.file, spec).await
}

/// What was asked for.
fn spec_of(args: &ImportArgs) -> anyhow::Result<ImportSpec> {
    let spec = ImportSpec {
        topic: args.topic.clone(),
        map: args.map.iter().map(|it| column_to_attribute(it)).collect::<anyhow::Result<_>>()?,
        ignore: args.ignore.clone(),
        status: args.status_column.clone(),
        everyone: args.everyone_is.map(everyone),
        basis: ImportBasis {
            basis: args.basis.unwrap_or_default(),
            notice: args.notice.clone(),
            proof: args.proof.clone(),
        },
        encoding: args.encoding,
        member: args.member.clone(),
        from: args.from.unwrap_or_default(),
        tracking: args.tracking.map(Mode::mode),
        tags: args.tags.clone(),
        review: review_of(args),
        rehearsal: args.rehearse,
        campaign: None,
        within: Vec::new(),
    };
    match spec.too_long() {
        Some(what) => {
            anyhow::bail!("--{what} should be one line of at most {PROOF_CHARS} characters")
        }
        None => Ok(spec),
    }
}

fn review_of(args: &ImportArgs) -> ReviewWishes {
    ReviewWishes::said(&|name| match name {
        "reject_role" => args.reject_role,
        "reject_disposable" => args.reject_disposable,
        "check_mx" => args.check_mx,
        _ => args.reject_no_mx,
    })
}

/// What is said of addresses, where it is not what usually holds: an earlier server knows nothing of it.
fn review_query(review: ReviewWishes) -> Vec<(&'static str, &'static str)> {
    let said = [
        ("reject_role", review.role == OnFinding::Reject),
        ("reject_disposable", review.disposable == OnFinding::Reject),
        ("check_mx", review.no_mail == Some(OnFinding::Warn)),
        ("reject_no_mx", review.no_mail == Some(OnFinding::Reject)),
    ];
    said.into_iter().filter(|(_, is_said)| *is_said).map(|(name, _)| (name, "true")).collect()
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
) -> anyhow::Result<(ImportSummary, PathBuf, Vec<u8>)> {
    let file =
        File::open(&args.file).with_context(|| format!("can't open {}", args.file.display()))?;
    let total = file.metadata().map_or(0, |about| about.len());
    let rejects_path = args.rejects.clone().unwrap_or_else(|| beside(&args.file, ".rejects.csv"));
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
        let mut warnings = Vec::new();
        let outputs = (&mut rejects, &mut warnings);
        let summary = audience::import(to, file, &options, outputs, &mut show, now());
        bar.finish_and_clear();
        let summary = summary?;
        if summary.rejected > 0 {
            rejects.keep()?;
        } else {
            rejects.remove_older()?;
        }
        anyhow::Ok((summary, warnings))
    };
    let (summary, warnings) = tokio::task::spawn_blocking(work)
        .await?
        .with_context(|| format!("can't import {}", args.file.display()))?;
    Ok((summary, rejects_path, warnings))
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
