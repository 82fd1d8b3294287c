//! Why a hit counts as what it counts as, in a sentence.

use std::collections::BTreeSet;

use model::{HitClass, Rule, RuleSet, RulesSeen};

/// What was seen in a hit, and what a rule set says of it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Explanation {
    /// The rules that were seen.
    pub seen: RulesSeen,
    /// What it counts as.
    pub class: HitClass,
    /// A sentence for people, without a final full stop.
    pub words: String,
}

/// Explains a hit in which these rules were seen.
#[must_use]
pub fn explain(seen: RulesSeen, rules: &RuleSet) -> Explanation {
    let class = rules.class(seen);
    let all: Vec<Rule> = seen.rules().collect();
    let what = match all.as_slice() {
        [] => "nothing was seen in it that a rule names".to_owned(),
        some => format!("it {}", listed(some)),
    };
    let deciding = rules.deciding(seen).map_or(RulesSeen::NONE, |line| line.any);
    let decides = |rule: &Rule| deciding.has_any(RulesSeen::NONE.with(*rule));
    let because: Vec<Rule> = all.iter().copied().filter(decides).collect();
    let why = match because.as_slice() {
        [] => "as no rule says more".to_owned(),
        some if some.len() == all.len() => "for that".to_owned(),
        some => format!("because it {}", listed(some)),
    };
    Explanation { seen, class, words: format!("{what}; it counts as {}, {why}", class.as_str()) }
}

/// Explains what is known of a contact's hits, the strongest first.
#[must_use]
pub fn explain_all(hits: &BTreeSet<RulesSeen>, rules: &RuleSet) -> Vec<Explanation> {
    let mut all: Vec<Explanation> = hits.iter().map(|seen| explain(*seen, rules)).collect();
    all.sort_by_key(|it| std::cmp::Reverse(it.class));
    all
}

fn listed(rules: &[Rule]) -> String {
    let words: Vec<&str> = rules.iter().map(|rule| rule.seen).collect();
    match words.split_last() {
        Some((last, [])) => (*last).to_owned(),
        Some((last, before)) => format!("{} and {last}", before.join(", ")),
        None => String::new(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::newest_rules;

    fn words(rules: &[Rule]) -> String {
        explain(rules.iter().copied().collect(), newest_rules()).words
    }

    #[test]
    fn a_sentence_says_what_was_seen_and_what_decides() {
        assert_eq!(
            words(&[Rule::AGENT_BROWSER]),
            "it named a browser with its engine; it counts as person, for that"
        );
        assert_eq!(
            words(&[Rule::AGENT_BROWSER, Rule::FETCH_METADATA, Rule::SOON_AFTER_DELIVERY]),
            "it named a browser with its engine, sent the fetch metadata of a browser and came \
             within two seconds of the message’s delivery; it counts as unknown, because it came \
             within two seconds of the message’s delivery"
        );
        let nothing = "nothing was seen in it that a rule names; it counts as unknown, as no rule \
            says more";
        assert_eq!(words(&[]), nothing);
    }

    #[test]
    fn the_strongest_comes_first() {
        let set = |rule| RulesSeen::NONE.with(rule);
        let hits = BTreeSet::from([set(Rule::AGENT_BOT), set(Rule::AGENT_BROWSER)]);
        let classes: Vec<HitClass> =
            explain_all(&hits, newest_rules()).into_iter().map(|it| it.class).collect();
        assert_eq!(classes, [HitClass::Person, HitClass::Scanner]);
    }
}
