//! Contacts that match what somebody looks for, the newest first, a page at a time.
//!
//! Invariant: a page costs a bounded number of rows. When too few of those that it has looked at
//! match, it says where to go on instead of looking at everybody.

use std::collections::{BTreeMap, BTreeSet};

use model::{ContactId, SubscriptionState, TagName, TopicId, TopicScope};

use crate::engine::error::{count, known};
use crate::engine::sql::texts;
use crate::engine::tx::Tx;
use crate::engine::value::SqlValue;
use crate::people::address_pages::AddressPart;
use crate::people::address_search::{self, AT_ONCE};
use crate::people::contacts::attributes_from;
use crate::people::profiles::ListedContact;
use crate::people::tags;
use crate::people::topics::{TOPIC_BY_SLUG, TOPICS_LIST, topic_row};
use crate::{Store, StoreError};

texts! {
    IDS_DOWN = "SELECT id FROM contacts WHERE id < $1 ORDER BY id DESC LIMIT $2";
    TOPIC_DOWN = "SELECT contact_id FROM subscriptions WHERE topic_id = $1 AND contact_id < $2
        ORDER BY contact_id DESC LIMIT $3";
    SUBSCRIBED_DOWN = "SELECT contact_id FROM subscriptions
        WHERE topic_id = $1 AND contact_id < $2 AND state = 'subscribed'
        ORDER BY contact_id DESC LIMIT $3";
    /// The first condition is the index's own.
    OTHERS_DOWN = "SELECT contact_id FROM subscriptions
        WHERE state <> 'subscribed' AND topic_id = $1 AND state = $4 AND contact_id < $2
        ORDER BY contact_id DESC LIMIT $3";
    TOPIC_IDS = "SELECT id FROM topics ORDER BY id LIMIT 1000";
    SUPPRESSED_SOME = "SELECT 1 FROM suppressions ORDER BY address_hash LIMIT 1 OFFSET $1";
    /// CROSS JOIN, which SQLite takes as the order to join in.
    SUPPRESSED_DOWN = "SELECT c.id FROM suppressions x CROSS JOIN contacts c
        WHERE lower(c.email) = x.email_key AND c.id < $1 ORDER BY c.id DESC LIMIT $2";
    CONTACTS_BY_ID = "SELECT c.id, c.email, c.attributes, x.reason FROM contacts c
        LEFT JOIN suppressions x ON x.email_key = lower(c.email) WHERE c.id IN (
            $1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17, $18,
            $19, $20, $21, $22, $23, $24, $25, $26, $27, $28, $29, $30, $31, $32, $33, $34, $35,
            $36, $37, $38, $39, $40, $41, $42, $43, $44, $45, $46, $47, $48, $49, $50, $51, $52,
            $53, $54, $55, $56, $57, $58, $59, $60, $61, $62, $63, $64)";
    /// Each state is looked up by itself: of a join, PostgreSQL makes a scan of all subscriptions
    /// while it does not know how few topics there are. NULL where there is no subscription.
    SUBSCRIPTIONS_BY_ID = "SELECT c.id, t.slug, (SELECT s.state FROM subscriptions s
            WHERE s.topic_id = t.id AND s.contact_id = c.id) AS state
        FROM contacts c CROSS JOIN topics t WHERE c.id IN (
            $1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17, $18,
            $19, $20, $21, $22, $23, $24, $25, $26, $27, $28, $29, $30, $31, $32, $33, $34, $35,
            $36, $37, $38, $39, $40, $41, $42, $43, $44, $45, $46, $47, $48, $49, $50, $51, $52,
            $53, $54, $55, $56, $57, $58, $59, $60, $61, $62, $63, $64)";
    TAGS_BY_ID = "SELECT c.contact_id, t.name FROM contact_tags c JOIN tags t ON t.id = c.tag_id
        WHERE c.contact_id IN (
            $1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17, $18,
            $19, $20, $21, $22, $23, $24, $25, $26, $27, $28, $29, $30, $31, $32, $33, $34, $35,
            $36, $37, $38, $39, $40, $41, $42, $43, $44, $45, $46, $47, $48, $49, $50, $51, $52,
            $53, $54, $55, $56, $57, $58, $59, $60, $61, $62, $63, $64) ORDER BY t.name_key";
    TAG_DOWN = "SELECT contact_id FROM contact_tags WHERE tag_id = $1 AND contact_id < $2
        ORDER BY contact_id DESC LIMIT $3";
}

/// Contacts looked at for one page.
const BUDGET: usize = 2_000;
/// Up to so many suppressed addresses are sorted for a page; beyond, there is one soon enough.
const FEW: i64 = 10_000;

/// What a contact is to us.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ContactState {
    /// Of the topic, or of any.
    Subscription(SubscriptionState),
    /// Must not be mailed, whatever they are subscribed to.
    Suppressed,
}

