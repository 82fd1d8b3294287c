//! The public hot path: the pixel of a message and its tracked links.
//!
//! Bare hyper, and one or more threads, each with a listener, an event loop, a share of the
//! connections and a journal of its own: they have nothing in common that a request would wait for.
//! A request is answered from its token alone: the hit is appended to the thread's journal, and the
//! answer is sent once the commit that contains it is on disk.
//!
//! Invariants:
//!
//! - P1: an answered hit is in the journal or, when the journal refused it, in a gap, which is written
//!   as soon as the journal accepts records again and survives a kill until then. The image and the
//!   redirect are served either way.
//! - P6: a pixel's answer is the same for good, forged and malformed tokens; a link's target comes from
//!   [`Links`], never from the request.
//! - Nothing here waits for a database or another thread, and everything is bounded: connections,
//!   header bytes, the time a client may take.
//! - Who may not be tracked by name is asked for no cookie and given none, also by a link that names
//!   them.
//!
//! Does not classify hits, and does not know what a campaign is.

mod answers;
mod cookies;
mod gap;
mod hit_writer;
mod metrics;
mod request;
mod server;
mod service;

use std::future::Future;
use std::sync::Arc;

use listener::ClientLimits;
use model::{CampaignId, ContactId, LinkSlot, Network};
use token::{CookiePolicy, CookieScope};

pub use gap::{has_left_gap, record_left_gap};
pub use metrics::Metrics;
pub use server::spawn;

/// Where tracked links lead, and whom they may be tracked for. Called for each hit; should answer from
/// memory.
pub trait Links: Send + Sync + 'static {
    /// The target of a campaign's link, None when there is no such link.
    fn target(
        &self,
        campaign: CampaignId,
        slot: LinkSlot,
    ) -> impl Future<Output = Result<Option<Arc<str>>, Unavailable>> + Send;

    /// Whether it may be recorded whose hit of this message it is, as far as that is known: asked for
    /// each hit, so it is answered from memory. False for who has refused since they were mailed.
    fn is_identified(&self, campaign: CampaignId, contact: ContactId) -> bool;
}

/// A link can't be looked up right now; its click is recorded, and the client is asked to come
/// back.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("can't look up the link right now")]
pub struct Unavailable;

#[derive(Debug, Clone)]
pub struct Settings {
    pub cookie: CookiePolicy,
    pub cookie_scope: CookieScope,
    /// Peers whose `X-Forwarded-For` is believed.
    pub trusted_proxies: Vec<Network>,
    /// The limits on clients' connections and time.
    pub clients: ClientLimits,
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            cookie: CookiePolicy::Set,
            cookie_scope: CookieScope::default(),
            trusted_proxies: Vec::new(),
            clients: ClientLimits { connections: 4096, ..ClientLimits::default() },
        }
    }
}
