//! The links by which people confirm.

use std::collections::BTreeMap;

use model::{ConsentBasis, ConsentKind, EmailAddress, Timestamp};

use crate::engine::sql::texts;
use crate::engine::value::SqlRow;
use crate::people::contacts::{address, attributes_from};
use crate::people::import::IMPORT_CONSENT_INSERT;
use crate::people::leaving::{SUBSCRIPTION_SET, SUPPRESSION_REASON};
use crate::people::topics::SUBSCRIPTION_STATE;
use crate::{Store, StoreError};

texts! {
    RECONFIRM_CONFIRMED = "UPDATE reconfirmation_links SET state = 2
        WHERE reconfirmation_id = $1 AND contact_id = $2 AND state IN (0, 1, 3)";
    /// Of somebody who was merged into another contact since they were asked, that one confirms.
    RECONFIRM_LINK_FIND = "SELECT l.reconfirmation_id, l.contact_id, r.topic_id, t.name, c.email,
            c.attributes, l.asked_at, c.id
        FROM reconfirmation_links l
        LEFT JOIN contact_merges m ON m.other_id = l.contact_id
        JOIN reconfirmations r ON r.id = l.reconfirmation_id
        JOIN topics t ON t.id = r.topic_id
        JOIN contacts c ON c.id = coalesce(m.kept_id, l.contact_id)
        WHERE l.token_hash = $1 AND l.state IN (0, 1, 3)";
}

/// How the ledger says that somebody has confirmed.
const RECONFIRMED: &str = "reconfirmation";

/// What a link confirms. Personal data.
#[derive(Clone, PartialEq, Eq)]
pub struct AskedAgainLink {
    pub email: EmailAddress,
    pub attributes: BTreeMap<String, String>,
    /// The topic's name.
    pub topic: String,
}

/// What became of a confirmation.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ConfirmedAgain {
    /// They go on getting the topic, or get it again.
    Confirmed,
    /// Their address must not be mailed, for this reason. Nothing was changed.
    Blocked(String),
}

impl Store {
    /// What the link with this SHA-256 confirms, if it is good. Uses nothing up.
    pub async fn reconfirmation_find(
        &self,
        token_hash: [u8; 32],
    ) -> Result<Option<AskedAgainLink>, StoreError> {
        self.read(move |tx| {
            Ok(tx.first(RECONFIRM_LINK_FIND, [token_hash], link)?.map(|(_, found)| found))
        })
        .await
    }

    /// Uses a link up. None when it is not good, or its person has left the topic since.
    pub async fn reconfirmation_confirm(
        &self,
        token_hash: [u8; 32],
        at: Timestamp,
    ) -> Result<Option<ConfirmedAgain>, StoreError> {
        self.write(move |tx| {
            let found = tx.first(RECONFIRM_LINK_FIND, [token_hash], link)?;
            let Some((ids, found)) = found else { return Ok(None) };
            let key = found.email.key();
            if let Some(reason) = tx.first(SUPPRESSION_REASON, [&key], |row| row.get(0))? {
                return Ok(Some(ConfirmedAgain::Blocked(reason)));
            }
            let LinkIds { reconfirmation, asked, contact, topic, asked_at } = ids;
            let state: Option<String> =
                tx.first(SUBSCRIPTION_STATE, (topic, contact), |row| row.get(0))?;
            if !matches!(state.as_deref(), Some("subscribed" | "pending")) {
                return Ok(None);
            }
            if tx.execute(RECONFIRM_CONFIRMED, (reconfirmation, asked))? == 0 {
                return Ok(None);
            }
            tx.execute(SUBSCRIPTION_SET, (topic, contact, "subscribed", at.0))?;
            let values = (
                contact,
                ConsentKind::Mail.as_str(),
                topic,
                RECONFIRMED,
                at.0,
                ConsentBasis::Consent.as_str(),
                None::<&str>,
                "confirmed by a mailed link",
                asked_at,
                None::<&str>,
                None::<&str>,
            );
            tx.execute(IMPORT_CONSENT_INSERT, values)?;
            Ok(Some(ConfirmedAgain::Confirmed))
        })
        .await
    }
}

struct LinkIds {
    reconfirmation: i64,
    /// Who was asked, by the number that they had then.
    asked: i64,
    /// Who they are now.
    contact: i64,
    topic: i64,
    asked_at: Option<i64>,
}

fn link(row: &SqlRow<'_>) -> Result<(LinkIds, AskedAgainLink), StoreError> {
    let ids = LinkIds {
        reconfirmation: row.get(0)?,
        asked: row.get(1)?,
        contact: row.get(7)?,
        topic: row.get(2)?,
        asked_at: row.get(6)?,
    };
    let found = AskedAgainLink {
        topic: row.get(3)?,
        email: address(row.text(4)?)?,
        attributes: attributes_from(row.text(5)?)?,
    };
    Ok((ids, found))
}
