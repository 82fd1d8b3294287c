//! Pages for recipients and for readers of reports.
//!
//! Two routers for two listeners: [`public_router`] is what a link in a message leads to,
//! [`admin_router`] what whoever runs campaigns looks at (loopback only unless configured
//! otherwise). Invariants: GET and HEAD change nobody's state (promise P3); no page loads
//! anything from elsewhere, except a message shown as its recipient sees it; every page works
//! without script; every body is bounded.

mod assets;
mod browse;
mod chart;
mod desk;
mod form;
mod headers;
mod health;
pub mod inbox;
mod inbox_pages;
mod link_segment;
mod outage;
mod progress;
mod recipient;
mod report_page;
mod respond;
mod serve;
mod standing;

pub use desk::{AdminParts, admin_router};
pub use health::{HealthParts, health_router};
pub use outage::outage_router;
pub use recipient::{PublicParts, public_router};
pub use serve::serve;
