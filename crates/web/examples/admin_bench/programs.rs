//! What a program that reads everything through the API gets in a second.

use std::pin::Pin;
use std::sync::Arc;
use std::time::{Duration, Instant};

use access::{Actor, CreateToken, token_create};
use actions::Resources;
use axum::Router;
use axum::body::{Body, to_bytes};
use axum::http::header::AUTHORIZATION;
use axum::http::{Request, StatusCode};
use hyper::service::Service as _;
use hyper_util::service::TowerToHyperService;
use model::{Right, Timestamp};
use serde_json::Value;
use web::{ApiLimit, ApiLimits, ApiParts, LimitState, ProcessFacts, api_router};

use crate::Failure;

/// Pages that are asked for of each list, one after another by their cursors.
const PAGES: u32 = 1_000;
/// Some of large rows, some of small ones, one that is sorted out of very many.
const LISTS: [&str; 4] = [
    "/api/v1/contacts?limit=100",
    "/api/v1/contacts?limit=100&topic=news&state=subscribed",
    "/api/v1/campaigns?limit=100",
    "/api/v1/campaigns/1/deliveries?limit=100",
];

/// Holds nobody up: the figures are the lists' own.
struct NoLimit;

impl ApiLimit for NoLimit {
    fn take(&self, _: u64) -> Pin<Box<dyn Future<Output = LimitState> + Send + '_>> {
        let (window, wait) = (Duration::from_secs(10), Duration::ZERO);
        let state = LimitState { allowed: true, quota: 1_000, window, left: 1_000, wait };
        Box::pin(std::future::ready(state))
    }
}

/// Reads each list by its cursors, again from the start where it ends; the slowest one's calls in a
/// second.
pub(crate) async fn measure(resources: Resources) -> Result<(), Failure> {
    let token = token(&resources).await?;
    let api = api(resources);
    let mut least = f64::INFINITY;
    for list in LISTS {
        let started = Instant::now();
        let mut after = None;
        for _ in 0..PAGES {
            let path = match &after {
                Some(after) => format!("{list}&after={after}"),
                None => list.to_owned(),
            };
            after = page(&api, &path, &token).await?;
        }
        let per_s = f64::from(PAGES) / started.elapsed().as_secs_f64();
        println!("LIST {list} {per_s:.0}");
        least = least.min(per_s);
    }
    println!("RESULT api_list_per_s {least:.0} calls/s");
    Ok(())
}

/// A page's cursor to the next one.
async fn page(api: &Router, path: &str, token: &str) -> Result<Option<String>, Failure> {
    let request = Request::get(path).header(AUTHORIZATION, token).body(Body::empty())?;
    let answer = TowerToHyperService::new(api.clone()).call(request).await?;
    let status = answer.status();
    let body = to_bytes(answer.into_body(), 16 << 20).await?;
    if status != StatusCode::OK {
        return Err(format!("{path} answered {status}").into());
    }
    let page: Value = serde_json::from_slice(&body)?;
    Ok(page["next"].as_str().map(str::to_owned))
}

async fn token(resources: &Resources) -> Result<String, Failure> {
    let create = CreateToken {
        name: "bench".into(),
        live: true,
        scopes: vec![Right::ContactsRead, Right::CampaignsRead, Right::DeliveriesRead],
        topics: Vec::new(),
        ends_at: None,
        request: None,
    };
    let now = Timestamp::from_system(std::time::SystemTime::now());
    let made = token_create(&resources.store, &Actor::command_line("bench"), create, now).await?;
    Ok(format!("Bearer {}", made.token.reveal()))
}

fn api(resources: Resources) -> Router {
    api_router(ApiParts {
        reports: resources.store.for_reports(),
        resources,
        inbox: None,
        this_machine_only: false,
        readiness: Arc::new(Vec::new),
        process: Arc::new(ProcessFacts::default),
        trusted_proxies: Default::default(),
        limits: ApiLimits { requests: Arc::new(NoLimit), failures: Arc::new(NoLimit) },
        counters: Default::default(),
        event_waits: Default::default(),
        topics: Default::default(),
        document: Default::default(),
    })
}
