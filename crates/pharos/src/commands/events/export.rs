//! `pharos events export`.
//!
//! Invariants: that events leave is in the audit log and in the disclosure register before the
//! first of them does; a file gets its name
//! when it is whole and on disk. Memory holds one page of events.

use std::fs::{self, File};
use std::io::{self, BufWriter, Write};
use std::path::{Path, PathBuf};

use actions::DisclosureWish;
use anyhow::Context as _;
use indicatif::{HumanCount, ProgressBar};
use model::{DisclosureKind, Right, Timestamp};
use report::{Event, EventLines, ParquetEvents};
use serde_json::{Value, json};
use store::{AuditObject, DisclosedTo, EventCursor, FEED_PAGE};
use tokio_util::sync::CancellationToken;

use super::source::{EventPages, EventSource};
use crate::backend::Backend;
use crate::cli::{DisclosureArgs, EventsExportArgs, EventsFilter, FileFormat};
use crate::installation::now;
use crate::shutdown;
use crate::telemetry::{counted, note, say};

pub(super) async fn run(backend: &Backend, args: EventsExportArgs) -> anyhow::Result<()> {
    let stop = shutdown::on_signal()?;
    let EventsExportArgs { format, out, after, disclosure, filter } = args;
    let mut about = told(&filter);
    let source = EventSource::new(backend, filter, FEED_PAGE).await?;
    log(backend, "events.export", &about).await?;
    let to = opened(backend, &disclosure, &about).await?;
    let to = to.as_ref();
    let (written, next) = match &out {
        None => {
            let mut lines = EventWriter::lines(format, BufWriter::new(io::stdout()))?;
            let done = write(&source, (after, to), &mut lines, &stop).await?;
            lines.finish()?.flush()?;
            done
        }
        Some(path) => {
            let unnamed = UnnamedFile::beside(path)?;
            let mut writer = EventWriter::new(format, BufWriter::new(unnamed.open()?))?;
            let done = write(&source, (after, to), &mut writer, &stop).await?;
            let file = writer.finish()?.into_inner().map_err(io::IntoInnerError::into_error)?;
            unnamed.name(&file)?;
            done
        }
    };
    if let (Backend::Local(installation), Some(DisclosedTo::File(file))) = (backend, to) {
        installation.store.disclosure_close(file, now()).await?;
    }
    about["events"] = written.into();
    log(backend, "events.exported", &about).await?;
    let next = next.map_or_else(String::new, |next| format!("To go on from here: --after {next}"));
    match out {
        Some(path) => {
            say(format_args!(
                "Wrote {} to {}.",
                counted(written, "event", "events"),
                path.display()
            ));
            say(next);
        }
        None => note(next),
    }
    Ok(())
}

fn told(filter: &EventsFilter) -> Value {
    let time = |at: Option<Timestamp>| at.map(Timestamp::rfc3339);
    let campaign = filter.campaign.map(|number| number.to_string());
    json!({ "campaign": campaign, "since": time(filter.since), "until": time(filter.until) })
}

/// The entry of the disclosure register for a file of this machine's events, whose people are entered as they
/// are written. A server enters what is read of its API by itself.
async fn opened(
    backend: &Backend,
    args: &DisclosureArgs,
    about: &Value,
) -> anyhow::Result<Option<DisclosedTo>> {
    let wish = args.wish();
    let Backend::Local(installation) = backend else {
        anyhow::ensure!(
            wish == DisclosureWish::default(),
            "`pharos events export --for` and `--purpose` work on this machine only; a server enters \
             what its API is asked for as the token's own use"
        );
        return Ok(None);
    };
    let call = installation.call();
    let new = wish.new_disclosure(&call, DisclosureKind::EventsFile, about);
    Ok(Some(DisclosedTo::File(installation.store.disclosure_open(new).await?)))
}

/// A server does not log what is read of its API one by one.
async fn log(backend: &Backend, action: &'static str, about: &Value) -> anyhow::Result<()> {
    let Backend::Local(installation) = backend else { return Ok(()) };
    let permit = installation.permit(Right::DeliveriesRead)?;
    let (object, about) = (AuditObject::of_kind("events"), Some(about.to_string()));
    Ok(permit.log(&installation.store, action, object, about, now()).await?)
}

