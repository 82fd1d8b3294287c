//! `pharos job`.

mod first_lines;
mod going_on;
mod job_line;

use std::fs::File;
use std::io::{self, Read, Write};
use std::os::unix::fs::OpenOptionsExt as _;
use std::path::{Path, PathBuf};
use std::time::Duration;

use actions::{Call, ImportFor, JOBS_PAGE, Upload};
use anyhow::Context as _;
use audience::ImportSpec;
use indicatif::{ProgressBar, ProgressStyle};
use model::JobId;
use serde_json::{Value, json};
use store::JobFile;

use self::first_lines::FirstLines;
pub(in crate::commands) use self::going_on::gone_on;
pub(in crate::commands) use self::job_line::JobLine;
use crate::backend::Backend;
use crate::cli::JobCommand;
use crate::commands::confirm::confirm;
use crate::installation::Installation;
use crate::remote::RemoteClient;
use crate::telemetry::{counted, note, say};

/// How often it is asked how far a job on a server is.
const ASK_EVERY: Duration = Duration::from_millis(500);

pub(crate) async fn run(backend: &Backend, command: JobCommand) -> anyhow::Result<()> {
    match command {
        JobCommand::List => {
            let jobs = list(backend).await?;
            if jobs.is_empty() {
                say("No jobs yet. To make one: pharos contacts import FILE --as-job");
            }
            jobs.iter().for_each(|job| say(job.line()));
        }
        JobCommand::Show { job } => find(backend, job).await?.tell(),
        JobCommand::Start { job, yes } => {
            let contacts = match find(backend, job).await?.contacts_to_erase() {
                Some(contacts) => {
                    confirm(&what_erasing_does(contacts), yes)?;
                    Some(contacts)
                }
                None => None,
            };
            start(backend, job, contacts).await?;
            say(format_args!("Job {job} is queued. To watch it: pharos job show {job}"));
        }
        JobCommand::Stop { job } => {
            stop(backend, job).await?;
            say(format_args!("Job {job} is stopped. What it has done stays."));
        }
        JobCommand::Undo { job, dry_run } => {
            let id = undo(backend, job, dry_run).await?;
            let what = if dry_run { "count what undoing would do" } else { "undo the import" };
            say(format_args!("Job {id} is queued, to {what}; a running server does it."));
            say(format_args!("To see how far it is: pharos job show {id}"));
        }
        JobCommand::Rejects { job, to } => taken(backend, job, to, JobFile::Rejects).await?,
        JobCommand::Warnings { job, to } => taken(backend, job, to, JobFile::Warnings).await?,
        JobCommand::File { job, to } => taken(backend, job, to, JobFile::Result).await?,
    }
    Ok(())
}

/// The newest ones.
async fn list(backend: &Backend) -> anyhow::Result<Vec<JobLine>> {
    match backend {
        Backend::Local(installation) => {
            let (resources, call) = (installation.resources()?, installation.call());
            let jobs = actions::jobs(&resources, &call, None).await?.jobs;
            jobs.into_iter().map(JobLine::new).collect()
        }
        Backend::Remote(server) => {
            let limit = JOBS_PAGE.to_string();
            let mut list = server.list("/api/v1/jobs", &[]).by(&limit);
            Ok(list.page().await?.unwrap_or_default())
        }
    }
}

pub(in crate::commands) async fn find(backend: &Backend, job: i64) -> anyhow::Result<JobLine> {
    match backend {
        Backend::Local(installation) => {
            let (resources, call) = (installation.resources()?, installation.call());
            JobLine::new(actions::job(&resources, &call, JobId(job)).await?)
        }
        Backend::Remote(server) => Ok(server.get(&format!("/api/v1/jobs/{job}")).await?),
    }
}

/// Of an erasure, that is expected to have so many contacts at most.
pub(in crate::commands) async fn start(
    backend: &Backend,
    job: i64,
    contacts_at_most: Option<u64>,
) -> anyhow::Result<()> {
    match backend {
        Backend::Local(installation) => {
            let (resources, call) = (installation.resources()?, installation.call());
            actions::job_start(&resources, &call, JobId(job), contacts_at_most).await?;
        }
        Backend::Remote(server) => {
            let path = format!("/api/v1/jobs/{job}/start");
            let at_most = contacts_at_most.map(|it| it.to_string());
            let query: Vec<_> =
                at_most.iter().map(|it| ("contacts_at_most", it.as_str())).collect();
            server.post_asking::<Value>(&path, &query).await?;
        }
    }
    Ok(())
}

pub(in crate::commands) async fn stop(backend: &Backend, job: i64) -> anyhow::Result<()> {
    match backend {
        Backend::Local(installation) => {
            let (resources, call) = (installation.resources()?, installation.call());
            actions::job_stop(&resources, &call, JobId(job)).await?;
        }
        Backend::Remote(server) => {
            server.post::<Value>(&format!("/api/v1/jobs/{job}/stop"), &Value::Null).await?;
        }
    }
    Ok(())
}

/// The job that does it.
async fn undo(backend: &Backend, job: i64, dry_run: bool) -> anyhow::Result<String> {
    match backend {
        Backend::Local(installation) => {
            let (resources, call) = (installation.resources()?, installation.call());
            let id = actions::import_undo(&resources, &call, JobId(job), dry_run).await?;
            Ok(id.to_string())
        }
        Backend::Remote(server) => {
            let path = format!("/api/v1/jobs/{job}/undo");
            let made: JobLine = server.post(&path, &json!({ "dry_run": dry_run })).await?;
            Ok(made.id)
        }
    }
}

