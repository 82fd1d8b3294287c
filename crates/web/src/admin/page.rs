//! What all pages are made with: forms, lists, problems, who is looking.

pub(crate) mod calls;
pub(crate) mod choice;
pub(crate) mod client_words;
pub(crate) mod cursor;
pub(crate) mod form;
pub(crate) mod listing;
pub(crate) mod message;
pub(crate) mod problem;
pub(crate) mod reader_zone;
pub(crate) mod refused;
pub(crate) mod session_cookie;
pub(crate) mod spreadsheet_file;
pub(crate) mod tracking_choice;
pub(crate) mod visitor;
