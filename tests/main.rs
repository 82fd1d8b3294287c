//! Stories told by the whole system: the real binary, real peers, one story a file.

#![allow(
    clippy::expect_used,
    clippy::panic,
    clippy::print_stdout,
    clippy::unwrap_used,
    reason = "a story that can't go on ends there and says why"
)]

mod bad_input;
mod browser;
mod crash;
mod harness;
mod limits;
mod migrate;
mod open_rate;
mod operations;
mod outage;
mod put_back;
mod restart;
mod restore;
mod retry;
mod send;
mod thread;
mod tidy;
mod two_nodes;
mod unsubscribe;
mod upgrade;
