//! Engagements: what one contact did with one campaign, for everything that counts contacts once.
//!
//! Invariant: the order in which hits are recorded does not matter. A row that a release before rule
//! sets has written counts by its classes until the first hit after it.

pub(crate) mod postgres;

use std::collections::{BTreeMap, BTreeSet};

use model::engagement::sets_to_bytes;
use model::{
    CampaignId, ContactId, ContactOrigins, Engagement, EngagementHit, HitKind, OriginHit, Rule,
    RulesSeen, Timestamp,
};

use crate::StoreError;
use crate::counting::hit_columns::earlier;
use crate::counting::recorded_hit::RecordedHit;
use crate::counting::rollup_deltas;
use crate::counting::rollup_deltas::Deltas;
use crate::engine::sql::texts;
use crate::engine::tx::Tx;
use crate::engine::value::{SqlRow, SqlValue};

texts! {
    ENGAGEMENT_FIND = "SELECT best_class, viewed, clicked, click_class, hits, origins,
            last_view_at, last_click_at
        FROM engagements WHERE campaign_id = $1 AND contact_id = $2";
    ENGAGEMENT_PUT = "INSERT INTO engagements (campaign_id, contact_id, best_class, viewed, clicked,
            click_class, hits, origins, evidence, click_evidence, last_view_at, last_click_at)
        VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12)
        ON CONFLICT (campaign_id, contact_id) DO UPDATE
        SET best_class = excluded.best_class, viewed = excluded.viewed, clicked = excluded.clicked,
            click_class = excluded.click_class, hits = excluded.hits, origins = excluded.origins,
            evidence = excluded.evidence, click_evidence = excluded.click_evidence,
            last_view_at = excluded.last_view_at, last_click_at = excluded.last_click_at";
    /// Only for a contact in the campaign's audience, and only once.
    ENGAGEMENT_LEAVE =
        "INSERT INTO engagements (campaign_id, contact_id, best_class, viewed, clicked, left_at)
        SELECT campaign_id, contact_id, 0, 0, 0, $3 FROM deliveries
        WHERE campaign_id = $1 AND contact_id = $2
        ON CONFLICT (campaign_id, contact_id) DO UPDATE
        SET left_at = excluded.left_at WHERE engagements.left_at IS NULL";
}

/// What is kept of a contact.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub(crate) struct EngagementRow {
    /// [`model::HitClass::code`] of the strongest evidence, 0 without any. With the three below, all that
    /// releases know which keep classes alone.
    pub(crate) best_class: i64,
    pub(crate) viewed: bool,
    pub(crate) clicked: bool,
    /// As `best_class`, of clicks alone.
    pub(crate) click_class: i64,
    /// None: of such a release, and counted by class.
    pub(crate) hits: Option<Engagement>,
    /// Which hits the contact is counted by among clients and countries; not read by
    /// [`EngagementRow::of`].
    pub(crate) origins: ContactOrigins,
    /// When they last viewed, and last clicked; None: never, in an earlier release, or long ago. Not read
    /// by [`EngagementRow::of`], either.
    pub(crate) last_view_at: Option<i64>,
    pub(crate) last_click_at: Option<i64>,
}

impl EngagementRow {
    /// From the columns `best_class, viewed, clicked, click_class, hits`, the first of which is
    /// `column`; all of them may be null, for no engagement.
    pub(crate) fn of(row: &SqlRow<'_>, column: usize) -> Result<Self, StoreError> {
        let hits = match row.value(column + 4)? {
            SqlValue::Bytes(bytes) => Some(engagement(bytes)?),
            _ => None,
        };
        Ok(Self {
            best_class: row.get::<Option<i64>>(column)?.unwrap_or_default(),
            viewed: row.get::<Option<bool>>(column + 1)?.unwrap_or_default(),
            clicked: row.get::<Option<bool>>(column + 2)?.unwrap_or_default(),
            click_class: row.get::<Option<i64>>(column + 3)?.unwrap_or_default(),
            hits,
            origins: ContactOrigins::default(),
            last_view_at: None,
            last_click_at: None,
        })
    }

    /// The hits, or what can be said of them by the classes of an earlier release.
    pub(crate) fn take_engagement(&mut self) -> Engagement {
        self.hits.take().unwrap_or_else(|| {
            let view = if self.viewed { earlier(self.best_class) } else { None };
            let click = if self.clicked { earlier(self.click_class) } else { None };
            Engagement::of_earlier(view, click)
        })
    }

