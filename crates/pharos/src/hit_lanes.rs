//! The journals of this node's hits: one for each thread of its beacon.
//!
//! The first one lies in `journal/hits` of the data folder, as it did when there was only one, the
//! others in folders in it. One that has no thread any more stays, to be read to its end.

use std::path::{Path, PathBuf};

/// The most threads of a beacon, and so journals of a node.
pub(crate) const MOST_LANES: u8 = 8;

/// A journal of this node's hits.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct HitLane {
    /// Which one it is; 0 is the first.
    pub index: u8,
    pub dir: PathBuf,
}

impl HitLane {
    fn new(data: &Path, index: u8) -> Self {
        Self { index, dir: data.join(Self::path(index)) }
    }

    /// Where it lies in a data folder, or in a backup.
    pub(crate) fn path(index: u8) -> String {
        match index {
            0 => "journal/hits".to_owned(),
            _ => format!("journal/hits/lane-{index}"),
        }
    }
}

/// Those of so many threads, in their order, and behind them the ones that were left.
pub(crate) fn hit_lanes(data: &Path, threads: usize) -> Vec<HitLane> {
    let all = (0..MOST_LANES).map(|index| HitLane::new(data, index));
    all.filter(|lane| usize::from(lane.index) < threads || lane.dir.exists()).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_lane_without_a_thread_is_found_by_its_folder() {
        let data = tempfile::tempdir().unwrap();
        let indices = |threads| {
            let lanes = hit_lanes(data.path(), threads);
            lanes.into_iter().map(|lane| lane.index).collect::<Vec<_>>()
        };
        assert_eq!(indices(3), [0, 1, 2]);
        std::fs::create_dir_all(data.path().join("journal/hits/lane-5")).unwrap();
        assert_eq!(indices(1), [0, 5]);
        assert_eq!(indices(6), [0, 1, 2, 3, 4, 5]);
        assert_eq!(indices(0), [0, 5], "the first one's folder is there as well");
    }
}
