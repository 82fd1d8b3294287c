//! Who sends and over which relay: what stands in the file or in the store, and setting the latter.

use std::collections::BTreeMap;

use actions::{SettingKey, SettingsChange, SettingsInUse, SettingsSection, settings_set};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::api::asked::Asked;
use crate::api::problem::Problem;
use crate::api::reply::Reply;

/// Who sends.
#[derive(Serialize, ToSchema)]
pub(crate) struct SenderSettings {
    /// Grows with each change.
    #[schema(minimum = 0, example = 1)]
    revision: i64,
    /// Stands in every message.
    #[schema(example = "Aurora Software")]
    name: Option<String>,
    /// One line or more.
    #[schema(example = "1 Harbour Road, Dublin")]
    postal_address: Option<String>,
    /// Of Message-ID and List-Id.
    #[schema(example = "aurora.example")]
    domain: Option<String>,
    #[serde(flatten)]
    source: SettingsOrigins,
}

/// Over which relay mail is sent.
#[derive(Serialize, ToSchema)]
pub(crate) struct RelaySettings {
    /// Grows with each change.
    #[schema(minimum = 0, example = 1)]
    revision: i64,
    #[schema(example = "smtp.example.com")]
    host: Option<String>,
    /// Null for the usual one: 587 for `starttls`, 465 for `implicit`, 25 for `none`.
    #[schema(example = 587)]
    port: Option<u16>,
    /// `starttls`, `implicit` or `none`; null for the usual one.
    #[schema(example = "starttls")]
    tls: Option<String>,
    username: Option<String>,
    /// Whether there is one. It is never told.
    has_password: bool,
    /// What this server calls itself towards the relay.
    hello_name: Option<String>,
    /// Where bounces go; null for each announcement’s From.
    return_path: Option<String>,
    /// Null or 0 for no limit.
    messages_per_minute: Option<u32>,
    #[serde(flatten)]
    source: SettingsOrigins,
}

/// Where values come from.
#[derive(Serialize, ToSchema)]
pub(crate) struct SettingsOrigins {
    /// The name of the configuration file.
    #[schema(example = "pharos.toml")]
    file: String,
    /// Of each value: `file` (it is fixed), `store`, `default`, or `missing`.
    origins: BTreeMap<&'static str, &'static str>,
    /// Each value for people, also what holds where nothing is set.
    in_words: Vec<SettingInWords>,
    /// Whether everything is there that sending needs of it.
    is_complete: bool,
    /// Otherwise what is missing, or does not fit together.
    lacks: Option<String>,
}

/// A setting for people.
#[derive(Serialize, ToSchema)]
pub(crate) struct SettingInWords {
    /// As commands and the configuration file call it.
    #[schema(example = "relay.tls")]
    key: &'static str,
    #[schema(example = "starttls: encrypted after a greeting")]
    words: String,
}

/// Who is to send. What is left out, null or empty is set no more.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct NewSender {
    #[schema(example = "Aurora Software")]
    name: Option<String>,
    #[schema(example = "1 Harbour Road, Dublin")]
    postal_address: Option<String>,
    #[schema(example = "aurora.example")]
    domain: Option<String>,
}

/// Over which relay mail is to be sent. What is left out, null or empty is set no more, except for the
/// password.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct NewRelay {
    #[schema(example = "smtp.example.com")]
    host: Option<String>,
    port: Option<u16>,
    /// `starttls`, `implicit`, or `none` for a relay on this machine.
    #[schema(example = "starttls")]
    tls: Option<String>,
    username: Option<String>,
    /// Left out or null, it stays; empty, it is set no more. Needed again with another host, port or
    /// encryption.
    #[schema(write_only)]
    password: Option<String>,
    hello_name: Option<String>,
    return_path: Option<String>,
    messages_per_minute: Option<u32>,
}

impl SettingsOrigins {
    fn new(in_use: &SettingsInUse, section: SettingsSection) -> Self {
        let shown = in_use.set_up.section(section).iter();
        let origin = |it: &actions::ShownSetting| Some((it.key?.field(), it.origin.as_str()));
        let in_words = |it: &actions::ShownSetting| SettingInWords {
            key: it.key.map_or(it.file_key, SettingKey::as_str),
            words: it.value.clone(),
        };
        Self {
            file: in_use.set_up.file.clone(),
            origins: shown.clone().filter_map(origin).collect(),
            in_words: shown.map(in_words).collect(),
            is_complete: in_use.lacking(section).next().is_none(),
            lacks: in_use.section_is_set(section).err().map(|refusal| refusal.words),
        }
    }
}

