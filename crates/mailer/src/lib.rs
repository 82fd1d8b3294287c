//! Claims deliveries and hands them to a relay without loss or double.
//!
//! The way of one delivery: claimed in a leased batch (`feeder`, `queue`) -> taken while it is
//! fresh, with a permit, to a connection that stands (`worker`, `pool`) -> last check -> envelope,
//! and on a store that nodes share *begun* there (`beginner`) -> *intent* durable in the journal
//! (`ledger`) -> final dot (`connection`) -> *outcome* in the journal -> settled in the store in
//! batches. What a refusal is about is said by `verdict`, who pays for it by `evidence`.
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
mod deliver;
mod evidence;
mod feeder;
mod ledger;
mod mailer;
mod metrics;
mod pool;
mod probe;
mod queue;
mod record;
mod recovery;
mod relay_health;
mod reply;
mod reply_reader;
mod send_one;
mod settings;
mod settler;
mod stream;
mod supervision;
mod tls;
mod trouble;
mod verdict;
mod worker;

pub use ledger::reader as mark_reader;
pub use mailer::{MailerError, spawn};
pub use metrics::Metrics;
pub use probe::{RelayFacts, probe, probe_telling};
pub use reply::Reply;
pub use reply_reader::{ReceivedReply, ReplyReader, Unreadable};
pub use send_one::{SendError, send_one};
pub use settings::{Backoff, MailerSettings, Relay, Tls};
pub use tls::TlsProblem;
pub use trouble::TroubleKind;
