//! `pharos keys`.

use std::path::Path;

use anyhow::Context as _;
use model::Right;
use store::AuditObject;
use token::Keyring;

use crate::cli::KeysCommand;
use crate::installation::{Installation, keys_path, now, replace_keys};
use crate::telemetry::say;

pub(crate) async fn run(config: &Path, command: KeysCommand) -> anyhow::Result<()> {
    match command {
        KeysCommand::Rotate => rotate(&Installation::open(config).await?).await,
    }
}

async fn rotate(installation: &Installation) -> anyhow::Result<()> {
    let path = keys_path(&installation.config);
    let text = std::fs::read_to_string(&path)
        .with_context(|| format!("can't read the keys {}", path.display()))?;
    let keys = Keyring::parse(&text).with_context(|| format!("the key file {}", path.display()))?;
    let rotated = keys.rotated()?;
    // First the log: a file can't be changed in the transaction of an entry.
    let permit = installation.permit(Right::OwnershipWrite)?;
    let object = AuditObject::of_kind("keys");
    permit.log(&installation.store, "keys.rotate", object, None, now()).await?;
    replace_keys(&path, &rotated)?;
    say("From the next start of the server on, links are signed with a new key; old links keep \
         working. In a cluster, copy this key file to every node before you restart any of them.");
    Ok(())
}
