//! The arguments of `pharos topic`.

use clap::{Args, Subcommand, ValueEnum};

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
    /// Ask subscribers by mail whether they still want the topic.
    ///
    /// Those are asked whose consent is older than --before, or of whom nothing proves that they agreed (an
    /// import without a statement). A running server mails them. Who does not confirm in time gets the topic
    /// no more, and gets it again by confirming late.
    Reconfirm(ReconfirmArgs),
    /// Show how far that is.
    Reconfirmation {
        /// The topic's slug, as `topic list` shows it.
        slug: String,
        /// End it: nobody more is mailed or stopped.
        #[arg(long)]
        cancel: bool,
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

#[derive(Args)]
pub(crate) struct ReconfirmArgs {
    /// The topic's slug, as `topic list` shows it.
    pub slug: String,
    /// Who agreed before this day, such as 2024-05-01 (its beginning in UTC).
    #[arg(long, value_name = "DATE")]
    pub before: String,
    /// Days to confirm within.
    #[arg(long, value_name = "DAYS", default_value = "30d", value_parser = days)]
    pub within: u16,
    /// Mails that go out in a minute, at most.
    #[arg(long, value_name = "N", default_value_t = 60)]
    pub per_minute: u16,
    /// Only say how many would be asked.
    #[arg(long, conflicts_with = "yes")]
    pub dry_run: bool,
    /// Ask them without asking you.
    #[arg(long)]
    pub yes: bool,
}

/// `30d`, or `30`.
fn days(text: &str) -> Result<u16, String> {
    let number = text.strip_suffix('d').unwrap_or(text);
    let wrong = || "write a number of days such as 30d, from 1d to 365d".to_owned();
    number.parse().ok().filter(|days| (1..=365).contains(days)).ok_or_else(wrong)
}

#[derive(Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum ArchiveState {
    /// Show the page and the feed.
    Open,
    /// Hide both. Pages of campaigns stay where they are.
    Closed,
}
