//! What a start does with what the journal knows and the store does not.
//!
//! Outcomes are applied; an intent without an outcome means that the final dot may have been sent:
//! the delivery is in doubt, or queued again if the campaign says so. Then this node's remaining
//! leases are released: their dots cannot have been sent. At the end, before anything is claimed, a
//! record of the start becomes durable in the journal, and then the mark passes it.
//!
//! Invariant (promise P2): releasing needs a complete journal. If any of it is missing,
//! damaged or a copy, nobody can say what was not begun, so nothing is guessed: leases that may
//! have been begun are in doubt. If it knows of claims that the store has never made, the store is
//! an older copy, and everything that was being sent is paused. Every claim is preceded by a start
//! that the mark has passed: a journal that was lost since, in whole or its newest segment, ends
//! before the mark or has nothing in it, and one that has only the start proves that nothing was
//! begun. The mailer starts all the same, and what could not be read is kept in quarantine. Records
//! written by a later release are still good for that release: they stop this one, as in the
//! journals of hits and of removals, and put nothing in doubt.

use std::collections::{BTreeMap, BTreeSet, HashSet};
use std::path::Path;

use journal::{Journal, JournalError, Position, Reader};
use model::{CampaignId, ContactId, InDoubtPolicy, MessageId};
use store::{ExpiredLeases, Hold, JournalState, Mark, Outcome, Store, StoreError};

use crate::clock::clock;
use crate::mail_journal::journal::{mark_at, reader};
use crate::mail_journal::outcome_writer::{self, by_campaign};
use crate::mail_journal::record::{
    Attempt, MAX_BYTES, MailRecord, SINGLE, START_RECORD, UnreadRecord,
};
use crate::settings::MailerSettings;
use crate::trouble_kind::TroubleKind;

/// Outcomes applied in one go.
const BATCH: usize = 1_000;

/// Why the mailer could not find out where it had stopped.
#[derive(Debug, thiserror::Error)]
pub(crate) enum RecoveryError {
    #[error("can't read the mailer's journal: {0}")]
    Journal(#[from] JournalError),
    #[error("can't bring the store up to date with the mailer's journal: {0}")]
    Store(#[from] StoreError),
    #[error(
        "nothing is sent: the mailer's journal in {folder} has records from a later release of \
         Pharos than {this} (kind {kind} at {at}). Run that release here again: it knows whom it \
         has mailed. To continue with this release instead, stop the server, move the folder away \
         and start again: people who may have been mailed already are then in doubt, and nobody \
         gets a second copy unless you ask for it with `pharos campaign retry N --in-doubt`",
        this = env!("CARGO_PKG_VERSION")
    )]
    Newer { folder: String, kind: u8, at: Position },
}

impl RecoveryError {
    /// Where the trouble lies.
    pub(crate) const fn kind(&self) -> TroubleKind {
        match self {
            Self::Store(_) => TroubleKind::Store,
            Self::Journal(_) | Self::Newer { .. } => TroubleKind::Journal,
        }
    }
}

/// What a start has found.
#[derive(Debug, Default, PartialEq, Eq)]
pub(crate) struct Recovered {
    pub(crate) outcomes: usize,
    pub(crate) in_doubt: usize,
    pub(crate) released: usize,
}

