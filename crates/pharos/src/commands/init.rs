//! `pharos init`: an annotated configuration, a data folder and fresh keys.

use std::fs::{self, OpenOptions};
use std::io::Write as _;
use std::path::Path;

use anyhow::Context as _;
use token::Keyring;

use crate::config::{self, STANDALONE};
use crate::installation::{create_data_folder, create_keys, keys_path};
use crate::telemetry::say;

/// Writes what is missing and leaves what exists unchanged.
pub(crate) fn run(config: &Path) -> anyhow::Result<()> {
    if config.exists() {
        say(format_args!("{} exists and was left unchanged.", config.display()));
    } else {
        write_config(config)?;
        say(format_args!(
            "Wrote {}. Edit it: your name, your addresses, your relay.",
            config.display()
        ));
    }
    let settings = config::load(config)?;
    create_data_folder(&settings.data)?;
    let keys = keys_path(&settings);
    if keys.exists() {
        say(format_args!("{} exists and was left unchanged.", keys.display()));
    } else {
        create_keys(&keys, &Keyring::generate()?)?;
        say(format_args!(
            "Created the keys {}. Back them up: links in sent mail need them.",
            keys.display()
        ));
    }
    say("Next: pharos contacts import FILE.csv --topic release-notices");
    Ok(())
}

fn write_config(path: &Path) -> anyhow::Result<()> {
    let write = || {
        if let Some(folder) = path.parent() {
            fs::create_dir_all(folder)?;
        }
        let mut file = OpenOptions::new().write(true).create_new(true).open(path)?;
        file.write_all(STANDALONE.as_bytes())?;
        file.sync_all()
    };
    write().with_context(|| format!("can't write {}", path.display()))
}
