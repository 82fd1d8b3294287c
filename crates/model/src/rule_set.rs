//! What rules mean: a table from the rules seen in a hit to the kind of reader it looks like.
//!
//! Invariants: a table is pure and says the same of the same rules for ever, so whatever kept the rules
//! can be judged again by another one; of the lines that apply, the one with the weakest evidence
//! counts, so their order does not matter; what only ever weakens evidence ([`WEAKENING`]) never
//! strengthens it.

use crate::{HitClass, Rule, RulesSeen};

/// Rules that a line may only use to weaken: a set of them beside the same set without them says
/// nothing more.
pub const WEAKENING: RulesSeen = RulesSeen::NONE
    .with(Rule::NETWORK_MICROSOFT)
    .with(Rule::NETWORK_DATA_CENTRE)
    .with(Rule::NETWORK_GATEWAY)
    .with(Rule::SOON_AFTER_DELIVERY)
    .with(Rule::LINKS_BURST)
    .with(Rule::NEAR_BURST)
    .with(Rule::REPEATED)
    .with(Rule::MANY_HITS)
    .with(Rule::FLOOD)
    .with(Rule::LINKS_QUICK)
    .with(Rule::QUICK_AFTER_DELIVERY)
    .with(Rule::NETWORK_MANY_QUICK)
    .with(Rule::HONEYPOT_LINK)
    .with(Rule::NEAR_HONEYPOT);

/// A table with its version.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RuleSet {
    /// The date on which it was made; shown with every rate that depends on it.
    pub version: String,
    lines: Vec<RuleSetLine>,
}

/// One line: hits with these rules look like this class at most.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct RuleSetLine {
    /// At least one of these was seen.
    pub any: RulesSeen,
    /// None of these was.
    pub none: RulesSeen,
    /// What it is then, at most.
    pub class: HitClass,
}

/// Why a line can't be in a rule set.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum UnsoundLine {
    #[error("`any` is empty: name at least one rule")]
    Empty,
    #[error("`{0}` may only weaken: the class must be `unknown` or weaker")]
    Strengthens(&'static str),
    #[error("`{0}` may only weaken: it can't be in `none`")]
    Excuses(&'static str),
}

impl RuleSetLine {
    fn applies(&self, seen: RulesSeen) -> bool {
        seen.has_any(self.any) && !seen.has_any(self.none)
    }

    fn check(&self) -> Result<(), UnsoundLine> {
        if self.any == RulesSeen::NONE {
            return Err(UnsoundLine::Empty);
        }
        let weakening = |rules: RulesSeen| rules.rules().find(|it| WEAKENING.has(*it));
        if let Some(rule) = weakening(self.any).filter(|_| self.class > HitClass::Unknown) {
            return Err(UnsoundLine::Strengthens(rule.id));
        }
        match weakening(self.none) {
            Some(rule) => Err(UnsoundLine::Excuses(rule.id)),
            None => Ok(()),
        }
    }
}

impl RuleSet {
    /// A table of these lines.
    ///
    /// # Errors
    /// The index of the first line that can't be in one, and why.
    pub fn new(version: String, lines: Vec<RuleSetLine>) -> Result<Self, (usize, UnsoundLine)> {
        for (index, line) in lines.iter().enumerate() {
            line.check().map_err(|problem| (index, problem))?;
        }
        Ok(Self { version, lines })
    }

    /// What a hit with these rules looks like. Unknown when no line applies.
    #[must_use]
    pub fn class(&self, seen: RulesSeen) -> HitClass {
        self.deciding(seen).map_or(HitClass::Unknown, |line| line.class)
    }

    /// The line that decides: of those that apply, the one with the weakest class.
    #[must_use]
    pub fn deciding(&self, seen: RulesSeen) -> Option<&RuleSetLine> {
        self.lines.iter().filter(|line| line.applies(seen)).min_by_key(|line| line.class)
    }

    /// The strongest class among hits with these rules; None without hits.
    #[must_use]
    pub fn strongest(&self, hits: impl IntoIterator<Item = RulesSeen>) -> Option<HitClass> {
        hits.into_iter().map(|seen| self.class(seen)).max()
    }

    #[must_use]
    pub fn lines(&self) -> &[RuleSetLine] {
        &self.lines
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn line(any: Rule, none: &[Rule], class: HitClass) -> RuleSetLine {
        let any = RulesSeen::NONE.with(any);
        RuleSetLine { any, none: none.iter().copied().collect(), class }
    }

    fn seen(rules: &[Rule]) -> RulesSeen {
        rules.iter().copied().collect()
    }

    #[test]
    fn of_the_lines_that_apply_the_weakest_counts() {
        let lines = vec![
            line(Rule::AGENT_BROWSER, &[], HitClass::Person),
            line(Rule::AGENT_BOT, &[Rule::AGENT_MAIL_PROGRAM], HitClass::Scanner),
            line(Rule::SOON_AFTER_DELIVERY, &[], HitClass::Unknown),
        ];
        let set = RuleSet::new("2026-01-01".to_owned(), lines).unwrap();
        let class = |rules: &[Rule]| set.class(seen(rules));
        assert_eq!(class(&[]), HitClass::Unknown);
        assert_eq!(class(&[Rule::AGENT_BROWSER]), HitClass::Person);
        assert_eq!(class(&[Rule::AGENT_BROWSER, Rule::SOON_AFTER_DELIVERY]), HitClass::Unknown);
        assert_eq!(class(&[Rule::AGENT_BROWSER, Rule::AGENT_BOT]), HitClass::Scanner);
        let excused = [Rule::AGENT_BROWSER, Rule::AGENT_BOT, Rule::AGENT_MAIL_PROGRAM];
        assert_eq!(class(&excused), HitClass::Person);
        let of_both = set.strongest([seen(&[Rule::AGENT_BOT]), seen(&[Rule::AGENT_BROWSER])]);
        assert_eq!((of_both, set.strongest([])), (Some(HitClass::Person), None));
    }

    #[test]
    fn what_weakens_can_not_strengthen() {
        let refused = |line| RuleSet::new(String::new(), vec![line]).unwrap_err().1;
        assert_eq!(
            refused(line(Rule::REPEATED, &[], HitClass::Proxied)),
            UnsoundLine::Strengthens("repeated")
        );
        assert_eq!(
            refused(line(Rule::AGENT_BOT, &[Rule::LINKS_BURST], HitClass::Scanner)),
            UnsoundLine::Excuses("links-burst")
        );
        let nothing =
            RuleSetLine { any: RulesSeen::NONE, none: RulesSeen::NONE, class: HitClass::Scanner };
        assert_eq!(refused(nothing), UnsoundLine::Empty);
    }
}
