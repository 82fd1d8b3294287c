//! `pharos events follow`.
//!
//! Invariant: the cursor file never says more than what was printed and flushed.

use std::fs;
use std::io::{self, BufWriter, ErrorKind, Write};
use std::path::Path;
use std::time::Duration;

use anyhow::Context as _;
use model::DisclosureKind;
use report::EventLines;
use store::{DisclosedTo, EventCursor, PersonalRead};
use tokio_util::sync::CancellationToken;

use super::source::{EventSource, ToldPage};
use crate::backend::Backend;
use crate::cli::{FollowArgs, LineFormat};
use crate::installation::replace_private;
use crate::remote::RemoteError;
use crate::shutdown;
use crate::telemetry::note;

/// Events of a page: few enough that a crash repeats little.
const PAGE: usize = 1_000;
/// Between two tries while a server does not answer.
const AGAIN: Duration = Duration::from_secs(2);

pub(super) async fn run(backend: &Backend, args: FollowArgs) -> anyhow::Result<()> {
    let stop = shutdown::on_signal()?;
    let mut cursor = match &args.cursor_file {
        Some(path) => kept(path)?,
        None => args.after.clone(),
    };
    let source = EventSource::new(backend, args.filter.clone(), PAGE).await?;
    let mut printer = Printer {
        lines: match args.format {
            LineFormat::Ndjson => EventLines::Json,
            LineFormat::Csv => EventLines::Csv,
        },
        with_cursor: args.with_cursor,
        out: BufWriter::new(io::stdout()),
    };
    if cursor.is_none() && !printer.goes_on(|it| it.header())? {
        return Ok(());
    }
    loop {
        let to = reader(backend);
        let next = next_page(&source, (cursor.as_ref(), to.as_ref()), &args, &stop);
        let Some(page) = stop.run_until_cancelled(next).await.transpose()? else { return Ok(()) };
        if !printer.goes_on(|it| it.page(&page, cursor.as_ref()))? {
            return Ok(());
        }
        let is_new = cursor.as_ref() != Some(&page.next);
        if let Some(path) = args.cursor_file.as_deref().filter(|_| is_new) {
            replace_private(path, format!("{}\n", page.next).as_bytes())
                .with_context(|| format!("can't write the cursor to {}", path.display()))?;
        }
        let is_done = args.until_now && !page.more;
        cursor = Some(page.next);
        if is_done {
            return Ok(());
        }
    }
}

/// In whose name the events of this machine are read now.
fn reader(backend: &Backend) -> Option<DisclosedTo> {
    let Backend::Local(installation) = backend else { return None };
    let call = installation.call();
    let (actor, kind) = (call.actor.record(), DisclosureKind::EventFeed);
    Some(DisclosedTo::Reader(PersonalRead { actor, kind, at: call.at }))
}

/// The cursor in a file; none when there is no file yet.
fn kept(path: &Path) -> anyhow::Result<Option<EventCursor>> {
    match fs::read_to_string(path) {
        Ok(text) => {
            let cursor = text.trim().parse();
            Ok(Some(cursor.with_context(|| format!("the cursor in {}", path.display()))?))
        }
        Err(error) if error.kind() == ErrorKind::NotFound => Ok(None),
        Err(error) => {
            Err(error).with_context(|| format!("can't read the cursor in {}", path.display()))
        }
    }
}

/// The next page, for which a server that is away is waited for.
async fn next_page(
    source: &EventSource<'_>,
    (after, to): (Option<&EventCursor>, Option<&DisclosedTo>),
    args: &FollowArgs,
    stop: &CancellationToken,
) -> anyhow::Result<ToldPage> {
    let mut said = false;
    loop {
        let failed = match source.page(after, !args.until_now, to).await {
            Ok(page) => return Ok(page),
            Err(failed) => failed,
        };
        let remote = failed.downcast_ref::<RemoteError>();
        let is_passing = remote.is_some_and(|it| matches!(it.status(), None | Some(429 | 500..)));
        if args.until_now || !is_passing || stop.is_cancelled() {
            return Err(failed);
        }
        if !said {
            note(format_args!("pharos: {failed}; waiting for it"));
            said = true;
        }
        tokio::time::sleep(AGAIN).await;
    }
}

/// Prints events.
struct Printer {
    lines: EventLines,
    with_cursor: bool,
    out: BufWriter<io::Stdout>,
}

impl Printer {
    /// False when nobody reads any more.
    fn goes_on(
        &mut self,
        print: impl FnOnce(&mut Self) -> anyhow::Result<()>,
    ) -> anyhow::Result<bool> {
        let printed = print(self);
        match printed {
            Ok(()) => Ok(true),
            Err(error) => match error.downcast_ref::<io::Error>() {
                Some(io) if io.kind() == ErrorKind::BrokenPipe => Ok(false),
                _ => Err(error.context("can't write the events")),
            },
        }
    }

    fn header(&mut self) -> anyhow::Result<()> {
        self.out.write_all(&self.lines.header(self.with_cursor)?)?;
        Ok(self.out.flush()?)
    }

    fn page(&mut self, page: &ToldPage, before: Option<&EventCursor>) -> anyhow::Result<()> {
        // The page's own cursor is of the same installation, and further in every node.
        let mut behind = before.cloned().unwrap_or_else(|| page.next.rewound());
        for event in &page.events {
            behind.pass(event.id);
            let cursor = self.with_cursor.then_some(&behind);
            self.out.write_all(&self.lines.line(event, cursor)?)?;
        }
        Ok(self.out.flush()?)
    }
}
