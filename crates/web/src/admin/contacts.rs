//! The pages about contacts: who there is, and one of them.
//!
//! Invariants: these change nothing; whatever a contact's attributes, a client or an import called
//! itself is shown as text.

mod acts;
pub(crate) mod attribute_fields;
pub(crate) mod attribute_lines;
pub(crate) mod attributes;
pub(crate) mod bulk;
mod contact_line;
pub(crate) mod edit;
pub(crate) mod erasure;
pub(crate) mod forms;
pub(crate) mod history;
pub(crate) mod join_forms;
mod ledger;
pub(crate) mod merges;
pub(crate) mod new;
pub(crate) mod pauses;
pub(crate) mod proof;
pub(crate) mod segments;
pub(crate) mod timeline;
pub(crate) mod tracking;

use askama::Template;
use axum::extract::{Path, Query, State};
use axum::http::StatusCode;
use axum::response::Response;
use model::{ContactId, Right, SubscriptionState, TagName, TopicScope};
use report::number_text::thousands;
use serde::Deserialize;
use store::{ContactProfile, ContactQuery, ContactState, LinkedVisitor, Topic};

use crate::admin::contacts::acts::ContactActs;
use crate::admin::contacts::contact_line::{ContactLine, name_of};
use crate::admin::contacts::history::HistoryPart;
use crate::admin::contacts::ledger::{LedgerRow, RightRow};
use crate::admin::contacts::timeline::{Happening, Piece, timeline};
use crate::admin::page::calls::looking;
use crate::admin::page::choice::Choice;
use crate::admin::page::form::{FormProblem, new_key};
use crate::admin::page::listing::{ListAddress, Pager, typed};
use crate::admin::page::problem::PageProblem;
use crate::admin::page::visitor::Admitted;
use crate::admin::parts::{AdminFrame, AdminParts};
use crate::admin::visitors::clicks_told;
use crate::clock::now;
use crate::listen::respond;

/// Longer than any address.
const LONGEST_PART: usize = 254;

#[derive(Default, Deserialize)]
pub(crate) struct ContactsQuery {
    q: Option<String>,
    topic: Option<String>,
    state: Option<String>,
    tag: Option<String>,
    cursor: Option<String>,
}

/// A state that contacts can be filtered by.
struct StateChoice {
    word: &'static str,
    name: &'static str,
    state: ContactState,
}

const STATES: [StateChoice; 4] = [
    StateChoice {
        word: "subscribed",
        name: "subscribed",
        state: ContactState::Subscription(SubscriptionState::Subscribed),
    },
    StateChoice {
        word: "unsubscribed",
        name: "unsubscribed",
        state: ContactState::Subscription(SubscriptionState::Unsubscribed),
    },
    StateChoice {
        word: "pending",
        name: "pending",
        state: ContactState::Subscription(SubscriptionState::Pending),
    },
    StateChoice {
        word: "suppressed",
        name: "suppressed: never mailed",
        state: ContactState::Suppressed,
    },
];

#[derive(Template)]
#[template(path = "admin/contacts.html")]
struct ContactsPage {
    frame: AdminFrame,
    may_add: bool,
    may_erase: bool,
    /// What belongs to no topic: browsers, requests.
    sees_all: bool,
    sees_disclosures: bool,
    part: String,
    topics: Vec<Choice>,
    states: Vec<Choice>,
    is_filtered: bool,
    lines: Vec<ContactLine>,
    pager: Pager,
    /// Of the filter that is shown, for an export.
    topic: String,
    state: String,
    tag: String,
    /// The same as a query string.
    filter: String,
    key: String,
    problem: Option<FormProblem>,
}

pub(crate) async fn contacts(
    admitted: Admitted,
    State(parts): State<AdminParts>,
    Query(asked): Query<ContactsQuery>,
) -> Response {
    list_page(&admitted, &parts, &asked, StatusCode::OK, None).await
}

/// The whole list, with what is wrong with an export that was asked for.
pub(crate) async fn refused(
    admitted: &Admitted,
    parts: &AdminParts,
    (status, problem): (StatusCode, FormProblem),
) -> Response {
    list_page(admitted, parts, &ContactsQuery::default(), status, Some(problem)).await
}

async fn list_page(
    admitted: &Admitted,
    parts: &AdminParts,
    asked: &ContactsQuery,
    status: StatusCode,
    problem: Option<FormProblem>,
) -> Response {
    match list(admitted, parts, asked).await {
        Ok(page) => respond::page(status, &ContactsPage { problem, ..page }),
        Err(problem) => problem.page(&admitted.visitor),
    }
}