    fn note(&mut self, recorded: &RecordedHit, rules: RulesSeen, click: bool) -> bool {
        let code = recorded.class.code();
        let hit = OriginHit::new(code, recorded.hit.at, rules, recorded.origin);
        let chosen = if click { &mut self.origins.click } else { &mut self.origins.view };
        chosen.offer(hit);
        let last = if click { &mut self.last_click_at } else { &mut self.last_view_at };
        *last = (*last).max(Some(recorded.hit.at.0));
        let before = (self.viewed, self.clicked);
        self.viewed |= !click;
        self.clicked |= click;
        let class = recorded.class.code();
        self.best_class = self.best_class.max(class);
        if click {
            self.click_class = self.click_class.max(class);
        }
        before != (self.viewed, self.clicked)
    }

    /// Forgets when the last view and click were, if that was before this time. Whether there was one.
    fn forget_last(&mut self, before: Timestamp) -> bool {
        let was = (self.last_view_at, self.last_click_at);
        let is_kept = |at: &i64| *at >= before.0;
        self.last_view_at = self.last_view_at.filter(is_kept);
        self.last_click_at = self.last_click_at.filter(is_kept);
        was != (self.last_view_at, self.last_click_at)
    }
}

/// The evidence of an engagement as segments compare it with a campaign's: of all hits, and of clicks;
/// None without any.
pub(crate) fn stored_evidence(hits: Option<&Engagement>) -> [Option<Vec<u8>>; 2] {
    let evidence = hits.map(Engagement::evidence).unwrap_or_default();
    [&evidence.hits, &evidence.clicks].map(|sets| (!sets.is_empty()).then(|| sets_to_bytes(sets)))
}

pub(crate) fn engagement(bytes: &[u8]) -> Result<Engagement, StoreError> {
    Engagement::from_bytes(bytes)
        .ok_or_else(|| StoreError::Corrupt("the hits of an engagement can't be read".to_owned()))
}

fn origins(bytes: Option<&[u8]>) -> Result<ContactOrigins, StoreError> {
    let Some(bytes) = bytes else { return Ok(ContactOrigins::default()) };
    ContactOrigins::from_bytes(bytes)
        .ok_or_else(|| StoreError::Corrupt("the origins of an engagement can't be read".to_owned()))
}

/// A campaign and one of its contacts.
pub(crate) type CampaignContact = (CampaignId, ContactId);

/// The engagements that a batch touches: read once, written once.
#[derive(Debug, Default)]
pub(crate) struct Engagements {
    touched: BTreeMap<CampaignContact, TouchedEngagement>,
}

/// An engagement that is being changed.
#[derive(Debug, Default)]
struct TouchedEngagement {
    /// Its row but for the hits.
    row: EngagementRow,
    engagement: Engagement,
    /// By which classes an earlier release has counted it: of all hits, and of clicks.
    counted: Option<(i64, i64)>,
    /// Which hits the contact is counted by so far.
    counted_origins: ContactOrigins,
    new: Vec<EngagementHit>,
    /// When hits came from a network that has become known.
    quick: BTreeSet<i64>,
}

impl Engagements {
    /// What is known of these contacts. On PostgreSQL their rows are locked: two recorders never
    /// count the same first view.
    pub(crate) fn load(tx: &Tx<'_>, keys: BTreeSet<CampaignContact>) -> Result<Self, StoreError> {
        let mut known = match tx.bulk() {
            Some(bulk) => postgres::lock(bulk, &keys)?,
            None => find_each(tx, &keys)?,
        };
        let mut touched = BTreeMap::new();
        for key in keys {
            let mut row = known.remove(&key).unwrap_or_default();
            let classes = (row.best_class, row.click_class);
            let counted = row.hits.is_none().then_some(classes);
            let (engagement, counted_origins) = (row.take_engagement(), row.origins);
            let touch = TouchedEngagement {
                row,
                engagement,
                counted,
                counted_origins,
                ..Default::default()
            };
            touched.insert(key, touch);
        }
        Ok(Self { touched })
    }

    /// Notes a hit of a contact and what was seen in it. Whether it is the first of its kind, view
    /// or click.
    pub(crate) fn note(
        &mut self,
        contact: ContactId,
        recorded: &RecordedHit,
        rules: RulesSeen,
    ) -> bool {
        let hit = &recorded.hit;
        let touched = self.touched.entry((hit.campaign, contact)).or_default();
        let slot = match hit.kind {
            HitKind::View => None,
            HitKind::Click(slot) => Some(slot),
        };
        touched.new.push(EngagementHit { at: hit.at, slot, rules });
        touched.row.note(recorded, rules, slot.is_some())
    }

    /// Notes that these hits, by their times, came from networks that ask for the messages of many.
    pub(crate) fn mark_quick(&mut self, times: &BTreeMap<CampaignContact, BTreeSet<i64>>) {
        for (key, times) in times {
            if let Some(touched) = self.touched.get_mut(key) {
                touched.quick.clone_from(times);
            }
        }
    }

