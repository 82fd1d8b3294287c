//! The pages for people who run campaigns. `routes` lists them all.

mod announcements;
mod campaigns;
mod chart;
mod client_words;
mod contacts;
mod cursor;
mod deliveries;
mod delivery_words;
pub mod inbox;
mod inbox_pages;
pub(crate) mod inbox_source;
mod kept_topics;
mod listing;
mod media_pages;
pub(crate) mod parts;
pub(crate) mod preview_page;
mod problem;
mod progress;
mod report_page;
pub(crate) mod routes;
mod system;
mod timeline;
mod topics;
mod viewer;
