//! Who a visitor is: a browser, known by our cookie and by nothing else.

use std::fmt;
use std::str::FromStr;

/// A browser, known by our cookie: 96 random bits.
///
/// Shown as six groups of four hexadecimal digits, a form that a person can read out or copy:
/// `3f2a-91bc-04de-77aa-10fe-c2b9`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct VisitorId(pub [u8; VisitorId::BYTES]);

/// A text that names no visitor.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error(
    "should be a visitor's identifier: 24 hexadecimal digits, such as 3f2a-91bc-04de-77aa-10fe-c2b9"
)]
pub struct NotAVisitor;

impl VisitorId {
    pub const BYTES: usize = 12;
    /// Earlier releases gave out 128 bits, in cookies and journals: the first 96 of them are the
    /// identity of the same browser.
    pub const LONG_BYTES: usize = 16;

    /// The identity of a browser whose cookie or hit has the long form.
    #[must_use]
    pub fn of_long(long: [u8; Self::LONG_BYTES]) -> Self {
        let mut id = [0; Self::BYTES];
        id.copy_from_slice(&long[..Self::BYTES]);
        Self(id)
    }

    /// The largest of the long identifiers that begin with this one. Together with the identifier
    /// itself it bounds every form in which a store may have the visitor.
    #[must_use]
    pub fn last_long(self) -> [u8; Self::LONG_BYTES] {
        let mut last = [0xff; Self::LONG_BYTES];
        last[..Self::BYTES].copy_from_slice(&self.0);
        last
    }
}

impl fmt::Display for VisitorId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (group, pair) in self.0.chunks(2).enumerate() {
            if group > 0 {
                f.write_str("-")?;
            }
            pair.iter().try_for_each(|byte| write!(f, "{byte:02x}"))?;
        }
        Ok(())
    }
}

impl FromStr for VisitorId {
    type Err = NotAVisitor;

    /// Hyphens and spaces may stand anywhere or be left out; capitals are taken, too.
    fn from_str(text: &str) -> Result<Self, NotAVisitor> {
        let mut id = [0; Self::BYTES];
        let mut digits = text.chars().filter(|c| !matches!(c, '-' | ' ')).map(|c| c.to_digit(16));
        let mut digit = || digits.next().flatten().and_then(|value| u8::try_from(value).ok());
        for byte in &mut id {
            *byte = digit().ok_or(NotAVisitor)? << 4 | digit().ok_or(NotAVisitor)?;
        }
        match digits.next() {
            None => Ok(Self(id)),
            Some(_) => Err(NotAVisitor),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn an_identifier_is_read_however_it_was_copied() {
        let id = VisitorId([0x3f, 0x2a, 0x91, 0xbc, 4, 0xde, 0x77, 0xaa, 0x10, 0xfe, 0xc2, 0xb9]);
        assert_eq!(id.to_string(), "3f2a-91bc-04de-77aa-10fe-c2b9");
        for text in [
            "3f2a-91bc-04de-77aa-10fe-c2b9",
            "3F2A91BC04DE77AA10FEC2B9",
            " 3f2a 91bc 04de 77aa 10fe c2b9 ",
        ] {
            assert_eq!(text.parse(), Ok(id), "{text}");
        }
        for text in [
            "",
            "3f2a-91bc-04de-77aa-10fe-c2b",
            "3f2a-91bc-04de-77aa-10fe-c2b90",
            "x",
            "3f2a\u{e9}",
        ] {
            assert_eq!(text.parse::<VisitorId>(), Err(NotAVisitor), "{text}");
        }
    }

    #[test]
    fn a_long_identifier_lies_between_its_short_one_and_the_last() {
        let id = VisitorId([7; 12]);
        let mut next = [7; 12];
        next[11] = 8;
        for tail in [[0; 4], [9; 4], [0xff; 4]] {
            let mut long = id.last_long();
            long[12..].copy_from_slice(&tail);
            assert_eq!(VisitorId::of_long(long), id);
            assert!(id.0[..] < long[..] && long[..] <= id.last_long()[..]);
            assert!(long[..] < next[..]);
        }
    }

    proptest! {
        #[test]
        fn an_identifier_is_read_back_as_it_was_shown(id: [u8; 12]) {
            prop_assert_eq!(VisitorId(id).to_string().parse(), Ok(VisitorId(id)));
        }
    }
}
