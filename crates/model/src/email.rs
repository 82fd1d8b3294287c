//! E-mail addresses, parsed once at the edge.
//!
//! Invariants: an [`EmailAddress`] passes the parser that the transport uses (lettre), so no
//! address turns out to be bad only when it is mailed; its domain is a public host name in
//! lower-case ASCII (A-labels, RFC 5891); lengths are within RFC 5321 section 4.5.3.1.
//!
//! Deliberately narrower than the grammar of RFC 5321: in every list of people that we know of, a
//! quoted local part, an address literal or an underscore in a domain is a typing mistake.

use std::fmt;
use std::hash::{Hash, Hasher};

use crate::domain::{Domain, DomainProblem};

/// An address that can be mailed. Two addresses are equal if a mailbox provider would in practice
/// treat them as the same: the local part is kept as written, but compared regardless of case.
#[derive(Debug, Clone)]
pub struct EmailAddress {
    text: String,
    at: usize,
}

/// Why a text is not an address that we would mail.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum AddressProblem {
    #[error("the address is empty")]
    Empty,
    #[error("it has no @")]
    NoAt,
    #[error("it has two @: are these two addresses?")]
    TwoAts,
    #[error("there is nothing before the @")]
    NoLocal,
    /// More than 64 bytes before the `@`.
    #[error("the part before the @ is longer than 64 bytes")]
    LocalTooLong,
    #[error("it is longer than 254 bytes")]
    TooLong,
    /// A character before the `@` that RFC 5321's grammar does not allow there.
    #[error("{} is not allowed before the @", Named(*.0))]
    BadLocal(char),
    /// A dot at the beginning, at the end or beside another, before the `@`.
    #[error("{0}")]
    LocalDot(&'static str),
    /// `"ann b"@example.com`
    #[error("the part before the @ is in quotes, which we do not mail")]
    Quoted,
    /// A local part outside ASCII would need SMTPUTF8 all the way.
    #[error("{} is before the @, which most mail servers refuse", Named(*.0))]
    LocalNotAscii(char),
    #[error("there is nothing after the @")]
    NoDomain,
    /// A character after the `@` that no domain may contain.
    #[error("{} is not allowed after the @", Named(*.0))]
    BadDomainCharacter(char),
    /// The domain is not a host name and has no A-label form.
    #[error("the part after the @ is not a domain name")]
    BadDomain,
    /// A dot at the beginning, at the end or beside another, after the `@`.
    #[error("there is a dot too many after the @")]
    DomainDot,
    /// A domain without a dot has no public mailboxes.
    #[error("the domain has no dot, so it is not a public domain")]
    DomainWithoutDot,
    /// `ann@192.0.2.1` or `ann@[192.0.2.1]`
    #[error("it has an IP address in place of the domain")]
    IpAddress,
    #[error("the domain ends in a number, which no real domain does")]
    NumericTopLevel,
}

/// A character by the name people give it, even if it is invisible.
struct Named(char);

impl fmt::Display for Named {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let name = match self.0 {
            ' ' => "a space",
            '\t' => "a tab",
            '\r' | '\n' => "a line break",
            '\u{a0}' | '\u{202f}' => "a no-break space",
            '\u{ad}' => "a soft hyphen",
            '\u{200b}' => "a zero-width space",
            '\u{200c}' | '\u{200d}' | '\u{2060}' => "a zero-width joiner",
            '\u{feff}' => "a byte order mark",
            '_' => "an underscore",
            ',' => "a comma",
            ';' => "a semicolon",
            '"' => "a quotation mark",
            character if is_invisible(character) => {
                return write!(f, "the invisible character U+{:04X}", u32::from(character));
            }
            character => return write!(f, "\u{201c}{character}\u{201d}"),
        };
        f.write_str(name)
    }
}

/// White space, controls, and what marks the direction or the joining of letters.
fn is_invisible(character: char) -> bool {
    character.is_whitespace()
        || character.is_control()
        || matches!(character,
            '\u{ad}' | '\u{200b}'..='\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2060}'..='\u{206f}'
                | '\u{feff}')
}

impl PartialEq for EmailAddress {
    fn eq(&self, other: &Self) -> bool {
        self.text.eq_ignore_ascii_case(&other.text)
    }
}

impl Eq for EmailAddress {}

impl Hash for EmailAddress {
    fn hash<H: Hasher>(&self, state: &mut H) {
        self.key().hash(state);
    }
}

impl EmailAddress {
    /// Parses an address such as `Ann@Bücher.example`; white space around it is ignored and the
    /// domain becomes lower-case ASCII (`Ann@xn--bcher-kva.example`).
    ///
    /// # Errors
    /// Says which rule the text breaks; never repeats more of the text than a character.
    pub fn parse(text: &str) -> Result<Self, AddressProblem> {
        let text = text.trim();
        if text.is_empty() {
            return Err(AddressProblem::Empty);
        }
        let (local, domain) = text.rsplit_once('@').ok_or(AddressProblem::NoAt)?;
        check_local(local)?;
        let domain = public_domain(domain)?;
        if local.len() + 1 + domain.len() > 254 {
            return Err(AddressProblem::TooLong);
        }
        Self::check_with_transport(local, &domain)?;
        Ok(Self { at: local.len(), text: format!("{local}@{domain}") })
    }

