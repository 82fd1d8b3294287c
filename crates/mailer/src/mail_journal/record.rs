//! The records of the mailer's journal: starts, intents and outcomes.
//!
//! A start says that a mailer has settled all that was claimed before and now claims anew, so that a
//! journal with nothing else proves that nothing was begun. An intent says that the final dot of one
//! attempt may be sent from now on; its outcome says how it ended. Little endian; the first byte is
//! the kind. Those of single messages have kinds of their own, which a release that knows no such
//! messages refuses as [`UnreadRecord::Newer`].

use model::{CampaignId, ContactId, MessageId, Timestamp};
use store::Outcome;

use crate::smtp::reply::presentable;

const INTENT: u8 = 1;
const OUTCOME: u8 = 2;
const MESSAGE_INTENT: u8 = 3;
const MESSAGE_OUTCOME: u8 = 4;
const START: u8 = 5;
/// The highest kind of record.
const LAST_KIND: u8 = START;
/// The record of a start. Earlier releases stop at it, so the mark is moved past it at once.
pub(crate) const START_RECORD: &[u8] = &[START];
/// Stands for the campaign of a single message, whose id then stands for the contact: no campaign has
/// this number, so everything that tells recipients apart by both tells messages apart.
pub(crate) const SINGLE: CampaignId = CampaignId(0);
/// The highest kind of outcome.
const LAST_OUTCOME: u8 = 9;
/// The longest record: a reply is truncated before it is stored.
pub(crate) const MAX_BYTES: usize = 1 << 10;

/// One attempt at one delivery, identified so that no other attempt is mistaken for it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(crate) struct Attempt {
    pub(crate) campaign: CampaignId,
    pub(crate) contact: ContactId,
    /// The lease under which it is made.
    pub(crate) epoch: i64,
}

/// Why an intact record can't be read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum UnreadRecord {
    /// A later release wrote it, with this kind of record or outcome.
    Newer(u8),
    /// No release can have written it.
    Malformed,
}

/// A record of the journal.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum MailRecord {
    Start,
    Intent(Attempt),
    Outcome(Attempt, Outcome),
}

impl Attempt {
    /// An attempt at a single message.
    pub(crate) const fn of_message(message: MessageId, epoch: i64) -> Self {
        Self { campaign: SINGLE, contact: ContactId(message.0), epoch }
    }

    /// The single message that it is at, if it is at one.
    pub(crate) fn message(self) -> Option<MessageId> {
        (self.campaign == SINGLE).then_some(MessageId(self.contact.0))
    }

    pub(crate) fn intent(self) -> Vec<u8> {
        self.encode(INTENT, MESSAGE_INTENT)
    }

    pub(crate) fn outcome(self, outcome: &Outcome) -> Vec<u8> {
        let mut bytes = self.encode(OUTCOME, MESSAGE_OUTCOME);
        let (kind, at, code, text) = match outcome {
            Outcome::Sent { reply } => (1, 0, 0, reply.as_str()),
            Outcome::Failed { code, reply } => (2, 0, *code, reply.as_str()),
            Outcome::Retry { at, code, reply } => (3, at.0, *code, reply.as_str()),
            Outcome::Suppressed => (4, 0, 0, ""),
            Outcome::Skipped { reason } => (5, 0, 0, reason.as_str()),
            Outcome::Released => (6, 0, 0, ""),
            Outcome::InDoubt => (7, 0, 0, ""),
            Outcome::Postponed { at, code, reply } => (8, at.0, *code, reply.as_str()),
            Outcome::Resend { at, reply } => (LAST_OUTCOME, at.0, 0, reply.as_str()),
        };
        bytes.push(kind);
        bytes.extend_from_slice(&at.to_le_bytes());
        bytes.extend_from_slice(&code.to_le_bytes());
        bytes.extend_from_slice(presentable(text).as_bytes());
        bytes
    }

