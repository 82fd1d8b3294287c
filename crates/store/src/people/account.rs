//! The way into a person's own account: links that were mailed, and sessions.
//!
//! Invariants: of a link's and a session's secret only its hash is stored. A link is good once, until it
//! ends, and only while the contact has the address that it was mailed to; taking it and beginning the
//! session are one transaction. Both are bounded per contact, and go with the contact.

use std::time::Duration;

use model::{ContactId, Removal, SuppressionReason, Timestamp, TopicId};

use crate::engine::sql::texts;
use crate::engine::tx::Tx;
use crate::people::contacts::{Contact, address, contact};
use crate::people::leaving::{
    Act, SUBSCRIPTION_SET, SUPPRESSION_LIFT, Scope, Suppressed, enter, key_of, let_go,
};
use crate::{Store, StoreError};

texts! {
    ACCOUNT_LINK_ADD = "INSERT INTO account_links (token_hash, contact_id, email, is_change, ends_at)
        VALUES ($1, $2, $3, $4, $5)";
    /// All but the newest.
    ACCOUNT_LINKS_TRIM = "DELETE FROM account_links WHERE contact_id = $1 AND token_hash NOT IN
        (SELECT token_hash FROM account_links WHERE contact_id = $1
            ORDER BY ends_at DESC, token_hash LIMIT $2)";
    ACCOUNT_LINK_FIND = "SELECT l.contact_id, l.email, l.is_change, c.attributes
        FROM account_links l JOIN contacts c ON c.id = l.contact_id
        WHERE l.token_hash = $1 AND l.ends_at > $2
            AND (l.is_change = 1 OR lower(c.email) = lower(l.email))";
    ACCOUNT_LINK_TAKE = "DELETE FROM account_links
        WHERE token_hash = $1 AND ends_at > $2 AND is_change = $3
        RETURNING contact_id, email";
    /// Found by the address that the link was mailed to, if that is still the contact's.
    ACCOUNT_LINK_CONTACT = "SELECT id FROM contacts WHERE id = $1 AND lower(email) = lower($2)";
    ACCOUNT_SESSION_ADD = "INSERT INTO account_sessions (token_hash, contact_id, seen_at, ends_at)
        VALUES ($1, $2, $3, $4)";
    ACCOUNT_SESSIONS_TRIM = "DELETE FROM account_sessions
        WHERE contact_id = $1 AND token_hash NOT IN
        (SELECT token_hash FROM account_sessions WHERE contact_id = $1
            ORDER BY seen_at DESC, token_hash LIMIT $2)";
    ACCOUNT_SESSION_FIND = "SELECT c.id, c.email, c.attributes, c.created_at, c.updated_at
        FROM account_sessions s JOIN contacts c ON c.id = s.contact_id
        WHERE s.token_hash = $1 AND s.ends_at > $2 AND s.seen_at > $3";
    ACCOUNT_SESSION_SEEN = "UPDATE account_sessions SET seen_at = $2
        WHERE token_hash = $1 AND seen_at < $3";
    ACCOUNT_SESSION_END = "DELETE FROM account_sessions WHERE token_hash = $1";
    ACCOUNT_LINKS_DROP = "DELETE FROM account_links WHERE contact_id = $1";
    ACCOUNT_SESSIONS_DROP = "DELETE FROM account_sessions WHERE contact_id = $1";
    ACCOUNT_SESSIONS_OF = "SELECT count(*) FROM account_sessions
        WHERE contact_id = $1 AND ends_at > $2 AND seen_at > $3";
    ACCOUNT_LINKS_EXPIRE = "DELETE FROM account_links WHERE ends_at <= $1";
    ACCOUNT_SESSIONS_EXPIRE = "DELETE FROM account_sessions WHERE ends_at <= $1 OR seen_at <= $2";
}

/// Links of one contact that are good at the same time.
const LINKS_OF_CONTACT: i64 = 10;
/// Sessions of one contact; the one that was unused for the longest time ends for another.
const SESSIONS_OF_CONTACT: i64 = 5;
/// A session's last use is written down so often at most.
const SEEN_EVERY: Duration = Duration::from_secs(60);

