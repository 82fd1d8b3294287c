//! The addresses in a message that lead to us: the pixel, tracked links, the recipient's pages.

use crate::placeholders::{Hole, Placeholders};
use crate::sender::{Sender, TopicName};

/// What the public can read of a topic, and where one campaign stands in it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ArchiveAddresses {
    /// The page that lists what was sent to the topic.
    pub topic: String,
    /// The page of this campaign.
    pub page: String,
}

impl ArchiveAddresses {
    /// Below the address of an installation's pages, without a slash at its end.
    #[must_use]
    pub fn new(web_url: &str, topic_slug: &str, campaign: impl std::fmt::Display) -> Self {
        let topic = format!("{web_url}/archive/{topic_slug}");
        Self { page: format!("{topic}/{campaign}"), topic }
    }
}

/// What is compiled: messages to a topic's readers, whose addresses have a hole for each reader's token, or the page that
/// everybody may read, where nothing leads to anybody.
#[derive(Clone, Copy)]
pub(crate) enum Edition<'a> {
    Message,
    /// The same for those of whom nothing may be recorded.
    Untracked,
    /// A message that somebody has asked for: nobody is counted, and there is nothing to leave.
    Single,
    Archive(&'a ArchiveAddresses),
}

impl<'a> Edition<'a> {
    pub(crate) fn archive(self) -> Option<&'a ArchiveAddresses> {
        match self {
            Self::Message | Self::Untracked | Self::Single => None,
            Self::Archive(addresses) => Some(addresses),
        }
    }

    /// Whether it has a pixel and tracked links.
    pub(crate) fn is_counted(self) -> bool {
        matches!(self, Self::Message)
    }

    /// Whether an address is one of the archive's own.
    pub(crate) fn leads_to(self, address: &str) -> bool {
        self.archive().is_some_and(|it| {
            address == it.page || address.split('#').next() == Some(it.topic.as_str())
        })
    }
}

/// Makes the addresses, with placeholders.
pub(crate) struct OwnAddresses<'a> {
    pub(crate) sender: &'a Sender,
    pub(crate) topic: &'a TopicName<'a>,
    pub(crate) placeholders: &'a Placeholders,
    pub(crate) edition: Edition<'a>,
}

impl OwnAddresses<'_> {
    fn with_token(&self, base: &str, kind: char, hole: Hole) -> String {
        format!("{base}/{kind}/{}", self.placeholders.mark(hole))
    }

    /// Nothing where nobody is counted.
    pub(crate) fn pixel(&self) -> Option<String> {
        match self.edition {
            Edition::Message => {
                let url = self.with_token(&self.sender.beacon_url, 'o', Hole::View);
                Some(format!("{url}.gif"))
            }
            Edition::Untracked | Edition::Single | Edition::Archive(_) => None,
        }
    }

    /// Nothing where nobody is counted, or unless the installation wants it.
    pub(crate) fn honeypot(&self) -> Option<String> {
        let is_wanted = self.sender.honeypot_link && self.edition.is_counted();
        is_wanted.then(|| self.with_token(&self.sender.beacon_url, 'c', Hole::Honeypot))
    }

    pub(crate) fn link(&self, slot: u16) -> String {
        self.with_token(&self.sender.beacon_url, 'c', Hole::Link(slot))
    }

    /// For the public, where it says how to leave.
    pub(crate) fn unsubscribe(&self) -> String {
        match self.edition {
            Edition::Message | Edition::Untracked | Edition::Single => {
                self.with_token(&self.sender.web_url, 'u', Hole::Unsubscribe)
            }
            Edition::Archive(addresses) => format!("{}#unsubscribe", addresses.topic),
        }
    }

    /// Where a reader chooses topics, or pauses: by the token to leave by, whose holder may leave and come back
    /// anyway.
    pub(crate) fn preferences(&self) -> String {
        match self.edition {
            Edition::Message | Edition::Untracked | Edition::Single => {
                self.with_token(&self.sender.web_url, 'p', Hole::Unsubscribe)
            }
            Edition::Archive(_) => self.unsubscribe(),
        }
    }

    /// Where a reader says what may be recorded of them: by the same token, for leaving all topics
    /// alone would not end what mail sent before tells.
    pub(crate) fn tracking(&self) -> String {
        match self.edition {
            Edition::Message | Edition::Untracked | Edition::Single => {
                self.with_token(&self.sender.web_url, 't', Hole::Unsubscribe)
            }
            Edition::Archive(_) => self.unsubscribe(),
        }
    }

    pub(crate) fn browser(&self) -> String {
        match self.edition {
            Edition::Message | Edition::Untracked | Edition::Single => {
                self.with_token(&self.sender.web_url, 'v', Hole::Browse)
            }
            Edition::Archive(addresses) => addresses.page.clone(),
        }
    }

    /// The page that may be passed on, for it tells of nobody.
    pub(crate) fn forward(&self) -> String {
        match self.edition {
            Edition::Message | Edition::Untracked | Edition::Single => {
                let campaign = self.placeholders.mark(Hole::Campaign);
                ArchiveAddresses::new(&self.sender.web_url, self.topic.slug, campaign).page
            }
            Edition::Archive(addresses) => addresses.page.clone(),
        }
    }
}
