//! Who sends, for what topic, to whom: what a message needs in addition to the announcement.

use std::collections::BTreeMap;

use model::{BaseUrl, ContactId, Domain, EmailAddress, TopicSlug, TrackingMode};

use crate::brand::Brand;
use crate::links::loaded_address::{self, Unloadable};
use crate::media::library::AttachmentLimits;
use crate::problem::{Problem, SourcePosition};

/// Who sends: the same for every campaign of an installation.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Sender {
    /// The organisation's name, shown in the footer, and at the top unless the brand has a name.
    pub organisation: String,
    /// The postal address in the footer, which most countries' laws require; one line or more.
    pub postal_address: String,
    /// The domain of Message-ID and List-Id, in ASCII.
    pub domain: String,
    /// Where the beacon is reached, without a slash at the end: `https://t.example.com`.
    pub beacon_url: String,
    /// Where recipients' pages are reached, without a slash at the end.
    pub web_url: String,
    pub brand: Brand,
    /// How much a message may carry.
    pub attachments: AttachmentLimits,
    /// Whether messages have a link that no reader can see, by which programs that follow every link tell
    /// of themselves.
    pub honeypot_link: bool,
}

/// What the recipients are subscribed to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct TopicName<'a> {
    /// Lower-case letters, digits and hyphens.
    pub slug: &'a str,
    /// As recipients know it.
    pub name: &'a str,
}

/// Who gets a message.
#[derive(Debug, Clone, Copy)]
pub struct Recipient<'a> {
    /// Nothing in a test message.
    pub contact: Option<ContactId>,
    /// What may be recorded of their views and clicks.
    pub tracking: TrackingMode,
    /// The one address in `To`.
    pub email: &'a EmailAddress,
    /// What merge tags are filled from.
    pub attributes: &'a BTreeMap<String, String>,
}

impl<'a> Recipient<'a> {
    /// Of a test message: nothing is recorded of it, and it leads to nobody's pages.
    #[must_use]
    pub const fn test(email: &'a EmailAddress, attributes: &'a BTreeMap<String, String>) -> Self {
        Self { contact: None, tracking: TrackingMode::Identified, email, attributes }
    }
}

impl Sender {
    pub(crate) fn check(&self) -> Result<(), Problem> {
        one_line("the organisation's name", &self.organisation)?;
        base_url("beacon_url", &self.beacon_url)?;
        base_url("web_url", &self.web_url)?;
        let domain = &self.domain;
        if Domain::parse(domain).map(|it| it.as_str() == domain) != Ok(true) {
            return Err(SourcePosition::SETTINGS.problem(
                format!(
                    "the sender's domain `{domain}` is not a valid domain name in lower-case ASCII"
                ),
                "set it to something like news.example.com",
            ));
        }
        let odd = |c: char| c.is_control() && c != '\n';
        if self.postal_address.len() > 2_000 || self.postal_address.contains(odd) {
            return Err(SourcePosition::SETTINGS.problem(
                "the postal address has control characters or more than 2,000 bytes",
                "set it to a few lines of text",
            ));
        }
        Ok(())
    }

    /// Whether a URL points to this installation; for one that is on this machine alone, also to any
    /// other server here.
    pub(crate) fn serves(&self, url: &str) -> bool {
        let local = ["http://127.0.0.1", "http://localhost"];
        let is_here = |url: &str| local.into_iter().any(|base| url.starts_with(base));
        let own = [&self.web_url, &self.beacon_url];
        if is_here(url) && own.iter().any(|base| is_here(base)) {
            return true;
        }
        own.into_iter()
            .any(|base| url.strip_prefix(base.as_str()).is_some_and(|path| path.starts_with('/')))
    }

    /// Whether all recipients can load the address: what this installation serves may be local, as its
    /// recipients are then.
    pub(crate) fn check_loaded(&self, address: &str) -> Result<(), Unloadable> {
        if self.serves(address.trim()) { Ok(()) } else { loaded_address::check(address) }
    }

    /// Google requires 5 to 15 characters that identify the sender and stay the same.
    pub(crate) fn feedback_id(&self) -> String {
        let letters = self.domain.chars().filter(char::is_ascii_alphanumeric);
        let mut id: String = letters.take(15).collect();
        if id.len() < 5 {
            id.push_str("pharos");
        }
        id.to_ascii_lowercase()
    }
}

impl TopicName<'_> {
    pub(crate) fn check(&self) -> Result<(), Problem> {
        if let Err(problem) = TopicSlug::parse(self.slug) {
            let what = format!("the topic's slug `{}` {problem}", self.slug);
            return Err(SourcePosition::SETTINGS.problem(what, "change it in the configuration"));
        }
        one_line("the topic's name", self.name)
    }
}

fn one_line(what: &str, text: &str) -> Result<(), Problem> {
    if text.len() > 200 || text.contains(char::is_control) {
        return Err(SourcePosition::SETTINGS.problem(
            format!("{what} has a line break or more than 200 bytes"),
            "set it to one short line",
        ));
    }
    Ok(())
}

fn base_url(what: &str, url: &str) -> Result<(), Problem> {
    if BaseUrl::parse(url).map(|it| it.as_str() == url) != Ok(true) {
        return Err(SourcePosition::SETTINGS.problem(
            format!("{what} `{url}` is not a lower-case web address without a trailing slash"),
            "set it to something like https://news.example.com",
        ));
    }
    Ok(())
}
