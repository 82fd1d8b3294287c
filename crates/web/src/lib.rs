//! Pages for recipients and for readers of reports.
//!
//! Two routers for two listeners: [`public_router`] is where links in messages lead,
//! [`admin_router`] is for people who run campaigns, each of whom has signed in.
//! Invariants: GET and HEAD change nobody's state (promise P3; the demo's way in excepted); no page loads anything from
//! elsewhere, except a message shown as its recipient sees it; every page works without script;
//! every body is bounded.
//!
//! `routers` says which address leads where; the pages are in `recipient`, `archive`, `admin` and
//! `ops`, and what they all share in `listen`. No page knows a router.

mod admin;
mod api;
mod archive;
mod clock;
mod funnel_rows;
mod listen;
mod ops;
mod public_counters;
mod public_figures;
mod recipient;
mod routers;
mod shared_report;

pub use admin::accounts::{Accounts, DemoOwner};
pub use admin::inbox;

pub use admin::parts::{AdminParts, ProcessFacts};
pub use admin::route::AdminRoute;
pub use admin::route_access::{Access, RouteObject};
pub use admin::routes::ROUTES as ADMIN_ROUTES;
pub use admin::streams::{LiveStreams, StreamCounters, StreamLimits};
pub use admin::text_editor::preview_page::preview_page;
pub use api::event_waits::EventWaits;
pub use api::parts::{
    ApiCounters, ApiDocument, ApiLimit, ApiLimits, ApiParts, KeptCounts, LimitState,
};
pub use api::route::{ApiNeeds, ApiRoute, Verb};
pub use api::routes::API_ROUTES;
pub use listen::peer::{PeerAddress, TrustedProxies};
pub use listen::serve::serve;
pub use ops::health::HealthParts;
pub use public_counters::{
    ArchiveCounters, BrowserCounters, MediaCounters, PreferenceCounters, PublicCounters,
};
pub use recipient::HONEYPOT_PATH;
pub use recipient::browser_cookie::BrowserCookie;
pub use recipient::parts::PublicParts;
pub use routers::{admin_router, api_router, health_router, outage_router, public_router};
