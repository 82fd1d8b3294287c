//! How many contacts are in a segment when there is no time to look at all of them: some blocks of contacts,
//! spread over all, are counted, and the others taken to be like them.
//!
//! The range is that of a sample of clusters (blocks may differ, contacts of one import are alike), 99 times of
//! a hundred; with few found, as wide as few events leave it (a Poisson count).

use std::time::{Duration, Instant};

use crate::contact_blocks::ContactBlocks;
use crate::engine::sql::texts;
use crate::people::segments::query::SegmentQuery;
use crate::people::segments::source::SegmentSources;
use crate::people::segments::statement::SegmentStatement;
use crate::{Store, StoreError};

texts! {
    CONTACT_BLOCK_ENDS = "SELECT t.id FROM (SELECT c.id, row_number() OVER (ORDER BY c.id) AS place
            FROM contacts c WHERE c.id > $1 ORDER BY c.id LIMIT $2) t
        WHERE t.place % $3 = 0 ORDER BY t.id";
}

/// Contacts that one read numbers.
const NUMBERED: i64 = 65_536;
/// How long finding the blocks may take that are not known yet, once for a process.
const FIND_TIME: Duration = Duration::from_secs(5);
/// How long blocks are counted at least.
const LEAST_TIME: Duration = Duration::from_millis(100);
/// A read of blocks should take this long.
const READ_TIME: Duration = Duration::from_millis(40);
/// Blocks of one read at most.
const MOST_BLOCKS: usize = 1_024;
/// Blocks without which nothing is estimated.
const FEWEST: usize = 12;
/// Of a normal distribution, 99 of a hundred are less than so many deviations away.
const DEVIATIONS: f64 = 2.58;

/// Between which numbers a count is, as far as a sample tells.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Estimate {
    pub(super) contacts: i64,
    pub(super) least: i64,
    pub(super) most: i64,
    /// Everybody was looked at.
    pub(super) is_complete: bool,
}

/// Blocks that were counted.
#[derive(Debug, Clone, Copy, Default, PartialEq)]
struct Sample {
    blocks: usize,
    sum: f64,
    squares: f64,
}

impl Sample {
    fn add(&mut self, found: i64) {
        let found = as_float(found);
        self.blocks += 1;
        self.sum += found;
        self.squares += found * found;
    }

    /// Of `all` blocks with at most `rows` contacts each, and `rest` members that are in none of them.
    fn estimate(&self, all: usize, rows: i64, rest: i64) -> Option<Estimate> {
        if self.blocks == 0 || (self.blocks < FEWEST && self.blocks < all) {
            return None;
        }
        let (blocks, all) = (as_float(count_of(self.blocks)), as_float(count_of(all)));
        let mean = self.sum / blocks;
        let between = (self.squares - blocks * mean * mean).max(0.0) / (blocks - 1.0).max(1.0);
        let by_chance = (blocks * between).max(self.sum + 4.0);
        let margin =
            DEVIATIONS * all / blocks * by_chance.sqrt() * (1.0 - blocks / all).max(0.0).sqrt();
        let within = |number: f64| as_count(number).clamp(0, as_count(all).saturating_mul(rows));
        Some(Estimate {
            contacts: within(all * mean) + rest,
            least: within((all * mean - margin).max(self.sum)) + rest,
            most: within(all * mean + margin) + rest,
            is_complete: blocks >= all,
        })
    }
}

/// As many blocks as are counted in `time`, when `blocks` took so long.
fn blocks_of_next(blocks: usize, took: Duration, time: Duration) -> usize {
    let [took, time] = [took, time].map(|it| usize::try_from(it.as_micros()).unwrap_or(usize::MAX));
    (blocks.saturating_mul(time) / took.max(1)).clamp(1, (blocks * 4).min(MOST_BLOCKS))
}

fn count_of(blocks: usize) -> i64 {
    i64::try_from(blocks).unwrap_or(i64::MAX)
}

#[expect(clippy::cast_precision_loss, reason = "an estimate has no 15 digits")]
const fn as_float(number: i64) -> f64 {
    number as f64
}

#[expect(clippy::cast_possible_truncation, reason = "a number of contacts, and rounded")]
fn as_count(number: f64) -> i64 {
    number.round() as i64
}

