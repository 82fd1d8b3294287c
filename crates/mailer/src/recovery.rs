//! After a start: what the journal knows and the store does not.
//!
//! Outcomes are applied; an intent without an outcome means that the final dot may have left:
//! the delivery is in doubt, or queued again if the campaign says so. Then every lease of this
//! node that is left is given back: its dot cannot have left.

use std::collections::{BTreeMap, HashSet};
use std::path::Path;

use journal::{JournalError, Position, Reader};
use model::{CampaignId, InDoubtPolicy};
use store::{JournalState, Mark, Outcome, Store, StoreError};

use crate::ledger::{mark_at, reader};
use crate::record::{Attempt, Record};
use crate::settler::by_campaign;
use crate::trouble::clock;

/// Outcomes applied in one go.
const BATCH: usize = 1_000;

/// Why the mailer could not find out where it had stopped.
#[derive(Debug, thiserror::Error)]
pub(crate) enum RecoveryError {
    #[error("the mailer's journal can't be read: {0}")]
    Journal(#[from] JournalError),
    #[error("the store can't be brought up to the mailer's journal: {0}")]
    Store(#[from] StoreError),
}

/// What a start has found.
#[derive(Debug, Default, PartialEq, Eq)]
pub(crate) struct Recovered {
    pub(crate) outcomes: usize,
    pub(crate) in_doubt: usize,
    pub(crate) released: usize,
}

/// Brings the store up to the journal's durable `end`.
pub(crate) async fn recover(
    store: &Store,
    node: u16,
    dir: &Path,
    end: Position,
) -> Result<Recovered, RecoveryError> {
    let mark = store.mark_find(reader(node)).await?;
    let from = mark
        .map_or(Position::START, |mark| Position { segment: mark.segment, offset: mark.offset });
    // A journal that ends before the mark was lost, or is an older copy. An empty one without a
    // mark is that of a new node, which has begun nothing, or was lost early.
    let whole = from <= end && end > Position::START;
    if from > end {
        tracing::error!(mark = %from, %end, "the mailer's journal is not the one it was");
    }
    let mut recovered = Recovered::default();
    let mut open: HashSet<Attempt> = HashSet::new();
    let mut ended: Vec<(Attempt, Outcome)> = Vec::new();
    let mut records = Reader::open(dir, from)?;
    while let Some((at, bytes)) = records.next(end)? {
        match Record::decode(bytes) {
            Some(Record::Intent(attempt)) => {
                open.insert(attempt);
            }
            Some(Record::Outcome(attempt, outcome)) => {
                open.remove(&attempt);
                ended.push((attempt, outcome));
            }
            None => tracing::warn!(%at, "a record of the mailer's journal is not understood"),
        }
        if ended.len() >= BATCH {
            recovered.outcomes += settle(store, std::mem::take(&mut ended), None).await?;
        }
    }
    recovered.outcomes += settle(store, ended, None).await?;
    recovered.in_doubt = settle_open(store, open, mark_at(node, end)).await?;
    let journal = if whole { JournalState::Whole } else { JournalState::Incomplete };
    let taken_back = store.leases_take_back(node, journal, clock()).await?;
    recovered.in_doubt += usize::try_from(taken_back.in_doubt).unwrap_or_default();
    recovered.released = usize::try_from(taken_back.queued).unwrap_or_default();
    journal::remove_before(dir, end)?;
    Ok(recovered)
}

async fn settle(
    store: &Store,
    ended: Vec<(Attempt, Outcome)>,
    mark: Option<Mark>,
) -> Result<usize, StoreError> {
    let mut applied = 0;
    let campaigns = by_campaign(ended);
    let last = campaigns.keys().next_back().copied();
    for (campaign, settled) in campaigns {
        let mark = mark.clone().filter(|_| Some(campaign) == last);
        applied += store.deliveries_settle(campaign, settled, clock(), mark).await?;
    }
    Ok(applied)
}

async fn settle_open(
    store: &Store,
    open: HashSet<Attempt>,
    mark: Mark,
) -> Result<usize, StoreError> {
    let mut policies: BTreeMap<CampaignId, InDoubtPolicy> = BTreeMap::new();
    let mut ended = Vec::with_capacity(open.len());
    for attempt in open {
        let policy = match policies.get(&attempt.campaign) {
            Some(policy) => *policy,
            None => {
                let campaign = store.campaign_find(attempt.campaign).await?;
                let policy = campaign.map_or_else(InDoubtPolicy::default, |found| found.policy);
                policies.insert(attempt.campaign, policy);
                policy
            }
        };
        let outcome = match policy {
            InDoubtPolicy::NeverResend => Outcome::InDoubt,
            // Counts as a copy, so that a crash loop comes to an end, and keeps its date.
            InDoubtPolicy::Resend => {
                let reply = String::from("in doubt after a crash; sent again");
                Outcome::Resend { at: clock(), reply }
            }
        };
        ended.push((attempt, outcome));
    }
    if ended.is_empty() {
        // Carries the mark alone.
        store.deliveries_settle(CampaignId(0), Vec::new(), clock(), Some(mark)).await?;
        return Ok(0);
    }
    settle(store, ended, Some(mark)).await
}
