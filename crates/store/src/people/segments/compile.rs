//! A segment's rule as the condition of a statement, in the one place where SQL is made of a rule.
//!
//! Invariants: the text is made of constants and placeholders only, every value is a parameter; a condition
//! is true or false and never null, so that `not` means the others; what has no row (a tag that was
//! removed, say) applies to nobody. Where the databases differ ([`Conditions::attribute`], numbers), both
//! texts say the same.

mod reading;

use model::{
    AttributeTest, NumberComparison, SegmentCondition, SegmentNumber, SegmentRule, TimeTest,
    TopicScope, TrackingMode,
};

use crate::StoreError;
use crate::engine::tx::Tx;
use crate::engine::value::SqlValue;
use crate::people::segments::query::SegmentQuery;
use crate::people::tags;
use crate::people::topics::TOPIC_BY_SLUG;

pub(crate) use reading::read_campaigns;

/// Applies to nobody.
const NOBODY: &str = "1 = 0";
/// Characters of an attribute's value that is compared as a number.
const NUMBER_CHARS: usize = 20;
/// In patterns, stands before what means itself.
const ESCAPE: char = '!';

/// A value that a statement owns.
#[derive(Debug, Clone, PartialEq, Eq)]
enum MadeValue {
    Integer(i64),
    Text(String),
    Bytes(Vec<u8>),
}

/// Conditions on one contact that are being written.
pub(crate) struct Conditions<'t, 'c> {
    tx: &'t Tx<'c>,
    query: &'t SegmentQuery,
    /// The column with the contact's id.
    key: &'static str,
    is_postgres: bool,
    /// Placeholders of the statement before the first of these.
    before: usize,
    values: Vec<MadeValue>,
    /// They ask for columns of `contacts c`.
    pub(crate) uses_contact: bool,
}

impl<'t, 'c> Conditions<'t, 'c> {
    /// Of the contacts whose id is `key`, in a statement with so many placeholders of its own.
    pub(crate) fn new(
        tx: &'t Tx<'c>,
        query: &'t SegmentQuery,
        key: &'static str,
        before: usize,
    ) -> Self {
        let is_postgres = tx.bulk().is_some();
        Self { tx, query, key, is_postgres, before, values: Vec::new(), uses_contact: false }
    }

