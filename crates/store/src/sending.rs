//! Campaigns and their deliveries: one row per campaign and contact, from the start of a campaign to
//! what became of each message.

pub(crate) mod accepted_warnings;
pub(crate) mod announcement_list;
pub(crate) mod announcement_texts;
pub(crate) mod announcements;
pub(crate) mod archive;
pub(crate) mod campaign_audience;
pub(crate) mod campaign_tabs;
pub(crate) mod campaigns;
pub(crate) mod claims;
pub(crate) mod compiled_messages;
pub(crate) mod deliveries;
pub(crate) mod delivery_list;
pub(crate) mod drafts;
pub(crate) mod expansion;
pub(crate) mod leases;
pub(crate) mod mail_caps;
pub(crate) mod media;
pub(crate) mod messages;
pub(crate) mod outcomes;
pub(crate) mod reasons;
pub(crate) mod recipients;
pub(crate) mod retry;
pub(crate) mod sample;
pub(crate) mod schedules;
pub(crate) mod subscribers;
pub(crate) mod test_messages;
