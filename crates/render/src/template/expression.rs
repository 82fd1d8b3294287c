//! Expressions in merge tags and conditions, evaluated by minijinja: `{{ name | upper }}`,
//! `{% if plan == "pro" %}`.
//!
//! Names are strict: a name that a contact has no value for makes no text, but may be asked for. Work
//! is bounded by fuel.

use std::collections::BTreeMap;
use std::sync::{Arc, LazyLock};

use minijinja::value::{Value, ValueKind};
use minijinja::{Environment, ErrorKind, UndefinedBehavior};

use crate::locale::{Conventions, TextLocale};
use crate::sender::Recipient;
use crate::template::filters::{BadArgument, CONVENTIONS, FILTERS, environment};

/// The longest expression, in bytes.
const EXPRESSION_BYTES: usize = 1_000;

/// For values: what is missing makes no text.
static STRICT: LazyLock<Environment<'static>> =
    LazyLock::new(|| environment(UndefinedBehavior::SemiStrict));
/// For conditions: what is missing is equal to nothing.
static LENIENT: LazyLock<Environment<'static>> =
    LazyLock::new(|| environment(UndefinedBehavior::Lenient));

/// The name that tells about the run of a loop: `loop.index`, `loop.first`, `loop.last`.
pub(crate) const LOOP: &str = "loop";

#[derive(Clone)]
pub(crate) struct Expression {
    source: Arc<str>,
    /// The names in it that a loop around it gives their values.
    locals: Arc<[String]>,
    compiled: Arc<minijinja::Expression<'static, 'static>>,
}

/// Why an expression has no value for a contact.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum NoValue {
    /// The contact has no value for this name.
    Missing(String),
    /// It can't be computed with the contact's values, or takes too long.
    Failed,
}

impl Expression {
    /// An expression that makes a text, inside loops that give `locals` their values.
    ///
    /// # Errors
    /// Says what is wrong.
    pub(crate) fn parse(source: &str, locals: &[String]) -> Result<Self, String> {
        Self::parse_for(&STRICT, source, locals)
    }

    /// An expression that is a question, or a list that may be missing.
    ///
    /// # Errors
    /// Says what is wrong.
    pub(crate) fn parse_question(source: &str, locals: &[String]) -> Result<Self, String> {
        Self::parse_for(&LENIENT, source, locals)
    }

    fn parse_for(
        environment: &'static Environment<'static>,
        source: &str,
        locals: &[String],
    ) -> Result<Self, String> {
        let source = source.trim();
        if source.len() > EXPRESSION_BYTES {
            return Err(format!("is longer than {EXPRESSION_BYTES} bytes"));
        }
        let has_parts = |at: usize| locals.iter().any(|local| local == chain_start(source, at));
        if outside_texts(source).any(|(at, c)| c == '.' && is_part(source, at) && !has_parts(at)) {
            return Err(
                "has a dot before a name, and only what a loop goes through has parts".to_owned()
            );
        }
        if let Some(filter) = filters(source).find(|filter| !FILTERS.contains(filter)) {
            let known = FILTERS.join(", ");
            return Err(format!("uses `{filter}`, which is none of the filters: {known}"));
        }
        let compiled =
            environment.compile_expression_owned(source.to_owned()).map_err(|error| {
                format!("can't be read: {}", error.detail().unwrap_or("it is no expression"))
            })?;
        let asked = compiled.undeclared_variables(false);
        let locals = locals.iter().filter(|local| asked.contains(*local)).cloned().collect();
        let expression = Self { source: source.into(), locals, compiled: Arc::new(compiled) };
        expression.check_arguments()?;
        Ok(expression)
    }

    /// Whether a filter is used as it can be; its values are not looked at.
    fn check_arguments(&self) -> Result<(), String> {
        let names = self.names().into_iter().chain(self.locals.iter().cloned());
        let samples: BTreeMap<String, Value> = names.map(|name| (name, Value::from(""))).collect();
        let Err(error) = self.compiled.eval(Value::from(samples)) else { return Ok(()) };
        let source = std::error::Error::source(&error);
        let bad = source.and_then(|source| source.downcast_ref::<BadArgument>());
        bad.map_or(Ok(()), |bad| Err(bad.to_string()))
    }

