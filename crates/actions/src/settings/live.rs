//! What is sent with at the moment: read from file and store, the same for everybody in the process, and
//! replaced as a whole when somebody has changed it, here or on another node.

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use campaign::Sender;
use store::{Store, StoreError};
use token::Keyring;
use tokio::sync::watch;

use super::kept::KeptSettings;
use crate::{MessageSender, Refusal, RefusalKind, SetUp, SettingKey, SettingsSection};

/// How often a node looks whether somebody has changed settings on another one.
const LOOK: Duration = Duration::from_secs(1);

/// What comes of the file and the store together. Behind a trait, because only the binary reads the file.
pub trait SettingsSource: Send + Sync {
    /// What is sent with. What does not fit together is told in [`SettingsInUse::trouble`].
    fn in_use(&self, kept: &KeptSettings) -> SettingsInUse;

    /// Whether what is to be kept is right together with what stands in the file.
    ///
    /// # Errors
    /// Says what is wrong, and with which setting.
    fn check(&self, kept: &KeptSettings) -> Result<(), SettingProblem>;
}

/// What is wrong with settings.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SettingProblem {
    /// None when it can't be helped by changing one that the store keeps.
    pub key: Option<SettingKey>,
    pub words: String,
}

/// What is sent with, at one moment.
#[derive(Clone)]
pub struct SettingsInUse {
    /// Who sends, and where links in messages lead; has stand-ins for what is not set.
    pub sender: Arc<Sender>,
    pub set_up: Arc<SetUp>,
    /// What hands single messages to the relay.
    pub relay: Arc<dyn MessageSender>,
    /// What is missing before mail can be sent.
    pub lacks: Vec<SettingKey>,
    /// Why file and store don't fit together.
    pub trouble: Option<String>,
    pub kept: KeptSettings,
}

impl fmt::Debug for SettingsInUse {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("SettingsInUse")
            .field("lacks", &self.lacks)
            .field("trouble", &self.trouble)
            .finish_non_exhaustive()
    }
}

impl SettingsInUse {
    /// What is missing of this section.
    pub fn lacking(&self, section: SettingsSection) -> impl Iterator<Item = SettingKey> {
        self.lacks.iter().copied().filter(move |key| key.section() == section)
    }

    /// Whether messages can be made.
    ///
    /// # Errors
    /// `sender_not_set`, with what is missing and where it is set.
    pub fn sender_is_set(&self) -> Result<(), Refusal> {
        self.is_set(SettingsSection::Sender, "sender_not_set", "It is not said yet who sends")
    }

    /// Whether there is a relay to send with.
    ///
    /// # Errors
    /// `relay_not_set`, with what is missing and where it is set.
    pub fn relay_is_set(&self) -> Result<(), Refusal> {
        if let Some(trouble) = &self.trouble {
            let words = format!("The settings do not fit together: {trouble}");
            return Err(Refusal::new(RefusalKind::Conflict, "relay_not_set", words));
        }
        self.is_set(SettingsSection::Relay, "relay_not_set", "No relay is set yet that takes mail")
    }

    /// Whether there is a domain to look at.
    ///
    /// # Errors
    /// `sender_not_set`.
    pub fn domain_is_set(&self) -> Result<(), Refusal> {
        let lacks_it = self.lacks.contains(&SettingKey::Domain);
        if lacks_it { self.sender_is_set() } else { Ok(()) }
    }

    /// Whether mail can be sent.
    ///
    /// # Errors
    /// As [`Self::sender_is_set`] and [`Self::relay_is_set`].
    pub fn can_send(&self) -> Result<(), Refusal> {
        self.sender_is_set()?;
        self.relay_is_set()
    }

    /// Whether this part of it is set.
    ///
    /// # Errors
    /// As [`Self::sender_is_set`] and [`Self::relay_is_set`].
    pub fn section_is_set(&self, section: SettingsSection) -> Result<(), Refusal> {
        match section {
            SettingsSection::Sender => self.sender_is_set(),
            SettingsSection::Relay => self.relay_is_set(),
        }
    }

    fn is_set(
        &self,
        section: SettingsSection,
        code: &'static str,
        what: &str,
    ) -> Result<(), Refusal> {
        let lacks: Vec<_> = self.lacking(section).map(SettingKey::as_str).collect();
        let Some(first) = lacks.first() else { return Ok(()) };
        let words = format!(
            "{what}: {} missing. Set it on the page /admin/setup/sender, with `pharos settings set \
             {first}=...`, or in {}.",
            match lacks.as_slice() {
                [one] => format!("{one} is"),
                many => format!("{} are", many.join(", ")),
            },
            self.set_up.file,
        );
        Err(Refusal::new(RefusalKind::Conflict, code, words))
    }
}

/// What is sent with at the moment.
#[derive(Clone)]
pub struct LiveSettings {
    pub(crate) source: Arc<dyn SettingsSource>,
    current: Arc<watch::Sender<Arc<SettingsInUse>>>,
}

impl fmt::Debug for LiveSettings {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("LiveSettings").field(&self.now()).finish()
    }
}

impl LiveSettings {
    /// With what the store has kept.
    #[must_use]
    pub fn new(source: Arc<dyn SettingsSource>, kept: &KeptSettings) -> Self {
        let (current, _) = watch::channel(Arc::new(source.in_use(kept)));
        Self { source, current: Arc::new(current) }
    }

    /// Of an installation in whose file everything stands.
    #[must_use]
    pub fn fixed(sender: Sender, set_up: SetUp, relay: Arc<dyn MessageSender>) -> Self {
        let in_use = SettingsInUse {
            sender: Arc::new(sender),
            set_up: Arc::new(set_up),
            relay,
            lacks: Vec::new(),
            trouble: None,
            kept: KeptSettings::default(),
        };
        Self::new(Arc::new(FixedSettings(in_use)), &KeptSettings::default())
    }

    #[must_use]
    pub fn now(&self) -> Arc<SettingsInUse> {
        Arc::clone(&self.current.borrow())
    }

    /// Tells of each change.
    #[must_use]
    pub fn changes(&self) -> watch::Receiver<Arc<SettingsInUse>> {
        self.current.subscribe()
    }

    /// Takes over what the store keeps now.
    ///
    /// # Errors
    /// When the store can't answer; then everything stays as it is.
    pub async fn refresh(&self, store: &Store, keys: &Keyring) -> Result<(), StoreError> {
        let kept = KeptSettings::read(store, keys).await?;
        if self.now().kept != kept {
            let in_use = Arc::new(self.source.in_use(&kept));
            if let Some(trouble) = &in_use.trouble {
                tracing::warn!(%trouble, "nothing is sent: the settings do not fit together");
            }
            self.current.send_replace(in_use);
        }
        Ok(())
    }

    /// Takes over what is changed on other nodes, until it is dropped.
    pub async fn follow(self, store: Store, keys: Arc<Keyring>) {
        loop {
            tokio::time::sleep(LOOK).await;
            if let Err(error) = self.refresh(&store, &keys).await {
                tracing::debug!(%error, "can't see whether settings have changed");
            }
        }
    }
}

struct FixedSettings(SettingsInUse);

impl SettingsSource for FixedSettings {
    fn in_use(&self, kept: &KeptSettings) -> SettingsInUse {
        SettingsInUse { kept: kept.clone(), ..self.0.clone() }
    }

    fn check(&self, _: &KeptSettings) -> Result<(), SettingProblem> {
        Ok(())
    }
}
