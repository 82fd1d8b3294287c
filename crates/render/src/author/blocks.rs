//! An announcement in Markdown as an ordered list of typed blocks, which prints to the text of its file
//! and is read from it, so that a page and a file edit the same thing.
//!
//! What Markdown has a form for stays Markdown; the rest are fences of colons (`::: columns`), and
//! conditions and loops on lines of their own. Messages are made from the text, whoever wrote it: there
//! is no second way from blocks to HTML.
//!
//! Invariants: what was read prints to a text that reads the same and makes the same message; no text
//! inside of a block can end it.

mod block;
mod changes;
mod fence_html;
mod lines;
mod parse;
mod plain;
mod print;
mod sections;
mod tags;

pub use block::{Block, ConditionArm};
pub use parse::parse_blocks;
pub use print::print_blocks;

pub(crate) use fence_html::{FencedText, fenced_events, fenced_text};
pub(crate) use lines::{ControlRole, MARKDOWN, MarkedBody};
pub(crate) use parse::check_blocks;
pub(crate) use plain::BUTTON;
pub(crate) use sections::BlockProblem;