    /// The names in it that a loop around it gives their values.
    pub(crate) fn locals(&self) -> &[String] {
        &self.locals
    }

    pub(crate) fn source(&self) -> &str {
        &self.source
    }

    /// The attributes that it asks for, in the order of the alphabet.
    pub(crate) fn names(&self) -> Vec<String> {
        let asked = self.compiled.undeclared_variables(false).into_iter();
        let mut names: Vec<String> = asked.filter(|name| !self.locals.contains(name)).collect();
        names.sort_unstable();
        names
    }

    /// Its text for the values in `context`.
    pub(crate) fn text(&self, context: &Value) -> Result<String, NoValue> {
        let value = self.value(context)?;
        match value.kind() {
            ValueKind::Undefined | ValueKind::None => Err(self.missing(context)),
            _ => Ok(value.to_string()),
        }
    }

    /// Whether it holds for the values in `context`. What is missing holds not.
    pub(crate) fn holds(&self, context: &Value) -> Result<bool, NoValue> {
        Ok(self.value(context)?.is_true())
    }

    /// The things that a loop goes through, for the values in `context`; nothing when there is no
    /// list. A text is a JSON array, or has commas between its items.
    pub(crate) fn items(&self, context: &Value) -> Result<Option<Vec<Value>>, NoValue> {
        let value = self.value(context)?;
        if let Some(text) = value.as_str() {
            return Ok(Some(items_of_text(text)));
        }
        match value.kind() {
            ValueKind::Undefined | ValueKind::None => Ok(None),
            _ => value.try_iter().map(|items| Some(items.collect())).map_err(|_| NoValue::Failed),
        }
    }

    fn value(&self, context: &Value) -> Result<Value, NoValue> {
        self.compiled.eval(context.clone()).map_err(|error| match error.kind() {
            ErrorKind::UndefinedError => self.missing(context),
            _ => NoValue::Failed,
        })
    }

    fn missing(&self, context: &Value) -> NoValue {
        let is_missing =
            |name: &String| context.get_attr(name).is_ok_and(|value| value.is_undefined());
        match self.names().into_iter().find(is_missing) {
            Some(name) => NoValue::Missing(name),
            None if self.locals.is_empty() => NoValue::Failed,
            // A part that an item lacks.
            None => NoValue::Missing(self.source.to_string()),
        }
    }
}

fn items_of_text(text: &str) -> Vec<Value> {
    if text.trim_start().starts_with('[')
        && let Ok(items) = serde_json::from_str(text)
    {
        return items;
    }
    text.split(',').map(str::trim).filter(|item| !item.is_empty()).map(Value::from).collect()
}

/// What expressions may ask for: a contact's attributes that say something, the address, and the
/// conventions for what filters write.
pub(crate) fn context(recipient: &Recipient<'_>, text: &TextLocale) -> Value {
    let said = recipient.attributes.iter().filter(|(_, value)| !value.trim().is_empty());
    let said = said.map(|(name, value)| (name.clone(), Value::from(value.as_str())));
    let email = ("email".to_owned(), Value::from(recipient.email.as_str()));
    let conventions = Conventions::new(text, recipient.attributes);
    let conventions = (CONVENTIONS.to_owned(), Value::from_object(conventions));
    let known: BTreeMap<String, Value> = said.chain([email, conventions]).collect();
    Value::from(known)
}

/// The characters of an expression that stand in none of its texts.
fn outside_texts(source: &str) -> impl Iterator<Item = (usize, char)> {
    let mut quote = None;
    let mut is_escaped = false;
    source.char_indices().filter(move |(_, c)| match (quote, c) {
        (Some(_), _) if std::mem::take(&mut is_escaped) => false,
        (Some(_), '\\') => {
            is_escaped = true;
            false
        }
        (Some(open), c) => {
            if *c == open {
                quote = None;
            }
            false
        }
        (None, '"' | '\'') => {
            quote = Some(*c);
            false
        }
        (None, _) => true,
    })
}

/// Whether the dot at `at` asks for a part of a value, and belongs to no number.
fn is_part(source: &str, at: usize) -> bool {
    let after = source.get(at + 1..).and_then(|rest| rest.chars().next());
    after.is_some_and(|c| c.is_alphabetic() || c == '_')
}

