//! The steps by which a message is written, and what fills their holes for one contact.

pub(crate) mod contact_values;
pub(crate) mod filled;
pub(crate) mod program;
pub(crate) mod step;