async fn list(
    admitted: &Admitted,
    parts: &AdminParts,
    asked: &ContactsQuery,
) -> Result<ContactsPage, PageProblem> {
    let failed = || PageProblem::failed("listing contacts");
    let (part, topic, word) =
        (typed(asked.q.as_deref()), typed(asked.topic.as_deref()), typed(asked.state.as_deref()));
    let tag = typed(asked.tag.as_deref());
    let query = query(part, topic, word, tag)?;
    let filter = [("q", part), ("topic", topic), ("state", word), ("tag", tag)];
    let address = ListAddress::new("/admin/contacts", &filter);
    let after = address.read(asked.cursor.as_deref())?;
    let scope = admitted.topics();
    let mut topics = audience::topics_by_slug(&parts.store).await.map_err(failed())?;
    topics.retain(|topic| scope.contains(topic.id));
    let found = audience::find_contacts(&parts.store, query, scope, after.map(ContactId)).await;
    let found = found.map_err(failed())?;
    let mut pager = Pager::new(&address, after, found.next.map(|next| next.0));
    if found.unfinished {
        pager.note = Some("Several thousand contacts were looked at for this page.");
    }
    Ok(ContactsPage {
        frame: admitted.frame("contacts"),
        may_add: admitted.can(Right::ContactsWrite),
        sees_all: admitted.topics() == TopicScope::All,
        sees_disclosures: admitted.topics() == TopicScope::All && admitted.can(Right::AuditRead),
        may_erase: admitted.can(Right::ContactsWrite) && admitted.topics() == TopicScope::All,
        part: part.unwrap_or_default().to_owned(),
        lines: found.contacts.iter().map(|contact| ContactLine::new(contact, &topics)).collect(),
        topics: topics.into_iter().map(|it| topic_choice(it, topic)).collect(),
        states: STATES.iter().map(|it| state_choice(it, word)).collect(),
        is_filtered: filter.iter().any(|(_, value)| value.is_some()),
        tag: tag.unwrap_or_default().to_owned(),
        topic: topic.unwrap_or_default().to_owned(),
        state: word.unwrap_or_default().to_owned(),
        filter: ListAddress::new("", &filter).first(),
        key: new_key()?,
        problem: None,
        pager,
    })
}

fn query(
    part: Option<&str>,
    topic: Option<&str>,
    state: Option<&str>,
    tag: Option<&str>,
) -> Result<ContactQuery, PageProblem> {
    if part.is_some_and(|part| part.len() > LONGEST_PART) {
        let text = format!("An address has at most {LONGEST_PART} characters, and so has a part.");
        return Err(PageProblem::Refused(text));
    }
    let state = match state {
        None => None,
        Some(word) => match STATES.iter().find(|choice| choice.word == word) {
            Some(choice) => Some(choice.state),
            None => {
                let words: Vec<&str> = STATES.iter().map(|choice| choice.word).collect();
                let text = format!("Its “state” must be one of: {}.", words.join(", "));
                return Err(PageProblem::Refused(text));
            }
        },
    };
    let owned = |text: Option<&str>| text.map(str::to_owned);
    let tag = tag.map(TagName::parse).transpose();
    let tag =
        tag.map_err(|problem| PageProblem::Refused(format!("Its “tag” is wrong: {problem}.")))?;
    Ok(ContactQuery { address_part: owned(part), topic: owned(topic), state, tag })
}

fn topic_choice(topic: Topic, chosen: Option<&str>) -> Choice {
    Choice { chosen: chosen == Some(&topic.slug), word: topic.slug, name: topic.name }
}

fn state_choice(choice: &StateChoice, chosen: Option<&str>) -> Choice {
    let (word, name) = (choice.word.to_owned(), choice.name.to_owned());
    Choice { chosen: chosen == Some(choice.word), word, name }
}

#[derive(Template)]
#[template(path = "admin/contact.html")]
struct ContactPage {
    frame: AdminFrame,
    id: ContactId,
    acts: Option<ContactActs>,
    problem: Option<FormProblem>,
    title: String,
    state: &'static str,
    address: String,
    since: String,
    suppression: Option<String>,
    rights: Vec<RightRow>,
    ledger: Vec<LedgerRow>,
    attributes: Vec<(String, String)>,
    /// With commas between them.
    tags: String,
    history: HistoryPart,
    /// What may be recorded of them, in words.
    tracking: String,
    /// Whether they pause, in words.
    pause: String,
    happenings: Vec<Happening>,
    messages_shown: Option<String>,
    events_looked: String,
    /// Browsers that are tied to them; nothing for who is not trusted with all topics.
    browsers: Option<Vec<LinkedVisitor>>,
}

