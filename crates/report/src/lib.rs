//! Records hits, rolls them up, and reports what happened.
//!
//! [`Recorder`] moves hits from the journal into the store, once each, with what [`Signals`] see in
//! them; a rule set ([`rule_sets`]) says what that means, whenever a report is made;
//! [`campaign_report`] reports on a campaign with the one struct that every page, command and file
//! shows (promise P8).

mod campaign_report;
mod class_counters;
mod class_tally;
mod comparison;
mod comparison_export;
mod contact_groups;
mod contacts_export;
mod domain_export;
mod domain_report;
mod event_export;
mod event_lines;
mod event_parquet;
mod events;
mod explain;
mod export;
mod file_text;
mod from_store;
mod funnel;
mod headline;
mod hours_report;
mod mailed_report;
pub mod number_text;
mod open_rate;
mod origins;
mod places;
mod public_report;
mod reclassified;
mod recorder;
mod report_contacts;
mod retention;
mod rule_sets;
mod signals;
mod storage;
mod system_status;

pub use campaign_report::{
    CampaignFacts, CampaignReport, ClassLine, Deliveries, GapLine, HourLine, LinkLine,
    ReportReason, Tracking, Views,
};
pub use class_counters::ClassCounters;
pub use comparison::{
    Comparison, ComparisonRow, ComparisonValue, MOST_COMPARED, MOST_OF_TOPIC, campaigns_compared,
    topic_report,
};
pub use contact_groups::{
    BadReportContactsQuery, ContactGroup, CountBound, GroupCount, ReportContactsQuery,
};
pub use contacts_export::{ContactsExport, run_contacts_export};
pub use domain_report::{
    DomainFigures, DomainLine, DomainName, DomainReport, KeptDomains, LARGEST_DOMAINS,
    domain_report,
};
pub use event_export::EventExport;
pub use event_lines::{EventLine, EventLines};
pub use event_parquet::ParquetEvents;
pub use events::{Event, EventKind, EventsPage, ExplainedEvent, event, events};
pub use explain::{Explanation, explain, explain_all};
pub use export::tame;
pub use from_store::{
    RULES_IN_USE, campaign_headlines, campaign_numbered, campaign_report, campaign_report_by,
    campaign_report_by_both, campaign_stamp, campaigns_under, rules_in_use,
};
pub use funnel::FunnelStep;
pub use headline::CampaignHeadline;
pub use hours_report::{DaysCount, HOURS_SINCE, HourCount, HoursReport};
pub use mailed_report::{MOST_MAILED, MailedReport};
pub use open_rate::{Clicks, Evidence};
pub use origins::{OriginBreakdown, OriginLine, OriginNumbers, Origins};
pub use places::{BadPlaces, PlaceFile, PlaceFiles, PlaceKind};
pub use public_report::{
    PUBLIC_STEP, PublicCount, PublicDomain, PublicHour, PublicLinkLine, PublicReport, PublicStep,
};
pub use reclassified::{Bounds, CampaignBounds, ReclassifiedCampaign, campaigns_reclassified};
pub use recorder::{Metrics as RecorderMetrics, RecordProblem, Recorder};
pub use report_contacts::{ReportContactLine, ReportContactsFound, report_contacts};
pub use retention::Retention;
pub use rule_sets::{SourcedRuleSet, newest_rules, rule_set, rule_sets};
pub use signals::{BadNetworks, Signals, read_networks};
pub use storage::{StorageLine, StorageReport, StorageSurroundings, size_text, storage_report};
pub use system_status::{SystemStatus, system_status};

#[derive(Debug, thiserror::Error)]
pub enum ReportError {
    #[error("reading the report from the store: {0}")]
    Store(#[from] store::StoreError),
    #[error("this release does not have the rule set that was asked for")]
    NoRules,
    /// The report can't be written in the form asked for.
    #[error("writing the report as {form}: {source}")]
    Write {
        /// `json` or `csv`.
        form: &'static str,
        source: Box<dyn std::error::Error + Send + Sync>,
    },
}
