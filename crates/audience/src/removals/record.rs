//! The records of the removal journal: `[version][kind]`, then little endian.

use journal::Position;
use model::{AddressCode, CampaignId, ContactId, Removal, Timestamp};

use super::LinkRemoval;

const VERSION: u8 = 1;
const REMOVAL: u8 = 1;
const BROUGHT: u8 = 2;

const EVERYTHING: u8 = 1;
const ONE_CLICK: u8 = 2;
const NUMBERS: usize = 3;

/// No record is longer.
pub(super) const MAX_BYTES: usize = 64;

/// A record of the journal.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum RemovalRecord {
    Removal(LinkRemoval),
    /// Everything before this position is in the store.
    Brought(Position),
}

/// A record that this release does not know. It must not be skipped: it may be a removal.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("an unsubscribe on disk was written by a newer release; start that release to store it")]
pub(super) struct UnknownRecord;

impl RemovalRecord {
    pub(super) fn encode(&self) -> Vec<u8> {
        let mut bytes = vec![VERSION];
        match self {
            Self::Removal(removal) => {
                let everything = if removal.everything { EVERYTHING } else { 0 };
                let how = if removal.how == Removal::OneClick { ONE_CLICK } else { 0 };
                bytes.extend([REMOVAL, everything | how]);
                for number in [removal.contact.0, removal.campaign.0, removal.at.0] {
                    bytes.extend(number.to_le_bytes());
                }
                // Behind what releases before 0.3 know, which read it as far as that.
                bytes.extend(removal.address.iter().flat_map(|code| code.0));
            }
            Self::Brought(to) => {
                bytes.push(BROUGHT);
                bytes.extend(to.segment.to_le_bytes());
                bytes.extend(to.offset.to_le_bytes());
            }
        }
        bytes
    }

    pub(super) fn decode(bytes: &[u8]) -> Result<Self, UnknownRecord> {
        let [VERSION, kind, rest @ ..] = bytes else { return Err(UnknownRecord) };
        match (*kind, rest) {
            (REMOVAL, [flags, numbers @ ..]) => {
                let number = |at: usize| numbers.get(at * 8..)?.first_chunk().copied();
                let number = |at| number(at).map(i64::from_le_bytes).ok_or(UnknownRecord);
                let how = if flags & ONE_CLICK == 0 { Removal::Page } else { Removal::OneClick };
                let address = match numbers.get(NUMBERS * 8..) {
                    None | Some([]) => None,
                    Some(code) => Some(AddressCode(*code.first_chunk().ok_or(UnknownRecord)?)),
                };
                Ok(Self::Removal(LinkRemoval {
                    contact: ContactId(number(0)?),
                    address,
                    campaign: CampaignId(number(1)?),
                    everything: flags & EVERYTHING != 0,
                    how,
                    at: Timestamp(number(2)?),
                }))
            }
            (BROUGHT, rest) => {
                let segment = rest.first_chunk().copied().ok_or(UnknownRecord)?;
                let offset = rest.get(8..).and_then(|it| it.first_chunk().copied());
                let offset = offset.ok_or(UnknownRecord)?;
                let (segment, offset) = (u64::from_le_bytes(segment), u32::from_le_bytes(offset));
                Ok(Self::Brought(Position { segment, offset }))
            }
            _ => Err(UnknownRecord),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_record_is_read_as_it_was_written() {
        for how in [Removal::OneClick, Removal::Page] {
            for everything in [true, false] {
                let (contact, campaign) = (ContactId(i64::MAX), CampaignId(7));
                let at = Timestamp(-1);
                for address in [None, Some(AddressCode([0, 1, 2, 3, 0xff]))] {
                    let removal = LinkRemoval { contact, address, campaign, everything, how, at };
                    let record = RemovalRecord::Removal(removal);
                    assert_eq!(RemovalRecord::decode(&record.encode()), Ok(record));
                    assert!(record.encode().len() <= MAX_BYTES);
                }
            }
        }
        let brought = RemovalRecord::Brought(Position { segment: 9, offset: 8 });
        assert_eq!(RemovalRecord::decode(&brought.encode()), Ok(brought));
    }

    #[test]
    fn a_record_that_tells_no_address_is_as_earlier_releases_wrote_it() {
        let mut bytes = vec![1, 1, 2];
        for number in [7_i64, 3, 5] {
            bytes.extend(number.to_le_bytes());
        }
        let removal = LinkRemoval {
            contact: ContactId(7),
            address: None,
            campaign: CampaignId(3),
            everything: false,
            how: Removal::OneClick,
            at: Timestamp(5),
        };
        assert_eq!(RemovalRecord::decode(&bytes), Ok(RemovalRecord::Removal(removal)));
        assert_eq!(RemovalRecord::Removal(removal).encode(), bytes);
    }

    #[test]
    fn a_record_of_a_newer_release_is_not_guessed_at() {
        for bytes in [&[][..], &[2, 1, 0], &[1, 9, 0], &[1, 1, 0, 1, 2], &[1, 2, 0]] {
            assert_eq!(RemovalRecord::decode(bytes), Err(UnknownRecord), "{bytes:?}");
        }
    }
}
