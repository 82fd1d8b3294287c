//! Groups of a campaign's contacts by what they did, as a report counts them.
//!
//! Invariant (promise P8): a group is counted by the same rule that takes a contact into its list, so
//! list and report agree. What is counted and can't be named (somebody may not be known, was erased,
//! wanted it forgotten) is in no list.

use model::{HitClass, LinkSlot, RuleSet, Timestamp};
use store::{ReportContact, ReportContactSource};

use crate::campaign_report::CampaignReport;

/// What contacts did, or what became of their message.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ContactGroup {
    Opened,
    Clicked,
    /// Have the message, and nothing was seen of them.
    NotOpened,
    Unsubscribed,
    /// Nothing but machines was seen.
    Machines,
    /// Failed, suppressed or skipped.
    NotDelivered,
}

/// Which of two figures is meant.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum CountBound {
    /// Certainly people.
    AtLeast,
    /// And whoever may have been one.
    AtMost,
}

/// Which contacts of a campaign are meant.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ReportContactsQuery {
    group: ContactGroup,
    bound: CountBound,
    link: Option<LinkSlot>,
}

/// Why there are no such contacts.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum BadReportContactsQuery {
    #[error("a link goes with those who clicked only")]
    LinkNeedsClicked,
    #[error("at least and at most are told apart of those who opened or clicked only")]
    BoundNeedsOpened,
    #[error("those who followed one link are listed all, whatever they count as")]
    BoundWithLink,
}

/// How many contacts a report has in a group.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct GroupCount {
    /// Those who can be listed, and who have been erased or wanted it forgotten since.
    pub contacts: i64,
    /// More of whom it may not be known who they are.
    pub nameless: i64,
}

impl ContactGroup {
    pub const ALL: [Self; 6] = [
        Self::Opened,
        Self::Clicked,
        Self::NotOpened,
        Self::Unsubscribed,
        Self::Machines,
        Self::NotDelivered,
    ];

    /// The word for it in addresses and JSON.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Opened => "opened",
            Self::Clicked => "clicked",
            Self::NotOpened => "not_opened",
            Self::Unsubscribed => "unsubscribed",
            Self::Machines => "machines",
            Self::NotDelivered => "not_delivered",
        }
    }

    /// The group with this word; a hyphen does as well.
    #[must_use]
    pub fn from_word(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|group| group.as_str() == word.replace('-', "_"))
    }

    /// Whether there are two figures for it.
    #[must_use]
    pub const fn has_bounds(self) -> bool {
        matches!(self, Self::Opened | Self::Clicked)
    }
}

impl CountBound {
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::AtLeast => "at_least",
            Self::AtMost => "at_most",
        }
    }

    #[must_use]
    pub fn from_word(word: &str) -> Option<Self> {
        [Self::AtLeast, Self::AtMost].into_iter().find(|bound| bound.as_str() == word)
    }

    const fn takes(self, class: HitClass) -> bool {
        match self {
            Self::AtLeast => matches!(class, HitClass::Person),
            Self::AtMost => !matches!(
                class,
                HitClass::Head | HitClass::Scanner | HitClass::Prefetch | HitClass::Preview
            ),
        }
    }
}

impl ReportContactsQuery {
    /// # Errors
    /// When the three do not go together.
    pub fn new(
        group: ContactGroup,
        bound: Option<CountBound>,
        link: Option<LinkSlot>,
    ) -> Result<Self, BadReportContactsQuery> {
        match (bound, link) {
            (_, Some(_)) if group != ContactGroup::Clicked => {
                return Err(BadReportContactsQuery::LinkNeedsClicked);
            }
            (Some(_), Some(_)) => return Err(BadReportContactsQuery::BoundWithLink),
            (Some(_), None) if !group.has_bounds() => {
                return Err(BadReportContactsQuery::BoundNeedsOpened);
            }
            _ => {}
        }
        Ok(Self { group, bound: bound.unwrap_or(CountBound::AtLeast), link })
    }

    #[must_use]
    pub const fn group(self) -> ContactGroup {
        self.group
    }

    /// The bound, where there are two.
    #[must_use]
    pub fn bound(self) -> Option<CountBound> {
        (self.group.has_bounds() && self.link.is_none()).then_some(self.bound)
    }

    #[must_use]
    pub const fn link(self) -> Option<LinkSlot> {
        self.link
    }

