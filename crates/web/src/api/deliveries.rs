//! A campaign's deliveries.
//!
//! Invariant: addresses are shown whole, and sought, only with `contacts:read`; otherwise masked.

use std::collections::BTreeSet;

use access::AccessRefusal;
use actions::Refusal;
use model::{
    ContactId, DeliveryState, DisclosureKind, EmailAddress, HitClass, Right, RulesSeen, Timestamp,
};
use serde::{Deserialize, Serialize};
use store::{DeliveryFacts, DeliveryQuery, ListedDelivery};
use utoipa::ToSchema;

use crate::api::asked::Asked;
use crate::api::list::{Batch, ListAsked, ListOrder, given, list_params};
use crate::api::problem::Problem;
use crate::api::reply::Reply;
use crate::api::rule_sets;

/// Characters of a part of an address.
const LONGEST_PART: usize = 254;

/// Where a delivery is in its life.
#[derive(Debug, Clone, Copy, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub(crate) enum DeliveryStateWord {
    Queued,
    Leased,
    Sent,
    Failed,
    Suppressed,
    Skipped,
    InDoubt,
}

impl DeliveryStateWord {
    pub(crate) const fn state(self) -> DeliveryState {
        match self {
            Self::Queued => DeliveryState::Queued,
            Self::Leased => DeliveryState::Leased,
            Self::Sent => DeliveryState::Sent,
            Self::Failed => DeliveryState::Failed,
            Self::Suppressed => DeliveryState::Suppressed,
            Self::Skipped => DeliveryState::Skipped,
            Self::InDoubt => DeliveryState::InDoubt,
        }
    }
}

list_params! {
    DeliveriesParams {
        /// A part of the address, regardless of case. Needs `contacts:read`.
        #[param(max_length = 254)]
        q: Option<String>,
        /// Only those in this state.
        #[param(inline)]
        state: Option<DeliveryStateWord>,
        /// Only those with this code of the relay; 0 for reasons of our own.
        #[param(minimum = 0, maximum = 999)]
        code: Option<u16>,
        /// `newest` unless given; `oldest` needs a `state` and goes not with `q`.
        #[param(inline)]
        order: Option<ListOrder>,
    }
}

/// A campaign's message to one contact.
#[derive(Serialize, ToSchema)]
pub(crate) struct Delivery {
    /// The contact's id.
    contact: String,
    /// Masked without `contacts:read`; null once the contact was erased.
    email: Option<String>,
    /// queued, leased, sent, failed, suppressed, skipped or in_doubt; there may be more.
    state: &'static str,
    attempts: i64,
    /// The relay's code; 0 for reasons of our own, null for none.
    code: Option<u16>,
    /// What the relay answered, or the reason.
    reply: Option<String>,
    #[schema(format = "date-time")]
    ended_at: Option<String>,
    /// When it is tried next, if it waits for that.
    #[schema(format = "date-time")]
    due_at: Option<String>,
}

/// A delivery with what followed.
#[derive(Serialize, ToSchema)]
pub(crate) struct DeliveryDetail {
    #[serde(flatten)]
    delivery: Delivery,
    #[schema(format = "date-time")]
    first_attempt_at: Option<String>,
    /// How often it may have gone out without an answer.
    copies: i64,
    /// The strongest evidence among views and clicks: person, proxied, unknown, repeat, preview, prefetch,
    /// scanner.
    best_class: Option<&'static str>,
    viewed: bool,
    /// What was seen in their views and clicks, the strongest first.
    evidence: Vec<SeenEvidence>,
    /// The strongest evidence among clicks alone.
    click_class: Option<&'static str>,
    /// When they unsubscribed by it.
    #[schema(format = "date-time")]
    left_at: Option<String>,
    /// Links that they followed.
    links: Vec<FollowedLink>,
    /// Since when what they did is not kept any more, because of its age. Null while it is.
    #[schema(format = "date-time")]
    engagement_removed_at: Option<String>,
}

/// What was seen in a hit, and what it counts as by the rule set in use.
#[derive(Serialize, ToSchema)]
struct SeenEvidence {
    /// The rules that it shows.
    rules: Vec<&'static str>,
    class: &'static str,
    /// Why, for people.
    #[schema(example = "it named a browser with its engine; it counts as person, for that")]
    words: String,
}

impl From<report::Explanation> for SeenEvidence {
    fn from(told: report::Explanation) -> Self {
        Self {
            rules: told.seen.rules().map(|rule| rule.id).collect(),
            class: told.class.as_str(),
            words: told.words,
        }
    }
}

#[derive(Serialize, ToSchema)]
struct FollowedLink {
    label: String,
    url: String,
}

impl Delivery {
    fn new(listed: ListedDelivery, shows_addresses: bool) -> Self {
        let masked = |address: String| match shows_addresses {
            true => address,
            false => EmailAddress::parsed_before(&address)
                .map_or_else(|_| "•••".to_owned(), |it| it.masked()),
        };
        Self {
            contact: listed.contact.to_string(),
            email: listed.email.map(masked),
            state: listed.state.as_str(),
            attempts: listed.attempts,
            code: listed.code,
            reply: listed.reply,
            ended_at: listed.ended_at.map(Timestamp::rfc3339),
            due_at: listed.due_at.map(Timestamp::rfc3339),
        }
    }
}

