//! Everything that is stored: contacts, consent, campaigns, deliveries, hits and their roll-ups,
//! users and what they did.
//!
//! Invariants: a call is one transaction, on disk when it returns; decisions about rows are made in
//! SQL predicates; counters change in the transaction of the rows they count, so reports never
//! count rows; ids are never used twice. Has no clock (callers pass the time), no network and no
//! rule that needs more than rows. The database driver is not visible outside.
//!
//! Methods are in files by noun and named noun first: `campaign_start`, `deliveries_claim`. Who may
//! be mailed is in `people`, campaigns and deliveries in `sending`, hits and figures in `counting`,
//! users and the audit log in `access`, copies and moves of a store in `moving`; `engine` is the
//! database below all of them.

mod access;
mod account_record;
mod campaign_numbers;
mod compared_campaigns;
mod contact_blocks;
mod contact_profile;
mod counting;
mod disclosing;
mod domain_counts;
mod engine;
mod job_state;
mod jobs;
mod merged_numbers;
mod moving;
mod nodes;
pub mod notice_keys;
mod people;
mod proof_record;
mod report_mails;
mod report_schedules;
mod sending;
mod settings;
mod share_links;
mod snapshot;
mod stored_amounts;
#[cfg(test)]
mod tests;
mod tracking;

