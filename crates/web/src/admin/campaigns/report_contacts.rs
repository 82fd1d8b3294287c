//! Who did what: the contacts behind a campaign's figures, and taking a list of them away.
//!
//! Invariants: every count comes from the campaign's report; for who may see contacts of its topic only.

use actions::{DisclosureWish, report_contacts_export, who_did_is_kept};
use askama::Template;
use axum::extract::{Path, Query, State};
use axum::http::StatusCode;
use axum::response::Response;
use model::{ContactId, HitClass, LinkSlot, RuleSet};
use report::number_text::thousands;
use report::{
    CampaignReport, ContactGroup, CountBound, ReportContactLine, ReportContactsFound,
    ReportContactsQuery, campaign_report_by, report_contacts, rules_in_use,
};
use serde::Deserialize;

use crate::admin::campaigns::judged::known;
use crate::admin::campaigns::live_page::numbered;
use crate::admin::contacts::timeline::who;
use crate::admin::page::calls::call;
use crate::admin::page::choice::Choice;
use crate::admin::page::form::{Form, FormProblem, new_key, sentence};
use crate::admin::page::listing::{ListAddress, Pager, typed};
use crate::admin::page::message::Message;
use crate::admin::page::problem::PageProblem;
use crate::admin::page::refused::Refused;
use crate::admin::page::visitor::Admitted;
use crate::admin::parts::{AdminFrame, AdminParts};
use crate::clock::now;
use crate::listen::respond;

/// Contacts of a page.
const PAGE: usize = 50;

/// As it stands in the address, and in the form of an export.
#[derive(Debug, Clone, Default, Deserialize)]
pub(crate) struct DidQuery {
    did: Option<String>,
    bound: Option<String>,
    link: Option<String>,
    rules: Option<String>,
    cursor: Option<String>,
}

/// A group with how many there are.
struct GroupLink {
    name: &'static str,
    path: String,
    count: String,
    is_here: bool,
}

#[derive(Template)]
#[template(path = "admin/report_contacts.html")]
struct ReportContactsPage {
    frame: AdminFrame,
    path: String,
    campaign: String,
    groups: Vec<GroupLink>,
    /// Links to choose from, with any first; empty where no link is asked for.
    links: Vec<Choice>,
    /// Of the rule set, when it is not the one in use.
    rules: Option<String>,
    rules_version: String,
    about: String,
    /// Why nobody is listed.
    not_kept: Option<String>,
    lines: Vec<ReportContactRow>,
    pager: Pager,
    key: String,
    /// Of the filter that is shown, for an export.
    fields: Vec<(&'static str, String)>,
    problem: Option<FormProblem>,
}

struct ReportContactRow {
    contact: ContactId,
    address: String,
    state: &'static str,
    counts_as: &'static str,
    clicks: &'static str,
    more: String,
}

pub(crate) async fn show(
    admitted: Admitted,
    State(parts): State<AdminParts>,
    Path(number): Path<String>,
    Query(asked): Query<DidQuery>,
) -> Response {
    answer(&admitted, &parts, (&number, &asked), StatusCode::OK, None).await
}

/// Lets a server write those who are shown to a file.
pub(crate) async fn export(
    admitted: Admitted,
    State(parts): State<AdminParts>,
    Path(number): Path<String>,
    form: Form,
) -> Response {
    let given = |name: &str| Some(form.trimmed(name).to_owned()).filter(|it| !it.is_empty());
    let asked = DidQuery {
        did: given("did"),
        bound: given("bound"),
        link: given("link"),
        rules: given("rules"),
        cursor: None,
    };
    let begun = async {
        let query = asked.read()?;
        let missing = PageProblem::no_campaign;
        let id = number.parse().map_err(|_| missing())?;
        let rules = asked.rules(&parts).await?.0;
        let call = call(&admitted, &form)?;
        let wish = DisclosureWish::said(Some(form.trimmed("for")), Some(form.trimmed("purpose")));
        Ok(report_contacts_export(&parts.resources, &call, id, (query, rules), wish).await?)
    };
    match begun.await {
        Ok(id) => admitted.visitor.done(&format!("/admin/exports/{id}"), Message::ExportStarted),
        Err(Refused::DoneBefore) => {
            let path = format!("/admin/campaigns/{number}/report/contacts");
            admitted.visitor.done(&path, Message::DoneBefore)
        }
        Err(Refused::Form(status, problem)) => {
            answer(&admitted, &parts, (&number, &asked), status, Some(problem)).await
        }
        Err(Refused::Page(problem)) => problem.page(&admitted.visitor),
    }
}

async fn answer(
    admitted: &Admitted,
    parts: &AdminParts,
    (number, asked): (&str, &DidQuery),
    status: StatusCode,
    problem: Option<FormProblem>,
) -> Response {
    match made(admitted, parts, number, asked).await {
        Ok(page) => respond::page(status, &ReportContactsPage { problem, ..page }),
        Err(problem) => problem.page(&admitted.visitor),
    }
}

impl DidQuery {
    fn read(&self) -> Result<ReportContactsQuery, PageProblem> {
        let refused = |words: String| PageProblem::Refused(words);
        let group = match typed(self.did.as_deref()) {
            None => ContactGroup::Opened,
            Some(word) => ContactGroup::from_word(word).ok_or_else(|| {
                let words = ContactGroup::ALL.map(ContactGroup::as_str).join(", ");
                refused(format!("Its “did” must be one of: {words}."))
            })?,
        };
        let bound =
            match typed(self.bound.as_deref()) {
                None => None,
                Some(word) => Some(CountBound::from_word(word).ok_or_else(|| {
                    refused("Its “bound” must be at_least or at_most.".to_owned())
                })?),
            };
        let link = match typed(self.link.as_deref()) {
            None => None,
            Some(slot) => Some(LinkSlot(slot.parse().map_err(|_| {
                refused("Its “link” must be the number of a link, from 0.".to_owned())
            })?)),
        };
        ReportContactsQuery::new(group, bound, link)
            .map_err(|why| refused(sentence(&why.to_string())))
    }

