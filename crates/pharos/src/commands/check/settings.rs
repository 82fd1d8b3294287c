//! What the store keeps of the settings that the file leaves out.

use actions::{KeptSettings, SettingKey};
use store::{Store, StoreOptions};

use super::Finding;
use crate::config::Config;
use crate::installation::{open_store, read_keys};

/// The configuration with what the store keeps, if it can be had: what is wrong with the store is told
/// elsewhere.
pub(super) async fn with_store(config: Config) -> Config {
    let kept = async {
        let keys = read_keys(&config).ok()?;
        // Opening one of another release, or an empty one, would change it.
        let facts = config.store.probe().await.ok()?;
        (facts.schema == Some(facts.known_schema)).then_some(())?;
        let store: Store = open_store(config.store.clone(), StoreOptions::default()).await.ok()?;
        KeptSettings::read(&store, &keys).await.ok()
    };
    match kept.await {
        Some(kept) => config.in_use(&kept),
        None => config,
    }
}

/// Whether mail can be sent.
pub(super) fn look(config: &Config) -> Vec<Finding> {
    let trouble = config.trouble.iter().map(|it| Finding::bad("settings", it.as_str()));
    let lacks: Vec<_> = config.lacks.iter().map(|key| SettingKey::as_str(*key)).collect();
    let missing = lacks.first().map(|first| {
        let text = format!(
            "nothing is sent before these are set: {}; on the page /admin/setup/sender, with \
             `pharos settings set {first}=...`, or in the configuration file",
            lacks.join(", ")
        );
        Finding::warning("settings", text)
    });
    trouble.chain(missing).collect()
}
