//! Changing settings.
//!
//! Invariants: what stands in the file holds, and can't be changed from here; whether a value is right is
//! decided by the rules of the file alone. A change is one transaction with its entry in the audit log,
//! which shows no password and no address, and is refused when somebody else was faster.

use std::collections::BTreeMap;

use access::Object;
use model::Right;
use serde_json::{Map, Value};
use store::AuditObject;

use crate::{
    Call, FieldProblem, KeptSettings, Refusal, RefusalKind, Resources, SettingKey, SettingOrigin,
    SettingProblem, SettingsSection,
};

/// What is to become of settings: a text to be kept, or None for one that is to be kept no more. The
/// others stay as they are.
pub type SettingsChange = BTreeMap<SettingKey, Option<String>>;

/// Changes settings of one section; returns the number of the change. `known` is the revision that the
/// change was made for, if that matters. What is blank is kept no more.
///
/// # Errors
/// When a value can't be right, stands in the file, or was changed since.
pub async fn settings_set(
    resources: &Resources,
    call: &Call,
    section: SettingsSection,
    change: SettingsChange,
    known: Option<i64>,
) -> Result<i64, Refusal> {
    let Resources { store, keys, settings, .. } = resources;
    let permit = call.permit(Right::SettingsWrite, Object::Installation)?;
    let kept = KeptSettings::read(store, keys).await?;
    let revision = kept.revision(section);
    let wanted = wanted(resources, &kept, section, change)?;
    if wanted.values == kept.values {
        // A form that was sent twice has not come too late.
        return Ok(revision);
    }
    if known.is_some_and(|known| known != revision) {
        return Err(changed());
    }
    keeps_password_to_itself(&kept, &wanted)?;
    settings.source.check(&wanted).map_err(refusal)?;
    let text = wanted.text(section, keys).ok_or_else(|| {
        let words = "A password has at most 1,024 bytes.";
        field(SettingKey::Password, "setting_wrong", words)
    })?;
    let (before, after) = logged(&kept, &wanted, section);
    let object = AuditObject::new("settings", section.as_str());
    let states = (Some(before.to_string()), Some(after.to_string()));
    let named = permit.acting(store, "settings.set", object, states, call.at);
    let was = kept.texts.get(&section).cloned();
    named.setting_replace(section.store_key(), was, text).await.map_err(|error| match error {
        store::StoreError::Changed(_) => changed(),
        error => error.into(),
    })?;
    // It is kept: a node that can't look now does so a second later.
    let taken_over = settings.refresh(store, keys).await;
    let _ = taken_over.inspect_err(|error| tracing::warn!(%error, "can't take over the settings"));
    Ok(revision + 1)
}

fn changed() -> Refusal {
    let words = "The settings were changed meanwhile: look at them again.";
    Refusal::new(RefusalKind::Stale, "changed", words)
}

fn field(key: SettingKey, code: &'static str, words: impl Into<String>) -> Refusal {
    Refusal::of_field(&format!("/{}", key.field()), code, words)
}

fn refusal(problem: SettingProblem) -> Refusal {
    match problem.key {
        Some(key) => field(key, "setting_wrong", problem.words),
        None => Refusal::new(RefusalKind::Invalid, "settings_do_not_fit", problem.words),
    }
}

/// What the store would keep after the change.
fn wanted(
    resources: &Resources,
    kept: &KeptSettings,
    section: SettingsSection,
    change: SettingsChange,
) -> Result<KeptSettings, Refusal> {
    let in_use = resources.settings.now();
    let mut wanted = kept.clone();
    let mut fixed = Vec::new();
    for (key, value) in change.into_iter().filter(|(key, _)| key.section() == section) {
        let value = value.filter(|text| !text.trim().is_empty());
        let in_file = in_use.set_up.value(key).filter(|it| it.origin == SettingOrigin::File);
        match (in_file, value) {
            // As a program sends back what it has read.
            (Some(there), Some(value)) if value.trim() == there.typed => {}
            (Some(_), Some(_)) => fixed.push(key),
            (_, None) => drop(wanted.values.remove(&key)),
            (None, Some(value)) => {
                let value = match key {
                    // May begin or end with a blank.
                    SettingKey::Password => value,
                    _ => value.trim().replace("\r\n", "\n"),
                };
                wanted.values.insert(key, value);
            }
        }
    }
    if fixed.is_empty() {
        return Ok(wanted);
    }
    let file = &in_use.set_up.file;
    let problem = |key: &SettingKey| FieldProblem {
        pointer: format!("/{}", key.field()),
        code: "setting_fixed",
        words: format!("{} stands in {file} and is changed there.", key.as_str()),
    };
    let fields: Vec<_> = fixed.iter().map(problem).collect();
    let words = fields.iter().map(|it| it.words.as_str()).collect::<Vec<_>>().join(" ");
    Err(Refusal { fields, ..Refusal::new(RefusalKind::Invalid, "invalid", words) })
}

/// Whoever may change settings has not seen the password, and does not get it sent to a server of their
/// own.
fn keeps_password_to_itself(kept: &KeptSettings, wanted: &KeptSettings) -> Result<(), Refusal> {
    let password = kept.get(SettingKey::Password);
    if password.is_none() || wanted.get(SettingKey::Password) != password {
        return Ok(());
    }
    let mut all = SettingKey::ALL.into_iter().filter(|key| key.is_where_the_password_goes());
    match all.find(|key| kept.get(*key) != wanted.get(*key)) {
        None => Ok(()),
        Some(key) => {
            let words = format!(
                "Type the password again: with another {} it goes somewhere else.",
                key.label().to_lowercase()
            );
            Err(field(SettingKey::Password, "password_needed", words))
        }
    }
}

/// What the audit log says was there before, and is after.
fn logged(before: &KeptSettings, after: &KeptSettings, section: SettingsSection) -> (Value, Value) {
    let (mut was, mut is) = (Map::new(), Map::new());
    for key in section.keys() {
        let (old, new) = (before.get(key), after.get(key));
        if old == new {
            continue;
        }
        let said = |value: Option<&str>, other: Option<&str>| match value {
            None => Value::Null,
            Some(text) if key.may_be_logged() => text.into(),
            Some(_) if other.is_some() => "changed".into(),
            Some(_) => "set".into(),
        };
        was.insert(key.as_str().to_owned(), said(old, new));
        is.insert(key.as_str().to_owned(), said(new, old));
    }
    (was.into(), is.into())
}