    /// An address that was parsed before, perhaps by a release with looser rules: stored addresses
    /// can always be read, whatever the rules are today.
    pub fn parsed_before(text: &str) -> Result<Self, AddressProblem> {
        let (local, domain) = text.rsplit_once('@').ok_or(AddressProblem::NoAt)?;
        Self::check_with_transport(local, domain)?;
        Ok(Self { at: local.len(), text: text.to_owned() })
    }

    fn check_with_transport(local: &str, domain: &str) -> Result<(), AddressProblem> {
        use lettre::address::AddressError;
        match lettre::Address::new(local, domain) {
            Ok(_) => Ok(()),
            Err(AddressError::InvalidUser) => {
                Err(AddressProblem::BadLocal(local.chars().next().unwrap_or('@')))
            }
            Err(_) => Err(AddressProblem::BadDomain),
        }
    }

    /// The whole address, local part as written, domain in ASCII.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.text
    }

    #[must_use]
    pub fn local(&self) -> &str {
        &self.text[..self.at]
    }

    /// What is after the `@`, lower-case ASCII.
    #[must_use]
    pub fn domain(&self) -> &str {
        &self.text[self.at + 1..]
    }

    /// The key under which contacts and suppressions are unique: the whole address in lower case.
    /// Providers that distinguish `Ann@` from `ann@` are unheard of; mailing both would be a
    /// double.
    #[must_use]
    pub fn key(&self) -> String {
        self.text.to_ascii_lowercase()
    }

    /// `a•••@example.com`: enough for its owner to recognise it, for pages that anyone holding a
    /// link may open.
    #[must_use]
    pub fn masked(&self) -> String {
        let first: String = self.local().chars().take(1).collect();
        format!("{first}•••@{}", self.domain())
    }
}

/// Checks for a dot-string (RFC 5321 section 4.1.2).
fn check_local(local: &str) -> Result<(), AddressProblem> {
    const ATOM_MARKS: &str = "!#$%&'*+-/=?^_`{|}~";
    let plain = |character: char| {
        character.is_ascii_alphanumeric() || character == '.' || ATOM_MARKS.contains(character)
    };
    if local.is_empty() {
        return Err(AddressProblem::NoLocal);
    }
    if local.starts_with('"') && local.ends_with('"') {
        return Err(AddressProblem::Quoted);
    }
    if let Some(character) = local.chars().find(|character| !plain(*character)) {
        return Err(match character {
            '@' => AddressProblem::TwoAts,
            _ if character.is_ascii() || is_invisible(character) => {
                AddressProblem::BadLocal(character)
            }
            _ => AddressProblem::LocalNotAscii(character),
        });
    }
    if local.len() > 64 {
        return Err(AddressProblem::LocalTooLong);
    }
    let dot = match local {
        _ if local.ends_with('.') => "there is a dot right before the @",
        _ if local.starts_with('.') => "it begins with a dot",
        _ if local.contains("..") => "it has two dots in a row before the @",
        _ => return Ok(()),
    };
    Err(AddressProblem::LocalDot(dot))
}

/// A host name as the public network has them, as A-labels.
fn public_domain(domain: &str) -> Result<String, AddressProblem> {
    if domain.is_empty() {
        return Err(AddressProblem::NoDomain);
    }
    if domain.starts_with('[') || domain.parse::<std::net::IpAddr>().is_ok() {
        return Err(AddressProblem::IpAddress);
    }
    // The mapping to ASCII would drop some of the invisible ones without a word.
    let wrong = |character: &char| {
        let punctuation = character.is_ascii() && !character.is_ascii_alphanumeric();
        is_invisible(*character) || (punctuation && !matches!(character, '.' | '-'))
    };
    if let Some(character) = domain.chars().find(wrong) {
        return Err(AddressProblem::BadDomainCharacter(character));
    }
    if domain.starts_with('.') || domain.ends_with('.') || domain.contains("..") {
        return Err(AddressProblem::DomainDot);
    }
    let domain = Domain::parse(domain).map_err(|problem| match problem {
        DomainProblem::Empty => AddressProblem::NoDomain,
        DomainProblem::NoDot => AddressProblem::DomainWithoutDot,
        DomainProblem::BadLabel => AddressProblem::BadDomain,
        DomainProblem::Numeric => AddressProblem::NumericTopLevel,
        DomainProblem::TooLong => AddressProblem::TooLong,
    })?;
    Ok(domain.to_string())
}

impl fmt::Display for EmailAddress {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.text)
    }
}

impl std::str::FromStr for EmailAddress {
    type Err = AddressProblem;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        Self::parse(text)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn check(text: &str, expect: Result<&str, AddressProblem>) {
        assert_eq!(
            EmailAddress::parse(text).as_ref().map(EmailAddress::as_str),
            expect.as_ref().map(|s| *s),
            "{text:?}"
        );
    }

