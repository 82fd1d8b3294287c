//! A segment with everything that it names: other segments become their rules; topics, tags and campaigns
//! must be there.
//!
//! Invariant: what comes out names no segment and is bounded, however segments are put into one another.

use std::collections::BTreeMap;

use model::segment::{MOST_RESOLVED, MOST_SEGMENTS_DEEP};
use model::{SegmentCondition, SegmentName, SegmentRefused, SegmentRule};

use crate::StoreError;
use crate::campaign_numbers::campaign_by_number;
use crate::counting::expired_engagements;
use crate::engine::tx::Tx;
use crate::people::segments::find;
use crate::people::tags;
use crate::people::topics::TOPIC_BY_SLUG;

/// The rule with the rules of other segments in place of their names. `of` is the segment that it is to be.
pub(crate) fn resolved(
    tx: &Tx<'_>,
    rule: &SegmentRule,
    of: Option<&SegmentName>,
) -> Result<SegmentRule, StoreError> {
    let mut resolution = Resolution { tx, found: BTreeMap::new(), conditions: 0 };
    let path: Vec<String> = of.map(SegmentName::key).into_iter().collect();
    resolution.rule(rule, &path)
}

struct Resolution<'t, 'c> {
    tx: &'t Tx<'c>,
    found: BTreeMap<String, SegmentRule>,
    conditions: usize,
}

impl Resolution<'_, '_> {
    fn rule(&mut self, rule: &SegmentRule, path: &[String]) -> Result<SegmentRule, StoreError> {
        Ok(match rule {
            SegmentRule::All(rules) => SegmentRule::All(self.rules(rules, path)?),
            SegmentRule::Any(rules) => SegmentRule::Any(self.rules(rules, path)?),
            SegmentRule::Not(rule) => SegmentRule::Not(Box::new(self.rule(rule, path)?)),
            SegmentRule::Is(SegmentCondition::Segment(name)) => self.segment(name, path)?,
            SegmentRule::Is(condition) => {
                self.conditions += 1;
                if self.conditions > MOST_RESOLVED {
                    return Err(SegmentRefused::TooLarge.into());
                }
                self.ensure_named(condition)?;
                SegmentRule::Is(condition.clone())
            }
        })
    }

    fn rules(
        &mut self,
        rules: &[SegmentRule],
        path: &[String],
    ) -> Result<Vec<SegmentRule>, StoreError> {
        rules.iter().map(|rule| self.rule(rule, path)).collect()
    }

    fn segment(&mut self, name: &SegmentName, path: &[String]) -> Result<SegmentRule, StoreError> {
        let key = name.key();
        if path.contains(&key) {
            return Err(SegmentRefused::Circle(name.to_string()).into());
        }
        if path.len() > MOST_SEGMENTS_DEEP {
            return Err(SegmentRefused::TooLarge.into());
        }
        let rule = match self.found.get(&key) {
            Some(rule) => rule.clone(),
            None => {
                let found = find(self.tx, name)?.map(|segment| segment.rule);
                let rule = found.ok_or_else(|| missing("segment", name))?;
                self.found.insert(key.clone(), rule.clone());
                rule
            }
        };
        let path: Vec<String> = path.iter().cloned().chain([key]).collect();
        self.rule(&rule, &path)
    }

    fn ensure_named(&self, condition: &SegmentCondition) -> Result<(), StoreError> {
        let campaign = match condition {
            SegmentCondition::Topic { topic, .. } => {
                let found = self.tx.first(TOPIC_BY_SLUG, [topic.as_str()], |_| Ok(()))?;
                return found.ok_or_else(|| missing("topic", topic));
            }
            SegmentCondition::Tag(tag) => {
                let found = tags::find(self.tx, tag)?;
                return found.map(drop).ok_or_else(|| missing("tag", tag));
            }
            SegmentCondition::Campaign { campaign, .. } => Some(*campaign),
            SegmentCondition::Read(test) => test.campaign,
            _ => None,
        };
        let Some(number) = campaign else { return Ok(()) };
        let id = campaign_by_number(self.tx, number)?;
        let id = id.ok_or_else(|| missing("campaign", &number))?;
        let asks_who_read = matches!(condition, SegmentCondition::Read(_));
        if asks_who_read && expired_engagements::removed_at(self.tx, id)?.is_some() {
            return Err(SegmentRefused::NotKept(number).into());
        }
        Ok(())
    }
}

fn missing(what: &'static str, name: &impl ToString) -> StoreError {
    SegmentRefused::Missing { what, name: name.to_string() }.into()
}
