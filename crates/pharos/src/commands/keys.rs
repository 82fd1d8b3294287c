//! `pharos keys`: rotation.

use std::path::Path;

use anyhow::Context as _;
use token::Keyring;

use crate::cli::KeysCommand;
use crate::config;
use crate::installation::{keys_path, replace_keys};
use crate::telemetry::say;

/// Does what was typed after `keys`.
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
    say(
        "A fresh key makes the links from the next start of the server on; old links keep working. On \
         many nodes, copy this key file to every one of them before you restart any.",
    );
    Ok(())
}
