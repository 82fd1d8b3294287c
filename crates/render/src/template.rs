//! What authors write into their text: merge tags, expressions, conditions and loops.

pub(crate) mod condition;
pub(crate) mod expression;
mod filters;
mod parsed;
mod reader;
mod tag;

pub(crate) use parsed::{MOST_NESTED, Template, tag_spans};
pub(crate) use tag::{
    Control, LoopHead, MergeValue, OwnAddress, TemplatePart, ValueSource, Values,
};
