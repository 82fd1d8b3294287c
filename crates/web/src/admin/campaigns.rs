//! The pages about campaigns: the list, a campaign's report and its files.
//!
//! Invariants: they change nothing; page, fragment, JSON and CSV of a campaign are made from the same
//! [`report::CampaignReport`] (promise P8); a list shows one bounded page at a time, of
//! the campaigns of the actor's topics.

use std::time::Duration;

use askama::Template;
use axum::extract::{Path, Query, State};
use axum::http::header::{CONTENT_DISPOSITION, CONTENT_TYPE};
use axum::http::{HeaderMap, StatusCode};
use axum::response::{IntoResponse as _, Response};
use model::{CampaignId, CampaignNumber, CampaignState, Right, TopicScope, Zone};
use report::{
    CampaignReport, campaign_headlines, campaign_numbered, campaign_report, campaign_stamp,
    campaigns_under,
};
use serde::Deserialize;
use store::{CampaignTab, Store};

use crate::admin::campaign_acts::{CampaignActs, record_of};
use crate::admin::draft;
use crate::admin::form::FormProblem;
use crate::admin::listing::{ListAddress, Pager, typed};
use crate::admin::parts::{AdminFrame, AdminParts};
use crate::admin::problem::PageProblem;
use crate::admin::progress::progress;
use crate::admin::reader_zone::zone_of;
use crate::admin::report_page::{CampaignLine, MadeReport, ReportFragment, ReportPage};
use crate::admin::set_up_screens::SetUpReminder;
use crate::admin::users::new_key;
use crate::admin::visitor::Admitted;
use crate::clock::now;
use crate::listen::respond;

/// Campaigns on one page of the list.
const PAGE: usize = 20;
/// What failed longer ago needs nobody any more.
const NEEDS_SINCE: Duration = Duration::from_secs(30 * 24 * 60 * 60);
/// Tabs say up to so many.
const COUNTED: usize = 99;

fn no_campaign(admitted: &Admitted) -> Response {
    PageProblem::no_campaign().page(&admitted.visitor)
}

#[derive(Deserialize)]
pub(crate) struct CampaignsQuery {
    tab: Option<String>,
    cursor: Option<String>,
}

/// A part of the list by what campaigns need.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Tab {
    All,
    NeedsYou,
    Running,
    Scheduled,
    Drafts,
    Done,
}

impl Tab {
    const ALL: [Self; 6] =
        [Self::All, Self::NeedsYou, Self::Running, Self::Scheduled, Self::Drafts, Self::Done];

    const fn word(self) -> Option<&'static str> {
        match self {
            Self::All => None,
            Self::NeedsYou => Some("needs-you"),
            Self::Running => Some("running"),
            Self::Scheduled => Some("scheduled"),
            Self::Drafts => Some("drafts"),
            Self::Done => Some("done"),
        }
    }

    const fn name(self) -> &'static str {
        match self {
            Self::All => "All",
            Self::NeedsYou => "Needs you",
            Self::Running => "Running",
            Self::Scheduled => "Scheduled",
            Self::Drafts => "Drafts",
            Self::Done => "Done",
        }
    }

    /// What an empty one means.
    const fn nothing(self) -> &'static str {
        match self {
            Self::All => "",
            Self::NeedsYou => {
                "No campaign was stopped by trouble, and none of the last 30 days has \
                deliveries that failed or are in doubt."
            }
            Self::Running => "No campaign is being sent or paused.",
            Self::Scheduled => "No campaign waits for its time.",
            Self::Drafts => "Every campaign has been started or scheduled.",
            Self::Done => "No campaign is finished yet.",
        }
    }

    fn campaigns(self) -> CampaignTab {
        match self {
            Self::All => CampaignTab::All,
            Self::NeedsYou => CampaignTab::NeedsYou { since: now().before(NEEDS_SINCE) },
            Self::Running => CampaignTab::Running,
            Self::Scheduled => CampaignTab::Scheduled,
            Self::Drafts => CampaignTab::Drafts,
            Self::Done => CampaignTab::Done,
        }
    }

    fn address(self) -> ListAddress {
        ListAddress::new("/admin/campaigns", &[("tab", self.word())])
    }
}

/// A tab with how many campaigns are under it, where that is few.
struct TabLink {
    name: &'static str,
    path: String,
    count: Option<String>,
    is_here: bool,
}

#[derive(Template)]
#[template(path = "admin/campaigns.html")]
struct CampaignsPage {
    frame: AdminFrame,
    set_up: Option<SetUpReminder>,
    list: CampaignsFragment,
}

#[derive(Template)]
#[template(path = "admin/campaigns_live.html")]
struct CampaignsFragment {
    /// Where it renews itself from.
    live: String,
    /// Of the form for a new one, for who may make one.
    key: Option<String>,
    /// How often it renews itself.
    every: &'static str,
    tabs: Vec<TabLink>,
    nothing: &'static str,
    lines: Vec<CampaignLine>,
    notes: Vec<String>,
    pager: Pager,
}