/// A link that is to be mailed.
#[derive(Clone, PartialEq, Eq)]
pub struct NewAccountLink {
    /// SHA-256.
    pub token_hash: [u8; 32],
    pub contact: ContactId,
    /// Where it is mailed.
    pub email: model::EmailAddress,
    /// The address becomes the contact's; otherwise the link opens the account.
    pub is_change: bool,
    pub ends_at: Timestamp,
}

impl std::fmt::Debug for NewAccountLink {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("NewAccountLink").field("contact", &self.contact).finish_non_exhaustive()
    }
}

/// A link that is good now. Personal data.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AccountLink {
    pub contact: ContactId,
    /// Where it was mailed.
    pub email: model::EmailAddress,
    pub is_change: bool,
    /// The contact's.
    pub attributes: std::collections::BTreeMap<String, String>,
}

/// A session that is to begin.
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct NewAccountSession {
    /// SHA-256.
    pub token_hash: [u8; 32],
    pub at: Timestamp,
    /// However often it is used.
    pub ends_at: Timestamp,
}

/// Which topics a person wants, and which not; the others stay as they are.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct TopicsWanted {
    pub wanted: Vec<TopicId>,
    pub unwanted: Vec<TopicId>,
}

impl Store {
    /// Keeps a link of a contact; false when there is no such contact.
    pub async fn account_link_add(&self, new: NewAccountLink) -> Result<bool, StoreError> {
        self.write(move |tx| {
            let NewAccountLink { token_hash, contact, email, is_change, ends_at } = &new;
            let values = (*token_hash, contact.0, email.as_str(), *is_change, ends_at.0);
            if key_of(tx, *contact)?.is_none() {
                return Ok(false);
            }
            tx.execute(ACCOUNT_LINK_ADD, values)?;
            tx.execute(ACCOUNT_LINKS_TRIM, (contact.0, LINKS_OF_CONTACT))?;
            Ok(true)
        })
        .await
    }

    /// The link with this SHA-256, if it is good now. Uses nothing up.
    pub async fn account_link_find(
        &self,
        hash: [u8; 32],
        now: Timestamp,
    ) -> Result<Option<AccountLink>, StoreError> {
        self.read(move |tx| {
            tx.first(ACCOUNT_LINK_FIND, (hash, now.0), |row| {
                Ok(AccountLink {
                    contact: ContactId(row.get(0)?),
                    email: address(row.text(1)?)?,
                    is_change: row.get(2)?,
                    attributes: crate::people::contacts::attributes_from(row.text(3)?)?,
                })
            })
        })
        .await
    }

    /// Uses a link up and begins a session of its contact. None when the link is not good.
    pub async fn account_open(
        &self,
        link: [u8; 32],
        new: NewAccountSession,
    ) -> Result<Option<ContactId>, StoreError> {
        self.write(move |tx| {
            let Some((contact, email)) = take(tx, link, false, new.at)? else { return Ok(None) };
            let found: Option<i64> =
                tx.first(ACCOUNT_LINK_CONTACT, (contact.0, &email), |row| row.get(0))?;
            if found.is_none() {
                return Ok(None);
            }
            let values = (new.token_hash, contact.0, new.at.0, new.ends_at.0);
            tx.execute(ACCOUNT_SESSION_ADD, values)?;
            tx.execute(ACCOUNT_SESSIONS_TRIM, (contact.0, SESSIONS_OF_CONTACT))?;
            Ok(Some(contact))
        })
        .await
    }

    /// Uses up a link by which a contact proves another address: whose it is, and the address.
    pub async fn account_change_take(
        &self,
        link: [u8; 32],
        now: Timestamp,
    ) -> Result<Option<(ContactId, model::EmailAddress)>, StoreError> {
        self.write(move |tx| {
            let Some((contact, email)) = take(tx, link, true, now)? else { return Ok(None) };
            Ok(Some((contact, address(&email)?)))
        })
        .await
    }

