//! What an announcement's front matter can choose.

use crate::footer::Language;
use crate::header::Mailbox;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Layout {
    ReleaseNotice,
    Plain,
    /// Nothing but what every message has: the pixel, and the footer at the end.
    None,
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
    pub(crate) format: Option<AnnouncementFormat>,
    pub(crate) lang: Option<Language>,
    pub(crate) time_zone: Option<String>,
    pub(crate) topic: Option<String>,
    pub(crate) name: Option<String>,
    pub(crate) link_parameters: Vec<(String, String)>,
}
