//! The peers themselves, and what a test may rely on.

#![allow(clippy::unwrap_used, reason = "a test that can't go on ends there and says why")]

mod endings;
mod postgres;
mod proxy;
mod redis;
