//! Stores that are copied, moved and put back, and how a node knows which one it works on.

pub(crate) mod backup;
pub(crate) mod checkpoints;
pub(crate) mod put_back;
pub(crate) mod transfer;
