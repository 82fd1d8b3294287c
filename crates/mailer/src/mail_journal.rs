//! What was intended and how it ended, on this node's disk before it is in the store: after a
//! crash, it proves who was mailed.

pub(crate) mod journal;
pub(crate) mod outcome_writer;
pub(crate) mod record;
pub(crate) mod recovery;