/// Which contacts are meant: those to whom everything applies.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct ContactQuery {
    /// A part of the address, regardless of case.
    pub address_part: Option<String>,
    /// With an entry for the topic with this slug.
    pub topic: Option<String>,
    pub state: Option<ContactState>,
    /// Who has this tag.
    pub tag: Option<TagName>,
}

/// A page of contacts.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ContactsFound {
    pub contacts: Vec<ListedContact>,
    /// Where the next page begins: there may be more below this id.
    pub next: Option<ContactId>,
    /// The page is not full, and ends because enough contacts were looked at.
    pub unfinished: bool,
}

impl Store {
    /// The contacts below `before` that match, the newest first; at most `limit`. Of those with an
    /// entry for one of these topics, and with their entries for these topics only.
    pub async fn contacts_find(
        &self,
        query: ContactQuery,
        topics: TopicScope,
        before: ContactId,
        limit: usize,
    ) -> Result<ContactsFound, StoreError> {
        self.read(move |tx| {
            let scope = SlugScope::of(tx, &topics)?;
            let Some(source) = ContactSource::of(tx, &query, &topics)? else {
                return Ok(nobody());
            };
            find(tx, (&query, &scope), &source, before.0, limit)
        })
        .await
    }
}

/// A scope by the slugs that contacts are listed with.
struct SlugScope(Option<BTreeSet<String>>);

impl SlugScope {
    fn of(tx: &Tx<'_>, topics: &TopicScope) -> Result<Self, StoreError> {
        let TopicScope::These(ids) = topics else { return Ok(Self(None)) };
        let mut all = tx.all(TOPICS_LIST, (), topic_row)?;
        all.retain(|topic| ids.contains(&topic.id));
        Ok(Self(Some(all.into_iter().map(|topic| topic.slug).collect())))
    }

    /// The contact as far as it is in the scope.
    fn narrow(&self, mut contact: ListedContact) -> Option<ListedContact> {
        let Some(slugs) = &self.0 else { return Some(contact) };
        contact.subscriptions.retain(|slug, _| slugs.contains(slug));
        (!contact.subscriptions.is_empty()).then_some(contact)
    }
}

fn nobody() -> ContactsFound {
    ContactsFound { contacts: Vec::new(), next: None, unfinished: false }
}

fn find(
    tx: &Tx<'_>,
    (query, scope): (&ContactQuery, &SlugScope),
    source: &ContactSource,
    mut before: i64,
    limit: usize,
) -> Result<ContactsFound, StoreError> {
    let (mut contacts, mut looked) = (Vec::new(), 0);
    let mut batch = limit + 1;
    while looked < BUDGET {
        let ids = source.below(tx, before, batch)?;
        for contact in by_id(tx, &ids)?.into_iter().filter_map(|it| scope.narrow(it)) {
            if contacts.len() == limit {
                let next = contacts.last().map(|last: &ListedContact| last.id);
                return Ok(ContactsFound { contacts, next, unfinished: false });
            }
            if query.takes(&contact) {
                contacts.push(contact);
            }
        }
        let Some(last) = ids.last().filter(|_| ids.len() == batch) else {
            return Ok(ContactsFound { contacts, next: None, unfinished: false });
        };
        before = *last;
        looked += ids.len();
        batch = 512;
    }
    Ok(ContactsFound { contacts, next: Some(ContactId(before)), unfinished: true })
}

/// The contacts among whom to look, as few as can be found by an index.
enum ContactSource {
    All,
    Address(AddressPart),
    Tag(i64),
    Topics(Vec<TopicId>),
    Subscription(Vec<TopicId>, SubscriptionState),
    Suppressed,
}

impl ContactSource {
    /// None when nobody can match.
    fn of(
        tx: &Tx<'_>,
        query: &ContactQuery,
        scope: &TopicScope,
    ) -> Result<Option<Self>, StoreError> {
        let topic = match &query.topic {
            None => None,
            Some(slug) => match tx.first(TOPIC_BY_SLUG, [slug], |row| row.get(0))? {
                Some(id) if scope.contains(TopicId(id)) => Some(TopicId(id)),
                _ => return Ok(None),
            },
        };
        if let Some(part) = &query.address_part {
            return Ok(Some(Self::Address(AddressPart::new(part))));
        }
        if let Some(tag) = &query.tag {
            return Ok(tags::find(tx, tag)?.map(|(id, _)| Self::Tag(id)));
        }
        Ok(Some(match (query.state, topic, scope) {
            (Some(ContactState::Subscription(state)), Some(topic), _) => {
                Self::Subscription(vec![topic], state)
            }
            (Some(ContactState::Subscription(state)), None, TopicScope::These(topics)) => {
                Self::Subscription(topics.clone(), state)
            }
            // Most are subscribed to something.
            (
                None | Some(ContactState::Subscription(SubscriptionState::Subscribed)),
                None,
                TopicScope::All,
            ) => Self::All,
            (Some(ContactState::Subscription(state)), None, TopicScope::All) => {
                let topics = tx.all(TOPIC_IDS, (), |row| Ok(TopicId(row.get(0)?)))?;
                Self::Subscription(topics, state)
            }
            (None, Some(topic), _) => Self::Topics(vec![topic]),
            (None, None, TopicScope::These(topics)) => Self::Topics(topics.clone()),
            (Some(ContactState::Suppressed), ..) => {
                match tx.first(SUPPRESSED_SOME, [FEW], |_| Ok(()))? {
                    Some(()) => Self::All,
                    None => Self::Suppressed,
                }
            }
        }))
    }

