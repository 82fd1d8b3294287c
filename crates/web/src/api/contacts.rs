//! Contacts: the list, one of them, and the ledger of consents. Personal data.
//!
//! Invariant: of a contact, a token for some topics sees what belongs to those topics.

use std::collections::BTreeMap;

use access::TopicScope;
use audience::ContactFilter;
use model::{ConsentBasis, ContactId, DisclosureKind, SubscriptionState, TagName, Timestamp};
use serde::{Deserialize, Serialize};
use store::{ContactProfile, ContactQuery, ContactState, ListedContact};
use utoipa::ToSchema;

use crate::api::asked::{Asked, Named};
use crate::api::list::{Batch, ListAsked, ListOrder, given, list_params};
use crate::api::problem::Problem;
use crate::api::reply::Reply;
use crate::api::topic_slugs::TopicSlugs;
use crate::api::tracking::ContactTracking;
use crate::clock::now;

/// Characters of a part of an address.
pub(crate) const LONGEST_PART: usize = 254;
const NO_CONTACT: &str = "There is no contact with this number.";

/// What a contact is to us.
#[derive(Debug, Clone, Copy, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub(crate) enum ContactStateWord {
    Subscribed,
    Pending,
    Unsubscribed,
    /// Must not be mailed, whatever they are subscribed to.
    Suppressed,
}

impl ContactStateWord {
    const fn word(self) -> &'static str {
        match self {
            Self::Subscribed => "subscribed",
            Self::Pending => "pending",
            Self::Unsubscribed => "unsubscribed",
            Self::Suppressed => "suppressed",
        }
    }

    pub(crate) const fn state(self) -> ContactState {
        match self {
            Self::Subscribed => ContactState::Subscription(SubscriptionState::Subscribed),
            Self::Pending => ContactState::Subscription(SubscriptionState::Pending),
            Self::Unsubscribed => ContactState::Subscription(SubscriptionState::Unsubscribed),
            Self::Suppressed => ContactState::Suppressed,
        }
    }
}

list_params! {
    ContactsParams {
        /// A part of the address, regardless of case.
        #[param(max_length = 254)]
        q: Option<String>,
        /// Only those with an entry for the topic with this slug.
        topic: Option<String>,
        /// Only those in this state, of the topic if one is given.
        #[param(inline)]
        state: Option<ContactStateWord>,
        /// Only those who have this tag.
        #[param(max_length = 64)]
        tag: Option<String>,
        /// Only those who get mail, or only those who don’t: of the topic if one is given. With
        /// `order=oldest` only.
        mailed: Option<bool>,
        /// `newest` unless given; `oldest` goes neither with `q` nor with `state`.
        #[param(inline)]
        order: Option<ListOrder>,
    }
}

/// A person with an address.
#[derive(Serialize, ToSchema)]
pub(crate) struct Contact {
    #[schema(example = "1795428245000001")]
    id: String,
    email: String,
    /// subscribed (to something), unsubscribed, suppressed or none; there may be more.
    state: &'static str,
    /// Why the address must not be mailed, if it must not.
    suppression: Option<String>,
    /// Named values.
    attributes: BTreeMap<String, String>,
    /// By the topic's slug: pending, subscribed or unsubscribed.
    subscriptions: BTreeMap<String, String>,
    tags: Vec<String>,
}

/// A contact with when things happened.
#[derive(Serialize, ToSchema)]
pub(crate) struct ContactDetail {
    #[serde(flatten)]
    contact: Contact,
    #[schema(format = "date-time")]
    created_at: String,
    #[schema(format = "date-time")]
    suppressed_at: Option<String>,
    /// The subscriptions with when they last changed.
    topics: Vec<ContactTopic>,
    tracking: ContactTracking,
    /// Until when they get no campaign; null: they do not pause.
    #[schema(format = "date-time")]
    paused_until: Option<String>,
}

#[derive(Serialize, ToSchema)]
struct ContactTopic {
    topic: String,
    state: &'static str,
    #[schema(format = "date-time")]
    changed_at: String,
}

