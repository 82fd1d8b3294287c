//! The conditions of a segment.

use super::values::is_value;
use super::{
    MOST_CHOICES, MOST_DAYS, MOST_LAST, SegmentName, SegmentNumber, SegmentTooLarge, TimeTest,
};
use crate::{
    CampaignNumber, Domain, HitClass, LinkSlot, SubscriptionState, TagName, TopicSlug, TrackingMode,
};

/// What is asked of one contact.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum SegmentCondition {
    /// Nothing.
    Everybody,
    Attribute {
        name: String,
        test: AttributeTest,
    },
    Tag(TagName),
    /// The state of an entry for a topic, and since when it has been in it.
    Topic {
        topic: TopicSlug,
        state: SubscriptionState,
        changed: Option<TimeTest>,
    },
    /// Their own word on tracking.
    Tracking(TrackingMode),
    /// When the contact was added.
    Added(TimeTest),
    /// The domain of the address, without those below it.
    Domain(Domain),
    /// The language in which messages are written for them: `de` is any German.
    Language(String),
    /// Their address must not be mailed.
    Suppressed,
    Campaign {
        campaign: CampaignNumber,
        outcome: CampaignOutcome,
    },
    Read(ReadTest),
    /// They got so many campaigns or more, and read none of the last ones.
    Unread {
        last: u16,
        reader: ReaderClass,
    },
    /// Whom another segment means.
    Segment(SegmentName),
}

/// What is asked of an attribute's value. Texts are compared regardless of the case of a to z.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum AttributeTest {
    IsSet,
    /// Is one of these.
    Is(Vec<String>),
    Contains(String),
    BeginsWith(String),
    Number(NumberComparison, SegmentNumber),
    Day(TimeTest),
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum NumberComparison {
    Less,
    AtMost,
    AtLeast,
    More,
}

impl NumberComparison {
    pub const ALL: [Self; 4] = [Self::Less, Self::AtMost, Self::AtLeast, Self::More];

    /// As it is written, in SQL as well.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Less => "<",
            Self::AtMost => "<=",
            Self::AtLeast => ">=",
            Self::More => ">",
        }
    }

    #[must_use]
    pub fn from_word(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|it| it.as_str() == word)
    }
}

/// What became of a campaign for a contact.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum CampaignOutcome {
    /// It was sent to them.
    Got,
    /// It was refused for good, or given up.
    Failed,
    /// They unsubscribed by it.
    Left,
}

impl CampaignOutcome {
    pub const ALL: [Self; 3] = [Self::Got, Self::Failed, Self::Left];

    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Got => "got",
            Self::Failed => "failed",
            Self::Left => "left",
        }
    }

    #[must_use]
    pub fn from_word(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|it| it.as_str() == word)
    }
}

/// What a contact does with a message. Who clicks has viewed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ReadAct {
    Viewed,
    Clicked,
}

impl ReadAct {
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Viewed => "viewed",
            Self::Clicked => "clicked",
        }
    }
}

/// How sure it is that a person has read.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum ReaderClass {
    /// Anything that loads, machines among it.
    #[default]
    Anything,
    /// A person, or the image proxy of their mailbox, which loads when a person opens.
    Reader,
    /// A person, and nothing that a machine is known to do.
    Person,
}

impl ReaderClass {
    pub const ALL: [Self; 3] = [Self::Anything, Self::Reader, Self::Person];

    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Anything => "anything",
            Self::Reader => "reader",
            Self::Person => "person",
        }
    }

    #[must_use]
    pub fn from_word(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|it| it.as_str() == word)
    }

    /// The weakest class that counts; None: whatever there is.
    #[must_use]
    pub const fn at_least(self) -> Option<HitClass> {
        match self {
            Self::Anything => None,
            Self::Reader => Some(HitClass::Proxied),
            Self::Person => Some(HitClass::Person),
        }
    }
}

/// What a contact has viewed or clicked.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ReadTest {
    pub act: ReadAct,
    pub reader: ReaderClass,
    /// None: any.
    pub campaign: Option<CampaignNumber>,
    /// Of the campaign, when it is about clicks.
    pub link: Option<LinkSlot>,
    /// In the last so many days of 24 hours.
    pub within_days: Option<u16>,
}

impl SegmentCondition {
    pub(super) fn check(&self) -> Result<(), SegmentTooLarge> {
        let time = |test: &TimeTest| {
            if test.is_bounded() { Ok(()) } else { Err(SegmentTooLarge::Range) }
        };
        let value = |text: &str| if is_value(text) { Ok(()) } else { Err(SegmentTooLarge::Value) };
        match self {
            Self::Attribute { name, test } => {
                value(name)?;
                match test {
                    AttributeTest::Is(choices) if !(1..=MOST_CHOICES).contains(&choices.len()) => {
                        Err(SegmentTooLarge::Choices)
                    }
                    AttributeTest::Is(choices) => choices.iter().try_for_each(|it| value(it)),
                    AttributeTest::Contains(text) | AttributeTest::BeginsWith(text) => value(text),
                    AttributeTest::Day(test) => time(test),
                    AttributeTest::IsSet | AttributeTest::Number(..) => Ok(()),
                }
            }
            Self::Topic { changed: Some(test), .. } | Self::Added(test) => time(test),
            Self::Language(text) => value(text),
            Self::Unread { last, .. } if !(1..=MOST_LAST).contains(last) => {
                Err(SegmentTooLarge::Range)
            }
            Self::Read(test) => test.check(),
            Self::Everybody
            | Self::Tag(_)
            | Self::Topic { .. }
            | Self::Tracking(_)
            | Self::Domain(_)
            | Self::Suppressed
            | Self::Campaign { .. }
            | Self::Unread { .. }
            | Self::Segment(_) => Ok(()),
        }
    }
}

impl ReadTest {
    fn check(&self) -> Result<(), SegmentTooLarge> {
        let is_link = self.act == ReadAct::Clicked && self.campaign.is_some();
        if self.link.is_some() && !is_link {
            return Err(SegmentTooLarge::Link);
        }
        match self.within_days {
            Some(days) if !(1..=MOST_DAYS).contains(&days) => Err(SegmentTooLarge::Range),
            _ => Ok(()),
        }
    }
}
