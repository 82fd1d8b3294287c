//! Sharing notices: to whom, for what and which data is to be shared, and since when people know.
//!
//! Invariants: a notice is never changed but for being cancelled, which is for good; it is for a recipient who
//! is registered with the basis sharing, within their purposes and fields, then and whenever something is
//! shared by it.

use std::time::Duration;

use model::{
    CampaignId, DisclosedField, DisclosureBasis, DisclosureRefused, SharingNoticeId, SharingTerms,
    Timestamp,
};

use crate::disclosing::entry::{fields_of, fields_text};
use crate::disclosing::processors::{Processor, permitted};
use crate::engine::error::known;
use crate::engine::sql::texts;
use crate::engine::tx::Tx;
use crate::engine::value::SqlRow;
use crate::{Store, StoreError, tracking};

texts! {
    NOTICE_INSERT = "INSERT INTO sharing_notices (recipient, purpose, fields, text, campaign_id, days,
            announced_at, announced_by, begins_at)
        VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9) RETURNING id";
    NOTICE_FIND = "SELECT id, recipient, purpose, fields, text, campaign_id, days, announced_at,
            announced_by, begins_at, cancelled_at
        FROM sharing_notices WHERE id = $1";
    NOTICES_LIST = "SELECT id, recipient, purpose, fields, text, campaign_id, days, announced_at,
            announced_by, begins_at, cancelled_at
        FROM sharing_notices ORDER BY id DESC LIMIT 1000";
    NOTICES_COUNT = "SELECT count(*) FROM sharing_notices";
    NOTICE_CANCEL = "UPDATE sharing_notices SET cancelled_at = $2
        WHERE id = $1 AND cancelled_at IS NULL";
    NOTICE_CAMPAIGN = "SELECT k.started_at, a.source FROM campaigns k
        JOIN announcements a ON a.id = k.announcement_id WHERE k.id = $1";
}

/// Notices that there can be.
const MOST: i64 = 1_000;

/// A notice that is to be announced. The text has one to 2,000 characters.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NewSharingNotice {
    pub recipient: String,
    pub purpose: String,
    pub fields: Vec<DisclosedField>,
    /// What people are told, as their pages show it.
    pub text: String,
    /// Whose mail carries it.
    pub campaign: CampaignId,
    /// Days that everybody has to say no.
    pub days: u16,
    /// None: when the notice period is over.
    pub begins_at: Option<Timestamp>,
    pub at: Timestamp,
}

/// What people are told before their data is shared.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SharingNotice {
    pub id: SharingNoticeId,
    pub recipient: String,
    pub purpose: String,
    pub fields: Vec<DisclosedField>,
    pub text: String,
    pub campaign: CampaignId,
    pub days: u16,
    pub announced_at: Timestamp,
    pub announced_by: String,
    /// Nothing is shared before.
    pub begins_at: Timestamp,
    /// From then on nothing is shared any more.
    pub cancelled_at: Option<Timestamp>,
}

impl Store {
    /// Announces that data is to be shared.
    ///
    /// # Errors
    /// [`StoreError::Disclosure`] when the recipient may not get it, or the campaign's mail does not name
    /// them; [`StoreError::NotFound`] for an unknown campaign.
    pub async fn sharing_announce(
        &self,
        new: NewSharingNotice,
    ) -> Result<SharingNoticeId, StoreError> {
        self.write(move |tx| announce(tx, &new)).await
    }

    /// Cancels a notice for good. False when it was cancelled before.
    ///
    /// # Errors
    /// [`StoreError::Disclosure`] when there is none.
    pub async fn sharing_cancel(
        &self,
        id: SharingNoticeId,
        at: Timestamp,
    ) -> Result<bool, StoreError> {
        self.write(move |tx| {
            find(tx, id)?;
            Ok(tx.execute(NOTICE_CANCEL, (id.0, at.0))? > 0)
        })
        .await
    }

    /// The notices, the newest first, at most 1,000.
    pub async fn sharing_notices(&self) -> Result<Vec<SharingNotice>, StoreError> {
        self.read(|tx| tx.all(NOTICES_LIST, (), notice)).await
    }

    /// # Errors
    /// [`StoreError::Disclosure`] when there is none.
    pub async fn sharing_notice(&self, id: SharingNoticeId) -> Result<SharingNotice, StoreError> {
        self.read(move |tx| find(tx, id)).await
    }
}

