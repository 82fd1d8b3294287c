//! Expansion: turns a topic's subscribers into one delivery per contact, a slice per transaction,
//! so that starting a campaign with millions of contacts never keeps others from writing.
//!
//! Invariants: the audience is fixed when the campaign starts: everybody who is subscribed then.
//! Contacts and subscriptions that come later are not part of it; people who leave in the meantime
//! are part of it as suppressed. A slice and the position up to which the audience has been created
//! are stored together, so an expansion that is interrupted at any moment continues where it was:
//! nobody is missing and nobody appears twice, however many callers work on it. The last slice
//! begins the sending.

use model::campaign::CampaignAction;
use model::{CampaignId, CampaignState, DeliveryState, Timestamp};

use crate::engine::sql::texts;
use crate::engine::tx::Tx;
use crate::engine::value::{Params, SqlRow, SqlValue};
use crate::people::segments::compile::Conditions;
use crate::people::segments::query::SegmentQuery;
use crate::people::segments::source::{SegmentSources, of_query};
use crate::people::segments::walk::slice_end;
use crate::sending::archive::{self, NewArchived};
use crate::sending::campaigns::{self, refusal};
use crate::sending::claims::FIRST_TRY;
use crate::sending::deliveries::{self, DeliveryCounts};
use crate::sending::drafts::{self, CheckedText};
use crate::sending::reasons::LEFT;
use crate::sending::{campaign_audience, schedules};
use crate::{Store, StoreError, sending::compiled_messages, sending::reasons};

texts! {
    /// The latest subscription may have a time after the start, if the clock was set back or is
    /// another machine's: those people are subscribed all the same.
    SUBSCRIBERS_FACTS = "SELECT count(*), max(changed_at)
        FROM subscriptions WHERE topic_id = $1 AND state = 'subscribed'";
    SUBSCRIPTION_LAST = "SELECT max(contact_id) FROM subscriptions WHERE topic_id = $1";
    CAMPAIGN_TOPIC = "SELECT topic_id FROM campaigns WHERE id = $1";
    CAMPAIGN_START = "UPDATE campaigns SET state = 'starting', started_at = $2
        WHERE id = $1 AND state IN ('draft', 'scheduled')";
    /// Only as somebody has scheduled it last: it may have been taken back in the meantime.
    CAMPAIGN_START_AS_SCHEDULED = "UPDATE campaigns SET state = 'starting', started_at = $2
        WHERE id = $1 AND state = 'scheduled' AND EXISTS (SELECT 1 FROM campaign_schedules
            WHERE campaign_id = $1 AND starts_at = $3)";
    CAMPAIGN_BEGIN = "UPDATE campaigns SET state = 'sending' WHERE id = $1 AND state = 'starting'";
    EXPANSION_INSERT = "INSERT INTO expansions
            (campaign_id, subscribed_by, last_contact, expected, made_to)
        VALUES ($1, $2, $3, $4, 0)";
    EXPANSION_FIND = "SELECT expected, made_to FROM expansions WHERE campaign_id = $1";
    /// Changes nothing; on PostgreSQL it makes other callers wait for this slice.
    EXPANSION_LOCK = "UPDATE expansions SET made_to = made_to WHERE campaign_id = $1";
    EXPANSION_STATE = "SELECT k.state, k.topic_id,
            e.subscribed_by, e.made_to, e.last_contact
        FROM campaigns k LEFT JOIN expansions e ON e.campaign_id = k.id WHERE k.id = $1";
    EXPANSION_MOVE = "UPDATE expansions SET made_to = $2 WHERE campaign_id = $1";
    EXPANSION_END = "DELETE FROM expansions WHERE campaign_id = $1";
    SLICE_END = "SELECT max(contact_id) FROM (SELECT contact_id FROM subscriptions
        WHERE topic_id = $1 AND contact_id > $2 AND contact_id <= $3
        ORDER BY contact_id LIMIT $4) t";
    /// Both tables are limited to the slice: otherwise, without statistics, PostgreSQL would read
    /// all contacts for each.
    SLICE_MAKE = "INSERT INTO deliveries (campaign_id, contact_id, state, epoch, attempts,
            next_attempt_at, ended_at, code, reply)
        SELECT CAST($3 AS BIGINT), t.contact_id, CASE WHEN t.why IS NULL THEN 0 ELSE 4 END, 0, 0,
            CAST($4 AS BIGINT), CASE WHEN t.why IS NULL THEN NULL ELSE CAST($5 AS BIGINT) END,
            CASE WHEN t.why IS NULL THEN NULL ELSE 0 END, t.why
        FROM (SELECT s.contact_id, CASE WHEN x.reason IS NOT NULL THEN x.reason
                WHEN s.state <> 'subscribed' THEN $8 END AS why
            FROM subscriptions s CROSS JOIN contacts c
            LEFT JOIN suppressions x ON x.email_key = lower(c.email)
            WHERE c.id = s.contact_id AND s.topic_id = $6
            AND s.contact_id > $1 AND s.contact_id <= $2 AND c.id > $1 AND c.id <= $2
            AND ((s.state = 'subscribed' AND s.changed_at <= $7)
                OR (s.state = 'unsubscribed' AND s.changed_at > $7))) t
        ORDER BY t.contact_id";
    SLICE_SUPPRESSED = "SELECT count(*) FROM deliveries
        WHERE campaign_id = $1 AND contact_id > $2 AND contact_id <= $3 AND state = 4";
}

