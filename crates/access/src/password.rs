//! Passwords as people choose them.
//!
//! Long enough, not one of those that are tried first, not the person's own name; no rules about
//! digits and signs, which make passwords worse (NIST SP 800-63B-4, section 3.1.1.2).

use std::collections::BTreeSet;
use std::sync::LazyLock;

use zeroize::Zeroizing;

use crate::error::PasswordProblem;

pub const MIN_PASSWORD_CHARS: usize = 12;
pub const MAX_PASSWORD_BYTES: usize = 1_000;
/// With fewer different characters it is a pattern.
const MIN_DIFFERENT: usize = 5;
/// A name must be this long to count against a password that holds it.
const NAME_CHARS: usize = 4;

/// Passwords of at least 12 characters that lists of leaked ones begin with, in small letters.
static COMMON: LazyLock<BTreeSet<&'static str>> =
    LazyLock::new(|| include_str!("common_passwords.txt").lines().collect());

/// A password that may be chosen. Wiped when it is dropped, never printed.
pub struct Password(Zeroizing<String>);

impl Password {
    /// Takes a password as it was typed. `own` is what the person is called: name, address.
    ///
    /// # Errors
    /// Says what is wrong with it.
    pub fn choose(text: &str, own: &[&str]) -> Result<Self, PasswordProblem> {
        let chars = text.chars().count();
        if chars < MIN_PASSWORD_CHARS {
            return Err(PasswordProblem::TooShort(chars));
        }
        if text.len() > MAX_PASSWORD_BYTES {
            return Err(PasswordProblem::TooLong);
        }
        let small = Zeroizing::new(text.to_lowercase());
        if COMMON.contains(small.as_str()) {
            return Err(PasswordProblem::Common);
        }
        if small.chars().collect::<BTreeSet<_>>().len() < MIN_DIFFERENT {
            return Err(PasswordProblem::Repetitive);
        }
        if own.iter().any(|name| is_made_of(&small, name)) {
            return Err(PasswordProblem::Personal);
        }
        Ok(Self(Zeroizing::new(text.to_owned())))
    }

    pub(crate) fn into_text(self) -> Zeroizing<String> {
        self.0
    }
}

impl std::fmt::Debug for Password {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Password")
    }
}

/// Whether little is left of the password without the name, or without its parts.
fn is_made_of(small: &str, name: &str) -> bool {
    let name = name.to_lowercase();
    let parts = name.split(|c: char| !c.is_alphanumeric()).filter(|part| part.len() >= NAME_CHARS);
    let left = Zeroizing::new(parts.fold(small.to_owned(), |left, part| left.replace(part, "")));
    left.chars().count() + MIN_PASSWORD_CHARS / 2 <= small.chars().count()
        && left.chars().count() < MIN_PASSWORD_CHARS / 2
}

#[cfg(test)]
mod tests {
    use super::*;

    fn problem(text: &str) -> Option<PasswordProblem> {
        Password::choose(text, &["Ada Lovelace", "ada.lovelace@example.org"]).err()
    }

    #[test]
    fn long_passwords_of_any_kind_are_taken() {
        let thousand = "correct horse ".repeat(71);
        for good in [
            "correct horse",
            "åäöüßéèêøæñç",
            "            a1b2",
            "1234 abcd 90!",
            "日本語のとても長い合言葉",
            "lovelace sleeps in the attic",
            &thousand,
        ] {
            assert_eq!(problem(good), None, "{good}");
        }
    }

    #[test]
    fn short_endless_common_and_personal_ones_are_not() {
        use PasswordProblem as P;
        assert_eq!(problem("elevenchars"), Some(P::TooShort(11)));
        assert_eq!(problem(&"日本".repeat(5)), Some(P::TooShort(10)));
        assert_eq!(problem(&"correct horse".repeat(100)), Some(P::TooLong));
        for common in ["password1234", "PassWord1234", "123456789012", "qwertyuiop123"] {
            assert_eq!(problem(common), Some(P::Common), "{common}");
        }
        assert_eq!(problem("abababababab"), Some(P::Repetitive));
        for own in ["AdaLovelace1", "lovelace2026", "example.org-lovelace"] {
            assert_eq!(problem(own), Some(P::Personal), "{own}");
        }
    }

    #[test]
    fn the_list_is_as_it_is_searched() {
        for word in COMMON.iter() {
            assert!(word.chars().count() >= MIN_PASSWORD_CHARS, "{word} is too short anyway");
            assert_eq!(*word, word.to_lowercase());
        }
        assert!(COMMON.len() > 100, "{}", COMMON.len());
    }
}
