//! What an announcement shows and attaches from the media library: `media:NAME` in its text, `attach`
//! in its front matter.

pub(crate) mod attach;
pub(crate) mod inline;
pub(crate) mod library;
pub(crate) mod marks;
pub(crate) mod reference;
