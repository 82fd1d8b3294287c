//! HTML as text: what it consists of, and how it is changed without touching the rest.

pub(crate) mod document;
pub(crate) mod edits;
pub(crate) mod markup;
pub(crate) mod nesting;
