//! The disclosure register: to whom personal data has left, why, and whose.

pub(crate) mod disclosed;
pub(crate) mod entry;
pub(crate) mod held;
pub(crate) mod member_block;
pub(crate) mod members;
pub(crate) mod processors;
pub(crate) mod reads;
pub(crate) mod register;
pub(crate) mod sharing;
pub(crate) mod sharing_notices;
