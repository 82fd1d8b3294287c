//! The command line of `pharos contacts bulk` and `merge`.

use clap::{Args, ValueEnum};
use model::{ConsentBasis, TagName};

use super::import::basis;

/// What is done with each.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum BulkWord {
    /// Subscribe to a topic.
    Subscribe,
    /// Unsubscribe from a topic.
    Leave,
    /// Give an attribute a value.
    Set,
    /// Remove an attribute.
    Clear,
    /// Give a tag: with a segment, a list of who is in it now.
    Tag,
    /// Take a tag away.
    Untag,
}

#[derive(Args)]
pub(crate) struct BulkArgs {
    #[arg(value_enum)]
    pub act: BulkWord,
    /// The topic's slug; the attribute as NAME=VALUE, or its NAME to clear it; the tag.
    #[arg(value_name = "TOPIC|NAME=VALUE|NAME|TAG")]
    pub what: String,
    /// With everybody in this segment.
    #[arg(long, value_name = "NAME", conflicts_with_all = ["topic", "state", "address_part", "having", "all"])]
    pub segment: Option<String>,
    /// With every contact there is.
    #[arg(long, conflicts_with_all = ["topic", "state", "address_part", "having"])]
    pub all: bool,
    /// With an entry for this topic.
    #[arg(long, value_name = "SLUG")]
    pub topic: Option<String>,
    /// In this state: subscribed, pending, unsubscribed or suppressed.
    #[arg(long, value_name = "STATE")]
    pub state: Option<String>,
    /// With this part in their address.
    #[arg(long, value_name = "TEXT")]
    pub address_part: Option<String>,
    /// Who have this tag.
    #[arg(long, value_name = "TAG", value_parser = TagName::parse)]
    pub having: Option<TagName>,
    /// By what right they are subscribed; needed to subscribe.
    #[arg(long, value_name = "BASIS", value_parser = basis)]
    pub basis: Option<ConsentBasis>,
    /// What they were told, or its version.
    #[arg(long, value_name = "TEXT", requires = "basis")]
    pub notice: Option<String>,
    /// Where the proof lies.
    #[arg(long, value_name = "TEXT", requires = "basis")]
    pub proof: Option<String>,
    /// Only count what would be done.
    #[arg(long)]
    pub dry_run: bool,
    /// Do it without counting first and without asking.
    #[arg(long, conflicts_with = "dry_run")]
    pub yes: bool,
    /// Let a running server do it: `pharos job show N` says how far it is.
    #[arg(long)]
    pub as_job: bool,
}

#[derive(Args)]
pub(crate) struct MergeArgs {
    /// The address of the contact who stays.
    pub keep: String,
    /// The address of the one who becomes part of it.
    pub other: String,
    /// Keep the other's value of this attribute; may be repeated.
    #[arg(long, value_name = "NAME")]
    pub take: Vec<String>,
    /// Only show what it would do.
    #[arg(long)]
    pub preview: bool,
    /// Merge without asking.
    #[arg(long, conflicts_with = "preview")]
    pub yes: bool,
}