    /// The beginning of a record: of this kind for a delivery, of the other for a message.
    fn encode(self, of_delivery: u8, of_message: u8) -> Vec<u8> {
        let mut bytes = Vec::with_capacity(64);
        match self.message() {
            None => {
                bytes.push(of_delivery);
                bytes.extend_from_slice(&self.campaign.0.to_le_bytes());
            }
            Some(_) => bytes.push(of_message),
        }
        for number in [self.contact.0, self.epoch] {
            bytes.extend_from_slice(&number.to_le_bytes());
        }
        bytes
    }
}

impl MailRecord {
    /// Reads a record.
    ///
    /// # Errors
    /// When it is not one of ours. Anything beyond the last kind that this release knows, or after
    /// the end of a start or an intent, can only come from a later release.
    pub(crate) fn decode(bytes: &[u8]) -> Result<Self, UnreadRecord> {
        let (kind, mut rest) = bytes.split_first().ok_or(UnreadRecord::Malformed)?;
        let is_message = match *kind {
            START if rest.is_empty() => return Ok(Self::Start),
            START => return Err(UnreadRecord::Newer(START)),
            INTENT | OUTCOME => false,
            MESSAGE_INTENT | MESSAGE_OUTCOME => true,
            kind if kind > LAST_KIND => return Err(UnreadRecord::Newer(kind)),
            _ => return Err(UnreadRecord::Malformed),
        };
        let campaign = if is_message { SINGLE } else { CampaignId(number(&mut rest)?) };
        // A delivery's record that reads like a message's would be another record when it is written.
        if !is_message && campaign == SINGLE {
            return Err(UnreadRecord::Malformed);
        }
        let contact = ContactId(number(&mut rest)?);
        let attempt = Attempt { campaign, contact, epoch: number(&mut rest)? };
        match *kind {
            INTENT | MESSAGE_INTENT if rest.is_empty() => Ok(Self::Intent(attempt)),
            INTENT | MESSAGE_INTENT => Err(UnreadRecord::Newer(*kind)),
            _ => Ok(Self::Outcome(attempt, outcome(rest)?)),
        }
    }
}

fn outcome(bytes: &[u8]) -> Result<Outcome, UnreadRecord> {
    let (kind, mut rest) = bytes.split_first().ok_or(UnreadRecord::Malformed)?;
    if *kind > LAST_OUTCOME {
        return Err(UnreadRecord::Newer(*kind));
    }
    let at = Timestamp(number(&mut rest)?);
    let (code, text) = rest.split_first_chunk::<2>().ok_or(UnreadRecord::Malformed)?;
    let code = u16::from_le_bytes(*code);
    let text = std::str::from_utf8(text).map_err(|_| UnreadRecord::Malformed)?.to_owned();
    Ok(match *kind {
        1 => Outcome::Sent { reply: text },
        2 => Outcome::Failed { code, reply: text },
        3 => Outcome::Retry { at, code, reply: text },
        4 => Outcome::Suppressed,
        5 => Outcome::Skipped { reason: text },
        6 => Outcome::Released,
        7 => Outcome::InDoubt,
        8 => Outcome::Postponed { at, code, reply: text },
        LAST_OUTCOME => Outcome::Resend { at, reply: text },
        _ => return Err(UnreadRecord::Malformed),
    })
}

