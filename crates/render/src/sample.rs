//! Made-up values with which an announcement can be looked at before there are contacts.
//!
//! Every value gets the form that the announcement needs: a date where one is written, a list with
//! the parts that a loop asks its items for.

use std::collections::{BTreeMap, BTreeSet};

use minijinja::value::Value;

use crate::compiled::Compiled;
use crate::fill::contact_values::Holes;
use crate::locale::TextLocale;
use crate::sender::Recipient;
use crate::template::expression::{Expression, context};
use crate::template::{LoopHead, ValueSource};
use model::EmailAddress;

/// Forms that a value can have when a word is not enough.
const FORMS: [&str; 3] = ["12.5", "2027-03-01T09:30:00Z", "https://www.example.com/"];
/// Names in one expression whose forms are tried together.
const MOST_NAMES: usize = 4;
/// Deeper loops get words.
const DEEPEST: usize = 4;

impl Compiled {
    /// A made-up value for each attribute that the announcement asks for.
    #[must_use]
    pub fn sample_values(&self) -> BTreeMap<String, String> {
        let mut samples: BTreeMap<String, String> =
            self.tags().iter().map(|name| (name.clone(), word(name))).collect();
        for language in self.languages() {
            fit(&language.holes, &mut samples);
        }
        samples
    }
}

/// Gives the made-up values the forms that the announcement needs.
fn fit(holes: &Holes, samples: &mut BTreeMap<String, String>) {
    for LoopHead { name, list } in &holes.lists {
        let parts = parts(holes, name);
        for outer in list.names() {
            let items = match parts.is_empty() {
                true => "one, two".to_owned(),
                false => serde_json::Value::from(items(holes, name, 0)).to_string(),
            };
            samples.insert(outer, items);
        }
    }
    for target in &holes.targets {
        if let Some(ValueSource::Attribute(name)) = target.whole().and_then(|it| source(holes, it))
        {
            samples.insert(name.clone(), FORMS[2].to_owned());
        }
    }
    for expression in expressions(holes).filter(|it| it.locals().is_empty()) {
        let mut names = expression.names();
        names.retain(|name| name != "email");
        let known = fitting(expression, &names, samples);
        samples.extend(known.into_iter().flatten());
    }
}

/// A word in the place of an attribute.
fn word(name: &str) -> String {
    match name {
        "first_name" | "name" => "Ann".to_owned(),
        "last_name" => "Example".to_owned(),
        "language" => "en".to_owned(),
        "timezone" => "Europe/London".to_owned(),
        other => format!("[{other}]"),
    }
}

fn source(holes: &Holes, value: usize) -> Option<&ValueSource> {
    holes.values.get(value)?.as_ref().map(|value| &value.source)
}

fn expressions(holes: &Holes) -> impl Iterator<Item = &Expression> {
    holes.values.iter().flatten().filter_map(|value| match &value.source {
        ValueSource::Expression(expression) => Some(expression),
        _ => None,
    })
}

/// Values for `names` with which the expression makes a text, beginning with those that `samples` has;
/// nothing when none of those tried do.
fn fitting(
    expression: &Expression,
    names: &[String],
    samples: &BTreeMap<String, String>,
) -> Option<BTreeMap<String, String>> {
    let tried = &names[..names.len().min(MOST_NAMES)];
    let ways = (FORMS.len() + 1).pow(u32::try_from(tried.len()).ok()?);
    let email = EmailAddress::parse("ann@example.com").ok()?;
    (0..ways).find_map(|way| {
        let mut rest = way;
        let mut known = samples.clone();
        for name in tried {
            if let Some(form) =
                (rest % (FORMS.len() + 1)).checked_sub(1).and_then(|at| FORMS.get(at))
            {
                known.insert(name.clone(), (*form).to_owned());
            }
            rest /= FORMS.len() + 1;
        }
        let recipient = Recipient::test(&email, &known);
        expression.text(&context(&recipient, &TextLocale::default())).is_ok().then_some(known)
    })
}

/// Two items of a loop whose items are called `name`.
fn items(holes: &Holes, name: &str, depth: usize) -> Vec<serde_json::Value> {
    let item = |number: &str| {
        let mut item = serde_json::Map::new();
        for part in parts(holes, name) {
            let inner = holes.lists.iter().find(|head| {
                head.list.locals().iter().any(|local| local == name)
                    && head.list.source().starts_with(&format!("{name}.{part}"))
            });
            let value = match inner {
                Some(head) if depth < DEEPEST && !parts(holes, &head.name).is_empty() => {
                    serde_json::Value::from(items(holes, &head.name, depth + 1))
                }
                Some(_) => "one, two".into(),
                None => part_value(holes, name, &part, number).into(),
            };
            item.insert(part, value);
        }
        serde_json::Value::Object(item)
    };
    vec![item("1"), item("2")]
}

