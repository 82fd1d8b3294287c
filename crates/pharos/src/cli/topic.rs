//! The arguments of `pharos topic`.

use clap::{Subcommand, ValueEnum};

use super::ModeOrDefault;

#[derive(Subcommand)]
pub(crate) enum TopicCommand {
    /// List the topics: how many are subscribed, and whether the archive is open.
    List,
    /// Create a topic, or give it another name. Recipients see the name in every footer.
    ///
    /// Topics whose names stand in the configuration are renamed there.
    Set {
        /// What stands for it in files and addresses, such as release-notices.
        slug: String,
        /// As recipients know it, such as "Release notices".
        name: String,
    },
    /// Set what is recorded of those who have said nothing, in this topic.
    ///
    /// It can only be less than what holds for everybody (`pharos tracking show`). Who has said
    /// something about tracking is tracked as they said, in every topic.
    Tracking {
        /// The topic's slug, as `topic list` shows it.
        slug: String,
        #[arg(value_enum)]
        mode: ModeOrDefault,
    },
    /// Open or close the page and the feed on which everybody may read what is sent to the topic.
    ///
    /// While it is open, campaigns are published when they start, without anybody's data: links lead
    /// straight to their targets, and nobody is counted. A campaign whose front matter says
    /// `archive: no` stays out, one that says `archive: unlisted` is only for those who know its
    /// address. Campaigns that were sent before are published one by one with `pharos campaign publish`.
    Archive {
        /// The topic's slug, as `topic list` shows it.
        slug: String,
        #[arg(value_enum)]
        state: ArchiveState,
    },
}

#[derive(Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum ArchiveState {
    /// Show the page and the feed.
    Open,
    /// Hide both. Pages of campaigns stay where they are.
    Closed,
}