fn typed(in_use: &SettingsInUse, key: SettingKey) -> Option<String> {
    let shown = in_use.set_up.value(key)?;
    (!shown.typed.is_empty()).then(|| shown.typed.clone())
}

fn sender_of(in_use: &SettingsInUse) -> SenderSettings {
    SenderSettings {
        revision: in_use.kept.revision(SettingsSection::Sender),
        name: typed(in_use, SettingKey::Organisation),
        postal_address: typed(in_use, SettingKey::PostalAddress),
        domain: typed(in_use, SettingKey::Domain),
        source: SettingsOrigins::new(in_use, SettingsSection::Sender),
    }
}

fn relay_of(in_use: &SettingsInUse) -> RelaySettings {
    let source = SettingsOrigins::new(in_use, SettingsSection::Relay);
    let origin = source.origins.get(SettingKey::Password.field()).copied();
    let number = |key| typed(in_use, key);
    RelaySettings {
        revision: in_use.kept.revision(SettingsSection::Relay),
        host: typed(in_use, SettingKey::Host),
        port: number(SettingKey::Port).and_then(|it| it.parse().ok()),
        tls: typed(in_use, SettingKey::Tls),
        username: typed(in_use, SettingKey::Username),
        has_password: matches!(origin, Some("file" | "store")),
        hello_name: typed(in_use, SettingKey::HelloName),
        return_path: typed(in_use, SettingKey::ReturnPath),
        messages_per_minute: number(SettingKey::MessagesPerMinute).and_then(|it| it.parse().ok()),
        source,
    }
}

/// What holds now, on whichever node it was changed.
async fn now(asked: &Asked) -> Result<std::sync::Arc<SettingsInUse>, Problem> {
    let resources = &asked.parts.resources;
    resources.settings.refresh(&resources.store, &resources.keys).await?;
    Ok(resources.settings.now())
}

pub(crate) async fn sender(asked: Asked) -> Result<Reply, Problem> {
    Reply::tagged(&sender_of(&*now(&asked).await?))
}

pub(crate) async fn relay(asked: Asked) -> Result<Reply, Problem> {
    Reply::tagged(&relay_of(&*now(&asked).await?))
}

pub(crate) async fn put_sender(asked: Asked) -> Result<Reply, Problem> {
    let NewSender { name, postal_address, domain } = asked.body()?;
    let there = now(&asked).await?;
    asked.is_for(&Reply::tag_of(&sender_of(&there))?)?;
    let change = SettingsChange::from([
        (SettingKey::Organisation, name),
        (SettingKey::PostalAddress, postal_address),
        (SettingKey::Domain, domain),
    ]);
    put(&asked, &there, SettingsSection::Sender, change).await?;
    sender(asked).await
}

pub(crate) async fn put_relay(asked: Asked) -> Result<Reply, Problem> {
    let new: NewRelay = asked.body()?;
    let there = now(&asked).await?;
    asked.is_for(&Reply::tag_of(&relay_of(&there))?)?;
    let mut change = SettingsChange::from([
        (SettingKey::Host, new.host),
        (SettingKey::Port, new.port.map(|it| it.to_string())),
        (SettingKey::Tls, new.tls),
        (SettingKey::Username, new.username),
        (SettingKey::HelloName, new.hello_name),
        (SettingKey::ReturnPath, new.return_path),
        (SettingKey::MessagesPerMinute, new.messages_per_minute.map(|it| it.to_string())),
    ]);
    if let Some(password) = new.password {
        change.insert(SettingKey::Password, Some(password));
    }
    put(&asked, &there, SettingsSection::Relay, change).await?;
    relay(asked).await
}

async fn put(
    asked: &Asked,
    there: &SettingsInUse,
    section: SettingsSection,
    change: SettingsChange,
) -> Result<(), Problem> {
    let known = Some(there.kept.revision(section));
    settings_set(&asked.parts.resources, &asked.call(), section, change, known).await?;
    Ok(())
}
