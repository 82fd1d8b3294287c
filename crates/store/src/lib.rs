//! Everything that is kept: contacts, consent, campaigns, deliveries, hits and their roll-ups.
//!
//! Invariants: a call is one transaction, on disk when it returns; decisions about rows stand in
//! SQL predicates; counters move in the transaction of the rows they count, so reports never
//! count rows; ids are never used twice. Knows no clock (callers bring the time), no network and
//! no rule that needs more than rows. The database driver is not visible outside.
//!
//! Methods lie in files by noun and are named noun first: `campaign_start`, `deliveries_claim`.

mod announcements;
mod backend;
mod backup;
mod campaigns;
mod carried;
mod checkpoints;
mod claims;
mod compiled_messages;
mod contacts;
mod deliveries;
mod engagements;
mod erasure;
mod error;
mod events;
mod expansion;
mod gaps;
mod hits;
mod import;
mod kept_removals;
mod leases;
mod leaving;
mod links;
mod location;
mod marks;
mod migrate;
mod nodes;
pub mod notices;
mod outcomes;
mod people;
mod probe;
mod put_back;
mod reasons;
mod recipients;
mod requeue;
mod retention;
mod rollups;
mod settings;
mod snapshot;
mod sql;
mod store;
mod strays;
mod subscribers;
#[cfg(test)]
mod tests;
mod topics;
mod transfer;
mod tx;
mod value;

pub use announcements::{Announcement, NewAnnouncement};
pub use backend::postgres::PostgresFacts;
pub use backup::{CopyProgress, copy_file};
pub use campaigns::{Campaign, NewCampaign, SendingCampaigns};
pub use carried::{Run, hits_reader};
pub use checkpoints::{StoreStanding, checkpoint_made_at};
pub use claims::{Claimed, Recheck};
pub use contacts::Contact;
pub use deliveries::{DeliveryCounts, NextTry};
pub use erasure::{Erased, ErasedEvents};
pub use error::StoreError;
pub use expansion::{Expansion, Started};
pub use gaps::RecordedGap;
pub use hits::{HitBatch, Progress, Recorded, RecordedHit};
pub use import::{ContactRow, ImportCounts, ImportRow, ImportStanding};
pub use kept_removals::KeptRemoval;
pub use leases::{ExpiredLeases, JournalState};
pub use leaving::{Consent, Left, Lifted, Scope};
pub use links::{Link, LinkCount, LinkTarget, LinksState};
pub use location::{Location, LocationProblem, PostgresDatabase};
pub use marks::Mark;
pub use nodes::{NODE_ALIVE, NODE_INTERVAL, Node};
pub use outcomes::{Outcome, Settled};
pub use people::{DeliveryOf, ListedContact, Subscription};
pub use probe::StoreFacts;
pub use put_back::{HeldCampaign, Hold};
pub use reasons::Reason;
pub use recipients::{CampaignRecipient, RecipientFilter};
pub use requeue::Requeued;
pub use retention::Expired;
pub use rollups::{CampaignRollup, ClassCount, Hour};
pub use snapshot::{CampaignSnapshot, CampaignTally};
pub use store::{PATIENCE, Store, StoreOptions, WATCH_INTERVAL};
pub use subscribers::{Subscriber, SubscribersPage};
pub use topics::Topic;
pub use transfer::{
    MovedTo, Side, TRANSFER_BATCH, TransferOptions, TransferPhase, TransferProblem,
    TransferProgress, TransferSummary, TransferredTable, transfer,
};
