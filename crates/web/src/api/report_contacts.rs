//! The contacts of a campaign by what they did, on the wire: the lists behind a report's figures.

use actions::{DisclosureWish, no_link, report_contacts_export, who_did_is_kept};
use model::{ContactId, DisclosureKind, HitClass, LinkSlot, Timestamp};
use report::{ContactGroup, CountBound, ReportContactLine, ReportContactsQuery, report_contacts};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::admin::page::form::sentence;
use crate::api::asked::Asked;
use crate::api::list::{Batch, ListAsked, list_params};
use crate::api::problem::Problem;
use crate::api::reply::Reply;
use crate::api::{imports, jobs, rule_sets};

/// Contacts looked up at once.
const BATCH: usize = 501;

/// What contacts did, or what became of their message.
#[derive(Debug, Clone, Copy, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub(crate) enum DidWord {
    Opened,
    Clicked,
    NotOpened,
    Unsubscribed,
    Machines,
    NotDelivered,
}

#[derive(Debug, Clone, Copy, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub(crate) enum BoundWord {
    AtLeast,
    AtMost,
}

list_params! {
    ReportContactsParams {
        /// What they did: have opened, clicked, not opened (and have the message), unsubscribed, were seen
        /// by machines only, or the message was not delivered. `opened` unless given.
        #[param(inline)]
        did: Option<DidWord>,
        /// Of those who opened or clicked: `at_least`, certainly people, unless given.
        #[param(inline)]
        bound: Option<BoundWord>,
        /// With `did=clicked`: who followed the link with this number, whatever they count as.
        #[param(minimum = 0, maximum = 65535)]
        link: Option<u16>,
        /// The version of a rule set; the one in use when left out.
        #[param(example = "2026-11-27")]
        rules: Option<String>,
    }
}

/// Which contacts are written to a file.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct NewContactsExport {
    #[schema(inline)]
    did: DidWord,
    /// Of those who opened or clicked: `at_least` unless given.
    #[serde(default)]
    #[schema(inline)]
    bound: Option<BoundWord>,
    /// With `clicked`: the number of a link.
    #[serde(default)]
    link: Option<u16>,
    /// The version of a rule set; the one in use when left out.
    #[serde(default)]
    rules: Option<String>,
    /// The name of a registered recipient who gets it; your own use when left out.
    #[serde(default, rename = "for")]
    #[schema(max_length = 100)]
    recipient: Option<String>,
    /// What they get it for; own use when left out.
    #[serde(default)]
    #[schema(max_length = 200)]
    purpose: Option<String>,
}

/// A contact of a campaign, and what is known of them.
#[derive(Serialize, ToSchema)]
pub(crate) struct ReportContact {
    /// The contact's id.
    contact: String,
    email: String,
    /// The state of the delivery: queued, leased, sent, failed, suppressed, skipped or in_doubt; there may
    /// be more.
    state: &'static str,
    /// The relay's code; 0 for reasons of our own, null for none.
    code: Option<u16>,
    /// What the relay answered, or the reason; empty for none.
    reply: String,
    /// The strongest evidence among views and clicks: person, proxied, unknown, repeat, preview, prefetch,
    /// scanner.
    class: Option<&'static str>,
    /// The strongest evidence among clicks alone.
    click_class: Option<&'static str>,
    /// When they unsubscribed by it.
    #[schema(format = "date-time")]
    left_at: Option<String>,
}

impl From<ReportContactLine> for ReportContact {
    fn from(it: ReportContactLine) -> Self {
        Self {
            contact: it.contact.to_string(),
            email: it.email,
            state: it.state.as_str(),
            code: it.code,
            reply: it.reply,
            class: it.class.map(HitClass::as_str),
            click_class: it.click_class.map(HitClass::as_str),
            left_at: it.left_at.map(Timestamp::rfc3339),
        }
    }
}

