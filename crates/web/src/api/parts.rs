//! What the API is made from, and what it counts.

use std::pin::Pin;
use std::sync::atomic::AtomicU64;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use actions::Resources;
use model::Timestamp;
use store::{Store, TopicCounts};

use crate::admin::inbox::Inbox;
use crate::admin::parts::ProcessFacts;
use crate::api::event_waits::EventWaits;
use crate::listen::peer::TrustedProxies;

/// What the API is made from.
#[derive(Clone)]
pub struct ApiParts {
    /// What actions are done with.
    pub resources: Resources,
    /// The store for looking: apart from what sends and what recipients wait for.
    pub reports: Store,
    /// Caught mail; otherwise the inbox is the test messages.
    pub inbox: Option<Arc<Inbox>>,
    /// Answer only requests whose `Host` is this machine: for a listener on loopback.
    pub this_machine_only: bool,
    /// Why this node does not do what it is there for; empty when it does.
    pub readiness: Arc<dyn Fn() -> Vec<String> + Send + Sync>,
    /// What this process is and where it works.
    pub process: Arc<dyn Fn() -> ProcessFacts + Send + Sync>,
    /// Proxies whose `X-Forwarded-For` is believed, for the limit of client networks.
    pub trusted_proxies: TrustedProxies,
    pub limits: ApiLimits,
    pub counters: Arc<ApiCounters>,
    /// Places for requests that wait for events.
    pub event_waits: EventWaits,
    /// The topics' numbers as they were last counted.
    pub topics: KeptCounts,
    /// Filled in by the router.
    pub document: Arc<ApiDocument>,
}

/// What the API says of itself.
#[derive(Debug, Default)]
pub struct ApiDocument {
    /// OpenAPI, as JSON.
    pub json: String,
    /// The same for people, as a page.
    pub page: String,
}

/// The topics' numbers as they were last counted, and when; shared by all requests.
pub type KeptCounts = Arc<Mutex<Option<(Timestamp, Vec<TopicCounts>)>>>;

/// How often one may ask.
#[derive(Clone)]
pub struct ApiLimits {
    /// Requests of one token.
    pub requests: Arc<dyn ApiLimit>,
    /// Requests of one client network without a good token.
    pub failures: Arc<dyn ApiLimit>,
}

/// A limit with a share of its own for each key.
pub trait ApiLimit: Send + Sync {
    /// Takes one permit of the key's share, if there is one.
    fn take(&self, key: u64) -> Pin<Box<dyn Future<Output = LimitState> + Send + '_>>;
}

/// What is left of a share.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct LimitState {
    /// Whether there was a permit.
    pub allowed: bool,
    /// Permits of a whole share.
    pub quota: u32,
    /// The time in which a share that is used up becomes whole again.
    pub window: Duration,
    /// Permits that are left.
    pub left: u32,
    /// Until there is one more permit; until the share is whole if there are some.
    pub wait: Duration,
}

/// What the API has answered since the start.
#[derive(Debug, Default)]
pub struct ApiCounters {
    /// With 2xx and 3xx.
    pub answered: AtomicU64,
    /// With 4xx, whatever else counts them.
    pub refused: AtomicU64,
    /// With 5xx.
    pub failed: AtomicU64,
    /// Without a good token.
    pub unknown: AtomicU64,
    /// Asked too often.
    pub limited: AtomicU64,
    /// Repeated under the same key, and not done again.
    pub replayed: AtomicU64,
}
