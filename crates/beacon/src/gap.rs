//! The open gap: hits that were answered while the journal did not accept them.
//!
//! It is kept on disk in the journal's reserved record, which needs no free space, until the
//! journal has accepted it as a record of its own. Invariants: a hit that was counted here and
//! answered stays counted after a kill, as long as the reserved record can be written; a gap that
//! reached the journal is not recorded again, because the reserved record says before which
//! position to look for it.

use std::cell::{Cell, RefCell};
use std::path::Path;

use journal::{Journal, JournalError, Position, Reserved};
use model::hit::{Gap, HitRecord, MAX_BYTES};
use tokio::sync::{Notify, watch};
use tokio_util::sync::CancellationToken;

/// The form of the reserved record.
const VERSION: u8 = 1;

/// What the reserved record says.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
struct Pending {
    /// Being written to the journal; if that succeeded, it is there at or after this position.
    attempt: Option<(Position, Gap)>,
    /// What was lost besides.
    open: Option<Gap>,
}

pub(crate) struct PendingGap {
    pending: Cell<Pending>,
    reserved: RefCell<Option<Reserved>>,
    /// Grows with every change; `kept` follows it.
    version: Cell<u64>,
    changed: Notify,
    kept: watch::Sender<u64>,
    /// Trouble with the reserved record was told.
    told: Cell<bool>,
}

impl PendingGap {
    /// A gap left open by the previous process.
    pub(crate) fn open(journal: &Journal) -> Self {
        let (reserved, pending) = match restore(journal) {
            Ok(restored) => restored,
            Err(error) => {
                tracing::warn!(%error, "can't reserve a place on disk: a gap would not survive a crash of this process");
                (None, Pending::default())
            }
        };
        if let Some(gap) = pending.open {
            tracing::warn!(
                hits = gap.hits,
                "hits were lost before the last stop; reports show a gap"
            );
        }
        Self {
            pending: Cell::new(pending),
            reserved: RefCell::new(reserved),
            version: Cell::new(0),
            changed: Notify::new(),
            kept: watch::Sender::new(0),
            told: Cell::new(false),
        }
    }

    pub(crate) fn get(&self) -> Option<Gap> {
        self.pending.get().open
    }

    pub(crate) fn add(&self, more: Gap) {
        let pending = self.pending.get();
        self.change(Pending { open: Some(merged(pending.open, more)), ..pending });
    }

    /// The gap is about to be written to the journal, at `from` or later; call [`Self::keep`]
    /// first.
    pub(crate) fn attempt(&self, from: Position) -> Option<Gap> {
        let pending = self.pending.get();
        let gap = pending.open.filter(|_| pending.attempt.is_none())?;
        self.change(Pending { attempt: Some((from, gap)), open: None });
        Some(gap)
    }

    /// What became of the attempt.
    pub(crate) fn attempted(&self, arrived: bool) {
        let pending = self.pending.get();
        let open = match pending.attempt {
            Some((_, gap)) if !arrived => Some(merged(pending.open, gap)),
            _ => pending.open,
        };
        self.change(Pending { attempt: None, open });
    }

    fn change(&self, pending: Pending) {
        self.pending.set(pending);
        self.version.set(self.version.get() + 1);
        self.changed.notify_one();
    }

    /// Returns when everything so far is in the reserved record, or can't be put there.
    pub(crate) async fn keep(&self) {
        let version = self.version.get();
        // `self` holds the sender.
        let _ = self.kept.subscribe().wait_for(|kept| *kept >= version).await;
    }

    /// Writes the reserved record after every change, until `stop`; changes of one turn of the
    /// event loop share a write.
    pub(crate) async fn keep_reserved(&self, stop: CancellationToken) {
        loop {
            let go_on = stop.run_until_cancelled(self.changed.notified()).await.is_some();
            tokio::task::yield_now().await;
            self.write();
            if !go_on {
                return;
            }
        }
    }

