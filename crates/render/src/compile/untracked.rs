//! Messages to those of whom nothing may be recorded.

use crate::announcement::Announcement;
use crate::compile::languages::all_languages;
use crate::compile::{compile, compile_language};
use crate::compiled::Compiled;
use crate::own_addresses::Edition;
use crate::problem::Problems;
use crate::sender::{Sender, TopicName};

/// As [`compile`], for sending: together with an edition that has no pixel, and whose links lead
/// straight to their targets.
///
/// # Errors
/// As [`compile`].
pub fn compile_with_untracked(
    announcement: &Announcement,
    sender: &Sender,
    topic: &TopicName<'_>,
) -> Result<Compiled, Problems> {
    let compiled = compile(announcement, sender, topic)?;
    let untracked =
        all_languages(announcement, |it| compile_language(it, sender, topic, Edition::Untracked))?;
    Ok(Compiled { untracked: Some(Box::new(untracked)), ..compiled })
}