    /// Behind those of the statement itself.
    pub(crate) fn values(&self) -> impl Iterator<Item = SqlValue<'_>> {
        self.values.iter().map(|value| match value {
            MadeValue::Integer(number) => SqlValue::Integer(*number),
            MadeValue::Text(text) => SqlValue::Text(text),
            MadeValue::Bytes(bytes) => SqlValue::Bytes(bytes),
        })
    }

    /// Whether there is such a row. Not `EXISTS`, which planners turn into a join: PostgreSQL, misled about the number
    /// of rows on either side, then compares each with each.
    fn exists(rows: &str) -> String {
        format!("(SELECT 1 FROM {rows} LIMIT 1) IS NOT NULL")
    }

    fn bind(&mut self, value: MadeValue) -> usize {
        self.values.push(value);
        self.before + self.values.len()
    }

    fn number(&mut self, number: i64) -> String {
        format!("CAST(${} AS BIGINT)", self.bind(MadeValue::Integer(number)))
    }

    fn text(&mut self, text: impl Into<String>) -> String {
        format!("CAST(${} AS TEXT)", self.bind(MadeValue::Text(text.into())))
    }

    fn list(&mut self, values: impl IntoIterator<Item = MadeValue>) -> String {
        let places: Vec<String> =
            values.into_iter().map(|value| format!("${}", self.bind(value))).collect();
        places.join(", ")
    }

    fn numbers(&mut self, numbers: &[i64]) -> String {
        let places: Vec<String> = numbers.iter().map(|number| self.number(*number)).collect();
        places.join(", ")
    }

    /// Who is in the scope of the query.
    pub(crate) fn scope(&mut self) -> Option<String> {
        let TopicScope::These(topics) = &self.query.topics else { return None };
        if topics.is_empty() {
            return Some(NOBODY.to_owned());
        }
        let ids: Vec<i64> = topics.iter().map(|topic| topic.0).collect();
        let (key, topics) = (self.key, self.numbers(&ids));
        Some(Self::exists(&format!(
            "subscriptions s WHERE s.topic_id IN ({topics}) AND s.contact_id = {key}"
        )))
    }

    pub(crate) fn rule(&mut self, rule: &SegmentRule) -> Result<String, StoreError> {
        match rule {
            SegmentRule::All(rules) => self.group(rules, " AND "),
            SegmentRule::Any(rules) => self.group(rules, " OR "),
            SegmentRule::Not(rule) => Ok(format!("NOT {}", self.rule(rule)?)),
            SegmentRule::Is(condition) => Ok(format!("({})", self.condition(condition)?)),
        }
    }

    fn group(&mut self, rules: &[SegmentRule], between: &str) -> Result<String, StoreError> {
        let parts: Result<Vec<String>, _> = rules.iter().map(|rule| self.rule(rule)).collect();
        Ok(format!("({})", parts?.join(between)))
    }

    fn condition(&mut self, condition: &SegmentCondition) -> Result<String, StoreError> {
        Ok(match condition {
            SegmentCondition::Everybody => "1 = 1".to_owned(),
            SegmentCondition::Attribute { name, test } => self.attribute_test(name, test),
            SegmentCondition::Tag(tag) => {
                let Some((id, _)) = tags::find(self.tx, tag)? else { return Ok(NOBODY.to_owned()) };
                let (key, id) = (self.key, self.number(id));
                Self::exists(&format!(
                    "contact_tags t WHERE t.tag_id = {id} AND t.contact_id = {key}"
                ))
            }
            SegmentCondition::Topic { topic, state, changed } => {
                let found = self.tx.first(TOPIC_BY_SLUG, [topic.as_str()], |row| row.get(0))?;
                let Some(topic) = found else { return Ok(NOBODY.to_owned()) };
                let (key, topic) = (self.key, self.number(topic));
                let state = state.as_str();
                let changed = changed
                    .as_ref()
                    .map(|test| self.time("s.changed_at", test))
                    .unwrap_or_default();
                Self::exists(&format!(
                    "subscriptions s WHERE s.topic_id = {topic} AND s.contact_id = {key} \
                     AND s.state = '{state}'{changed}"
                ))
            }
            SegmentCondition::Tracking(mode) => self.tracking(*mode),
            SegmentCondition::Added(test) => {
                self.uses_contact = true;
                format!("1 = 1{}", self.time("c.created_at", test))
            }
            SegmentCondition::Domain(domain) => {
                self.uses_contact = true;
                let pattern = self.text(format!("%@{}", escaped(domain.as_str())));
                format!("lower(c.email) LIKE {pattern} ESCAPE '{ESCAPE}'")
            }
            SegmentCondition::Language(language) => self.language(language),
            SegmentCondition::Suppressed => {
                self.uses_contact = true;
                Self::exists("suppressions x WHERE x.email_key = lower(c.email)")
            }
            SegmentCondition::Campaign { campaign, outcome } => {
                self.campaign(*campaign, *outcome)?
            }
            SegmentCondition::Read(test) => self.read(test)?,
            SegmentCondition::Unread { last, reader } => self.unread(*last, *reader)?,
            SegmentCondition::Segment(name) => {
                return Err(StoreError::Corrupt(format!("the segment {name} is not resolved")));
            }
        })
    }

    /// ` AND ...`, for a column with a time.
    fn time(&mut self, column: &str, test: &TimeTest) -> String {
        let (from, before) = test.times(self.query.at);
        let mut text = String::new();
        if let Some(from) = from {
            text.push_str(&format!(" AND {column} >= {}", self.number(from.0)));
        }
        if let Some(before) = before {
            text.push_str(&format!(" AND {column} < {}", self.number(before.0)));
        }
        text
    }

    fn tracking(&mut self, mode: TrackingMode) -> String {
        self.uses_contact = true;
        format!("coalesce(c.tracking, -1) = {}", self.number(mode.code()))
    }

    /// The value of an attribute; null when the contact has none.
    fn attribute(&mut self, name: &str) -> String {
        self.uses_contact = true;
        if self.is_postgres {
            let name = self.text(name);
            format!("(CAST(c.attributes AS json) ->> {name}) COLLATE \"C\"")
        } else {
            // As a path, so that no name means anything else.
            let path = self.text(format!("$.\"{}\"", name.replace(['"', '\\'], "")));
            format!("json_extract(c.attributes, {path})")
        }
    }

    fn attribute_test(&mut self, name: &str, test: &AttributeTest) -> String {
        let value = self.attribute(name);
        match test {
            AttributeTest::IsSet => format!("coalesce({value}, '') <> ''"),
            AttributeTest::Is(choices) => {
                let choices: Vec<String> =
                    choices.iter().map(|it| self.text(it.to_ascii_lowercase())).collect();
                format!("coalesce(lower({value}) IN ({}), 1 = 0)", choices.join(", "))
            }
            AttributeTest::Contains(part) => {
                self.like(&value, format!("%{}%", escaped(&part.to_ascii_lowercase())))
            }
            AttributeTest::BeginsWith(part) => {
                self.like(&value, format!("{}%", escaped(&part.to_ascii_lowercase())))
            }
            AttributeTest::Number(comparison, number) => self.compared(&value, *comparison, number),
            AttributeTest::Day(test) => {
                let (first, last) = test.days(self.query.at);
                let mut text = format!("{value} LIKE '____-__-__'");
                if let Some(first) = first {
                    text.push_str(&format!(" AND {value} >= {}", self.text(first)));
                }
                if let Some(last) = last {
                    text.push_str(&format!(" AND {value} <= {}", self.text(last)));
                }
                format!("coalesce({text}, 1 = 0)")
            }
        }
    }

    fn like(&mut self, value: &str, pattern: String) -> String {
        let pattern = self.text(pattern);
        format!("coalesce(lower({value}) LIKE {pattern} ESCAPE '{ESCAPE}', 1 = 0)")
    }

    /// Whether a value that is a number compares so; what is none does not.
    fn compared(&mut self, value: &str, how: NumberComparison, number: &SegmentNumber) -> String {
        let number = format!("CAST({} AS DOUBLE PRECISION)", self.text(number.as_str()));
        let how = how.as_str();
        let is_number = if self.is_postgres {
            format!("{value} ~ '^-?[0-9]+([.][0-9]+)?$'")
        } else {
            let digits =
                format!("CASE WHEN {value} GLOB '-*' THEN substr({value}, 2) ELSE {value} END");
            format!(
                "{digits} GLOB '[0-9]*' AND {digits} GLOB '*[0-9]' \
                 AND {digits} NOT GLOB '*[^0-9.]*' AND {digits} NOT GLOB '*.*.*'"
            )
        };
        format!(
            "CASE WHEN length({value}) <= {NUMBER_CHARS} AND {is_number} \
             THEN CAST({value} AS DOUBLE PRECISION) {how} {number} ELSE 1 = 0 END"
        )
    }

    fn language(&mut self, language: &str) -> String {
        let value = self.attribute("language");
        let language = language.to_ascii_lowercase();
        let (same, below) =
            (self.text(language.clone()), self.text(format!("{}-%", escaped(&language))));
        format!(
            "coalesce(lower({value}) = {same} OR lower({value}) LIKE {below} ESCAPE '{ESCAPE}', 1 = 0)"
        )
    }
}

/// A part of a pattern that means itself.
fn escaped(text: &str) -> String {
    let mut pattern = String::with_capacity(text.len());
    for it in text.chars() {
        if matches!(it, '%' | '_' | ESCAPE) {
            pattern.push(ESCAPE);
        }
        pattern.push(it);
    }
    pattern
}
