//! The filters of expressions: those of Jinja that make texts, numbers and lists, and dates, numbers
//! and money as the reader's language writes them.

use minijinja::value::{Object, Value};
use minijinja::{Environment, Error, ErrorKind, State, UndefinedBehavior};

use crate::locale::{Conventions, DateForm, DatePart, currency_type, date_text};
use crate::locale::{money_text, number_text};

/// Instructions that one expression may take for one contact.
const FUEL: u64 = 10_000;
/// Most digits behind the point.
const MOST_DIGITS: u8 = 12;

/// What may be used; what writes HTML or JSON has no place in a message.
pub(crate) const FILTERS: [&str; 29] = [
    "abs",
    "capitalize",
    "d",
    "date",
    "datetime",
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
    "money",
    "number",
    "replace",
    "reverse",
    "round",
    "sort",
    "split",
    "string",
    "time",
    "title",
    "trim",
    "upper",
];

/// The name of the conventions among the values of a contact; no author can write it.
pub(crate) const CONVENTIONS: &str = "\0conventions";

/// A filter can't be used like that, whatever the values are.
#[derive(Debug, thiserror::Error)]
#[error("{0}")]
pub(crate) struct BadArgument(String);

pub(crate) fn environment(undefined: UndefinedBehavior) -> Environment<'static> {
    let mut environment = Environment::new();
    environment.set_undefined_behavior(undefined);
    environment.set_fuel(Some(FUEL));
    environment.add_filter("date", |state: &State<'_, '_>, value: Value, form: Option<String>| {
        date(state, &value, DatePart::Date, form.as_deref())
    });
    environment.add_filter("time", |state: &State<'_, '_>, value: Value| {
        date(state, &value, DatePart::Time, None)
    });
    environment.add_filter(
        "datetime",
        |state: &State<'_, '_>, value: Value, form: Option<String>| {
            date(state, &value, DatePart::DateTime, form.as_deref())
        },
    );
    environment.add_filter("number", |state: &State<'_, '_>, value: Value, digits: Option<u8>| {
        number(state, &value, digits)
    });
    environment.add_filter(
        "money",
        |state: &State<'_, '_>, value: Value, currency: Option<String>| {
            money(state, &value, currency.as_deref())
        },
    );
    environment
}

impl Object for Conventions {}

fn date(
    state: &State<'_, '_>,
    value: &Value,
    part: DatePart,
    form: Option<&str>,
) -> Result<Value, Error> {
    let named = |name: &str| DateForm::NAMES.into_iter().find(|(known, _)| *known == name);
    let form = match form.map(|name| (name, named(name))) {
        None => DateForm::Long,
        Some((_, Some((_, form)))) => form,
        Some((name, None)) => {
            let forms = DateForm::NAMES.map(|(name, _)| name).join(", ");
            return Err(bad_argument(format!("asks for a date as `{name}`; use one of {forms}")));
        }
    };
    written(state, value, |text, conventions| date_text(text, part, form, conventions))
}

fn number(state: &State<'_, '_>, value: &Value, digits: Option<u8>) -> Result<Value, Error> {
    if digits.is_some_and(|digits| digits > MOST_DIGITS) {
        return Err(bad_argument(format!("asks for more than {MOST_DIGITS} digits")));
    }
    written(state, value, |text, conventions| number_text(text, digits, conventions))
}

fn money(state: &State<'_, '_>, value: &Value, currency: Option<&str>) -> Result<Value, Error> {
    let Some(currency) = currency.filter(|code| currency_type(code).is_some()) else {
        let what = "names no currency; write its code, such as money(\"EUR\")";
        return Err(bad_argument(what.to_owned()));
    };
    written(state, value, |text, conventions| money_text(text, currency, conventions))
}

/// What is missing stays missing, so that a default can follow.
fn written(
    state: &State<'_, '_>,
    value: &Value,
    write: impl Fn(&str, &Conventions) -> Option<String>,
) -> Result<Value, Error> {
    if value.is_undefined() || value.is_none() {
        return Ok(value.clone());
    }
    let conventions = state.lookup(CONVENTIONS);
    let conventions = conventions.as_ref().and_then(|it| it.downcast_object_ref::<Conventions>());
    let text = match conventions {
        Some(conventions) => write(&value.to_string(), conventions),
        None => write(&value.to_string(), &Conventions::default()),
    };
    text.map(Value::from)
        .ok_or_else(|| Error::new(ErrorKind::InvalidOperation, "the value has another form"))
}

fn bad_argument(what: String) -> Error {
    Error::new(ErrorKind::InvalidOperation, what.clone()).with_source(BadArgument(what))
}
