//! Keeps what somebody has typed about who sends and over which relay.

use actions::{Call, SettingKey, SettingOrigin, SettingsChange, SettingsInUse, SettingsSection};
use axum::extract::State;
use axum::http::StatusCode;
use axum::response::Response;

use super::sender::{self, SenderShown};
use super::settings_forms::RefusedSettings;
use crate::admin::page::form::Form;
use crate::admin::page::message::Message;
use crate::admin::page::refused::{Refused, wrong};
use crate::admin::page::visitor::Admitted;
use crate::admin::parts::AdminParts;
use crate::clock::now;

pub(crate) async fn keep_sender(
    admitted: Admitted,
    State(parts): State<AdminParts>,
    form: Form,
) -> Response {
    keep(&admitted, &parts, &form, SettingsSection::Sender).await
}

pub(crate) async fn keep_relay(
    admitted: Admitted,
    State(parts): State<AdminParts>,
    form: Form,
) -> Response {
    keep(&admitted, &parts, &form, SettingsSection::Relay).await
}

/// Not by the form's key, as a hash of it would be stored, and of the password with it: what is there
/// already is not kept again, and what was changed meanwhile is not overwritten.
async fn keep(
    admitted: &Admitted,
    parts: &AdminParts,
    form: &Form,
    section: SettingsSection,
) -> Response {
    let in_use = parts.resources.settings.now();
    let kept = async {
        let revision = form.trimmed("revision").parse();
        let revision = revision.map_err(|_| wrong("", "this form was not one of ours"))?;
        let call = Call::new(admitted.permit.actor().clone(), now());
        let change = change(form, section, &in_use);
        Ok::<_, Refused>(
            actions::settings_set(&parts.resources, &call, section, change, Some(revision)).await?,
        )
    };
    let (status, problem) = match kept.await {
        Ok(_) => return admitted.visitor.done(super::SENDER, Message::SettingsKept),
        Err(Refused::Form(status, problem)) => (status, problem),
        Err(Refused::DoneBefore) => {
            return admitted.visitor.done(super::SENDER, Message::DoneBefore);
        }
        Err(Refused::Page(problem)) => return problem.page(&admitted.visitor),
    };
    let typed = section.keys().filter(|key| *key != SettingKey::Password);
    let typed = typed.map(|key| (key, form.trimmed(key.field()).to_owned())).collect();
    // Whoever was too late sees what they have typed, and saves it over what they see now.
    let revision = match status {
        StatusCode::PRECONDITION_FAILED => parts.resources.settings.now().kept.revision(section),
        _ => form.trimmed("revision").parse().unwrap_or_default(),
    };
    let refused = RefusedSettings { section, typed, revision, problem };
    sender::page(admitted, parts, SenderShown::refused(status, refused)).await
}

fn change(form: &Form, section: SettingsSection, in_use: &SettingsInUse) -> SettingsChange {
    let mut change = SettingsChange::new();
    for key in section.keys() {
        let origin = in_use.set_up.value(key).map(|it| it.origin);
        if origin == Some(SettingOrigin::File) {
            continue;
        }
        match (key, form.text(key.field())) {
            // Nobody gets to see it, so an empty field says nothing.
            (SettingKey::Password, "") => {}
            (_, text) => drop(change.insert(key, Some(text.to_owned()))),
        }
    }
    let has_no_user =
        matches!(change.get(&SettingKey::Username), Some(Some(it)) if it.trim().is_empty());
    if has_no_user && !change.contains_key(&SettingKey::Password) {
        change.insert(SettingKey::Password, None);
    }
    change
}