    /// Whose session this is, unless it has ended or was not used for `idle`. Notes that it was used.
    pub async fn account_session(
        &self,
        hash: [u8; 32],
        now: Timestamp,
        idle: Duration,
    ) -> Result<Option<Contact>, StoreError> {
        let values = (hash, now.0, now.before(idle).0);
        let found = self.read(move |tx| tx.first(ACCOUNT_SESSION_FIND, values, contact)).await?;
        if found.is_some() {
            let seen = (hash, now.0, now.before(SEEN_EVERY).0);
            self.write(move |tx| tx.execute(ACCOUNT_SESSION_SEEN, seen).map(drop)).await?;
        }
        Ok(found)
    }

    /// In how many browsers the contact has opened the account.
    pub async fn account_sessions_of(
        &self,
        contact: ContactId,
        now: Timestamp,
        idle: Duration,
    ) -> Result<i64, StoreError> {
        let values = (contact.0, now.0, now.before(idle).0);
        self.read(move |tx| tx.one(ACCOUNT_SESSIONS_OF, values, |row| row.get(0))).await
    }

    /// Ends the session with this SHA-256, if there is one.
    pub async fn account_session_end(&self, hash: [u8; 32]) -> Result<(), StoreError> {
        self.write(move |tx| tx.execute(ACCOUNT_SESSION_END, [hash]).map(drop)).await
    }

    /// Ends every session and link of a contact.
    pub async fn account_close(&self, contact: ContactId) -> Result<(), StoreError> {
        self.write(move |tx| close(tx, contact.0)).await
    }

    /// Subscribes and unsubscribes a contact as they choose in their account, each with its entry in
    /// the consent ledger. Wanting a topic lifts a suppression that came from unsubscribing, and no
    /// other. `address_hash` is the keyed hash of the address's key. Whether anything has changed.
    pub async fn account_choose(
        &self,
        contact: ContactId,
        choice: TopicsWanted,
        address_hash: [u8; 32],
        at: Timestamp,
    ) -> Result<bool, StoreError> {
        self.write(move |tx| {
            let Some(key) = key_of(tx, contact)? else { return Ok(false) };
            let source = Removal::Account.as_str();
            let act = Act { contact, source, campaign: None, at };
            let reason = SuppressionReason::Unsubscribed;
            let (mut changed, mut left) = (false, false);
            for topic in &choice.unwanted {
                let address = Suppressed { key: &key, hash: address_hash, reason };
                left |= let_go(tx, &act, Scope::Topic(*topic), address)?;
            }
            if !choice.wanted.is_empty() {
                changed |= tx.execute(SUPPRESSION_LIFT, (&key, reason.as_str()))? > 0;
            }
            for topic in &choice.wanted {
                let values = (topic.0, contact.0, "subscribed", at.0);
                if tx.execute(SUBSCRIPTION_SET, values)? > 0 {
                    enter(tx, &act, Some(*topic), true)?;
                    changed = true;
                }
            }
            if left {
                tx.bump_removals()?;
            }
            Ok(changed || left)
        })
        .await
    }

    /// Removes links and sessions that have ended by `now`, and sessions that were not used for `idle`.
    pub async fn account_expire(&self, now: Timestamp, idle: Duration) -> Result<u64, StoreError> {
        let removed = self.write(move |tx| {
            let links = tx.execute(ACCOUNT_LINKS_EXPIRE, [now.0])?;
            let sessions = tx.execute(ACCOUNT_SESSIONS_EXPIRE, (now.0, now.before(idle).0))?;
            Ok(links + sessions)
        });
        Ok(u64::try_from(removed.await?).unwrap_or(u64::MAX))
    }
}

fn take(
    tx: &Tx<'_>,
    link: [u8; 32],
    is_change: bool,
    now: Timestamp,
) -> Result<Option<(ContactId, String)>, StoreError> {
    tx.first(ACCOUNT_LINK_TAKE, (link, now.0, is_change), |row| {
        Ok((ContactId(row.get(0)?), row.get(1)?))
    })
}

/// Ends the sessions and links of a contact.
pub(crate) fn close(tx: &Tx<'_>, contact: i64) -> Result<(), StoreError> {
    tx.execute(ACCOUNT_LINKS_DROP, [contact])?;
    tx.execute(ACCOUNT_SESSIONS_DROP, [contact]).map(drop)
}
