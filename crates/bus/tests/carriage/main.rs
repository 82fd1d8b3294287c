//! Hits from journals to a recorder: directly, and over real Redis servers and clusters.

#![allow(clippy::unwrap_used, clippy::panic, clippy::indexing_slicing, reason = "tests")]

mod house;
mod journal;
mod stream;
mod trouble;
