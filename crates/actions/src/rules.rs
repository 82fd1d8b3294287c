//! By which rule set reports are made.

use access::Object;
use model::Right;
use report::{RULES_IN_USE, rule_set};
use serde_json::json;
use store::AuditObject;

use crate::{Call, Refusal, Resources};

/// Has every report made by this rule set from now on, of what was counted before as well. Figures by
/// the others can still be asked for.
///
/// # Errors
/// When there is no such rule set in this release.
pub async fn rules_use(resources: &Resources, call: &Call, version: &str) -> Result<(), Refusal> {
    let permit = call.permit(Right::SettingsWrite, Object::Installation)?;
    if rule_set(version).is_none() {
        return Err(Refusal::of_field("/version", "rule_set_not_found", no_rules(version)));
    }
    let (object, after) = (AuditObject::new("rules", version), json!({ "version": version }));
    let acting = call.acting(&permit, &resources.store, "rules.use", object, Some(after));
    Ok(acting.setting_put(RULES_IN_USE, version).await?)
}

/// That this release has no such rule set, and which it has.
#[must_use]
pub fn no_rules(version: &str) -> String {
    let all: Vec<&str> = report::rule_sets().map(|set| set.rules.version.as_str()).collect();
    format!("There is no rule set {version:?}. There are {}.", all.join(" and "))
}