/// Brings the store up to date with the journal, which was just opened.
pub(crate) async fn recover(
    store: &Store,
    settings: &MailerSettings,
    journal: &mut Journal,
) -> Result<Recovered, RecoveryError> {
    let (node, dir) = (settings.node, settings.journal_dir.as_path());
    let end = journal.durable().end();
    let mark = store.mark_find(reader(node)).await?;
    let from = mark
        .map_or(Position::START, |mark| Position { segment: mark.segment, offset: mark.offset });
    let identity = journal::identity(dir)?;
    let broken = break_before_reading(store, node, dir, journal, from, &identity).await?;
    let mut replay = Replay::new(store, from, end, broken);
    let unreadable = replay.run(dir).await?;
    let is_older = replay.never_claimed > 0 || is_behind(dir, from, end);
    if is_older && !settings.store_was_put_back {
        hold_campaigns(store, node, dir).await?;
    }
    let Replay { outcomes, open, broken, .. } = replay;
    let mut recovered = Recovered { outcomes, ..Recovered::default() };
    recovered.in_doubt = settle_open(store, open, mark_at(node, end)).await?;
    let state = if broken.is_some() { JournalState::Incomplete } else { JournalState::Whole };
    let taken_back = store.leases_take_back(node, state, clock()).await?;
    recovered.in_doubt += usize::try_from(taken_back.in_doubt).unwrap_or_default();
    recovered.released = usize::try_from(taken_back.queued).unwrap_or_default();
    store.setting_put(identity_key(node), identity).await?;
    if let Some(broken) = broken.filter(|_| taken_back != ExpiredLeases::default()) {
        let ExpiredLeases { in_doubt, queued } = taken_back;
        tracing::error!(
            in_doubt,
            queued,
            "the mailer's journal in {} {broken}; {in_doubt} messages that may have been sent are \
             in doubt and nobody gets a second copy; {queued} were not begun, or their campaign \
             asks for resending, and are queued again",
            dir.display()
        );
    }
    journal::keep_segments(dir, unreadable);
    journal::remove_before(dir, end)?;
    start(store, node, journal).await?;
    Ok(recovered)
}

/// Records that a mailer starts, now that nothing is leased to the node. Earlier, a kill between the
/// two would leave leases of a lost journal beside a record by which they were not begun.
async fn start(store: &Store, node: u16, journal: &mut Journal) -> Result<(), RecoveryError> {
    journal.append(START_RECORD)?;
    let end = journal.commit()?;
    Ok(put_mark(store, mark_at(node, end)).await?)
}

async fn put_mark(store: &Store, mark: Mark) -> Result<(), StoreError> {
    store.deliveries_settle(CampaignId(0), Vec::new(), clock(), Some(mark)).await.map(drop)
}

/// Why a journal is incomplete.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum JournalFlaw {
    Lost,
    Replaced,
    Torn,
    Damaged,
}

impl std::fmt::Display for JournalFlaw {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(match self {
            Self::Lost => "is lost, or ends before what the store has seen of it",
            Self::Replaced => "was replaced by another one or a copy",
            Self::Torn => "ends in unreadable bytes",
            Self::Damaged => "is damaged",
        })
    }
}

/// Whether records are missing, as far as can be seen without reading one.
async fn break_before_reading(
    store: &Store,
    node: u16,
    dir: &Path,
    journal: &Journal,
    from: Position,
    identity: &str,
) -> Result<Option<JournalFlaw>, RecoveryError> {
    let end = journal.durable().end();
    // A mailer claims nothing before its journal has a record. An empty one is that of a new node, which
    // has no leases, or was lost, or a release without records of starts left it. The segment of the
    // mark is never removed.
    let is_lost = from > end
        || end == Position::START
        || (from > Position::START && !journal::has_segment(dir, from.segment));
    if is_lost {
        return Ok(Some(JournalFlaw::Lost));
    }
    let known = store.setting_find(identity_key(node)).await?;
    if known.is_some_and(|known| known != identity) {
        return Ok(Some(JournalFlaw::Replaced));
    }
    // A start that was killed has cut the tail, so the journal of this one does not show it.
    let is_torn = journal.torn().is_some() || journal::is_torn_since(dir, from)?;
    Ok(is_torn.then_some(JournalFlaw::Torn))
}

/// Whether segments are missing that the store has not seen to the end: a mailer removes none of
/// those, so the store was restored. (If a journal ends before the mark, the journal itself was
/// lost.)
fn is_behind(dir: &Path, from: Position, end: Position) -> bool {
    from > Position::START && end > from && !journal::has_segment(dir, from.segment)
}

/// The store is older than the journal: nobody knows who else was mailed in between.
async fn hold_campaigns(store: &Store, node: u16, dir: &Path) -> Result<(), StoreError> {
    let standing = store.standing(String::new()).await?;
    let why = format!("The store is older than the mailer's journal{}", standing.as_of());
    let name = format!("{}-{node}", clock().0);
    let hold = Hold { why: why.clone(), seen: standing.put_back, name, keep: Some(node) };
    for held in store.campaigns_hold(hold, clock()).await?.unwrap_or_default() {
        let campaign = held.id;
        tracing::error!(%campaign, "{why} in {}; it is paused: {held}", dir.display());
    }
    Ok(())
}

