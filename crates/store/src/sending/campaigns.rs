//! Campaigns: an announcement sent to the subscribers of a topic.
//!
//! Invariants: a campaign's state changes only along `CampaignState::apply`, by a predicate on its
//! previous state; its audience is fixed once, when it starts (`expansion` creates its rows).

use model::campaign::CampaignAction;
use model::{
    AnnouncementId, CampaignId, CampaignNumber, CampaignState, InDoubtPolicy, Timestamp, TopicId,
};

use crate::campaign_numbers::campaign_by_number;
use crate::counting::links::{self, CampaignLink};
use crate::engine::error::known;
use crate::engine::sql::texts;
use crate::engine::tx::Tx;
use crate::engine::value::SqlRow;
use crate::sending::announcements;
use crate::{Store, StoreError};

texts! {
    CAMPAIGN_LOCK = "UPDATE campaigns SET state = state WHERE id = $1";
    CAMPAIGN_INSERT =
        "INSERT INTO campaigns (id, name, announcement_id, topic_id, policy, state, created_at)
        VALUES ($6, $1, $2, $3, $4, 'draft', $5) RETURNING id";
    CAMPAIGN_LAST = "SELECT coalesce(max(id), 0) FROM campaigns";
    CAMPAIGN_FIND = "SELECT id, name, announcement_id, topic_id, policy, state, created_at,
            started_at, finished_at FROM campaigns WHERE id = $1";
    CAMPAIGNS_LIST = "SELECT id, name, announcement_id, topic_id, policy, state, created_at,
            started_at, finished_at FROM campaigns WHERE id < $1 ORDER BY id DESC LIMIT 500";
    CAMPAIGNS_SENDING = "SELECT id, name, announcement_id, topic_id, policy, state, created_at,
            started_at, finished_at FROM campaigns WHERE state = 'sending' ORDER BY id";
    CAMPAIGN_STATE = "SELECT state FROM campaigns WHERE id = $1";
    CAMPAIGNS_STARTING = "SELECT id FROM campaigns WHERE state = 'starting' ORDER BY id LIMIT 100";
    CAMPAIGN_PAUSE = "UPDATE campaigns SET state = 'paused'
        WHERE id = $1 AND state IN ('starting', 'sending')";
    CAMPAIGN_RESUME = "UPDATE campaigns SET state = CASE WHEN EXISTS
            (SELECT 1 FROM expansions WHERE campaign_id = $1) THEN 'starting' ELSE 'sending' END
        WHERE id = $1 AND state = 'paused' RETURNING state";
    CAMPAIGN_FINISH = "UPDATE campaigns SET state = 'finished', finished_at = $2
        WHERE id = $1 AND state = 'sending'
        AND NOT EXISTS (SELECT 1 FROM deliveries WHERE campaign_id = $1 AND state = 0)
        AND NOT EXISTS (SELECT 1 FROM deliveries WHERE campaign_id = $1 AND state = 1)";
}

/// A campaign that is to be created.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NewCampaign {
    pub name: String,
    pub announcement: AnnouncementId,
    /// Whose subscribers get it.
    pub topic: TopicId,
    /// What to do with deliveries whose outcome a crash has hidden.
    pub policy: InDoubtPolicy,
    /// Its tracked links; each slot once.
    pub links: Vec<CampaignLink>,
}

/// An announcement sent to the subscribers of a topic.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Campaign {
    pub id: CampaignId,
    pub name: String,
    pub announcement: AnnouncementId,
    /// Whose subscribers get it.
    pub topic: TopicId,
    /// What to do with deliveries whose outcome a crash has hidden.
    pub policy: InDoubtPolicy,
    /// Where it is in its life.
    pub state: CampaignState,
    pub created_at: Timestamp,
    /// When its audience was fixed.
    pub started_at: Option<Timestamp>,
    /// When its last delivery had ended.
    pub finished_at: Option<Timestamp>,
}

