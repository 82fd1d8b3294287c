//! `pharos job`.

use std::fs::File;
use std::io::{self, Write};
use std::os::unix::fs::OpenOptionsExt as _;
use std::path::{Path, PathBuf};

use actions::ImportFor;
use anyhow::Context as _;
use audience::{IMPORT_JOB, ImportSpec, ImportSummary, UNDO_JOB};
use indicatif::HumanCount;
use model::JobId;
use store::{Job, JobFile, JobState};

use crate::backend::Backend;
use crate::cli::JobCommand;
use crate::installation::Installation;
use crate::telemetry::{note, say};

pub(crate) async fn run(backend: &Backend, command: JobCommand) -> anyhow::Result<()> {
    // Jobs have no operations of the API yet.
    let installation = backend.here(match command {
        JobCommand::List => "job list",
        JobCommand::Show { .. } => "job show",
        JobCommand::Start { .. } => "job start",
        JobCommand::Stop { .. } => "job stop",
        JobCommand::Undo { .. } => "job undo",
        JobCommand::Rejects { .. } => "job rejects",
        JobCommand::File { .. } => "job file",
    })?;
    let (resources, call) = (installation.resources()?, installation.call());
    match command {
        JobCommand::List => {
            let jobs = actions::jobs(&resources, &call, None).await?.jobs;
            if jobs.is_empty() {
                say("No jobs yet. To make one: pharos contacts import FILE --as-job");
            }
            jobs.iter().for_each(|job| say(line(job)));
            Ok(())
        }
        JobCommand::Show { job } => show(&actions::job(&resources, &call, JobId(job)).await?),
        JobCommand::Start { job } => {
            actions::job_start(&resources, &call, JobId(job)).await?;
            say(format_args!("Job {job} is queued. To watch it: pharos job show {job}"));
            Ok(())
        }
        JobCommand::Stop { job } => {
            actions::job_stop(&resources, &call, JobId(job)).await?;
            say(format_args!("Job {job} is stopped. What it has done stays."));
            Ok(())
        }
        JobCommand::Undo { job, dry_run } => {
            let id = actions::import_undo(&resources, &call, JobId(job), dry_run).await?;
            let what = if dry_run { "count what undoing would do" } else { "undo the import" };
            say(format_args!("Job {id} is queued, to {what}; a running server does it."));
            say(format_args!("To see how far it is: pharos job show {id}"));
            Ok(())
        }
        JobCommand::Rejects { job, to } => {
            taken(installation, JobId(job), to, JobFile::Rejects).await
        }
        JobCommand::File { job, to } => taken(installation, JobId(job), to, JobFile::Result).await,
    }
}

fn line(job: &Job) -> String {
    let share = if job.total > 0 { (job.done * 100 / job.total).min(100) } else { 0 };
    let at = job.created_at.readable();
    let state = job.state.as_str();
    let what = if job.kind == UNDO_JOB { "undo of " } else { "" };
    let (title, who) = (&job.title, &job.actor.name);
    format!("{:>6}  {state:<9} {share:>3} %  {at}  {what}{title}, by {who}", job.id)
}

fn show(job: &Job) -> anyhow::Result<()> {
    say(line(job));
    if let Some(problem) = &job.problem {
        say(format_args!("It failed: {problem}"));
    }
    if job.state == JobState::Waiting {
        let id = job.id;
        say(format_args!(
            "It waits for a decision: pharos job start {id}, or pharos job stop {id}"
        ));
    }
    if !job.position.is_empty() {
        if audience::job_is_rehearsal(job) {
            say("This was a rehearsal; nothing is changed yet:");
        }
        match job.kind.as_str() {
            IMPORT_JOB => figures(&audience::import_progress(job)?),
            _ => other_figures(job)?,
        }
    }
    Ok(())
}

fn figures(summary: &ImportSummary) {
    let figures = [
        ("rows", summary.rows),
        ("added", summary.added),
        ("updated", summary.updated),
        ("unchanged", summary.unchanged),
        ("repeated", summary.merged),
        ("subscribed", summary.subscribed),
        ("still unsubscribed", summary.kept_unsubscribed),
        ("suppressed", summary.suppressed),
        ("left elsewhere", summary.left),
        ("unconfirmed", summary.unconfirmed),
        ("erased before", summary.erased),
        ("rejected", summary.rejected),
    ];
    for (name, count) in figures.into_iter().filter(|(_, count)| *count > 0) {
        say(format_args!("  {name:<19}{:>12}", HumanCount(count).to_string()));
    }
}

/// Of jobs that are no imports, by the names of the API.
fn other_figures(job: &Job) -> anyhow::Result<()> {
    let shown = audience::job_figures(job)?.into_iter().enumerate();
    for (_, (name, count)) in shown.filter(|(at, (_, count))| *at == 0 || *count > 0) {
        let name = name.replace('_', " ");
        say(format_args!("  {name:<19}{:>12}", HumanCount(count).to_string()));
    }
    Ok(())
}

/// Writes one of a job's files.
async fn taken(
    installation: &Installation,
    id: JobId,
    to: Option<PathBuf>,
    file: JobFile,
) -> anyhow::Result<()> {
    let (resources, call) = (installation.resources()?, installation.call());
    let mut out: Box<dyn Write> = match &to {
        Some(path) => {
            let file = File::options().write(true).create_new(true).mode(0o600).open(path);
            Box::new(file.with_context(|| format!("can't create {}", path.display()))?)
        }
        None => Box::new(io::stdout()),
    };
    let mut written = 0;
    for number in 0.. {
        let part = match file {
            JobFile::Result => actions::job_file(&resources, &call, id, number).await?,
            _ => actions::job_rejects(&resources, &call, id, number).await?,
        };
        let Some(part) = part else { break };
        out.write_all(&part)?;
        written += part.len();
    }
    out.flush()?;
    if written == 0 {
        note(format_args!("Job {id} has rejected nothing."));
    }
    Ok(())
}

/// Uploads a file as a job for a running server.
pub(super) async fn upload(
    installation: &Installation,
    file: &Path,
    spec: ImportSpec,
) -> anyhow::Result<()> {
    use std::io::Read as _;
    let (resources, call) = (installation.resources()?, installation.call());
    let mut input = File::open(file).with_context(|| format!("can't open {}", file.display()))?;
    let name = super::file_name(file);
    let topic = spec.topic.as_deref();
    let whom = ImportFor::Topic(topic);
    let mut upload = actions::import_begin(&resources, &call, &name, whom).await?;
    let mut buffer = vec![0; store::JOB_PART_BYTES];
    loop {
        let bytes = input.read(&mut buffer)?;
        if bytes == 0 {
            break;
        }
        upload.write(&call, buffer.get(..bytes).unwrap_or_default()).await?;
    }
    let id = upload.finish(&call).await?;
    if let Err(refusal) = actions::import_start(&resources, &call, id, spec).await {
        actions::job_stop(&resources, &call, id).await?;
        return Err(refusal.into());
    }
    say(format_args!("Job {id} is queued; a running server does it."));
    say(format_args!("To see how far it is: pharos job show {id}"));
    Ok(())
}
