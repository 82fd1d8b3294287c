//! Address pages: the addresses of some hundred contacts as one text, so that a part of an address
//! is found among a million of them in a few dozen reads.
//!
//! Invariants: a page holds every contact between its two ids, or it is gone: the database itself
//! drops it (by triggers) with any contact in it. Contacts that no page holds are few, as long as
//! somebody calls [`Store::address_pages_fill`] from time to time; a search looks at them one by
//! one, so what it finds never depends on which pages there are, nor on how large they are.
//!
//! Why not trigrams: kept row by row they made an import seven times slower with FTS5 and four times
//! with GIN and `pg_trgm`, which is not to be had on every server; pages cost it nothing.

use std::collections::{BTreeMap, BTreeSet};

use memchr::memmem;

use crate::engine::sql::texts;
use crate::engine::tx::Tx;
use crate::{Store, StoreError};

texts! {
    /// Between two pages, and behind the last one; $1 and $2 are the lowest and the highest id.
    PAGE_GAPS = "SELECT covered, after_id FROM (
            SELECT coalesce(lag(last_id) OVER (ORDER BY last_id), $1) AS covered, after_id
            FROM address_pages) pages WHERE covered < after_id
        UNION ALL SELECT coalesce(max(last_id), $1), CAST($2 AS BIGINT) FROM address_pages
        ORDER BY 1";
    PAGE_ADDRESSES = "SELECT id, lower(email) FROM contacts WHERE id > $1 AND id <= $2
        ORDER BY id LIMIT $3";
    PAGE_INSERT =
        "INSERT INTO address_pages (last_id, after_id, addresses) VALUES ($1, $2, $3)";
}

/// Addresses read for one page, of which it takes as many as fit.
const PAGE: i64 = 500;
/// The longest text of a page. On PostgreSQL a row of up to 8,160 bytes lies in one block; what is
/// longer lies in pieces elsewhere, and putting them together takes as long as looking at them.
const PAGE_BYTES: usize = 8_000;
/// Pages made in one transaction.
const AT_ONCE: usize = 40;
/// Taken alone by who makes pages; removals share it (see the migration). On SQLite one thread
/// writes, and nobody has to.
const LOCK: &str = "SELECT pg_advisory_xact_lock(7409112026)";

/// Contacts behind one id up to another, all of which are in pages, or none.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Span {
    pub(crate) after: i64,
    pub(crate) last: i64,
    pub(crate) has_pages: bool,
}

impl Store {
    /// Makes pages of contacts that have none; false when there was nothing to do. Call it again
    /// while it returns true.
    pub async fn address_pages_fill(&self) -> Result<bool, StoreError> {
        // Nearly always so, and then nobody who writes is waited for.
        if !self.read(is_page_missing).await? {
            return Ok(false);
        }
        self.write(|tx| {
            if let Some(bulk) = tx.bulk() {
                bulk.rows(LOCK, &[])?;
            }
            let mut made = 0;
            for (mut after, last) in gaps(tx)? {
                while let Some(page) = next_page(tx, after, last)? {
                    tx.execute(PAGE_INSERT, (page.last, page.after, page.addresses))?;
                    (made, after) = (made + 1, page.last);
                    if made == AT_ONCE {
                        return Ok(true);
                    }
                }
            }
            Ok(false)
        })
        .await
    }
}

fn is_page_missing(tx: &Tx<'_>) -> Result<bool, StoreError> {
    for (after, last) in gaps(tx)? {
        if next_page(tx, after, last)?.is_some() {
            return Ok(true);
        }
    }
    Ok(false)
}

/// All contacts in the order of their ids, with and without pages.
pub(crate) fn spans(tx: &Tx<'_>) -> Result<Vec<Span>, StoreError> {
    let mut spans = Vec::new();
    let mut covered = i64::MIN;
    for (after, last) in gaps(tx)? {
        if covered < after {
            spans.push(Span { after: covered, last: after, has_pages: true });
        }
        spans.push(Span { after, last, has_pages: false });
        covered = last;
    }
    Ok(spans)
}

/// Behind which id up to which one there are no pages; the last one has no end.
fn gaps(tx: &Tx<'_>) -> Result<Vec<(i64, i64)>, StoreError> {
    tx.all(PAGE_GAPS, (i64::MIN, i64::MAX), |row| Ok((row.get(0)?, row.get(1)?)))
}

struct NewPage {
    after: i64,
    last: i64,
    addresses: String,
}

