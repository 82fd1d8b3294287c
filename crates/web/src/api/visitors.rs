//! One visitor: a browser, known by the beacon's cookie.
//!
//! Invariant: a visitor belongs to no topic, so only a token for all topics sees or removes one.

use model::{ContactId, DisclosureKind, VisitorId};
use serde::Serialize;
use store::{LinkedContact, LinkedVisitor, VisitorLink};
use utoipa::ToSchema;

use crate::api::asked::Asked;
use crate::api::problem::Problem;
use crate::api::reply::Reply;

/// What ties a browser to a contact. A view never does.
#[derive(Serialize, ToSchema)]
struct VisitorLinkDetail {
    /// click: somebody clicked a link of the contact’s message in it; there may be more.
    reason: &'static str,
    /// weak: of one day or one campaign, as when a message was passed on; likely: of two and two at
    /// least; strong: of four days and three campaigns at least.
    strength: &'static str,
    #[schema(format = "date-time")]
    first_at: String,
    #[schema(format = "date-time")]
    last_at: String,
    /// Clicks, counted up to 1,000.
    hits: u64,
    /// On how many days at least.
    days: u32,
    /// Of how many campaigns at least.
    campaigns: u32,
    /// The number of the campaign of the first click.
    campaign: String,
}

/// A contact to whom a browser is tied.
#[derive(Serialize, ToSchema)]
struct LinkedContactDetail {
    #[schema(example = "1795428245000001")]
    contact: String,
    email: String,
    #[serde(flatten)]
    link: VisitorLinkDetail,
}

/// A browser that is tied to a contact.
#[derive(Serialize, ToSchema)]
pub(crate) struct LinkedVisitorDetail {
    #[schema(example = "3f2a-91bc-04de-77aa-10fe-c2b9")]
    visitor: String,
    #[serde(flatten)]
    link: VisitorLinkDetail,
}

/// The browsers of a contact, at most 50.
#[derive(Serialize, ToSchema)]
pub(crate) struct ContactVisitors {
    /// The one seen last first.
    visitors: Vec<LinkedVisitorDetail>,
}

/// What a cut has taken apart. Counts stay.
#[derive(Serialize, ToSchema)]
pub(crate) struct CutVisitor {
    /// False when the browser was not tied to the contact, or was cut from them before: nothing is done
    /// then.
    tied: bool,
    /// Views and clicks of the contact that are now no browser’s; with very many, more follow within
    /// seconds.
    hits: u64,
}

impl From<VisitorLink> for VisitorLinkDetail {
    fn from(link: VisitorLink) -> Self {
        Self {
            reason: link.reason.as_str(),
            strength: link.strength().as_str(),
            first_at: link.first_at.rfc3339(),
            last_at: link.last_at.rfc3339(),
            hits: link.hits,
            days: link.days,
            campaigns: link.campaigns,
            campaign: link.campaign.to_string(),
        }
    }
}

impl From<LinkedContact> for LinkedContactDetail {
    fn from(LinkedContact { contact, email, link }: LinkedContact) -> Self {
        let (contact, email) = (contact.to_string(), email.as_str().to_owned());
        Self { contact, email, link: link.into() }
    }
}

impl From<LinkedVisitor> for LinkedVisitorDetail {
    fn from(LinkedVisitor { visitor, link }: LinkedVisitor) -> Self {
        Self { visitor: visitor.to_string(), link: link.into() }
    }
}

/// What is kept under a visitor’s identifier: times and numbers, and to whom it is tied.
#[derive(Serialize, ToSchema)]
pub(crate) struct VisitorDetail {
    #[schema(example = "3f2a-91bc-04de-77aa-10fe-c2b9")]
    id: String,
    /// False when nothing is kept; the other fields are then null or 0.
    known: bool,
    /// The first view or click with its cookie.
    #[schema(format = "date-time")]
    first_at: Option<String>,
    #[schema(format = "date-time")]
    last_at: Option<String>,
    /// Campaigns in whose count of browsers it is.
    campaigns: u64,
    /// Views and clicks that are kept one by one, counted up to 10,000.
    hits: u64,
    /// To whom the browser is tied, at most 10, who clicked last first.
    contacts: Vec<LinkedContactDetail>,
}

/// What a removal has taken away. Counts stay.
#[derive(Serialize, ToSchema)]
pub(crate) struct RemovedVisitor {
    /// Whether anything was kept under the identifier.
    known: bool,
    campaigns: u64,
    /// Views and clicks that are now nobody’s browser’s.
    hits: u64,
}

fn id(asked: &Asked) -> Result<VisitorId, Problem> {
    let syntax = |why| Problem::bad_request("visitor_syntax", format!("The identifier {why}."));
    asked.path("visitor").parse().map_err(|why: model::NotAVisitor| syntax(why))
}

pub(crate) async fn one(asked: Asked) -> Result<Reply, Problem> {
    let id = id(&asked)?;
    let (resources, call) = (&asked.parts.resources, asked.call());
    let record = actions::visitor(resources, &call, id).await?;
    let contacts = actions::visitor_contacts(resources, &call, id).await?;
    if !contacts.is_empty() {
        let tied = contacts.iter().map(|it| it.contact);
        asked.disclose(DisclosureKind::ContactsRead, tied).await?;
    }
    Reply::tagged(&VisitorDetail {
        id: id.to_string(),
        known: record.is_some(),
        first_at: record.map(|it| it.first_at.rfc3339()),
        last_at: record.map(|it| it.last_at.rfc3339()),
        campaigns: record.map_or(0, |it| it.campaigns),
        hits: record.map_or(0, |it| it.hits),
        contacts: contacts.into_iter().map(LinkedContactDetail::from).collect(),
    })
}

pub(crate) async fn remove(asked: Asked) -> Result<Reply, Problem> {
    let id = id(&asked)?;
    let removed = actions::visitor_remove(&asked.parts.resources, &asked.call(), id).await?;
    Reply::of(&RemovedVisitor {
        known: removed.known,
        campaigns: removed.campaigns,
        hits: removed.hits,
    })
}

/// The visitors who are tied to a contact, the one seen last first.
pub(crate) async fn of_contact(asked: Asked) -> Result<Reply, Problem> {
    // A number of nobody, so that who may not is told the same of all.
    let id = asked.path("id").parse().unwrap_or(ContactId(0));
    let found = actions::contact_visitors(&asked.parts.resources, &asked.call(), id).await?;
    if !found.is_empty() {
        asked.disclose(DisclosureKind::ContactsRead, [id]).await?;
    }
    Reply::tagged(&ContactVisitors {
        visitors: found.into_iter().map(LinkedVisitorDetail::from).collect(),
    })
}

pub(crate) async fn cut(asked: Asked) -> Result<Reply, Problem> {
    let id = id(&asked)?;
    let contact = asked.path("contact").parse().unwrap_or(ContactId(0));
    let cut = actions::visitor_cut(&asked.parts.resources, &asked.call(), id, contact).await?;
    Reply::of(&CutVisitor { tied: cut.was_tied, hits: cut.hits })
}