    /// The rule set that is meant, and the one in use.
    async fn rules(
        &self,
        parts: &AdminParts,
    ) -> Result<(&'static RuleSet, &'static RuleSet), PageProblem> {
        let in_use = rules_in_use(&parts.store).await;
        let in_use = in_use.map_err(PageProblem::failed("listing contacts"))?;
        Ok((known(self.rules.as_deref())?.unwrap_or(in_use), in_use))
    }
}

async fn made(
    admitted: &Admitted,
    parts: &AdminParts,
    number: &str,
    asked: &DidQuery,
) -> Result<ReportContactsPage, PageProblem> {
    let failed = || PageProblem::failed("listing contacts");
    let missing = PageProblem::no_campaign;
    let query = asked.read()?;
    let (rules, in_use) = asked.rules(parts).await?;
    let id = numbered(&parts.store, number).await.map_err(failed())?.ok_or_else(missing)?;
    let report = campaign_report_by(&parts.store, id, now(), rules).await;
    let report = report.map_err(failed())?.ok_or_else(missing)?;
    let path = format!("/admin/campaigns/{id}/report/contacts");
    let other = (rules.version != in_use.version).then(|| rules.version.clone());
    let place = DidPlace { path: &path, rules: other.as_deref() };
    let count = query.count(&report).ok_or_else(|| {
        let words = "The campaign has no link with this number; its report lists them.";
        PageProblem::Refused(words.to_owned())
    })?;
    let address = place.address(query);
    let after = address.read(asked.cursor.as_deref())?;
    let from = (after.map(ContactId), PAGE);
    let not_kept = who_did_is_kept(query, &report).err().map(|refusal| refusal.words);
    let found = match not_kept {
        Some(_) => ReportContactsFound { contacts: Vec::new(), next: None, unfinished: false },
        None => report_contacts(&parts.store, id, query, rules, from).await.map_err(failed())?,
    };
    let campaign = report.campaign.name.clone();
    let frame = admitted
        .frame("campaigns")
        .below("/admin/campaigns", "Campaigns")
        .below(format!("/admin/campaigns/{id}"), campaign.clone());
    Ok(ReportContactsPage {
        frame,
        campaign,
        groups: groups(&place, query, &report),
        links: links(query, &report),
        rules: other.clone(),
        rules_version: rules.version.clone(),
        about: about(query, count),
        not_kept,
        pager: pager(&address, after, &found),
        lines: found.contacts.iter().map(|it| ReportContactRow::new(it, admitted)).collect(),
        key: new_key()?,
        fields: place.fields(query),
        problem: None,
        path,
    })
}

fn pager(address: &ListAddress, after: Option<i64>, found: &ReportContactsFound) -> Pager {
    let mut pager = Pager::new(address, after, found.next.map(|next| next.0));
    if found.unfinished {
        pager.note = Some("Several thousand contacts were looked at for this page.");
    }
    pager
}

/// Where such lists are.
struct DidPlace<'p> {
    path: &'p str,
    rules: Option<&'p str>,
}

