//! What the pages of imports, exports and erasures share: each is a job that a server does.

pub(crate) mod figures;
pub(crate) mod rejects;
