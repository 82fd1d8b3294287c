//! Stories told by the whole system: the real binary, real peers, one story a file. Each is told on
//! SQLite and, with `PHAROS_STORIES=cluster`, on PostgreSQL and Redis.

#![allow(
    clippy::expect_used,
    clippy::panic,
    clippy::print_stdout,
    clippy::unwrap_used,
    reason = "a story that can't go on ends there and says why"
)]

mod access;
mod account;
mod announcements;
mod api;
mod archive;
mod bad_input;
mod brand;
mod campaign_check;
mod check;
mod compare;
mod crash;
mod erasure;
mod events;
mod forms;
mod jobs;
mod journeys;
mod keys;
mod limits;
mod machines;
mod mailed_report;
mod media;
mod messages;
mod open_rate;
mod operations;
mod places;
mod remote;
mod retention;
mod retry;
mod schedule;
mod send;
mod set_up;
mod settings;
mod thread;
mod tracking;
mod unsubscribe;
mod upgrade;
mod visitors;
