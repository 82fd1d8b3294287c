//! The pages that links in messages lead to.

pub(crate) mod brand;
pub(crate) mod browser;
pub(crate) mod browser_cookie;
pub(crate) mod link_segment;
pub(crate) mod media_file;
pub(crate) mod parts;
pub(crate) mod read_message;
mod subscription_standing;
pub(crate) mod tracking;
pub(crate) mod unsubscribe;
mod unsubscribe_form;