pub(crate) async fn campaigns(
    admitted: Admitted,
    State(parts): State<AdminParts>,
    Query(asked): Query<CampaignsQuery>,
) -> Response {
    let made = async {
        let list = list(&admitted, &parts.store, &asked).await?;
        let set_up = SetUpReminder::of(&admitted, &parts).await?;
        Ok(CampaignsPage { frame: admitted.frame("campaigns"), set_up, list })
    };
    match made.await {
        Ok(page) => respond::page(StatusCode::OK, &page),
        Err(problem) => PageProblem::page(problem, &admitted.visitor),
    }
}

pub(crate) async fn campaigns_live(
    admitted: Admitted,
    State(parts): State<AdminParts>,
    Query(asked): Query<CampaignsQuery>,
) -> Response {
    match list(&admitted, &parts.store, &asked).await {
        Ok(fragment) => respond::page(StatusCode::OK, &fragment),
        Err(problem) => problem.page(&admitted.visitor),
    }
}

/// A few statements, however many campaigns there are, and those of the open ones' progress.
async fn list(
    admitted: &Admitted,
    store: &Store,
    asked: &CampaignsQuery,
) -> Result<CampaignsFragment, PageProblem> {
    let topics = &admitted.topics();
    let wanted = typed(asked.tab.as_deref());
    let tab = Tab::ALL.into_iter().find(|tab| tab.word() == wanted);
    let tab = tab.ok_or_else(|| {
        PageProblem::Refused("There is no such tab: the list shows those that there are.".into())
    })?;
    let address = tab.address();
    let after = address.read(asked.cursor.as_deref())?;
    let failed = || PageProblem::failed("listing campaigns");
    let (wanted, after_id) = (tab.campaigns(), after.map(CampaignId));
    let found = campaign_headlines(store, wanted, topics.clone(), after_id, PAGE + 1).await;
    let mut found = found.map_err(failed())?;
    let has_more = found.len() > PAGE;
    found.truncate(PAGE);
    let next = found.last().filter(|_| has_more).map(|last| last.campaign.id.0);
    let now = now();
    let (mut lines, mut notes) = (Vec::new(), Vec::new());
    for headline in &found {
        if let Some(progress) = progress(store, headline, now).await {
            notes.push(format!("{}: {}", headline.campaign.name, progress.sentence));
            notes.extend(progress.trouble);
        }
        lines.push(CampaignLine::new(headline));
    }
    notes.dedup();
    let mut tabs = Vec::with_capacity(Tab::ALL.len());
    for each in Tab::ALL {
        tabs.push(tab_link(store, topics, each, tab).await.map_err(failed())?);
    }
    let mut live = ListAddress::new("/admin/campaigns/live", &[("tab", tab.word())]).first();
    if let Some(cursor) = typed(asked.cursor.as_deref()) {
        live = format!("{live}{}cursor={cursor}", if live.contains('?') { '&' } else { '?' });
    }
    Ok(CampaignsFragment {
        live,
        key: admitted.can(Right::CampaignsWrite).then(new_key).transpose()?,
        every: if found.iter().any(|it| is_under_way(it.campaign.state)) { "2s" } else { "10s" },
        tabs,
        nothing: tab.nothing(),
        lines,
        notes,
        pager: Pager::new(&address, after, next),
    })
}

async fn tab_link(
    store: &Store,
    topics: &TopicScope,
    tab: Tab,
    here: Tab,
) -> Result<TabLink, report::ReportError> {
    let count = match tab {
        Tab::NeedsYou | Tab::Running | Tab::Scheduled | Tab::Drafts => {
            match campaigns_under(store, tab.campaigns(), topics.clone(), COUNTED + 1).await? {
                0 => None,
                some if some > COUNTED => Some(format!("{COUNTED}+")),
                some => Some(some.to_string()),
            }
        }
        Tab::All | Tab::Done => None,
    };
    Ok(TabLink { name: tab.name(), path: tab.address().first(), count, is_here: tab == here })
}

pub(crate) async fn campaign(
    admitted: Admitted,
    State(parts): State<AdminParts>,
    Path(id): Path<String>,
    headers: HeaderMap,
) -> Response {
    page(&admitted, &parts, &id, &headers, StatusCode::OK, None).await
}

/// A campaign's page, also after a form that was refused.
pub(crate) async fn page(
    admitted: &Admitted,
    parts: &AdminParts,
    number: &str,
    headers: &HeaderMap,
    status: StatusCode,
    problem: Option<FormProblem>,
) -> Response {
    let zone = zone_of(headers);
    match record_of(parts, number).await {
        Ok(record) if record.campaign.state == CampaignState::Draft => {
            let refused = problem.map(|problem| (status, problem));
            return draft::page::page(admitted, parts, &record, &zone, refused).await;
        }
        Ok(_) => {}
        Err(problem) => return problem.page(&admitted.visitor),
    }
    match show(admitted, parts, number, &zone, problem).await {
        Ok(page) => respond::page(status, &page),
        Err(problem) => problem.page(&admitted.visitor),
    }
}

