//! One contact's values, for the holes of an announcement.
//!
//! A value or a condition is made when it is first needed: what stands in a branch that is not taken
//! asks for nothing.

use std::borrow::Cow;
use std::cell::{Cell, OnceCell, RefCell};
use std::collections::BTreeMap;

use minijinja::value::{Value, merge_maps};

use crate::fill::step::{Arm, FillStep, Loop};
use crate::links::TrackedLink;
use crate::links::target::PersonalTarget;
use crate::locale::TextLocale;
use crate::problem::RenderProblem;
use crate::sender::Recipient;
use crate::template::condition::Condition;
use crate::template::expression::{LOOP, NoValue, context};
use crate::template::{LoopHead, MergeValue, ValueSource};

/// The longest value that is put into a message, in bytes.
pub const VALUE_BYTES: usize = 10_000;
/// Most items of all loops in one message, whose parts each go through theirs.
pub const MOST_ITEMS: usize = 5_000;

/// What the holes of an announcement stand for; steps name these by their numbers.
#[derive(Debug, Clone, Default)]
pub(crate) struct Holes {
    /// Nothing where no message uses it.
    pub(crate) values: Vec<Option<MergeValue>>,
    pub(crate) conditions: Vec<Condition>,
    pub(crate) lists: Vec<LoopHead>,
    pub(crate) links: Vec<TrackedLink>,
    /// Of the links that lead everyone elsewhere.
    pub(crate) targets: Vec<PersonalTarget>,
    /// What is added to their addresses: names and values.
    pub(crate) link_parameters: Vec<(String, String)>,
    /// For the dates, numbers and money in values.
    pub(crate) locale: TextLocale,
}

pub(crate) struct ContactValues<'a> {
    holes: &'a Holes,
    pub(crate) recipient: &'a Recipient<'a>,
    values: Vec<OnceCell<Result<Cow<'a, str>, RenderProblem>>>,
    conditions: Vec<OnceCell<Result<bool, RenderProblem>>>,
    context: OnceCell<Value>,
    /// What expressions may ask for inside the loops that are being run, the innermost last.
    loop_contexts: RefCell<Vec<Value>>,
    /// Items of all loops so far.
    items: Cell<usize>,
}

impl<'a> ContactValues<'a> {
    pub(crate) fn new(holes: &'a Holes, recipient: &'a Recipient<'a>) -> Self {
        Self {
            values: cells(holes.values.len()),
            conditions: cells(holes.conditions.len()),
            context: OnceCell::new(),
            loop_contexts: RefCell::default(),
            items: Cell::new(0),
            holes,
            recipient,
        }
    }

    pub(crate) fn value(&self, number: usize) -> Result<Cow<'_, str>, RenderProblem> {
        let (Some(cell), Some(Some(value))) =
            (self.values.get(number), self.holes.values.get(number))
        else {
            return Ok(Cow::Borrowed(""));
        };
        if value.is_local() {
            return self.resolved(value);
        }
        let known = cell.get_or_init(|| self.resolved(value));
        known.as_deref().map(Cow::Borrowed).map_err(Clone::clone)
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
                let text = expression.text(&self.context());
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

    fn context(&self) -> Value {
        if let Some(context) = self.loop_contexts.borrow().last() {
            return context.clone();
        }
        self.context.get_or_init(|| context(self.recipient, &self.holes.locale)).clone()
    }

    /// Calls `each` for every item of a list, and gives the steps to go on with: the loop's `else`, when
    /// there were no items. A list that is missing has none if there is an `else`, and is a missing
    /// value otherwise.
    pub(crate) fn run<'s>(
        &self,
        Loop { list, otherwise, .. }: &'s Loop,
        mut each: impl FnMut() -> Result<(), RenderProblem>,
    ) -> Result<&'s [FillStep], RenderProblem> {
        let Some(LoopHead { name, list }) = self.holes.lists.get(*list) else { return Ok(&[]) };
        let context = self.context();
        let tag = || list.source().to_owned();
        let items = match list.items(&context).map_err(|why| no_value(why, list.source()))? {
            Some(items) => items,
            None if otherwise.is_some() => Vec::new(),
            None => return Err(RenderProblem::MissingValue { tag: tag() }),
        };
        self.items.set(self.items.get().saturating_add(items.len()));
        if self.items.get() > MOST_ITEMS {
            return Err(RenderProblem::TooManyItems { tag: tag() });
        }
        let length = items.len();
        for (index, item) in items.into_iter().enumerate() {
            let inside: BTreeMap<String, Value> =
                [(name.clone(), item), (LOOP.to_owned(), run_facts(index, length))].into();
            self.loop_contexts
                .borrow_mut()
                .push(merge_maps([context.clone(), Value::from(inside)]));
            let done = each();
            self.loop_contexts.borrow_mut().pop();
            done?;
        }
        Ok(if length > 0 { &[] } else { otherwise.as_deref().unwrap_or_default() })
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
        let answer = || {
            let value = |name: &str| match name {
                "email" => Some(self.recipient.email.as_str()),
                name => self.attribute(name),
            };
            let holds = condition.holds(&value, &|| self.context());
            holds.map_err(|why| no_value(why, &condition.names().join(", ")))
        };
        if condition.is_local() {
            return answer();
        }
        cell.get_or_init(answer).clone()
    }

    /// Whether a loop around a link can change where it leads.
    pub(crate) fn is_local(&self, target: &PersonalTarget) -> bool {
        let mut values = target.values().filter_map(|number| self.holes.values.get(number));
        values.any(|value| value.as_ref().is_some_and(MergeValue::is_local))
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
                FillStep::Target(number) | FillStep::PlainTarget(number) => {
                    let target = self.holes.targets.get(*number);
                    target.map_or(Ok(String::new()), |target| self.address(target))?;
                }
                FillStep::Branch(arms) => self.check(self.chosen(arms)?)?,
                FillStep::Loop(steps) => {
                    let instead = self.run(steps, || self.check(&steps.item))?;
                    self.check(instead)?;
                }
                _ => {}
            }
        }
        Ok(())
    }
}

/// What `loop` tells about an item.
fn run_facts(index: usize, length: usize) -> Value {
    let facts = [
        ("index", Value::from(index + 1)),
        ("index0", Value::from(index)),
        ("length", Value::from(length)),
        ("first", Value::from(index == 0)),
        ("last", Value::from(index + 1 == length)),
    ];
    Value::from(BTreeMap::from(facts))
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
