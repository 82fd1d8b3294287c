//! Messages that are asked for one by one.

use crate::announcement::Announcement;
use crate::compile::compile_language;
use crate::compile::languages::all_languages;
use crate::compiled::Compiled;
use crate::own_addresses::Edition;
use crate::own_parts::check_single;
use crate::problem::Problems;
use crate::sender::{Sender, TopicName};

/// Compiles an announcement for messages that are asked for one by one: its links stay as they are
/// written, nothing in it is counted, and there is nothing to leave. Rendered for campaign 0, with the
/// message's number instead of a contact's.
///
/// # Errors
/// As [`crate::compile`](fn@crate::compile); and when it uses an address that only a topic's reader has.
pub fn compile_single(announcement: &Announcement, sender: &Sender) -> Result<Compiled, Problems> {
    sender.check()?;
    let topic = TopicName { slug: "", name: "" };
    all_languages(announcement, |it| {
        check_single(it)?;
        compile_language(it, sender, &topic, Edition::Single)
    })
}
