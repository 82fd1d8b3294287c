//! Stories that are told once, because each brings what it stands on: servers of its own that die
//! under it, or the one database that it is about. The rules of `tidy` stand on none.

#![allow(
    clippy::expect_used,
    clippy::panic,
    clippy::print_stdout,
    clippy::unwrap_used,
    reason = "a story that can't go on ends there and says why"
)]

mod api_document;
mod browser;
mod documents;
mod full_disk;
mod hostile;
mod migrate;
mod outage;
mod put_back;
mod restart;
mod restore;
mod tidy;
mod two_nodes;
mod visitor_cookie;
