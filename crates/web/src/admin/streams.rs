//! The streams of this node's pages: how many there are, and what they send, made once for all readers.
//!
//! Knows no page and nobody who looks at one: `live` brings the two together.

mod limits;
mod live_part;
mod watch;

pub(crate) use limits::StreamPlace;
pub use limits::{LiveStreams, StreamCounters, StreamLimits};
pub(crate) use live_part::{KEY, LivePart, revision_of};
pub(crate) use watch::{Maker, NoPart};
