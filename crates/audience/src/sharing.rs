//! Contacts who may be shared with others: what a file of them holds, and what they say about it.
//!
//! Invariants: of whoever may not be shared nothing is written, and of the others the notice's fields alone; a
//! contact's word changes by these functions only.

use std::time::{Duration, Instant};

use model::{CampaignId, ContactId, DisclosedField, SharingNoticeId, Timestamp};
use serde_json::Value;
use store::{ListedContact, SharingCounts, SharingNotice, SharingWord, Store, StoreError};

/// A file that is shared by a notice.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct SharedFile {
    notice: SharingNoticeId,
    pub(crate) fields: Vec<DisclosedField>,
}

/// The notice by which an export job shares, if it does, as its specification says.
pub(crate) fn notice_of(spec: &str) -> Option<SharingNoticeId> {
    let value: Value = serde_json::from_str(spec).ok()?;
    value.get("disclosure")?.get("notice")?.as_i64().map(SharingNoticeId)
}

impl SharedFile {
    pub(crate) async fn read(
        store: &Store,
        notice: Option<SharingNoticeId>,
    ) -> Result<Option<Self>, StoreError> {
        let Some(notice) = notice else { return Ok(None) };
        let fields = store.sharing_notice(notice).await?.fields;
        Ok(Some(Self { notice, fields }))
    }

    /// Those who may be shared, with what may be told of them.
    pub(crate) async fn keep(
        &self,
        store: &Store,
        contacts: Vec<ListedContact>,
        at: Timestamp,
    ) -> Result<Vec<ListedContact>, StoreError> {
        let ids = contacts.iter().map(|it| it.id).collect();
        let allowed = store.sharing_allowed(self.notice, ids, at).await?;
        let tells = self.fields.contains(&DisclosedField::Attributes);
        let kept = contacts.into_iter().filter(|it| allowed.contains(&it.id)).map(|mut it| {
            if !tells {
                it.attributes.clear();
                it.tags.clear();
            }
            it
        });
        Ok(kept.collect())
    }
}

/// Who could be shared by a notice when nothing else stood against it, and why the others not; and whether there was
/// time to look at everybody.
///
/// # Errors
/// When there is no such notice, or the store can't answer.
pub async fn sharing_preview(
    store: &Store,
    notice: SharingNoticeId,
    at: Timestamp,
    time: Duration,
) -> Result<(SharingCounts, bool), StoreError> {
    let by = Instant::now() + time;
    let (mut all, mut after) = (SharingCounts::default(), None);
    loop {
        let (counts, next) = store.sharing_count(notice, after, at).await?;
        all.shared += counts.shared;
        for (why, count) in counts.left_out {
            *all.left_out.entry(why).or_default() += count;
        }
        match next {
            Some(_) if Instant::now() < by => after = next,
            next => return Ok((all, next.is_none())),
        }
    }
}

/// What somebody is asked about sharing.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SharingQuestion {
    /// The notices that hold, the newest first.
    pub notices: Vec<SharingNotice>,
    /// Whether they may be shared, as far as their own word goes.
    pub is_allowed: bool,
}

/// What a contact is asked about sharing; None as long as no notice was ever announced.
///
/// # Errors
/// When the store can't answer.
pub async fn sharing_question(
    store: &Store,
    contact: ContactId,
) -> Result<Option<SharingQuestion>, StoreError> {
    let mut notices = store.sharing_notices().await?;
    if notices.is_empty() {
        return Ok(None);
    }
    notices.retain(|it| it.cancelled_at.is_none());
    let said = store.contact_sharing(contact).await?;
    let is_allowed = match said {
        Some(word) => word,
        None => !store.tracking_policy().await?.needs_consent(),
    };
    Ok(Some(SharingQuestion { notices, is_allowed }))
}

/// Notes what a contact says about sharing, with the proof in the consent ledger. Whether it is something else
/// than before.
///
/// # Errors
/// When the store can't save it; the caller must not say that it was done.
pub async fn say_sharing(
    store: &Store,
    (contact, granted): (ContactId, bool),
    source: &str,
    campaign: Option<CampaignId>,
    at: Timestamp,
) -> Result<bool, StoreError> {
    let source = source.to_owned();
    store.contact_sharing_say(SharingWord { contact, granted, source, campaign, at }).await
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_job_shares_by_the_notice_that_its_specification_names() {
        let spec = r#"{"topics":null,"disclosure":{"for":null,"purpose":null,"notice":7}}"#;
        assert_eq!(notice_of(spec), Some(SharingNoticeId(7)));
        for none in ["", "{}", r#"{"disclosure":{"notice":null}}"#, r#"{"notice":7}"#] {
            assert_eq!(notice_of(none), None, "{none}");
        }
    }
}
