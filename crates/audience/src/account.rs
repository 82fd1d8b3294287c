//! A person's own account: everything that is kept about them, and what they change of it themselves.
//!
//! Invariants: page, JSON and tables read one [`OwnAccount`]; every read is bounded, and says when there is
//! more. What a person does here is entered in the consent ledger as said in their account.

use model::{AddressCode, CampaignId, ContactId, EmailAddress, Removal, Timestamp, TrackingMode};
use store::{
    AccountTraces, ContactHitsPage, ContactProfile, Erased, ErasedPeople, HeldDisclosures,
    KeptRemoval, Left, LinkedVisitor, MessageTo, PersonNumbers, PersonRequest, Scope, Store,
    StoreError, Subscription, Topic, TopicsWanted, TrackingWord,
};
use token::Keyring;

use crate::contact_proof::{ContactProof, proof_of};
use crate::sharing::{SharingQuestion, say_sharing, sharing_question};
use crate::tracking::{ContactTracking, contact_tracking, say_tracking};

/// How the consent ledger says that it was said there.
const SOURCE: &str = Removal::Account.as_str();
/// Mails on a page.
pub const ACCOUNT_MAILS: usize = 50;
/// Among so many of the newest hits of all contacts those of one are sought for a page.
const PAGE_EVENTS: usize = 20_000;
/// Mails read at once for a download, and how often.
const MAILS_AT_ONCE: usize = 500;
const MAIL_READS: usize = 20;
/// How often 20,000 events are looked through for one download.
const EVENT_READS: usize = 25;
/// Views and clicks of one download, beyond which the next part begins.
const MOST_HITS: usize = 20_000;
/// Hits that are under way while somebody is erased are recorded within this time.
const UNDER_WAY: std::time::Duration = std::time::Duration::from_secs(60);

/// A topic that a person may choose.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ChosenTopic {
    pub topic: Topic,
    pub is_subscribed: bool,
}

/// What is kept about a person, as far as one page shows it. Personal data.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OwnAccount {
    /// With a page of mails, and hits among the newest.
    pub profile: ContactProfile,
    /// There are more mails, of campaigns before this one.
    pub next_mails: Option<CampaignId>,
    pub tracking: ContactTracking,
    /// Whether they could allow more.
    pub may_allow: bool,
    pub browsers: Vec<LinkedVisitor>,
    pub traces: AccountTraces,
    /// What they said while they were not a contact.
    pub kept_removals: Vec<KeptRemoval>,
    pub topics: Vec<ChosenTopic>,
    pub paused_until: Option<Timestamp>,
    /// None where sharing was never announced.
    pub sharing: Option<SharingQuestion>,
    /// Which disclosures hold them.
    pub disclosures: HeldDisclosures,
    /// What they have asked, the newest first.
    pub requests: Vec<PersonRequest>,
}

/// The same with all mails, views and clicks, for a download. Personal data.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct WholeAccount {
    /// Its mails are all that fit, its hits the first part.
    pub account: OwnAccount,
    /// By what right they are mailed and tracked.
    pub proof: ContactProof,
    /// Later views and clicks are asked for from here on.
    pub next_hits: Option<Timestamp>,
}

/// What is kept about a person, with a page of mails of campaigns before `before` (None: the newest).
///
/// # Errors
/// When the store can't answer.
pub async fn own_account(
    store: &Store,
    keys: &Keyring,
    id: ContactId,
    before: Option<CampaignId>,
    now: Timestamp,
) -> Result<Option<OwnAccount>, StoreError> {
    let scope = model::TopicScope::All;
    let profile = store.contact_profile(id, scope, ACCOUNT_MAILS, PAGE_EVENTS).await?;
    let Some(mut profile) = profile else { return Ok(None) };
    let before = before.unwrap_or(CampaignId(i64::MAX));
    let mails = store.account_mails(id, before, ACCOUNT_MAILS).await?;
    profile.messages = mails.mails;
    let key = profile.contact.email.key();
    let code = AddressCode::of(&keys.address_hash(&key));
    let policy = store.tracking_policy().await?;
    Ok(Some(OwnAccount {
        next_mails: mails.next,
        tracking: contact_tracking(store, id).await?,
        may_allow: policy.at_most == TrackingMode::Identified,
        browsers: store.contact_visitors(id).await?,
        traces: store.account_traces(id, key, now).await?,
        kept_removals: store.kept_removals_of(code).await?,
        topics: topics_to_choose(store, &profile.subscriptions).await?,
        paused_until: store.contact_paused_until(id, now).await?,
        sharing: sharing_question(store, id).await?,
        disclosures: store.disclosures_of(id).await?,
        requests: store.requests_of(id).await?,
        profile,
    }))
}

/// Topics that the person has an entry for, and those of which everybody may read what was sent.
pub(crate) async fn topics_to_choose(
    store: &Store,
    subscriptions: &[Subscription],
) -> Result<Vec<ChosenTopic>, StoreError> {
    let of = |topic: Topic| {
        let own = subscriptions.iter().find(|it| it.topic == topic.slug);
        let is_subscribed = own.is_some_and(|it| it.state == model::SubscriptionState::Subscribed);
        (own.is_some() || topic.archive_open).then_some(ChosenTopic { topic, is_subscribed })
    };
    Ok(store.topics_list().await?.into_iter().filter_map(of).collect())
}

