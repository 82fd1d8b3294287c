//! Where the next page of a list begins, as an opaque word in its address.
//!
//! Invariant: a cursor belongs to one list with one filter. With another it is refused, not
//! misread: rows would be left out and nobody would know. It holds no secret and grants nothing.

use crate::listen::assets::fnv1a;

/// A cursor that is none of ours, or of another filter.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct ForeignCursor;

/// The cursor behind the row with this id, in a list that is named with its filter.
pub(crate) fn encode(list: &str, after: i64) -> String {
    format!("{after:016x}{:016x}", fnv1a(list.as_bytes()))
}

/// The id that a cursor of this list was made for.
pub(crate) fn decode(list: &str, cursor: &str) -> Result<i64, ForeignCursor> {
    let (after, of) = cursor.split_at_checked(16).ok_or(ForeignCursor)?;
    let number = |digits: &str| {
        let plain = digits.len() == 16 && digits.bytes().all(|byte| byte.is_ascii_hexdigit());
        plain.then(|| u64::from_str_radix(digits, 16).ok()).flatten().ok_or(ForeignCursor)
    };
    if number(of)? != fnv1a(list.as_bytes()) {
        return Err(ForeignCursor);
    }
    i64::try_from(number(after)?).map_err(|_| ForeignCursor)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_cursor_is_read_back_by_its_own_list_only() {
        let cursor = encode("contacts?q=ann", 1_795_428_245_000_001);
        assert_eq!(decode("contacts?q=ann", &cursor), Ok(1_795_428_245_000_001));
        for list in ["contacts?q=bob", "deliveries?q=ann", ""] {
            assert_eq!(decode(list, &cursor), Err(ForeignCursor), "{list}");
        }
        for text in
            ["", "1", "+000000000000001", "\u{e9}\u{e9}\u{e9}\u{e9}\u{e9}\u{e9}\u{e9}\u{e9}\u{e9}"]
        {
            assert_eq!(decode("contacts?q=ann", text), Err(ForeignCursor), "{text}");
        }
        assert_eq!(
            decode("", &format!("{:016x}{:016x}", u64::MAX, fnv1a(b""))),
            Err(ForeignCursor)
        );
    }
}
