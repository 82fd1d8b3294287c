//! Claims deliveries and hands them to a relay without losing or doubling any.
//!
//! The course of one delivery: claimed in a leased batch into a lane (`delivery::feeder`, `queue`),
//! taken while it is fresh, with a permit, to a working connection (`worker`, `relay::pool`),
//! checked one last time, its envelope sent (`smtp::connection`) and, on a store that nodes share,
//! *begun* there (`begin_fence`); then its *intent* becomes durable in the journal (`mail_journal`)
//! and the final dot is sent. The reply becomes an *outcome* in the journal and is settled in the
//! store in batches (`outcome_writer`). `refusal::verdict` decides what a refusal is about, and
//! `refusal::evidence` whether the recipient pays for it.
//!
//! Invariants (promises P2, P5):
//!
//! - On a store that nodes share, no other node gets a delivery whose dot may have been sent.
//! - The final dot is sent only after its intent is durable. A crash between the two leaves an intent
//!   without an outcome: the delivery is in doubt, counted, and never silently repeated.
//! - There is no await between the last look at removals and pauses and the dot.
//! - Trouble with the relay, before it accepted or refused a recipient, costs that recipient nothing.
//! - The journal's mark never passes an intent whose outcome is not in the store.
//!
//! Deliberately absent: routing to several relays, MX lookups, DKIM. lettre's pool is not used
//! because it hides at which point a transaction failed, which is the one thing this crate must
//! know.

mod clock;
mod delivery;
mod mail_journal;
mod mailer;
mod metrics;
mod refusal;
mod relay;
mod retry_schedule;
mod settings;
mod smtp;
mod trouble;
mod trouble_kind;

pub use mail_journal::journal::reader as mark_reader;
pub use mailer::{MailerError, spawn};
pub use metrics::Metrics;
pub use relay::probe::{RelayFacts, probe, probe_telling};
pub use relay::relay_test::{RelayTest, relay_test};
pub use relay::send_one::{SendError, send_one};
pub use retry_schedule::RetrySchedule;
pub use settings::{MailerSettings, Relay, Tls};
pub use smtp::recorder::{RelayStep, Speaker, SpokenLine};
pub use smtp::reply::Reply;
pub use smtp::reply_reader::{ReceivedReply, ReplyReader, UnreadableReply};
pub use smtp::tls::TlsProblem;
pub use trouble_kind::TroubleKind;
