//! Settings as the store keeps them: one text per section, with the number of its last change. The
//! relay's password is sealed in it.

use std::collections::BTreeMap;
use std::fmt;

use serde_json::{Map, Value, json};
use store::{Store, StoreError};
use token::{KeptSecret, Keyring, SecretPurpose};

use crate::{SettingKey, SettingsSection};

/// The owner of what is sealed: there is one relay.
const OWNER: i64 = 1;

/// What the store keeps of the settings, the password as it is. Never shown as a whole.
#[derive(Clone, PartialEq, Eq, Default)]
pub struct KeptSettings {
    pub values: BTreeMap<SettingKey, String>,
    /// The password stands there, sealed with a key that this key ring does not have.
    pub has_foreign_password: bool,
    pub(crate) revisions: BTreeMap<SettingsSection, i64>,
    /// The texts in the store.
    pub(crate) texts: BTreeMap<SettingsSection, String>,
}

impl fmt::Debug for KeptSettings {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let keys: Vec<_> = self.values.keys().map(|it| it.as_str()).collect();
        f.debug_struct("KeptSettings").field("keys", &keys).finish_non_exhaustive()
    }
}

impl KeptSettings {
    #[must_use]
    pub fn get(&self, key: SettingKey) -> Option<&str> {
        self.values.get(&key).map(String::as_str)
    }

    /// How often this section was changed.
    #[must_use]
    pub fn revision(&self, section: SettingsSection) -> i64 {
        self.revisions.get(&section).copied().unwrap_or_default()
    }

    /// What the store keeps.
    ///
    /// # Errors
    /// When it can't answer.
    pub async fn read(store: &Store, keys: &Keyring) -> Result<Self, StoreError> {
        let mut kept = Self::default();
        let found = store.settings_beginning("settings/".to_owned()).await?;
        for (key, text) in found {
            let section = SettingsSection::ALL.into_iter().find(|it| it.store_key() == key);
            if let Some(section) = section {
                kept.add(section, text, keys);
            }
        }
        Ok(kept)
    }

    /// What this release does not know is left out: a later one has written it.
    fn add(&mut self, section: SettingsSection, text: String, keys: &Keyring) {
        let parsed: Value = serde_json::from_str(&text).unwrap_or_default();
        self.revisions.insert(section, parsed["revision"].as_i64().unwrap_or_default());
        let none = Map::new();
        for (name, value) in parsed["values"].as_object().unwrap_or(&none) {
            let (Some(key), Some(value)) = (SettingKey::called(name), value.as_str()) else {
                continue;
            };
            if key != SettingKey::Password {
                self.values.insert(key, value.to_owned());
            } else if let Some(password) = opened(value, keys) {
                self.values.insert(key, password);
            } else {
                self.has_foreign_password = true;
            }
        }
        self.texts.insert(section, text);
    }

    /// The text of a section after its next change; None when the password is too long to be sealed.
    pub(crate) fn text(&self, section: SettingsSection, keys: &Keyring) -> Option<String> {
        let mut values = Map::new();
        for key in section.keys() {
            let Some(value) = self.get(key) else { continue };
            let value = match key {
                SettingKey::Password => sealed(value, keys)?,
                _ => value.to_owned(),
            };
            values.insert(key.as_str().to_owned(), value.into());
        }
        let revision = self.revision(section) + 1;
        Some(json!({ "revision": revision, "values": values }).to_string())
    }
}

/// Hexadecimal, as a setting is a text.
fn sealed(password: &str, keys: &Keyring) -> Option<String> {
    let sealed = keys.seal_secret(SecretPurpose::RelayPassword, OWNER, password.as_bytes()).ok()?;
    Some(sealed.iter().map(|byte| format!("{byte:02x}")).collect())
}

fn opened(text: &str, keys: &Keyring) -> Option<String> {
    let digits = text.as_bytes().chunks(2);
    let byte = |pair| u8::from_str_radix(std::str::from_utf8(pair).ok()?, 16).ok();
    let sealed: Vec<u8> = digits.map(byte).collect::<Option<_>>()?;
    match keys.open_secret(SecretPurpose::RelayPassword, OWNER, &sealed)? {
        // Nobody has ever written one so.
        KeptSecret::Clear(_) => None,
        KeptSecret::Older(secret) | KeptSecret::Newest(secret) => {
            String::from_utf8(secret.to_vec()).ok()
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_password_is_sealed_and_opens_with_the_same_keys_alone() {
        let keys = Keyring::generate().unwrap();
        let mut kept = KeptSettings::default();
        kept.values.insert(SettingKey::Host, "relay.example".into());
        kept.values.insert(SettingKey::Password, "s3cret".into());
        let text = kept.text(SettingsSection::Relay, &keys).unwrap();
        assert!(!text.contains("s3cret") && text.contains("relay.example"), "{text}");
        assert!(!format!("{kept:?}").contains("s3cret"));
        let mut again = KeptSettings::default();
        again.add(SettingsSection::Relay, text.clone(), &keys);
        assert_eq!((&again.values, again.revision(SettingsSection::Relay)), (&kept.values, 1));
        let mut foreign = KeptSettings::default();
        foreign.add(SettingsSection::Relay, text, &Keyring::generate().unwrap());
        assert!(foreign.has_foreign_password && foreign.get(SettingKey::Password).is_none());
    }

    #[test]
    fn what_is_no_text_of_ours_is_no_setting() {
        let keys = Keyring::generate().unwrap();
        for text in ["", "[]", "{\"values\":{\"relay.colour\":\"red\",\"relay.host\":7}}"] {
            let mut kept = KeptSettings::default();
            kept.add(SettingsSection::Relay, text.into(), &keys);
            assert!(kept.values.is_empty(), "{text}");
        }
    }
}
