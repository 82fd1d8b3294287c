//! The arguments of `pharos segments`.

use std::path::PathBuf;

use clap::{Args, Subcommand};

#[derive(Subcommand)]
pub(crate) enum SegmentsCommand {
    /// List the segments, and whom each means.
    List,
    /// Show a segment.
    Show(SegmentName),
    /// Keep a segment, or change what it is.
    ///
    /// Its rule is a text such as `topic = offers and tag = vip and not viewed campaign 12 by person`; the manual
    /// lists every condition. What is started later goes to whom the segment means then.
    Set(SegmentSetArgs),
    /// Count whom a segment means now.
    ///
    /// What can't be counted in three seconds is estimated from a sample, and the range told in which the number is.
    Count(SegmentCountArgs),
    /// Show some of the contacts whom a segment means now.
    Sample(SegmentName),
    /// Remove a segment that no other one and no draft needs.
    Remove(SegmentName),
}

#[derive(Args)]
pub(crate) struct SegmentName {
    /// The segment's name, in upper or lower case.
    pub name: String,
}

#[derive(Args)]
pub(crate) struct SegmentCountArgs {
    /// The segment's name, in upper or lower case.
    pub name: String,
    /// Count for up to a minute.
    #[arg(long)]
    pub exact: bool,
}

#[derive(Args)]
pub(crate) struct SegmentSetArgs {
    /// The segment's name.
    pub name: String,
    /// Its rule.
    #[arg(long, value_name = "TEXT", required_unless_present = "file", conflicts_with = "file")]
    pub text: Option<String>,
    /// A file with its rule; - is what comes in.
    #[arg(long, value_name = "FILE")]
    pub file: Option<PathBuf>,
    /// Only check the rule and count whom it means.
    #[arg(long)]
    pub dry_run: bool,
}
