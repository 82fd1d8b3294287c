//! What those learn who watch over a node: health and metrics, and what is said during an outage.

pub(crate) mod health;
pub(crate) mod outage;
