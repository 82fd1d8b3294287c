//! The arguments of `pharos events`.

use std::path::PathBuf;

use clap::{Args, Subcommand, ValueEnum};
use model::{CampaignNumber, Timestamp};
use store::EventCursor;

use super::DisclosureArgs;

#[derive(Subcommand)]
pub(crate) enum EventsCommand {
    /// Print every view, click and HEAD request once, and go on with those to come
    ///
    /// With --cursor-file it goes on where it stopped: the file is written after what was printed was
    /// flushed, so that a crash in between has some events printed twice and none left out. To have each
    /// exactly once, take --with-cursor, store the last field of a line in the transaction that stores the
    /// line, and begin with --after.
    ///
    ///   pharos events follow --cursor-file events.cursor >> events.ndjson
    ///
    /// Ends on SIGTERM or Ctrl-C, with --until-now as soon as there is nothing more.
    #[command(verbatim_doc_comment)]
    Follow(FollowArgs),
    /// Write events to a file, as lines of JSON, CSV or Parquet
    ///
    /// The file gets its name when it is complete. The last line says the cursor behind it: with --after
    /// the next file begins there, and `events follow` goes on from there.
    ///
    ///   pharos events export --format parquet --out events.parquet --since 2026-11-01
    #[command(verbatim_doc_comment)]
    Export(EventsExportArgs),
}

#[derive(Args)]
pub(crate) struct FollowArgs {
    /// Begin behind this cursor instead of with the oldest event.
    #[arg(long, value_name = "CURSOR", conflicts_with = "cursor_file")]
    pub after: Option<EventCursor>,
    /// Begin behind the cursor in this file, and keep it up to date; a new file begins with the oldest
    /// event.
    #[arg(long, value_name = "FILE")]
    pub cursor_file: Option<PathBuf>,
    /// Write in each line the cursor behind it.
    #[arg(long)]
    pub with_cursor: bool,
    /// End when there is nothing more.
    #[arg(long)]
    pub until_now: bool,
    /// The output format. CSV has a header line where it begins with the oldest event.
    #[arg(long, value_enum, default_value_t = LineFormat::Ndjson)]
    pub format: LineFormat,
    #[command(flatten)]
    pub filter: EventsFilter,
}

#[derive(Args)]
pub(crate) struct EventsExportArgs {
    /// The form of the file.
    #[arg(long, value_enum, default_value_t = FileFormat::Ndjson)]
    pub format: FileFormat,
    /// The file; it must not exist. Without it, lines go to standard output.
    #[arg(long, value_name = "FILE")]
    pub out: Option<PathBuf>,
    /// Begin behind this cursor instead of with the oldest event.
    #[arg(long, value_name = "CURSOR")]
    pub after: Option<EventCursor>,
    #[command(flatten)]
    pub disclosure: DisclosureArgs,
    #[command(flatten)]
    pub filter: EventsFilter,
}

/// Which events.
#[derive(Args, Clone)]
pub(crate) struct EventsFilter {
    /// Only those of the campaign with this number.
    #[arg(long, value_name = "N")]
    pub campaign: Option<CampaignNumber>,
    /// Only those from this day or time on, such as 2026-11-23 or 2026-11-23T10:00:00Z.
    #[arg(long, value_name = "TIME", value_parser = day_or_time)]
    pub since: Option<Timestamp>,
    /// Only those before this day or time.
    #[arg(long, value_name = "TIME", value_parser = day_or_time)]
    pub until: Option<Timestamp>,
    /// Judge hits by this rule set instead of the one in use.
    #[arg(long, value_name = "VERSION")]
    pub rules: Option<String>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum LineFormat {
    /// One object of JSON in each line.
    Ndjson,
    /// Comma-separated values.
    Csv,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum FileFormat {
    /// One object of JSON in each line.
    Ndjson,
    /// Comma-separated values with a header line.
    Csv,
    /// Apache Parquet, for notebooks and warehouses.
    Parquet,
}

fn day_or_time(text: &str) -> Result<Timestamp, String> {
    let day = || Timestamp::parse_rfc3339(&format!("{text}T00:00:00Z"));
    let found = Timestamp::parse_rfc3339(text).or_else(day);
    found.ok_or_else(|| "neither a day such as 2026-11-23 nor a time with its zone".to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_day_is_its_first_moment_in_utc() {
        assert_eq!(day_or_time("1970-01-02"), Ok(Timestamp(24 * Timestamp::HOUR)));
        assert_eq!(day_or_time("1970-01-01T02:00:00+01:00"), Ok(Timestamp(Timestamp::HOUR)));
        for wrong in ["", "yesterday", "2026-11", "2026-11-23T10:00:00"] {
            assert!(day_or_time(wrong).is_err(), "{wrong}");
        }
    }
}
