//! What a person's account shows beyond what the people who run a list see of a contact.
//!
//! Invariant: a page is bounded, whatever the person did. Events have no index by contact (it would cost
//! every hit): they are looked through from the oldest on, some thousand at a time, and the answer says
//! where to go on.

use model::{CampaignId, ContactId, Timestamp, VisitorId};

use crate::contact_profile::{HitOf, MESSAGES_BEFORE, MessageTo, hit, with_links};
use crate::counting::visitors::visitor_at;
use crate::engine::error::count;
use crate::engine::sql::texts;
use crate::merged_numbers;
use crate::people::contact_changes::{self, CHANGES_KEPT, ContactHistoryEntry};
use crate::people::erasure::{EVENTS_AHEAD, EVENTS_AT_ONCE};
use crate::people::joins::{JOINS_OF_ADDRESS, Join, join};
use crate::people::tags::CONTACT_TAGS;
use crate::{Store, StoreError};

texts! {
    ACCOUNT_HITS = "SELECT e.at, e.campaign_id, l.label, e.slot, a.agent, e.class, e.rules, e.signs,
            e.node, e.segment, e.byte_offset
        FROM events e JOIN agents a ON a.id = e.agent_id
        LEFT JOIN links l ON l.campaign_id = e.campaign_id AND l.slot = e.slot
        WHERE e.at > $1 AND e.at <= $2 AND e.contact_id = $3 ORDER BY e.at";
    ACCOUNT_CUTS = "SELECT cut_at, visitor FROM cut_visitor_links WHERE contact_id = $1
        ORDER BY cut_at DESC, visitor LIMIT 1000";
    ACCOUNT_TESTS = "SELECT sent_at FROM test_messages WHERE contact_id = $1 OR email_key = $2
        ORDER BY id DESC LIMIT 1000";
    ACCOUNT_NETWORKS = "SELECT at, campaign_id, network FROM quick_hits WHERE contact_id = $1
        ORDER BY at DESC, campaign_id, network LIMIT 1000";
    ACCOUNT_FORGETTING = "SELECT 1 FROM contacts_to_forget WHERE contact_id = $1";
    ACCOUNT_LINKS_OF = "SELECT count(*) FROM account_links WHERE contact_id = $1 AND ends_at > $2";
}

/// Some of a contact's mails, the newest campaign first.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct MailsPage {
    pub mails: Vec<MessageTo>,
    /// There may be more of campaigns before this one.
    pub next: Option<CampaignId>,
}

/// A contact's views and clicks of some time, the oldest first.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ContactHitsPage {
    pub hits: Vec<HitOf>,
    /// All until this moment are there; there may be later ones. None: these are the last.
    pub next: Option<Timestamp>,
}

/// What is kept of a contact besides profile, mails and events. Personal data.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct AccountTraces {
    /// Browsers that were cut from them, and when.
    pub cut_browsers: Vec<(VisitorId, Timestamp)>,
    /// When test messages with their values were made that are still kept.
    pub test_messages: Vec<Timestamp>,
    /// Networks that asked for a message of theirs within a minute of its delivery: when, of which
    /// campaign, and the network's first bits.
    pub quick_networks: Vec<(Timestamp, CampaignId, i64)>,
    /// What they did is being forgotten, as they have asked.
    pub is_forgetting: bool,
    /// Links into the account that are good.
    pub links: i64,
    /// What they have typed into forms and not confirmed yet.
    pub joins: Vec<Join>,
    pub tags: Vec<String>,
    /// What was changed about them, the newest first: all that is kept.
    pub changes: Vec<ContactHistoryEntry>,
}

impl Store {
    /// At most `limit` mails to a contact, of campaigns before `before`.
    pub async fn account_mails(
        &self,
        contact: ContactId,
        before: CampaignId,
        limit: usize,
    ) -> Result<MailsPage, StoreError> {
        let most = count(limit)?;
        self.read(move |tx| {
            let mut mails = Vec::new();
            for number in merged_numbers::numbers(tx, contact)? {
                let values = (number.0, most, before.0);
                let of = tx.all(MESSAGES_BEFORE, values, crate::contact_profile::message)?;
                mails.extend(with_links(tx, number, of)?);
            }
            mails.sort_by_key(|it| std::cmp::Reverse(it.campaign));
            mails.truncate(limit);
            let next = (mails.len() == limit).then(|| mails.last().map(|it| it.campaign));
            Ok(MailsPage { next: next.flatten(), mails })
        })
        .await
    }

    /// A contact's views and clicks among the next 20,000 of all contacts after `after`.
    pub async fn account_events(
        &self,
        contact: ContactId,
        after: Timestamp,
    ) -> Result<ContactHitsPage, StoreError> {
        self.read(move |tx| {
            let until: Option<i64> =
                tx.one(EVENTS_AHEAD, (after.0, EVENTS_AT_ONCE), |row| row.get(0))?;
            let Some(until) = until else {
                return Ok(ContactHitsPage { hits: Vec::new(), next: None });
            };
            let mut hits = Vec::new();
            for number in merged_numbers::numbers(tx, contact)? {
                hits.extend(tx.all(ACCOUNT_HITS, (after.0, until, number.0), hit)?);
            }
            hits.sort_by_key(|it| it.at);
            Ok(ContactHitsPage { hits, next: Some(Timestamp(until)) })
        })
        .await
    }

    /// What is kept of a contact besides profile, mails and events, each at most 1,000.
    pub async fn account_traces(
        &self,
        contact: ContactId,
        email_key: String,
        now: Timestamp,
    ) -> Result<AccountTraces, StoreError> {
        self.read(move |tx| {
            let id = [contact.0];
            Ok(AccountTraces {
                cut_browsers: tx.all(ACCOUNT_CUTS, id, |row| {
                    Ok((visitor_at(row, 1)?, Timestamp(row.get(0)?)))
                })?,
                test_messages: tx.all(ACCOUNT_TESTS, (contact.0, &email_key), |row| {
                    Ok(Timestamp(row.get(0)?))
                })?,
                quick_networks: tx.all(ACCOUNT_NETWORKS, id, |row| {
                    Ok((Timestamp(row.get(0)?), CampaignId(row.get(1)?), row.get(2)?))
                })?,
                is_forgetting: tx.first(ACCOUNT_FORGETTING, id, |_| Ok(()))?.is_some(),
                links: tx.one(ACCOUNT_LINKS_OF, (contact.0, now.0), |row| row.get(0))?,
                joins: tx.all(JOINS_OF_ADDRESS, [&email_key], join)?,
                tags: tx.all(CONTACT_TAGS, id, |row| row.get(0))?,
                changes: contact_changes::of(tx, contact, i64::MAX, CHANGES_KEPT)?,
            })
        })
        .await
    }
}
