//! Where blocks of equally many contacts end, in the order of ids: what an estimate takes its samples from.
//!
//! Ids tell nothing about how many contacts are between two of them: an import numbers a million in a second,
//! and then for days nobody is added. Ends are kept in memory and only added to, as ids are never used twice; a
//! block from which contacts are erased is one with fewer of them.

use std::sync::Arc;

/// Contacts of a block at first.
const ROWS: i64 = 256;
/// Blocks at most. When there are more, two become one.
const MOST: usize = 65_536;

/// The ends of blocks.
#[derive(Debug, Clone)]
pub(crate) struct ContactBlocks {
    ends: Arc<Vec<i64>>,
    rows: i64,
}

impl Default for ContactBlocks {
    fn default() -> Self {
        Self { ends: Arc::default(), rows: ROWS }
    }
}

impl ContactBlocks {
    /// Contacts of a block when its end was found.
    pub(crate) const fn rows(&self) -> i64 {
        self.rows
    }

    pub(crate) fn len(&self) -> usize {
        self.ends.len()
    }

    /// The last contact of the last block; 0 without blocks.
    pub(crate) fn end(&self) -> i64 {
        self.ends.last().copied().unwrap_or(0)
    }

    /// Adds blocks behind `after`; nothing when somebody else has added some there.
    pub(crate) fn extend(&mut self, after: i64, rows: i64, ends: &[i64]) {
        if self.end() != after || self.rows != rows {
            return;
        }
        let all = Arc::make_mut(&mut self.ends);
        all.extend_from_slice(ends);
        while all.len() > MOST {
            // Of an odd number the last one is left for the next time.
            let pairs: Vec<i64> =
                all.chunks_exact(2).filter_map(|pair| pair.last().copied()).collect();
            *all = pairs;
            self.rows *= 2;
        }
    }

    /// Every block once, behind which contact and up to which; however early one stops, the ones that came are
    /// spread over all.
    pub(crate) fn spread(&self) -> impl Iterator<Item = (i64, i64)> + use<> {
        let ends = Arc::clone(&self.ends);
        let blocks = ends.len();
        let step = golden_step(blocks);
        (0..blocks).map(move |number| {
            let at = number * step % blocks;
            let after = at.checked_sub(1).and_then(|before| ends.get(before)).copied();
            (after.unwrap_or(0), ends.get(at).copied().unwrap_or(0))
        })
    }
}

/// About 0.618 of `blocks`, and without a divisor in common with it, so that multiples of it meet every block.
fn golden_step(blocks: usize) -> usize {
    let mut step = (blocks * 618 / 1_000).max(1);
    while divisor(step, blocks) > 1 {
        step += 1;
    }
    step
}

fn divisor(one: usize, other: usize) -> usize {
    if other == 0 { one } else { divisor(other, one % other) }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn blocks(count: i64) -> ContactBlocks {
        let mut blocks = ContactBlocks::default();
        let ends: Vec<i64> = (1..=count).map(|number| number * 10).collect();
        blocks.extend(0, ROWS, &ends);
        blocks
    }

    #[test]
    fn every_block_comes_once_and_few_are_spread_over_all() {
        for count in 0..200 {
            let mut all: Vec<_> = blocks(count).spread().collect();
            all.sort_unstable();
            let expect: Vec<_> = (0..count).map(|at| (at * 10, at * 10 + 10)).collect();
            assert_eq!(all, expect, "{count}");
        }
        let some: Vec<_> = blocks(10_000).spread().take(50).collect();
        for tenth in 0..10 {
            let within = some.iter().filter(|(after, _)| after / 10_000 == tenth).count();
            assert!((3..=7).contains(&within), "{tenth}: {within}");
        }
    }

    #[test]
    fn what_somebody_else_has_added_is_not_added_twice() {
        let mut blocks = blocks(3);
        blocks.extend(0, ROWS, &[10, 20]);
        assert_eq!((blocks.len(), blocks.end()), (3, 30));
        blocks.extend(30, ROWS, &[40]);
        assert_eq!((blocks.len(), blocks.end()), (4, 40));
    }

    #[test]
    fn too_many_blocks_become_half_as_many() {
        let most = i64::try_from(MOST).unwrap();
        let mut blocks = blocks(most + 1);
        assert_eq!((blocks.len(), blocks.rows(), blocks.end()), (MOST / 2, 2 * ROWS, most * 10));
        // Whoever still reads with the old size adds nothing wrong.
        blocks.extend(blocks.end(), ROWS, &[most * 10 + 10]);
        assert_eq!(blocks.end(), most * 10);
        blocks.extend(blocks.end(), 2 * ROWS, &[most * 10 + 20]);
        assert_eq!(blocks.end(), most * 10 + 20);
    }
}