pub(crate) async fn contact(
    admitted: Admitted,
    State(parts): State<AdminParts>,
    Path(id): Path<String>,
) -> Response {
    page(&admitted, &parts, &id, ("", ""), StatusCode::OK, None).await
}

/// A contact's page, also after a form that was refused; `typed` is a topic and a proof.
pub(crate) async fn page(
    admitted: &Admitted,
    parts: &AdminParts,
    id: &str,
    typed: (&str, &str),
    status: StatusCode,
    problem: Option<FormProblem>,
) -> Response {
    match show(admitted, parts, id, typed).await {
        Ok(page) => respond::page(status, &ContactPage { problem, ..page }),
        Err(problem) => problem.page(&admitted.visitor),
    }
}

async fn show(
    admitted: &Admitted,
    parts: &AdminParts,
    id: &str,
    typed: (&str, &str),
) -> Result<ContactPage, PageProblem> {
    let missing = PageProblem::no_contact;
    let id: ContactId = id.parse().map_err(|_| missing())?;
    let profile = audience::contact_profile(&parts.store, admitted.topics(), id).await;
    let profile = profile.map_err(PageProblem::failed("showing a contact"))?;
    let profile = profile.ok_or_else(missing)?;
    let frame = admitted.frame("contacts").below("/admin/contacts", "Contacts");
    let acts = ContactActs::of(admitted, parts, &profile, typed).await?;
    let rules = report::rules_in_use(&parts.store).await;
    let rules = rules.map_err(PageProblem::failed("showing a contact"))?;
    let paused = parts.resources.store.contact_paused_until(id, now()).await;
    let paused = paused.map_err(PageProblem::failed("looking whether a contact pauses"))?;
    let known = audience::contact_tracking(&parts.resources.store, id).await;
    let known = known.map_err(PageProblem::failed("showing a contact"))?;
    let browsers = match admitted.topics() {
        TopicScope::All => {
            let found = actions::contact_visitors(&parts.resources, &looking(admitted), id).await;
            Some(found.map_err(PageProblem::failed("showing a contact"))?)
        }
        TopicScope::These(_) => None,
    };
    let store = &parts.resources.store;
    let tags = store.contact_tags(id).await.map_err(PageProblem::failed("showing a contact"))?;
    let history = HistoryPart::read(store, id, None).await?;
    let declared = store.attributes_list().await;
    let declared = declared.map_err(PageProblem::failed("showing a contact"))?;
    let mut page = ContactPage::new(frame, profile, rules, acts);
    for (name, _) in &mut page.attributes {
        if let Some(known) = declared.iter().find(|it| it.name == *name) {
            known.label.clone_into(name);
        }
    }
    let tags = tags.join(", ");
    Ok(ContactPage {
        tracking: tracking::told(known),
        pause: pauses::told(paused),
        browsers,
        tags,
        history,
        ..page
    })
}

impl ContactPage {
    fn new(
        frame: AdminFrame,
        profile: ContactProfile,
        rules: &model::RuleSet,
        acts: Option<ContactActs>,
    ) -> Self {
        let address = profile.contact.email.as_str().to_owned();
        let name = name_of(&profile.contact.attributes);
        let subscribed = |it: &store::Subscription| it.state == SubscriptionState::Subscribed;
        let state = match (&profile.suppression, profile.subscriptions.as_slice()) {
            (Some(_), _) => "suppressed",
            (None, []) => "no topic",
            (None, some) if some.iter().any(subscribed) => "subscribed",
            (None, _) => "unsubscribed",
        };
        let shown = audience::PROFILE_MESSAGES;
        Self {
            frame,
            id: profile.contact.id,
            acts,
            problem: None,
            title: if name.is_empty() { address.clone() } else { name },
            state,
            since: profile.contact.created_at.readable(),
            suppression: profile
                .suppression
                .as_ref()
                .map(|(reason, at)| format!("Never mailed, since {}: {reason}.", at.readable())),
            rights: profile.subscriptions.iter().map(|it| RightRow::new(it, &profile)).collect(),
            ledger: profile.consents.iter().map(|it| LedgerRow::new(it, &profile)).collect(),
            tracking: String::new(),
            pause: String::new(),
            tags: String::new(),
            history: HistoryPart::default(),
            browsers: None,
            happenings: timeline(&profile, rules),
            messages_shown: (profile.messages.len() == shown)
                .then(|| format!("Of their messages, the newest {shown} are shown.")),
            events_looked: thousands(audience::PROFILE_EVENTS as i64),
            attributes: profile.contact.attributes.into_iter().collect(),
            address,
        }
    }
}