/// In [`SLICE_MAKE`], before which the sources of a segment are joined.
const SLICE_SUBSCRIPTIONS: &str = "FROM subscriptions s CROSS JOIN";
/// In [`SLICE_MAKE`], behind which more may be asked of a contact.
const SLICE_CONDITIONS_END: &str = "AND c.id > $1 AND c.id <= $2";
/// Its own placeholders.
const SLICE_VALUES: usize = 8;
/// Contacts that [`Store::campaign_start`] makes deliveries for in one transaction.
const SLICE: usize = 5_000;

/// What starting a campaign has made.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Started {
    /// Contacts it is for.
    pub audience: i64,
    /// Those who are to be mailed.
    pub queued: i64,
    /// Those who are subscribed, but whose address must not be mailed.
    pub suppressed: i64,
}

/// What is fixed when a campaign starts.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Frozen {
    /// The form that its messages are made from; without one they are made from the announcement.
    pub form: Option<String>,
    /// What everybody may read of it.
    pub archive: Option<NewArchived>,
    /// The time that it was scheduled for, if it starts by itself.
    pub scheduled_for: Option<Timestamp>,
    /// What it was checked with, and must still say.
    pub checked: Option<CheckedText>,
}

/// An audience that is not complete.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Expansion {
    /// Contacts who were subscribed at the start; about how many there will be.
    pub expected: i64,
    /// The contact up to which the audience has been built.
    pub made_to: i64,
}

impl Store {
    /// Starts a draft or a scheduled campaign: fixes its audience as everybody who is subscribed to its topic now, stores
    /// the form that its messages are made from, publishes its pages, and makes it `starting`. [`Self::expansion_step`]
    /// does the rest.
    ///
    /// # Errors
    /// [`StoreError::Refused`] when the campaign can't be started, or is not scheduled for that time
    /// any more if [`Frozen::scheduled_for`] names one; [`StoreError::NobodySubscribed`] when there
    /// is nobody to send to; [`StoreError::Changed`] when its text or its topic is not the one that was
    /// checked. It stays as it was.
    pub async fn expansion_begin(
        &self,
        id: CampaignId,
        frozen: Frozen,
        at: Timestamp,
    ) -> Result<(), StoreError> {
        // Goes through all subscriptions, so it must not hold the writer.
        let (topic, expected, latest) = self.read(move |tx| subscribers(tx, id)).await?;
        self.write(move |tx| {
            let started = match frozen.scheduled_for {
                Some(time) => tx.execute(CAMPAIGN_START_AS_SCHEDULED, (id.0, at.0, time.0))?,
                None => tx.execute(CAMPAIGN_START, (id.0, at.0))?,
            };
            if started == 0 {
                return Err(refusal(tx, id, CampaignAction::Start));
            }
            if let Some(checked) = frozen.checked {
                drafts::still_as_checked(tx, id, checked)?;
            }
            drafts::remove(tx, id)?;
            schedules::remove(tx, id)?;
            let last: Option<i64> = tx.one(SUBSCRIPTION_LAST, [topic], |row| row.get(0))?;
            let (Some(latest), Some(last)) = (latest, last) else {
                return Err(StoreError::NobodySubscribed);
            };
            let by = latest.max(at.0);
            campaign_audience::freeze(tx, id, at)?;
            if let Some(form) = &frozen.form {
                compiled_messages::keep(tx, id, form)?;
            }
            if let Some(new) = &frozen.archive {
                archive::publish(tx, id, new, at)?;
            }
            tx.execute(EXPANSION_INSERT, (id.0, by, last, expected)).map(drop)
        })
        .await
    }

