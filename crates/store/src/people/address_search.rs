//! Finds contacts by a part of their address, the newest first.
//!
//! Invariant: what is found does not depend on which pages of addresses there are; they only make
//! it fast.

pub(crate) mod postgres;

use crate::StoreError;
use crate::engine::error::count;
use crate::engine::sql::texts;
use crate::engine::tx::Tx;
use crate::engine::value::SqlValue;
use crate::people::address_pages::{AddressPart, spans};

texts! {
    PAGES_DOWN = "SELECT after_id, last_id, addresses FROM address_pages
        WHERE last_id <= $1 AND last_id > $2 ORDER BY last_id DESC LIMIT $3";
    ADDRESSES_DOWN = "SELECT id, lower(email) FROM contacts WHERE id <= $1 AND id > $2
        ORDER BY id DESC LIMIT $3";
    IDS_OF_ADDRESSES = "SELECT id FROM contacts WHERE lower(email) IN (
            $1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17, $18,
            $19, $20, $21, $22, $23, $24, $25, $26, $27, $28, $29, $30, $31, $32, $33, $34, $35,
            $36, $37, $38, $39, $40, $41, $42, $43, $44, $45, $46, $47, $48, $49, $50, $51, $52,
            $53, $54, $55, $56, $57, $58, $59, $60, $61, $62, $63, $64)";
}

/// How many values [`IDS_OF_ADDRESSES`] and its like take.
pub(crate) const AT_ONCE: usize = 64;
/// Pages read by one statement.
const PAGES: i64 = 32;
/// Contacts looked at one by one by one statement; more than a page of any release holds.
const CONTACTS: i64 = 2_000;

/// A page that may have been hit.
struct HitPage {
    after: i64,
    last: i64,
    /// Addresses of it that have the part.
    addresses: Vec<String>,
}

/// The contacts whose address has the part, with ids below `before`, highest first: `want` of them,
/// or all that there are.
pub(crate) fn search(
    tx: &Tx<'_>,
    part: &AddressPart,
    before: i64,
    want: usize,
) -> Result<Vec<i64>, StoreError> {
    let mut found = Vec::new();
    if !part.is_possible() {
        return Ok(found);
    }
    for span in spans(tx)?.iter().rev().filter(|span| span.after < before) {
        let within = Within { top: span.last, bottom: span.after, before };
        match span.has_pages {
            true => in_pages(tx, part, within, want, &mut found)?,
            false => one_by_one(tx, part, within, want, &mut found)?,
        }
        if found.len() >= want {
            found.truncate(want);
            break;
        }
    }
    Ok(found)
}

/// Ids behind `bottom` up to `top`, of which only those below `before` are wanted.
#[derive(Clone, Copy)]
struct Within {
    top: i64,
    bottom: i64,
    before: i64,
}

fn in_pages(
    tx: &Tx<'_>,
    part: &AddressPart,
    mut within: Within,
    want: usize,
    found: &mut Vec<i64>,
) -> Result<(), StoreError> {
    loop {
        let pages = pages(tx, part, within)?;
        for page in &pages {
            found.extend(ids(tx, part, page, within.before)?);
            if found.len() >= want {
                return Ok(());
            }
        }
        match pages.last() {
            Some(last) if count(pages.len())? == PAGES => within.top = last.after,
            _ => return Ok(()),
        }
    }
}

fn pages(tx: &Tx<'_>, part: &AddressPart, within: Within) -> Result<Vec<HitPage>, StoreError> {
    // The server looks first: sending every page would take longer than looking at it.
    if let Some(bulk) = tx.bulk() {
        return postgres::pages(bulk, part, within.top, within.bottom, PAGES);
    }
    // No copy of a page without the part is made.
    tx.all(PAGES_DOWN, (within.top, within.bottom, PAGES), |row| {
        let addresses = part.found_in(row.text(2)?);
        Ok(HitPage { after: row.get(0)?, last: row.get(1)?, addresses })
    })
}

/// The contacts of the page's hits, highest first.
fn ids(
    tx: &Tx<'_>,
    part: &AddressPart,
    page: &HitPage,
    before: i64,
) -> Result<Vec<i64>, StoreError> {
    if page.addresses.len() > AT_ONCE {
        let found = addresses_down(tx, page.last.min(before - 1), page.after)?;
        let hits = found.into_iter().filter(|(_, address)| part.is_in(address));
        return Ok(hits.map(|(id, _)| id).collect());
    }
    let Some(last) = page.addresses.last() else { return Ok(Vec::new()) };
    let padded = page.addresses.iter().chain(std::iter::repeat(last)).take(AT_ONCE);
    let values: Vec<SqlValue<'_>> = padded.map(|address| SqlValue::Text(address)).collect();
    let mut ids: Vec<i64> = tx.all(IDS_OF_ADDRESSES, values.as_slice(), |row| row.get(0))?;
    ids.retain(|id| *id < before);
    ids.sort_unstable_by(|a, b| b.cmp(a));
    Ok(ids)
}

fn one_by_one(
    tx: &Tx<'_>,
    part: &AddressPart,
    within: Within,
    want: usize,
    found: &mut Vec<i64>,
) -> Result<(), StoreError> {
    let mut top = within.top.min(within.before - 1);
    loop {
        let looked = addresses_down(tx, top, within.bottom)?;
        found.extend(looked.iter().filter(|(_, address)| part.is_in(address)).map(|(id, _)| *id));
        match looked.last() {
            Some((last, _)) if count(looked.len())? == CONTACTS && found.len() < want => {
                top = last - 1;
            }
            _ => return Ok(()),
        }
    }
}

fn addresses_down(tx: &Tx<'_>, top: i64, bottom: i64) -> Result<Vec<(i64, String)>, StoreError> {
    tx.all(ADDRESSES_DOWN, (top, bottom, CONTACTS), |row| Ok((row.get(0)?, row.get(1)?)))
}