/// The name that the parts before the dot at `at` begin with.
fn chain_start(source: &str, at: usize) -> &str {
    let before = source.get(..at).unwrap_or_default();
    let is_chain = |c: char| c.is_alphanumeric() || matches!(c, '_' | '.');
    let chain = before.trim_end_matches(is_chain).len();
    before.get(chain..).and_then(|chain| chain.split('.').next()).unwrap_or_default()
}

/// The names behind the bars of an expression.
fn filters(source: &str) -> impl Iterator<Item = &str> {
    outside_texts(source).filter(|(_, c)| *c == '|').filter_map(|(at, _)| {
        let rest = source.get(at + 1..)?.trim_start();
        let end = rest.find(|c: char| !(c.is_alphanumeric() || c == '_')).unwrap_or(rest.len());
        rest.get(..end)
    })
}

impl std::fmt::Debug for Expression {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Expression({})", self.source)
    }
}

impl PartialEq for Expression {
    fn eq(&self, other: &Self) -> bool {
        self.source == other.source && self.locals == other.locals
    }
}

impl Eq for Expression {}

#[cfg(test)]
mod tests {
    use model::{ContactId, EmailAddress};

    use super::*;

    fn text(source: &str) -> Result<String, NoValue> {
        let email = EmailAddress::parse("a@b.example").unwrap();
        let attributes: BTreeMap<String, String> = [
            ("name", "zoë"),
            ("age", "41"),
            ("blank", " "),
            ("due", "2026-03-01"),
            ("price", "1234.5"),
        ]
        .map(|(name, value)| (name.to_owned(), value.to_owned()))
        .into();
        let recipient =
            Recipient { contact: Some(ContactId(1)), ..Recipient::test(&email, &attributes) };
        Expression::parse(source, &[]).unwrap().text(&context(&recipient, &TextLocale::default()))
    }

    #[test]
    fn expressions_have_the_values_of_the_contact() {
        for (source, expect) in [
            ("name | title", "Zoë"),
            ("email", "a@b.example"),
            ("'old' if age | int > 40 else 'young'", "old"),
            ("none_such | default('there') | upper", "THERE"),
            ("blank | default(name)", "zoë"),
            ("name ~ '!' * 2", "zoë!!"),
            ("due | date", "March 1, 2026"),
            ("due | date('full')", "Sunday, March 1, 2026"),
            ("none_such | date | default('soon')", "soon"),
            ("price | number", "1,234.5"),
            ("(price | float * 2) | number(2)", "2,469.00"),
            ("price | money('EUR')", "€1,234.50"),
        ] {
            assert_eq!(text(source).as_deref(), Ok(expect), "{source}");
        }
        assert_eq!(text("none_such | upper"), Err(NoValue::Missing("none_such".to_owned())));
        assert_eq!(text("blank"), Err(NoValue::Missing("blank".to_owned())));
        assert_eq!(text("none_such | money('EUR')"), Err(NoValue::Missing("none_such".to_owned())));
        assert_eq!(text("name / 2"), Err(NoValue::Failed));
        assert_eq!(text("name | date"), Err(NoValue::Failed));
        assert_eq!(text("range(100000) | list | length"), Err(NoValue::Failed));
    }

    #[test]
    fn what_is_no_expression_is_told() {
        for (source, expect) in [
            ("name | shout", "uses `shout`, which is none of the filters"),
            ("name | safe", "uses `safe`"),
            ("name.upper()", "has a dot before a name"),
            (
                "name | date('ful')",
                "asks for a date as `ful`; use one of short, medium, long, full",
            ),
            ("name | number(13)", "asks for more than 12 digits"),
            ("name | money", "names no currency"),
            ("name | money('euro')", "names no currency"),
            ("name ==", "can't be read: "),
            ("", "can't be read: "),
            (&"x".repeat(1_001), "is longer than 1000 bytes"),
        ] {
            let problem = Expression::parse(source, &[]).unwrap_err();
            assert!(problem.starts_with(expect), "{source}: {problem}");
        }
        assert!(Expression::parse("'a.b | c\\' | d' | upper ~ 1.5", &[]).is_ok());
        assert_eq!(Expression::parse("b ~ a ~ b", &[]).unwrap().names(), ["a", "b"]);
    }
}
