//! One contact's values, for the holes of an announcement.
//!
//! A value or a condition is made when it is first needed: what stands in a branch that is not taken
//! asks for nothing.

use std::borrow::Cow;
use std::cell::OnceCell;

use minijinja::value::Value;

use crate::fill::step::{Arm, FillStep};
use crate::links::TrackedLink;
use crate::links::target::PersonalTarget;
use crate::problem::RenderProblem;
use crate::sender::Recipient;
use crate::template::condition::Condition;
use crate::template::expression::{NoValue, context};
use crate::template::{MergeValue, ValueSource};

/// The longest value that is put into a message, in bytes.
pub const VALUE_BYTES: usize = 10_000;

/// What the holes of an announcement stand for; steps name these by their numbers.
#[derive(Debug, Clone, Default)]
pub(crate) struct Holes {
    /// Nothing where no message uses it.
    pub(crate) values: Vec<Option<MergeValue>>,
    pub(crate) conditions: Vec<Condition>,
    pub(crate) links: Vec<TrackedLink>,
    /// Of the links that lead everyone elsewhere.
    pub(crate) targets: Vec<PersonalTarget>,
    /// What is added to their addresses: names and values.
    pub(crate) link_parameters: Vec<(String, String)>,
}

pub(crate) struct ContactValues<'a> {
    holes: &'a Holes,
    pub(crate) recipient: &'a Recipient<'a>,
    values: Vec<OnceCell<Result<Cow<'a, str>, RenderProblem>>>,
    conditions: Vec<OnceCell<Result<bool, RenderProblem>>>,
    context: OnceCell<Value>,
}

impl<'a> ContactValues<'a> {
    pub(crate) fn new(holes: &'a Holes, recipient: &'a Recipient<'a>) -> Self {
        Self {
            values: cells(holes.values.len()),
            conditions: cells(holes.conditions.len()),
            context: OnceCell::new(),
            holes,
            recipient,
        }
    }

    pub(crate) fn value(&self, number: usize) -> Result<&str, RenderProblem> {
        let Some(cell) = self.values.get(number) else { return Ok("") };
        let value = cell.get_or_init(|| match self.holes.values.get(number) {
            Some(Some(value)) => self.resolved(value),
            _ => Ok(Cow::Borrowed("")),
        });
        value.as_deref().map_err(Clone::clone)
    }

    /// What the tag of a value is called.
    pub(crate) fn name(&self, number: usize) -> String {
        let known = self.holes.values.get(number).and_then(Option::as_ref);
        known.map_or(String::new(), |value| value.name().to_owned())
    }

    fn resolved(&self, value: &'a MergeValue) -> Result<Cow<'a, str>, RenderProblem> {
        let tag = || value.name().to_owned();
        let found = match &value.source {
            ValueSource::Literal(text) => return Ok(Cow::Borrowed(text)),
            ValueSource::Email => Some(Cow::Borrowed(self.recipient.email.as_str())),
            ValueSource::Attribute(name) => self.attribute(name).map(Cow::Borrowed),
            ValueSource::Expression(expression) => {
                let text = expression.text(self.context());
                Some(Cow::Owned(text.map_err(|why| no_value(why, value.name()))?))
            }
        };
        let default = || value.default.as_deref().map(Cow::Borrowed);
        let text =
            found.or_else(default).ok_or_else(|| RenderProblem::MissingValue { tag: tag() })?;
        if text.len() > VALUE_BYTES {
            return Err(RenderProblem::ValueTooLong { tag: tag() });
        }
        Ok(text)
    }

    /// An attribute that says something.
    fn attribute(&self, name: &str) -> Option<&'a str> {
        let value = self.recipient.attributes.get(name).map(String::as_str);
        value.filter(|text| !text.trim().is_empty())
    }

    fn context(&self) -> &Value {
        self.context.get_or_init(|| context(self.recipient))
    }

    /// The steps of the first arm whose condition holds.
    pub(crate) fn chosen<'s>(&self, arms: &'s [Arm]) -> Result<&'s [FillStep], RenderProblem> {
        for arm in arms {
            let holds = match arm.when {
                None => true,
                Some(number) => self.holds(number)?,
            };
            if holds {
                return Ok(&arm.steps);
            }
        }
        Ok(&[])
    }

    fn holds(&self, number: usize) -> Result<bool, RenderProblem> {
        let (Some(cell), Some(condition)) =
            (self.conditions.get(number), self.holes.conditions.get(number))
        else {
            return Ok(false);
        };
        let holds = cell.get_or_init(|| {
            let value = |name: &str| match name {
                "email" => Some(self.recipient.email.as_str()),
                name => self.attribute(name),
            };
            let holds = condition.holds(&value, &|| self.context().clone());
            holds.map_err(|why| no_value(why, &condition.names().join(", ")))
        });
        holds.clone()
    }

    /// The address that a link leads this contact to.
    pub(crate) fn address(&self, target: &PersonalTarget) -> Result<String, RenderProblem> {
        target.address(
            &self.holes.link_parameters,
            |number| self.value(number),
            |number| self.name(number),
        )
    }

    /// Whether every value that these steps need is there.
    pub(crate) fn check(&self, steps: &[FillStep]) -> Result<(), RenderProblem> {
        for step in steps {
            match step {
                FillStep::Value { value, .. } => {
                    self.value(*value)?;
                }
                FillStep::Target(number) => {
                    let target = self.holes.targets.get(*number);
                    target.map_or(Ok(String::new()), |target| self.address(target))?;
                }
                FillStep::Branch(arms) => self.check(self.chosen(arms)?)?,
                _ => {}
            }
        }
        Ok(())
    }
}

pub(crate) fn cells<T>(count: usize) -> Vec<OnceCell<T>> {
    std::iter::repeat_with(OnceCell::new).take(count).collect()
}

fn no_value(why: NoValue, tag: &str) -> RenderProblem {
    match why {
        NoValue::Missing(tag) => RenderProblem::MissingValue { tag },
        NoValue::Failed => RenderProblem::NotComputed { tag: tag.to_owned() },
    }
}