    /// Puts the new hits beside those before, adds to `deltas` what this changes, and writes the
    /// rows in key order.
    pub(crate) fn write(self, tx: &Tx<'_>, deltas: &mut Deltas) -> Result<(), StoreError> {
        let mut changed = Vec::with_capacity(self.touched.len());
        for (key, touched) in self.touched {
            let TouchedEngagement { mut row, mut engagement, counted, counted_origins, new, quick } =
                touched;
            // Of somebody whose hits have been forgotten since.
            if new.is_empty() && engagement.is_empty() {
                continue;
            }
            let delta = deltas.of(key.0);
            let (before, now) = (&counted_origins, &row.origins);
            delta.origins.contact(before.view.hit(), now.view.hit(), false);
            delta.origins.contact(before.click.hit(), now.click.hit(), true);
            match counted {
                Some((best, of_clicks)) => delta.take_classes(best, of_clicks),
                None => delta.add_evidence(&engagement.evidence(), -1),
            }
            engagement.mark_quick(&quick, Rule::NETWORK_MANY_QUICK, &mut delta.seen);
            engagement.add(new, &mut delta.seen);
            delta.add_evidence(&engagement.evidence(), 1);
            row.hits = Some(engagement);
            changed.push((key, row));
        }
        put(tx, changed)
    }

    /// Forgets when hits from before `before` were, and where they came from, adds to `deltas` what
    /// this changes, and writes the rows that have changed.
    pub(crate) fn forget_times(
        self,
        tx: &Tx<'_>,
        before: Timestamp,
        deltas: &mut Deltas,
    ) -> Result<(), StoreError> {
        let mut changed = Vec::new();
        for (key, TouchedEngagement { mut row, mut engagement, .. }) in self.touched {
            let delta = deltas.of(key.0);
            let evidence = engagement.evidence();
            // As they are counted, which does not change.
            let forgotten = [
                row.origins.view.forget(before),
                row.origins.click.forget(before),
                row.forget_last(before),
            ];
            if engagement.forget_times(before, &mut delta.seen) {
                delta.add_evidence(&evidence, -1);
                delta.add_evidence(&engagement.evidence(), 1);
            } else if forgotten == [false; 3] {
                continue;
            }
            row.hits = Some(engagement);
            changed.push((key, row));
        }
        put(tx, changed)
    }
}

fn put(tx: &Tx<'_>, rows: Vec<(CampaignContact, EngagementRow)>) -> Result<(), StoreError> {
    if let Some(bulk) = tx.bulk() {
        return postgres::write(bulk, &rows);
    }
    let mut put = tx.prepare(ENGAGEMENT_PUT)?;
    for ((campaign, contact), now) in rows {
        let hits = now.hits.as_ref().map(Engagement::to_bytes);
        let [evidence, click_evidence] = stored_evidence(now.hits.as_ref());
        let EngagementRow { best_class, viewed, clicked, click_class, origins, .. } = now;
        let origins = origins.to_bytes();
        let values = (
            campaign.0,
            contact.0,
            best_class,
            viewed,
            clicked,
            click_class,
            hits,
            origins,
            evidence,
            click_evidence,
            now.last_view_at,
            now.last_click_at,
        );
        put.execute(values)?;
    }
    Ok(())
}

fn find_each(
    tx: &Tx<'_>,
    keys: &BTreeSet<CampaignContact>,
) -> Result<BTreeMap<CampaignContact, EngagementRow>, StoreError> {
    let mut find = tx.prepare(ENGAGEMENT_FIND)?;
    let mut known = BTreeMap::new();
    for key in keys {
        let found = find.first((key.0.0, key.1.0), |row| {
            let origins = match row.value(5)? {
                SqlValue::Bytes(bytes) => origins(Some(bytes))?,
                _ => ContactOrigins::default(),
            };
            let (last_view_at, last_click_at) = (row.get(6)?, row.get(7)?);
            Ok(EngagementRow { origins, last_view_at, last_click_at, ..EngagementRow::of(row, 0)? })
        })?;
        known.extend(found.map(|found| (*key, found)));
    }
    Ok(known)
}

/// Counts once that the contact unsubscribed through a message of the campaign.
pub(crate) fn leave(
    tx: &Tx<'_>,
    campaign: CampaignId,
    contact: ContactId,
    at: Timestamp,
) -> Result<(), StoreError> {
    if tx.execute(ENGAGEMENT_LEAVE, (campaign.0, contact.0, at.0))? > 0 {
        rollup_deltas::add_unsubscribe(tx, campaign)?;
    }
    Ok(())
}
