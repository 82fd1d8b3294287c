//! What people and programs do: each action as one function that checks the right, does it, and names
//! it in the audit log. Pages, API and command line call these and nothing below them.
//!
//! Invariants: an action takes a [`Call`], which says who asks, and refuses with a [`Refusal`], which
//! every face can show; what belongs to a foreign topic is *not found*; effect, audit entry and
//! idempotency key are one transaction. Reading needs no action: whoever shows something asks
//! [`reach`] for what the address names, and takes the [`access::Permit`] that comes of it.
//!
//! Knows no HTTP and no terminal.

mod announcements;
mod attributes;
mod call;
mod campaign_texts;
mod campaigns;
mod contact_merges;
mod contact_tags;
mod contacts;
mod contacts_bulk;
mod disclosures;
mod erasures;
mod event_address;
mod exports;
mod forms;
mod imports;
mod job_reach;
mod jobs;
mod joins;
mod link_mail;
mod mail_caps;
mod media;
mod message_sender;
mod messages;
mod own_words;
mod pauses;
mod person_requests;
mod previews;
mod processor_wish;
pub mod reach;
mod recipient_accounts;
mod recipient_mail;
mod reconfirmations;
mod refusal;
mod relay_probe;
mod report_contacts;
mod report_mailing;
mod report_schedules;
mod request_mails;
mod resources;
mod rules;
mod sample;
mod segments;
mod set_up;
mod setting_key;
mod settings;
mod settings_change;
mod share_links;
mod sharing;
mod test_messages;
#[cfg(test)]
mod tests;
mod topics;
mod tracking;
mod undo;
mod upload_space;
mod visitors;

pub use announcements::{
    announcement_add, announcement_begin, announcement_delete, announcement_keep,
    announcement_preview, announcement_text, announcement_text_write, announcement_use,
    announcement_write,
};
pub use attributes::{AttributeWish, attribute_remove, attribute_set, attributes};
pub use call::Call;
pub use campaign_texts::{
    TextWish, campaign_delete, campaign_new, campaign_set_topic, campaign_text, campaign_text_keep,
    campaign_write,
};
pub use campaigns::{
    Scheduled, StartWish, campaign_accept, campaign_create, campaign_pause, campaign_publish,
    campaign_recompile, campaign_resume, campaign_retry, campaign_retry_count, campaign_schedule,
    campaign_schedule_of, campaign_take_back, campaign_withdraw,
};
pub use contact_merges::{
    contact_duplicates, contact_merge, contact_merge_plan, contact_merges, contact_unmerge,
};
pub use contact_tags::{contact_tag, contacts_tag, tag_remove, tag_rename, tags};
pub use contacts::{
    ContactEdit, ContactWish, address_erase, address_erase_count, address_suppress,
    address_unsuppress, contact_add, contact_edit, contact_subscribe, contact_unsubscribe,
};
pub use contacts_bulk::{BulkActWish, BulkWhomWish, contacts_bulk};
pub use disclosures::{
    DisclosureWish, disclosure, disclosures, disclosures_verify, processor_remove, processor_set,
    processors,
};
pub use erasures::{erasure_begin, erasure_contacts, erasure_start};
pub use event_address::event_address;
pub use exports::export_begin;
pub use forms::{FormDetail, FormWish, form, form_close, form_remove, form_set, forms};
pub use imports::{ImportFor, UPLOAD_BYTES, Upload, import_begin, import_preview, import_start};
pub use jobs::{
    JOBS_PAGE, JobsFound, TakenFile, job, job_file, job_rejects, job_start, job_stop, job_warnings,
    jobs,
};
pub use joins::{
    JOIN_PROOF_BITS, JoinAnswer, JoinCounts, JoinEvidence, JoinField, JoinProblem, JoinRefusal,
    JoinSender, JoinSettings, JoinStamp, Joins, ShownForm, TypedJoin,
};
pub use link_mail::{LinkMail, MailedLink};
pub use mail_caps::{campaign_cap_set, mail_cap_set};
pub use media::{MediaRemoval, media_add, media_describe, media_remove};
pub use message_sender::{MessageSender, RelayReply, SendFailure, Sending};
pub use messages::{
    AcceptedMessage, CheckedMessage, MessageOf, MessageTo, MessageWish, message, message_check,
    message_send, messages,
};
pub use own_words::own_words;
pub use pauses::{PauseNoted, contact_pause};
pub use person_requests::{
    RequestList, RequestWish, request, request_add, request_close, request_extend, requests,
};
pub use previews::{campaign_preview, campaign_public_preview};
pub use processor_wish::ProcessorWish;
pub use recipient_accounts::{
    ACCOUNT_ENDS, ACCOUNT_IDLE, AccountAsker, AccountCounts, AskRefusal, ErasureReceipt,
    RecipientAccounts,
};
pub use reconfirmations::{
    ReconfirmationWish, Reconfirming, reconfirmation, reconfirmation_begin, reconfirmation_cancel,
    reconfirmation_preview,
};
pub use refusal::{FieldProblem, Refusal, RefusalKind};
pub use relay_probe::{
    ConversationLine, DomainProbe, LineOf, Probing, RelayProbe, RelayReport, SetUp, SettingOrigin,
    ShownSetting,
};
pub use report_contacts::{no_link, report_contacts_export, who_did_is_kept};
pub use report_mailing::ReportMailing;
pub use report_schedules::{
    ListedReportSchedule, REPORT_READERS, ReportAbout, ReportScheduleWish, report_schedule_add,
    report_schedule_remove, report_schedules,
};
pub use resources::Resources;
pub use rules::{no_rules, rules_use};
pub use sample::{SampleAdded, sample_add, sample_find, sample_remove};
pub use segments::{
    CountPatience, SegmentView, SegmentWish, campaign_audience_set, counted_contacts, segment,
    segment_count, segment_remove, segment_set, segments,
};
pub use set_up::{
    RelayTestWish, SetUpStep, SetUpSteps, relay_test, sender_domain, set_up_done,
    set_up_open_steps, set_up_steps,
};
pub use setting_key::{SettingKey, SettingsSection};
pub use settings::{KeptSettings, LiveSettings, SettingProblem, SettingsInUse, SettingsSource};
pub use settings_change::{SettingsChange, settings_set};
pub use share_links::{
    MadeShareLink, SHARED_AT_MOST, SHARED_FOR, share_link_make, share_link_revoke, share_links,
};
pub use sharing::{
    SharingNoticeWish, SharingPreview, contact_sharing_say, sharing_announce, sharing_cancel,
    sharing_notices, sharing_preview,
};
pub use test_messages::{TEST_ADDRESSES, TestSent, TestWish, campaign_test_send};
pub use topics::{topic_archive, topic_set};
pub use tracking::{
    TrackingWish, campaign_tracking_set, contact_tracking_say, topic_tracking_set,
    tracking_policy_set,
};
pub use undo::{UndoState, import_undo, import_undo_state};
pub use upload_space::{UploadPlace, UploadSpace, uploads_drop};
pub use visitors::{contact_visitors, visitor, visitor_contacts, visitor_cut, visitor_remove};
