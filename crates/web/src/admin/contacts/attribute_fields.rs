//! Declared attributes as fields of a contact's form, by their kind.
//!
//! Invariant: what nobody has touched is no change: a value that its field could not hold (a date of another
//! form, several lines) stands in a field that can.

use model::AttributeKind;
use store::DeclaredAttribute;

use crate::admin::contacts::attribute_lines::Attributes;
use crate::admin::page::choice::Choice;
use crate::admin::page::form::Form;

/// What a form calls the field of an attribute, before its name.
const PREFIX: &str = "attribute.";

/// One attribute as a field.
pub(crate) struct AttributeField {
    pub(crate) name: String,
    pub(crate) label: String,
    pub(crate) value: String,
    /// The type of an input; nothing where there are choices.
    pub(crate) input: &'static str,
    pub(crate) choices: Vec<Choice>,
    /// What would be right, when the value is none of its kind.
    pub(crate) wrong: Option<String>,
}

/// The fields of declared attributes, and the attributes that are left for lines.
pub(crate) fn split(
    declared: &[DeclaredAttribute],
    mut attributes: Attributes,
) -> (Vec<AttributeField>, Attributes) {
    let mut fields = Vec::with_capacity(declared.len());
    for it in declared {
        let value = attributes.get(&it.name).cloned().unwrap_or_default();
        if value.contains(['\n', '\r']) {
            continue;
        }
        attributes.remove(&it.name);
        fields.push(AttributeField::new(it, value));
    }
    (fields, attributes)
}

/// What was typed into the fields, over what stands in lines; an attribute that is named there is as
/// there.
pub(crate) fn typed(form: &Form, lines: Attributes) -> Attributes {
    let fields = form.pairs().filter_map(|(field, value)| {
        let name = field.strip_prefix(PREFIX)?;
        (!value.is_empty()).then(|| (name.to_owned(), value.to_owned()))
    });
    let mut all: Attributes = fields.collect();
    all.extend(lines);
    all
}

impl AttributeField {
    fn new(it: &DeclaredAttribute, value: String) -> Self {
        let problem = match value.is_empty() {
            true => None,
            false => it.kind.canonical(&value).err(),
        };
        let (input, choices) = match &it.kind {
            AttributeKind::Date if problem.is_none() => ("date", Vec::new()),
            AttributeKind::YesNo => ("", choices(["yes".to_owned(), "no".to_owned()], &value)),
            AttributeKind::List(list) => ("", choices(list.as_slice().iter().cloned(), &value)),
            _ => ("text", Vec::new()),
        };
        Self {
            name: it.name.clone(),
            label: it.label.clone(),
            value,
            input,
            choices,
            wrong: problem.map(|problem| problem.to_string()),
        }
    }

    /// What the form calls it.
    pub(crate) fn field(&self) -> String {
        format!("{PREFIX}{}", self.name)
    }
}

/// Nothing, each choice, and the value if it is none of them.
fn choices(known: impl IntoIterator<Item = String>, value: &str) -> Vec<Choice> {
    let choice = |word: String, name: String| Choice { chosen: word == value, word, name };
    let mut all = vec![choice(String::new(), "not known".to_owned())];
    all.extend(known.into_iter().map(|word| choice(word.clone(), word)));
    if !all.iter().any(|it| it.chosen) {
        all.push(choice(value.to_owned(), value.to_owned()));
    }
    all
}

#[cfg(test)]
mod tests {
    use super::*;

    fn declared(name: &str, word: &str, list: &[&str]) -> DeclaredAttribute {
        let list: Vec<String> = list.iter().map(|it| (*it).to_owned()).collect();
        let kind = AttributeKind::parse(word, &list).unwrap();
        let (name, label) = (name.to_owned(), name.to_owned());
        DeclaredAttribute { name, kind, label, position: 1, created_at: None }
    }

    #[test]
    fn a_field_holds_whatever_the_contact_has() {
        let all = [
            declared("born", "date", &[]),
            declared("pro", "yes_no", &[]),
            declared("plan", "list", &["free", "team"]),
            declared("note", "text", &[]),
        ];
        let pairs = [("born", "3.4.1970"), ("pro", "ja"), ("plan", "old"), ("note", "a\nb")];
        let has: Attributes =
            pairs.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect();
        let (fields, lines) = split(&all, has);
        assert_eq!(lines.into_keys().collect::<Vec<_>>(), ["note"]);
        let born = &fields[0];
        assert_eq!((born.input, born.value.as_str()), ("text", "3.4.1970"));
        assert!(born.wrong.as_ref().is_some_and(|it| it.contains("2026-11-28")));
        for (field, chosen) in fields[1..].iter().zip(["ja", "old"]) {
            let found = field.choices.iter().find(|it| it.chosen).unwrap();
            assert_eq!(found.word, chosen);
        }
        let (fields, _) =
            split(&all[..1], Attributes::from([("born".into(), "1970-04-03".into())]));
        assert_eq!((fields[0].input, &fields[0].wrong), ("date", &None));
    }
}
