//! Finds the token in what mail programs, gateways and people make of a link.
//!
//! Letters may have become `%41`, and something may have been appended: `.gif`, the full stop or
//! bracket of the sentence around it, `&amp;utm_source=x`. None of that makes a forged token
//! authentic: what is found is opened like any other.

use percent_encoding::percent_decode_str;

use crate::codec::{LEN, Rejected, UNSUBSCRIBE_LEN};

/// Letters that may be a token: as many as one has, with nothing behind them that could be another.
pub(crate) struct FoundToken {
    letters: [u8; UNSUBSCRIBE_LEN],
    length: usize,
}

impl FoundToken {
    pub(crate) fn as_str(&self) -> &str {
        let found = self.letters.get(..self.length).map(std::str::from_utf8);
        // They are ASCII.
        found.and_then(Result::ok).unwrap_or_default()
    }
}

/// The token at the front of a path segment.
pub(crate) fn token_in(segment: &str) -> Result<FoundToken, Rejected> {
    let mut found = FoundToken { letters: [0; UNSUBSCRIBE_LEN], length: 0 };
    for letter in percent_decode_str(segment).take_while(is_of_token) {
        let place = found.letters.get_mut(found.length).ok_or(Rejected::Malformed)?;
        *place = letter;
        found.length += 1;
    }
    match found.length {
        LEN | UNSUBSCRIBE_LEN => Ok(found),
        _ => Err(Rejected::Malformed),
    }
}

fn is_of_token(byte: &u8) -> bool {
    byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_')
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const TOKEN: &str = "AbcdefghijklmnopqrstuvwxyzABCDEFGHIJKLM-_7";
    const LONGER: &str = "AbcdefghijklmnopqrstuvwxyzABCDEFGHIJKLM-_7890123";

    fn found(segment: &str) -> Option<String> {
        token_in(segment).ok().map(|token| token.as_str().to_owned())
    }

    #[test]
    fn what_is_glued_to_a_token_does_not_hide_it() {
        for end in ["", ".gif", ".", ")", ">", "&amp;x=1", "%20", "%2e", "/", ",", "\"", "%", "%4"]
        {
            for token in [TOKEN, LONGER] {
                assert_eq!(found(&format!("{token}{end}")).as_deref(), Some(token), "{end}");
            }
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
        assert_eq!(found(&LONGER[1..]), None);
        assert_eq!(found(&format!("{LONGER}%5f")), None);
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
