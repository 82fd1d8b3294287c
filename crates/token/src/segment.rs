//! Finds the token in what mail programs, gateways and people make of a link.
//!
//! Letters may have become `%41`, and something may have been glued to the end: `.gif`, the full
//! stop or bracket of the sentence around it, `&amp;utm_source=x`. None of that makes a token
//! authentic that is not: what is found is opened like any other.

use crate::codec::{LEN, Rejected};

/// The token at the front of a path segment.
pub(crate) fn token_in(segment: &str) -> Result<[u8; LEN], Rejected> {
    let mut letters = Letters(segment.as_bytes());
    let mut token = [0; LEN];
    for place in &mut token {
        *place = letters.next().filter(is_of_token).ok_or(Rejected::Malformed)?;
    }
    match letters.next().filter(is_of_token) {
        None => Ok(token),
        Some(_) => Err(Rejected::Malformed),
    }
}

fn is_of_token(byte: &u8) -> bool {
    byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_')
}

/// The bytes that a URL's path stands for.
struct Letters<'a>(&'a [u8]);

impl Iterator for Letters<'_> {
    type Item = u8;

    fn next(&mut self) -> Option<u8> {
        if let [b'%', high, low, rest @ ..] = self.0
            && let (Some(high), Some(low)) = (hex(*high), hex(*low))
        {
            self.0 = rest;
            return Some(high << 4 | low);
        }
        let (first, rest) = self.0.split_first()?;
        self.0 = rest;
        Some(*first)
    }
}

fn hex(digit: u8) -> Option<u8> {
    char::from(digit).to_digit(16).and_then(|value| u8::try_from(value).ok())
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const TOKEN: &str = "AbcdefghijklmnopqrstuvwxyzABCDEFGHIJKLM-_7";

    fn found(segment: &str) -> Option<String> {
        token_in(segment).ok().map(|token| String::from_utf8(token.to_vec()).unwrap())
    }

    #[test]
    fn what_is_glued_to_a_token_does_not_hide_it() {
        for end in ["", ".gif", ".", ")", ">", "&amp;x=1", "%20", "%2e", "/", ",", "\"", "%", "%4"]
        {
            assert_eq!(found(&format!("{TOKEN}{end}")).as_deref(), Some(TOKEN), "{end}");
        }
    }

    #[test]
    fn a_token_that_is_longer_or_shorter_is_none() {
        for wrong in
            ["", &TOKEN[1..], &format!("{TOKEN}x"), &format!("{TOKEN}%41"), &format!(".{TOKEN}")]
        {
            assert_eq!(found(wrong), None, "{wrong}");
        }
        assert_eq!(found(&TOKEN.replace('k', ".")), None);
    }

    proptest! {
        #[test]
        fn encoded_letters_are_the_same_letters(
            encoded in prop::collection::vec(any::<bool>(), TOKEN.len()),
            small: bool,
        ) {
            let letters = TOKEN.bytes().zip(encoded).map(|(byte, encoded)| match (encoded, small) {
                (true, true) => format!("%{byte:02x}"),
                (true, false) => format!("%{byte:02X}"),
                (false, _) => char::from(byte).to_string(),
            });
            let segment: String = letters.collect();
            prop_assert_eq!(found(&segment), Some(TOKEN.to_owned()));
        }

        #[test]
        fn no_text_panics(text in "\\PC{0,140}") {
            let _ = token_in(&text);
        }
    }
}
