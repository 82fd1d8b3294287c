//! The API over a real store: who may do what, what a token of one topic sees, requests that come
//! twice, bodies that make no sense.

#![allow(clippy::unwrap_used, clippy::panic, reason = "tests")]

#[path = "api/announcement_texts.rs"]
mod announcement_texts;
#[path = "api/campaign_text.rs"]
mod campaign_text;
#[path = "api/contact_merges.rs"]
mod contact_merges;
#[path = "api/contact_values.rs"]
mod contact_values;
#[path = "api/disclosures.rs"]
mod disclosures;
#[path = "api/erasures.rs"]
mod erasures;
#[path = "api/events.rs"]
mod events;
#[path = "api/house.rs"]
mod house;
#[path = "api/jobs.rs"]
mod jobs;
#[path = "api/matrix.rs"]
mod matrix;
#[path = "api/media.rs"]
mod media_files;
#[path = "api/messages.rs"]
mod messages;
#[path = "api/person_requests.rs"]
mod person_requests;
#[path = "api/reading.rs"]
mod reading;
#[path = "api/records.rs"]
mod records;
#[path = "fixture/relay.rs"]
mod relay;
#[path = "api/report_contacts.rs"]
mod report_contacts;
#[path = "api/requests.rs"]
mod requests;
#[path = "api/segments.rs"]
mod segments;
#[path = "fixture/set_up.rs"]
mod set_up;
#[path = "api/settings.rs"]
mod settings;
#[path = "fixture/settings.rs"]
mod settings_fixture;
#[path = "api/test_sends.rs"]
mod test_sends;
#[path = "api/tracking.rs"]
mod tracking;
#[path = "api/users.rs"]
mod users;