list_params! {
    ConsentsParams {}
}

/// An entry of a contact's consent ledger.
#[derive(Serialize, ToSchema)]
pub(crate) struct Consent {
    /// Counted from the oldest.
    #[serde(skip)]
    number: i64,
    /// The topic's slug; null stands for every topic, or for an entry that is not about mail.
    topic: Option<String>,
    /// What it is about: mail, tracking or sharing; there may be more.
    #[schema(example = "mail")]
    kind: &'static str,
    /// Given, or taken back.
    granted: bool,
    /// What may be recorded (off, anonymous or identified; default when they say nothing any more), in
    /// an entry about tracking; null in others.
    tracking: Option<&'static str>,
    /// What they were told, or its version, where it is known.
    notice: Option<String>,
    /// How: an import's name, a way to leave, or where they said it.
    source: String,
    /// By what right, in an entry of an import: not-stated, consent, contract, existing-customer or other.
    basis: Option<&'static str>,
    /// Where the proof of it lies.
    proof: Option<String>,
    /// When they agreed, as the imported file says.
    #[schema(format = "date-time")]
    given_at: Option<String>,
    /// From which network address.
    given_ip: Option<String>,
    /// By which form, page or event.
    given_form: Option<String>,
    /// The number of the campaign whose message it came from.
    campaign: Option<String>,
    #[schema(format = "date-time")]
    at: String,
}

/// The slugs of the actor's topics; nothing when those are all.
async fn own_slugs(asked: &Asked) -> Result<Option<Vec<String>>, Problem> {
    if asked.is_of_all_topics() {
        return Ok(None);
    }
    let own = asked.own_topics().await?;
    Ok(Some(own.into_iter().map(|topic| topic.slug).collect()))
}

impl Contact {
    fn new(mut listed: ListedContact, own: Option<&[String]>) -> Self {
        if let Some(own) = own {
            listed.subscriptions.retain(|slug, _| own.contains(slug));
        }
        let status = audience::mail_status(&listed, &ContactFilter::default());
        let state = match (&listed.suppression, status) {
            (Some(_), _) => "suppressed",
            (None, "subscribed") => "subscribed",
            (None, "none") => "none",
            (None, _) => "unsubscribed",
        };
        let word = |(slug, state): (String, SubscriptionState)| (slug, state.as_str().to_owned());
        Self {
            id: listed.id.to_string(),
            email: listed.email,
            state,
            suppression: listed.suppression,
            attributes: listed.attributes,
            subscriptions: listed.subscriptions.into_iter().map(word).collect(),
            tags: listed.tags,
        }
    }
}

pub(crate) async fn list(asked: Asked) -> Result<Reply, Problem> {
    let params: ContactsParams = asked.query()?;
    let (part, slug) = (given(params.q.as_deref()), given(params.topic.as_deref()));
    if part.is_some_and(|part| part.chars().count() > LONGEST_PART) {
        let words = format!("“q” has at most {LONGEST_PART} characters, as an address has.");
        return Err(Problem::bad_request("query", words));
    }
    if let Some(slug) = slug {
        asked.own_topic(slug).await?;
    }
    if params.order == Some(ListOrder::Oldest) {
        return oldest(&asked, &params).await;
    }
    if params.mailed.is_some() {
        let words = "“mailed” goes with “order=oldest” only.";
        return Err(Problem::bad_request("query", words));
    }
    let word = params.state.map(ContactStateWord::word);
    let tag = tag_of(&params)?;
    let name = tag.as_ref().map(TagName::as_str);
    let filter = [("q", part), ("topic", slug), ("state", word), ("tag", name)];
    let page = ListAsked::new("/api/v1/contacts", &filter, params.limit, params.after.as_deref())?;
    let own = own_slugs(&asked).await?;
    let own = own.as_deref();
    // Looking among those of one topic finds more of them at once.
    let only = own.and_then(|own| own.first().filter(|_| own.len() == 1)).map(String::as_str);
    let query = ContactQuery {
        address_part: part.map(str::to_owned),
        topic: slug.or(only).map(str::to_owned),
        state: params.state.map(ContactStateWord::state),
        tag: tag.clone(),
    };
    let (store, query, scope) = (asked.store(), &query, &asked.topics());
    let batch = |after: Option<i64>| async move {
        let after = after.map(ContactId);
        let found = audience::find_contacts(store, query.clone(), scope.clone(), after).await?;
        let next = found.next.map(|next| next.0);
        Ok(Batch { rows: found.contacts, next, is_last_for_now: found.unfinished })
    };
    let is_own = |contact: &ListedContact| is_of(contact, own, params.state);
    let (rows, next) = page.fill(batch, is_own, |it| it.id.0).await?;
    disclose_listed(&asked, &rows).await?;
    let rows: Vec<Contact> = rows.into_iter().map(|it| Contact::new(it, own)).collect();
    page.page(&rows, next)
}

