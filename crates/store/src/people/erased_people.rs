//! Whom an erasure is about, and where they are found in what jobs have written.

use std::collections::HashSet;

use model::{ContactId, Domain};

/// Bytes of the longest address.
pub(crate) const ADDRESS_BYTES: usize = 254;
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
        memchr::memchr_iter(b'@', text).any(|sign| self.are_around(text, sign))
    }

    /// The same for the address that has its `@` there. Of a longer word, each part may be one:
    /// `mail=ann@x.org`, `ann@x.org...`
    fn are_around(&self, text: &[u8], sign: usize) -> bool {
        let domain = text[sign + 1..].iter().take(ADDRESS_BYTES);
        let domain_end = sign + 1 + domain.take_while(|byte| is_of_domain(**byte)).count();
        let run = &text[sign + 1..domain_end];
        let Some(domain) = self.domain_of(run) else { return false };
        let local = text[..sign].iter().rev().take(LOCAL_BYTES);
        let local_start = sign - local.take_while(|byte| byte.is_ascii_graphic()).count();
        (local_start..sign)
            .filter(|at| *at == local_start || !is_of_local(text[at - 1]))
            .filter_map(|at| std::str::from_utf8(&text[at..sign]).ok())
            .any(|local| {
                self.email_keys.contains(&format!("{}@{domain}", local.to_ascii_lowercase()))
            })
    }

    /// The longest domain at the beginning of a word that is one of theirs.
    fn domain_of(&self, run: &[u8]) -> Option<String> {
        let run = std::str::from_utf8(run).ok()?;
        if !run.is_ascii() {
            let domain = Domain::parse(run.trim_end_matches(['.', '-'])).ok()?;
            return self.domains.get(domain.as_str()).cloned();
        }
        let run = run.to_ascii_lowercase();
        let ends = (1..=run.len()).rev();
        let mut whole = ends.filter(|at| run.as_bytes().get(*at).is_none_or(|it| !is_of_word(*it)));
        whole.find_map(|end| self.domains.get(&run[..end])).cloned()
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
