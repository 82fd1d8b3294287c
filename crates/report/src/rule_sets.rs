//! The rule sets that come with this release, each a file with a version.

use std::collections::BTreeMap;
use std::sync::LazyLock;

use model::rule_set::{RuleSetLine, UnsoundLine};
use model::{HitClass, Rule, RuleSet, RulesSeen};
use serde::Deserialize;

const FILES: [&str; 3] = [
    include_str!("../rules/2026-11-25.toml"),
    include_str!("../rules/2026-11-27.toml"),
    include_str!("../rules/2026-11-28.toml"),
];

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct RuleSetFile {
    version: String,
    line: Vec<RuleSetFileLine>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct RuleSetFileLine {
    any: Vec<String>,
    #[serde(default)]
    none: Vec<String>,
    class: String,
    /// Who says so.
    source: String,
}

/// Why a file is no rule set.
#[derive(Debug, thiserror::Error)]
enum BadRuleSet {
    #[error(transparent)]
    Form(#[from] toml::de::Error),
    #[error("line {line}: there is no rule `{id}`")]
    NoRule { line: usize, id: String },
    #[error("line {line}: there is no class `{class}`")]
    NoClass { line: usize, class: String },
    #[error("line {line}: {problem}")]
    Unsound { line: usize, problem: UnsoundLine },
}

/// A rule set with the sources of its lines.
#[derive(Debug)]
pub struct SourcedRuleSet {
    pub rules: RuleSet,
    /// Who says so, line by line.
    pub sources: Vec<String>,
}

fn read(text: &str) -> Result<SourcedRuleSet, BadRuleSet> {
    let file: RuleSetFile = toml::from_str(text)?;
    let (mut lines, mut sources) = (Vec::new(), Vec::new());
    for (index, line) in file.line.into_iter().enumerate() {
        let number = index + 1;
        let class = HitClass::from_word(&line.class)
            .ok_or(BadRuleSet::NoClass { line: number, class: line.class })?;
        let (any, none) = (rules(line.any, number)?, rules(line.none, number)?);
        lines.push(RuleSetLine { any, none, class });
        sources.push(line.source);
    }
    let rules = RuleSet::new(file.version, lines)
        .map_err(|(index, problem)| BadRuleSet::Unsound { line: index + 1, problem })?;
    Ok(SourcedRuleSet { rules, sources })
}

fn rules(ids: Vec<String>, line: usize) -> Result<RulesSeen, BadRuleSet> {
    let rule = |id: String| Rule::by_id(&id).ok_or(BadRuleSet::NoRule { line, id });
    ids.into_iter().map(rule).collect()
}

#[expect(clippy::expect_used, reason = "the files are a part of the release, and tested")]
static RULE_SETS: LazyLock<BTreeMap<String, SourcedRuleSet>> = LazyLock::new(|| {
    let sets = FILES.iter().map(|file| read(file).expect("a rule set of this release"));
    sets.map(|set| (set.rules.version.clone(), set)).collect()
});

/// Every rule set, the oldest first.
pub fn rule_sets() -> impl DoubleEndedIterator<Item = &'static SourcedRuleSet> {
    RULE_SETS.values()
}

/// The rule set with this version.
#[must_use]
pub fn rule_set(version: &str) -> Option<&'static RuleSet> {
    RULE_SETS.get(version).map(|set| &set.rules)
}

/// The newest: what is used unless another one was chosen.
#[must_use]
#[expect(clippy::expect_used, reason = "there is one")]
pub fn newest_rules() -> &'static RuleSet {
    rule_sets().next_back().map(|set| &set.rules).expect("a rule set")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_file_is_a_rule_set_with_a_date_and_sources() {
        let sets: Vec<&SourcedRuleSet> = rule_sets().collect();
        assert_eq!(sets.len(), FILES.len(), "no version twice");
        for set in sets {
            assert_eq!(set.rules.version.len(), 10, "{}", set.rules.version);
            assert!(set.sources.iter().all(|source| !source.is_empty()));
            assert_eq!(set.sources.len(), set.rules.lines().len());
        }
        assert!(rule_set("2026-11-25").is_some() && rule_set("2020-01-01").is_none());
    }

    #[test]
    fn what_is_wrong_in_a_file_is_named_with_its_line() {
        let wrong = |line: &str| {
            let text = format!("version = \"1\"\n[[line]]\n{line}\nsource = \"me\"\n");
            read(&text).unwrap_err().to_string()
        };
        assert_eq!(wrong("any = [\"x\"]\nclass = \"person\""), "line 1: there is no rule `x`");
        let classed = wrong("any = [\"agent-bot\"]\nclass = \"robot\"");
        assert_eq!(classed, "line 1: there is no class `robot`");
        assert!(wrong("any = [\"repeated\"]\nclass = \"person\"").contains("may only weaken"));
    }

    /// The first rules meant the same, first match or weakest.
    #[test]
    fn each_rule_about_an_agent_alone_has_its_class() {
        let first = rule_set("2026-11-25").unwrap();
        for (rule, class) in [
            (Rule::AGENT_BROWSER, HitClass::Person),
            (Rule::AGENT_MAIL_PROGRAM, HitClass::Person),
            (Rule::AGENT_GOOGLE_IMAGE_PROXY, HitClass::Proxied),
            (Rule::AGENT_YAHOO_MAIL_PROXY, HitClass::Proxied),
            (Rule::AGENT_APPLE_PRIVACY, HitClass::Unknown),
            (Rule::AGENT_MICROSOFT_OFFICE, HitClass::Unknown),
            (Rule::AGENT_UNKNOWN, HitClass::Unknown),
            (Rule::AGENT_GMAIL_PREFETCH, HitClass::Prefetch),
            (Rule::HEADER_PREFETCH, HitClass::Prefetch),
            (Rule::AGENT_GATEWAY, HitClass::Scanner),
            (Rule::AGENT_PREVIEW, HitClass::Scanner),
            (Rule::AGENT_BOT, HitClass::Scanner),
            (Rule::METHOD_HEAD, HitClass::Head),
            (Rule::EARLIER_BROWSER, HitClass::Person),
        ] {
            assert_eq!(first.class(RulesSeen::NONE.with(rule)), class, "{}", rule.id);
            let both = RulesSeen::NONE.with(rule).with(Rule::LINKS_BURST);
            assert_eq!(first.class(both), class, "the first rules knew no bursts");
        }
        let (browser, burst) = (Rule::AGENT_BROWSER, Rule::LINKS_BURST);
        let both = RulesSeen::NONE.with(browser).with(burst);
        assert_eq!(newest_rules().class(both), HitClass::Scanner);
    }
}
