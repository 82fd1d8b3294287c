//! Warnings that somebody has accepted for a campaign: what they were shown, and when they said
//! that it may be sent all the same.
//!
//! Invariant: append only. What a warning is, and which later one it covers, is `campaign`'s
//! business.

use model::{AnnouncementId, CampaignId, Timestamp};

use crate::engine::sql::texts;
use crate::sending::campaigns::CAMPAIGN_LOCK;
use crate::{Store, StoreError};

texts! {
    ACCEPTED_OF = "SELECT code, subject, contacts, text, announcement_id, accepted_at
        FROM accepted_warnings WHERE campaign_id = $1 ORDER BY number";
    ACCEPTED_LAST = "SELECT coalesce(max(number), 0) FROM accepted_warnings WHERE campaign_id = $1";
    ACCEPTED_INSERT = "INSERT INTO accepted_warnings
            (campaign_id, number, code, subject, contacts, text, announcement_id, accepted_at)
        SELECT id, $2, $3, $4, $5, $6, announcement_id, $7 FROM campaigns WHERE id = $1";
}

/// A warning that is to be accepted.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NewAcceptance {
    /// What kind of thing it is.
    pub code: String,
    /// What it is about, without what changes from one look to the next.
    pub subject: String,
    /// How many people it concerns; 0 when it is not about people.
    pub contacts: i64,
    /// As it was shown.
    pub text: String,
}

/// A warning that somebody has accepted.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AcceptedWarning {
    pub warning: NewAcceptance,
    /// The version of the announcement for which it was shown.
    pub announcement: AnnouncementId,
    pub at: Timestamp,
}

impl Store {
    /// The warnings that were accepted for a campaign, the oldest first.
    pub async fn accepted_warnings(
        &self,
        id: CampaignId,
    ) -> Result<Vec<AcceptedWarning>, StoreError> {
        self.read(move |tx| {
            tx.all(ACCEPTED_OF, [id.0], |row| {
                Ok(AcceptedWarning {
                    warning: NewAcceptance {
                        code: row.get(0)?,
                        subject: row.get(1)?,
                        contacts: row.get(2)?,
                        text: row.get(3)?,
                    },
                    announcement: AnnouncementId(row.get(4)?),
                    at: Timestamp(row.get(5)?),
                })
            })
        })
        .await
    }

    /// Keeps that these warnings were accepted for the campaign's announcement, all or none.
    pub async fn warnings_accept(
        &self,
        id: CampaignId,
        warnings: Vec<NewAcceptance>,
        at: Timestamp,
    ) -> Result<(), StoreError> {
        self.write(move |tx| {
            tx.execute(CAMPAIGN_LOCK, [id.0])?;
            let last: i64 = tx.one(ACCEPTED_LAST, [id.0], |row| row.get(0))?;
            for (number, warning) in (last + 1..).zip(&warnings) {
                let NewAcceptance { code, subject, contacts, text } = warning;
                tx.execute(ACCEPTED_INSERT, (id.0, number, code, subject, *contacts, text, at.0))?;
            }
            Ok(())
        })
        .await
    }
}
