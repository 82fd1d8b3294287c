//! What can go wrong, in words for people.

use model::campaign::CampaignRefused;
use model::{CampaignId, CampaignState};
use store::StoreError;

use crate::Lacking;
use crate::finding::CheckFinding;

/// Of those that hold up a start.
const NAMED_WARNINGS: usize = 5;

/// Why something could not be done with a campaign. Nothing was changed.
#[derive(Debug, thiserror::Error)]
pub enum CampaignError {
    #[error("there is no campaign {0}")]
    NotFound(CampaignId),
    /// A mistake in the text, with its line and what would be right.
    #[error(transparent)]
    Announcement(#[from] render::Problems),
    /// Neither the caller nor the text names a topic.
    #[error(
        "the campaign has no topic; name one, or add a line `topic: {example}` to the front \
         matter; there are: {known}",
        example = known.split(',').next().unwrap_or("release-notices")
    )]
    NoTopic {
        /// Slugs of all topics, separated by commas.
        known: String,
    },
    #[error("there is no topic {slug:?}; there are: {known}")]
    UnknownTopic {
        slug: String,
        /// Slugs of all topics, separated by commas.
        known: String,
    },
    #[error(
        "nobody is subscribed to {topic:?}, so nothing was started and the campaign is still a \
         draft; import contacts with `--topic {topic}` first"
    )]
    Nobody { topic: String },
    #[error(
        "nobody who is subscribed is in the segments of campaign {number}, so nothing was started; choose \
         others, or look at them with `pharos segments count`",
        number = .0.number()
    )]
    NobodyInSegments(CampaignId),
    /// Nobody has a value that every message needs.
    #[error(
        "{0}, so no message can be made and nothing was started; import contacts with that \
         column, or give the tag a default"
    )]
    MissingForAll(Lacking),
    /// Messages to people elsewhere would lead them to their own machine.
    #[error(
        "links in the messages would begin with {url}, which takes every reader to their own \
         machine, but there are real addresses in the audience: {contacts} (at {domain}, for \
         example); set `[public]` in the configuration to addresses that they can reach, or allow \
         it with `--links-to-this-machine`"
    )]
    LinksToThisMachine {
        url: String,
        /// How many in the audience are not at a domain that is reserved for examples.
        contacts: i64,
        /// One of their domains.
        domain: String,
    },
    /// The announcement now compiles to different links from those of the campaign.
    #[error(
        "campaign {0} can't be used: {1}, because the release or the settings have changed; \
         create it again"
    )]
    LinksDiffer(CampaignId, render::LinksDiffer),
    /// Somebody else has saved another text in the meantime.
    #[error(
        "the text of campaign {number} has changed in the meantime; nothing was changed now; look again",
        number = .0.number()
    )]
    TextChanged(CampaignId),
    /// The same of an announcement that is written on its own.
    #[error("the text of {0:?} has changed in the meantime; nothing was changed now; look again")]
    AnnouncementChanged(String),
    #[error("there is no announcement {0:?}; `pharos announcement list` shows those there are")]
    UnknownAnnouncement(String),
    #[error(
        "there is already an announcement {0:?}; write a new version of it, or choose another name"
    )]
    AnnouncementExists(String),
    /// The name of an announcement can't be used.
    #[error("the name {0}")]
    AnnouncementName(&'static str),
    #[error("{name:?} can't be deleted: {}", needed(.needs))]
    AnnouncementNeeded {
        name: String,
        /// Never empty.
        needs: store::AnnouncementNeeds,
    },
    #[error(
        "the text is longer than {} bytes; host images elsewhere and link to them",
        render::ANNOUNCEMENT_BYTES
    )]
    TextTooLong,
    #[error("the text holds a zero byte; the file should be UTF-8 text")]
    ZeroByte,
    /// What its messages are made from can't be read.
    #[error(transparent)]
    Form(#[from] render::UnreadableForm),
    /// Warnings that nobody has accepted.
    #[error(
        "campaign {number} has {what}, so nothing was started: {list}; mend the announcement, or accept \
         with `pharos campaign check {number} --accept`",
        number = .id.number(),
        what = if .warnings.len() == 1 { "a warning that nobody has accepted" }
            else { "warnings that nobody has accepted" },
        list = in_short(.warnings)
    )]
    NotAccepted {
        id: CampaignId,
        /// Never empty.
        warnings: Vec<CheckFinding>,
    },
    /// More people would get it than the caller expects.
    #[error(
        "{audience} people would get it, which is more than the {at_most} that were expected; nothing \
         was started"
    )]
    AudienceTooLarge { audience: i64, at_most: i64 },
    /// Nothing starts when nobody expects it any more.
    #[error("no server was there to start it between {at} and 6 hours later; schedule it again")]
    StartMissed {
        /// For people, in UTC.
        at: String,
    },
    /// A schedule is for a time to come, within a year.
    #[error("{at} {}", if *.is_past { "is in the past" } else { "is more than a year away" })]
    BadTime {
        /// For people, in UTC.
        at: String,
        is_past: bool,
    },
    /// What is accepted is accepted before the start.
    #[error("campaign {0} is {1}; warnings are accepted before the start")]
    NoDraft(CampaignId, CampaignState),
    /// Its messages would lead to a page that can't be made.
    #[error("nothing was started: {}", no_public_page(.0))]
    NoPublicPage(render::Problems),
    /// Nobody has got it yet.
    #[error(
        "campaign {0} is a draft, and nobody has got it yet; it is published when it starts if the archive \
         of its topic is open, or afterwards"
    )]
    PublishedDraft(CampaignId),
    /// Its compiled form is in use, or there is none yet.
    #[error("campaign {0} is {1}; pause it first")]
    NotPaused(CampaignId, CampaignState),
    /// Somebody paused it while its audience was being built.
    #[error(
        "campaign {0} was paused while its audience was being built; nothing is lost, and \
         `pharos campaign resume {0}` continues"
    )]
    PausedMeanwhile(CampaignId),
    /// The campaign's state does not allow this.
    #[error("{0}")]
    Refused(CampaignRefused),
    /// The address is not among the contacts.
    #[error("no contact has the address {0}")]
    UnknownContact(String),
    /// The message can't be made for a contact.
    #[error("the message can't be made for this contact: {0}")]
    Message(#[from] render::RenderProblem),
    /// A file that its messages carry can't be had.
    #[error("a file that its messages carry can't be had: {0}")]
    Files(#[from] media::FileStoreError),
    #[error(transparent)]
    Store(StoreError),
}

pub(crate) fn no_public_page(problems: &render::Problems) -> String {
    format!("{{{{ forward_url }}}} leads to a page for everybody, and {problems}")
}

/// What needs an announcement, in words.
fn needed(needs: &store::AnnouncementNeeds) -> String {
    let listed = |one: &str, many: &str, numbers: &[String]| match numbers {
        [] => None,
        [number] => Some(format!("{one} {number} needs it")),
        numbers => Some(format!("{many} {} need it", numbers.join(", "))),
    };
    let campaigns: Vec<String> =
        needs.campaigns.iter().map(|it| it.campaign.number().to_string()).collect();
    let messages: Vec<String> = needs.messages.iter().map(ToString::to_string).collect();
    let parts = [
        listed("campaign", "campaigns", &campaigns),
        listed("the waiting single message", "the waiting single messages", &messages),
    ];
    parts.into_iter().flatten().collect::<Vec<_>>().join(", and ")
}

/// The first few warnings on lines of their own.
fn in_short(warnings: &[CheckFinding]) -> String {
    let named = warnings.iter().take(NAMED_WARNINGS);
    let mut text: String = named.map(|it| format!("\n  {}", it.text)).collect();
    if warnings.len() > NAMED_WARNINGS {
        text.push_str(&format!("\n  and {} more", warnings.len() - NAMED_WARNINGS));
    }
    text.push('\n');
    text
}

impl From<StoreError> for CampaignError {
    fn from(error: StoreError) -> Self {
        match error {
            StoreError::Refused(refused) => Self::Refused(refused),
            error => Self::Store(error),
        }
    }
}
