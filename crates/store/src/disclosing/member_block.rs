//! Which of 4,096 contacts are members of a set: a list while they are few, a bitmap otherwise.
//!
//! Invariants: a block takes at most 512 bytes, so that a set of all 5 million contacts of an installation
//! takes 1,221 rows and 0.7 MB; a list is sorted and names nobody twice. Contacts of one block have ids that
//! differ in their lowest 12 bits only.

use model::ContactId;

use crate::StoreError;

/// Contacts of a block.
const WIDTH: i64 = 4_096;
/// Bytes of a bitmap. A list is always shorter.
const BITMAP: usize = 512;

/// The members among the contacts of one block.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct MemberBlock {
    bits: Box<[u8; BITMAP]>,
}

impl MemberBlock {
    pub(crate) fn empty() -> Self {
        Self { bits: Box::new([0; BITMAP]) }
    }

    /// The block that a contact is in.
    pub(crate) const fn of(contact: ContactId) -> i64 {
        contact.0.div_euclid(WIDTH)
    }

    /// The first and the last contact of a block.
    pub(crate) const fn range(block: i64) -> (i64, i64) {
        let first = block.saturating_mul(WIDTH);
        (first, first.saturating_add(WIDTH - 1))
    }

    /// Reads [`Self::to_bytes`].
    pub(crate) fn from_bytes(bytes: &[u8]) -> Result<Self, StoreError> {
        if let Ok(bits) = <[u8; BITMAP]>::try_from(bytes) {
            return Ok(Self { bits: Box::new(bits) });
        }
        let mut block = Self::empty();
        let (pairs, rest) = bytes.as_chunks::<2>();
        for pair in pairs {
            let place = usize::from(u16::from_le_bytes(*pair));
            let byte = block.bits.get_mut(place / 8).filter(|_| rest.is_empty());
            *byte.ok_or_else(|| StoreError::Corrupt("members of a disclosure".to_owned()))? |=
                1 << (place % 8);
        }
        Ok(block)
    }

    pub(crate) fn to_bytes(&self) -> Vec<u8> {
        if 2 * self.count() >= BITMAP {
            return self.bits.to_vec();
        }
        self.places().flat_map(u16::to_le_bytes).collect()
    }

    /// Whether it was none before.
    pub(crate) fn add(&mut self, contact: ContactId) -> bool {
        let (byte, bit) = self.place(contact);
        let is_new = *byte & bit == 0;
        *byte |= bit;
        is_new
    }

    /// Whether it was one.
    pub(crate) fn remove(&mut self, contact: ContactId) -> bool {
        let (byte, bit) = self.place(contact);
        let was = *byte & bit != 0;
        *byte &= !bit;
        was
    }

    pub(crate) fn has(&self, contact: ContactId) -> bool {
        self.clone().remove(contact)
    }

    pub(crate) fn count(&self) -> usize {
        self.bits.iter().map(|byte| byte.count_ones() as usize).sum()
    }

    #[expect(clippy::indexing_slicing, reason = "the remainder of 4,096 by 8 is below 512")]
    fn place(&mut self, contact: ContactId) -> (&mut u8, u8) {
        let place = usize::try_from(contact.0.rem_euclid(WIDTH)).unwrap_or(0);
        (&mut self.bits[place / 8], 1 << (place % 8))
    }

    fn places(&self) -> impl Iterator<Item = u16> + '_ {
        let bytes = (0_u16..).zip(self.bits.iter());
        bytes.flat_map(|(at, byte)| {
            (0..8).filter(move |bit| byte >> bit & 1 == 1).map(move |bit| at * 8 + bit)
        })
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn a_block_holds_exactly_its_members(
            ids in prop::collection::btree_set(0_i64..4_096, 0..600), gone in 0_i64..4_096,
        ) {
            let mut block = MemberBlock::empty();
            for id in &ids {
                prop_assert!(block.add(ContactId(8_192 + id)));
                prop_assert!(!block.add(ContactId(8_192 + id)));
            }
            let bytes = block.to_bytes();
            prop_assert!(bytes.len() <= BITMAP);
            let mut read = MemberBlock::from_bytes(&bytes).unwrap();
            prop_assert_eq!(&read, &block);
            prop_assert_eq!(read.count(), ids.len());
            prop_assert_eq!(read.remove(ContactId(8_192 + gone)), ids.contains(&gone));
            prop_assert!(!read.has(ContactId(8_192 + gone)));
        }
    }

    #[test]
    fn contacts_are_told_apart_by_their_lowest_bits() {
        assert_eq!(MemberBlock::of(ContactId(4_095)), 0);
        assert_eq!(MemberBlock::of(ContactId(4_096)), 1);
        assert_eq!(MemberBlock::of(ContactId(-1)), -1);
        assert!(MemberBlock::from_bytes(&[1, 2, 3]).is_err());
        assert!(MemberBlock::from_bytes(&[0xff, 0xff]).is_err());
    }
}
