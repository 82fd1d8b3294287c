//! What authors write into their text: merge tags, expressions and conditions.

pub(crate) mod condition;
pub(crate) mod expression;
mod parsed;
mod reader;
mod tag;

pub(crate) use parsed::Template;
pub(crate) use tag::{Control, MergeValue, TemplatePart, ValueSource, Values};