/// The setting in which the store records the folder of the node's journal.
fn identity_key(node: u16) -> String {
    format!("mail_journal/{node}")
}

/// A journal that is being read.
struct Replay<'s> {
    store: &'s Store,
    from: Position,
    end: Position,
    outcomes: usize,
    /// Intents without an outcome.
    open: HashSet<Attempt>,
    broken: Option<JournalFlaw>,
    /// Intents that the store has not been asked about yet.
    unasked: BTreeMap<CampaignId, Vec<(ContactId, i64)>>,
    /// Of the others, those of claims that the store has never made.
    never_claimed: usize,
}

impl<'s> Replay<'s> {
    fn new(store: &'s Store, from: Position, end: Position, broken: Option<JournalFlaw>) -> Self {
        let (open, unasked) = (HashSet::new(), BTreeMap::new());
        Self { store, from, end, outcomes: 0, open, broken, unasked, never_claimed: 0 }
    }

    /// Applies outcomes and collects intents; returns the segments that could not be read
    /// completely.
    async fn run(&mut self, dir: &Path) -> Result<BTreeSet<u64>, RecoveryError> {
        let mut unreadable = BTreeSet::new();
        let mut ended: Vec<(Attempt, Outcome)> = Vec::new();
        let mut records = Reader::open(dir, self.from)?;
        loop {
            match records.next(self.end) {
                Ok(None) => break,
                Ok(Some((at, bytes))) => match MailRecord::decode(bytes) {
                    Ok(record) => self.take(record, &mut ended),
                    Err(UnreadRecord::Newer(kind)) => {
                        // What was understood holds, whichever release goes on.
                        settle(self.store, ended, None).await?;
                        let folder = dir.display().to_string();
                        return Err(RecoveryError::Newer { folder, kind, at });
                    }
                    Err(UnreadRecord::Malformed) => {
                        tracing::warn!(%at, "a record of the mailer's journal is invalid");
                        unreadable.insert(at.segment);
                        self.broken.get_or_insert(JournalFlaw::Damaged);
                    }
                },
                // Records after the damage still count: people they name are not in doubt.
                Err(error) => {
                    let at = records.position();
                    tracing::warn!(%at, %error, "can't read a part of the mailer's journal");
                    unreadable.insert(at.segment);
                    self.broken.get_or_insert(JournalFlaw::Damaged);
                    if records.skip_damage(self.end, MAX_BYTES).is_err() {
                        break;
                    }
                }
            }
            if ended.len() >= BATCH {
                self.ask().await?;
                self.outcomes += settle(self.store, std::mem::take(&mut ended), None).await?;
            }
        }
        self.ask().await?;
        self.outcomes += settle(self.store, ended, None).await?;
        Ok(unreadable)
    }

    /// Checks whether the store has ever handed out what the journal knows to have been sent.
    async fn ask(&mut self) -> Result<(), StoreError> {
        for (campaign, claims) in std::mem::take(&mut self.unasked) {
            self.never_claimed += if campaign == SINGLE {
                let claims = claims.into_iter().map(|(id, epoch)| (MessageId(id.0), epoch));
                self.store.message_claims_never_made(claims.collect()).await?
            } else {
                self.store.claims_never_made(campaign, claims).await?
            };
        }
        Ok(())
    }

    fn take(&mut self, record: MailRecord, ended: &mut Vec<(Attempt, Outcome)>) {
        match record {
            MailRecord::Start => {}
            MailRecord::Intent(attempt) => {
                self.open.insert(attempt);
                let Attempt { campaign, contact, epoch } = attempt;
                self.unasked.entry(campaign).or_default().push((contact, epoch));
            }
            MailRecord::Outcome(attempt, outcome) => {
                self.open.remove(&attempt);
                ended.push((attempt, outcome));
            }
        }
    }
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
        applied += outcome_writer::settle(store, campaign, settled, mark).await?;
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
        put_mark(store, mark).await?;
        return Ok(0);
    }
    settle(store, ended, Some(mark)).await
}

#[cfg(test)]
mod tests;
