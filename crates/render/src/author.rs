//! The author's text: from Markdown, HTML or MJML to HTML that can be sent, and to the text part.

mod allowed_elements;
pub(crate) mod blocks;
pub(crate) mod body;
mod markdown;
mod mjml;
mod outlook_comment;
pub(crate) mod rewrite;
pub(crate) mod text;
