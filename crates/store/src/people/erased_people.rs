//! Whom an erasure is about, and where they are found in what jobs have written.

use std::collections::HashSet;
use std::ops::Range;

use model::{ContactId, Domain};

/// Bytes of the longest address.
pub(crate) const ADDRESS_BYTES: usize = 254;
/// What stands in place of an address; no address has it in it.
const ERASED: &str = "(erased)";
/// Bytes of the longest local part.
const LOCAL_BYTES: usize = 64;

/// Who is to be erased.
#[derive(Debug, Clone, Default)]
pub struct ErasedPeople {
    email_keys: HashSet<String>,
    domains: HashSet<String>,
    contacts: HashSet<ContactId>,
}

impl ErasedPeople {
    /// By their addresses, as contacts are found by, and by who of them are contacts.
    pub fn new(
        email_keys: impl IntoIterator<Item = String>,
        contacts: impl IntoIterator<Item = ContactId>,
    ) -> Self {
        let email_keys: HashSet<String> = email_keys.into_iter().collect();
        let domain = |key: &String| key.rsplit_once('@').map(|(_, domain)| domain.to_owned());
        let domains = email_keys.iter().filter_map(domain).collect();
        Self { email_keys, domains, contacts: contacts.into_iter().collect() }
    }

    pub(crate) const fn contacts(&self) -> &HashSet<ContactId> {
        &self.contacts
    }

    /// Whether one of the addresses stands in a text by itself, not as a part of a longer one; in any
    /// case of its letters.
    pub(crate) fn are_in(&self, text: &[u8]) -> bool {
        memchr::memchr_iter(b'@', text).any(|sign| self.around(text, sign).is_some())
    }

    /// The text with [`ERASED`] in place of their addresses; None when it has none of them.
    pub(crate) fn taken_out_of(&self, text: &str) -> Option<String> {
        let (mut rest, mut left) = (String::new(), 0);
        for sign in memchr::memchr_iter(b'@', text.as_bytes()) {
            let found = self.around(text.as_bytes(), sign);
            let Some(found) = found.filter(|found| found.start >= left) else { continue };
            rest.push_str(text.get(left..found.start)?);
            rest.push_str(ERASED);
            left = found.end;
        }
        rest.push_str(text.get(left..)?);
        (left > 0).then_some(rest)
    }

    /// Where the address stands that has its `@` there. Of a longer word, each part may be one:
    /// `mail=ann@x.org`, `ann@x.org...`
    fn around(&self, text: &[u8], sign: usize) -> Option<Range<usize>> {
        let domain = text[sign + 1..].iter().take(ADDRESS_BYTES);
        let domain_end = sign + 1 + domain.take_while(|byte| is_of_domain(**byte)).count();
        let (domain, length) = self.domain_of(&text[sign + 1..domain_end])?;
        let local = text[..sign].iter().rev().take(LOCAL_BYTES);
        let local_start = sign - local.take_while(|byte| byte.is_ascii_graphic()).count();
        let is_theirs = |at: &usize| {
            std::str::from_utf8(&text[*at..sign]).is_ok_and(|local| {
                self.email_keys.contains(&format!("{}@{domain}", local.to_ascii_lowercase()))
            })
        };
        let start = (local_start..sign)
            .filter(|at| *at == local_start || !is_of_local(text[at - 1]))
            .find(is_theirs)?;
        Some(start..sign + 1 + length)
    }

    /// The longest domain at the beginning of a word that is one of theirs, and its bytes there.
    fn domain_of(&self, run: &[u8]) -> Option<(String, usize)> {
        let run = std::str::from_utf8(run).ok()?;
        if !run.is_ascii() {
            let written = run.trim_end_matches(['.', '-']);
            let domain = Domain::parse(written).ok()?;
            return Some((self.domains.get(domain.as_str())?.clone(), written.len()));
        }
        let run = run.to_ascii_lowercase();
        let ends = (1..=run.len()).rev();
        let mut whole = ends.filter(|at| run.as_bytes().get(*at).is_none_or(|it| !is_of_word(*it)));
        whole.find_map(|end| Some((self.domains.get(&run[..end])?.clone(), end)))
    }

    /// Whether the bytes of [`ImportChanges`](crate::ImportChanges) may have values of one of the
    /// contacts, without reading them all.
    pub(crate) fn may_be_in_changes(&self, bytes: &[u8]) -> bool {
        memchr::memchr_iter(b'[', bytes).any(|open| {
            let rest = &bytes[open + 1..];
            let digits = rest.iter().take(20).take_while(|byte| byte.is_ascii_digit()).count();
            let id = std::str::from_utf8(&rest[..digits]).ok().and_then(|it| it.parse().ok());
            rest[digits..].starts_with(b",[")
                && id.is_some_and(|id| self.contacts.contains(&ContactId(id)))
        })
    }
}

/// Within a local part, by custom.
const fn is_of_local(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || matches!(byte, b'.' | b'_' | b'+' | b'-')
}

const fn is_of_domain(byte: u8) -> bool {
    is_of_word(byte) || matches!(byte, b'.' | b'-')
}

const fn is_of_word(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || !byte.is_ascii()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::people::import_changes::{ImportChanges, ValueChange};

    #[test]
    fn an_address_is_found_where_it_stands_by_itself() {
        let keys = ["ann@x.org", "o'neil@xn--mller-kva.de"].map(str::to_owned);
        let people = ErasedPeople::new(keys, []);
        for text in [
            "ann@x.org",
            "4,,reason,\"ANN@X.org,1\"",
            "b@x.org,<ann@x.org>",
            "a@b,ann@x.org.",
            "mail=ann@x.org",
            "'ann@x.org'",
            "1,O'Neil@Müller.de,2",
        ] {
            assert!(people.are_in(text.as_bytes()), "{text}");
        }
        for text in
            ["", "joann@x.org", "ann@x.orgs", "ann@y.org", "@x.org", "ann", "neil@müller.de"]
        {
            assert!(!people.are_in(text.as_bytes()), "{text}");
        }
    }

    #[test]
    fn an_address_is_taken_out_of_a_text_and_the_rest_stays() {
        let people = ErasedPeople::new(["ann@x.org", "b@xn--mller-kva.de"].map(str::to_owned), []);
        for (text, without) in [
            ("{\"q\":\"Ann@x.org\",\"tag\":null}", Some("{\"q\":\"(erased)\",\"tag\":null}")),
            ("ann@x.org, joann@x.org, B@Müller.de.", Some("(erased), joann@x.org, (erased).")),
            ("Grüße.csv", None),
            ("ann@y.org", None),
        ] {
            assert_eq!(people.taken_out_of(text).as_deref(), without, "{text}");
        }
    }

    #[test]
    fn values_of_a_contact_are_seen_before_they_are_read() {
        let mut changes = ImportChanges::default();
        let after = "[7,[".to_owned();
        changes.change(42, vec![ValueChange { name: "plan".into(), before: None, after }]);
        changes.add(9);
        let bytes = changes.to_bytes().unwrap();
        let is_seen = |id| ErasedPeople::new([], [ContactId(id)]).may_be_in_changes(&bytes);
        assert!(is_seen(42));
        assert!(!is_seen(4) && !is_seen(9));
    }
}
