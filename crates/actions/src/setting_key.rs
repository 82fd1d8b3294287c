//! The settings that may stand in the configuration file or in the store.

/// What belongs together: shown, changed and numbered as one.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum SettingsSection {
    /// Who sends.
    Sender,
    /// Over which SMTP server.
    Relay,
}

impl SettingsSection {
    pub const ALL: [Self; 2] = [Self::Sender, Self::Relay];

    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Sender => "sender",
            Self::Relay => "relay",
        }
    }

    /// The section that is called so.
    #[must_use]
    pub fn called(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|it| it.as_str() == name)
    }

    /// Where the store keeps it.
    pub(crate) const fn store_key(self) -> &'static str {
        match self {
            Self::Sender => "settings/sender",
            Self::Relay => "settings/relay",
        }
    }

    /// Its settings, in the order in which they are shown.
    pub fn keys(self) -> impl Iterator<Item = SettingKey> {
        SettingKey::ALL.into_iter().filter(move |key| key.section() == self)
    }
}

/// A setting that may stand in the configuration file or in the store.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum SettingKey {
    Organisation,
    PostalAddress,
    Domain,
    Host,
    Port,
    Tls,
    Username,
    /// In the file it is the name of another file.
    Password,
    HelloName,
    ReturnPath,
    MessagesPerMinute,
}

impl SettingKey {
    pub const ALL: [Self; 11] = [
        Self::Organisation,
        Self::PostalAddress,
        Self::Domain,
        Self::Host,
        Self::Port,
        Self::Tls,
        Self::Username,
        Self::Password,
        Self::HelloName,
        Self::ReturnPath,
        Self::MessagesPerMinute,
    ];

    /// As commands and the configuration file call it (there the password is `relay.password_file`).
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Organisation => "organisation.name",
            Self::PostalAddress => "organisation.postal_address",
            Self::Domain => "organisation.domain",
            Self::Host => "relay.host",
            Self::Port => "relay.port",
            Self::Tls => "relay.tls",
            Self::Username => "relay.username",
            Self::Password => "relay.password",
            Self::HelloName => "relay.hello_name",
            Self::ReturnPath => "relay.return_path",
            Self::MessagesPerMinute => "relay.messages_per_minute",
        }
    }

    /// The setting that is called so.
    #[must_use]
    pub fn called(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|it| it.as_str() == name)
    }

    /// The name of its field in forms and in the API.
    #[must_use]
    pub fn field(self) -> &'static str {
        self.as_str().split_once('.').map_or("", |(_, field)| field)
    }

    /// For people.
    #[must_use]
    pub const fn label(self) -> &'static str {
        match self {
            Self::Organisation => "Organisation",
            Self::PostalAddress => "Postal address",
            Self::Domain => "Domain",
            Self::Host => "Host",
            Self::Port => "Port",
            Self::Tls => "Encryption",
            Self::Username => "User name",
            Self::Password => "Password",
            Self::HelloName => "We call ourselves",
            Self::ReturnPath => "Bounces go to",
            Self::MessagesPerMinute => "Messages a minute, at most",
        }
    }

    #[must_use]
    pub const fn section(self) -> SettingsSection {
        match self {
            Self::Organisation | Self::PostalAddress | Self::Domain => SettingsSection::Sender,
            _ => SettingsSection::Relay,
        }
    }

    /// Whether the audit log may say its value: secrets and addresses stand in no entry.
    pub(crate) const fn may_be_logged(self) -> bool {
        !matches!(self, Self::Password | Self::Username | Self::ReturnPath)
    }

    /// Whether it decides who gets to see the password.
    pub(crate) const fn is_where_the_password_goes(self) -> bool {
        matches!(self, Self::Host | Self::Port | Self::Tls)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_setting_is_found_by_its_name_and_belongs_to_one_section() {
        for key in SettingKey::ALL {
            assert_eq!(SettingKey::called(key.as_str()), Some(key));
            assert!(key.section().keys().any(|it| it == key));
            let all: Vec<_> = key.section().keys().filter(|it| it.field() == key.field()).collect();
            assert_eq!(all, [key]);
        }
        assert_eq!(SettingKey::called("relay.colour"), None);
    }
}
