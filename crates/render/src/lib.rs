//! Turns an announcement and a contact into a finished MIME message.
//!
//! [`Announcement::parse`] reads a file of front matter and Markdown or HTML; [`compile`] does
//! everything that is the same for every contact (layout, CSS, links, text part, encoding); then
//! [`Compiled::render`] fills the holes, in a few microseconds per message.
//!
//! Invariants: nobody gets half a message; a value is escaped for its slot and can break neither
//! HTML nor MIME nor a header; the same contact and campaign give the same bytes. Pure: no clock,
//! no file, no network, no store.

mod announcement;
mod compile;
mod compiled;
mod css;
mod escape;
mod footer;
mod header;
mod html;
mod layout;
mod link_address;
mod links;
mod loaded_address;
mod placeholders;
mod problem;
mod qp;
mod rewrite;
mod sender;
mod stored;
mod tags;
mod text;

#[cfg(test)]
mod tests;

pub use announcement::{ANNOUNCEMENT_BYTES, Announcement};
pub use compile::compile;
pub use compiled::{Compiled, LinksDiffer, MESSAGE_BYTES, MergeTag, SUBJECT_BYTES, VALUE_BYTES};
pub use problem::{Problem, Problems, RenderProblem};
pub use links::{LINKS, TrackedLink};
pub use sender::{Recipient, Sender, TopicName};
pub use stored::UnreadableForm;