async fn show(
    admitted: &Admitted,
    parts: &AdminParts,
    number: &str,
    zone: &Zone,
    problem: Option<FormProblem>,
) -> Result<ReportPage, PageProblem> {
    let missing = PageProblem::no_campaign;
    let made = make(&parts.store, number).await.map_err(PageProblem::failed("reporting"))?;
    let made = made.ok_or_else(missing)?;
    let record = campaign::record(&parts.store, made.report.campaign.id.number()).await;
    let record = record.map_err(PageProblem::failed("looking a campaign up"))?;
    let record = record.ok_or_else(missing)?;
    let frame = admitted.frame("campaigns").below("/admin/campaigns", "Campaigns");
    let acts = CampaignActs::of(admitted, parts, &record, zone).await?.with(problem);
    Ok(ReportPage::new(frame, made, &record, acts))
}

#[derive(Deserialize)]
pub(crate) struct SeenStamp {
    seen: Option<String>,
}

/// The part that refreshes itself, or nothing when the reader already has it.
pub(crate) async fn campaign_live(
    admitted: Admitted,
    State(parts): State<AdminParts>,
    Path(id): Path<String>,
    Query(seen): Query<SeenStamp>,
) -> Response {
    match has_news(&parts.store, &id, seen.seen.as_deref()).await {
        Ok(true) => {}
        Ok(false) => return StatusCode::NO_CONTENT.into_response(),
        Err(problem) => return respond::failed("looking at a campaign", &problem),
    }
    match make(&parts.store, &id).await {
        Ok(Some(made)) => respond::page(StatusCode::OK, &ReportFragment::new(made)),
        Ok(None) => no_campaign(&admitted),
        Err(problem) => respond::failed("reporting on a campaign", &problem),
    }
}

/// Whether the figures differ from those that were seen. While a campaign is being sent there is
/// always something new, if only the expected end.
async fn has_news(
    store: &Store,
    id: &str,
    seen: Option<&str>,
) -> Result<bool, report::ReportError> {
    let (Some(seen), Some(id)) = (seen, numbered(store, id).await?) else { return Ok(true) };
    let stamp = campaign_stamp(store, id).await?;
    let state = |stamp: &str| stamp.split('-').next().is_some_and(is_under_way);
    Ok(stamp.is_none_or(|stamp| stamp != seen || state(&stamp)))
}

fn is_under_way(state: &str) -> bool {
    matches!(state, "starting" | "sending")
}

/// The campaign with this number. Anything that is not a number is the number of no campaign.
async fn numbered(store: &Store, id: &str) -> Result<Option<CampaignId>, report::ReportError> {
    let Ok(number) = id.parse::<CampaignNumber>() else { return Ok(None) };
    campaign_numbered(store, number).await
}

async fn make(store: &Store, id: &str) -> Result<Option<MadeReport>, report::ReportError> {
    let Some(id) = numbered(store, id).await? else { return Ok(None) };
    // Before the report: what comes between the two is shown once more, never left out.
    let stamp = campaign_stamp(store, id).await?.unwrap_or_default();
    let Some(report) = campaign_report(store, id, now()).await? else { return Ok(None) };
    let progress = progress(store, &report.headline(), report.made_at).await;
    Ok(Some(MadeReport { report, progress, stamp }))
}

pub(crate) async fn campaign_json(
    admitted: Admitted,
    State(parts): State<AdminParts>,
    Path(id): Path<String>,
) -> Response {
    let made = find(&parts.store, &id)
        .await
        .and_then(|report| report.map(|report| report.to_json()).transpose());
    match made {
        Ok(Some(json)) => ([(CONTENT_TYPE, "application/json")], json).into_response(),
        Ok(None) => no_campaign(&admitted),
        Err(problem) => respond::failed("writing a report as JSON", &problem),
    }
}

pub(crate) async fn campaign_csv(
    admitted: Admitted,
    State(parts): State<AdminParts>,
    Path(id): Path<String>,
) -> Response {
    let made = find(&parts.store, &id).await.and_then(|report| {
        report.map(|report| Ok((report.campaign.id, report.to_csv()?))).transpose()
    });
    match made {
        Ok(Some((id, csv))) => {
            let name = format!("attachment; filename=\"campaign-{id}.csv\"");
            let kind = "text/csv; charset=utf-8".to_owned();
            ([(CONTENT_TYPE, kind), (CONTENT_DISPOSITION, name)], csv).into_response()
        }
        Ok(None) => no_campaign(&admitted),
        Err(problem) => respond::failed("writing a report as CSV", &problem),
    }
}

async fn find(store: &Store, id: &str) -> Result<Option<CampaignReport>, report::ReportError> {
    let Some(id) = numbered(store, id).await? else { return Ok(None) };
    campaign_report(store, id, now()).await
}
