//! The web addresses that an announcement leads to and loads from, with their places: what can be
//! asked whether it is there.

use crate::problem::SourcePosition;

/// What an announcement wants of an address.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum AddressUse {
    /// A reader follows it.
    Link,
    /// It is shown as an image.
    Image,
    /// A sheet loads it: a font, or an image.
    File,
}

impl AddressUse {
    /// In a word, for programs and people.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Link => "link",
            Self::Image => "image",
            Self::File => "file",
        }
    }
}

/// A web address in an announcement. Those of the sender's own installation are none.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct WebAddress {
    /// As readers get it; with the merge tags as they are written, when it is another for everyone.
    pub url: String,
    pub used_as: AddressUse,
    /// Whether it has a contact's values in it.
    pub is_personal: bool,
    /// Whether its host is known to be out of readers' reach; that is warned of already.
    pub is_private: bool,
    /// Line of the announcement's file, counted from 1.
    pub line: usize,
    /// Column in characters, counted from 1; 0 when only the line is known.
    pub column: usize,
    /// The width and height that the document gives an image, in CSS pixels.
    pub shown: (Option<u32>, Option<u32>),
}

impl WebAddress {
    pub(crate) fn new(url: String, used_as: AddressUse, place: SourcePosition) -> Self {
        let SourcePosition { line, column } = place;
        Self {
            url,
            used_as,
            is_personal: false,
            is_private: false,
            line,
            column,
            shown: (None, None),
        }
    }
}
