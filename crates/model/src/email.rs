//! E-mail addresses, parsed once at the edge.
//!
//! Invariants: an [`EmailAddress`] passes the parser that the transport uses (lettre), so no
//! address is found bad only while it is being sent to; its domain is lower-case ASCII (A-labels,
//! RFC 5891); lengths are within RFC 5321 section 4.5.3.1.

use std::fmt;

/// An address that can be mailed. Two addresses are equal when a mailbox provider would take them
/// for the same in practice: the local part is kept as written, the comparison key is lower-case.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct EmailAddress {
    text: String,
    at: usize,
}

/// Why a text is no address that we would mail.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum AddressProblem {
    /// Nothing but white space.
    #[error("the address is empty")]
    Empty,
    /// No `@`.
    #[error("there is no @ in it")]
    NoAt,
    /// More than 64 bytes before the `@`.
    #[error("the part before the @ is longer than 64 bytes")]
    LocalTooLong,
    /// More than 254 bytes in all.
    #[error("it is longer than 254 bytes")]
    TooLong,
    /// The local part breaks RFC 5321's grammar.
    #[error("the part before the @ has characters that are not allowed there")]
    BadLocal,
    /// A local part outside ASCII would need SMTPUTF8 all the way.
    #[error("the part before the @ is not ASCII, which most mail servers refuse")]
    LocalNotAscii,
    /// The domain is no host name and has no A-label form.
    #[error("the part after the @ is not a domain name")]
    BadDomain,
    /// A domain without a dot is no mailbox on the public network.
    #[error("the domain has no dot, so it is not a public domain")]
    DomainWithoutDot,
}

impl EmailAddress {
    /// Parses an address such as `Ann@Bücher.example`; white space around it is ignored and the
    /// domain becomes lower-case ASCII (`Ann@xn--bcher-kva.example`).
    ///
    /// # Errors
    /// Says which rule the text breaks; never repeats the text itself.
    pub fn parse(text: &str) -> Result<Self, AddressProblem> {
        let text = text.trim();
        if text.is_empty() {
            return Err(AddressProblem::Empty);
        }
        let (local, domain) = text.rsplit_once('@').ok_or(AddressProblem::NoAt)?;
        if local.len() > 64 {
            return Err(AddressProblem::LocalTooLong);
        }
        if !local.is_ascii() {
            return Err(AddressProblem::LocalNotAscii);
        }
        let domain = idna::domain_to_ascii(domain).map_err(|_| AddressProblem::BadDomain)?;
        if domain.is_empty() {
            return Err(AddressProblem::BadDomain);
        }
        if !domain.contains('.') {
            return Err(AddressProblem::DomainWithoutDot);
        }
        if local.len() + 1 + domain.len() > 254 {
            return Err(AddressProblem::TooLong);
        }
        Self::check_with_transport(local, &domain)?;
        Ok(Self { at: local.len(), text: format!("{local}@{domain}") })
    }

    fn check_with_transport(local: &str, domain: &str) -> Result<(), AddressProblem> {
        use lettre::address::AddressError;
        match lettre::Address::new(local, domain) {
            Ok(_) => Ok(()),
            Err(AddressError::InvalidUser) => Err(AddressProblem::BadLocal),
            Err(_) => Err(AddressProblem::BadDomain),
        }
    }

    /// The whole address, local part as written, domain in ASCII.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.text
    }

    /// What is before the `@`.
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
    /// Providers that tell `Ann@` from `ann@` are unheard of; mailing both would be a double.
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
        check("", Err(AddressProblem::Empty));
        check("ann.example.com", Err(AddressProblem::NoAt));
        check("ann@localhost", Err(AddressProblem::DomainWithoutDot));
        check("änn@example.com", Err(AddressProblem::LocalNotAscii));
        check("a b@example.com", Err(AddressProblem::BadLocal));
        check("ann@exa mple.com", Err(AddressProblem::BadDomain));
        check("ann@", Err(AddressProblem::BadDomain));
        check("ann\r\nBcc: x@example.com", Err(AddressProblem::BadLocal));
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
        fn no_text_panics_and_what_parses_parses_again(text in "\\PC{0,80}") {
            if let Ok(address) = EmailAddress::parse(&text) {
                let again = EmailAddress::parse(address.as_str());
                prop_assert_eq!(again.as_ref(), Ok(&address));
                prop_assert!(address.as_str().is_ascii());
                prop_assert!(!address.as_str().contains(['\r', '\n', ' ']));
            }
        }
    }
}