    fn write(&self) {
        let version = self.version.get();
        if *self.kept.borrow() == version {
            return;
        }
        if let Some(reserved) = self.reserved.borrow_mut().as_mut() {
            match reserved.replace(&self.pending.get().encode()) {
                Ok(()) => self.told.set(false),
                Err(error) if !self.told.replace(true) => {
                    tracing::error!(%error, "the open gap is only in memory");
                }
                Err(_) => {}
            }
        }
        self.kept.send_replace(version);
    }

    /// Whether the gap outlives this process.
    pub(crate) fn is_reserved(&self) -> bool {
        self.reserved.borrow().is_some()
    }
}

/// Whether the journal in `dir`, which has no writer, was left with a gap that is not in it.
///
/// # Errors
/// When the folder can't be read.
pub fn has_left_gap(dir: &Path) -> Result<bool, JournalError> {
    let left = Pending::decode(&journal::reserved_record(dir)?);
    Ok(left.is_some_and(|left| left != Pending::default()))
}

/// Writes the gap that a journal was left with into it, for the journal of a thread that there is
/// no more: whoever answers with it later would do so first of all.
///
/// # Errors
/// When the journal takes no record. The gap is kept for the next attempt.
pub fn record_left_gap(mut journal: Journal) -> Result<(), JournalError> {
    let pending = PendingGap::open(&journal);
    let written = match pending.attempt(journal.end()) {
        Some(gap) => {
            pending.write();
            let mut record = Vec::new();
            gap.encode(&mut record);
            journal.append(&record).and_then(|_| journal.commit()).map(drop)
        }
        None => Ok(()),
    };
    pending.attempted(written.is_ok());
    pending.write();
    written
}

fn merged(gap: Option<Gap>, more: Gap) -> Gap {
    gap.map_or(more, |gap| gap.and(more))
}

fn restore(journal: &Journal) -> Result<(Option<Reserved>, Pending), JournalError> {
    let (reserved, record) = journal.reserved()?;
    if record.is_empty() {
        return Ok((Some(reserved), Pending::default()));
    }
    let Some(mut pending) = Pending::decode(&record) else {
        tracing::error!("a later release left a gap that this one can't read; leaving it in place");
        return Ok((None, Pending::default()));
    };
    if let Some((from, gap)) = pending.attempt.take()
        && !arrived(journal, from, gap)?
    {
        pending.open = Some(merged(pending.open, gap));
    }
    Ok((Some(reserved), pending))
}

/// Whether the journal has the gap at `from` or later.
fn arrived(journal: &Journal, from: Position, gap: Gap) -> Result<bool, JournalError> {
    let mut reader = journal.reader(from)?;
    let end = journal.end();
    loop {
        match reader.next(end) {
            Ok(Some((_, record))) if HitRecord::decode(record) == Ok(HitRecord::Gap(gap)) => {
                return Ok(true);
            }
            Ok(Some(_)) => {}
            Ok(None) => return Ok(false),
            Err(JournalError::Damaged(_)) => {
                reader.skip_damage(end, MAX_BYTES)?;
            }
            Err(error) => return Err(error),
        }
    }
}

impl Pending {
    fn encode(self) -> Vec<u8> {
        let mut out = vec![VERSION, self.attempt.is_some().into()];
        if let Some((from, gap)) = self.attempt {
            out.extend_from_slice(&from.segment.to_le_bytes());
            out.extend_from_slice(&from.offset.to_le_bytes());
            gap.encode(&mut out);
        }
        if let Some(gap) = self.open {
            gap.encode(&mut out);
        }
        out
    }

    fn decode(bytes: &[u8]) -> Option<Self> {
        /// All gaps are of this length.
        const GAP_BYTES: usize = 25;
        let ([VERSION, attempted], mut rest) = bytes.split_first_chunk::<2>()? else {
            return None;
        };
        let gap = |bytes: &[u8]| match HitRecord::decode(bytes) {
            Ok(HitRecord::Gap(gap)) => Some(gap),
            _ => None,
        };
        let mut pending = Self::default();
        if *attempted == 1 {
            let (segment, behind) = rest.split_first_chunk::<8>()?;
            let (offset, behind) = behind.split_first_chunk::<4>()?;
            let (bytes, behind) = behind.split_at_checked(GAP_BYTES)?;
            let segment = u64::from_le_bytes(*segment);
            let from = Position { segment, offset: u32::from_le_bytes(*offset) };
            pending.attempt = Some((from, gap(bytes)?));
            rest = behind;
        }
        if !rest.is_empty() {
            pending.open = Some(gap(rest)?);
        }
        Some(pending)
    }
}

