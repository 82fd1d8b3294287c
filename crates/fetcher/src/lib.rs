//! Asks for what other people's addresses name: pages, images, records of domains.
//!
//! Whoever writes an address for us to fetch must not reach through us what only we can reach.
//! Invariants:
//!
//! - A connection goes to an address that the [`Guard`] has seen, never to a name: what a name
//!   resolves to is looked up once per request, judged, and then connected to. Every redirect is a
//!   new request to the guard.
//! - Everything is bounded: time, redirects, the bytes that are read, requests at the same time,
//!   and one at a time to each host.
//! - No cookies, no referrer, no credentials; what is asked for says who asks and why.
//!
//! [`ServiceClient`] is the exception: it talks to a service that the operator named.

mod connection;
mod fetched;
mod fetcher;
mod guard;
mod public_address;
mod resolver;
mod service;
mod tls;
mod turns;

pub use fetched::{Body, FetchFailure, FetchProblem, Fetched, Redirect};
pub use fetcher::{Ask, Fetcher, FetcherSettings, Timing};
pub use guard::{Exemption, Guard, NotAnExemption};
pub use public_address::is_public;
pub use resolver::{LookupProblem, Resolver};
pub use service::{ServiceClient, ServiceProblem, ServiceUrl};
pub use tls::TrustProblem;
