//! The text of a campaign while it is being written.
//!
//! Invariants: only a draft's text changes, and only from the revision that the writer has seen. A text
//! that is being written is one row, however often it is saved; it becomes a version of an announcement
//! when it is settled, with the campaign's links in the same transaction. What is scheduled or started is
//! the settled text that was checked: [`still_as_checked`] compares inside that transaction.

use model::campaign::CampaignRefused;
use model::{AnnouncementId, CampaignId, Timestamp, TopicId};

use crate::access::actor_record::{ActorKind, ActorRecord};
use crate::counting::links::{self, CampaignLink};
use crate::engine::error::known;
use crate::engine::sql::texts;
use crate::engine::tx::Tx;
use crate::engine::value::SqlRow;
use crate::sending::announcements::{self, NewAnnouncement};
use crate::sending::campaigns::state;
use crate::{Store, StoreError};

texts! {
    /// Changes nothing where there is no name; either way others wait for the transaction's end.
    DRAFT_LOCK = "UPDATE campaigns SET name = coalesce($2, name) WHERE id = $1 AND state = 'draft'";
    DRAFT_TOPIC = "UPDATE campaigns SET topic_id = $2 WHERE id = $1 AND state = 'draft'";
    DRAFT_ANNOUNCEMENT = "UPDATE campaigns SET announcement_id = $2 WHERE id = $1";
    DRAFT_REVISION = "SELECT coalesce(d.revision, 0), coalesce(d.settled, 0), k.topic_id
        FROM campaigns k LEFT JOIN campaign_drafts d ON d.campaign_id = k.id WHERE k.id = $1";
    DRAFT_PUT = "INSERT INTO campaign_drafts (campaign_id, revision, settled, source, saved_at,
            actor_kind, actor_id, actor_name) VALUES ($1, $2, 0, $3, $4, $5, $6, $7)
        ON CONFLICT (campaign_id) DO UPDATE SET revision = excluded.revision,
            source = excluded.source, saved_at = excluded.saved_at,
            actor_kind = excluded.actor_kind, actor_id = excluded.actor_id,
            actor_name = excluded.actor_name";
    DRAFT_SETTLE = "UPDATE campaign_drafts SET settled = $2
        WHERE campaign_id = $1 AND revision = $2";
    DRAFT_REMOVE = "DELETE FROM campaign_drafts WHERE campaign_id = $1";
    /// Everything that may hang on a draft.
    DRAFT_SCHEDULES_REMOVE = "DELETE FROM campaign_schedules WHERE campaign_id = $1";
    DRAFT_AUDIENCE_REMOVE = "DELETE FROM campaign_audiences WHERE campaign_id = $1";
    DRAFT_WARNINGS_REMOVE = "DELETE FROM accepted_warnings WHERE campaign_id = $1";
    DRAFT_TESTS_REMOVE = "DELETE FROM test_messages WHERE campaign_id = $1";
    DRAFT_LINKS_REMOVE = "DELETE FROM links WHERE campaign_id = $1";
    DRAFT_CAMPAIGN_REMOVE = "DELETE FROM campaigns WHERE id = $1 AND state = 'draft'";
    CAMPAIGN_TEXT = "SELECT coalesce(d.source, a.source), coalesce(d.revision, 0),
            coalesce(d.settled, 0), d.saved_at, d.actor_kind, d.actor_id, d.actor_name
        FROM campaigns k JOIN announcements a ON a.id = k.announcement_id
        LEFT JOIN campaign_drafts d ON d.campaign_id = k.id WHERE k.id = $1";
}

/// What a campaign says: the text that is being written for it, or its announcement's.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CampaignText {
    /// The whole text, front matter included; may be unfinished.
    pub source: String,
    /// Grows with each change; 0 is the text that the campaign was made of.
    pub revision: i64,
    /// The campaign's announcement and its links are those of this text.
    pub is_settled: bool,
    /// When and by whom it was saved, if it was since the campaign was made.
    pub saved: Option<(Timestamp, ActorRecord)>,
}

/// A draft's text that is to be saved.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NewDraftText {
    /// The revision that the writer has seen.
    pub over: i64,
    pub source: String,
    /// What the campaign is called from now on; nothing: as before.
    pub name: Option<String>,
    pub by: ActorRecord,
    /// What is kept as a version of an announcement: a text that is written over.
    pub keep: Option<NewAnnouncement>,
}

/// A text that compiles, for its campaign.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SettledText {
    pub revision: i64,
    pub announcement: NewAnnouncement,
    /// Its tracked links; each slot once.
    pub links: Vec<CampaignLink>,
}

/// What a campaign was checked with.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct CheckedText {
    /// The revision of its text.
    pub revision: i64,
    /// Whose subscribers were gone through.
    pub topic: TopicId,
}

impl Store {
    /// What the campaign with this id says.
    pub async fn campaign_text(&self, id: CampaignId) -> Result<Option<CampaignText>, StoreError> {
        self.read(move |tx| tx.first(CAMPAIGN_TEXT, [id.0], read)).await
    }

    /// Saves a draft's text as its next revision, which is returned.
    ///
    /// # Errors
    /// [`StoreError::Changed`] when the text has another revision than the writer has seen,
    /// [`StoreError::Refused`] when the campaign is no draft.
    pub async fn campaign_text_save(
        &self,
        id: CampaignId,
        new: NewDraftText,
        at: Timestamp,
    ) -> Result<i64, StoreError> {
        self.write(move |tx| {
            let NewDraftText { over, source, name, by, keep } = &new;
            lock(tx, id, name.as_deref())?;
            if revision(tx, id)?.0 != *over {
                return Err(StoreError::Changed("announcement"));
            }
            if let Some(keep) = keep {
                announcements::save(tx, keep, at)?;
            }
            let (kind, next) = (by.kind.as_str(), over + 1);
            tx.execute(DRAFT_PUT, (id.0, next, source, at.0, kind, by.id, &by.name))?;
            Ok(next)
        })
        .await
    }