#[cfg(test)]
mod tests {
    use journal::{IdleJournal, Options};
    use model::Timestamp;

    use super::*;

    fn gap(from: i64, hits: u64) -> Gap {
        Gap { from: Timestamp(from), to: Timestamp(from + 1), hits }
    }

    #[test]
    fn the_reserved_record_is_read_back() {
        let at = Position { segment: 7, offset: 9 };
        for attempt in [None, Some((at, gap(1, 2)))] {
            for open in [None, Some(gap(3, 4))] {
                let pending = Pending { attempt, open };
                assert_eq!(Pending::decode(&pending.encode()), Some(pending));
                assert!(pending.encode().len() <= Reserved::MAX_BYTES);
            }
        }
        assert_eq!(Pending::decode(&[VERSION + 1, 0]), None);
        assert_eq!(Pending::decode(b"rubbish"), None);
    }

    #[test]
    fn a_gap_that_reached_the_journal_is_not_told_again() {
        let dir = tempfile::tempdir().unwrap();
        let options = Options { segment_bytes: 4 << 10, max_bytes: 64 << 10 };
        let mut journal = Journal::open(dir.path(), options).unwrap();
        let told = gap(1, 5);
        for arrives in [false, true] {
            let pending = PendingGap::open(&journal);
            pending.add(told);
            pending.attempt(journal.end());
            pending.add(gap(9, 2));
            pending.write();
            if arrives {
                let mut record = Vec::new();
                told.encode(&mut record);
                journal.append(&record).unwrap();
                journal.commit().unwrap();
            }
            drop(pending);
            let after_a_kill = PendingGap::open(&journal);
            let hits = after_a_kill.get().map(|gap| gap.hits);
            assert_eq!(hits, Some(if arrives { 2 } else { 7 }));
            after_a_kill.attempt(journal.end());
            after_a_kill.attempted(true);
            after_a_kill.write();
            assert_eq!(PendingGap::open(&journal).get(), None);
        }
    }

    #[test]
    fn a_gap_that_a_thread_left_is_recorded_once() {
        let dir = tempfile::tempdir().unwrap();
        let options = Options { segment_bytes: 4 << 10, max_bytes: 64 << 10 };
        assert!(!has_left_gap(dir.path()).unwrap(), "there is no journal");
        let journal = Journal::open(dir.path(), options).unwrap();
        let pending = PendingGap::open(&journal);
        pending.add(gap(1, 5));
        pending.write();
        drop((pending, journal));
        for left in [true, false] {
            assert_eq!(has_left_gap(dir.path()).unwrap(), left);
            let journal = Journal::open(dir.path(), options).unwrap();
            record_left_gap(journal).unwrap();
            assert!(!has_left_gap(dir.path()).unwrap());
            let end = IdleJournal::open_past_damage(dir.path()).unwrap().end();
            let mut reader = journal::Reader::open(dir.path(), Position::START).unwrap();
            let mut gaps = Vec::new();
            while let Some((_, record)) = reader.next(end).unwrap() {
                gaps.push(HitRecord::decode(record).unwrap());
            }
            assert_eq!(gaps, [HitRecord::Gap(gap(1, 5))]);
        }
    }

    #[test]
    fn a_full_journal_keeps_the_gap_that_was_left() {
        let dir = tempfile::tempdir().unwrap();
        let options = Options { segment_bytes: 64, max_bytes: 64 };
        let mut journal = Journal::open(dir.path(), options).unwrap();
        journal.append(&[1; 40]).unwrap();
        journal.commit().unwrap();
        let pending = PendingGap::open(&journal);
        pending.add(gap(1, 5));
        pending.write();
        drop((pending, journal));
        assert!(record_left_gap(Journal::open(dir.path(), options).unwrap()).is_err());
        assert!(has_left_gap(dir.path()).unwrap());
    }
}
