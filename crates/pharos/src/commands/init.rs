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
            "Wrote {}. Who sends and over which relay can be set there, or on the pages.",
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
    say("Next: pharos serve, and open the address that it prints.");
    Ok(())
}

fn write_config(path: &Path) -> anyhow::Result<()> {
    let write = || {
        if let Some(folder) = path.parent() {
            fs::create_dir_all(folder)?;
        }
        let mut file = OpenOptions::new().write(true).create_new(true).open(path)?;
        file.write_all(left_open(STANDALONE).as_bytes())?;
        file.sync_all()
    };
    write().with_context(|| format!("can't write {}", path.display()))
}

/// The example without what everybody has to say for themselves, so that the pages can ask for it.
fn left_open(example: &str) -> String {
    let mut table = "";
    let mut text = String::with_capacity(example.len() + 64);
    for line in example.lines() {
        if line.starts_with('[') {
            table = line;
        }
        let key = line.split(" = ").next().unwrap_or_default();
        let is_open = matches!(
            (table, key),
            ("[organisation]", "name" | "postal_address" | "domain")
                | ("[relay]", "host" | "port" | "tls" | "hello_name" | "messages_per_minute")
        );
        text.push_str(if is_open { "# " } else { "" });
        text.push_str(line);
        text.push('\n');
    }
    text
}

#[cfg(test)]
mod tests {
    use actions::SettingKey;

    use super::*;

    #[test]
    fn what_init_writes_leaves_everything_open_that_the_pages_can_set() {
        let config = config::parse(Path::new("pharos.toml"), &left_open(STANDALONE)).unwrap();
        assert!(config.origins.is_empty(), "{:?}", config.origins);
        assert!(config.relay.is_none());
        assert!(config.lacks.contains(&SettingKey::Host) && config.lacks.len() == 4);
        let lines = |text: &str| {
            text.lines().map(|it| it.trim_start_matches("# ").to_owned()).collect::<Vec<_>>()
        };
        assert_eq!(lines(&left_open(STANDALONE)), lines(STANDALONE));
    }
}