/// Writes what there is now. How many there were, and the cursor behind them.
async fn write<W: Write + Send>(
    source: &EventSource<'_>,
    (after, disclosed): (Option<EventCursor>, Option<&DisclosedTo>),
    to: &mut EventWriter<W>,
    stop: &CancellationToken,
) -> anyhow::Result<(u64, Option<EventCursor>)> {
    let (bar, mut written) = (ProgressBar::new_spinner(), 0);
    let mut pages = EventPages::new(source, after, disclosed).await?;
    loop {
        let page = stop.run_until_cancelled(pages.next()).await;
        let Some(events) = page.context("stopped; nothing was written")?? else {
            bar.finish_and_clear();
            return Ok((written, pages.cursor()));
        };
        for event in &events {
            to.event(event)?;
        }
        written += events.len() as u64;
        let last = events.last().map(|it| it.at.readable()).unwrap_or_default();
        bar.set_message(format!("{} events, up to {last}", HumanCount(written)));
        bar.tick();
    }
}

/// A file in one of the forms.
enum EventWriter<W: Write + Send> {
    Lines(EventLines, W),
    Parquet(Box<ParquetEvents<W>>),
}

impl<W: Write + Send> EventWriter<W> {
    fn new(format: FileFormat, out: W) -> anyhow::Result<Self> {
        match format {
            FileFormat::Parquet => Ok(Self::Parquet(Box::new(ParquetEvents::new(out)?))),
            FileFormat::Ndjson | FileFormat::Csv => Self::lines(format, out),
        }
    }

    fn lines(format: FileFormat, mut out: W) -> anyhow::Result<Self> {
        let lines = match format {
            FileFormat::Ndjson => EventLines::Json,
            FileFormat::Csv => EventLines::Csv,
            FileFormat::Parquet => anyhow::bail!("Parquet needs --out FILE"),
        };
        out.write_all(&lines.header(false)?)?;
        Ok(Self::Lines(lines, out))
    }

    fn event(&mut self, event: &Event) -> anyhow::Result<()> {
        match self {
            Self::Lines(lines, out) => Ok(out.write_all(&lines.line(event, None)?)?),
            Self::Parquet(out) => Ok(out.push(event)?),
        }
    }

    fn finish(self) -> anyhow::Result<W> {
        match self {
            Self::Lines(_, out) => Ok(out),
            Self::Parquet(out) => Ok(out.finish()?),
        }
    }
}

/// A file that has not got its name yet, and goes if it does not get it.
struct UnnamedFile {
    path: PathBuf,
    name: PathBuf,
}

impl UnnamedFile {
    fn beside(name: &Path) -> anyhow::Result<Self> {
        anyhow::ensure!(!name.exists(), "{} exists already", name.display());
        let mut own = name.file_name().context("--out names no file")?.to_owned();
        own.push(format!(".{}.part", std::process::id()));
        Ok(Self { path: name.with_file_name(own), name: name.to_owned() })
    }

    fn open(&self) -> anyhow::Result<File> {
        use std::os::unix::fs::OpenOptionsExt as _;
        let opened = File::options().write(true).create_new(true).mode(0o600).open(&self.path);
        opened.with_context(|| format!("can't create {}", self.path.display()))
    }

    /// Gives it its name, once its content is on disk.
    fn name(self, file: &File) -> anyhow::Result<()> {
        let place = || format!("can't write {}", self.name.display());
        file.sync_all().with_context(place)?;
        fs::rename(&self.path, &self.name).with_context(place)?;
        let folder = self.name.parent().filter(|it| !it.as_os_str().is_empty());
        let folder = File::open(folder.unwrap_or(Path::new(".")));
        folder.and_then(|it| it.sync_all()).with_context(place)
    }
}

impl Drop for UnnamedFile {
    fn drop(&mut self) {
        // It is not there any more when it has got its name.
        let _ = fs::remove_file(&self.path);
    }
}
