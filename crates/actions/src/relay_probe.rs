//! What sets up an installation asks others: the relay for a test message, DNS about the sender's domain.
//! Behind traits, because only the binary knows a relay and a resolver.

use std::fmt;
use std::pin::Pin;
use std::time::Duration;

use campaign::DomainRecords;
use model::{EmailAddress, Timestamp};

use crate::{SettingKey, SettingsSection};

/// What others answer, some time.
pub type Probing<'p, T> = Pin<Box<dyn Future<Output = T> + Send + 'p>>;

/// Sends test messages.
pub trait RelayProbe: Send + Sync {
    /// Really sends one message, and keeps the conversation.
    fn send<'p>(
        &'p self,
        from: &'p EmailAddress,
        to: &'p EmailAddress,
        at: Timestamp,
    ) -> Probing<'p, RelayReport>;
}

/// Looks at the records of the sender's domain.
pub trait DomainProbe: Send + Sync {
    /// `selector` is the relay's for DKIM; empty when it is not known. Bounded in time.
    fn look<'p>(&'p self, selector: &'p str) -> Probing<'p, DomainRecords>;
}

/// Whose line of a conversation it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum LineOf {
    Pharos,
    Relay,
    /// Nobody's: what happened between two lines.
    Note,
}

impl LineOf {
    /// For programs.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Pharos => "pharos",
            Self::Relay => "relay",
            Self::Note => "note",
        }
    }
}

/// A line of a conversation, bounded and without passwords.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ConversationLine {
    pub of: LineOf,
    pub text: String,
    /// Time since the line before.
    pub after: Duration,
}

/// What came of a test message.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RelayReport {
    pub is_accepted: bool,
    /// The relay's reply, or what went wrong.
    pub result: String,
    /// What that means and what to do, in plain words.
    pub meaning: String,
    pub conversation: Vec<ConversationLine>,
    pub took: Duration,
}

/// Where a value comes from.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum SettingOrigin {
    /// The configuration file: it is fixed.
    File,
    /// The store.
    Store,
    /// Nowhere: this holds without being set.
    Default,
    /// Nowhere, and nothing is sent without it.
    Missing,
}

impl SettingOrigin {
    /// For programs.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::File => "file",
            Self::Store => "store",
            Self::Default => "default",
            Self::Missing => "missing",
        }
    }
}

/// A value as it is shown.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ShownSetting {
    /// None for one that only the file can set.
    pub key: Option<SettingKey>,
    /// For people.
    pub name: &'static str,
    /// Where it stands in the file, such as `relay.host`.
    pub file_key: &'static str,
    /// In words. Never a password.
    pub value: String,
    /// As it is typed; empty for what is not set, and for a password.
    pub typed: String,
    pub origin: SettingOrigin,
}

/// What the set-up of an installation shows and asks with.
pub struct SetUp {
    /// The name of the configuration file.
    pub file: String,
    /// Who sends.
    pub sender: Vec<ShownSetting>,
    /// Over which relay.
    pub relay: Vec<ShownSetting>,
    /// From whom test messages come, unless somebody wishes otherwise; None while no domain is set.
    pub from: Option<EmailAddress>,
    /// Where browsers find the admin pages, if the file says so; without a slash at the end.
    pub admin_site: Option<String>,
    pub relay_probe: Box<dyn RelayProbe>,
    pub domain_probe: Box<dyn DomainProbe>,
}

impl SetUp {
    /// What is shown of a setting.
    #[must_use]
    pub fn value(&self, key: SettingKey) -> Option<&ShownSetting> {
        self.sender.iter().chain(&self.relay).find(|it| it.key == Some(key))
    }

    /// What is shown of a section.
    #[must_use]
    pub fn section(&self, section: SettingsSection) -> &[ShownSetting] {
        match section {
            SettingsSection::Sender => &self.sender,
            SettingsSection::Relay => &self.relay,
        }
    }
}

impl fmt::Debug for SetUp {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("SetUp").finish_non_exhaustive()
    }
}
