//! Hits that this node's beacon has answered and that are not counted yet: how many, and since when.
//!
//! Invariant: counted from the journals themselves, so it is true whatever holds them up, be it the
//! recorder, Redis or the store. Told to the store as well, so that reports of other nodes and of
//! commands know of them.

use std::collections::BTreeMap;
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicI64, AtomicU64, Ordering};
use std::time::{Duration, Instant};

use bus::FollowedJournal;
use journal::{JournalError, Position, Reader};
use model::Timestamp;
use model::hit::HitRecord;
use store::Store;
use tokio::time::{sleep, timeout};
use tokio_util::sync::CancellationToken;

/// Interval between two checks; longer when a check takes long.
const LOOK: Duration = Duration::from_secs(1);
/// A check takes at most this part of the time.
const SHARE: u32 = 20;
/// How long the store is waited for.
const STORE_WAIT: Duration = Duration::from_secs(2);

/// How many answered hits are not counted yet, and how old the oldest is.
#[derive(Debug, Default)]
pub(crate) struct HitsBacklog {
    hits: AtomicU64,
    /// When the oldest of them was answered, in microseconds since 1970; 0 for none.
    oldest: AtomicI64,
}

impl HitsBacklog {
    /// How many hits are not counted yet.
    pub(crate) const fn hits(&self) -> &AtomicU64 {
        &self.hits
    }

    /// When the oldest of them was answered.
    pub(crate) fn oldest(&self) -> Option<Timestamp> {
        Some(Timestamp(self.oldest.load(Ordering::Relaxed))).filter(|at| at.0 != 0)
    }

    fn set(&self, waiting: UncountedHits) {
        self.hits.store(waiting.hits, Ordering::Relaxed);
        self.oldest.store(waiting.oldest.map_or(0, |at| at.0), Ordering::Relaxed);
    }
}

/// The journals of a node's hits.
pub(crate) struct HitJournals {
    pub store: Store,
    pub node: u16,
    pub journals: Vec<FollowedJournal>,
}

/// Keeps `backlog` true until `shutdown`.
pub(crate) async fn follow(
    backlog: Arc<HitsBacklog>,
    journals: HitJournals,
    shutdown: CancellationToken,
) {
    let (mut confirmed, mut told) = (BTreeMap::new(), None);
    loop {
        let began = Instant::now();
        match journals.waiting(&mut confirmed).await {
            Ok(waiting) => {
                backlog.set(waiting);
                if told != Some(waiting.hits) && journals.tell(waiting.hits).await {
                    told = Some(waiting.hits);
                }
            }
            Err(error) => tracing::warn!(%error, "can't count the waiting hits"),
        }
        let pause = sleep(LOOK.max(began.elapsed() * SHARE));
        if shutdown.run_until_cancelled(pause).await.is_none() {
            return;
        }
    }
}

impl HitJournals {
    /// What waits in all of them; `confirmed` is what the store has last said of each.
    async fn waiting(
        &self,
        confirmed: &mut BTreeMap<u16, Position>,
    ) -> Result<UncountedHits, JournalError> {
        let mut all = UncountedHits::default();
        for journal in &self.journals {
            if let Some(mark) = self.confirmed(journal.number).await {
                confirmed.insert(journal.number, mark);
            }
            let from = confirmed.get(&journal.number).copied().unwrap_or(Position::START);
            let (dir, end) = (journal.dir.clone(), journal.durable.end());
            let counted = tokio::task::spawn_blocking(move || count(&dir, from, end)).await;
            all = all.and(counted.unwrap_or(Err(JournalError::Closed))?);
        }
        Ok(all)
    }

    async fn confirmed(&self, journal: u16) -> Option<Position> {
        let asked = timeout(STORE_WAIT, self.store.hits_confirmed(journal)).await;
        let mark = asked.ok()?.ok()??;
        Some(Position { segment: mark.segment, offset: mark.offset })
    }

    /// Whether the store knows it now; this process does anyway.
    async fn tell(&self, hits: u64) -> bool {
        let told = timeout(STORE_WAIT, self.store.hits_waiting_put(self.node, hits)).await;
        matches!(told, Ok(Ok(())))
    }
}

#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
struct UncountedHits {
    hits: u64,
    oldest: Option<Timestamp>,
}

impl UncountedHits {
    fn and(self, other: Self) -> Self {
        let oldest = [self.oldest, other.oldest].into_iter().flatten().min();
        Self { hits: self.hits.saturating_add(other.hits), oldest }
    }
}

/// The hits between two places of a journal.
fn count(dir: &Path, from: Position, end: Position) -> Result<UncountedHits, JournalError> {
    let mut waiting = UncountedHits::default();
    let mut reader = Reader::open(dir, from)?;
    loop {
        match reader.next(end) {
            Ok(Some((_, bytes))) => {
                if let Ok(HitRecord::Hit(hit)) = HitRecord::decode(bytes) {
                    waiting.hits += 1;
                    waiting.oldest.get_or_insert(hit.at);
                }
            }
            Ok(None) => return Ok(waiting),
            // The recorder tells of it, and goes on behind it.
            Err(JournalError::Damaged(_)) => {
                reader.skip_damage(end, model::hit::MAX_BYTES)?;
            }
            Err(error) => return Err(error),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use journal::{Journal, Options};
    use model::hit::HitSigns;
    use model::{CampaignId, ContactId, Hit, HitKind};

    #[test]
    fn what_lies_behind_the_mark_is_counted_with_the_time_of_the_first() {
        let dir = tempfile::tempdir().unwrap();
        let options = Options { segment_bytes: 4_096, max_bytes: 1 << 20 };
        let mut journal = Journal::open(dir.path(), options).unwrap();
        let mut places = Vec::new();
        for at in 1..=100 {
            let hit = Hit {
                at: Timestamp(at),
                campaign: CampaignId(1),
                contact: Some(ContactId(1)),
                kind: HitKind::View,
                visitor: None,
                client: None,
                signs: HitSigns::default(),
                agent: b"Mozilla/5.0".to_vec(),
            };
            let mut bytes = Vec::new();
            hit.encode(&mut bytes);
            places.push(journal.append(&bytes).unwrap());
            journal.commit().unwrap();
        }
        let end = journal.end();
        let all = count(dir.path(), Position::START, end).unwrap();
        assert_eq!(all, UncountedHits { hits: 100, oldest: Some(Timestamp(1)) });
        let some = count(dir.path(), places[40], end).unwrap();
        assert_eq!(some, UncountedHits { hits: 60, oldest: Some(Timestamp(41)) });
        assert_eq!(count(dir.path(), end, end).unwrap(), UncountedHits::default());
    }
}
