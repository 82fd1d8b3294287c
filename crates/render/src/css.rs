//! Cascading style sheets as mail programs need them.

mod cascade;
mod inline;
mod selector;
mod sheet;
mod tracked_links;
mod visibility;

#[cfg(test)]
mod reported;
#[cfg(test)]
mod tests;

pub(crate) use cascade::NUMBER;
pub(crate) use inline::{InlinedStyles, inline, inline_rules};
pub(crate) use sheet::{StyleRule, addresses, rules};
pub(crate) use visibility::{hidden_by, own_element};