impl DidPlace<'_> {
    fn fields(&self, query: ReportContactsQuery) -> Vec<(&'static str, String)> {
        let link = query.link().map(|slot| slot.0.to_string());
        let all = [
            ("did", Some(query.group().as_str().to_owned())),
            ("bound", query.bound().map(|bound| bound.as_str().to_owned())),
            ("link", link),
            ("rules", self.rules.map(str::to_owned)),
        ];
        all.into_iter().filter_map(|(name, value)| Some((name, value?))).collect()
    }

    fn address(&self, query: ReportContactsQuery) -> ListAddress {
        let fields = self.fields(query);
        let pairs: Vec<(&str, Option<&str>)> =
            fields.iter().map(|(name, value)| (*name, Some(value.as_str()))).collect();
        ListAddress::new(self.path, &pairs)
    }
}

fn groups(
    place: &DidPlace<'_>,
    shown: ReportContactsQuery,
    report: &CampaignReport,
) -> Vec<GroupLink> {
    let (least, most) = (Some(CountBound::AtLeast), Some(CountBound::AtMost));
    let all = [
        ("Opened, at least", ContactGroup::Opened, least),
        ("at most", ContactGroup::Opened, most),
        ("Clicked, at least", ContactGroup::Clicked, least),
        ("at most", ContactGroup::Clicked, most),
        ("Not opened", ContactGroup::NotOpened, None),
        ("Machines only", ContactGroup::Machines, None),
        ("Unsubscribed", ContactGroup::Unsubscribed, None),
        ("Not delivered", ContactGroup::NotDelivered, None),
    ];
    let link = |(name, group, bound)| {
        let query = ReportContactsQuery::new(group, bound, None).ok()?;
        let count = query.count(report)?;
        Some(GroupLink {
            name,
            path: place.address(query).first(),
            count: thousands(count.contacts),
            is_here: query == shown,
        })
    };
    all.into_iter().filter_map(link).collect()
}

fn links(shown: ReportContactsQuery, report: &CampaignReport) -> Vec<Choice> {
    if shown.group() != ContactGroup::Clicked || report.links.is_empty() {
        return Vec::new();
    }
    let any =
        Choice { word: String::new(), name: "any".to_owned(), chosen: shown.link().is_none() };
    let choice = |link: &report::LinkLine| {
        let label = if link.label.trim().is_empty() { &link.url } else { &link.label };
        Choice {
            word: link.slot.to_string(),
            name: format!("{label}: {}", thousands(link.contacts)),
            chosen: shown.link() == Some(LinkSlot(link.slot)),
        }
    };
    std::iter::once(any).chain(report.links.iter().map(choice)).collect()
}

/// Who is in the list, and who is counted and can't be.
fn about(query: ReportContactsQuery, count: report::GroupCount) -> String {
    let who = match (query.group(), query.link(), query.bound()) {
        (_, Some(_), _) => "followed this link, machines among them",
        (ContactGroup::Opened, _, Some(CountBound::AtLeast)) => "certainly opened it",
        (ContactGroup::Opened, ..) => "may have opened it",
        (ContactGroup::Clicked, _, Some(CountBound::AtLeast)) => "certainly clicked",
        (ContactGroup::Clicked, ..) => "may have clicked",
        (ContactGroup::NotOpened, ..) => "have it, and nothing was seen of them",
        (ContactGroup::Unsubscribed, ..) => "unsubscribed by it",
        (ContactGroup::Machines, ..) => "were seen by machines only",
        (ContactGroup::NotDelivered, ..) => "did not get it",
    };
    let contacts = thousands(count.contacts);
    match count.nameless {
        0 => format!("{contacts} {who}."),
        more => format!(
            "{contacts} {who}, and up to {} more of whom it may not be known.",
            thousands(more)
        ),
    }
}

impl ReportContactRow {
    fn new(it: &ReportContactLine, admitted: &Admitted) -> Self {
        let code = it.code.filter(|code| *code > 0).map(|code| code.to_string());
        let reply = [code.as_deref().unwrap_or_default(), it.reply.as_str()].join(" ");
        let left = it.left_at.map(|at| format!("unsubscribed {}", at.readable()));
        Self {
            contact: it.contact,
            address: admitted.address(&it.email),
            state: it.state.as_str(),
            counts_as: it.class.map_or("", who),
            clicks: it.click_class.map_or("", HitClass::as_str),
            more: left.unwrap_or_else(|| reply.trim().to_owned()),
        }
    }
}
