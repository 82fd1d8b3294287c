//! Creates, previews, starts, pauses and watches campaigns.
//!
//! Invariants: what is created from a text can be sent (its announcement compiles for its topic and
//! sender), and so can what is settled; its links are those of that text. A text that is being written
//! may be anything. Sends nothing itself: the mailer picks up a
//! started campaign. Every error is written for the person who typed the command.

mod acceptance_queue;
mod archive;
mod audience_survey;
mod check;
mod create;
mod draft;
mod error;
mod finding;
#[cfg(test)]
mod fixture;
mod media_uses;
mod message;
mod own_texts;
mod pause;
mod preflight;
mod preview;
mod records;
mod retry;
mod schedule;
mod single_messages;
mod start;
mod status;
mod versions;

pub use acceptance_queue::{AcceptanceQueue, MessageCounters};
pub use archive::{
    ArchiveList, ArchivedMessage, Publish, Published, archive_feed, archive_list, archived_message,
    public_page, publish, published, withdraw,
};
pub use audience_survey::{Lacking, Skips, Survey, people};
pub use check::{
    AddressOutcome, Checked, CheckedAddress, DomainRecord, DomainRecords, DomainWish, ImageFacts,
    Outside, RecordStanding, SenderDomain, SpamSymbol, SpamVerdict, accept, check, domain_records,
    look_outside,
};
pub use create::{Create, Created, create, topic_of};
pub use draft::{
    UNTITLED, WrittenText, keep_text, mistakes, new_draft, remove_draft, settle, text, write,
};
pub use error::CampaignError;
pub use finding::{CheckFinding, Severity};
pub use media_uses::{MediaUse, media_uses};
pub use message::{Messages, recompile};
pub use own_texts::{
    Sendable, announcement_add, announcement_begin, announcement_delete, announcement_keep,
    announcement_preview, announcement_text, announcement_text_write, announcement_use,
    announcement_write, sendable, with_fields,
};
pub use pause::{pause, resume};
pub use preflight::{Allow, Preflight, preflight};
pub(crate) use preview::SAMPLE_ADDRESS;
pub use preview::{
    MessageSources, Preview, ShownValues, TestMessage, drop_test_message, keep_test_message,
    kept_test_message, kept_test_messages, preview, test_message,
};
pub use records::{
    CampaignRecord, RECORDS_PAGE, announcement_history, announcement_page, deliveries, delivery,
    media_users, record,
};
/// Who sends, and what files are read with: named here so that pages and commands need not know how
/// messages are made.
pub use render::{
    ANNOUNCEMENT_BYTES, ArchiveAddresses, AttachmentLimits, Brand, Layout, PrivacyContact, Problem,
    RecipientWords, RenderProblem, Sender, SplitText, TextField, TextMail, utf8,
};
pub use retry::{Recipients, RetryScope, recipients_after, retry, retry_count};
pub use schedule::{LATEST_START, ScheduleWish, may_schedule, schedule, start_due, take_back};
pub use single_messages::{MessageForm, SingleMessages, single_messages_of};
pub use start::{expand, start};
pub use status::{Pace, Status, WaitingFor, rate_expected, status};
pub use versions::{VersionProblem, announcements, difference, version, versions};