/// A value for a part of an item, with which the expressions over this part alone make a text.
fn part_value(holes: &Holes, name: &str, part: &str, number: &str) -> String {
    let asked = format!("{name}.{part}");
    let own: Vec<&Expression> = expressions(holes)
        .filter(|it| chains(it.source(), name).all(|chain| chain == part))
        .filter(|it| it.source().contains(&asked) && it.names().is_empty())
        .collect();
    let word = format!("[{part} {number}]");
    let is_whole = holes.targets.iter().any(|target| {
        let source = target.whole().and_then(|value| source(holes, value));
        matches!(source, Some(ValueSource::Expression(it)) if it.source() == asked)
    });
    if is_whole {
        return FORMS[2].to_owned();
    }
    let fits = |value: &str| {
        let item = Value::from(BTreeMap::from([(part.to_owned(), Value::from(value))]));
        let context = Value::from(BTreeMap::from([(name.to_owned(), item)]));
        own.iter().all(|it| it.text(&context).is_ok())
    };
    let mut tried = std::iter::once(word.as_str()).chain(FORMS);
    tried.find(|value| fits(value)).unwrap_or(&word).to_owned()
}

/// The parts that the announcement asks for of what a loop calls `name`.
fn parts(holes: &Holes, name: &str) -> BTreeSet<String> {
    let conditions = holes.conditions.iter().filter_map(|it| it.expression());
    let lists = holes.lists.iter().map(|head| &head.list);
    let all = expressions(holes).chain(conditions).chain(lists);
    let local = all.filter(|it| it.locals().iter().any(|local| local == name));
    local.flat_map(|it| chains(it.source(), name)).map(str::to_owned).collect()
}

/// The first parts behind `name` in an expression: `a` and `b` in `item.a ~ item.b.c`.
fn chains<'s>(source: &'s str, name: &str) -> impl Iterator<Item = &'s str> {
    let is_word = |c: char| c.is_alphanumeric() || c == '_';
    let asked = format!("{name}.");
    let starts: Vec<usize> = source.match_indices(&asked).map(|(at, _)| at).collect();
    starts.into_iter().filter_map(move |at| {
        let before = source.get(..at)?.chars().next_back();
        let part = source.get(at + asked.len()..)?;
        let end = part.find(|c: char| !is_word(c)).unwrap_or(part.len());
        let is_name = !before.is_some_and(|c| is_word(c) || c == '.');
        part.get(..end).filter(|part| is_name && !part.is_empty())
    })
}

#[cfg(test)]
mod tests {
    use crate::tests::{Reader, compiled, html, markdown};

    #[test]
    fn made_up_values_have_the_forms_that_are_needed() {
        for text in [
            markdown("{{ first_name }} {{ plan }} {{ due | date }} {{ seats | int + 1 }}"),
            markdown("{{ price | money('EUR') ~ ' ' ~ (due | datetime) }} {{ x | default('') }}"),
            markdown(
                "{% for item in cart %}{{ item.name }} {{ item.price | number(2) }} \
                 {% if item.old %}{{ loop.index }}{% endif %}{% endfor %}",
            ),
            markdown("{% for c in colours | split(';') %}{{ c }}{% endfor %}"),
            markdown(
                "{% for group in groups %}{{ group.name }}{% for p in group.people %}\
                 {{ p.born | date('short') }}{% endfor %}{% endfor %}",
            ),
            html("<a href='{{ url }}'>a</a><a href='https://x.example/{{ id }}'>b</a>"),
            html("{% for i in all %}<a href='{{ i.url }}'>{{ i.title }}</a>{% endfor %}"),
            markdown("x").replace("subject: News", "subject: \"{{ due | date }}\""),
        ] {
            let compiled = compiled(&text);
            let samples = compiled.sample_values();
            let values: Vec<(&str, &str)> =
                samples.iter().map(|(name, value)| (name.as_str(), value.as_str())).collect();
            let reader = Reader::new("ann@example.com", &values);
            assert_eq!(compiled.check(&reader.recipient()), Ok(()), "{text}\n{samples:?}");
            assert!(reader.message(&compiled).is_ok(), "{text}");
        }
    }
}
