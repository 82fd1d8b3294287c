//! What somebody says about the columns of a file.

use audience::{
    Everyone, EvidenceKind, ImportSpec, OnFinding, PreviewColumn, PreviewRole, ReviewWishes,
};
use model::{ConsentBasis, TagName, TrackingMode};
use store::ImportBasis;

use crate::admin::page::choice::Choice;
use crate::admin::page::form::Form;
use crate::admin::page::tracking_choice::MODES;

use super::reading::Reading;

/// What a column can become, by the word of the form.
const ROLES: [(&str, &str); 10] = [
    ("attribute", "an attribute"),
    ("values", "several attributes (JSON)"),
    ("address", "the address"),
    ("status", "who may be mailed"),
    ("consent-time", "when they agreed"),
    ("consent-ip", "the address they agreed from"),
    ("consent-form", "the form they agreed by"),
    ("tags", "tags, with commas between them"),
    ("birth-month", "when they were born: nothing is kept of children, nor this"),
    ("ignore", "nothing, it is left out"),
];

/// A column of the form.
pub(crate) struct ColumnLine {
    pub(crate) number: usize,
    pub(crate) name: String,
    /// Some of its values.
    pub(crate) values: String,
    pub(crate) roles: Vec<Choice>,
    /// The attribute's name.
    pub(crate) attribute: String,
    /// The values of people who may be mailed.
    pub(crate) mailed: String,
    pub(crate) is_undecided: bool,
}

impl ColumnLine {
    pub(crate) fn new(number: usize, column: &PreviewColumn, spec: &ImportSpec) -> Self {
        let chosen = match &column.becomes {
            PreviewRole::Address => "address",
            PreviewRole::Attribute(_) => "attribute",
            PreviewRole::Values => "values",
            PreviewRole::Evidence(kind) => kind.as_str().trim_start_matches('@'),
            PreviewRole::Tags => audience::TAGS_COLUMN.trim_start_matches('@'),
            PreviewRole::Birth => audience::BIRTH_COLUMN.trim_start_matches('@'),
            PreviewRole::Status | PreviewRole::Undecided => "status",
            PreviewRole::LeftOut => "ignore",
        };
        let role = |(word, name): (&str, &str)| Choice {
            word: word.to_owned(),
            name: name.to_owned(),
            chosen: word == chosen,
        };
        let beginning = format!("{}=", column.name);
        let mailed = spec.status.iter().find_map(|it| it.strip_prefix(&beginning));
        let attribute = match &column.becomes {
            PreviewRole::Attribute(name) => name.clone(),
            _ => String::new(),
        };
        let can_be = |(word, _): &(&str, &str)| *word != "values" || chosen == "values";
        Self {
            number,
            name: column.name.clone(),
            values: column.values.join(" · "),
            roles: ROLES.into_iter().filter(can_be).map(role).collect(),
            attribute,
            mailed: mailed.unwrap_or_default().to_owned(),
            is_undecided: column.becomes == PreviewRole::Undecided,
        }
    }
}

/// What everybody in the file can be, in words; the first is as the columns say.
pub(crate) fn everyone_choices(spec: &ImportSpec) -> Vec<Choice> {
    let words = |everyone| match everyone {
        Everyone::Subscribed => "wants mail, whatever the file is called",
        Everyone::Unconfirmed => "kept, but not subscribed",
        Everyone::Unsubscribed => "has left",
        Everyone::HardBounce => "can’t be reached: mail came back",
        Everyone::Complaint => "has called a message spam",
        Everyone::Blocked => "must never be mailed",
    };
    let each = Everyone::ALL.into_iter().map(|everyone| Choice {
        word: everyone.as_str().to_owned(),
        name: words(everyone).to_owned(),
        chosen: spec.everyone == Some(everyone),
    });
    let first = Choice {
        word: String::new(),
        name: "as the columns say".to_owned(),
        chosen: spec.everyone.is_none(),
    };
    std::iter::once(first).chain(each).collect()
}