pub use access::acting::Acting;
pub use access::actor_record::{ActorKind, ActorRecord, AuditObject};
pub use access::api_tokens::{ApiToken, ApiTokenOwner, NewApiToken};
pub use access::audit::{AuditFilter, Verified};
pub use access::chain::{AuditEntry, ChainBreak, ChainPoint};
pub use access::idempotency::{IdempotentRequest, KEYS_KEPT};
pub use access::passkey_challenges::{ChallengePurpose, NewChallenge, TakenChallenge};
pub use access::passkeys::{KnownPasskey, ListedPasskey, NewPasskey, PASSKEYS_OF_USER, PasskeyUse};
pub use access::sessions::{FactorProof, ListedSession, NewSession, Session};
pub use access::sign_in_attempts::Allowance;
pub use access::user_changes::{FirstPassword, NewInvitation, NewUser};
pub use access::users::{User, UserSecrets};
pub use account_record::{AccountTraces, ContactHitsPage, MailsPage};
pub use contact_profile::{ContactProfile, HitOf, MessageTo};
pub use counting::carried_runs::{Run, hits_reader};
pub use counting::clients::EventAddress;
pub use counting::cut_links::{CUT_FOR, VisitorCut};
pub use counting::event_cursor::{EventCursor, EventPosition, NotACursor, NotAPosition};
pub use counting::event_scan::{EventScan, ScannedEvents};
pub use counting::feed::{FEED_PAGE, FeedEvent, FeedPage, FeedQuery, FeedRefusal};
pub use counting::gaps::RecordedGap;
pub use counting::hits::{HitBatch, RecorderProgress, RecordingSummary};
pub use counting::linked_visitors::{LinkedContact, LinkedVisitor, VisitorLink};
pub use counting::links::{CampaignLink, LinkCount, LinkTarget, LinksState};
pub use counting::marks::Mark;
pub use counting::origins::{CampaignOrigins, CountedOrigin, MOST_NETWORKS, OriginCount};
pub use counting::recorded_hit::RecordedHit;
pub use counting::report_contacts::{ReportContact, ReportContactSource};
pub use counting::retention::Expired;
pub use counting::rollups::{CampaignRollup, HitCount, Hour};
pub use counting::visitor_links::{MOST_CONTACTS, MOST_LINK_HITS, MOST_VISITORS};
pub use counting::visitor_records::{MOST_COUNTED, REMOVED_FOR, VisitorRecord, VisitorRemoval};
pub use disclosing::disclosed::{Disclosed, DisclosedTo, Undisclosed};
pub use disclosing::entry::{DisclosureEntry, NewDisclosure, OWN_USE, PersonalRead};
pub use disclosing::held::HeldDisclosures;
pub use disclosing::members::{DisclosedMembers, DisclosureSet, ExportedContacts};
pub use disclosing::processors::Processor;
pub use disclosing::register::PURPOSE_CHARS;
pub use disclosing::sharing::SharingCounts;
pub use disclosing::sharing_notices::{NewSharingNotice, SharingNotice};
pub use domain_counts::{CampaignDomains, DomainCounts};
pub use engine::client_secret::ClientSecret;
pub use engine::database_facts::DatabaseFacts;
pub use engine::error::{Repeated, StoreError};
pub use engine::location::{Location, LocationProblem, PostgresDatabase};
pub use engine::options::StoreOptions;
pub use engine::postgres_facts::PostgresFacts;
pub use engine::probe::StoreFacts;
pub use engine::store::{PATIENCE, Store, WATCH_INTERVAL};
pub use job_state::{JobFile, JobState};
pub use jobs::expiry::{EXPORTS_KEPT, JOBS_KEPT};
pub use jobs::file_writer::JobFileWriter;
pub use jobs::parts::JOB_PART_BYTES;
pub use jobs::{Job, JobStep, NewJob};
pub use moving::backup::{CopyProgress, copy_file};
pub use moving::checkpoints::{StoreStanding, checkpoint_made_at};
pub use moving::put_back::{HeldCampaign, Hold};
pub use moving::transfer::{
    MovedTo, Side, TRANSFER_BATCH, TransferOptions, TransferPhase, TransferProblem,
    TransferProgress, TransferSummary, TransferredTable, transfer,
};
pub use nodes::{NODE_ALIVE, NODE_INTERVAL, NodeRow};
pub use people::account::{AccountLink, NewAccountLink, NewAccountSession, TopicsWanted};
pub use people::aliases::ContactMerge;
pub use people::attribute_counts::AttributeCounts;
pub use people::attributes::{AttributeWalk, DeclaredAttribute, MOST_ATTRIBUTES};
pub use people::bulk_counts::BulkCounts;
pub use people::bulk_steps::{BulkAct, BulkStep};
pub use people::contact_changes::{ContactHistoryEntry, THEMSELVES};
pub use people::contact_list::{ContactQuery, ContactState, ContactsFound};
pub use people::contacts::Contact;
pub use people::editing::{ContactAdded, ContactChange, NewContact};
pub use people::erased_people::ErasedPeople;
pub use people::erasure::{Erased, ErasedEvents, PersonNumbers};
pub use people::erasure_counts::ErasureCounts;
pub use people::forms::{FormField, FormNotice, JoinForm, MOST_FORMS};
pub use people::import::basis::{ImportBasis, RowEvidence};
pub use people::import::foreign::ImportReach;
pub use people::import::tracking::ImportTracking;
pub use people::import::{ContactRow, ImportRow, ImportStanding};
pub use people::import_changes::{ImportChange, ImportChanges, ValueChange};
pub use people::import_counts::ImportCounts;
pub use people::joins::{Join, JoinConfirmed};
pub use people::kept_removals::KeptRemoval;
pub use people::leaving::{Consent, Left, Lifted, Scope};
pub use people::list_erasure::{ListedAddress, ListedState};
pub use people::merging::{MERGES_KEPT, MergePlan, MergeWish, MergedTopic, MergedValue};
pub use people::preferences::{PageChoice, PageChoiceSaved};
pub use people::profiles::{DeliveryOf, ListedContact, Subscription};
pub use people::reconfirmations::asking::AskedAgain;
pub use people::reconfirmations::links::{AskedAgainLink, ConfirmedAgain};
pub use people::reconfirmations::{NewReconfirmation, Reconfirmation, ReconfirmationState};
pub use people::requests::{NewRequest, PersonRequest, REQUEST_CHARS, RequestClosing};
pub use people::segments::count::SegmentCount;
pub use people::segments::query::SegmentQuery;
pub use people::segments::walk::SegmentMembers;
pub use people::segments::{MOST_SEGMENTS, NewSegment, StoredSegment};
pub use people::sharing_words::SharingWord;
pub use people::tag_counts::TagCounts;
pub use people::tags::{CountedTag, MOST_TAGS, TagChange};
pub use people::topics::{Topic, TopicCounts};
pub use people::tracking_words::TrackingWord;
pub use people::undo::ImportUndo;
pub use people::undo_counts::UndoCounts;
pub use proof_record::{PROOF_CONSENTS, ProofRecord};
pub use report_mails::{BegunReportMail, ReportMail, ReportMailState};
pub use report_schedules::{NewReportSchedule, ReportSchedule};
pub use sending::accepted_warnings::{AcceptedWarning, NewAcceptance};
pub use sending::announcement_list::{AnnouncementHistory, AnnouncementUse, ListedAnnouncement};
pub use sending::announcement_texts::{AnnouncementNeeds, AnnouncementText};
pub use sending::announcements::{AnnouncementVersion, NewAnnouncement, VersionSummary};
pub use sending::archive::{ArchiveEntry, ArchivePosition, Archived, ArchivedPage, NewArchived};
pub use sending::campaign_audience::CampaignAudience;
pub use sending::campaign_tabs::CampaignTab;
pub use sending::campaigns::{Campaign, NewCampaign, SendingCampaigns};
pub use sending::claims::{Claimed, Recheck};
pub use sending::deliveries::{DeliveryCounts, NextTry, UntrackedCounts};
pub use sending::delivery_list::{DeliveriesFound, DeliveryFacts, DeliveryQuery, ListedDelivery};
pub use sending::drafts::{CampaignText, CheckedText, NewDraftText, SettledText};
pub use sending::expansion::{Expansion, Frozen, Started};
pub use sending::leases::{ExpiredLeases, JournalState};
pub use sending::media::{MediaFile, MediaRecord, MediaSize};
pub use sending::messages::claims::ClaimedMessage;
pub use sending::messages::outcomes::SettledMessage;
pub use sending::messages::{
    MessageAccepted, MessageQuery, MessageRow, MessagesFound, MessagesWaiting, NewMessage,
};
pub use sending::outcomes::{Outcome, Settled};
pub use sending::reasons::{CAPPED, DeliveryReason, PAUSED};
pub use sending::recipients::{CampaignRecipient, RecipientFilter};
pub use sending::retry::Requeued;
pub use sending::sample::{SampleData, SampleNames};
pub use sending::schedules::Schedule;
pub use sending::subscribers::{Subscriber, SubscribersPage};
pub use sending::test_messages::{
    FoundTestMessage, NewTestMessage, TEST_MESSAGE_BYTES, TEST_MESSAGES, TestMessageRow, TestOf,
};
pub use share_links::{NewShareLink, ShareLink};
pub use snapshot::{CampaignSnapshot, CampaignTally};
pub use stored_amounts::{StoredAmounts, StoredKind};
pub use tracking::{TRACKING_NOTICE, TrackingPolicyChange};
