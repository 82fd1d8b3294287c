//! Where a message leads and what it loads: addresses as browsers read them.

pub(crate) mod address;
pub(crate) mod in_text;
mod list;
pub(crate) mod loaded_address;
pub(crate) mod target;
mod web_address;

pub use list::{LINKS, TrackedLink};
pub(crate) use list::{LinkList, with_parameters};
pub use web_address::{AddressUse, WebAddress};