    /// Creates deliveries for at most `contacts` more subscribers; those whose address is
    /// suppressed get one that has ended. Returns the campaign's state afterwards: `starting` as
    /// long as there is more to do. Does nothing to a campaign that is not starting.
    ///
    /// # Errors
    /// When there is no such campaign, or the store fails; then nothing of this step is stored.
    pub async fn expansion_step(
        &self,
        id: CampaignId,
        contacts: usize,
        at: Timestamp,
    ) -> Result<CampaignState, StoreError> {
        let contacts = crate::engine::error::count(contacts.max(1))?;
        self.write(move |tx| {
            tx.execute(EXPANSION_LOCK, [id.0])?;
            let left = tx.first(EXPANSION_STATE, [id.0], |row| left(id, row))?;
            let (state, left) = left.ok_or(StoreError::NotFound("campaign"))?;
            let (CampaignState::Starting, Some(left)) = (state, left) else { return Ok(state) };
            let query = campaign_audience::started_for(tx, id, at)?;
            let sources = query.as_ref().map(|query| of_query(tx, query)).transpose()?;
            let slice = left.cut(tx, sources.as_ref(), contacts)?;
            slice.make(tx, query.as_ref().zip(sources.as_ref()), at)?;
            if slice.to < left.to {
                tx.execute(EXPANSION_MOVE, (id.0, slice.to))?;
                return Ok(state);
            }
            tx.execute(EXPANSION_END, [id.0])?;
            // A pause that has come just now stays; there is nothing left to expand after it.
            let begun = tx.execute(CAMPAIGN_BEGIN, [id.0])? > 0;
            Ok(if begun { CampaignState::Sending } else { CampaignState::Paused })
        })
        .await
    }

    /// The campaign's expansion, if its audience is incomplete.
    pub async fn expansion_find(&self, id: CampaignId) -> Result<Option<Expansion>, StoreError> {
        self.read(move |tx| {
            tx.first(EXPANSION_FIND, [id.0], |row| {
                Ok(Expansion { expected: row.get(0)?, made_to: row.get(1)? })
            })
        })
        .await
    }

    /// Starts a draft and builds its whole audience, a slice per transaction. Stores no form: its
    /// messages are made from what its announcement compiles to.
    pub async fn campaign_start(
        &self,
        id: CampaignId,
        at: Timestamp,
    ) -> Result<Started, StoreError> {
        self.expansion_begin(id, Frozen::default(), at).await?;
        while self.expansion_step(id, SLICE, at).await? == CampaignState::Starting {}
        Ok(self.deliveries_count(id).await?.started())
    }
}

impl DeliveryCounts {
    /// What the start has created, as long as nobody has been mailed.
    #[must_use]
    pub fn started(&self) -> Started {
        let (audience, suppressed) = (self.total(), self.get(DeliveryState::Suppressed));
        Started { audience, queued: audience - suppressed, suppressed }
    }
}

/// The campaign's topic, how many are subscribed to it, and when the last of them was.
fn subscribers(tx: &Tx<'_>, id: CampaignId) -> Result<(i64, i64, Option<i64>), StoreError> {
    let topic: Option<i64> = tx.first(CAMPAIGN_TOPIC, [id.0], |row| row.get(0))?;
    let topic = topic.ok_or(StoreError::NotFound("campaign"))?;
    tx.one(SUBSCRIBERS_FACTS, [topic], |row| Ok((topic, row.get(0)?, row.get(1)?)))
}

