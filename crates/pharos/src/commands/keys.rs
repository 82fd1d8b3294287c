//! `pharos keys`.

use std::path::Path;

use anyhow::Context as _;
use token::Keyring;

use crate::cli::KeysCommand;
use crate::config;
use crate::installation::{keys_path, replace_keys};
use crate::telemetry::say;

pub(crate) fn run(config: &Path, command: &KeysCommand) -> anyhow::Result<()> {
    match command {
        KeysCommand::Rotate => rotate(config),
    }
}

fn rotate(config: &Path) -> anyhow::Result<()> {
    let path = keys_path(&config::load(config)?);
    let text = std::fs::read_to_string(&path)
        .with_context(|| format!("can't read the keys {}", path.display()))?;
    let keys = Keyring::parse(&text).with_context(|| format!("the key file {}", path.display()))?;
    replace_keys(&path, &keys.rotated()?)?;
    say("From the next start of the server on, links are signed with a new key; old links keep \
         working. In a cluster, copy this key file to every node before you restart any of them.");
    Ok(())
}
