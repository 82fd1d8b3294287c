//! People's own accounts: the way in by a mailed link, and what they see and do there.
//!
//! Invariants: GET and HEAD only show (promise P3), so a link checker uses nothing up; a POST must come
//! from one of these pages. Whoever asks for a link gets the same answer, whether or not there is such a
//! contact. A session's secret is in a cookie that no script reads and no other site sends along.

pub(crate) mod acts;
mod asked_and_told;
pub(crate) mod change;
pub(crate) mod data;
pub(crate) mod download;
mod entry;
pub(crate) mod frame;
mod json;
mod session_cookie;
mod tables;
mod view;
pub(crate) mod way_in;
