//! Another Pharos server, asked over its API for what a command asks the store on the server's own
//! machine.
//!
//! Invariants: the token goes to the host that was named and nowhere else: over https, or to this
//! machine; no redirect is followed. Answers and waits are bounded. A request that changes something
//! bears a key of this run, and when its answer is lost it is repeated with the same key, so that
//! nothing is done twice. Knows no command.

mod client;
mod exchange;
mod problem;
mod server_address;
mod token_file;
mod wire;

pub(crate) use client::{RemoteClient, RemoteList};
pub(crate) use problem::RemoteError;
pub(crate) use server_address::ServerAddress;
pub(crate) use token_file::read_token;
pub(crate) use wire::{maybe_time, number, segment, time};
