//! Domain names, parsed once at the edge.

use std::fmt;

/// A public domain name such as `news.example.com`, in lower-case ASCII.
///
/// Invariants: non-ASCII labels became A-labels (RFC 5891); at least two labels of letters, digits
/// and inner hyphens, 63 bytes each; at most 253 bytes in total (RFC 1035 section 2.3.4); the last
/// label is not a number, so it can't be an IP address.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Domain(String);

/// Why a text is no domain name.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum DomainProblem {
    #[error("is empty")]
    Empty,
    #[error("has no dot, so it is not a public domain name")]
    NoDot,
    /// A label that is empty, too long, or has other characters.
    #[error(
        "should be labels of letters, digits and inner hyphens separated by dots, such as \
         news.example.com"
    )]
    BadLabel,
    #[error("ends with a number, so it looks like an IP address and not like a domain")]
    Numeric,
    #[error("is longer than {MOST_BYTES} bytes")]
    TooLong,
}

const MOST_BYTES: usize = 253;
const LABEL_BYTES: usize = 63;
/// Top-level domains that lead nowhere, for ever (RFC 2606 section 2, RFC 6761).
const RESERVED_TOP: [&str; 4] = ["test", "example", "invalid", "localhost"];
/// Second-level domains that lead nowhere (RFC 2606 section 3).
const RESERVED_SECOND: [&str; 3] = ["example.com", "example.net", "example.org"];

impl Domain {
    /// Parses a domain name; `Bücher.example` becomes `xn--bcher-kva.example`.
    ///
    /// # Errors
    /// Says which rule the text breaks; never repeats the text itself.
    pub fn parse(text: &str) -> Result<Self, DomainProblem> {
        if text.is_empty() {
            return Err(DomainProblem::Empty);
        }
        let ascii = idna::domain_to_ascii(text).map_err(|_| DomainProblem::BadLabel)?;
        if !ascii.split('.').all(is_label) {
            return Err(DomainProblem::BadLabel);
        }
        if ascii.len() > MOST_BYTES {
            return Err(DomainProblem::TooLong);
        }
        let (_, last) = ascii.rsplit_once('.').ok_or(DomainProblem::NoDot)?;
        if last.bytes().all(|byte| byte.is_ascii_digit()) {
            return Err(DomainProblem::Numeric);
        }
        Ok(Self(ascii))
    }

    /// The name, in lower-case ASCII.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// Whether the name is reserved for examples and tests, so that no mail to it reaches anybody
    /// (RFC 2606, RFC 6761).
    #[must_use]
    pub fn is_reserved(&self) -> bool {
        is_reserved_domain(&self.0)
    }
}

/// Whether a domain is reserved for examples and tests, so that no mail to it reaches anybody.
#[must_use]
pub fn is_reserved_domain(domain: &str) -> bool {
    let within = |reserved: &&str| {
        domain.strip_suffix(*reserved).is_some_and(|rest| rest.is_empty() || rest.ends_with('.'))
    };
    RESERVED_TOP.iter().any(within) || RESERVED_SECOND.iter().any(within)
}

fn is_label(label: &str) -> bool {
    (1..=LABEL_BYTES).contains(&label.len())
        && !label.starts_with('-')
        && !label.ends_with('-')
        && label.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-')
}

impl fmt::Display for Domain {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use DomainProblem as P;

    #[test]
    fn a_domain_is_a_name_of_the_public_network() {
        let check = |text: &str, expect: Result<&str, P>| {
            let found = Domain::parse(text);
            assert_eq!(found.as_ref().map(Domain::as_str), expect.as_ref().copied(), "{text}");
        };
        check("News.Example.COM", Ok("news.example.com"));
        check("bücher.example", Ok("xn--bcher-kva.example"));
        check("", Err(P::Empty));
        check("localhost", Err(P::NoDot));
        for text in
            ["a b.example", "-a.example", "a-.example", "a..example", "a_b.example", "a.example."]
        {
            check(text, Err(P::BadLabel));
        }
        check("[127.0.0.1]", Err(P::BadLabel));
        check("127.0.0.1", Err(P::Numeric));
        check(&format!("{}.example", "a".repeat(64)), Err(P::BadLabel));
        check(&format!("{}example", "abcdefg.".repeat(32)), Err(P::TooLong));
    }

    #[test]
    fn names_for_examples_reach_nobody() {
        for text in ["example.com", "a.example.net", "x.org.example", "mail.test", "a.b.invalid"] {
            assert!(Domain::parse(text).unwrap().is_reserved(), "{text}");
        }
        for text in ["notexample.com", "example.de", "example.com.de", "contest", "testing.io"] {
            assert!(!is_reserved_domain(text), "{text}");
        }
    }
}
