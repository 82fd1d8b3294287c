//! The arguments of `pharos contacts` that take people away, or let them come back.

use std::path::PathBuf;

use clap::{Args, ValueEnum};

#[derive(Args)]
pub(crate) struct SuppressArgs {
    /// One or more addresses.
    #[arg(required = true, value_name = "ADDRESS")]
    pub addresses: Vec<String>,
    /// The reason to record.
    #[arg(long, value_enum, default_value_t = SuppressReason::Manual)]
    pub reason: SuppressReason,
    /// Do it without asking.
    #[arg(long)]
    pub yes: bool,
}

#[derive(Args)]
pub(crate) struct UnsuppressArgs {
    /// One or more addresses.
    #[arg(required = true, value_name = "ADDRESS")]
    pub addresses: Vec<String>,
    /// Lift the mark of a child, and nothing else: it was set by mistake, or for another one's address.
    #[arg(long)]
    pub not_a_child: bool,
    /// Do it without asking.
    #[arg(long)]
    pub yes: bool,
}

/// Why an operator suppresses an address.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum SuppressReason {
    /// The operator's own decision.
    Manual,
    /// Mail to the address bounces.
    HardBounce,
    /// The person reported a message as spam.
    Complaint,
}

#[derive(Args)]
pub(crate) struct UnsubscribeArgs {
    /// One or more addresses.
    #[arg(required = true, value_name = "ADDRESS")]
    pub addresses: Vec<String>,
    /// The topic that they leave.
    #[arg(long, value_name = "SLUG", required_unless_present = "everything")]
    pub topic: Option<String>,
    /// They leave every topic, including future ones.
    #[arg(long, conflicts_with = "topic")]
    pub everything: bool,
    /// Do it without asking.
    #[arg(long)]
    pub yes: bool,
}

#[derive(Args)]
pub(crate) struct EraseArgs {
    /// One or more addresses.
    #[arg(required_unless_present = "file", conflicts_with = "file", value_name = "ADDRESS")]
    pub addresses: Vec<String>,
    /// Erase everybody in this list: one address a line, or a CSV file with a column of addresses.
    #[arg(long, value_name = "FILE")]
    pub file: Option<PathBuf>,
    /// The column of addresses, if it is not called email or the like.
    #[arg(long, value_name = "COLUMN", requires = "file")]
    pub column: Option<String>,
    /// Count what would be erased, and erase nobody.
    #[arg(long, requires = "file")]
    pub dry_run: bool,
    /// Erase nobody if more contacts than this are in the list.
    #[arg(long, value_name = "N", requires = "file")]
    pub at_most: Option<u64>,
    /// Let a running server erase them: `pharos job show N` says how far it is.
    #[arg(long, requires = "file", conflicts_with = "dry_run")]
    pub as_job: bool,
    /// They are under 13: nothing brings them back, not even their own word.
    #[arg(long, conflicts_with = "file")]
    pub child: bool,
    /// Do it without asking.
    #[arg(long)]
    pub yes: bool,
}
