//! A campaign's report for outsiders, by a link that somebody has made for them.
//!
//! Invariants: no cookie, no script; nothing is changed but the day on which a link was used last; what
//! is shown is a [`PublicReport`], which tells of no person, and is made at most every five minutes,
//! however many look: nobody can watch a figure move by one.

use std::collections::BTreeMap;
use std::sync::Arc;

use access::share_token_hash;
use askama::Template;
use axum::Extension;
use axum::extract::{Path, State};
use axum::http::{HeaderName, StatusCode};
use axum::response::{IntoResponse as _, Response};
use model::{CampaignId, Timestamp};
use report::{KeptDomains, PublicReport, ReportError, campaign_report};
use store::{ShareLink, Store, StoreError};
use tokio::sync::Mutex;

use crate::clock::now;
use crate::listen::respond;
use crate::public_figures::PublicFigures;
use crate::recipient::brand::PageBrand;
use crate::recipient::parts::{PublicParts, in_time};

const ROBOTS: HeaderName = HeaderName::from_static("x-robots-tag");
/// Microseconds for which a report is shown as it was made.
const FRESH: i64 = 5 * 60 * 1_000_000;
/// Campaigns whose report is kept.
const KEPT: usize = 64;

/// What was made for a campaign: None when nothing can be told of so few.
type Made = Option<Arc<PublicReport>>;

/// Reports as they were made last. Of equal requests one makes it.
#[derive(Clone, Default)]
pub(crate) struct SharedReports {
    kept: Arc<Mutex<BTreeMap<CampaignId, (Timestamp, Made)>>>,
    domains: KeptDomains,
}

#[derive(Template)]
#[template(path = "shared_report.html")]
struct SharedReportPage<'a> {
    brand: PageBrand<'a>,
    figures: PublicFigures,
    made_at: String,
    ends_at: String,
}

impl SharedReports {
    /// The report and when it was made; made to its end, also when nobody waits for it any more.
    async fn report(
        &self,
        store: &Store,
        id: CampaignId,
    ) -> Result<Option<(Timestamp, Made)>, ReportError> {
        let (this, store) = (self.clone(), store.for_reports());
        let making = tokio::spawn(async move { this.make(&store, id).await });
        match making.await {
            Ok(made) => made,
            Err(_) => Err(StoreError::Unreachable("the server stops".to_owned()).into()),
        }
    }

    async fn make(
        &self,
        store: &Store,
        id: CampaignId,
    ) -> Result<Option<(Timestamp, Made)>, ReportError> {
        let mut kept = self.kept.lock().await;
        let now = now();
        if let Some((at, made)) = kept.get(&id)
            && (0..FRESH).contains(&now.0.saturating_sub(at.0))
        {
            return Ok(Some((*at, made.clone())));
        }
        let Some(report) = campaign_report(store, id, now).await? else { return Ok(None) };
        let rules = report::rules_in_use(store).await?;
        let Some(domains) = self.domains.report(store, id, now, rules).await? else {
            return Ok(None);
        };
        let made = PublicReport::new(&report, &domains).map(Arc::new);
        while kept.len() >= KEPT {
            let oldest = kept.iter().min_by_key(|(_, (at, _))| *at).map(|(id, _)| *id);
            let Some(oldest) = oldest else { break };
            kept.remove(&oldest);
        }
        kept.insert(id, (now, made.clone()));
        Ok(Some((now, made)))
    }
}

pub(crate) async fn show(
    State(parts): State<PublicParts>,
    Extension(reports): Extension<SharedReports>,
    Path(token): Path<String>,
) -> Response {
    let Some(store) = parts.store.clone() else { return parts.try_later() };
    let Some(hash) = share_token_hash(&token) else { return nothing(&parts) };
    let link = match in_time(store.share_link_by_hash(hash, now())).await {
        Ok(Some(link)) => link,
        Ok(None) => return nothing(&parts),
        Err(problem) => return failed(&parts, &problem),
    };
    let made = in_time(async {
        reports.report(&store, link.campaign).await.map_err(|error| match error {
            ReportError::Store(error) => error,
            error => StoreError::Corrupt(error.to_string()),
        })
    });
    let (at, made) = match made.await {
        Ok(Some(made)) => made,
        Ok(None) => return nothing(&parts),
        Err(problem) => return failed(&parts, &problem),
    };
    note_use(&store, &link).await;
    let answer = match made {
        Some(made) => {
            let sender = parts.sender();
            respond::page(
                StatusCode::OK,
                &SharedReportPage {
                    brand: PageBrand::new(&sender),
                    figures: PublicFigures::new(&made),
                    made_at: at.readable(),
                    ends_at: link.ends_at.day(),
                },
            )
        }
        None => {
            let text = "So few people got it that any figure would tell of somebody.";
            parts.notice(StatusCode::OK, "Too few to tell", text)
        }
    };
    unlisted(answer)
}

/// The day is enough, and noted once; a report is shown all the same.
async fn note_use(store: &Store, link: &ShareLink) {
    let at = now();
    if link.last_used.is_some_and(|used| used.day() == at.day()) {
        return;
    }
    if let Err(error) = in_time(store.share_link_used(link.id, at)).await {
        tracing::warn!(%error, link = link.id, "can't note that a link was used");
    }
}

fn nothing(parts: &PublicParts) -> Response {
    let text = "It may have ended, or was taken back, or cut off when it was copied. Whoever gave it to \
                you can make another one.";
    unlisted(parts.notice(StatusCode::NOT_FOUND, "This link does not work", text))
}

fn failed(parts: &PublicParts, problem: &StoreError) -> Response {
    if problem.is_passing() {
        tracing::warn!(%problem, "can't make a shared report");
        return parts.try_later();
    }
    respond::failed("making a shared report", problem)
}

fn unlisted(answer: Response) -> Response {
    ([(ROBOTS, "noindex, nofollow")], answer).into_response()
}
