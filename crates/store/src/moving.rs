//! Copying, moving and restoring stores, and how a node knows which store it is working on.

pub(crate) mod backup;
pub(crate) mod checkpoints;
pub(crate) mod put_back;
pub(crate) mod transfer;