/// By what right they can be subscribed, in words; nothing is chosen before somebody has said it.
pub(crate) fn basis_choices(spec: &ImportSpec) -> Vec<Choice> {
    let words = |basis| match basis {
        ConsentBasis::NotStated => "not stated",
        ConsentBasis::Consent => "they have agreed",
        ConsentBasis::Contract => "it belongs to a contract with them",
        ConsentBasis::ExistingCustomer => "they are customers",
        ConsentBasis::Other => "another one",
    };
    let each = ConsentBasis::ALL.into_iter().skip(1).chain([ConsentBasis::NotStated]);
    let said = spec.rehearsal || spec.basis != ImportBasis::default();
    let choice = |basis: ConsentBasis| Choice {
        word: basis.as_str().to_owned(),
        name: words(basis).to_owned(),
        chosen: said && spec.basis.basis == basis,
    };
    each.map(choice).collect()
}

/// What may be recorded of those who have said nothing, in words; the first is what holds for everybody.
pub(crate) fn tracking_choices(spec: &ImportSpec) -> Vec<Choice> {
    let each = MODES.into_iter().map(|(word, name)| Choice {
        word: word.to_owned(),
        name: name.to_owned(),
        chosen: spec.tracking.is_some_and(|mode| mode.as_str() == word),
    });
    let first = Choice {
        word: String::new(),
        name: "what holds for everybody".to_owned(),
        chosen: spec.tracking.is_none(),
    };
    std::iter::once(first).chain(each).collect()
}

/// What can be done about addresses, in words.
pub(crate) fn review_choices(spec: &ImportSpec) -> Vec<Choice> {
    let review = spec.review;
    let rejects = |it: OnFinding| it == OnFinding::Reject;
    let choice = |(word, name, chosen): (&str, &str, bool)| Choice {
        word: word.to_owned(),
        name: name.to_owned(),
        chosen,
    };
    let all = [
        (
            "reject_role",
            "Reject addresses of offices, such as info@ and sales@; otherwise they are counted and listed",
            rejects(review.role),
        ),
        (
            "reject_disposable",
            "Reject domains that give everybody a mailbox for some minutes",
            rejects(review.disposable),
        ),
        (
            "check_mx",
            "Ask DNS which domains take mail, each once and 10,000 at most; it takes its time",
            review.no_mail.is_some(),
        ),
        (
            "reject_no_mx",
            "Ask, and reject those that take none; whoever is not answered is not rejected",
            review.no_mail.is_some_and(rejects),
        ),
    ];
    all.map(choice).into()
}

/// The spec that a form describes, for a file with these columns.
pub(crate) fn spec_of(form: &Form, columns: &[PreviewColumn]) -> ImportSpec {
    let filled = |name: &str| Some(form.trimmed(name).to_owned()).filter(|text| !text.is_empty());
    let mut spec = ImportSpec {
        topic: Some(form.trimmed("topic").to_owned()).filter(|slug| !slug.is_empty()),
        everyone: Everyone::from_word(form.trimmed("everyone")),
        tracking: TrackingMode::from_word(form.trimmed("tracking")),
        tags: TagName::parse_list(form.text("tags")).unwrap_or_default(),
        basis: ImportBasis {
            basis: ConsentBasis::from_word(form.trimmed("basis")).unwrap_or_default(),
            notice: filled("notice"),
            proof: filled("proof"),
        },
        review: ReviewWishes::said(&|name| form.text(name) == "yes"),
        rehearsal: form.text("do") != "import",
        ..Reading::of(|name| form.trimmed(name)).spec()
    };
    for (number, column) in columns.iter().enumerate() {
        let field = |name: &str| form.trimmed(&format!("{name}-{number}")).to_owned();
        match field("role").as_str() {
            "ignore" => spec.ignore.push(column.name.clone()),
            "address" => spec.map.push((column.name.clone(), "email".to_owned())),
            "status" => {
                let mailed = field("mailed");
                spec.status.push(match mailed.as_str() {
                    "" => column.name.clone(),
                    mailed => format!("{}={mailed}", column.name),
                });
            }
            role if EvidenceKind::from_word(&format!("@{role}")).is_some()
                || [audience::BIRTH_COLUMN, audience::TAGS_COLUMN]
                    .iter()
                    .any(|it| it.strip_prefix('@') == Some(role)) =>
            {
                spec.map.push((column.name.clone(), format!("@{role}")));
            }
            "attribute" => {
                let attribute = field("attribute");
                let attribute = if attribute.is_empty() { &column.name } else { &attribute };
                spec.map.push((column.name.clone(), attribute.clone()));
            }
            // Values of a JSON object are what the product says that they are.
            _ => {}
        }
    }
    spec
}
