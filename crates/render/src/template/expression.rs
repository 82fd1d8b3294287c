//! Expressions in merge tags and conditions, evaluated by minijinja: `{{ name | upper }}`,
//! `{% if plan == "pro" %}`.
//!
//! Names are strict: a name that a contact has no value for makes no text, but may be asked for. Work
//! is bounded by fuel.

use std::collections::BTreeMap;
use std::sync::{Arc, LazyLock};

use minijinja::value::{Value, ValueKind};
use minijinja::{Environment, ErrorKind, UndefinedBehavior};

use crate::sender::Recipient;

/// Instructions that one expression may take for one contact.
const FUEL: u64 = 10_000;
/// The longest expression, in bytes.
const EXPRESSION_BYTES: usize = 1_000;

/// The filters that expressions may use; what writes HTML or JSON has no place in them.
const FILTERS: [&str; 24] = [
    "abs",
    "capitalize",
    "d",
    "default",
    "first",
    "float",
    "int",
    "join",
    "last",
    "length",
    "lines",
    "list",
    "lower",
    "max",
    "min",
    "replace",
    "reverse",
    "round",
    "sort",
    "split",
    "string",
    "title",
    "trim",
    "upper",
];

/// For values: what is missing makes no text.
static STRICT: LazyLock<Environment<'static>> =
    LazyLock::new(|| environment(UndefinedBehavior::SemiStrict));
/// For conditions: what is missing is equal to nothing.
static LENIENT: LazyLock<Environment<'static>> =
    LazyLock::new(|| environment(UndefinedBehavior::Lenient));

fn environment(undefined: UndefinedBehavior) -> Environment<'static> {
    let mut environment = Environment::new();
    environment.set_undefined_behavior(undefined);
    environment.set_fuel(Some(FUEL));
    environment
}

#[derive(Clone)]
pub(crate) struct Expression {
    source: Arc<str>,
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
    /// An expression that makes a text.
    ///
    /// # Errors
    /// Says what is wrong.
    pub(crate) fn parse(source: &str) -> Result<Self, String> {
        Self::parse_for(&STRICT, source)
    }

    /// An expression that is a question.
    ///
    /// # Errors
    /// Says what is wrong.
    pub(crate) fn parse_question(source: &str) -> Result<Self, String> {
        Self::parse_for(&LENIENT, source)
    }

    fn parse_for(environment: &'static Environment<'static>, source: &str) -> Result<Self, String> {
        let source = source.trim();
        if source.len() > EXPRESSION_BYTES {
            return Err(format!("is longer than {EXPRESSION_BYTES} bytes"));
        }
        if outside_texts(source).any(|(at, c)| c == '.' && is_part(source, at)) {
            return Err("has a dot before a name, and values have no parts".to_owned());
        }
        if let Some(filter) = filters(source).find(|filter| !FILTERS.contains(filter)) {
            let known = FILTERS.join(", ");
            return Err(format!("uses `{filter}`, which is none of the filters: {known}"));
        }
        let compiled =
            environment.compile_expression_owned(source.to_owned()).map_err(|error| {
                format!("can't be read: {}", error.detail().unwrap_or("it is no expression"))
            })?;
        Ok(Self { source: source.into(), compiled: Arc::new(compiled) })
    }

    pub(crate) fn source(&self) -> &str {
        &self.source
    }

    /// The attributes that it asks for, in the order of the alphabet.
    pub(crate) fn names(&self) -> Vec<String> {
        let mut names: Vec<String> =
            self.compiled.undeclared_variables(false).into_iter().collect();
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

    fn value(&self, context: &Value) -> Result<Value, NoValue> {
        self.compiled.eval(context.clone()).map_err(|error| match error.kind() {
            ErrorKind::UndefinedError => self.missing(context),
            _ => NoValue::Failed,
        })
    }

    fn missing(&self, context: &Value) -> NoValue {
        let is_missing =
            |name: &String| context.get_attr(name).is_ok_and(|value| value.is_undefined());
        self.names().into_iter().find(is_missing).map_or(NoValue::Failed, NoValue::Missing)
    }
}

/// What expressions may ask for: a contact's attributes that say something, and the address.
pub(crate) fn context(recipient: &Recipient<'_>) -> Value {
    let said = recipient.attributes.iter().filter(|(_, value)| !value.trim().is_empty());
    let said = said.map(|(name, value)| (name.clone(), Value::from(value.as_str())));
    let email = ("email".to_owned(), Value::from(recipient.email.as_str()));
    let known: BTreeMap<String, Value> = said.chain([email]).collect();
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
        self.source == other.source
    }
}

impl Eq for Expression {}

#[cfg(test)]
mod tests {
    use model::{ContactId, EmailAddress};

    use super::*;

    fn text(source: &str) -> Result<String, NoValue> {
        let email = EmailAddress::parse("a@b.example").unwrap();
        let attributes: BTreeMap<String, String> = [("name", "zoë"), ("age", "41"), ("blank", " ")]
            .map(|(name, value)| (name.to_owned(), value.to_owned()))
            .into();
        let recipient = Recipient { contact: ContactId(1), email: &email, attributes: &attributes };
        Expression::parse(source).unwrap().text(&context(&recipient))
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
        ] {
            assert_eq!(text(source).as_deref(), Ok(expect), "{source}");
        }
        assert_eq!(text("none_such | upper"), Err(NoValue::Missing("none_such".to_owned())));
        assert_eq!(text("blank"), Err(NoValue::Missing("blank".to_owned())));
        assert_eq!(text("name / 2"), Err(NoValue::Failed));
        assert_eq!(text("range(100000) | list | length"), Err(NoValue::Failed));
    }

    #[test]
    fn what_is_no_expression_is_told() {
        for (source, expect) in [
            ("name | shout", "uses `shout`, which is none of the filters"),
            ("name | safe", "uses `safe`"),
            ("name.upper()", "has a dot before a name"),
            ("name ==", "can't be read: "),
            ("", "can't be read: "),
            (&"x".repeat(1_001), "is longer than 1000 bytes"),
        ] {
            let problem = Expression::parse(source).unwrap_err();
            assert!(problem.starts_with(expect), "{source}: {problem}");
        }
        assert!(Expression::parse("'a.b | c\\' | d' | upper ~ 1.5").is_ok());
        assert_eq!(Expression::parse("b ~ a ~ b").unwrap().names(), ["a", "b"]);
    }
}
