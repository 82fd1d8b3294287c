//! The parts of a campaign's page that keep themselves up to date: its figures, and what can be done.

use axum::extract::{Path, Query, State};
use axum::http::HeaderMap;
use axum::response::Response;
use model::{CampaignId, CampaignNumber, Right, Zone};
use report::{
    campaign_numbered, campaign_report_by, campaign_report_by_both, campaign_stamp, rules_in_use,
};
use serde::Deserialize;
use store::Store;

use crate::admin::campaigns::acts::{CampaignActs, record_of};
use crate::admin::campaigns::judged::{AskedRules, RulesQuery};
use crate::admin::campaigns::progress::progress;
use crate::admin::campaigns::report_page::{MadeReport, ReportFragment, is_moving};
use crate::admin::entry::gate::Admission;
use crate::admin::live::{self, Shown, part};
use crate::admin::page::problem::PageProblem;
use crate::admin::page::reader_zone::zone_of;
use crate::admin::page::visitor::Admitted;
use crate::admin::parts::AdminParts;
use crate::admin::streams::{LivePart, Maker, revision_of};
use crate::clock::now;

#[derive(Deserialize)]
pub(crate) struct CampaignSince {
    since: Option<String>,
}

/// Its figures, or nothing new.
pub(crate) async fn report(
    admitted: Admitted,
    State(parts): State<AdminParts>,
    Path(number): Path<String>,
    Query(asked): Query<RulesQuery>,
    headers: HeaderMap,
) -> Response {
    let asked = match asked.read() {
        Ok(asked) => asked,
        Err(problem) => return problem.page(&admitted.visitor),
    };
    let known = part::known_to(&headers);
    let made = report_part(&parts.store, &number, asked, known.as_deref()).await;
    part::answer(made, known, &admitted.visitor)
}

/// Its head and buttons, or nothing as long as what they offer is the same.
pub(crate) async fn acts(
    admitted: Admitted,
    State(parts): State<AdminParts>,
    Path(number): Path<String>,
    headers: HeaderMap,
) -> Response {
    let known = part::known_to(&headers);
    let may_send = admitted.can(Right::CampaignsSend);
    let made = acts_part(may_send, &parts, &number, &zone_of(&headers), known.as_deref()).await;
    part::answer(made, known, &admitted.visitor)
}

/// Both, whenever they change.
pub(crate) async fn stream(
    admission: Admission,
    State(parts): State<AdminParts>,
    Path(number): Path<String>,
    Query(page): Query<CampaignSince>,
    Query(asked): Query<RulesQuery>,
    headers: HeaderMap,
) -> Response {
    let asked = match asked.read() {
        Ok(asked) => asked,
        Err(problem) => return problem.page(&admission.admitted.visitor),
    };
    let since = live::since(&headers, page.since.as_deref());
    let (zone, may_send) = (zone_of(&headers), admission.admitted.can(Right::CampaignsSend));
    let acts = Shown {
        part: "acts",
        name: format!("acts of {number}, {may_send}, {}", zone.name()),
        make: making_acts(may_send, parts.clone(), number.clone(), zone),
    };
    let report = Shown {
        part: "live",
        name: format!("campaign {number}{}", asked.query()),
        make: making_report(parts.store.clone(), number, asked),
    };
    live::stream(&parts.live, admission, since.as_deref(), vec![acts, report])
}

fn making_acts(may_send: bool, parts: AdminParts, number: String, zone: Zone) -> Maker {
    Box::new(move |known| {
        let (parts, number, zone) = (parts.clone(), number.clone(), zone.clone());
        Box::pin(
            async move { Ok(acts_part(may_send, &parts, &number, &zone, known.as_deref()).await?) },
        )
    })
}

fn making_report(store: Store, number: String, asked: AskedRules) -> Maker {
    Box::new(move |known| {
        let (store, number) = (store.clone(), number.clone());
        Box::pin(async move { Ok(report_part(&store, &number, asked, known.as_deref()).await?) })
    })
}

async fn acts_part(
    may_send: bool,
    parts: &AdminParts,
    number: &str,
    zone: &Zone,
    known: Option<&str>,
) -> Result<Option<LivePart>, PageProblem> {
    let record = record_of(parts, number).await?;
    let acts = CampaignActs::of(may_send, parts, &record, zone).await?;
    Ok(acts.for_many().part()?.unless(known))
}

/// One statement when nothing has happened. While a campaign is being sent there is always something
/// new, if only the expected end.
async fn report_part(
    store: &Store,
    number: &str,
    asked: AskedRules,
    known: Option<&str>,
) -> Result<Option<LivePart>, PageProblem> {
    let failed = PageProblem::failed("reporting on a campaign");
    if let Some(known) = known
        && has_settled_at(store, number, asked, known)
            .await
            .map_err(PageProblem::failed("looking at a campaign"))?
    {
        return Ok(None);
    }
    let made = make(store, number, asked).await.map_err(failed)?;
    let made = made.ok_or_else(PageProblem::no_campaign)?;
    Ok(ReportFragment::new(made).part()?.unless(known))
}

async fn has_settled_at(
    store: &Store,
    number: &str,
    asked: AskedRules,
    known: &str,
) -> Result<bool, report::ReportError> {
    let Some(id) = numbered(store, number).await? else { return Ok(false) };
    let stamp = stamp_of(store, id, asked).await?;
    Ok(stamp.is_some_and(|stamp| !is_moving(&stamp) && revision_of(&stamp) == known))
}

/// The campaign with this number. Anything that is not a number is the number of no campaign.
pub(crate) async fn numbered(
    store: &Store,
    number: &str,
) -> Result<Option<CampaignId>, report::ReportError> {
    let Ok(number) = number.parse::<CampaignNumber>() else { return Ok(None) };
    campaign_numbered(store, number).await
}

/// As long as it stays, the page shows the same.
async fn stamp_of(
    store: &Store,
    id: CampaignId,
    asked: AskedRules,
) -> Result<Option<String>, report::ReportError> {
    let stamp = campaign_stamp(store, id).await?;
    Ok(stamp.map(|stamp| format!("{stamp}{}", asked.query())))
}

pub(crate) async fn make(
    store: &Store,
    number: &str,
    asked: AskedRules,
) -> Result<Option<MadeReport>, report::ReportError> {
    let Some(id) = numbered(store, number).await? else { return Ok(None) };
    // Before the report: what comes between the two is shown once more, never left out.
    let stamp = stamp_of(store, id, asked).await?.unwrap_or_default();
    let in_use = rules_in_use(store).await?;
    let rules = asked.rules.unwrap_or(in_use);
    let found = match asked.beside {
        Some(other) => campaign_report_by_both(store, id, now(), (rules, other))
            .await?
            .map(|(report, beside)| (report, Some(beside))),
        None => campaign_report_by(store, id, now(), rules).await?.map(|report| (report, None)),
    };
    let Some((report, beside)) = found else { return Ok(None) };
    let progress = progress(store, &report.headline(), report.made_at).await;
    Ok(Some(MadeReport { report, beside, in_use: &in_use.version, progress, stamp }))
}
