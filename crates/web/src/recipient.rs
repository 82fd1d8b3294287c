//! The pages that links in messages lead to.

pub(crate) mod account;
pub(crate) mod brand;
pub(crate) mod browser;
pub(crate) mod browser_cookie;
pub(crate) mod join;
pub(crate) mod link_segment;
pub(crate) mod media_file;
pub(crate) mod parts;
pub(crate) mod pause_choice;
pub(crate) mod preferences;
pub(crate) mod read_message;
mod reader_words;
pub(crate) mod sharing_choice;
mod subscription_standing;
pub(crate) mod tracking;
pub(crate) mod unsubscribe;
mod unsubscribe_form;

/// Where the link leads that no reader can see.
pub const HONEYPOT_PATH: &str = "/hidden-link";
/// What it says there, to a program or to whoever reads the source of a message.
pub(crate) const FOR_PROGRAMS: &str = "Nobody sees the link that led here: it tells readers from programs \
    that follow every link of a message.\nThere is nothing to do.\n";
