//! The part of an address's keyed hash that an unsubscribe link contains.

/// The first 40 bits of an address's keyed hash: enough to recognise an address when it comes back,
/// and too little to say whose it is. Among ten million addresses, the chance that another one has
/// the same code is one in a hundred thousand.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct AddressCode(pub [u8; Self::BYTES]);

impl AddressCode {
    pub const BYTES: usize = 5;

    /// The code of the address with this keyed hash.
    #[must_use]
    pub const fn of(address_hash: &[u8; 32]) -> Self {
        let [a, b, c, d, e, ..] = *address_hash;
        Self([a, b, c, d, e])
    }

    /// The lowest and the highest hash that have this code.
    #[must_use]
    pub fn hashes(self) -> ([u8; 32], [u8; 32]) {
        let (mut lowest, mut highest) = ([0; 32], [0xff; 32]);
        lowest[..Self::BYTES].copy_from_slice(&self.0);
        highest[..Self::BYTES].copy_from_slice(&self.0);
        (lowest, highest)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_hash_lies_between_the_lowest_and_the_highest_of_its_code() {
        for hash in [[0; 32], [7; 32], [0xff; 32]] {
            let (lowest, highest) = AddressCode::of(&hash).hashes();
            assert!(lowest <= hash && hash <= highest);
            assert_eq!(AddressCode::of(&lowest), AddressCode::of(&highest));
        }
    }
}
