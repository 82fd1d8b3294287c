//! Sample data of a new installation: taken away again as if it had never been there.
//!
//! Invariant: only what was never mailed is removed, in one transaction: a delivery is also known to a
//! mailer's journal, which would take a store without it for an older copy.

use model::CampaignId;

use crate::engine::sql::texts;
use crate::engine::tx::Tx;
use crate::people::contacts::CONTACT_ID_BY_KEY;
use crate::people::erasure::forget_additions;
use crate::sending::drafts;
use crate::{Store, StoreError};

texts! {
    SAMPLE_CAMPAIGNS = "SELECT c.id, c.state FROM campaigns c
        JOIN announcements a ON a.id = c.announcement_id WHERE a.name = $1 ORDER BY c.id LIMIT 100";
    SAMPLE_WAS_MAILED = "SELECT 1 FROM deliveries
        WHERE campaign_id IN (SELECT id FROM campaigns) AND contact_id = $1 LIMIT 1";
    /// What single messages were made from stays.
    SAMPLE_ANNOUNCEMENT_REMOVE = "DELETE FROM announcements WHERE name = $1
        AND NOT EXISTS (SELECT 1 FROM message_forms f WHERE f.announcement_id = announcements.id)";
    SAMPLE_TEXT_REMOVE = "DELETE FROM announcement_texts WHERE name = $1";
    SAMPLE_SUBSCRIPTIONS_REMOVE = "DELETE FROM subscriptions
        WHERE topic_id IN (SELECT id FROM topics) AND contact_id = $1";
    SAMPLE_CONSENTS_REMOVE = "DELETE FROM consents WHERE contact_id = $1";
    SAMPLE_COPIES_REMOVE = "DELETE FROM test_messages WHERE email_key = $1 OR contact_id = $2";
    SAMPLE_SUPPRESSION_REMOVE = "DELETE FROM suppressions WHERE email_key = $1";
    SAMPLE_CONTACT_REMOVE = "DELETE FROM contacts WHERE id = $1";
    SAMPLE_TOPIC_FIND = "SELECT id FROM topics WHERE slug = $1";
    /// Nothing of anybody else's hangs on it.
    SAMPLE_TOPIC_REMOVE = "DELETE FROM topics WHERE id = $1
        AND NOT EXISTS (SELECT 1 FROM subscriptions WHERE topic_id = $1)
        AND NOT EXISTS (SELECT 1 FROM campaigns WHERE topic_id = $1)
        AND NOT EXISTS (SELECT 1 FROM archived_campaigns WHERE topic_id = $1)
        AND NOT EXISTS (SELECT 1 FROM user_topics WHERE topic_id = $1)
        AND NOT EXISTS (SELECT 1 FROM api_token_topics WHERE topic_id = $1)
        AND NOT EXISTS (SELECT 1 FROM jobs WHERE topic_id = $1)";
    ANY_STARTED = "SELECT 1 FROM campaigns WHERE started_at IS NOT NULL LIMIT 1";
    ANY_CONTACT = "SELECT 1 FROM contacts LIMIT 1";
}

/// What sample data is called: whatever has these names is sample data.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SampleNames {
    /// Comparison keys of the contacts' addresses.
    pub email_keys: Vec<String>,
    /// Of topics.
    pub slugs: Vec<String>,
    /// The announcement's name.
    pub announcement: String,
}

/// Sample data that is there, or was.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct SampleData {
    pub contacts: usize,
    pub topics: usize,
    pub campaigns: Vec<CampaignId>,
}

impl SampleData {
    #[must_use]
    pub fn is_empty(&self) -> bool {
        *self == Self::default()
    }
}

impl Store {
    /// The sample data that is there.
    pub async fn sample_find(&self, names: SampleNames) -> Result<SampleData, StoreError> {
        self.read(move |tx| {
            let mut data = SampleData {
                campaigns: campaigns(tx, &names)?.into_iter().map(|(id, _)| id).collect(),
                ..SampleData::default()
            };
            for key in &names.email_keys {
                data.contacts += usize::from(id_of(tx, CONTACT_ID_BY_KEY, key)?.is_some());
            }
            for slug in &names.slugs {
                data.topics += usize::from(id_of(tx, SAMPLE_TOPIC_FIND, slug)?.is_some());
            }
            Ok(data)
        })
        .await
    }

    /// Removes the sample data; topics on which anything else hangs stay.
    ///
    /// # Errors
    /// [`StoreError::Changed`], and nothing was removed, when one of its campaigns is no draft any more
    /// or one of its contacts was mailed.
    pub async fn sample_remove(&self, names: SampleNames) -> Result<SampleData, StoreError> {
        self.write(move |tx| remove(tx, &names)).await
    }

    /// Whether any campaign was ever started.
    pub async fn campaigns_started(&self) -> Result<bool, StoreError> {
        self.read(|tx| Ok(tx.first(ANY_STARTED, (), |_| Ok(()))?.is_some())).await
    }

    /// Whether there is any contact.
    pub async fn contacts_exist(&self) -> Result<bool, StoreError> {
        self.read(|tx| Ok(tx.first(ANY_CONTACT, (), |_| Ok(()))?.is_some())).await
    }
}

fn id_of(
    tx: &Tx<'_>,
    sql: crate::engine::sql::Sql,
    name: &String,
) -> Result<Option<i64>, StoreError> {
    tx.first(sql, [name], |row| row.get(0))
}

fn campaigns(tx: &Tx<'_>, names: &SampleNames) -> Result<Vec<(CampaignId, String)>, StoreError> {
    tx.all(SAMPLE_CAMPAIGNS, [&names.announcement], |row| {
        Ok((CampaignId(row.get(0)?), row.get(1)?))
    })
}

fn remove(tx: &Tx<'_>, names: &SampleNames) -> Result<SampleData, StoreError> {
    let campaigns = campaigns(tx, names)?;
    let mut contacts = Vec::with_capacity(names.email_keys.len());
    for key in &names.email_keys {
        let Some(id) = id_of(tx, CONTACT_ID_BY_KEY, key)? else { continue };
        if tx.first(SAMPLE_WAS_MAILED, [id], |_| Ok(()))?.is_some() {
            return Err(StoreError::Changed("sample data"));
        }
        contacts.push((id, key));
    }
    if campaigns.iter().any(|(_, state)| state != "draft") {
        return Err(StoreError::Changed("sample data"));
    }
    let mut removed = SampleData::default();
    for (id, _) in campaigns {
        if drafts::remove_campaign(tx, id)? {
            removed.campaigns.push(id);
        }
    }
    tx.execute(SAMPLE_TEXT_REMOVE, [&names.announcement])?;
    tx.execute(SAMPLE_ANNOUNCEMENT_REMOVE, [&names.announcement])?;
    for (id, key) in contacts {
        tx.execute(SAMPLE_SUBSCRIPTIONS_REMOVE, [id])?;
        tx.execute(SAMPLE_CONSENTS_REMOVE, [id])?;
        forget_additions(tx, id)?;
        tx.execute(SAMPLE_COPIES_REMOVE, (key, id))?;
        tx.execute(SAMPLE_SUPPRESSION_REMOVE, [key])?;
        removed.contacts += tx.execute(SAMPLE_CONTACT_REMOVE, [id])?;
    }
    for slug in &names.slugs {
        if let Some(id) = id_of(tx, SAMPLE_TOPIC_FIND, slug)? {
            removed.topics += tx.execute(SAMPLE_TOPIC_REMOVE, [id])?;
        }
    }
    Ok(removed)
}
