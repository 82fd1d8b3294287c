//! Who is in a segment: counted, shown as a sample, walked in pages.
//!
//! Invariants: each read is short, however many contacts there are, and no writer waits for it; a count ends
//! in its time, and then says that there are at least so many; pages come in the order of contacts and
//! each contact once.

use std::time::{Duration, Instant};

use model::{ContactId, SegmentRule};

use crate::engine::error::count;
use crate::engine::tx::Tx;
use crate::engine::value::SqlValue;
use crate::people::segments::compile::Conditions;
use crate::people::segments::query::SegmentQuery;
use crate::people::segments::resolve::resolved;
use crate::people::segments::source::{SegmentSource, SegmentSources, bounds, of_query};
use crate::{Store, StoreError};

/// Rows of the sources that a page looks at before it says where to go on.
const PAGE_ROWS: i64 = 20_000;
/// Rows of a count's first read.
const FIRST_ROWS: i64 = 10_000;
/// And of one read at most.
const MOST_ROWS: i64 = 1_000_000;
/// A read of a count should take this long.
const READ_TIME: Duration = Duration::from_millis(150);
/// Contacts of one page.
const MOST_PAGE: usize = 10_000;

/// How many contacts are in a segment.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct SegmentCount {
    pub contacts: i64,
    /// False: there was no time to look at everybody; there are at least so many.
    pub is_complete: bool,
}

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

    /// Counts the contacts for at most about `time`.
    ///
    /// # Errors
    /// [`StoreError::Segment`] when the rule names what there is not.
    pub async fn segment_count(
        &self,
        query: SegmentQuery,
        time: Duration,
    ) -> Result<SegmentCount, StoreError> {
        let by = Instant::now() + time;
        let query = self.resolve_query(query).await?;
        let (mut contacts, mut after, mut rows) = (0, 0, FIRST_ROWS);
        loop {
            let began = Instant::now();
            let of_read = query.clone();
            let (found, end) = self.read(move |tx| count_slice(tx, &of_read, after, rows)).await?;
            contacts += found;
            let Some(end) = end else { return Ok(SegmentCount { contacts, is_complete: true }) };
            after = end;
            if Instant::now() >= by {
                return Ok(SegmentCount { contacts, is_complete: false });
            }
            let took = began.elapsed();
            if took < READ_TIME / 2 {
                rows = (rows * 4).min(MOST_ROWS);
            } else if took > READ_TIME * 2 {
                rows = (rows / 2).max(FIRST_ROWS);
            }
        }
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

    async fn resolve_query(&self, query: SegmentQuery) -> Result<SegmentQuery, StoreError> {
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
    let made = MemberStatement::new(tx, query, &sources)?;
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

/// How many members there are among the next `rows` rows behind `after`, and up to which contact these
/// are; None when there are no more.
fn count_slice(
    tx: &Tx<'_>,
    query: &SegmentQuery,
    after: i64,
    rows: i64,
) -> Result<(i64, Option<i64>), StoreError> {
    let sources = of_query(tx, query)?;
    let end = slice_end(tx, &sources, after, rows)?;
    let made = MemberStatement::new(tx, query, &sources)?;
    // A limit that bounds nothing: the statement has the same values as a page's.
    let text = format!("SELECT count(*) {} AND CAST($3 AS BIGINT) = 0", made.from);
    let mut values: Vec<SqlValue<'_>> = bounds(after, end.unwrap_or(i64::MAX));
    values.push(SqlValue::Integer(0));
    values.extend(made.values());
    let found = tx.prepare_made(&text)?.one(values.as_slice(), |row| row.get(0))?;
    Ok((found, end))
}

/// The contact at which the first source has had so many rows; None when none has more.
fn slice_end(
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

/// The members between `$1` and `$2`; `$3` is the caller's.
struct MemberStatement<'t, 'c> {
    key: &'static str,
    /// From `FROM` on, with a `WHERE`.
    from: String,
    of_sources: Vec<SqlValue<'static>>,
    conditions: Conditions<'t, 'c>,
}

impl<'t, 'c> MemberStatement<'t, 'c> {
    fn new(
        tx: &'t Tx<'c>,
        query: &'t SegmentQuery,
        sources: &SegmentSources,
    ) -> Result<Self, StoreError> {
        let is_all = sources.sources == [SegmentSource::All];
        let is_nobody = sources.sources.is_empty();
        let key = if is_all || is_nobody { "c.id" } else { "m.contact_id" };
        let (mut parts, mut of_sources) = (Vec::new(), Vec::new());
        if !is_all {
            for source in &sources.sources {
                let (rows, values) = source.rows(3 + of_sources.len());
                parts.push(rows);
                of_sources.extend(values);
            }
        }
        let mut conditions = Conditions::new(tx, query, key, 3 + of_sources.len());
        let mut wanted: Vec<String> = Vec::new();
        if !sources.is_exact && !is_nobody {
            wanted.push(conditions.rule(&query.rule)?);
            wanted.extend(conditions.scope());
        }
        let outlives = sources.sources.iter().any(SegmentSource::outlives_contacts);
        let mut from = if is_all {
            "FROM contacts c WHERE c.id > $1 AND c.id <= $2".to_owned()
        } else if is_nobody {
            "FROM contacts c WHERE 1 = 0 AND c.id > $1 AND c.id <= $2".to_owned()
        } else {
            // CROSS JOIN, which SQLite takes as the order to join in.
            let members = parts.join(" UNION ");
            let with_contact = conditions.uses_contact || outlives;
            let join = if with_contact {
                "CROSS JOIN contacts c WHERE c.id = m.contact_id AND c.id > $1 AND c.id <= $2"
            } else {
                "WHERE 1 = 1"
            };
            format!("FROM ({members}) m {join}")
        };
        for condition in wanted {
            from.push_str(" AND ");
            from.push_str(&condition);
        }
        Ok(Self { key, from, of_sources, conditions })
    }

    fn values(&self) -> impl Iterator<Item = SqlValue<'_>> {
        self.of_sources.iter().copied().chain(self.conditions.values())
    }
}