/// The contacts of an audience after `from` up to `to`.
#[derive(Clone, Copy)]
struct Slice {
    campaign: CampaignId,
    topic: i64,
    subscribed_by: i64,
    from: i64,
    to: i64,
}

/// A slice of those whom segments mean, of whom `sources` has the candidates.
fn within(
    tx: &Tx<'_>,
    (query, sources): (&SegmentQuery, &SegmentSources),
    values: impl Params,
) -> Result<usize, StoreError> {
    let members = if sources.are_all() { None } else { sources.members(SLICE_VALUES) };
    let (members, own) = members.unzip();
    let own = own.unwrap_or_default();
    let mut conditions = Conditions::new(tx, query, "c.id", SLICE_VALUES + own.len());
    let mut wanted = SLICE_CONDITIONS_END.to_owned();
    if members.is_some() {
        wanted.push_str(" AND s.contact_id = m.contact_id");
    }
    // Without sources nobody is meant, and the rule says so.
    let rest = if sources.sources.is_empty() { Some(&query.rule) } else { sources.rest.as_ref() };
    if let Some(rest) = rest {
        wanted.push_str(" AND ");
        wanted.push_str(&conditions.rule(rest)?);
    }
    let mut text = SLICE_MAKE.postgres.replacen(SLICE_CONDITIONS_END, &wanted, 1);
    if let Some(members) = members {
        // CROSS JOIN, which SQLite takes as the order to join in.
        let joined = format!("FROM ({members}) m CROSS JOIN subscriptions s CROSS JOIN");
        text = text.replacen(SLICE_SUBSCRIPTIONS, &joined, 1);
    }
    values.with(|values| {
        let values: Vec<SqlValue<'_>> =
            values.iter().copied().chain(own).chain(conditions.values()).collect();
        tx.prepare_made(&text)?.execute(values.as_slice())
    })
}

/// The campaign's state, and what its audience lacks.
fn left(
    campaign: CampaignId,
    row: &SqlRow<'_>,
) -> Result<(CampaignState, Option<Slice>), StoreError> {
    let state = campaigns::state_of(row.text(0)?)?;
    let Some(subscribed_by) = row.get(2)? else { return Ok((state, None)) };
    let (topic, from, to) = (row.get(1)?, row.get(3)?, row.get(4)?);
    Ok((state, Some(Slice { campaign, topic, subscribed_by, from, to })))
}

impl Slice {
    /// Its beginning, for which at most about `contacts` contacts are looked at; without a segment, of its topic.
    fn cut(
        self,
        tx: &Tx<'_>,
        sources: Option<&SegmentSources>,
        contacts: i64,
    ) -> Result<Self, StoreError> {
        let to = match sources {
            Some(sources) if !sources.are_all() => {
                slice_end(tx, sources, self.from, contacts)?.filter(|to| *to < self.to)
            }
            _ => {
                let within = (self.topic, self.from, self.to, contacts);
                tx.one(SLICE_END, within, |row| row.get::<Option<i64>>(0))?
            }
        };
        Ok(Self { to: to.unwrap_or(self.to), ..self })
    }

    fn make(
        &self,
        tx: &Tx<'_>,
        segment: Option<(&SegmentQuery, &SegmentSources)>,
        at: Timestamp,
    ) -> Result<(), StoreError> {
        let Self { campaign, topic, subscribed_by, from, to } = *self;
        let values = (from, to, campaign.0, FIRST_TRY.0, at.0, topic, subscribed_by, LEFT);
        let made = match segment {
            None => tx.execute(SLICE_MAKE, values)?,
            Some(segment) => within(tx, segment, values)?,
        };
        let made = crate::engine::error::count(made)?;
        let suppressed =
            tx.one(SLICE_SUPPRESSED, (campaign.0, from, to), |row| row.get::<i64>(0))?;
        if suppressed > 0 {
            reasons::tell_suppressed(tx, campaign, from, to)?;
        }
        let mut counts = DeliveryCounts::default();
        counts.add(DeliveryState::Queued, made - suppressed);
        counts.add(DeliveryState::Suppressed, suppressed);
        deliveries::move_counts(tx, campaign, &counts)
    }
}