const fn group(word: DidWord) -> ContactGroup {
    match word {
        DidWord::Opened => ContactGroup::Opened,
        DidWord::Clicked => ContactGroup::Clicked,
        DidWord::NotOpened => ContactGroup::NotOpened,
        DidWord::Unsubscribed => ContactGroup::Unsubscribed,
        DidWord::Machines => ContactGroup::Machines,
        DidWord::NotDelivered => ContactGroup::NotDelivered,
    }
}

const fn bound(word: BoundWord) -> CountBound {
    match word {
        BoundWord::AtLeast => CountBound::AtLeast,
        BoundWord::AtMost => CountBound::AtMost,
    }
}

pub(crate) async fn list(asked: Asked) -> Result<Reply, Problem> {
    let params: ReportContactsParams = asked.query()?;
    let query = ReportContactsQuery::new(
        params.did.map_or(ContactGroup::Opened, group),
        params.bound.map(bound),
        params.link.map(LinkSlot),
    );
    let query = query.map_err(|why| Problem::bad_request("query", sentence(&why.to_string())))?;
    let rules = rule_sets::by_version(&asked, params.rules.as_deref()).await?;
    let id = asked.campaign()?.id;
    is_listed(&asked, query, rules).await?;
    let link = query.link().map(|slot| slot.0.to_string());
    let filter = [
        ("did", Some(query.group().as_str())),
        ("bound", query.bound().map(CountBound::as_str)),
        ("link", link.as_deref()),
        ("rules", Some(rules.version.as_str())),
    ];
    let path = format!("/api/v1/campaigns/{id}/report/contacts");
    let page = ListAsked::new(&path, &filter, params.limit, params.after.as_deref())?;
    let store = asked.store();
    let batch = |after: Option<i64>| async move {
        let from = (after.map(ContactId), BATCH);
        let found = report_contacts(store, id, query, rules, from).await?;
        let next = found.next.map(|next| next.0);
        Ok(Batch { rows: found.contacts, next, is_last_for_now: found.unfinished })
    };
    let (rows, next) = page.fill(batch, |_| true, |it| it.contact.0).await?;
    if !rows.is_empty() {
        asked.disclose(DisclosureKind::ReportRead, rows.iter().map(|it| it.contact)).await?;
    }
    let rows: Vec<ReportContact> = rows.into_iter().map(ReportContact::from).collect();
    page.page(&rows, next)
}

/// That the campaign has such a link, and that it is kept who they are.
async fn is_listed(
    asked: &Asked,
    query: ReportContactsQuery,
    rules: &'static model::RuleSet,
) -> Result<(), Problem> {
    let id = asked.campaign()?.id;
    let report = report::campaign_report_by(asked.store(), id, asked.at, rules).await?;
    let Some(report) = report else { return Ok(()) };
    if query.count(&report).is_none() {
        return Err(Problem::bad_request("query", no_link().words));
    }
    who_did_is_kept(query, &report)
        .map_err(|refusal| Problem::bad_request("contacts_not_kept", refusal.words))
}

pub(crate) async fn export(asked: Asked) -> Result<Reply, Problem> {
    let new: NewContactsExport = asked.body()?;
    let wish = DisclosureWish::said(new.recipient.as_deref(), new.purpose.as_deref());
    let NewContactsExport { did, bound: within, link, rules, .. } = new;
    let query = ReportContactsQuery::new(group(did), within.map(bound), link.map(LinkSlot));
    let query = query.map_err(|why| {
        let field = if link.is_some() { "/link" } else { "/bound" };
        Problem::of_field(field.to_owned(), "field", sentence(&why.to_string()))
    })?;
    let rules = rule_sets::by_version(&asked, rules.as_deref()).await?;
    let number = asked.campaign()?.id.number();
    let (resources, call) = (&asked.parts.resources, asked.call());
    let id = report_contacts_export(resources, &call, number, (query, rules), wish).await?;
    jobs::accepted(&asked, id).await
}

pub(crate) async fn export_again(asked: Asked, made: Option<String>) -> Result<Reply, Problem> {
    imports::created_again(asked, made).await
}
