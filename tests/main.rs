//! Stories told by the whole system: the real binary, real peers, one story a file.

mod bad_input;
mod browser;
mod crash;
mod harness;
mod open_rate;
mod send;
mod thread;
mod tidy;
mod unsubscribe;
