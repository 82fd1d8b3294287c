//! Address pages: the addresses of some thousand contacts as one text, so that a part of an address
//! is found among a million of them in a few dozen reads.
//!
//! Invariants: a page holds every contact between its two ids, or it is gone: the database itself
//! drops it (by triggers) with any contact in it. Contacts that no page holds are few, as long as
//! somebody calls [`Store::address_pages_fill`] from time to time; a search looks at them one by
//! one, so what it finds never depends on which pages there are.
//!
//! Why not trigrams: kept row by row they made an import seven times slower with FTS5 and four times
//! with GIN and `pg_trgm`, which is not to be had on every server; pages cost it nothing.

use std::collections::BTreeMap;

use memchr::memmem;

use crate::engine::sql::texts;
use crate::engine::tx::Tx;
use crate::{Store, StoreError};

texts! {
    PAGE_BOUNDS = "SELECT after_id, last_id FROM address_pages ORDER BY last_id";
    PAGE_ADDRESSES = "SELECT id, lower(email) FROM contacts WHERE id > $1 AND id <= $2
        ORDER BY id LIMIT $3";
    PAGE_INSERT =
        "INSERT INTO address_pages (last_id, after_id, addresses) VALUES ($1, $2, $3)";
}

/// Contacts in one page, about 30 kB of addresses.
pub(crate) const PAGE: i64 = 2_000;
/// Pages made in one transaction.
const AT_ONCE: usize = 10;
/// Taken alone by who makes pages; removals share it (see the migration). On SQLite one thread
/// writes, and nobody has to.
const LOCK: &str = "SELECT pg_advisory_xact_lock(7409112026)";

/// Contacts behind one id up to another, which a page holds or not.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Span {
    pub(crate) after: i64,
    pub(crate) last: i64,
    pub(crate) has_page: bool,
}

impl Store {
    /// Makes pages of contacts that have none; false when there was nothing to do. Call it again
    /// while it returns true.
    pub async fn address_pages_fill(&self) -> Result<bool, StoreError> {
        // Nearly always so, and then nobody who writes is waited for.
        if !self.read(|tx| Ok(next_page(tx, &spans(tx)?)?.is_some())).await? {
            return Ok(false);
        }
        self.write(|tx| {
            if let Some(bulk) = tx.bulk() {
                bulk.rows(LOCK, &[])?;
            }
            for _ in 0..AT_ONCE {
                let Some(page) = next_page(tx, &spans(tx)?)? else { return Ok(false) };
                tx.execute(PAGE_INSERT, (page.last, page.after, page.addresses))?;
            }
            Ok(true)
        })
        .await
    }
}

/// All contacts in the order of their ids, with and without pages.
pub(crate) fn spans(tx: &Tx<'_>) -> Result<Vec<Span>, StoreError> {
    let mut spans = Vec::new();
    let mut covered = i64::MIN;
    for (after, last) in tx.all(PAGE_BOUNDS, (), |row| Ok((row.get(0)?, row.get(1)?)))? {
        if after > covered {
            spans.push(Span { after: covered, last: after, has_page: false });
        }
        spans.push(Span { after, last, has_page: true });
        covered = last;
    }
    spans.push(Span { after: covered, last: i64::MAX, has_page: false });
    Ok(spans)
}

struct NewPage {
    after: i64,
    last: i64,
    addresses: String,
}

/// The first page that is missing. Contacts behind the last page get one when they fill it.
fn next_page(tx: &Tx<'_>, spans: &[Span]) -> Result<Option<NewPage>, StoreError> {
    let Some(span) = spans.iter().find(|span| !span.has_page) else { return Ok(None) };
    let values = (span.after, span.last, PAGE);
    let found: Vec<(i64, String)> =
        tx.all(PAGE_ADDRESSES, values, |row| Ok((row.get(0)?, row.get(1)?)))?;
    let is_full = crate::engine::error::count(found.len())? == PAGE;
    let last = match found.last() {
        Some((last, _)) if is_full => *last,
        _ if span.last == i64::MAX => return Ok(None),
        _ => span.last,
    };
    let addresses = page_text(found.iter().map(|(_, address)| address.as_str()));
    Ok(Some(NewPage { after: span.after, last, addresses }))
}

/// `@domain` and below it the parts before the `@`, each on its line.
fn page_text<'a>(addresses: impl Iterator<Item = &'a str>) -> String {
    let mut domains: BTreeMap<&str, Vec<&str>> = BTreeMap::new();
    for address in addresses {
        let (local, domain) = address.rsplit_once('@').unwrap_or((address, ""));
        domains.entry(domain).or_default().push(local);
    }
    let mut text = String::new();
    for (domain, locals) in domains {
        text.extend(["@", domain, "\n"]);
        for local in locals {
            text.extend([local, "\n"]);
        }
    }
    text
}

/// A part of an address that is sought, regardless of case.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct AddressPart {
    text: String,
    /// What every page with such an address holds in one piece.
    needles: Vec<String>,
}

impl AddressPart {
    pub(crate) fn new(part: &str) -> Self {
        let text = part.trim().to_ascii_lowercase();
        let needles = match text.split_once('@') {
            None => vec![text.clone()],
            // A line ends with the one, and another begins with the other.
            Some(("", begin)) => vec![format!("@{begin}")],
            Some((end, begin)) => vec![format!("{end}\n"), format!("@{begin}")],
        };
        Self { text, needles }
    }

    /// The longest of them, for a database that looks first.
    pub(crate) fn needle(&self) -> &str {
        self.needles.iter().max_by_key(|needle| needle.len()).map_or("", String::as_str)
    }

    /// Whether this address, in lower case, has the part.
    pub(crate) fn is_in(&self, address: &str) -> bool {
        address.contains(&self.text)
    }

    /// Whether the page may hold an address that has the part.
    fn may_be_in(&self, page: &str) -> bool {
        let has = |needle: &String| memmem::find(page.as_bytes(), needle.as_bytes()).is_some();
        self.needles.iter().all(has)
    }

    /// The addresses of a page that have the part.
    pub(crate) fn found_in(&self, page: &str) -> Vec<String> {
        let mut found = Vec::new();
        if !self.may_be_in(page) {
            return found;
        }
        let split = self.text.split_once('@');
        let (mut domain, mut domain_fits) = ("", false);
        for line in page.lines() {
            if let Some(name) = line.strip_prefix('@') {
                domain = name;
                domain_fits = match split {
                    Some((_, begin)) => name.starts_with(begin),
                    None => name.contains(&self.text),
                };
                continue;
            }
            let fits = match split {
                Some((end, _)) => domain_fits && line.ends_with(end),
                None => domain_fits || line.contains(&self.text),
            };
            if fits {
                found.push(format!("{line}@{domain}"));
            }
        }
        found
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn a_page_names_each_domain_once() {
        let text = page_text(["ann@x.org", "bob@y.org", "eve@x.org"].into_iter());
        assert_eq!(text, "@x.org\nann\neve\n@y.org\nbob\n");
    }

    proptest! {
        #[test]
        fn a_page_finds_what_looking_at_each_address_finds(
            addresses in prop::collection::btree_set("[ab.]{1,4}@[ab]{1,3}\\.[ab]{2}", 0..30),
            part in "[ab.@]{0,4}",
        ) {
            let page = page_text(addresses.iter().map(String::as_str));
            let part = AddressPart::new(&part);
            let mut found = part.found_in(&page);
            found.sort();
            let one_by_one: Vec<String> =
                addresses.into_iter().filter(|address| part.is_in(address)).collect();
            prop_assert_eq!(found, one_by_one);
        }
    }
}
