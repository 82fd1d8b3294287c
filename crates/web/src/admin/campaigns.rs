//! The pages about campaigns: the list, a campaign's report and its files.
//!
//! Invariants: they change nothing; page, fragment, JSON and CSV of a campaign are made from the same
//! [`report::CampaignReport`] (promise P8); a list shows one bounded page at a time, of
//! the campaigns of the actor's topics.

mod acts;
mod audience_card;
mod chart;
pub(crate) mod compare;
pub(crate) mod domains;
pub(crate) mod draft;
pub(crate) mod files;
mod finding_lines;
pub(crate) mod forms;
pub(crate) mod gap_rows;
mod head;
pub(crate) mod hours;
pub(crate) mod judged;
pub(crate) mod link_shares;
pub(crate) mod live_page;
mod made_from;
pub(crate) mod progress;
pub(crate) mod report_contacts;
mod report_page;
pub(crate) mod report_schedules;
pub(crate) mod send_page;
pub(crate) mod share_links;
mod tab;
pub(crate) mod test_send;

use askama::Template;
use axum::extract::{Path, Query, State};
use axum::http::{HeaderMap, StatusCode};
use axum::response::Response;
use model::{CampaignId, CampaignState, Right, TopicScope, Zone};
use report::{campaign_headlines, campaigns_under};
use serde::Deserialize;
use store::Store;

use crate::admin::campaigns::acts::{CampaignActs, record_of};
use crate::admin::campaigns::judged::{AskedRules, RulesQuery};
use crate::admin::campaigns::progress::progress;
use crate::admin::campaigns::report_page::{CampaignLine, ReportMay, ReportPage};
use crate::admin::campaigns::tab::Tab;
use crate::admin::entry::gate::Admission;
use crate::admin::live::{self, LiveControl, Shown, part};
use crate::admin::page::form::{FormProblem, new_key};
use crate::admin::page::listing::{ListAddress, Pager, typed};
use crate::admin::page::problem::PageProblem;
use crate::admin::page::reader_zone::zone_of;
use crate::admin::page::visitor::Admitted;
use crate::admin::parts::{AdminFrame, AdminParts};
use crate::admin::set_up_screens::SetUpReminder;
use crate::admin::streams::{KEY, LivePart, Maker};
use crate::clock::now;
use crate::listen::respond;

const STREAM: &str = "/admin/campaigns/stream";
/// Campaigns on one page of the list.
const PAGE: usize = 20;
/// Tabs say up to so many.
const COUNTED: usize = 99;

#[derive(Deserialize)]
pub(crate) struct CampaignsQuery {
    tab: Option<String>,
    cursor: Option<String>,
    /// What the reader of a stream has.
    since: Option<String>,
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
    /// Why nothing can be sent.
    cannot_send: Option<String>,
    control: LiveControl,
    list: String,
}

#[derive(Template)]
#[template(path = "admin/campaigns_live.html")]
struct CampaignsFragment {
    /// Of the form for a new one, for who may make one.
    key: Option<&'static str>,
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
        let place = asked.place()?;
        let list = list_part(&parts.store, &ListReader::of(&admitted), &place).await?;
        let (page, stream) = (place.address("/admin/campaigns"), place.address(STREAM));
        Ok(CampaignsPage {
            frame: admitted.frame("campaigns"),
            set_up: SetUpReminder::of(&admitted, &parts).await?,
            cannot_send: parts.cannot_send(),
            control: LiveControl::new(page, stream, "live", &[&list.revision]),
            list: list.html(&new_key()?),
        })
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
    headers: HeaderMap,
) -> Response {
    let known = part::known_to(&headers);
    let made = async {
        let list = list_part(&parts.store, &ListReader::of(&admitted), &asked.place()?).await?;
        Ok(list.unless(known.as_deref()))
    };
    let made = made.await;
    part::answer(made, known, &admitted.visitor)
}

pub(crate) async fn campaigns_stream(
    admission: Admission,
    State(parts): State<AdminParts>,
    Query(asked): Query<CampaignsQuery>,
    headers: HeaderMap,
) -> Response {
    let place = match asked.place() {
        Ok(place) => place,
        Err(problem) => return problem.page(&admission.admitted.visitor),
    };
    let reader = ListReader::of(&admission.admitted);
    let name = format!("campaigns of {reader:?} at {}", place.address(""));
    let store = parts.store.clone();
    let make: Maker = Box::new(move |known| {
        let (store, reader, place) = (store.clone(), reader.clone(), place.clone());
        Box::pin(async move {
            let list = list_part(&store, &reader, &place).await?;
            Ok(list.unless(known.as_deref()))
        })
    });
    let since = live::since(&headers, asked.since.as_deref());
    let shown = vec![Shown { part: "live", name, make }];
    live::stream(&parts.live, admission, since.as_deref(), shown)
}

