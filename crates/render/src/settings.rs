//! What an announcement's front matter can choose.

use crate::brand::{BrandText, Color};
use crate::footer::Language;
use crate::header::Mailbox;
use crate::problem::SourcePosition;

/// How an announcement looks: `templates/email/layouts`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Layout {
    ReleaseNotice,
    Newsletter,
    Offer,
    Reminder,
    Plain,
    /// Nothing but what every message has: the pixel, and the footer at the end.
    None,
}

impl Layout {
    pub const ALL: [Self; 6] = [
        Self::ReleaseNotice,
        Self::Newsletter,
        Self::Offer,
        Self::Reminder,
        Self::Plain,
        Self::None,
    ];

    /// As the front matter names it.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::ReleaseNotice => "release-notice",
            Self::Newsletter => "newsletter",
            Self::Offer => "offer",
            Self::Reminder => "reminder",
            Self::Plain => "plain",
            Self::None => "none",
        }
    }

    /// What it is for, in one line.
    #[must_use]
    pub const fn summary(self) -> &'static str {
        match self {
            Self::ReleaseNotice => "what is new, below a line with your logo; the default",
            Self::Newsletter => "a masthead with an issue line, sections, room for reading",
            Self::Offer => "a headline, one large button, prices, the terms in small print",
            Self::Reminder => "short: when and where in a table, and one thing to do",
            Self::Plain => "a letter: no frame and no logo",
            Self::None => "nothing but the footer; what whole HTML documents get",
        }
    }

    /// Whether it has a place for the logo and the issue.
    pub(crate) const fn has_head(self) -> bool {
        !matches!(self, Self::Plain | Self::None)
    }
}

/// Whether the public may read what was sent.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ArchiveChoice {
    /// Whoever knows its address; it is in no list and no feed.
    Unlisted,
    /// Not, even if the topic has an archive.
    No,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum AnnouncementFormat {
    Markdown,
    Html,
    Mjml,
}

/// What the front matter says besides the texts. What it may leave out is nothing then.
pub(crate) struct AnnouncementSettings {
    pub(crate) from: Mailbox,
    pub(crate) reply_to: Option<Mailbox>,
    pub(crate) layout: Option<Layout>,
    pub(crate) issue: Option<BrandText>,
    pub(crate) accent: Option<Color>,
    pub(crate) format: Option<AnnouncementFormat>,
    pub(crate) lang: Option<Language>,
    pub(crate) time_zone: Option<String>,
    pub(crate) topic: Option<String>,
    pub(crate) name: Option<String>,
    /// Nothing when it is as the topic is.
    pub(crate) archive: Option<ArchiveChoice>,
    pub(crate) link_parameters: Vec<(String, String)>,
    /// Names of the media library, each with its place.
    pub(crate) attach: Vec<(String, SourcePosition)>,
}