/// Everything that is kept about a person.
///
/// # Errors
/// When the store can't answer.
pub async fn whole_account(
    store: &Store,
    keys: &Keyring,
    id: ContactId,
    now: Timestamp,
) -> Result<Option<WholeAccount>, StoreError> {
    let Some(mut account) = own_account(store, keys, id, None, now).await? else {
        return Ok(None);
    };
    let mut mails: Vec<MessageTo> = Vec::new();
    let mut before = Some(CampaignId(i64::MAX));
    for _ in 0..MAIL_READS {
        let Some(from) = before else { break };
        let page = store.account_mails(id, from, MAILS_AT_ONCE).await?;
        mails.extend(page.mails);
        before = page.next;
    }
    account.profile.messages = mails;
    account.next_mails = before;
    let ContactHitsPage { hits, next } = account_hits(store, id, Timestamp(0)).await?;
    account.profile.hits = hits;
    let proof = proof_of(store, keys, id, model::TopicScope::All).await?;
    Ok(proof.map(|proof| WholeAccount { account, proof, next_hits: next }))
}

/// A part of a person's views and clicks: those after `after`, the oldest first.
///
/// # Errors
/// When the store can't answer.
pub async fn account_hits(
    store: &Store,
    id: ContactId,
    after: Timestamp,
) -> Result<ContactHitsPage, StoreError> {
    let mut all = ContactHitsPage { hits: Vec::new(), next: Some(after) };
    for _ in 0..EVENT_READS {
        let Some(from) = all.next else { break };
        let page = store.account_events(id, from).await?;
        all.hits.extend(page.hits);
        all.next = page.next;
        if all.hits.len() >= MOST_HITS {
            break;
        }
    }
    Ok(all)
}

/// What became of somebody's choice of topics.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum TopicsChosen {
    /// Whether anything has changed.
    Saved(bool),
    /// They have left something a moment ago, which would be applied after what they choose now.
    Wait,
}

/// Subscribes a person to the topics that they have ticked, and unsubscribes them from those that they
/// have not, among those that were shown to them. Needs no second confirmation: whoever is in the
/// account has proved the mailbox.
///
/// # Errors
/// When the store can't save it; the caller must not say that it was done.
pub async fn choose_topics(
    store: &Store,
    keys: &Keyring,
    account: &OwnAccount,
    ticked: &[String],
    at: Timestamp,
) -> Result<TopicsChosen, StoreError> {
    let (mut wanted, mut unwanted) = (Vec::new(), Vec::new());
    for ChosenTopic { topic, is_subscribed } in &account.topics {
        match (ticked.contains(&topic.slug), is_subscribed) {
            (true, _) => wanted.push(topic.id),
            (false, true) => unwanted.push(topic.id),
            (false, false) => {}
        }
    }
    if !wanted.is_empty() && store.removals_waiting() > 0 {
        return Ok(TopicsChosen::Wait);
    }
    let contact = &account.profile.contact;
    let hash = keys.address_hash(&contact.email.key());
    let choice = TopicsWanted { wanted, unwanted };
    Ok(TopicsChosen::Saved(store.account_choose(contact.id, choice, hash, at).await?))
}

/// Unsubscribes a person from everything, in their account.
///
/// # Errors
/// When the store can't save it; the caller must not say that it was done.
pub async fn leave_all(
    store: &Store,
    keys: &Keyring,
    id: ContactId,
    at: Timestamp,
) -> Result<Left, StoreError> {
    crate::leave(store, keys, id, Scope::Everything, Removal::Account, None, at).await
}

/// Notes what a person says about tracking in their account.
///
/// # Errors
/// When the store can't save it; the caller must not say that it was done.
pub async fn say_tracking_here(
    store: &Store,
    id: ContactId,
    mode: TrackingMode,
    forget: bool,
    at: Timestamp,
) -> Result<bool, StoreError> {
    say_tracking(store, (id, mode), SOURCE, None, forget, at).await
}

/// Notes what a person says about sharing in their account.
///
/// # Errors
/// When the store can't save it; the caller must not say that it was done.
pub async fn say_sharing_here(
    store: &Store,
    (id, granted): (ContactId, bool),
    at: Timestamp,
) -> Result<bool, StoreError> {
    say_sharing(&store.by_themselves(), (id, granted), SOURCE, None, at).await
}

/// Erases a person at their own request, while they wait: they are removed from every table at once, and
/// their views and clicks become nobody's in steps, which go on after a restart. The first write of
/// `store` is the erasure itself, for an entry in the log beside it.
///
/// # Errors
/// When the store fails; the same call then continues.
pub async fn erase_own(
    store: &Store,
    keys: &Keyring,
    (id, email): (ContactId, &EmailAddress),
    at: Timestamp,
) -> Result<Erased, StoreError> {
    let PersonNumbers { contacts, email_keys } = store.person_numbers(email.key()).await?;
    let people = ErasedPeople::new(email_keys, contacts);
    let before = store.preparing();
    before.job_files_forget(&people).await?;
    // Their events have no index by contact: what is to be forgotten is kept until it is.
    let word = TrackingWord {
        contact: id,
        mode: TrackingMode::Off,
        source: SOURCE.to_owned(),
        notice: None,
        campaign: None,
        forget: true,
        at: at.after(UNDER_WAY),
    };
    before.contact_tracking_say(word.clone()).await?;
    let hash = keys.address_hash(&email.key());
    let erased = store.address_erase(email.key(), hash, at).await?;
    // Hits that came meanwhile were still recorded as theirs; those to come are not.
    store.preparing().contact_tracking_say(word).await?;
    store.preparing().job_files_forget(&people).await?;
    Ok(erased)
}