/// Whose list it is: what two readers see alike, they see the same of.
#[derive(Debug, Clone)]
struct ListReader {
    topics: TopicScope,
    /// Whether they may make a campaign.
    may_write: bool,
}

impl ListReader {
    fn of(admitted: &Admitted) -> Self {
        Self { topics: admitted.topics(), may_write: admitted.can(Right::CampaignsWrite) }
    }
}

/// A page of the list under a tab.
#[derive(Clone)]
struct ListPlace {
    tab: Tab,
    after: Option<i64>,
    cursor: Option<String>,
}

impl CampaignsQuery {
    fn place(&self) -> Result<ListPlace, PageProblem> {
        let wanted = typed(self.tab.as_deref());
        let tab = Tab::ALL.into_iter().find(|tab| tab.word() == wanted);
        let tab = tab.ok_or_else(|| {
            PageProblem::Refused(
                "There is no such tab: the list shows those that there are.".into(),
            )
        })?;
        let cursor = typed(self.cursor.as_deref());
        let after = tab.address().read(cursor)?;
        Ok(ListPlace { tab, after, cursor: cursor.map(str::to_owned) })
    }
}

impl ListPlace {
    /// The same page at another address.
    fn address(&self, path: &str) -> String {
        let filter = [("tab", self.tab.word()), ("cursor", self.cursor.as_deref())];
        ListAddress::new(path, &filter).first()
    }
}

async fn list_part(
    store: &Store,
    reader: &ListReader,
    place: &ListPlace,
) -> Result<LivePart, PageProblem> {
    Ok(LivePart::of(&list(store, reader, place).await?)?)
}

/// A few statements, however many campaigns there are, and those of the open ones' progress.
async fn list(
    store: &Store,
    reader: &ListReader,
    place: &ListPlace,
) -> Result<CampaignsFragment, PageProblem> {
    let (tab, after, address) = (place.tab, place.after, place.tab.address());
    let topics = &reader.topics;
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
    Ok(CampaignsFragment {
        key: reader.may_write.then_some(KEY),
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
    Query(asked): Query<RulesQuery>,
    headers: HeaderMap,
) -> Response {
    match asked.read() {
        Ok(asked) => page_by(&admitted, &parts, &id, asked, &headers, StatusCode::OK, None).await,
        Err(problem) => problem.page(&admitted.visitor),
    }
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
    let asked = AskedRules::default();
    page_by(admitted, parts, number, asked, headers, status, problem).await
}

async fn page_by(
    admitted: &Admitted,
    parts: &AdminParts,
    number: &str,
    asked: AskedRules,
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
    match show(admitted, parts, number, asked, &zone, problem).await {
        Ok(page) => respond::page(status, &page),
        Err(problem) => problem.page(&admitted.visitor),
    }
}

async fn show(
    admitted: &Admitted,
    parts: &AdminParts,
    number: &str,
    asked: AskedRules,
    zone: &Zone,
    problem: Option<FormProblem>,
) -> Result<ReportPage, PageProblem> {
    let missing = PageProblem::no_campaign;
    let made = live_page::make(&parts.store, number, asked).await;
    let made = made.map_err(PageProblem::failed("reporting"))?.ok_or_else(missing)?;
    let record = campaign::record(&parts.store, made.report.campaign.id.number()).await;
    let record = record.map_err(PageProblem::failed("looking a campaign up"))?;
    let record = record.ok_or_else(missing)?;
    let frame = admitted.frame("campaigns").below("/admin/campaigns", "Campaigns");
    let may_send = admitted.can(Right::CampaignsSend);
    let acts = CampaignActs::of(may_send, parts, &record, zone).await?;
    let revision = acts.part()?.revision;
    let may_write = admitted.can(Right::CampaignsWrite);
    let may = ReportMay {
        write: may_write,
        see_contacts: admitted.can(Right::ContactsRead),
        share: may_send,
    };
    let made_of = (&record, may);
    ReportPage::new(frame, made, made_of, asked, (acts.with(problem), revision))
}
