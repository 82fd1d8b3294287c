//! By which rule sets a page shows a campaign's figures.
//!
//! Invariant: a version comes from this release's rule sets or is refused; no text of an address gets
//! into a page.

use model::RuleSet;
use report::{rule_set, rule_sets};
use serde::Deserialize;

use crate::admin::page::choice::Choice;
use crate::admin::page::listing::typed;
use crate::admin::page::problem::PageProblem;

/// As it stands in the address.
#[derive(Debug, Clone, Default, Deserialize)]
pub(crate) struct RulesQuery {
    /// The version that figures are by.
    rules: Option<String>,
    /// The version to be shown beside it.
    beside: Option<String>,
}

/// What was asked for.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct AskedRules {
    /// Otherwise the one in use.
    pub(crate) rules: Option<&'static RuleSet>,
    pub(crate) beside: Option<&'static RuleSet>,
}

/// The form that asks for them.
pub(crate) struct RulesChoice {
    pub(crate) rules: Vec<Choice>,
    /// With none first.
    pub(crate) beside: Vec<Choice>,
    /// The end of the address of a file with these figures.
    pub(crate) query: String,
    /// Whether they are by another rule set than the one in use.
    pub(crate) is_other: bool,
}

impl RulesQuery {
    /// # Errors
    /// When there is no such rule set.
    pub(crate) fn read(&self) -> Result<AskedRules, PageProblem> {
        Ok(AskedRules {
            rules: known(self.rules.as_deref())?,
            beside: known(self.beside.as_deref())?,
        })
    }
}

/// The rule set with this version; nothing for none.
pub(crate) fn known(version: Option<&str>) -> Result<Option<&'static RuleSet>, PageProblem> {
    let Some(version) = typed(version) else { return Ok(None) };
    let found = rule_set(version).ok_or_else(|| {
        PageProblem::Refused(
            "There is no such rule set: the list of rule sets shows them all.".into(),
        )
    });
    found.map(Some)
}

impl AskedRules {
    /// As it stands behind an address; empty for none.
    pub(crate) fn query(self) -> String {
        let asked = [("rules", self.rules), ("beside", self.beside)];
        let pairs = asked.into_iter().filter_map(|(name, set)| Some((name, &set?.version)));
        let pairs: Vec<String> = pairs.map(|(name, version)| format!("{name}={version}")).collect();
        if pairs.is_empty() { String::new() } else { format!("?{}", pairs.join("&")) }
    }
}

impl RulesChoice {
    pub(crate) fn new(asked: AskedRules, in_use: &str) -> Self {
        let shown = asked.rules.map_or(in_use, |set| &set.version);
        let other = asked.beside.map(|set| set.version.as_str());
        let none = Choice { word: String::new(), name: "nothing".into(), chosen: other.is_none() };
        let beside = rules_choices(in_use, other);
        Self {
            rules: rules_choices(in_use, Some(shown)),
            beside: std::iter::once(none).chain(beside).collect(),
            query: AskedRules { beside: None, ..asked }.query(),
            is_other: shown != in_use,
        }
    }
}

/// Every rule set, the newest first.
pub(crate) fn rules_choices(in_use: &str, chosen: Option<&str>) -> Vec<Choice> {
    let choice = |version: &String| Choice {
        word: version.clone(),
        name: if version == in_use { format!("{version}, in use") } else { version.clone() },
        chosen: chosen == Some(version),
    };
    rule_sets().rev().map(|set| choice(&set.rules.version)).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_version_is_one_of_this_release_or_refused() {
        let query = |rules: &str, beside: &str| RulesQuery {
            rules: Some(rules.to_owned()),
            beside: Some(beside.to_owned()),
        };
        let both = query("2026-11-25", "2026-11-27").read().unwrap();
        assert_eq!(both.query(), "?rules=2026-11-25&beside=2026-11-27");
        assert_eq!(query("", " ").read().unwrap().query(), "");
        assert_eq!(query("", "2026-11-25").read().unwrap().query(), "?beside=2026-11-25");
        assert!(query("<script>", "").read().is_err() && query("", "2020-01-01").read().is_err());
    }
}