fn tag_of(params: &ContactsParams) -> Result<Option<TagName>, Problem> {
    let tag = given(params.tag.as_deref()).map(TagName::parse).transpose();
    tag.map_err(|problem| Problem::bad_request("query", format!("“tag”: {problem}.")))
}

/// Those who match in the order in which they came, as an export lists them.
async fn oldest(asked: &Asked, params: &ContactsParams) -> Result<Reply, Problem> {
    if given(params.q.as_deref()).is_some() || params.state.is_some() {
        let words = "“order=oldest” goes neither with “q” nor with “state”.";
        return Err(Problem::bad_request("query", words));
    }
    let slug = given(params.topic.as_deref());
    let mailed = params.mailed.map(|mailed| if mailed { "true" } else { "false" });
    let tag = tag_of(params)?;
    let name = tag.as_ref().map(TagName::as_str);
    let filter = [("topic", slug), ("mailed", mailed), ("tag", name), ("order", Some("oldest"))];
    let page = ListAsked::new("/api/v1/contacts", &filter, params.limit, params.after.as_deref())?;
    let own = own_slugs(asked).await?;
    let own = own.as_deref();
    let wanted =
        ContactFilter { topic: slug.map(str::to_owned), mailed: params.mailed, tag: tag.clone() };
    let store = asked.store();
    let batch = |after: Option<i64>| async move {
        let rows = audience::contacts_after(store, after.map(ContactId)).await?;
        let next = rows.last().map(|last| last.id.0);
        Ok(Batch { rows, next, is_last_for_now: false })
    };
    let takes = |contact: &ListedContact| wanted.takes(contact) && is_of(contact, own, None);
    let (rows, next) = page.fill(batch, takes, |it| it.id.0).await?;
    disclose_listed(asked, &rows).await?;
    let rows: Vec<Contact> = rows.into_iter().map(|it| Contact::new(it, own)).collect();
    page.page(&rows, next)
}

/// Enters a page of contacts in the disclosure register; an empty one tells of nobody.
async fn disclose_listed(asked: &Asked, rows: &[ListedContact]) -> Result<(), Problem> {
    match rows.is_empty() {
        true => Ok(()),
        false => asked.disclose(DisclosureKind::ContactsRead, rows.iter().map(|it| it.id)).await,
    }
}

/// Whether the contact has to do with one of these topics, in this state.
fn is_of(contact: &ListedContact, own: Option<&[String]>, state: Option<ContactStateWord>) -> bool {
    let Some(own) = own else { return true };
    contact.subscriptions.iter().any(|(slug, standing)| {
        own.contains(slug)
            && match state.map(ContactStateWord::state) {
                Some(ContactState::Subscription(state)) => *standing == state,
                Some(ContactState::Suppressed) | None => true,
            }
    })
}

pub(crate) fn id(asked: &Asked) -> Result<ContactId, Problem> {
    match asked.named {
        Named::Contact(id) => Ok(id),
        _ => Err(Problem::not_found("contact_not_found", NO_CONTACT)),
    }
}

pub(crate) async fn one(asked: Asked) -> Result<Reply, Problem> {
    Reply::tagged(&detail(&asked).await?.0)
}