impl SharingNotice {
    /// What it asks for before somebody is shared by it.
    pub(super) fn terms(&self, tx: &Tx<'_>) -> Result<SharingTerms, StoreError> {
        Ok(SharingTerms {
            announced_at: self.announced_at,
            days: self.days,
            needs_grant: tracking::policy(tx)?.needs_consent(),
        })
    }

    /// The recipient, if something may be shared by it at this time.
    pub(super) fn open(&self, tx: &Tx<'_>, at: Timestamp) -> Result<Processor, StoreError> {
        if self.cancelled_at.is_some() {
            return Err(DisclosureRefused::NoticeCancelled(self.id).into());
        }
        if at < self.begins_at {
            let (notice, begins) = (self.id, self.begins_at);
            return Err(DisclosureRefused::NoticeTooEarly { notice, begins }.into());
        }
        carried(tx, self.campaign, &self.recipient, true)?;
        addressee(tx, &self.recipient, &self.purpose, &self.fields)
    }
}

pub(super) fn find(tx: &Tx<'_>, id: SharingNoticeId) -> Result<SharingNotice, StoreError> {
    let found = tx.first(NOTICE_FIND, [id.0], notice)?;
    found.ok_or_else(|| DisclosureRefused::UnknownNotice(id).into())
}

fn announce(tx: &Tx<'_>, new: &NewSharingNotice) -> Result<SharingNoticeId, StoreError> {
    let NewSharingNotice { recipient, purpose, fields, text, campaign, days, begins_at, at } = new;
    let recipient = addressee(tx, recipient, purpose, fields)?.name;
    carried(tx, *campaign, &recipient, false)?;
    if tx.one(NOTICES_COUNT, (), |row| row.get::<i64>(0))? >= MOST {
        return Err(StoreError::OutOfRange("the number of sharing notices"));
    }
    let earliest = at.after(Duration::from_secs(u64::from(*days) * 24 * 60 * 60));
    let begins = begins_at.unwrap_or(earliest).max(earliest);
    let (purpose, fields) = (purpose.to_lowercase(), fields_text(fields));
    let (days, by) = (i64::from(*days), tx.actor());
    let values = (recipient, purpose, fields, text, campaign.0, days, at.0, by, begins.0);
    tx.one(NOTICE_INSERT, values, |row| row.get(0).map(SharingNoticeId))
}

/// The recipient, if they may get these fields for this purpose by sharing.
fn addressee(
    tx: &Tx<'_>,
    recipient: &str,
    purpose: &str,
    fields: &[DisclosedField],
) -> Result<Processor, StoreError> {
    let found = permitted(tx, recipient, purpose, fields)?;
    match found.basis {
        DisclosureBasis::Sharing => Ok(found),
        basis => Err(DisclosureRefused::NoticeBasis { recipient: found.name, basis }.into()),
    }
}

/// Whether the campaign's mail names the recipient, which a draft may still come to do.
fn carried(
    tx: &Tx<'_>,
    campaign: CampaignId,
    recipient: &str,
    is_last_look: bool,
) -> Result<(), StoreError> {
    let found = tx.first(NOTICE_CAMPAIGN, [campaign.0], |row| {
        Ok((row.get::<Option<i64>>(0)?, row.get::<String>(1)?))
    })?;
    let (started, source) = found.ok_or(StoreError::NotFound("campaign"))?;
    let words = |text: &str| text.split_whitespace().collect::<Vec<_>>().join(" ").to_lowercase();
    let is_draft = started.is_none() && !is_last_look;
    match is_draft || words(&source).contains(&words(recipient)) {
        true => Ok(()),
        false => {
            let (campaign, recipient) = (campaign.number(), recipient.to_owned());
            Err(DisclosureRefused::NoticeNotCarried { campaign, recipient }.into())
        }
    }
}

fn notice(row: &SqlRow<'_>) -> Result<SharingNotice, StoreError> {
    Ok(SharingNotice {
        id: SharingNoticeId(row.get(0)?),
        recipient: row.get(1)?,
        purpose: row.get(2)?,
        fields: fields_of(row.text(3)?)?,
        text: row.get(4)?,
        campaign: CampaignId(row.get(5)?),
        days: known(u16::try_from(row.get::<i64>(6)?).ok(), "days of a sharing notice")?,
        announced_at: Timestamp(row.get(7)?),
        announced_by: row.get(8)?,
        begins_at: Timestamp(row.get(9)?),
        cancelled_at: row.get::<Option<i64>>(10)?.map(Timestamp),
    })
}