/// The campaigns that are being sent.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct SendingCampaigns {
    /// Those of which everything can be read.
    pub campaigns: Vec<Campaign>,
    /// The others, each with what is wrong with its row. They do not hold up anybody else.
    pub unreadable: Vec<(CampaignId, String)>,
}

impl Store {
    /// Creates a draft with its links.
    ///
    /// # Errors
    /// When the announcement or the topic does not exist, or a slot comes twice.
    pub async fn campaign_create(
        &self,
        new: NewCampaign,
        at: Timestamp,
    ) -> Result<CampaignId, StoreError> {
        self.write(move |tx| {
            let NewCampaign { name, announcement, topic, policy, links } = &new;
            let last = tx.one(CAMPAIGN_LAST, (), |row| Ok(CampaignId(row.get(0)?)))?;
            let fresh = CampaignId::new(CampaignNumber(last.number().0 + 1), at);
            let values = (name, announcement.0, topic.0, policy.as_str(), at.0, fresh.0);
            let id = CampaignId(tx.one(CAMPAIGN_INSERT, values, |row| row.get(0))?);
            announcements::must_be_there(tx, *announcement)?;
            links::insert(tx, id, links)?;
            tx.announce_made(id.0);
            Ok(id)
        })
        .await
    }

    /// The campaign that people call by this number.
    pub async fn campaign_by_number(
        &self,
        number: CampaignNumber,
    ) -> Result<Option<CampaignId>, StoreError> {
        self.read(move |tx| campaign_by_number(tx, number)).await
    }

    /// The campaign with this id.
    pub async fn campaign_find(&self, id: CampaignId) -> Result<Option<Campaign>, StoreError> {
        self.read(move |tx| Ok(tx.all(CAMPAIGN_FIND, [id.0], campaign)?.pop())).await
    }

    /// The newest campaigns first, at most 500 of them.
    pub async fn campaigns_list(&self) -> Result<Vec<Campaign>, StoreError> {
        self.campaigns_before(CampaignId(i64::MAX)).await
    }

    /// Those that were created before the one with this id, the newest first, at most 500.
    pub async fn campaigns_before(&self, id: CampaignId) -> Result<Vec<Campaign>, StoreError> {
        self.read(move |tx| Ok(readable(tx.all(CAMPAIGNS_LIST, [id.0], try_campaign)?))).await
    }

    /// Every campaign that is being sent, oldest first, however many newer ones there are.
    pub async fn campaigns_sending(&self) -> Result<SendingCampaigns, StoreError> {
        self.read(|tx| {
            let mut found = SendingCampaigns::default();
            for read in tx.all(CAMPAIGNS_SENDING, (), try_campaign)? {
                match read {
                    Ok(campaign) => found.campaigns.push(campaign),
                    Err(unreadable) => found.unreadable.push(unreadable),
                }
            }
            Ok(found)
        })
        .await
    }

    /// The campaigns whose audience is being materialised, oldest first, at most 100.
    pub async fn campaigns_starting(&self) -> Result<Vec<CampaignId>, StoreError> {
        self.read(|tx| tx.all(CAMPAIGNS_STARTING, (), |row| Ok(CampaignId(row.get(0)?)))).await
    }

    /// Pauses, resumes or finishes; starting is [`Store::expansion_begin`], scheduling
    /// [`Store::campaign_schedule`]. A campaign finishes
    /// only when none of its deliveries is queued or leased. A pause advances the removal epoch, so
    /// that the mailer sees it before the next message. A campaign that was paused while its
    /// audience was being built resumes as `starting`.
    ///
    /// # Errors
    /// [`StoreError::Refused`] when the campaign's state does not allow it.
    pub async fn campaign_act(
        &self,
        id: CampaignId,
        action: CampaignAction,
        at: Timestamp,
    ) -> Result<CampaignState, StoreError> {
        use CampaignAction as A;
        self.write(move |tx| {
            let moved = match action {
                A::Schedule | A::TakeBack | A::Start | A::Begin => None,
                A::Pause => moved(tx.execute(CAMPAIGN_PAUSE, [id.0])?, CampaignState::Paused),
                A::Resume | A::ResumeStart => {
                    let word: Option<String> =
                        tx.first(CAMPAIGN_RESUME, [id.0], |row| row.get(0))?;
                    word.map(|word| state_of(&word)).transpose()?
                }
                A::Finish => {
                    lock(tx, id)?;
                    moved(tx.execute(CAMPAIGN_FINISH, (id.0, at.0))?, CampaignState::Finished)
                }
            };
            let Some(state) = moved else { return Err(refusal(tx, id, action)) };
            if action == A::Pause {
                tx.bump_removals()?;
            }
            Ok(state)
        })
        .await
    }
}

