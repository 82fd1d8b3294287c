//! Claims deliveries and hands them to a relay without loss or double.
//!
//! The way of one delivery: claimed in a leased batch (`queue`) -> last check -> envelope, and on
//! a store that nodes share *begun* there (`beginner`) -> *intent* durable in the journal
//! (`ledger`) -> final dot (`connection`) -> *outcome* in the journal -> settled in the store in
//! batches.
//!
//! Invariants (promises P2, P5):
//! - On a store that nodes share, no other node is handed a delivery whose dot may have left.
//! - The final dot leaves only after its intent is durable. A crash between the two leaves an
//!   intent without an outcome: the delivery is in doubt, counted, and never silently repeated.
//! - Between the last look at removals and pauses and the dot there is no await.
//! - Trouble with the relay, before it took or refused a recipient, costs that recipient nothing.
//! - The journal's mark never passes an intent whose outcome is not in the store.
//!
//! Deliberately absent: routing to many relays, MX look-ups, DKIM. lettre's pool is not used: it
//! hides at which point a transaction broke, which is the one thing this crate must know.

mod backoff;
mod beginner;
mod check;
mod connection;
mod courier;
mod deliver;
mod feeder;
mod health;
mod ledger;
mod mailer;
mod metrics;
mod probe;
mod queue;
mod record;
mod recovery;
mod reply;
mod reply_reader;
mod send_one;
mod settings;
mod settler;
mod stream;
mod tls;

pub use ledger::reader as mark_reader;
pub use mailer::{MailerError, spawn};
pub use metrics::Metrics;
pub use probe::{RelayFacts, probe, probe_telling};
pub use reply::Reply;
pub use reply_reader::{ReceivedReply, ReplyReader, Unreadable};
pub use send_one::{SendError, send_one};
pub use settings::{Backoff, MailerSettings, Relay, Tls};
pub use tls::TlsProblem;

/// Key, with `/` and the node's number behind it, of the store's setting that holds the present
/// trouble with the relay, for people; empty when there is none.
pub const RELAY_TROUBLE: &str = "relay_trouble";
