//! Mailing those who are asked, and stopping those who do not answer.

use std::collections::BTreeMap;
use std::time::Duration;

use model::{ContactId, EmailAddress, Timestamp};

use super::{Reconfirmation, ReconfirmationState, reconfirmation, slice};
use crate::engine::error::count;
use crate::engine::sql::texts;
use crate::engine::tx::Tx;
use crate::merged_numbers;
use crate::people::contacts::{address, attributes_from};
use crate::people::leaving::{Act, enter};
use crate::{Store, StoreError};

texts! {
    /// The condition is asked twice, so that of two nodes one gets it.
    RECONFIRMATION_HOLD = "UPDATE reconfirmations SET held_until = $2
        WHERE held_until <= $1 AND id = (SELECT id FROM reconfirmations
            WHERE state IN ('asking', 'waiting') AND held_until <= $1
            ORDER BY held_until, id LIMIT 1)
        RETURNING id, topic_id, before_at, within_days, per_minute, begun_at, begun_by, state,
            after_id, ended_at";
    RECONFIRMATION_STANDING = "SELECT state, after_id FROM reconfirmations WHERE id = $1";
    RECONFIRMATION_REST = "UPDATE reconfirmations SET held_until = $2 WHERE id = $1";
    RECONFIRMATION_MOVE = "UPDATE reconfirmations SET after_id = $2, state = $3
        WHERE id = $1 AND state = 'asking'";
    RECONFIRMATION_END = "UPDATE reconfirmations SET state = 'ended', ended_at = $2
        WHERE id = $1 AND state = 'waiting'
        AND NOT EXISTS (SELECT 1 FROM reconfirmation_links
            WHERE reconfirmation_id = $1 AND state = 0)
        AND NOT EXISTS (SELECT 1 FROM reconfirmation_links
            WHERE reconfirmation_id = $1 AND state = 1)";
    RECONFIRM_LINK_ADD = "INSERT INTO reconfirmation_links (reconfirmation_id, contact_id, state)
        VALUES ($1, $2, 0) ON CONFLICT DO NOTHING";
    RECONFIRM_LINK_STANDS = "SELECT 1 FROM reconfirmation_links
        WHERE reconfirmation_id = $1 AND contact_id = $2";
    RECONFIRM_TO_MAIL = "SELECT l.contact_id, c.email, c.attributes, s.state, x.reason
        FROM reconfirmation_links l
        LEFT JOIN contacts c ON c.id = l.contact_id
        LEFT JOIN subscriptions s ON s.topic_id = $2 AND s.contact_id = l.contact_id
        LEFT JOIN suppressions x ON x.email_key = lower(c.email)
        WHERE l.reconfirmation_id = $1 AND l.state = 0 ORDER BY l.contact_id LIMIT $3";
    RECONFIRM_LINK_SET = "UPDATE reconfirmation_links SET token_hash = $3
        WHERE reconfirmation_id = $1 AND contact_id = $2 AND state = 0";
    RECONFIRM_LINK_MOVE = "UPDATE reconfirmation_links
        SET state = $3, asked_at = coalesce($4, asked_at)
        WHERE reconfirmation_id = $1 AND contact_id = $2 AND state < 2";
    RECONFIRM_LATE = "SELECT contact_id, asked_at FROM reconfirmation_links
        WHERE reconfirmation_id = $1 AND state = 1 AND asked_at <= $2
        ORDER BY asked_at, contact_id LIMIT $3";
    /// Not of who has agreed anew since they were asked, by whatever way.
    SUBSCRIPTION_UNCONFIRM = "UPDATE subscriptions SET state = 'pending', changed_at = $3
        WHERE topic_id = $1 AND contact_id = $2 AND state = 'subscribed'
        AND NOT EXISTS (SELECT 1 FROM consents WHERE contact_id = $2 AND kind = 'mail'
            AND topic_id = $1 AND granted = 1 AND at > $4)";
    RECONFIRM_LINKS_EXPIRE = "DELETE FROM reconfirmation_links WHERE reconfirmation_id = $1
        AND contact_id IN (SELECT contact_id FROM reconfirmation_links
            WHERE reconfirmation_id = $1 ORDER BY contact_id LIMIT $2)";
    RECONFIRMATION_EXPIRED = "SELECT r.id FROM reconfirmations r
        WHERE r.ended_at <= $1 AND EXISTS (SELECT 1 FROM reconfirmation_links l
            WHERE l.reconfirmation_id = r.id) ORDER BY r.id LIMIT 1";
}

