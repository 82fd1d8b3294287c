//! A form as its page shows it, with what was typed and what is wrong with it.

use actions::{JOIN_PROOF_BITS, JoinField, JoinProblem, ShownForm, TypedJoin};
use campaign::RecipientWords;
use model::AttributeKind;
use store::DeclaredAttribute;

pub(crate) struct FormView {
    pub(crate) name: String,
    pub(crate) title: String,
    pub(crate) bits: u32,
    pub(crate) stamp: String,
    pub(crate) address: String,
    pub(crate) address_problem: Option<String>,
    pub(crate) fields: Vec<FieldView>,
    pub(crate) topics: Vec<OfferedTopic>,
    pub(crate) topics_problem: Option<String>,
    pub(crate) asks_age: bool,
    pub(crate) birth_month: String,
    pub(crate) birth_year: String,
    pub(crate) birth_problem: Option<String>,
    /// Its paragraphs.
    pub(crate) notice: Vec<String>,
    pub(crate) has_problems: bool,
}

pub(crate) struct FieldView {
    pub(crate) id: String,
    pub(crate) name: String,
    pub(crate) label: String,
    pub(crate) is_required: bool,
    /// The kind of the field in HTML.
    pub(crate) input: &'static str,
    pub(crate) autocomplete: Option<&'static str>,
    /// Value and words of each; empty when something is typed.
    pub(crate) choices: Vec<(String, String)>,
    pub(crate) value: String,
    pub(crate) hint: String,
    pub(crate) problem: Option<String>,
}

pub(crate) struct OfferedTopic {
    pub(crate) slug: String,
    pub(crate) name: String,
    pub(crate) is_ticked: bool,
}

impl FormView {
    pub(super) fn new(
        shown: &ShownForm,
        (typed, problems): (&TypedJoin, &[JoinProblem]),
        words: RecipientWords,
        stamp: String,
    ) -> Self {
        let problem = |field: &JoinField| problems.iter().find(|it| it.field == *field);
        let told = |field: JoinField, key: &str| {
            let found = problem(&field)?;
            Some(words.text(if found.is_missing { "join-missing" } else { key }))
        };
        let field = |(at, (attribute, is_required)): (usize, &(DeclaredAttribute, bool))| {
            let problem = told(JoinField::Value(attribute.name.clone()), "join-wrong-value");
            let value = typed.values.get(&attribute.name).cloned().unwrap_or_default();
            FieldView { value, problem, ..field_view(at, attribute, *is_required, words) }
        };
        let topics = shown.topics.iter().map(|it| OfferedTopic {
            slug: it.slug.clone(),
            name: it.name.clone(),
            is_ticked: typed.topics.contains(&it.slug),
        });
        Self {
            name: shown.form.name.clone(),
            title: shown.form.title.clone(),
            bits: JOIN_PROOF_BITS,
            stamp,
            address: typed.address.clone(),
            address_problem: told(JoinField::Address, "ask-wrong-address"),
            fields: shown.fields.iter().enumerate().map(field).collect(),
            topics: topics.collect(),
            topics_problem: problem(&JoinField::Topics).map(|_| words.text("join-no-topic")),
            asks_age: shown.form.asks_age,
            birth_month: typed.birth_month.clone(),
            birth_year: typed.birth_year.clone(),
            birth_problem: told(JoinField::Birth, "join-wrong-birth"),
            notice: shown.form.notice.split("\n\n").map(str::to_owned).collect(),
            has_problems: !problems.is_empty(),
        }
    }
}

fn field_view(
    at: usize,
    attribute: &DeclaredAttribute,
    is_required: bool,
    words: RecipientWords,
) -> FieldView {
    let own = |text: &String| (text.clone(), text.clone());
    let (input, hint, choices) = match &attribute.kind {
        AttributeKind::Text => ("text", None, Vec::new()),
        AttributeKind::Number => ("text", Some("join-hint-number"), Vec::new()),
        AttributeKind::Date => ("date", Some("join-hint-date"), Vec::new()),
        AttributeKind::Language => ("text", Some("join-hint-language"), Vec::new()),
        AttributeKind::TimeZone => ("text", Some("join-hint-zone"), Vec::new()),
        AttributeKind::List(_) => ("", None, attribute.kind.choices().iter().map(own).collect()),
        AttributeKind::YesNo => {
            let both = [("yes", "join-yes"), ("no", "join-no")];
            ("", None, both.map(|(value, key)| (value.to_owned(), words.text(key))).into())
        }
    };
    FieldView {
        id: format!("field-{at}"),
        name: attribute.name.clone(),
        label: attribute.label.clone(),
        is_required,
        input,
        autocomplete: autocomplete(&attribute.name),
        choices,
        value: String::new(),
        hint: hint.map_or_else(String::new, |key| words.text(key)),
        problem: None,
    }
}

/// What browsers fill in by themselves (WCAG 2.2, 1.3.5), for the usual names of attributes.
fn autocomplete(name: &str) -> Option<&'static str> {
    Some(match name {
        "first_name" | "given_name" => "given-name",
        "last_name" | "family_name" => "family-name",
        "name" | "full_name" => "name",
        "company" | "organisation" | "organization" => "organization",
        "city" => "address-level2",
        "country" => "country-name",
        "postcode" | "postal_code" | "zip" => "postal-code",
        "phone" => "tel",
        _ => return None,
    })
}
