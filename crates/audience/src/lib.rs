//! Contacts and their consent: import and export, topics, unsubscribing, erasure.
//!
//! Invariants: everything a person has said about being mailed goes through one function and one
//! transaction; what a recipient was told is done is on disk, in the store or else in a journal of
//! this node; an import reads in bounded memory and never brings back anyone who has left. Has no
//! clock: callers pass the time. Never logs an address.

mod account;
mod address_list;
mod address_lists;
mod address_review;
mod attribute_job;
mod attribute_schema;
mod bulk_job;
mod columns;
mod consent_evidence;
mod contact_filter;
mod contact_lines;
mod contact_proof;
mod contact_rows;
mod contact_walk;
mod csv_cells;
mod csv_records;
mod directory;
mod duplicates;
mod editing;
mod erasure_job;
mod erasure_place;
mod erasure_spec;
mod everyone;
mod export_job;
mod export_spec;
#[doc(hidden)]
pub mod fuzzing;
mod header;
mod import;
mod import_batches;
mod import_job;
mod import_parts;
mod import_preview;
mod import_spec;
mod import_summary;
mod job_figures;
mod job_files;
mod json_values;
mod leave;
mod mail_questions;
mod people;
mod place;
mod preferences;
mod presets;
mod problem;
mod rejects;
mod removals;
mod segment_json;
mod segments;
mod sharing;
mod source;
mod status;
mod tag_job;
mod text_encoding;
mod topic;
mod tracking;
mod undo_job;
mod unpacked;
mod unreadable_line;
mod zip_directory;

pub use account::{
    ACCOUNT_MAILS, ChosenTopic, OwnAccount, TopicsChosen, WholeAccount, account_hits,
    choose_topics, erase_own, leave_all, own_account, say_sharing_here, say_tracking_here,
    whole_account,
};
pub use address_list::address_list_check;
pub use address_lists::AddressLists;
pub use address_review::{AddressSources, OnFinding, ReviewWishes, WARNINGS_HEADER};
pub use attribute_job::{ATTRIBUTE_JOB, AttributeSpec, run_attribute_job};
pub use attribute_schema::AttributeSchema;
pub use bulk_job::{BULK_JOB, BulkSpec, BulkWhom, run_bulk_job};
pub use columns::{BIRTH_COLUMN, ColumnWishes, TAGS_COLUMN, says_child_in as says_child};
pub use consent_evidence::EvidenceKind;
pub use contact_filter::{ContactFilter, mail_status};
pub use contact_proof::{ContactProof, MailsGot, ProofEntry, UnansweredJoin, contact_proof};
pub use csv_cells::csv_row;
pub use directory::{
    CONTACTS_PAGE, PROFILE_EVENTS, PROFILE_MESSAGES, contact, contact_profile, contact_record,
    find_contacts, keep_addresses_findable, topics, topics_by_slug,
};
pub use duplicates::{Duplicate, Duplicates, Likeness, duplicates};
pub use editing::{
    AddContact, EditContact, EditError, EditProblem, PROOF_CHARS, add, attribute_name_check, edit,
    subscribe,
};
pub use erasure_job::{ERASE_JOB, run_erasure_job};
pub use erasure_spec::ErasureSpec;
pub use everyone::{Everyone, told_by_name};
pub use export_job::{EXPORT_JOB, ExportProgress, export_progress, run_export_job};
pub use export_spec::ExportSpec;
pub use import::{ImportOptions, import};
pub use import_job::{IMPORT_JOB, JOB_HELD, import_progress, import_warnings, run_import_job};
pub use import_preview::{ImportPreview, PreviewColumn, PreviewRole, import_preview};
pub use import_spec::ImportSpec;
pub use import_summary::ImportSummary;
pub use job_figures::{job_basis, job_figures, job_is_rehearsal, job_product};
pub use leave::leave;
pub use mail_questions::{MailAnswer, MailDomains};
pub use people::{
    ExportError, KnownPerson, PlannedExport, contacts_after, each_contact, erase, export,
    export_plan, known_of, suppress,
};
pub use preferences::{
    LONGEST_PAUSE_DAYS, NoPause, PREFERENCES_NOTICE, Preferences, PreferencesWish,
    choose_preferences, pause_own, pause_until, preferences,
};
pub use presets::{ExportFrom, Preset};
pub use problem::{ImportError, PackedProblem, UndecidedColumn, UnreadableLine};
pub use rejects::HEADER as REJECTS_HEADER;
pub use removals::{LinkRemoval, RemovalJournal, RemovalKept, RemovalNotKept, RemovalReplay};
pub use segment_json::{NoSegmentJson, segment_from_json, segment_to_json};
pub use segments::{SegmentMisuse, segment_checked};
pub use sharing::{SharingQuestion, say_sharing, sharing_preview, sharing_question};
pub use source::ImportReading;
pub use status::StatusColumn;
pub use tag_job::{TAG_JOB, TagSpec, run_tag_job};
pub use text_encoding::{TextEncoding, UnknownEncoding};
pub use topic::{TopicProblem, topic_ensure};
pub use tracking::{
    ContactTracking, TrackingRules, contact_tracking, import_tracking, say_tracking,
    topics_tracking, tracking_rules,
};
pub use undo_job::{UNDO_JOB, UndoSpec, run_undo_job, undo_total};
