//! The forms for who sends and over which relay: a field for each value that the store may keep, and
//! what stands in the configuration file beside its key.

use actions::{SettingKey, SettingOrigin, SettingsInUse, SettingsSection, ShownSetting};

use crate::admin::page::form::FormProblem;

/// A section as its form shows it.
pub(crate) struct SettingsForm {
    pub(crate) path: &'static str,
    /// What was changed last when the form was shown.
    pub(crate) revision: i64,
    pub(crate) fields: Vec<SettingField>,
    pub(crate) fixed: Vec<ShownSetting>,
    pub(crate) problem: Option<FormProblem>,
}

/// A value that can be typed.
pub(crate) struct SettingField {
    pub(crate) name: &'static str,
    pub(crate) label: &'static str,
    /// `text`, `lines`, `tls`, `password` or `number`.
    pub(crate) kind: &'static str,
    pub(crate) value: String,
    pub(crate) hint: &'static str,
    pub(crate) is_needed: bool,
}

/// A form that was sent and not accepted.
pub(crate) struct RefusedSettings {
    pub(super) section: SettingsSection,
    pub(super) typed: Vec<(SettingKey, String)>,
    pub(super) revision: i64,
    pub(super) problem: FormProblem,
}

impl SettingsForm {
    pub(crate) fn new(
        in_use: &SettingsInUse,
        section: SettingsSection,
        refused: Option<&RefusedSettings>,
    ) -> Self {
        let refused = refused.filter(|it| it.section == section);
        let is_fixed = |it: &&ShownSetting| it.key.is_none() || it.origin == SettingOrigin::File;
        let (fixed, open): (Vec<_>, Vec<_>) =
            in_use.set_up.section(section).iter().partition(is_fixed);
        let field = |it: &ShownSetting| {
            let key = it.key?;
            let typed = refused.and_then(|it| it.typed.iter().find(|(typed, _)| *typed == key));
            let value = typed.map_or_else(|| it.typed.clone(), |(_, text)| text.clone());
            Some(SettingField::new(it, key, value))
        };
        Self {
            path: match section {
                SettingsSection::Sender => super::SENDER,
                SettingsSection::Relay => "/admin/setup/relay",
            },
            revision: refused.map_or_else(|| in_use.kept.revision(section), |it| it.revision),
            fields: open.into_iter().filter_map(field).collect(),
            fixed: fixed.into_iter().cloned().collect(),
            problem: refused.map(|it| it.problem.clone()),
        }
    }
}

impl SettingField {
    fn new(shown: &ShownSetting, key: SettingKey, value: String) -> Self {
        let (kind, hint) = match key {
            SettingKey::Organisation => ("text", "Stands in every message."),
            SettingKey::PostalAddress => {
                ("lines", "Stands in every message, as most countries’ laws require.")
            }
            SettingKey::Domain => ("text", "The one you send from, such as news.example.com."),
            SettingKey::Host => ("text", "Of the SMTP server that takes your mail."),
            SettingKey::Port => {
                ("number", "Empty: 587 for starttls, 465 for implicit, 25 for none.")
            }
            SettingKey::Tls => ("tls", ""),
            SettingKey::Username => ("text", "Empty for a relay that knows you by your address."),
            SettingKey::Password if shown.origin == SettingOrigin::Store => {
                ("password", "Set, and never shown. Leave it empty to keep it.")
            }
            SettingKey::Password => ("password", "Kept sealed, and never shown."),
            SettingKey::HelloName => ("text", "The name of this server. Empty: the domain."),
            SettingKey::ReturnPath => ("text", "Empty: to each announcement’s From."),
            SettingKey::MessagesPerMinute => ("number", "Empty: no limit."),
        };
        Self {
            name: key.field(),
            label: shown.name,
            kind,
            value,
            hint,
            is_needed: matches!(
                key,
                SettingKey::Organisation
                    | SettingKey::PostalAddress
                    | SettingKey::Domain
                    | SettingKey::Host
            ),
        }
    }
}
