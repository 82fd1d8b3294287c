//! The way in: who sends a request, and what stands in front of every page.

pub(crate) mod closed;
pub(crate) mod demo_entry;
pub(crate) mod first_password;
pub(crate) mod gate;
pub(crate) mod kept_form;
pub(crate) mod local_path;
pub(crate) mod passkey_entry;
pub(crate) mod passkey_json;
pub(crate) mod set_up;
pub(crate) mod sign_in_pages;
pub(crate) mod signed_in;
