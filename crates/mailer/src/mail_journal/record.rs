//! The records of the mailer's journal: intents and outcomes.
//!
//! An intent says that the final dot of one attempt may be sent from now on; its outcome says how
//! it ended. Little endian; the first byte is the kind.

use model::{CampaignId, ContactId, Timestamp};
use store::Outcome;

use crate::smtp::reply::presentable;

const INTENT: u8 = 1;
const OUTCOME: u8 = 2;
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
    Intent(Attempt),
    Outcome(Attempt, Outcome),
}

impl Attempt {
    pub(crate) fn intent(self) -> Vec<u8> {
        self.encode(INTENT)
    }

    pub(crate) fn outcome(self, outcome: &Outcome) -> Vec<u8> {
        let mut bytes = self.encode(OUTCOME);
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

    fn encode(self, kind: u8) -> Vec<u8> {
        let mut bytes = Vec::with_capacity(64);
        bytes.push(kind);
        for number in [self.campaign.0, self.contact.0, self.epoch] {
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
    /// the end of an intent, can only come from a later release.
    pub(crate) fn decode(bytes: &[u8]) -> Result<Self, UnreadRecord> {
        let (kind, mut rest) = bytes.split_first().ok_or(UnreadRecord::Malformed)?;
        if *kind > OUTCOME {
            return Err(UnreadRecord::Newer(*kind));
        }
        let attempt = Attempt {
            campaign: CampaignId(number(&mut rest)?),
            contact: ContactId(number(&mut rest)?),
            epoch: number(&mut rest)?,
        };
        match *kind {
            INTENT if rest.is_empty() => Ok(Self::Intent(attempt)),
            INTENT => Err(UnreadRecord::Newer(INTENT)),
            OUTCOME => Ok(Self::Outcome(attempt, outcome(rest)?)),
            _ => Err(UnreadRecord::Malformed),
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
    use super::*;

    const ATTEMPT: Attempt =
        Attempt { campaign: CampaignId(7), contact: ContactId(i64::MAX), epoch: 3 };

    #[test]
    fn every_record_is_read_back() {
        assert_eq!(MailRecord::decode(&ATTEMPT.intent()), Ok(MailRecord::Intent(ATTEMPT)));
        for outcome in [
            Outcome::Sent { reply: "250 ok".to_owned() },
            Outcome::Failed { code: 550, reply: "no".to_owned() },
            Outcome::Retry { at: Timestamp(9), code: 450, reply: "später".to_owned() },
            Outcome::Suppressed,
            Outcome::Skipped { reason: "no value".to_owned() },
            Outcome::Released,
            Outcome::InDoubt,
            Outcome::Postponed { at: Timestamp(8), code: 421, reply: "closing".to_owned() },
            Outcome::Resend { at: Timestamp(7), reply: "no answer".to_owned() },
        ] {
            let bytes = ATTEMPT.outcome(&outcome);
            assert_eq!(MailRecord::decode(&bytes), Ok(MailRecord::Outcome(ATTEMPT, outcome)));
        }
    }

    #[test]
    fn a_cut_record_is_none() {
        let bytes = ATTEMPT.outcome(&Outcome::Suppressed);
        for cut in 0..bytes.len() {
            let read = MailRecord::decode(&bytes[..cut]);
            assert_eq!(read, Err(UnreadRecord::Malformed), "cut at {cut}");
        }
    }

    #[test]
    fn what_only_a_later_release_writes_is_told_from_rubbish() {
        let mut longer = ATTEMPT.intent();
        longer.push(0);
        assert_eq!(MailRecord::decode(&longer), Err(UnreadRecord::Newer(INTENT)));
        assert_eq!(MailRecord::decode(&[3]), Err(UnreadRecord::Newer(3)));
        let mut other = ATTEMPT.outcome(&Outcome::Suppressed);
        other[25] = 10;
        assert_eq!(MailRecord::decode(&other), Err(UnreadRecord::Newer(10)));
        other[25] = 0;
        assert_eq!(MailRecord::decode(&other), Err(UnreadRecord::Malformed));
    }
}
