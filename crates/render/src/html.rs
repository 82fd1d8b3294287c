//! The author's HTML: what it consists of, and how it is changed without touching the rest.

pub(crate) mod body;
pub(crate) mod content;
pub(crate) mod document;
pub(crate) mod edits;
pub(crate) mod tokens;
