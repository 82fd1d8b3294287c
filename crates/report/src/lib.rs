//! Records hits, rolls them up, and reports what happened.
//!
//! [`Recorder`] moves hits from the journal into the store, once each; [`classify`] says what kind
//! of reader each looks like; [`campaign_report`] reports on a campaign with the one struct that
//! every page, command and file shows (promise P8).

mod campaign_report;
mod classify;
mod export;
mod from_store;
mod headline;
pub mod number_text;
mod open_rate;
mod recorder;
mod system_status;

pub use campaign_report::{
    CampaignFacts, CampaignReport, ClassLine, Deliveries, GapLine, HourLine, LinkLine,
    ReportReason, Views,
};
pub use classify::{HitVerdict, RULES_VERSION, classify};
pub use export::tame;
pub use from_store::{
    campaign_headlines, campaign_numbered, campaign_report, campaign_stamp, campaigns_under,
};
pub use headline::CampaignHeadline;
pub use open_rate::{Clicks, Evidence};
pub use recorder::{Metrics as RecorderMetrics, RecordProblem, Recorder};
pub use system_status::{SystemStatus, system_status};

#[derive(Debug, thiserror::Error)]
pub enum ReportError {
    #[error("reading the report from the store: {0}")]
    Store(#[from] store::StoreError),
    /// The report can't be written in the form asked for.
    #[error("writing the report as {form}: {source}")]
    Write {
        /// `json` or `csv`.
        form: &'static str,
        source: Box<dyn std::error::Error + Send + Sync>,
    },
}