/// The contact that the path names, as the actor may see it, and its revision.
pub(crate) async fn detail(asked: &Asked) -> Result<(ContactDetail, Timestamp), Problem> {
    detail_of(asked, id(asked)?).await
}

/// The contact with this id, as the actor may see it, and its revision.
pub(crate) async fn detail_of(
    asked: &Asked,
    id: ContactId,
) -> Result<(ContactDetail, Timestamp), Problem> {
    let missing = || Problem::not_found("contact_not_found", NO_CONTACT);
    let record = audience::contact_record(asked.store(), id).await?;
    let ContactProfile { contact, mut subscriptions, suppression, .. } =
        record.ok_or_else(missing)?;
    asked.disclose(DisclosureKind::ContactsRead, [id]).await?;
    let own = own_slugs(asked).await?;
    if let Some(own) = &own {
        subscriptions.retain(|it| own.contains(&it.topic));
    }
    let listed = ListedContact {
        id: contact.id,
        email: contact.email.as_str().to_owned(),
        attributes: contact.attributes,
        suppression: suppression.as_ref().map(|(reason, _)| reason.clone()),
        subscriptions: subscriptions.iter().map(|it| (it.topic.clone(), it.state)).collect(),
        tags: asked.store().contact_tags(id).await?,
    };
    let topics = subscriptions.into_iter().map(|it| ContactTopic {
        topic: it.topic,
        state: it.state.as_str(),
        changed_at: it.changed_at.rfc3339(),
    });
    let detail = ContactDetail {
        contact: Contact::new(listed, own.as_deref()),
        created_at: contact.created_at.rfc3339(),
        suppressed_at: suppression.map(|(_, at)| at.rfc3339()),
        topics: topics.collect(),
        tracking: audience::contact_tracking(asked.store(), id).await?.into(),
        paused_until: asked.store().contact_paused_until(id, now()).await?.map(Timestamp::rfc3339),
    };
    Ok((detail, contact.updated_at))
}

pub(crate) async fn consents(asked: Asked) -> Result<Reply, Problem> {
    let params: ConsentsParams = asked.query()?;
    let id = id(&asked)?;
    let path = format!("/api/v1/contacts/{id}/consents");
    let page = ListAsked::new(&path, &[], params.limit, params.after.as_deref())?;
    let record = audience::contact_record(asked.store(), id).await?;
    let record = record.ok_or_else(|| Problem::not_found("contact_not_found", NO_CONTACT))?;
    asked.disclose(DisclosureKind::ContactsRead, [id]).await?;
    let ledger = consents_of(&asked, record.consents).await?;
    page.page_by_number(ledger, |it: &Consent| it.number)
}

/// Those entries of a ledger, the newest first, that the actor may see.
pub(crate) async fn consents_of(
    asked: &Asked,
    ledger: Vec<store::Consent>,
) -> Result<Vec<Consent>, Problem> {
    let scope = asked.topics();
    let slugs = TopicSlugs::read(asked.store()).await?;
    let all = ledger.len();
    let numbered = ledger.into_iter().enumerate();
    let own = numbered.filter(|(_, it)| it.topic.is_none_or(|topic| scope.contains(topic)));
    let shown = own.map(|(place, it)| {
        // The campaign of a word about everything may be of a foreign topic.
        let is_own = it.topic.is_some() || scope == TopicScope::All;
        Consent {
            number: i64::try_from(all - place).unwrap_or(i64::MAX),
            topic: it.topic.and_then(|id| slugs.of(&[id]).pop()),
            granted: it.granted,
            kind: it.kind.as_str(),
            tracking: it.tracking_word(),
            notice: it.notice,
            source: it.source,
            basis: it.basis.map(ConsentBasis::as_str),
            proof: it.proof,
            given_at: it.given_at.map(Timestamp::rfc3339),
            given_ip: it.given_ip,
            given_form: it.given_form,
            campaign: it.campaign.filter(|_| is_own).map(|id| id.to_string()),
            at: it.at.rfc3339(),
        }
    });
    Ok(shown.collect())
}