    /// Since when it is not kept any more who they are, because of its age: how many they were stays. Who
    /// unsubscribed and who did not get it is kept for as long as the campaign.
    #[must_use]
    pub const fn removed_at(self, report: &CampaignReport) -> Option<Timestamp> {
        match self.group {
            ContactGroup::Unsubscribed | ContactGroup::NotDelivered => None,
            ContactGroup::Opened
            | ContactGroup::Clicked
            | ContactGroup::NotOpened
            | ContactGroup::Machines => report.engagements_removed_at,
        }
    }

    /// Among whom to look for them.
    pub(crate) const fn source(self) -> ReportContactSource {
        match (self.group, self.link) {
            (_, Some(slot)) => ReportContactSource::Link(slot),
            (ContactGroup::NotOpened, None) => ReportContactSource::Audience,
            (ContactGroup::NotDelivered, None) => ReportContactSource::Undelivered,
            (ContactGroup::Unsubscribed, None) => ReportContactSource::Unsubscribed,
            (ContactGroup::Opened | ContactGroup::Clicked | ContactGroup::Machines, None) => {
                ReportContactSource::Engaged
            }
        }
    }

    /// Whether somebody of [`Self::source`] is meant.
    pub(crate) fn takes(self, contact: &ReportContact, rules: &RuleSet) -> bool {
        if contact.email.is_none() {
            return false;
        }
        let best = || rules.strongest(contact.evidence.hits.iter().copied());
        let of_clicks = || rules.strongest(contact.evidence.clicks.iter().copied());
        match self.group {
            _ if self.link.is_some() => true,
            ContactGroup::Opened => best().is_some_and(|class| self.bound.takes(class)),
            ContactGroup::Clicked => of_clicks().is_some_and(|class| self.bound.takes(class)),
            ContactGroup::Machines => best().is_some_and(HitClass::is_machine),
            ContactGroup::NotOpened => {
                contact.has_message() && !contact.forgotten && best().is_none()
            }
            ContactGroup::Unsubscribed | ContactGroup::NotDelivered => true,
        }
    }

    /// How many there are by a report; None when it has no such link.
    #[must_use]
    pub fn count(self, report: &CampaignReport) -> Option<GroupCount> {
        let all = |contacts| GroupCount { contacts, nameless: 0 };
        let (it, clicks) = (&report.evidence, &report.clicks);
        let bounded = |floor, known: i64, ceiling: i64| match self.bound {
            CountBound::AtLeast => all(floor),
            CountBound::AtMost => {
                GroupCount { contacts: known, nameless: (ceiling - known).max(0) }
            }
        };
        Some(match (self.group, self.link) {
            (_, Some(slot)) => {
                let link = report.links.iter().find(|link| link.slot == slot.0)?;
                all(link.contacts)
            }
            (ContactGroup::Opened, None) => {
                bounded(it.floor, it.person + it.proxied + it.unknown + it.repeat, it.ceiling)
            }
            (ContactGroup::Clicked, None) => {
                bounded(clicks.floor, clicks.unique - clicks.machine_only, clicks.ceiling)
            }
            (ContactGroup::NotOpened, None) => all(it.not_opened),
            (ContactGroup::Unsubscribed, None) => all(report.unsubscribes),
            (ContactGroup::Machines, None) => all(it.machine_only),
            (ContactGroup::NotDelivered, None) => {
                let it = &report.deliveries;
                all(it.failed + it.suppressed + it.skipped)
            }
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_does_not_go_together_is_refused() {
        use BadReportContactsQuery as B;
        let (bound, link) = (Some(CountBound::AtMost), Some(LinkSlot(1)));
        let query = |group, bound, link| ReportContactsQuery::new(group, bound, link);
        assert_eq!(query(ContactGroup::Opened, None, link), Err(B::LinkNeedsClicked));
        assert_eq!(query(ContactGroup::Clicked, bound, link), Err(B::BoundWithLink));
        assert_eq!(query(ContactGroup::NotOpened, bound, None), Err(B::BoundNeedsOpened));
        assert_eq!(query(ContactGroup::Clicked, None, link).unwrap().bound(), None);
        let opened = query(ContactGroup::Opened, None, None).unwrap();
        assert_eq!(opened.bound(), Some(CountBound::AtLeast));
    }

    #[test]
    fn a_word_is_a_groups_with_hyphens_as_well() {
        for group in ContactGroup::ALL {
            assert_eq!(ContactGroup::from_word(group.as_str()), Some(group));
            assert_eq!(ContactGroup::from_word(&group.as_str().replace('_', "-")), Some(group));
        }
        assert_eq!(ContactGroup::from_word("closed"), None);
    }
}
