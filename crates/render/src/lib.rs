//! Turns an announcement and a contact into a finished MIME message.
//!
//! [`Announcement::parse`] reads a file of front matter and Markdown, HTML or MJML; [`compile`] does
//! everything that is the same for every contact (layout, CSS, links, text part, encoding); then
//! [`Compiled::render`] fills the holes, in a few microseconds per message.
//!
//! Invariants: nobody gets half a message; a value is escaped for its slot and can break neither
//! HTML nor MIME nor a header; the same contact and campaign give the same bytes. Pure: no clock,
//! no file, no network, no store.

mod allowed_elements;
mod announcement;
mod body;
mod compile;
mod compiled;
mod condition;
mod contact_values;
mod css;
mod escape;
mod expression;
mod fill_step;
mod filled;
mod footer;
mod front_matter;
mod header;
mod html;
mod layout;
mod link_address;
mod links;
mod loaded_address;
mod markdown;
mod mime;
mod mjml;
mod outlook_comment;
mod personal_target;
mod placeholders;
mod problem;
mod program;
mod qp;
mod rewrite;
mod sender;
mod settings;
mod stored;
mod stored_value;
mod tag_reader;
mod tags;
mod template;
mod text;
mod used_values;

#[cfg(test)]
mod tests;

pub use announcement::{ANNOUNCEMENT_BYTES, Announcement, utf8};
pub use compile::compile;
pub use compiled::{Compiled, LinksDiffer, MergeTag, SUBJECT_BYTES};
pub use contact_values::VALUE_BYTES;
pub use filled::MESSAGE_BYTES;
pub use links::{LINKS, TrackedLink};
pub use problem::{Problem, Problems, RenderProblem};
pub use sender::{Recipient, Sender, TopicName};
pub use stored_value::UnreadableForm;
