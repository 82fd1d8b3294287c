//! What was intended and how it ended, on this node's disk before it is in the store: the proof of
//! who was mailed after a crash.

pub(crate) mod journal;
pub(crate) mod outcome_writer;
pub(crate) mod record;
pub(crate) mod recovery;
