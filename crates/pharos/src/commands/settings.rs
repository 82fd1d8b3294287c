//! `pharos settings`.

use std::fs;
use std::path::Path;

use actions::{SettingKey, SettingOrigin, SettingsChange, SettingsSection, settings_set};
use anyhow::{Context as _, bail, ensure};

use crate::cli::{SettingsCommand, SettingsSetArgs};
use crate::installation::Installation;
use crate::telemetry::{note, say};

pub(crate) async fn run(config: &Path, command: SettingsCommand) -> anyhow::Result<()> {
    let installation = Installation::open(config).await?;
    match command {
        SettingsCommand::Show => {
            show(&installation);
            Ok(())
        }
        SettingsCommand::Set(args) => keep(&installation, wished(&args)?).await,
        SettingsCommand::Unset { keys } => {
            let none = |text: &String| Ok((key(text)?, None));
            keep(&installation, keys.iter().map(none).collect::<anyhow::Result<_>>()?).await
        }
    }
}

fn show(installation: &Installation) {
    let in_use = installation.settings.now();
    for section in SettingsSection::ALL {
        for shown in in_use.set_up.section(section) {
            let from = match shown.origin {
                SettingOrigin::File => in_use.set_up.file.as_str(),
                SettingOrigin::Store => "set here",
                SettingOrigin::Default => "by default",
                SettingOrigin::Missing => "missing",
            };
            let name = shown.key.map_or(shown.file_key, SettingKey::as_str);
            let value = shown.value.replace('\n', " / ");
            say(format_args!("{name:<28} {value:<36} {from}"));
        }
    }
    if let Err(refusal) = in_use.can_send() {
        note(refusal.words);
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
async fn keep(installation: &Installation, mut change: SettingsChange) -> anyhow::Result<()> {
    let resources = installation.resources()?;
    for section in SettingsSection::ALL {
        let of_section: SettingsChange =
            change.extract_if(.., |key, _| key.section() == section).collect();
        if !of_section.is_empty() {
            settings_set(&resources, &installation.call(), section, of_section, None).await?;
        }
    }
    say("Kept. Servers that run use it within seconds.");
    if let Err(refusal) = installation.settings.now().can_send() {
        note(refusal.words);
    }
    Ok(())
}