/// The new state of the moved rows; None when none has moved.
fn moved(rows: usize, to: CampaignState) -> Option<CampaignState> {
    (rows > 0).then_some(to)
}

pub(crate) fn state_of(word: &str) -> Result<CampaignState, StoreError> {
    known(CampaignState::from_word(word), "campaign state")
}

/// Why the action moved no row.
pub(crate) fn refusal(tx: &Tx<'_>, id: CampaignId, action: CampaignAction) -> StoreError {
    match state(tx, id) {
        Ok(Some(state)) => match state.apply(action) {
            Err(refused) => refused.into(),
            // A delivery is still open.
            Ok(_) if action == CampaignAction::Finish => {
                model::campaign::CampaignRefused { state, action: "finished" }.into()
            }
            // It was scheduled anew, or went through that state, in the meantime.
            Ok(_) => StoreError::Changed("campaign"),
        },
        Ok(None) => StoreError::NotFound("campaign"),
        Err(error) => error,
    }
}

/// The state of a campaign, if there is one.
pub(crate) fn state(tx: &Tx<'_>, id: CampaignId) -> Result<Option<CampaignState>, StoreError> {
    let word: Option<String> = tx.first(CAMPAIGN_STATE, [id.0], |row| row.get(0))?;
    word.map(|word| state_of(&word)).transpose()
}

/// The campaign with this id, if there is one.
pub(crate) fn find(tx: &Tx<'_>, id: CampaignId) -> Result<Option<Campaign>, StoreError> {
    tx.first(CAMPAIGN_FIND, [id.0], campaign)
}

/// The readable ones of a list; one unreadable row hides no other.
pub(crate) fn readable(found: Vec<Result<Campaign, (CampaignId, String)>>) -> Vec<Campaign> {
    let keep = |read: Result<Campaign, (CampaignId, String)>| {
        read.inspect_err(|(id, what)| tracing::warn!(%id, what, "a campaign can't be read")).ok()
    };
    found.into_iter().filter_map(keep).collect()
}

pub(crate) fn try_campaign(
    row: &SqlRow<'_>,
) -> Result<Result<Campaign, (CampaignId, String)>, StoreError> {
    let id = CampaignId(row.get(0)?);
    Ok(campaign(row).map_err(|problem| (id, problem.to_string())))
}

fn campaign(row: &SqlRow<'_>) -> Result<Campaign, StoreError> {
    let (policy, state): (String, String) = (row.get(4)?, row.get(5)?);
    Ok(Campaign {
        id: CampaignId(row.get(0)?),
        name: row.get(1)?,
        announcement: AnnouncementId(row.get(2)?),
        topic: TopicId(row.get(3)?),
        policy: known(InDoubtPolicy::from_word(&policy), "policy")?,
        state: state_of(&state)?,
        created_at: Timestamp(row.get(6)?),
        started_at: row.get::<Option<i64>>(7)?.map(Timestamp),
        finished_at: row.get::<Option<i64>>(8)?.map(Timestamp),
    })
}

/// Keeps others from finishing or reopening the campaign until the transaction ends. The statement
/// that checks whether anything is open must come after this one: on PostgreSQL it sees what was
/// committed before it began, and not what was committed while it waited.
pub(crate) fn lock(tx: &Tx<'_>, campaign: CampaignId) -> Result<(), StoreError> {
    tx.execute(CAMPAIGN_LOCK, [campaign.0]).map(drop)
}