    #[test]
    fn addresses_are_accepted_or_refused_with_a_reason() {
        check(" ann@example.com ", Ok("ann@example.com"));
        check("Ann.O+x@EXAMPLE.com", Ok("Ann.O+x@example.com"));
        check("ann@bücher.example", Ok("ann@xn--bcher-kva.example"));
        check("\u{200b}ann@example.com", Err(AddressProblem::BadLocal('\u{200b}')));
        check("", Err(AddressProblem::Empty));
        check("ann.example.com", Err(AddressProblem::NoAt));
        check("ann@example.com, bob@example.com", Err(AddressProblem::TwoAts));
        check("@example.com", Err(AddressProblem::NoLocal));
        check("ann@localhost", Err(AddressProblem::DomainWithoutDot));
        check("änn@example.com", Err(AddressProblem::LocalNotAscii('ä')));
        check("a b@example.com", Err(AddressProblem::BadLocal(' ')));
        check("ann,@example.com", Err(AddressProblem::BadLocal(',')));
        check("<ann@example.com>", Err(AddressProblem::BadLocal('<')));
        check("\"a b\"@example.com", Err(AddressProblem::Quoted));
        check("\"a>b\"@example.com", Err(AddressProblem::Quoted));
        check("ann@exa mple.com", Err(AddressProblem::BadDomainCharacter(' ')));
        check("ann@exam\u{ad}ple.com", Err(AddressProblem::BadDomainCharacter('\u{ad}')));
        check("bob@x_y.example", Err(AddressProblem::BadDomainCharacter('_')));
        check("ann@", Err(AddressProblem::NoDomain));
        check("ann@example.com.", Err(AddressProblem::DomainDot));
        check("ann@example..com", Err(AddressProblem::DomainDot));
        check("ann@-a.example", Err(AddressProblem::BadDomain));
        check("ann@[127.0.0.1]", Err(AddressProblem::IpAddress));
        check("ann@1.2.3.4", Err(AddressProblem::IpAddress));
        check("ann@example.123", Err(AddressProblem::NumericTopLevel));
        check("ann\r\nBcc: x@example.com", Err(AddressProblem::BadLocal('\r')));
    }

    #[test]
    fn a_problem_names_the_character() {
        for (text, said) in [
            ("ann.@example.com", "there is a dot right before the @"),
            (".ann@example.com", "it begins with a dot"),
            ("a..nn@example.com", "it has two dots in a row before the @"),
            ("a\u{200b}nn@example.com", "a zero-width space is not allowed before the @"),
            ("ann@exam\u{a0}ple.com", "a no-break space is not allowed after the @"),
            ("ann;b@example.com", "a semicolon is not allowed before the @"),
            ("änn@example.com", "“ä” is before the @, which most mail servers refuse"),
            (
                "ann@ex\u{202e}ample.com",
                "the invisible character U+202E is not allowed after the @",
            ),
        ] {
            assert_eq!(EmailAddress::parse(text).unwrap_err().to_string(), said, "{text:?}");
        }
    }

    #[test]
    fn addresses_are_equal_whatever_their_case() {
        use std::collections::HashSet;
        let [one, two, three] = ["Ann@Example.com", "aNN@eXAMPLE.COM", "ann2@example.com"]
            .map(|text| EmailAddress::parse(text).unwrap());
        assert_eq!(one, two);
        assert_ne!(one, three);
        assert_eq!(HashSet::from([one, two, three]).len(), 2);
    }

    #[test]
    fn what_an_earlier_release_accepted_can_still_be_read() {
        for text in ["bob@x_y.org", "a@[127.0.0.1]", "Ann@example.com"] {
            let read = EmailAddress::parsed_before(text).map(|address| address.to_string());
            // The transport decides: what it would refuse was never accepted.
            assert_eq!(read.is_ok(), lettre::Address::try_from(text.to_owned()).is_ok(), "{text}");
        }
    }

    #[test]
    fn lengths_follow_rfc_5321() {
        check(&format!("{}@example.com", "a".repeat(65)), Err(AddressProblem::LocalTooLong));
        let long = format!(
            "{}@{}.example.com",
            "a".repeat(64),
            ["b".repeat(60), "c".repeat(60), "d".repeat(60)].join(".")
        );
        check(&long, Err(AddressProblem::TooLong));
    }

    proptest! {
        #[test]
        fn no_text_panics_and_what_parses_parses_again(
            text in prop_oneof!["\\PC{0,80}", "[\\PCa.]{1,6}@[\\PCa.-]{1,9}\\.[a-zé0-9]{1,3}"]
        ) {
            if let Ok(address) = EmailAddress::parse(&text) {
                let again = EmailAddress::parse(address.as_str());
                prop_assert_eq!(again.as_ref(), Ok(&address));
                prop_assert!(address.as_str().is_ascii());
                prop_assert!(!address.as_str().contains(['\r', '\n', ' ', '"', '<', '>', ',', ';']));
            }
        }
    }
}
