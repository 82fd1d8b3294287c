//! An installation on disk: configuration, keys and store, opened together.

use std::fs;
use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::SystemTime;

use access::{Actor, Object, Permit};
use actions::{Call, KeptSettings, LiveSettings, Resources};
use anyhow::Context as _;
use campaign::{MessageCounters, SingleMessages};
use media::FileStore;
use model::{CampaignId, CampaignNumber, Right, Timestamp};
use serde_json::Value;
use store::{AuditObject, ClientSecret, Location, Store, StoreOptions};
use token::Keyring;

use crate::config::Config;
use crate::operator;
use crate::set_up::InstalledSettings;

/// Everything that a command works with.
pub(crate) struct Installation {
    /// With the settings that the store had when it was opened.
    pub config: Config,
    /// Settings that may change while it is open.
    pub settings: LiveSettings,
    pub keys: Arc<Keyring>,
    pub store: Store,
    /// The same on every node, and on no other installation that shares a Redis.
    pub id: bus::InstallationId,
    /// Whoever runs the command.
    pub actor: Actor,
}

impl Installation {
    /// Reads the configuration and the keys, opens the store and sees to the topics.
    pub(crate) async fn open(config: &Path) -> anyhow::Result<Self> {
        let config = crate::config::load(config)?;
        Self::with(config).await
    }

    pub(crate) async fn with(config: Config) -> anyhow::Result<Self> {
        let keys = Arc::new(read_keys(&config)?);
        Self::with_keys(config, keys, StoreOptions::default()).await
    }

    pub(crate) async fn with_keys(
        config: Config,
        keys: Arc<Keyring>,
        options: StoreOptions,
    ) -> anyhow::Result<Self> {
        let store = open_store(config.store.clone(), options).await?;
        store.client_secret_lend(ClientSecret::new(keys.client_address_secret()));
        is_at_home(&store).await?;
        let id = installation_id(&store).await?;
        for topic in &config.topics {
            store.topic_ensure(topic.slug.clone(), topic.name.clone()).await?;
        }
        let actor = Actor::command_line(operator::operator());
        let kept = KeptSettings::read(&store, &keys).await?;
        let in_use = config.in_use(&kept);
        let settings = LiveSettings::new(Arc::new(InstalledSettings(config)), &kept);
        Ok(Self { config: in_use, settings, keys, store, id, actor })
    }

    pub(crate) async fn campaign(&self, number: CampaignNumber) -> anyhow::Result<CampaignId> {
        self.store.campaign_by_number(number).await?.with_context(|| no_campaign(number))
    }

    /// The permission to do this to anything: whoever runs a command has it.
    pub(crate) fn permit(&self, right: Right) -> anyhow::Result<Permit> {
        Ok(self.actor.may(right, Object::Installation)?)
    }

    /// The store, whose next write is logged as this action of whoever runs the command. `after` is
    /// what else the log should say, without addresses.
    pub(crate) fn acting(
        &self,
        right: Right,
        action: &'static str,
        object: AuditObject,
        after: Option<Value>,
    ) -> anyhow::Result<Store> {
        let states = (None, after.map(|after| after.to_string()));
        Ok(self.permit(right)?.acting(&self.store, action, object, states, now()))
    }

    /// The same for an action on a campaign that people see something of.
    pub(crate) fn sending(
        &self,
        action: &'static str,
        id: CampaignId,
        after: Option<Value>,
    ) -> anyhow::Result<Store> {
        self.acting(Right::CampaignsSend, action, AuditObject::new("campaign", id.0), after)
    }

    /// Where the files of the media library are.
    pub(crate) fn files(&self) -> anyhow::Result<FileStore> {
        Ok(FileStore::open(&self.config.media)?)
    }

    /// What actions are done with.
    pub(crate) fn resources(&self) -> anyhow::Result<Resources> {
        self.resources_counting(Arc::default())
    }

    /// The same, of which single messages that are accepted are counted here.
    pub(crate) fn resources_counting(
        &self,
        counters: Arc<MessageCounters>,
    ) -> anyhow::Result<Resources> {
        let store = self.store.clone();
        let messages = SingleMessages::counting(store.clone(), counters);
        Ok(Resources {
            store,
            keys: Arc::clone(&self.keys),
            messages: Arc::new(messages),
            files: self.files()?,
            settings: self.settings.clone(),
            uploads: actions::UploadSpace::default(),
            domains: Default::default(),
        })
    }

    /// A call of whoever runs the command.
    pub(crate) fn call(&self) -> Call {
        Call::new(self.actor.clone(), now())
    }

