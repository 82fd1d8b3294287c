//! Turns an announcement and a contact into a finished MIME message.
//!
//! [`Announcement::parse`] reads a file of front matter and Markdown, HTML or MJML; [`compile`] does
//! everything that is the same for every contact (layout, CSS, links, text part, encoding); then
//! [`Compiled::render`] fills the holes, in a few microseconds per message.
//!
//! Invariants: nobody gets half a message; a value is escaped for its slot and can break neither
//! HTML nor MIME nor a header; the same contact and campaign give the same bytes. Pure: no clock,
//! no file, no network, no store.

mod announcement;
mod archive;
mod author;
mod brand;
mod compile;
mod compiled;
mod css;
mod escape;
mod file_parts;
mod fill;
mod footer;
mod front_matter;
mod header;
mod html;
mod language_parts;
mod layout;
mod links;
mod locale;
mod media;
mod mime;
mod own_addresses;
mod own_parts;
mod placeholders;
mod problem;
mod qp;
mod recipient_words;
mod sample;
mod sender;
mod settings;
mod split_text;
mod stored;
mod template;
mod text_mail;
mod used_values;
mod variants;
mod warnings;

#[cfg(test)]
mod tests;

pub use announcement::{ANNOUNCEMENT_BYTES, Announcement, utf8};
pub use archive::{ArchivePage, archive_pages};
pub use author::blocks::{Block, ConditionArm, parse_blocks, print_blocks};
pub use brand::{
    Brand, BrandColors, BrandText, Color, FontStack, Logo, LogoWidth, PrivacyContact,
    PublicAddress, SocialLink, UnusableBrand,
};
pub use compile::{compile, compile_single, compile_with_untracked};
pub use compiled::{Compiled, LinksDiffer, MergeTag, SUBJECT_BYTES};
pub use file_parts::NoContent;
pub use fill::contact_values::{MOST_ITEMS, VALUE_BYTES};
pub use fill::filled::MESSAGE_BYTES;
pub use links::{AddressUse, LINKS, TrackedLink, WebAddress};
pub use media::attach::AttachedFile;
pub use media::library::{AttachmentLimits, MediaEntry, MediaFacts, MediaLibrary};
pub use own_addresses::ArchiveAddresses;
pub use problem::{Problem, Problems, RenderProblem};
pub use recipient_words::RecipientWords;
pub use sender::{Recipient, Sender, TopicName};
pub use settings::{ArchiveChoice, Layout};
pub use split_text::{SplitText, TextField};
pub use stored::UnreadableForm;
pub use text_mail::TextMail;
