//! What the people who operate a node see: health and metrics, and the answer during an outage.

pub(crate) mod health;
pub(crate) mod outage;
