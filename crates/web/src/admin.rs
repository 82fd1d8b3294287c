//! The pages for people who run campaigns.

pub(crate) mod campaigns;
mod chart;
pub mod inbox;
pub(crate) mod inbox_pages;
pub(crate) mod parts;
mod progress;
mod report_page;
