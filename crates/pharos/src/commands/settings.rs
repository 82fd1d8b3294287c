//! `pharos settings`.

use std::collections::BTreeMap;
use std::fs;

use actions::{SettingKey, SettingsChange, SettingsInUse, SettingsSection, settings_set};
use anyhow::{Context as _, bail, ensure};
use serde::Deserialize;
use serde_json::{Map, Value};

use crate::backend::Backend;
use crate::cli::{SettingsCommand, SettingsSetArgs};
use crate::installation::Installation;
use crate::remote::RemoteClient;
use crate::telemetry::{note, say};

/// A part of the settings, as commands show it.
#[derive(Deserialize)]
struct ToldSettings {
    file: String,
    /// By field.
    origins: BTreeMap<String, String>,
    in_words: Vec<ToldSetting>,
    lacks: Option<String>,
    /// The values themselves, by field.
    #[serde(flatten)]
    values: Map<String, Value>,
}

#[derive(Deserialize)]
struct ToldSetting {
    key: String,
    words: String,
}

impl ToldSettings {
    fn new(in_use: &SettingsInUse, section: SettingsSection) -> Self {
        let shown = in_use.set_up.section(section).iter();
        let origin = |it: &actions::ShownSetting| {
            Some((it.key?.field().to_owned(), it.origin.as_str().to_owned()))
        };
        let in_words = |it: &actions::ShownSetting| ToldSetting {
            key: it.key.map_or(it.file_key, SettingKey::as_str).to_owned(),
            words: it.value.clone(),
        };
        Self {
            file: in_use.set_up.file.clone(),
            origins: shown.clone().filter_map(origin).collect(),
            in_words: shown.map(in_words).collect(),
            lacks: in_use.section_is_set(section).err().map(|refusal| refusal.words),
            values: Map::new(),
        }
    }

    fn say(&self) {
        for ToldSetting { key, words } in &self.in_words {
            let field = SettingKey::called(key).map(SettingKey::field);
            let origin = field.and_then(|field| self.origins.get(field)).map(String::as_str);
            let from = match origin {
                Some("store") => "set here",
                Some("default") => "by default",
                Some("missing") => "missing",
                _ => self.file.as_str(),
            };
            let value = words.replace('\n', " / ");
            say(format_args!("{key:<28} {value:<36} {from}"));
        }
    }

    /// What is to be kept after a change: the values that the store keeps now, but for those of the
    /// change.
    fn with(&self, change: &SettingsChange) -> Value {
        let is_kept = |field: &str| self.origins.get(field).is_some_and(|it| it == "store");
        let mut body = self.values.clone();
        body.retain(|field, _| is_kept(field));
        for (key, value) in change {
            let value = match (key, value.as_deref().map(str::trim)) {
                // Left out, the password would stay.
                (SettingKey::Password, None) => "".into(),
                (_, None) => Value::Null,
                (SettingKey::Port | SettingKey::MessagesPerMinute, Some(typed)) => {
                    typed.parse::<u32>().map_or_else(|_| typed.into(), Value::from)
                }
                (SettingKey::Password, Some(_)) => value.as_deref().into(),
                (_, Some(typed)) => typed.into(),
            };
            body.insert(key.field().to_owned(), value);
        }
        body.into()
    }
}

pub(crate) async fn run(backend: &Backend, command: SettingsCommand) -> anyhow::Result<()> {
    let change = match command {
        SettingsCommand::Show => return show(backend).await,
        SettingsCommand::Set(args) => wished(&args)?,
        SettingsCommand::Unset { keys } => {
            let none = |text: &String| Ok((key(text)?, None));
            keys.iter().map(none).collect::<anyhow::Result<_>>()?
        }
    };
    keep(backend, change).await
}

async fn show(backend: &Backend) -> anyhow::Result<()> {
    let told = told(backend).await?;
    told.iter().for_each(ToldSettings::say);
    note_what_lacks(&told);
    Ok(())
}

/// Every part of the settings.
async fn told(backend: &Backend) -> anyhow::Result<Vec<ToldSettings>> {
    let mut all = Vec::new();
    for section in SettingsSection::ALL {
        all.push(match backend {
            Backend::Local(installation) => {
                ToldSettings::new(&installation.settings.now(), section)
            }
            Backend::Remote(server) => server.get(&path(section)).await?,
        });
    }
    Ok(all)
}

