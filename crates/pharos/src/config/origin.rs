//! Where the settings come from that may stand in the file or in the store, and which are missing.

use std::collections::BTreeMap;

use actions::{SettingKey, SettingOrigin};
use toml::Spanned;

use super::file;

/// A place beyond every file.
pub(super) const STORED: std::ops::Range<usize> = usize::MAX..usize::MAX;

/// Whether a value comes from the store.
pub(super) fn is_stored<T>(typed: &Spanned<T>) -> bool {
    typed.span() == STORED
}

/// Where the settings come from that are set.
pub(super) fn origins(file: &file::File) -> BTreeMap<SettingKey, SettingOrigin> {
    fn of<T>(typed: Option<&Spanned<T>>) -> Option<SettingOrigin> {
        let from =
            |typed| if is_stored(typed) { SettingOrigin::Store } else { SettingOrigin::File };
        typed.map(from)
    }
    let file::File { organisation: who, relay, .. } = file;
    let origin = |key: SettingKey| match key {
        SettingKey::Organisation => of(who.name.as_ref()),
        SettingKey::PostalAddress => of(who.postal_address.as_ref()),
        SettingKey::Domain => of(who.domain.as_ref()),
        SettingKey::Host => of(relay.host.as_ref()),
        SettingKey::Port => of(relay.port.as_ref()),
        SettingKey::Tls => of(relay.tls.as_ref()),
        SettingKey::Username => of(relay.username.as_ref()),
        SettingKey::Password => of(relay.password_file.as_ref().or(relay.password.as_ref())),
        SettingKey::HelloName => of(relay.hello_name.as_ref()),
        SettingKey::ReturnPath => of(relay.return_path.as_ref()),
        SettingKey::MessagesPerMinute => of(relay.messages_per_minute.as_ref()),
    };
    SettingKey::ALL.into_iter().filter_map(|key| Some((key, origin(key)?))).collect()
}

/// Settings without which no mail is sent.
pub(super) fn lacks(file: &file::File) -> Vec<SettingKey> {
    let set = origins(file);
    let has = |key| set.contains_key(&key);
    let is_lacking = |key: &SettingKey| match key {
        SettingKey::Organisation
        | SettingKey::PostalAddress
        | SettingKey::Domain
        | SettingKey::Host => !has(*key),
        SettingKey::Username => has(SettingKey::Password) && !has(*key),
        SettingKey::Password => has(SettingKey::Username) && !has(*key),
        _ => false,
    };
    SettingKey::ALL.into_iter().filter(is_lacking).collect()
}