/// Writes one of a job's files.
async fn taken(
    backend: &Backend,
    job: i64,
    to: Option<PathBuf>,
    file: JobFile,
) -> anyhow::Result<()> {
    let written = match &to {
        None => write(backend, job, file, &mut io::stdout()).await?,
        Some(path) => {
            let mut out = new_file(path)?;
            let written = write(backend, job, file, &mut out).await;
            // Nothing half-written is left behind.
            if !matches!(written, Ok(1..)) {
                std::fs::remove_file(path)
                    .with_context(|| format!("can't remove {}", path.display()))?;
            }
            written?
        }
    };
    if written == 0 {
        note(match file {
            JobFile::Warnings => format!("Job {job} has no warnings."),
            _ => format!("Job {job} has rejected nothing."),
        });
    }
    Ok(())
}

/// Says which lines a job could not use.
pub(in crate::commands) async fn rejects_told(backend: &Backend, job: i64) -> anyhow::Result<()> {
    let mut lines = FirstLines::default();
    write(backend, job, JobFile::Rejects, &mut lines).await?;
    lines.tell();
    Ok(())
}

/// A file that only its owner can read.
pub(in crate::commands) fn new_file(path: &Path) -> anyhow::Result<File> {
    let file = File::options().write(true).create_new(true).mode(0o600).open(path);
    file.with_context(|| format!("can't create {}", path.display()))
}

/// Writes a job's file; returns its bytes.
async fn write(
    backend: &Backend,
    job: i64,
    file: JobFile,
    out: &mut (dyn Write + Send),
) -> anyhow::Result<u64> {
    let installation = match backend {
        Backend::Local(installation) => installation,
        Backend::Remote(server) => {
            let name = match file {
                JobFile::Result => "file",
                JobFile::Warnings => "warnings",
                _ => "rejects",
            };
            let written = server.take(&format!("/api/v1/jobs/{job}/{name}"), out).await?;
            out.flush()?;
            return Ok(written);
        }
    };
    let (resources, call) = (installation.resources()?, installation.call());
    let taken = match file {
        JobFile::Result => Some(actions::job_file(&resources, &call, JobId(job)).await?),
        _ => None,
    };
    if file == JobFile::Warnings {
        let list = actions::job_warnings(&resources, &call, JobId(job)).await?;
        out.write_all(&list)?;
        out.flush()?;
        return Ok(list.len() as u64);
    }
    let mut written = 0;
    for number in 0.. {
        let part = match &taken {
            Some(taken) => taken.part(number).await?,
            None => actions::job_rejects(&resources, &call, JobId(job), number).await?,
        };
        let Some(part) = part else { break };
        out.write_all(&part)?;
        written += part.len() as u64;
    }
    out.flush()?;
    Ok(written)
}

/// Waits until a job on a server has ended, and shows how far it is.
pub(in crate::commands) async fn ended_there(
    server: &RemoteClient,
    mut job: JobLine,
) -> anyhow::Result<JobLine> {
    let bar = ProgressBar::new(100);
    if let Ok(style) = ProgressStyle::with_template("{bar:30} {percent:>3} %  {msg}") {
        bar.set_style(style);
    }
    let path = format!("/api/v1/jobs/{}", job.id);
    while !job.has_ended() {
        bar.set_message(format!("job {}, {}", job.id, job.state));
        bar.set_position(job.share());
        tokio::time::sleep(ASK_EVERY).await;
        job = server.get(&path).await?;
    }
    bar.finish_and_clear();
    match (job.state.as_str(), &job.problem) {
        ("done", _) => Ok(job),
        (_, Some(problem)) => anyhow::bail!("job {} failed: {problem}", job.id),
        (state, None) => anyhow::bail!("job {} was {state} before its end", job.id),
    }
}

/// Uploads a file as a job for a running server.
pub(super) async fn upload(
    installation: &Installation,
    file: &Path,
    spec: ImportSpec,
) -> anyhow::Result<()> {
    let (resources, call) = (installation.resources()?, installation.call());
    let mut input = File::open(file).with_context(|| format!("can't open {}", file.display()))?;
    let name = super::file_name(file);
    let topic = spec.topic.as_deref();
    let whom = ImportFor::Topic(topic);
    let upload = actions::import_begin(&resources, &call, &name, whom).await?;
    let id = sent(upload, &call, &mut input).await?;
    if let Err(refusal) = actions::import_start(&resources, &call, id, spec).await {
        actions::job_stop(&resources, &call, id).await?;
        return Err(refusal.into());
    }
    tell_queued(&id.to_string());
    Ok(())
}

/// Uploads a file part by part.
pub(in crate::commands) async fn sent(
    mut upload: Upload,
    call: &Call,
    input: &mut (impl Read + Send),
) -> anyhow::Result<JobId> {
    let mut buffer = vec![0; store::JOB_PART_BYTES];
    loop {
        let bytes = input.read(&mut buffer)?;
        if bytes == 0 {
            return Ok(upload.finish(call).await?);
        }
        upload.write(call, buffer.get(..bytes).unwrap_or_default()).await?;
    }
}

/// What somebody has to know before.
pub(in crate::commands) fn what_erasing_does(contacts: u64) -> String {
    format!(
        "This erases {}: address, attributes, subscriptions, consents, what was sent to them and what \
         they did. It can't be undone, and no import will bring them back, nor the unknown addresses \
         of the list.",
        counted(contacts, "person", "people")
    )
}

pub(in crate::commands) fn tell_queued(id: &str) {
    say(format_args!("Job {id} is queued; a running server does it."));
    say(format_args!("To see how far it is: pharos job show {id}"));
}