    pub(crate) fn mail_journal(&self) -> PathBuf {
        self.config.data.join("journal").join("mail")
    }
}

/// Opening waits for the database, and for as long as an upgrade takes.
pub(crate) async fn open_store(location: Location, options: StoreOptions) -> anyhow::Result<Store> {
    let open = move || Store::open(&location, options);
    // A thread of the runtime must not wait.
    Ok(tokio::task::spawn_blocking(open).await??)
}

/// The message about a number that no campaign has.
pub(crate) fn no_campaign(number: CampaignNumber) -> String {
    format!("there is no campaign {number}; `pharos campaign status` lists them")
}

/// A store that was moved away, or is being filled, must not be used: two that send are worse
/// than none.
async fn is_at_home(store: &Store) -> anyhow::Result<()> {
    if let Some(moved) = store.moved_to().await? {
        anyhow::ensure!(
            moved.complete,
            "the installation in this store has been moving to {} since {}; run the same `pharos \
             migrate` again to finish, or run `pharos migrate --reopen` to keep it here",
            moved.store,
            moved.at.readable()
        );
        anyhow::bail!(
            "the installation in this store was moved to {} on {}; set `store` to that, or run \
             `pharos migrate --reopen` to keep using this one instead",
            moved.store,
            moved.at.readable()
        );
    }
    anyhow::ensure!(
        !store.transfer_under_way().await?,
        "an installation is being moved into this store and is incomplete; run the same \
         `pharos migrate` again to finish"
    );
    Ok(())
}

/// Created by the first node to come.
async fn installation_id(store: &Store) -> anyhow::Result<bus::InstallationId> {
    let id = store.installation(random_name()?).await?;
    Ok(bus::InstallationId::parse(&id)?)
}

/// 128 random bits as small letters and digits.
pub(crate) fn random_name() -> anyhow::Result<String> {
    let mut bytes = [0; 16];
    getrandom::fill(&mut bytes)?;
    Ok(bytes.iter().map(|byte| format!("{byte:02x}")).collect())
}

/// The time now. The one clock that commands read.
pub(crate) fn now() -> Timestamp {
    Timestamp::from_system(SystemTime::now())
}

/// Creates the folder of store, journals and keys, closed to everyone but its owner.
pub(crate) fn create_data_folder(path: &Path) -> anyhow::Result<()> {
    use std::os::unix::fs::DirBuilderExt as _;
    fs::DirBuilder::new()
        .recursive(true)
        .mode(0o700)
        .create(path)
        .with_context(|| format!("can't create the folder {}", path.display()))
}

/// Where a node keeps the removals that the store does not have yet.
pub(crate) fn removals_journal(config: &Config) -> PathBuf {
    config.data.join("journal").join("removals")
}

/// Where an installation keeps its keys.
pub(crate) fn keys_path(config: &Config) -> PathBuf {
    config.data.join("keys")
}

pub(crate) fn read_keys(config: &Config) -> anyhow::Result<Keyring> {
    let path = keys_path(config);
    let text = fs::read_to_string(&path).with_context(|| {
        format!("can't read the keys {}; `pharos init` creates them", path.display())
    })?;
    Keyring::parse(&text).with_context(|| format!("the key file {}", path.display()))
}

/// Writes a key file that only its owner can read; refuses to replace one.
pub(crate) fn create_keys(path: &Path, keys: &Keyring) -> anyhow::Result<()> {
    write_private(path, keys.to_text().as_bytes(), true)
        .with_context(|| format!("can't create the keys {}", path.display()))
}

/// Replaces a key file as one step: a crash leaves the old or the new one, never half of either.
pub(crate) fn replace_keys(path: &Path, keys: &Keyring) -> anyhow::Result<()> {
    replace_private(path, keys.to_text().as_bytes())
        .with_context(|| format!("can't replace the keys {}", path.display()))
}

/// Replaces a file that only its owner can read, in the same way.
pub(crate) fn replace_private(path: &Path, bytes: &[u8]) -> std::io::Result<()> {
    let fresh = path.with_extension("new");
    write_private(&fresh, bytes, false).and_then(|()| fs::rename(&fresh, path))
}

fn write_private(path: &Path, bytes: &[u8], must_be_new: bool) -> std::io::Result<()> {
    use std::os::unix::fs::OpenOptionsExt as _;
    let mut options = fs::OpenOptions::new();
    options.write(true).mode(0o600);
    let options =
        if must_be_new { options.create_new(true) } else { options.create(true).truncate(true) };
    let mut file = options.open(path)?;
    file.write_all(bytes)?;
    file.sync_all()
}