    /// Up to `limit` ids below `before`, highest first.
    fn below(&self, tx: &Tx<'_>, before: i64, limit: usize) -> Result<Vec<i64>, StoreError> {
        let rows = count(limit)?;
        match self {
            Self::All => tx.all(IDS_DOWN, (before, rows), |row| row.get(0)),
            Self::Address(part) => address_search::search(tx, part, before, limit),
            Self::Tag(tag) => tx.all(TAG_DOWN, (*tag, before, rows), |row| row.get(0)),
            Self::Topics(topics) => highest(topics, limit, |topic| {
                tx.all(TOPIC_DOWN, (topic.0, before, rows), |row| row.get(0))
            }),
            Self::Suppressed => tx.all(SUPPRESSED_DOWN, (before, rows), |row| row.get(0)),
            Self::Subscription(topics, state) => {
                highest(topics, limit, |topic| subscriptions_below(tx, topic, *state, before, rows))
            }
        }
    }
}

/// The highest ids of several topics, each once.
fn highest(
    topics: &[TopicId],
    limit: usize,
    of_topic: impl Fn(TopicId) -> Result<Vec<i64>, StoreError>,
) -> Result<Vec<i64>, StoreError> {
    let mut ids = Vec::new();
    for topic in topics {
        ids.extend(of_topic(*topic)?);
    }
    ids.sort_unstable_by(|a: &i64, b| b.cmp(a));
    ids.dedup();
    ids.truncate(limit);
    Ok(ids)
}

fn subscriptions_below(
    tx: &Tx<'_>,
    topic: TopicId,
    state: SubscriptionState,
    before: i64,
    limit: i64,
) -> Result<Vec<i64>, StoreError> {
    if state == SubscriptionState::Subscribed {
        return tx.all(SUBSCRIBED_DOWN, (topic.0, before, limit), |row| row.get(0));
    }
    tx.all(OTHERS_DOWN, (topic.0, before, limit, state.as_str()), |row| row.get(0))
}

impl ContactQuery {
    fn takes(&self, contact: &ListedContact) -> bool {
        let of_topic: Vec<SubscriptionState> = match &self.topic {
            Some(slug) => contact.subscriptions.get(slug).copied().into_iter().collect(),
            None => contact.subscriptions.values().copied().collect(),
        };
        let has_topic = self.topic.is_none() || !of_topic.is_empty();
        let has_tag = self.tag.as_ref().is_none_or(|tag| contact.has_tag(tag));
        has_topic
            && has_tag
            && match self.state {
                None => true,
                Some(ContactState::Suppressed) => contact.suppression.is_some(),
                Some(ContactState::Subscription(state)) => of_topic.contains(&state),
            }
    }
}

/// The contacts with these ids, in this order; those who are gone are left out.
pub(crate) fn by_id(tx: &Tx<'_>, ids: &[i64]) -> Result<Vec<ListedContact>, StoreError> {
    let mut found: BTreeMap<i64, ListedContact> = BTreeMap::new();
    for part in ids.chunks(AT_ONCE) {
        let values = padded(part);
        tx.all(CONTACTS_BY_ID, values.as_slice(), |row| {
            let id: i64 = row.get(0)?;
            let contact = ListedContact {
                id: ContactId(id),
                email: row.get(1)?,
                attributes: attributes_from(row.text(2)?)?,
                suppression: row.get(3)?,
                subscriptions: BTreeMap::new(),
                tags: Vec::new(),
            };
            found.insert(id, contact);
            Ok(())
        })?;
        tx.all(SUBSCRIPTIONS_BY_ID, values.as_slice(), |row| {
            let Some(state) = row.get::<Option<String>>(2)? else { return Ok(()) };
            let state = known(SubscriptionState::from_word(&state), "subscription")?;
            if let Some(contact) = found.get_mut(&row.get(0)?) {
                contact.subscriptions.insert(row.get(1)?, state);
            }
            Ok(())
        })?;
        tx.all(TAGS_BY_ID, values.as_slice(), |row| {
            if let Some(contact) = found.get_mut(&row.get(0)?) {
                contact.tags.push(row.get(1)?);
            }
            Ok(())
        })?;
    }
    Ok(ids.iter().filter_map(|id| found.remove(id)).collect())
}

/// As many values as a statement over [`AT_ONCE`] ids takes; the last one is repeated.
pub(crate) fn padded(ids: &[i64]) -> Vec<SqlValue<'static>> {
    let last = ids.last().into_iter().cycle();
    ids.iter().chain(last).take(AT_ONCE).map(|id| SqlValue::Integer(*id)).collect()
}
