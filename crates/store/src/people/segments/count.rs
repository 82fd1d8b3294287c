//! How many contacts are in a segment: all of them looked at while there is time, then estimated.
//!
//! Invariants: each read is short, however many contacts there are, and no writer waits for it; a count ends in
//! about its time; what is no count is said to be none, with the range in which it is.

use std::time::{Duration, Instant};

use crate::engine::tx::Tx;
use crate::people::segments::query::SegmentQuery;
use crate::people::segments::source::{SegmentSources, of_query};
use crate::people::segments::statement::SegmentStatement;
use crate::people::segments::walk::slice_end;
use crate::{Store, StoreError};

/// Rows of a count's first read, and of one at least.
const FEWEST_ROWS: i64 = 2_000;
/// And of one at most.
const MOST_ROWS: i64 = 1_000_000;
/// A read should take no longer than this.
const READ_TIME: Duration = Duration::from_millis(100);

/// How long an estimate takes of the time that somebody waits, and half of it at most: more tells little more.
const ESTIMATE_TIME: Duration = Duration::from_secs(1);

/// How many contacts are in a segment.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct SegmentCount {
    /// The most likely number when it is not complete.
    pub contacts: i64,
    /// False: there was no time to look at everybody, and this is an estimate.
    pub is_complete: bool,
    /// There are at least so many, 99 times of a hundred.
    pub least: i64,
    /// And at most so many; None when nothing can be said about it.
    pub most: Option<i64>,
}

impl Store {
    /// Counts the contacts for at most about `time`, and estimates them in the last part of it when counting
    /// would take longer.
    ///
    /// # Errors
    /// [`StoreError::Segment`] when the rule names what there is not.
    pub async fn segment_count(
        &self,
        query: SegmentQuery,
        time: Duration,
    ) -> Result<SegmentCount, StoreError> {
        let began = Instant::now();
        let counting = time - ESTIMATE_TIME.min(time / 2);
        let query = self.resolve_query(query).await?;
        let of_sources = query.clone();
        let sources = self.read(move |tx| of_query(tx, &of_sources)).await?;
        let (mut found, mut after, mut rows) = (0, 0, FEWEST_ROWS);
        loop {
            let of_read = Instant::now();
            let (query, sources) = (query.clone(), sources.clone());
            let counted =
                self.read(move |tx| count_slice(tx, (&query, &sources), after, rows)).await?;
            found += counted.0;
            let Some(end) = counted.1 else {
                let (contacts, most) = (found, Some(found));
                return Ok(SegmentCount { contacts, is_complete: true, least: found, most });
            };
            after = end;
            let left = counting.saturating_sub(began.elapsed());
            if left.is_zero() {
                break;
            }
            rows = rows_of_next(rows, of_read.elapsed(), READ_TIME.min(left));
        }
        let estimate = self.segment_estimate(&query, &sources, began + time).await?;
        let Some(estimate) = estimate else {
            return Ok(SegmentCount {
                contacts: found,
                is_complete: false,
                least: found,
                most: None,
            });
        };
        let least = estimate.least.max(found);
        Ok(SegmentCount {
            contacts: estimate.contacts.max(least),
            is_complete: estimate.is_complete,
            least,
            most: Some(estimate.most.max(least)),
        })
    }
}

/// As many rows as are read in `time`, when `rows` took so long.
fn rows_of_next(rows: i64, took: Duration, time: Duration) -> i64 {
    let [took, time] = [took, time].map(|it| i64::try_from(it.as_micros()).unwrap_or(i64::MAX));
    let fitting = rows.saturating_mul(time) / took.max(1);
    fitting.clamp(FEWEST_ROWS, rows.saturating_mul(4)).min(MOST_ROWS)
}

/// How many members there are among the next `rows` rows behind `after`, and up to which contact these
/// are; None when there are no more.
fn count_slice(
    tx: &Tx<'_>,
    (query, sources): (&SegmentQuery, &SegmentSources),
    after: i64,
    rows: i64,
) -> Result<(i64, Option<i64>), StoreError> {
    let end = slice_end(tx, sources, after, rows)?;
    let made = SegmentStatement::new(tx, query, sources)?;
    let found = made.counts(tx, &[(after, end.unwrap_or(i64::MAX))])?;
    Ok((found.into_iter().sum(), end))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_read_grows_to_what_fits_and_stays_within_bounds() {
        let ms = Duration::from_millis;
        assert_eq!(rows_of_next(2_000, ms(1), ms(100)), 8_000);
        assert_eq!(rows_of_next(8_000, ms(50), ms(100)), 16_000);
        assert_eq!(rows_of_next(16_000, ms(200), ms(100)), 8_000);
        assert_eq!(rows_of_next(8_000, ms(5_000), ms(1)), FEWEST_ROWS);
        assert_eq!(rows_of_next(900_000, Duration::ZERO, ms(100)), MOST_ROWS);
    }
}
