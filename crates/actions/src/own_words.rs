//! The language that somebody is written to in.

use std::collections::BTreeMap;

use campaign::RecipientWords;

/// The language that a contact's attributes name.
#[must_use]
pub fn own_words(attributes: &BTreeMap<String, String>) -> Option<RecipientWords> {
    let named = ["language", "lang", "locale"].into_iter().find_map(|name| attributes.get(name));
    named.and_then(|tag| RecipientWords::of(tag))
}