impl Store {
    /// What can be said until `by`; None when that is nothing.
    pub(super) async fn segment_estimate(
        &self,
        query: &SegmentQuery,
        sources: &SegmentSources,
        by: Instant,
    ) -> Result<Option<Estimate>, StoreError> {
        let blocks = self.found_blocks().await?;
        // Finding them may have taken all the time, once.
        let by = by.max(Instant::now() + LEAST_TIME);
        let (mut sample, mut left) = (Sample::default(), blocks.spread().peekable());
        let rest = self.count_blocks(query, sources, vec![(blocks.end(), i64::MAX)]).await?;
        let mut per_read = 2;
        while left.peek().is_some() && Instant::now() < by {
            let began = Instant::now();
            let some = left.by_ref().take(per_read).collect();
            let found = self.count_blocks(query, sources, some).await?;
            found.into_iter().for_each(|found| sample.add(found));
            let left = by.saturating_duration_since(Instant::now());
            per_read = blocks_of_next(per_read, began.elapsed(), READ_TIME.min(left));
        }
        Ok(sample.estimate(blocks.len(), blocks.rows(), rest.into_iter().sum()))
    }

    async fn count_blocks(
        &self,
        query: &SegmentQuery,
        sources: &SegmentSources,
        blocks: Vec<(i64, i64)>,
    ) -> Result<Vec<i64>, StoreError> {
        let (query, sources) = (query.clone(), sources.clone());
        self.read(move |tx| {
            let made = SegmentStatement::new(tx, &query, &sources)?;
            made.counts(tx, &blocks)
        })
        .await
    }

    /// The blocks of all contacts, with those that are new.
    async fn found_blocks(&self) -> Result<ContactBlocks, StoreError> {
        let by = Instant::now() + FIND_TIME;
        loop {
            let known = self.contact_blocks();
            let (after, rows) = (known.end(), known.rows());
            let ends: Vec<i64> = self
                .read(move |tx| {
                    tx.all(CONTACT_BLOCK_ENDS, (after, NUMBERED, rows), |row| row.get(0))
                })
                .await?;
            let is_last = count_of(ends.len()) < NUMBERED / rows;
            self.extend_contact_blocks(after, rows, &ends);
            if is_last || Instant::now() >= by {
                return Ok(self.contact_blocks());
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn sample(found: &[i64]) -> Sample {
        let mut sample = Sample::default();
        found.iter().for_each(|found| sample.add(*found));
        sample
    }

    #[test]
    fn all_blocks_are_a_count() {
        let found = sample(&[3, 0, 250]).estimate(3, 256, 7).unwrap();
        let expect = Estimate { contacts: 260, least: 260, most: 260, is_complete: true };
        assert_eq!(found, expect);
    }

    #[test]
    fn few_blocks_tell_nothing_and_no_finds_still_leave_some() {
        assert_eq!(sample(&[1; 11]).estimate(1_000, 256, 0), None);
        let none = sample(&[0; 100]).estimate(10_000, 256, 0).unwrap();
        assert_eq!((none.contacts, none.least, none.is_complete), (0, 0, false));
        // A hundred times what a hundred blocks may have missed.
        assert!((300..=600).contains(&none.most), "{none:?}");
    }

    #[test]
    fn a_read_grows_to_what_fits_and_stays_within_bounds() {
        let ms = Duration::from_millis;
        assert_eq!(blocks_of_next(2, ms(1), ms(40)), 8);
        assert_eq!(blocks_of_next(8, ms(20), ms(40)), 16);
        assert_eq!(blocks_of_next(16, ms(80), ms(40)), 8);
        assert_eq!(blocks_of_next(8, ms(80), Duration::ZERO), 1);
        assert_eq!(blocks_of_next(1_000, Duration::ZERO, ms(40)), MOST_BLOCKS);
    }

    #[test]
    fn blocks_that_differ_make_the_range_wide() {
        let alike = sample(&[50; 100]).estimate(10_000, 256, 0).unwrap();
        assert_eq!(alike.contacts, 500_000);
        let halves: Vec<i64> = (0..100).map(|at| if at % 2 == 0 { 0 } else { 100 }).collect();
        let differ = sample(&halves).estimate(10_000, 256, 0).unwrap();
        assert_eq!(differ.contacts, 500_000);
        assert!(differ.most - differ.least > 5 * (alike.most - alike.least), "{differ:?}");
        assert!(differ.least >= 5_000, "what was found is there");
    }
}