/// The first page that is missing in a gap. Contacts behind the last page get one when they fill it.
fn next_page(tx: &Tx<'_>, after: i64, last: i64) -> Result<Option<NewPage>, StoreError> {
    if after >= last {
        return Ok(None);
    }
    let read: Vec<(i64, String)> =
        tx.all(PAGE_ADDRESSES, (after, last, PAGE), |row| Ok((row.get(0)?, row.get(1)?)))?;
    let fit = fitting(read.iter().map(|(_, address)| address.as_str()));
    let is_full = fit < read.len() || crate::engine::error::count(fit)? == PAGE;
    let taken = read.get(..fit).unwrap_or(&read);
    let last = match taken.last() {
        Some((last, _)) if is_full => *last,
        _ if last == i64::MAX => return Ok(None),
        _ => last,
    };
    let addresses = page_text(taken.iter().map(|(_, address)| address.as_str()));
    Ok(Some(NewPage { after, last, addresses }))
}

/// How many of these addresses one page holds.
fn fitting<'a>(addresses: impl Iterator<Item = &'a str>) -> usize {
    let (mut domains, mut bytes, mut fit) = (BTreeSet::new(), 0, 0);
    for (local, domain) in addresses.map(parts) {
        bytes += local.len() + 1;
        if domains.insert(domain) {
            bytes += domain.len() + 2;
        }
        if bytes > PAGE_BYTES {
            break;
        }
        fit += 1;
    }
    fit
}

/// What stands before the last `@` and behind it.
fn parts(address: &str) -> (&str, &str) {
    address.rsplit_once('@').unwrap_or((address, ""))
}

/// `@domain` and below it the parts before the `@`, each on its line.
fn page_text<'a>(addresses: impl Iterator<Item = &'a str>) -> String {
    let mut domains: BTreeMap<&str, Vec<&str>> = BTreeMap::new();
    for address in addresses {
        let (local, domain) = parts(address);
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

/// What every page with an address that has a part holds.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Needles<'a> {
    /// No other page holds it.
    One(&'a str),
    /// The end of a line and the begin of a domain, of which other pages hold both, too. The pattern,
    /// a regular expression of PostgreSQL's, is the domain and below it, before the next one, the line.
    Two { first: &'a str, second: &'a str, pattern: String },
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

    /// Whether there can be such an address at all.
    pub(crate) fn is_possible(&self) -> bool {
        !self.text.contains(|letter: char| letter.is_whitespace() || letter.is_control())
    }

    /// What to look for in pages, for a database that looks first.
    pub(crate) fn needles(&self) -> Needles<'_> {
        match (self.needles.as_slice(), self.text.split_once('@')) {
            ([one, other], Some((end, begin))) => {
                // Of two that are as long, lines end in more ways than domains begin.
                let is_first = one.len() >= other.len();
                let (first, second) = if is_first { (one, other) } else { (other, one) };
                let (begin, end) = (literally(begin), literally(end));
                let pattern = format!(r"@{begin}[^@\n]*\n[^@]*{end}\n");
                Needles::Two { first, second, pattern }
            }
            (needles, _) => Needles::One(needles.first().map_or("", String::as_str)),
        }
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

/// The text as a regular expression that stands for nothing else.
fn literally(text: &str) -> String {
    let escape = |letter: char| {
        // Before a letter or a digit a backslash would mean something.
        let backslash = letter.is_ascii_punctuation().then_some('\\');
        backslash.into_iter().chain([letter])
    };
    text.chars().flat_map(escape).collect()
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

    #[test]
    fn a_pattern_means_what_was_typed() {
        let part = AddressPart::new("a.b+c@d_");
        let pattern = r"@d\_[^@\n]*\n[^@]*a\.b\+c\n".to_owned();
        let needles = Needles::Two { first: "a.b+c\n", second: "@d_", pattern };
        assert_eq!(part.needles(), needles);
        let short = AddressPart::new("x@y");
        assert!(matches!(short.needles(), Needles::Two { first: "x\n", second: "@y", .. }));
        assert_eq!(AddressPart::new("@web.de").needles(), Needles::One("@web.de"));
        assert_eq!(AddressPart::new("Ann").needles(), Needles::One("ann"));
    }

    proptest! {
        #[test]
        fn a_page_takes_as_much_as_fits(lengths in prop::collection::vec(1..200_usize, 1..600)) {
            let each = |(number, length): (usize, &usize)| {
                format!("{}@{}.example", "a".repeat(*length), number % 40)
            };
            let addresses: Vec<String> = lengths.iter().enumerate().map(each).collect();
            let fit = fitting(addresses.iter().map(String::as_str));
            let text = |count| page_text(addresses.iter().take(count).map(String::as_str));
            prop_assert!(text(fit).len() <= PAGE_BYTES);
            prop_assert!(fit == addresses.len() || text(fit + 1).len() > PAGE_BYTES);
        }

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