/// How the ledger says that somebody has not confirmed.
const NOT_CONFIRMED: &str = "not confirmed";
/// A node that is at a re-confirmation has lost it after this time.
const HELD: Duration = Duration::from_secs(10 * 60);
/// People who are stopped, or whose rows are removed, in one transaction.
const AT_ONCE: usize = 500;
/// How long links can be used after the end.
const LATE: Duration = Duration::from_secs(90 * 24 * 60 * 60);

/// Somebody who is to be asked. Personal data.
#[derive(Clone, PartialEq, Eq)]
pub struct AskedAgain {
    pub contact: ContactId,
    pub email: EmailAddress,
    pub attributes: BTreeMap<String, String>,
}

impl Store {
    /// Takes the open one that has rested for the longest time, for this node.
    pub async fn reconfirmation_hold(
        &self,
        now: Timestamp,
    ) -> Result<Option<Reconfirmation>, StoreError> {
        self.write(move |tx| {
            let values = (now.0, now.after(HELD).0);
            tx.first(RECONFIRMATION_HOLD, values, reconfirmation)
        })
        .await
    }

    /// Gives it back, to be taken again from `until` on.
    pub async fn reconfirmation_rest(&self, id: i64, until: Timestamp) -> Result<(), StoreError> {
        self.write(move |tx| tx.execute(RECONFIRMATION_REST, (id, until.0)).map(drop)).await
    }

    /// At most `limit` people who are to be mailed now, of those found so far and of the next subscribers.
    /// When there are none any more, everybody was asked.
    pub async fn reconfirmation_next(
        &self,
        held: &Reconfirmation,
        limit: usize,
    ) -> Result<Vec<AskedAgain>, StoreError> {
        let (held, limit) = (held.clone(), count(limit)?);
        self.write(move |tx| {
            let due = to_mail(tx, &held, limit)?;
            if !due.is_empty() || held.state != ReconfirmationState::Asking {
                return Ok(due);
            }
            let now: Option<i64> =
                tx.first(RECONFIRMATION_STANDING, [held.id], |row| row.get(1))?;
            let found = slice(tx, held.topic, held.before, now.unwrap_or(held.after))?;
            let state = match found.is_full {
                true => ReconfirmationState::Asking,
                false => ReconfirmationState::Waiting,
            };
            let last = found.last.unwrap_or(held.after);
            if tx.execute(RECONFIRMATION_MOVE, (held.id, last, state.as_str()))? == 0 {
                // It was cancelled.
                return Ok(Vec::new());
            }
            let mut add = tx.prepare(RECONFIRM_LINK_ADD)?;
            for contact in found.asked {
                add.execute((held.id, contact))?;
            }
            to_mail(tx, &held, limit)
        })
        .await
    }

    /// Keeps the hash of the link that is about to be mailed.
    pub async fn reconfirmation_link(
        &self,
        id: i64,
        contact: ContactId,
        token_hash: [u8; 32],
    ) -> Result<(), StoreError> {
        let values = (id, contact.0, token_hash);
        self.write(move |tx| tx.execute(RECONFIRM_LINK_SET, values).map(drop)).await
    }

    /// Notes whether the mail was accepted: from then on their time to confirm runs.
    pub async fn reconfirmation_mailed(
        &self,
        id: i64,
        contact: ContactId,
        is_accepted: bool,
        at: Timestamp,
    ) -> Result<(), StoreError> {
        let (state, at) = if is_accepted { (1_i64, Some(at.0)) } else { (4, None) };
        let values = (id, contact.0, state, at);
        self.write(move |tx| tx.execute(RECONFIRM_LINK_MOVE, values).map(drop)).await
    }

