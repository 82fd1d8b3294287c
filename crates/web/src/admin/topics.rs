//! Topics with their numbers.
//!
//! Invariant: subscriptions are counted at most once a minute, however often the page is asked
//! for; it says when.

pub(crate) mod forms;
pub(crate) mod over_time;
pub(crate) mod reconfirm;

use std::sync::PoisonError;
use std::time::Duration;

use askama::Template;
use axum::extract::State;
use axum::http::StatusCode;
use axum::response::Response;
use model::{Right, TopicScope};
use report::number_text::thousands;
use store::TopicCounts;

use crate::admin::kept_topics::KeptTopics;
use crate::admin::page::problem::PageProblem;
use crate::admin::page::visitor::Admitted;
use crate::admin::parts::{AdminFrame, AdminParts};
use crate::clock::now;
use crate::listen::respond;

/// For how long numbers are good enough.
const KEPT: Duration = Duration::from_secs(60);

#[derive(Template)]
#[template(path = "admin/topics.html")]
struct TopicsPage {
    frame: AdminFrame,
    may_add: bool,
    may_change: bool,
    lines: Vec<TopicLine>,
    counted: String,
}

struct TopicLine {
    slug: String,
    name: String,
    subscribed: String,
    pending: String,
    unsubscribed: String,
    campaigns: String,
}

pub(crate) async fn topics(admitted: Admitted, State(parts): State<AdminParts>) -> Response {
    match counted(&parts).await {
        Ok(KeptTopics { at, topics }) => {
            let scope = admitted.topics();
            let own = topics.iter().filter(|counts| scope.contains(counts.topic.id));
            let lines = own.map(TopicLine::new).collect();
            let may_change = admitted.can(Right::TopicsWrite);
            let page = TopicsPage {
                frame: admitted.frame("topics"),
                may_add: may_change && scope == TopicScope::All,
                may_change,
                lines,
                counted: at.readable(),
            };
            respond::page(StatusCode::OK, &page)
        }
        Err(problem) => problem.page(&admitted.visitor),
    }
}

async fn counted(parts: &AdminParts) -> Result<KeptTopics, PageProblem> {
    let now = now();
    let kept = parts.topics.lock().unwrap_or_else(PoisonError::into_inner).clone();
    if let Some(kept) = kept.filter(|kept| kept.at <= now && now < kept.at.after(KEPT)) {
        return Ok(kept);
    }
    let topics = audience::topics(&parts.store).await;
    let topics = topics.map_err(PageProblem::failed("counting subscriptions"))?;
    let fresh = KeptTopics { at: now, topics };
    // Without topics there is nothing to count, and the first one should show at once.
    if !fresh.topics.is_empty() {
        let mut kept = parts.topics.lock().unwrap_or_else(PoisonError::into_inner);
        *kept = Some(fresh.clone());
    }
    Ok(fresh)
}

impl TopicLine {
    fn new(counts: &TopicCounts) -> Self {
        Self {
            slug: counts.topic.slug.clone(),
            name: counts.topic.name.clone(),
            subscribed: thousands(counts.subscribed),
            pending: thousands(counts.pending),
            unsubscribed: thousands(counts.unsubscribed),
            campaigns: thousands(counts.campaigns),
        }
    }
}