fn path(section: SettingsSection) -> String {
    format!("/api/v1/settings/{}", section.as_str())
}

fn note_what_lacks(told: &[ToldSettings]) {
    if let Some(words) = told.iter().find_map(|it| it.lacks.as_deref()) {
        note(words);
    }
}

fn key(text: &str) -> anyhow::Result<SettingKey> {
    SettingKey::called(text).with_context(|| {
        let all: Vec<_> = SettingKey::ALL.iter().map(|key| key.as_str()).collect();
        format!("there is no setting {text:?}; those there are: {}", all.join(", "))
    })
}

fn wished(args: &SettingsSetArgs) -> anyhow::Result<SettingsChange> {
    let mut change = SettingsChange::new();
    for pair in &args.values {
        let (name, value) = pair.split_once('=').with_context(|| {
            format!("{pair:?} should be a key and a value, such as relay.port=587")
        })?;
        let key = key(name)?;
        if key == SettingKey::Password {
            bail!("a command line can be seen by others: use --relay-password-file FILE");
        }
        let is_number = matches!(key, SettingKey::Port | SettingKey::MessagesPerMinute);
        ensure!(
            !is_number || value.trim().parse::<u32>().is_ok(),
            "{name} should be a whole number, and not {value:?}"
        );
        ensure!(change.insert(key, Some(value.to_owned())).is_none(), "{name} is given twice");
    }
    if let Some(path) = &args.relay_password_file {
        let text = fs::read_to_string(path)
            .with_context(|| format!("can't read the password file {}", path.display()))?;
        change.insert(SettingKey::Password, Some(text.trim_end().to_owned()));
    }
    Ok(change)
}

/// One change for each section that it is about.
async fn keep(backend: &Backend, mut change: SettingsChange) -> anyhow::Result<()> {
    for section in SettingsSection::ALL {
        let of_section: SettingsChange =
            change.extract_if(.., |key, _| key.section() == section).collect();
        if of_section.is_empty() {
            continue;
        }
        match backend {
            Backend::Local(installation) => keep_here(installation, section, of_section).await?,
            Backend::Remote(server) => keep_there(server, section, &of_section).await?,
        }
    }
    say("Kept. Servers that run use it within seconds.");
    note_what_lacks(&told(backend).await?);
    Ok(())
}

async fn keep_here(
    installation: &Installation,
    section: SettingsSection,
    change: SettingsChange,
) -> anyhow::Result<()> {
    let resources = installation.resources()?;
    settings_set(&resources, &installation.call(), section, change, None).await?;
    Ok(())
}

async fn keep_there(
    server: &RemoteClient,
    section: SettingsSection,
    change: &SettingsChange,
) -> anyhow::Result<()> {
    let (there, version): (ToldSettings, String) = server.get_with_version(&path(section)).await?;
    let _: Value = server.put_over(&path(section), version, &there.with(change)).await?;
    Ok(())
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn there() -> ToldSettings {
        serde_json::from_value(json!({
            "revision": 3, "file": "pharos.toml", "is_complete": true, "lacks": null,
            "host": "relay.example", "port": 587, "username": "news", "has_password": true,
            "origins": { "host": "file", "port": "store", "username": "store", "password": "store",
                "hello_name": "default" },
            "in_words": [{ "key": "relay.host", "words": "relay.example" }],
        }))
        .unwrap()
    }

    #[test]
    fn what_the_store_keeps_is_sent_back_with_the_change_and_nothing_of_the_file() {
        let change = SettingsChange::from([
            (SettingKey::Username, None),
            (SettingKey::MessagesPerMinute, Some(" 600 ".to_owned())),
        ]);
        let body = json!({ "port": 587, "username": null, "messages_per_minute": 600 });
        assert_eq!(there().with(&change), body);
    }

    #[test]
    fn a_password_stays_unless_it_is_set_or_unset() {
        let body = |password: Option<&str>| {
            there()
                .with(&SettingsChange::from([(SettingKey::Password, password.map(str::to_owned))]))
        };
        assert_eq!(there().with(&SettingsChange::new()).get("password"), None);
        assert_eq!(body(None)["password"], "");
        assert_eq!(body(Some(" blank first"))["password"], " blank first");
    }
}
