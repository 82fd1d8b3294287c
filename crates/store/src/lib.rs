//! Everything that is kept: contacts, consent, campaigns, deliveries, hits and their roll-ups.
//!
//! Invariants: a call is one transaction, on disk when it returns; decisions about rows stand in
//! SQL predicates; counters move in the transaction of the rows they count, so reports never
//! count rows; ids are never used twice. Knows no clock (callers bring the time), no network and
//! no rule that needs more than rows. The database driver is not visible outside.
//!
//! Methods lie in files by noun and are named noun first: `campaign_start`, `deliveries_claim`.

mod announcements;
mod campaigns;
mod claims;
mod contacts;
mod deliveries;
mod engagements;
mod error;
mod events;
mod gaps;
mod hits;
mod import;
mod leaving;
mod links;
mod marks;
mod migrate;
mod outcomes;
mod rollups;
mod settings;
mod sql;
mod sqlite;
mod store;
#[cfg(test)]
mod tests;
mod topics;
mod tx;

pub use announcements::{Announcement, NewAnnouncement};
pub use campaigns::{Campaign, NewCampaign, Started};
pub use claims::{Claimed, Recheck};
pub use contacts::Contact;
pub use deliveries::{DeliveryCounts, Reason};
pub use error::StoreError;
pub use hits::{Recorded, RecordedHit};
pub use import::{ContactRow, ImportCounts};
pub use leaving::{Consent, Left, Scope};
pub use links::{Link, LinkCount};
pub use marks::Mark;
pub use outcomes::{Outcome, Settled};
pub use rollups::{CampaignRollup, ClassCount, Hour};
pub use store::{Store, StoreOptions, WATCH_INTERVAL};
pub use topics::Topic;