    /// Stops some of those who have not confirmed in time, and ends it when nobody is left. Returns how many
    /// were stopped.
    pub async fn reconfirmation_stop(
        &self,
        held: &Reconfirmation,
        now: Timestamp,
    ) -> Result<u64, StoreError> {
        let held = held.clone();
        let (id, topic, days) = (held.id, held.topic, held.within_days);
        let asked_before = now.before(Duration::from_secs(u64::from(days) * 24 * 60 * 60));
        self.write(move |tx| {
            // Not of one that was cancelled.
            let open: Option<String> = tx.first(RECONFIRMATION_STANDING, [id], |row| row.get(0))?;
            let open = open.as_deref().and_then(ReconfirmationState::from_word);
            if !open.is_some_and(ReconfirmationState::is_open) {
                return Ok(0);
            }
            let late = (id, asked_before.0, count(AT_ONCE)?);
            let late =
                tx.all(RECONFIRM_LATE, late, |row| Ok((row.get::<i64>(0)?, row.get::<i64>(1)?)))?;
            let mut stopped = 0;
            for (contact, asked_at) in late {
                let Some(now_they) = who_answers(tx, &held, ContactId(contact))? else {
                    tx.execute(RECONFIRM_LINK_MOVE, (id, contact, 4_i64, None::<i64>))?;
                    continue;
                };
                let act = Act { contact: now_they, source: NOT_CONFIRMED, campaign: None, at: now };
                let values = (topic.0, now_they.0, now.0, asked_at);
                let ended = tx.execute(SUBSCRIPTION_UNCONFIRM, values)? > 0;
                if ended {
                    enter(tx, &act, Some(topic), false)?;
                    stopped += 1;
                }
                let state = if ended { 3_i64 } else { 4 };
                tx.execute(RECONFIRM_LINK_MOVE, (id, contact, state, None::<i64>))?;
            }
            if stopped > 0 {
                tx.bump_removals()?;
            }
            tx.execute(RECONFIRMATION_END, (id, now.0))?;
            Ok(stopped)
        })
        .await
    }

    /// Removes some rows of people from one that ended 90 days ago. Whether there may be more.
    pub async fn reconfirmations_expire(&self, now: Timestamp) -> Result<bool, StoreError> {
        self.write(move |tx| {
            let ended: Option<i64> =
                tx.first(RECONFIRMATION_EXPIRED, [now.before(LATE).0], |row| row.get(0))?;
            let Some(id) = ended else { return Ok(false) };
            tx.execute(RECONFIRM_LINKS_EXPIRE, (id, count(AT_ONCE)?))?;
            Ok(true)
        })
        .await
    }
}

fn to_mail(tx: &Tx<'_>, held: &Reconfirmation, limit: i64) -> Result<Vec<AskedAgain>, StoreError> {
    let values = (held.id, held.topic.0, limit);
    let found = tx.all(RECONFIRM_TO_MAIL, values, |row| {
        let contact = ContactId(row.get(0)?);
        let (email, state): (Option<String>, Option<String>) = (row.get(1)?, row.get(3)?);
        let suppressed: Option<String> = row.get(4)?;
        let is_still = suppressed.is_none() && state.as_deref() == Some("subscribed");
        let Some(email) = email.filter(|_| is_still) else { return Ok((contact, None)) };
        let (email, attributes) = (address(&email)?, attributes_from(row.text(2)?)?);
        Ok((contact, Some(AskedAgain { contact, email, attributes })))
    })?;
    let (mut asked, mut has_more) = (Vec::with_capacity(found.len()), false);
    for (contact, person) in found {
        match person {
            Some(person) => asked.push(person),
            None => {
                tx.execute(RECONFIRM_LINK_MOVE, (held.id, contact.0, 4_i64, None::<i64>))?;
                if let Some(kept) = who_answers(tx, held, contact)?.filter(|it| *it != contact) {
                    tx.execute(RECONFIRM_LINK_ADD, (held.id, kept.0))?;
                    has_more = true;
                }
            }
        }
    }
    match asked.is_empty() && has_more {
        // Those who were added are nobody's other number, so this ends.
        true => to_mail(tx, held, limit),
        false => Ok(asked),
    }
}

/// Who is to confirm in place of somebody who was asked, or is to be: themselves, or the contact into whom they
/// were merged, if that one would be asked and is not asked by a link of their own.
fn who_answers(
    tx: &Tx<'_>,
    held: &Reconfirmation,
    asked: ContactId,
) -> Result<Option<ContactId>, StoreError> {
    let now = merged_numbers::now(tx, asked)?;
    if now == asked {
        return Ok(Some(now));
    }
    let is_asked = tx.first(RECONFIRM_LINK_STANDS, (held.id, now.0), |_| Ok(()))?.is_some();
    let would_be = !is_asked && super::is_to_be_asked(tx, held.topic, held.before, now)?;
    Ok(Some(now).filter(|_| would_be))
}
