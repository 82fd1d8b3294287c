//! What `{% if ... %}` asks for. The plain questions are answered without minijinja.

use minijinja::value::Value;

use crate::template::expression::{Expression, NoValue};

#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Condition {
    /// `name`: the contact has a value that says something.
    Has(String),
    /// `name == "text"`.
    Is {
        name: String,
        text: String,
    },
    /// `not ...`, and `name != "text"`.
    Not(Box<Condition>),
    Other(Expression),
}

impl Condition {
    /// Reads a condition inside loops that give `locals` their values.
    ///
    /// # Errors
    /// Says what is wrong.
    pub(crate) fn parse(source: &str, locals: &[String]) -> Result<Self, String> {
        // Every condition is one that minijinja understands.
        let expression = Expression::parse_question(source, locals)?;
        if !expression.locals().is_empty() {
            return Ok(Self::Other(expression));
        }
        Ok(Self::plain(source.trim()).unwrap_or(Self::Other(expression)))
    }

    /// Whether a loop around it can change the answer.
    pub(crate) fn is_local(&self) -> bool {
        self.expression().is_some_and(|expression| !expression.locals().is_empty())
    }

    /// The expression that it is, unless it is a plain question.
    pub(crate) fn expression(&self) -> Option<&Expression> {
        match self {
            Self::Other(expression) => Some(expression),
            _ => None,
        }
    }

    fn plain(source: &str) -> Option<Self> {
        if let Some(rest) = source.strip_prefix("not ") {
            return Self::plain(rest.trim()).map(|inner| Self::Not(Box::new(inner)));
        }
        let is = |(name, text): (&str, &str)| {
            Some(Self::Is { name: plain_name(name)?, text: plain_text(text)? })
        };
        if let Some(sides) = source.split_once("==") {
            return is(sides);
        }
        if let Some(sides) = source.split_once("!=") {
            return is(sides).map(|inner| Self::Not(Box::new(inner)));
        }
        plain_name(source).map(Self::Has)
    }

    /// The attributes that it asks for.
    pub(crate) fn names(&self) -> Vec<String> {
        match self {
            Self::Has(name) | Self::Is { name, .. } => vec![name.clone()],
            Self::Not(inner) => inner.names(),
            Self::Other(expression) => expression.names(),
        }
    }

    /// Whether it holds. `value` tells an attribute that says something; `context` has the same for
    /// expressions.
    pub(crate) fn holds<'v>(
        &self,
        value: &impl Fn(&str) -> Option<&'v str>,
        context: &impl Fn() -> Value,
    ) -> Result<bool, NoValue> {
        match self {
            Self::Has(name) => Ok(value(name).is_some()),
            Self::Is { name, text } => Ok(value(name) == Some(text)),
            Self::Not(inner) => inner.holds(value, context).map(|holds| !holds),
            Self::Other(expression) => expression.holds(&context()),
        }
    }
}

fn plain_name(text: &str) -> Option<String> {
    let text = text.trim();
    is_plain_name(text).then(|| text.to_owned())
}

/// Whether it is a name and no word of the language.
pub(crate) fn is_plain_name(text: &str) -> bool {
    const RESERVED: [&str; 12] =
        ["and", "or", "not", "in", "is", "if", "else", "true", "false", "none", "True", "False"];
    text.starts_with(|c: char| c.is_ascii_lowercase() || c == '_')
        && text.chars().all(|c| c.is_ascii_alphanumeric() || c == '_')
        && !RESERVED.contains(&text)
}

fn plain_text(text: &str) -> Option<String> {
    let text = text.trim();
    let quote = text.chars().next().filter(|c| matches!(c, '"' | '\''))?;
    let inner = text.strip_prefix(quote)?.strip_suffix(quote)?;
    (!inner.contains(['"', '\'', '\\'])).then(|| inner.to_owned())
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use model::{ContactId, EmailAddress};
    use proptest::prelude::*;

    use super::*;
    use crate::locale::TextLocale;
    use crate::sender::Recipient;
    use crate::template::expression::context;

    #[test]
    fn plain_questions_need_no_expression() {
        let has = |name: &str| Condition::Has(name.to_owned());
        let is = |name: &str, text: &str| Condition::Is { name: name.into(), text: text.into() };
        let not = |inner| Condition::Not(Box::new(inner));
        for (source, expect) in [
            ("vip", has("vip")),
            (" not vip ", not(has("vip"))),
            ("plan == 'pro'", is("plan", "pro")),
            ("plan != \"a b\"", not(is("plan", "a b"))),
            ("not plan == ''", not(is("plan", ""))),
        ] {
            assert_eq!(Condition::parse(source, &[]), Ok(expect), "{source}");
        }
        for source in ["a and b", "true", "a == b", "a == 'x' or b == 'y'", "a | int > 3", "(a)"] {
            assert!(matches!(Condition::parse(source, &[]), Ok(Condition::Other(_))), "{source}");
        }
        assert!(Condition::parse("a ==", &[]).is_err());
        assert_eq!(Condition::parse("a and (b or a)", &[]).unwrap().names(), ["a", "b"]);
    }

    fn question() -> impl Strategy<Value = String> {
        let name = prop::sample::select(vec!["a", "b", "missing"]);
        let text = prop::sample::select(vec!["", "x", "y z", "0"]);
        (name, text, 0..6_u8).prop_map(|(name, text, form)| match form {
            0 => name.to_owned(),
            1 => format!("not {name}"),
            2 => format!("{name} == \"{text}\""),
            3 => format!("{name} != '{text}'"),
            4 => format!("not {name} == '{text}'"),
            _ => format!("not not {name}"),
        })
    }

    proptest! {
        #[test]
        fn a_plain_question_has_the_answer_that_minijinja_gives(
            source in question(),
            a in prop::sample::select(vec!["", " ", "x", "y z", "0"]),
            b in prop::sample::select(vec!["x", "0", "false"]),
        ) {
            let condition = Condition::parse(&source, &[]).unwrap();
            prop_assert!(!matches!(condition, Condition::Other(_)), "{}", source);
            let email = EmailAddress::parse("a@b.example").unwrap();
            let attributes: BTreeMap<String, String> =
                [("a", a), ("b", b)].map(|(name, value)| (name.into(), value.into())).into();
            let recipient =
                Recipient { contact: Some(ContactId(1)), ..Recipient::test(&email, &attributes) };
            let context = context(&recipient, &TextLocale::default());
            let value = |name: &str| {
                attributes.get(name).map(String::as_str).filter(|value| !value.trim().is_empty())
            };
            let own = condition.holds(&value, &|| context.clone());
            prop_assert_eq!(own, Expression::parse_question(&source, &[]).unwrap().holds(&context));
        }
    }
}