fn number(bytes: &mut &[u8]) -> Result<i64, UnreadRecord> {
    let (number, rest) = bytes.split_first_chunk::<8>().ok_or(UnreadRecord::Malformed)?;
    *bytes = rest;
    Ok(i64::from_le_bytes(*number))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const DELIVERY: Attempt =
        Attempt { campaign: CampaignId(7), contact: ContactId(i64::MAX), epoch: 3 };
    const BOTH: [Attempt; 2] = [DELIVERY, Attempt::of_message(MessageId(9), 2)];

    fn outcomes() -> [Outcome; 9] {
        [
            Outcome::Sent { reply: "250 ok".to_owned() },
            Outcome::Failed { code: 550, reply: "no".to_owned() },
            Outcome::Retry { at: Timestamp(9), code: 450, reply: "später".to_owned() },
            Outcome::Suppressed,
            Outcome::Skipped { reason: "no value".to_owned() },
            Outcome::Released,
            Outcome::InDoubt,
            Outcome::Postponed { at: Timestamp(8), code: 421, reply: "closing".to_owned() },
            Outcome::Resend { at: Timestamp(7), reply: "no answer".to_owned() },
        ]
    }

    #[test]
    fn every_record_is_read_back() {
        assert_eq!(MailRecord::decode(START_RECORD), Ok(MailRecord::Start));
        for attempt in BOTH {
            assert_eq!(MailRecord::decode(&attempt.intent()), Ok(MailRecord::Intent(attempt)));
            for outcome in outcomes() {
                let bytes = attempt.outcome(&outcome);
                assert_eq!(MailRecord::decode(&bytes), Ok(MailRecord::Outcome(attempt, outcome)));
            }
        }
        assert_eq!(BOTH.map(Attempt::message), [None, Some(MessageId(9))]);
    }

    #[test]
    fn a_cut_record_is_none() {
        for attempt in BOTH {
            let bytes = attempt.outcome(&Outcome::Suppressed);
            for cut in 0..bytes.len() {
                let read = MailRecord::decode(&bytes[..cut]);
                assert_eq!(read, Err(UnreadRecord::Malformed), "cut at {cut}");
            }
        }
    }

    #[test]
    fn what_only_a_later_release_writes_is_told_from_rubbish() {
        for (attempt, kind) in BOTH.into_iter().zip([INTENT, MESSAGE_INTENT]) {
            let mut longer = attempt.intent();
            longer.push(0);
            assert_eq!(MailRecord::decode(&longer), Err(UnreadRecord::Newer(kind)));
            let mut other = attempt.outcome(&Outcome::Suppressed);
            let at = attempt.intent().len();
            other[at] = 10;
            assert_eq!(MailRecord::decode(&other), Err(UnreadRecord::Newer(10)));
            other[at] = 0;
            assert_eq!(MailRecord::decode(&other), Err(UnreadRecord::Malformed));
        }
        assert_eq!(MailRecord::decode(&[5, 0]), Err(UnreadRecord::Newer(5)));
        assert_eq!(MailRecord::decode(&[6]), Err(UnreadRecord::Newer(6)));
        assert_eq!(MailRecord::decode(&[0]), Err(UnreadRecord::Malformed));
    }

    #[test]
    fn the_records_of_deliveries_are_those_that_earlier_releases_read() {
        let mut expected = vec![1];
        for number in [7, i64::MAX, 3] {
            expected.extend_from_slice(&number.to_le_bytes());
        }
        assert_eq!(DELIVERY.intent(), expected);
        // They know the kinds 1 and 2, and stop at any other.
        assert!(BOTH[1].intent()[0] > 2 && BOTH[1].outcome(&Outcome::InDoubt)[0] > 2);
    }

    proptest! {
        #[test]
        fn what_can_be_read_is_what_would_be_written(bytes in prop::collection::vec(any::<u8>(), 0..80), kind in 0..7_u8) {
            let mut bytes = bytes;
            if let Some(first) = bytes.first_mut() {
                *first = kind;
            }
            match MailRecord::decode(&bytes) {
                Ok(MailRecord::Start) => prop_assert_eq!(START_RECORD, bytes),
                Ok(MailRecord::Intent(attempt)) => prop_assert_eq!(attempt.intent(), bytes),
                Ok(MailRecord::Outcome(attempt, outcome)) => {
                    let again = attempt.outcome(&outcome);
                    let read = MailRecord::decode(&again);
                    prop_assert!(matches!(read, Ok(MailRecord::Outcome(same, _)) if same == attempt));
                }
                Err(_) => {}
            }
        }
    }
}
