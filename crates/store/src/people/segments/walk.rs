//! Who is in a segment: shown as a sample, walked in pages.
//!
//! Invariants: each read is short, however many contacts there are, and no writer waits for it; pages come in
//! the order of contacts and each contact once.

use std::time::{Duration, Instant};

use model::{ContactId, SegmentRule};

use crate::engine::error::count;
use crate::engine::tx::Tx;
use crate::engine::value::SqlValue;
use crate::people::segments::query::SegmentQuery;
use crate::people::segments::resolve::resolved;
use crate::people::segments::source::{SegmentSources, bounds, of_query};
use crate::people::segments::statement::SegmentStatement;
use crate::{Store, StoreError};

/// Rows of the sources that a page looks at before it says where to go on.
const PAGE_ROWS: i64 = 20_000;
/// Contacts of one page.
const MOST_PAGE: usize = 10_000;

/// A page of a segment's contacts.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct SegmentMembers {
    pub contacts: Vec<ContactId>,
    /// Where the next page begins; None when this was the last.
    pub next: Option<ContactId>,
}

impl Store {
    /// The rule with the rules of the segments that it names.
    ///
    /// # Errors
    /// [`StoreError::Segment`] when it names what there is not.
    pub async fn segment_resolve(&self, rule: SegmentRule) -> Result<SegmentRule, StoreError> {
        self.read(move |tx| resolved(tx, &rule, None)).await
    }

    /// The next contacts behind `after`, at most `limit` and 10,000; perhaps none, although there are more.
    ///
    /// # Errors
    /// [`StoreError::Segment`] when the rule names what there is not.
    pub async fn segment_page(
        &self,
        query: SegmentQuery,
        after: ContactId,
        limit: usize,
    ) -> Result<SegmentMembers, StoreError> {
        let limit = count(limit.clamp(1, MOST_PAGE))?;
        self.read(move |tx| {
            let query = SegmentQuery { rule: resolved(tx, &query.rule, None)?, ..query.clone() };
            page(tx, &query, after.0, limit)
        })
        .await
    }

    /// Some of the contacts, the first ones that are found in about `time`; at most `limit`.
    ///
    /// # Errors
    /// [`StoreError::Segment`] when the rule names what there is not.
    pub async fn segment_sample(
        &self,
        query: SegmentQuery,
        limit: usize,
        time: Duration,
    ) -> Result<Vec<ContactId>, StoreError> {
        let by = Instant::now() + time;
        let query = self.resolve_query(query).await?;
        let (mut contacts, mut after) = (Vec::new(), ContactId(0));
        while contacts.len() < limit {
            let left = limit - contacts.len();
            let page = self.segment_page(query.clone(), after, left).await?;
            contacts.extend(page.contacts);
            match page.next {
                Some(next) if Instant::now() < by => after = next,
                _ => break,
            }
        }
        contacts.truncate(limit);
        Ok(contacts)
    }

    pub(super) async fn resolve_query(
        &self,
        query: SegmentQuery,
    ) -> Result<SegmentQuery, StoreError> {
        let rule = self.segment_resolve(query.rule).await?;
        Ok(SegmentQuery { rule, ..query })
    }
}

fn page(
    tx: &Tx<'_>,
    query: &SegmentQuery,
    after: i64,
    limit: i64,
) -> Result<SegmentMembers, StoreError> {
    let sources = of_query(tx, query)?;
    let end = slice_end(tx, &sources, after, PAGE_ROWS)?;
    let made = SegmentStatement::new(tx, query, &sources)?;
    let text =
        format!("SELECT {} {} ORDER BY {} LIMIT CAST($3 AS BIGINT)", made.key, made.from, made.key);
    let mut values: Vec<SqlValue<'_>> = bounds(after, end.unwrap_or(i64::MAX));
    values.push(SqlValue::Integer(limit));
    values.extend(made.values());
    let contacts: Vec<ContactId> =
        tx.prepare_made(&text)?.all(values.as_slice(), |row| row.get(0).map(ContactId))?;
    let is_full = i64::try_from(contacts.len()).is_ok_and(|found| found == limit);
    let last = contacts.last().copied().filter(|_| is_full);
    Ok(SegmentMembers { contacts, next: last.or(end.map(ContactId)) })
}

/// The contact at which the first source has had so many rows; None when none has more.
pub(crate) fn slice_end(
    tx: &Tx<'_>,
    sources: &SegmentSources,
    after: i64,
    rows: i64,
) -> Result<Option<i64>, StoreError> {
    let mut end: Option<i64> = None;
    for source in &sources.sources {
        if let Some(last) = source.end(tx, after, rows)? {
            end = Some(end.map_or(last, |it| it.min(last)));
        }
    }
    Ok(end)
}