pub(crate) async fn list(asked: Asked) -> Result<Reply, Problem> {
    let params: DeliveriesParams = asked.query()?;
    let part = given(params.q.as_deref());
    let shows_addresses = asked.actor.can(Right::ContactsRead);
    if part.is_some() && !shows_addresses {
        // A search tells as much as a look.
        return Err(Refusal::from(AccessRefusal::NotAllowed(Right::ContactsRead)).into());
    }
    if part.is_some_and(|part| part.chars().count() > LONGEST_PART) {
        let words = format!("“q” has at most {LONGEST_PART} characters, as an address has.");
        return Err(Problem::bad_request("query", words));
    }
    if params.code.is_some_and(|code| code > 999) {
        return Err(Problem::bad_request("query", "“code” has at most three digits."));
    }
    if params.order == Some(ListOrder::Oldest) {
        return oldest(&asked, &params, shows_addresses).await;
    }
    let id = asked.campaign()?.id;
    let state = params.state.map(DeliveryStateWord::state);
    let code = params.code.map(|code| code.to_string());
    let filter =
        [("q", part), ("state", state.map(DeliveryState::as_str)), ("code", code.as_deref())];
    let path = format!("/api/v1/campaigns/{id}/deliveries");
    let page = ListAsked::new(&path, &filter, params.limit, params.after.as_deref())?;
    let query = DeliveryQuery { address_part: part.map(str::to_owned), state, code: params.code };
    let (store, query) = (asked.store(), &query);
    let batch = |after: Option<i64>| async move {
        let found = campaign::deliveries(store, id, query.clone(), after.map(ContactId)).await?;
        let next = found.next.map(|next| next.0);
        Ok(Batch { rows: found.deliveries, next, is_last_for_now: found.unfinished })
    };
    let (rows, next) = page.fill(batch, |_| true, |it| it.contact.0).await?;
    disclose_page(&asked, rows.iter().map(|it| it.contact)).await?;
    let rows: Vec<Delivery> =
        rows.into_iter().map(|it| Delivery::new(it, shows_addresses)).collect();
    page.page(&rows, next)
}

/// Those in a state, in the order in which the contacts came.
async fn oldest(
    asked: &Asked,
    params: &DeliveriesParams,
    shows_addresses: bool,
) -> Result<Reply, Problem> {
    let state = params.state.map(DeliveryStateWord::state);
    let (Some(state), None) = (state, given(params.q.as_deref())) else {
        let words = "“order=oldest” needs a “state” and goes not with “q”.";
        return Err(Problem::bad_request("query", words));
    };
    let id = asked.campaign()?.id;
    let code = params.code.map(|code| code.to_string());
    let filter =
        [("state", Some(state.as_str())), ("code", code.as_deref()), ("order", Some("oldest"))];
    let path = format!("/api/v1/campaigns/{id}/deliveries");
    let page = ListAsked::new(&path, &filter, params.limit, params.after.as_deref())?;
    let (store, code) = (asked.store(), params.code);
    let batch = |after: Option<i64>| async move {
        let after = after.map(ContactId);
        let rows = campaign::recipients_after(store, id, state, code, after).await?;
        let next = rows.last().map(|last| last.contact.0);
        Ok(Batch { rows, next, is_last_for_now: false })
    };
    let (rows, next) = page.fill(batch, |_| true, |it| it.contact.0).await?;
    disclose_page(asked, rows.iter().map(|it| it.contact)).await?;
    let listed = rows.into_iter().map(|it| ListedDelivery {
        contact: it.contact,
        email: it.email,
        state,
        attempts: it.attempts,
        code: it.code,
        reply: it.reply,
        ended_at: it.at.filter(|_| !state.is_open()),
        due_at: it.at.filter(|_| state.is_open()),
    });
    let rows: Vec<Delivery> = listed.map(|it| Delivery::new(it, shows_addresses)).collect();
    page.page(&rows, next)
}

/// Enters a page of deliveries in the disclosure register, with masked addresses as well: the contact's number
/// tells who it is. An empty one tells of nobody.
async fn disclose_page(
    asked: &Asked,
    contacts: impl ExactSizeIterator<Item = ContactId>,
) -> Result<(), Problem> {
    match contacts.len() {
        0 => Ok(()),
        _ => asked.disclose(DisclosureKind::DeliveriesRead, contacts).await,
    }
}

pub(crate) async fn one(asked: Asked) -> Result<Reply, Problem> {
    let missing = || {
        let words = "This contact is not in the campaign’s audience.";
        Problem::not_found("delivery_not_found", words)
    };
    let contact: ContactId = asked.path("contact").parse().map_err(|_| missing())?;
    let facts = campaign::delivery(asked.store(), asked.campaign()?.id, contact).await?;
    let facts: DeliveryFacts = facts.ok_or_else(missing)?;
    asked.disclose(DisclosureKind::DeliveriesRead, [contact]).await?;
    let rules = rule_sets::asked_for(&asked).await?;
    let strongest = |sets: BTreeSet<RulesSeen>| rules.strongest(sets).map(HitClass::as_str);
    let shows_addresses = asked.actor.can(Right::ContactsRead);
    let links = facts.links.into_iter().map(|(label, url)| FollowedLink { label, url });
    Reply::tagged(&DeliveryDetail {
        delivery: Delivery::new(facts.listed, shows_addresses),
        first_attempt_at: facts.first_attempt_at.map(Timestamp::rfc3339),
        copies: facts.copies,
        evidence: report::explain_all(&facts.evidence.hits, rules)
            .into_iter()
            .map(SeenEvidence::from)
            .collect(),
        best_class: strongest(facts.evidence.hits),
        viewed: facts.viewed,
        click_class: strongest(facts.evidence.clicks),
        left_at: facts.left_at.map(Timestamp::rfc3339),
        links: links.collect(),
        engagement_removed_at: facts.engagement_removed_at.map(Timestamp::rfc3339),
    })
}
