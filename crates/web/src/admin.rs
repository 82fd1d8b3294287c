//! The pages for people who run campaigns.

pub(crate) mod campaigns;
mod chart;
pub mod inbox;
pub(crate) mod inbox_pages;
pub(crate) mod parts;
pub(crate) mod preview_page;
mod progress;
mod report_page;