    /// Makes the text that is being written the campaign's announcement, with its links.
    ///
    /// # Errors
    /// [`StoreError::Changed`] when the text has another revision by now, [`StoreError::Refused`] when
    /// the campaign is no draft.
    pub async fn campaign_settle(
        &self,
        id: CampaignId,
        settled: SettledText,
        at: Timestamp,
    ) -> Result<AnnouncementId, StoreError> {
        self.write(move |tx| {
            lock(tx, id, None)?;
            if tx.execute(DRAFT_SETTLE, (id.0, settled.revision))? == 0 {
                return Err(StoreError::Changed("announcement"));
            }
            let announcement = announcements::save(tx, &settled.announcement, at)?;
            tx.execute(DRAFT_ANNOUNCEMENT, (id.0, announcement.0))?;
            announcements::must_be_there(tx, announcement)?;
            links::replace(tx, id, &settled.links)?;
            Ok(announcement)
        })
        .await
    }

    /// Sends a draft to the subscribers of another topic.
    ///
    /// # Errors
    /// [`StoreError::Refused`] when the campaign is no draft.
    pub async fn campaign_topic_set(
        &self,
        id: CampaignId,
        topic: TopicId,
    ) -> Result<(), StoreError> {
        self.write(move |tx| match tx.execute(DRAFT_TOPIC, (id.0, topic.0))? {
            0 => Err(no_draft(tx, id)),
            _ => Ok(()),
        })
        .await
    }
}

impl Store {
    /// Removes a draft, with its test messages. `keep` is what becomes a version of an announcement in
    /// the same transaction: a text that is nowhere else.
    ///
    /// # Errors
    /// [`StoreError::Changed`] when the text has another revision than `over`, [`StoreError::Refused`]
    /// when the campaign is no draft.
    pub async fn campaign_draft_remove(
        &self,
        id: CampaignId,
        over: i64,
        keep: Option<NewAnnouncement>,
        at: Timestamp,
    ) -> Result<(), StoreError> {
        self.write(move |tx| {
            lock(tx, id, None)?;
            if revision(tx, id)?.0 != over {
                return Err(StoreError::Changed("announcement"));
            }
            if let Some(keep) = &keep {
                announcements::save(tx, keep, at)?;
            }
            remove_campaign(tx, id).map(drop)
        })
        .await
    }
}

/// Removes a campaign that is a draft, with what hangs on it; otherwise nothing of it. Says whether it
/// was one. Its row must be locked, or known to be a draft.
pub(crate) fn remove_campaign(tx: &Tx<'_>, id: CampaignId) -> Result<bool, StoreError> {
    let parts = [
        DRAFT_REMOVE,
        DRAFT_SCHEDULES_REMOVE,
        DRAFT_AUDIENCE_REMOVE,
        DRAFT_WARNINGS_REMOVE,
        DRAFT_TESTS_REMOVE,
        DRAFT_LINKS_REMOVE,
    ];
    for part in parts {
        tx.execute(part, [id.0])?;
    }
    Ok(tx.execute(DRAFT_CAMPAIGN_REMOVE, [id.0])? > 0)
}

/// Refuses when the campaign's text or topic is another one than was checked. Its row must be locked.
pub(crate) fn still_as_checked(
    tx: &Tx<'_>,
    id: CampaignId,
    checked: CheckedText,
) -> Result<(), StoreError> {
    let (now, settled, topic) = revision(tx, id)?;
    if now != checked.revision || settled != now || topic != checked.topic {
        return Err(StoreError::Changed("announcement"));
    }
    Ok(())
}

/// A campaign that starts says what its announcement says.
pub(crate) fn remove(tx: &Tx<'_>, id: CampaignId) -> Result<(), StoreError> {
    tx.execute(DRAFT_REMOVE, [id.0]).map(drop)
}

fn lock(tx: &Tx<'_>, id: CampaignId, name: Option<&str>) -> Result<(), StoreError> {
    match tx.execute(DRAFT_LOCK, (id.0, name))? {
        0 => Err(no_draft(tx, id)),
        _ => Ok(()),
    }
}

fn no_draft(tx: &Tx<'_>, id: CampaignId) -> StoreError {
    match state(tx, id) {
        Ok(Some(state)) => CampaignRefused { state, action: "written" }.into(),
        Ok(None) => StoreError::NotFound("campaign"),
        Err(error) => error,
    }
}

/// The text's revision, the one that is settled, and the topic.
fn revision(tx: &Tx<'_>, id: CampaignId) -> Result<(i64, i64, TopicId), StoreError> {
    tx.one(DRAFT_REVISION, [id.0], |row| Ok((row.get(0)?, row.get(1)?, TopicId(row.get(2)?))))
}

pub(crate) fn read(row: &SqlRow<'_>) -> Result<CampaignText, StoreError> {
    let (revision, settled): (i64, i64) = (row.get(1)?, row.get(2)?);
    let saved_at: Option<i64> = row.get(3)?;
    let saved = match saved_at {
        Some(at) => {
            let kind: String = row.get(4)?;
            let kind = known(ActorKind::from_word(&kind), "actor kind")?;
            let by = ActorRecord { kind, id: row.get(5)?, name: row.get(6)? };
            Some((Timestamp(at), by))
        }
        None => None,
    };
    Ok(CampaignText { source: row.get(0)?, revision, is_settled: settled == revision, saved })
}
