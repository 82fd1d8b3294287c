//! A compiled announcement as a text that a store can keep: what is sent stays what was frozen,
//! whatever a later release or other settings would compile from the same source.
//!
//! Invariants: a form that is read back produces the same bytes for everybody; every position in it
//! refers to an existing value or link. Its format is written out here and not derived from the
//! compiler's types, which may change with any release. A released version stays readable.

mod step;
mod value;

pub use value::UnreadableForm;

use model::{EmailAddress, LinkSlot};
use serde::{Deserialize, Serialize};

use crate::compiled::{Compiled, Remarks, Subject};
use crate::fill::contact_values::Holes;
use crate::fill::step::{Arm, FillStep, Loop, Slot, TokenSlot};
use crate::links::TrackedLink;
use crate::links::target::{PersonalTarget, TargetPiece};
use crate::problem::SourcePosition;
use crate::template::Template;
use crate::template::condition::Condition;
use crate::template::{LoopHead, MergeValue, TemplatePart};
use crate::used_values::tags;
use step::{StoredArm, StoredLoop, StoredStep};
use value::{
    StoredCondition, StoredFiles, StoredList, StoredLocale, StoredValue, VERSION, WITHOUT_FILES,
    condition_of, damaged, files_of, list_of, locale_of, stored_condition, stored_files,
    stored_list, stored_locale, stored_value, value_of,
};

#[derive(Serialize, Deserialize)]
struct StoredVersion {
    version: u32,
}

#[derive(Serialize, Deserialize)]
struct StoredForm {
    version: u32,
    from: String,
    links: Vec<StoredLink>,
    /// Since version 2.
    #[serde(default)]
    targets: Vec<StoredTarget>,
    /// Since version 2.
    #[serde(default)]
    link_parameters: Vec<(String, String)>,
    /// Since version 2.
    #[serde(default)]
    conditions: Vec<StoredCondition>,
    /// Since version 3.
    #[serde(default)]
    lists: Vec<StoredList>,
    /// Since version 3.
    #[serde(default)]
    locale: StoredLocale,
    values: Vec<Option<StoredValue>>,
    subject: StoredSubject,
    /// Since version 4.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    files: Option<StoredFiles>,
    message: Vec<StoredStep>,
    page: Vec<StoredStep>,
    text: Vec<StoredStep>,
    /// The same in other languages. Since version 3.
    #[serde(default)]
    variants: Vec<StoredForm>,
    /// For those of whom nothing may be recorded. Earlier releases do not look at it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    untracked: Option<Box<StoredForm>>,
}

#[derive(Serialize, Deserialize)]
struct StoredLink {
    slot: u16,
    url: String,
    label: String,
}

#[derive(Serialize, Deserialize)]
struct StoredTarget {
    link: u16,
    pieces: Vec<StoredTargetPiece>,
}

#[derive(Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
enum StoredTargetPiece {
    Text(String),
    Component(usize),
    Whole(usize),
}

#[derive(Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
enum StoredSubject {
    Field(String),
    Parts(Vec<StoredPart>),
}

#[derive(Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
enum StoredPart {
    Text(String),
    Value(usize),
}

impl Compiled {
    /// The form to store. Warnings are for the author of the announcement, and are left out.
    ///
    /// # Errors
    /// When a piece is not text, which no announcement produces.
    pub fn to_json(&self) -> Result<String, UnreadableForm> {
        serde_json::to_string(&self.stored()?).map_err(damaged)
    }

    fn stored(&self) -> Result<StoredForm, UnreadableForm> {
        Ok(StoredForm {
            // Earlier releases read what has nothing new in it.
            version: if self.files().is_empty() { WITHOUT_FILES } else { VERSION },
            from: self.from.to_string(),
            links: self.holes.links.iter().map(stored_link).collect(),
            targets: self.holes.targets.iter().map(stored_target).collect(),
            link_parameters: self.holes.link_parameters.clone(),
            conditions: self.holes.conditions.iter().map(stored_condition).collect(),
            lists: self.holes.lists.iter().map(stored_list).collect(),
            locale: stored_locale(&self.holes.locale),
            values: self
                .holes
                .values
                .iter()
                .map(|value| value.as_ref().map(stored_value))
                .collect(),
            subject: stored_subject(&self.subject),
            files: stored_files(&self.files),
            message: stored_steps(&self.message)?,
            page: stored_steps(&self.page)?,
            text: stored_steps(&self.text)?,
            variants: self.variants.iter().map(Self::stored).collect::<Result<_, _>>()?,
            untracked: self.untracked.as_ref().map(|it| it.stored().map(Box::new)).transpose()?,
        })
    }

    /// The announcement that the form was made from.
    ///
    /// # Errors
    /// When it was written by a newer release, or is damaged.
    pub fn from_json(json: &str) -> Result<Self, UnreadableForm> {
        let StoredVersion { version } = serde_json::from_str(json).map_err(damaged)?;
        if version > VERSION {
            return Err(UnreadableForm::Newer(version));
        }
        let form: StoredForm = serde_json::from_str(json).map_err(damaged)?;
        Self::from_stored(form)
    }

    fn from_stored(form: StoredForm) -> Result<Self, UnreadableForm> {
        let links: Vec<TrackedLink> = form.links.into_iter().map(link).collect();
        let values: Result<Vec<Option<MergeValue>>, _> =
            form.values.into_iter().map(|value| value.map(value_of).transpose()).collect();
        let conditions: Result<Vec<Condition>, _> =
            form.conditions.into_iter().map(condition_of).collect();
        let lists: Result<Vec<LoopHead>, _> = form.lists.into_iter().map(list_of).collect();
        let (values, conditions, lists) = (values?, conditions?, lists?);
        let places = Places {
            values: values.len(),
            links: links.len(),
            targets: form.targets.len(),
            conditions: conditions.len(),
            lists: lists.len(),
        };
        let targets = form.targets.into_iter().map(|it| places.target(it));
        let targets = targets.collect::<Result<_, _>>()?;
        let holes = Holes {
            values,
            conditions,
            lists,
            links,
            targets,
            link_parameters: form.link_parameters,
            locale: locale_of(form.locale),
        };
        let variants: Vec<Self> =
            form.variants.into_iter().map(Self::from_stored).collect::<Result<_, _>>()?;
        let mut all_tags = tags(&holes);
        for tag in variants.iter().flat_map(Self::tags) {
            if !all_tags.contains(tag) {
                all_tags.push(tag.clone());
            }
        }
        Ok(Self {
            from: EmailAddress::parse(&form.from).map_err(damaged)?,
            tags: all_tags,
            merge_tags: Vec::new(),
            remarks: Remarks::default(),
            subject: places.subject(form.subject)?,
            files: form.files.map(files_of).unwrap_or_default(),
            message: places.steps(form.message)?,
            page: places.steps(form.page)?,
            text: places.steps(form.text)?,
            variants,
            holes,
            untracked: form.untracked.map(|it| Self::from_stored(*it).map(Box::new)).transpose()?,
        })
    }
}

fn stored_link(link: &TrackedLink) -> StoredLink {
    StoredLink { slot: link.slot.0, url: link.url.clone(), label: link.label.clone() }
}

fn link(StoredLink { slot, url, label }: StoredLink) -> TrackedLink {
    TrackedLink { slot: LinkSlot(slot), url, label }
}

fn stored_target(PersonalTarget { link, pieces }: &PersonalTarget) -> StoredTarget {
    let piece = |piece: &TargetPiece| match piece {
        TargetPiece::Text(text) => StoredTargetPiece::Text(text.clone()),
        TargetPiece::Component(number) => StoredTargetPiece::Component(*number),
        TargetPiece::Whole(number) => StoredTargetPiece::Whole(*number),
    };
    StoredTarget { link: *link, pieces: pieces.iter().map(piece).collect() }
}

fn stored_subject(subject: &Subject) -> StoredSubject {
    let part = |part: &TemplatePart| match part {
        TemplatePart::Text(text) => Some(StoredPart::Text(text.clone())),
        TemplatePart::Value { number, .. } => Some(StoredPart::Value(*number)),
        // The compiler refuses addresses and conditions in subjects.
        TemplatePart::Address(_) | TemplatePart::Control(_) => None,
    };
    match subject {
        Subject::Fixed(field) => StoredSubject::Field(field.to_string()),
        Subject::Template(template) => {
            StoredSubject::Parts(template.parts.iter().filter_map(part).collect())
        }
    }
}

fn stored_steps(steps: &[FillStep]) -> Result<Vec<StoredStep>, UnreadableForm> {
    steps.iter().map(stored_step).collect()
}

fn stored_step(step: &FillStep) -> Result<StoredStep, UnreadableForm> {
    Ok(match step {
        FillStep::Literal(bytes) => {
            StoredStep::Literal(std::str::from_utf8(bytes).map_err(damaged)?.to_owned())
        }
        FillStep::Value { value, slot: Slot::Html } => StoredStep::Html(*value),
        FillStep::Value { value, slot: Slot::UrlComponent } => StoredStep::UrlComponent(*value),
        FillStep::Value { value, slot: Slot::Plain } => StoredStep::Plain(*value),
        FillStep::Token(TokenSlot::Link(link)) => StoredStep::Link(*link),
        FillStep::Target(number) => StoredStep::Target(*number),
        FillStep::PlainTarget(number) => StoredStep::PlainTarget(*number),
        FillStep::Branch(arms) => {
            let arm =
                |arm: &Arm| Ok(StoredArm { when: arm.when, steps: stored_steps(&arm.steps)? });
            StoredStep::Branch(arms.iter().map(arm).collect::<Result<_, _>>()?)
        }
        FillStep::Loop(Loop { list, item, otherwise }) => StoredStep::Loop(StoredLoop {
            list: *list,
            item: stored_steps(item)?,
            otherwise: otherwise.as_deref().map(stored_steps).transpose()?,
        }),
        FillStep::Token(TokenSlot::View) => StoredStep::View,
        FillStep::Token(TokenSlot::Honeypot) => StoredStep::Honeypot,
        FillStep::Token(TokenSlot::Unsubscribe) => StoredStep::Unsubscribe,
        FillStep::Token(TokenSlot::Browse) => StoredStep::Browse,
        FillStep::Token(TokenSlot::Message) => StoredStep::MessageId,
        FillStep::To => StoredStep::To,
        FillStep::Subject => StoredStep::Subject,
        FillStep::Date => StoredStep::Date,
        FillStep::Campaign => StoredStep::Campaign,
    })
}

/// How many of each can be referred to.
struct Places {
    values: usize,
    links: usize,
    targets: usize,
    conditions: usize,
    lists: usize,
}

impl Places {
    fn value(&self, number: usize) -> Result<usize, UnreadableForm> {
        if number < self.values { Ok(number) } else { Err(damaged("it names a value it lacks")) }
    }

    fn target(
        &self,
        StoredTarget { link, pieces }: StoredTarget,
    ) -> Result<PersonalTarget, UnreadableForm> {
        // In a single message no link is tracked, and its targets belong to none.
        if self.links > 0 && usize::from(link) >= self.links {
            return Err(damaged("it names a link it lacks"));
        }
        let piece = |piece| {
            Ok(match piece {
                StoredTargetPiece::Text(text) => TargetPiece::Text(text),
                StoredTargetPiece::Component(number) => TargetPiece::Component(self.value(number)?),
                StoredTargetPiece::Whole(number) => TargetPiece::Whole(self.value(number)?),
            })
        };
        let pieces = pieces.into_iter().map(piece).collect::<Result<_, _>>()?;
        Ok(PersonalTarget { link, pieces })
    }

    fn subject(&self, subject: StoredSubject) -> Result<Subject, UnreadableForm> {
        let part = |part| match part {
            StoredPart::Text(text) => Ok(TemplatePart::Text(text)),
            StoredPart::Value(number) => Ok(TemplatePart::Value {
                number: self.value(number)?,
                place: SourcePosition::SETTINGS,
            }),
        };
        Ok(match subject {
            StoredSubject::Field(field) => Subject::Fixed(field.into_boxed_str()),
            StoredSubject::Parts(parts) => {
                let parts: Result<Vec<TemplatePart>, _> = parts.into_iter().map(part).collect();
                Subject::Template(Template { parts: parts?, places: Vec::new() })
            }
        })
    }

    fn steps(&self, steps: Vec<StoredStep>) -> Result<Vec<FillStep>, UnreadableForm> {
        steps.into_iter().map(|step| self.step(step)).collect()
    }

    fn arm(&self, StoredArm { when, steps }: StoredArm) -> Result<Arm, UnreadableForm> {
        if when.is_some_and(|number| number >= self.conditions) {
            return Err(damaged("it names a condition it lacks"));
        }
        Ok(Arm { when, steps: self.steps(steps)? })
    }

    fn step(&self, step: StoredStep) -> Result<FillStep, UnreadableForm> {
        let value = |number, slot| Ok(FillStep::Value { value: self.value(number)?, slot });
        Ok(match step {
            StoredStep::Literal(text) => FillStep::Literal(text.into_bytes().into_boxed_slice()),
            StoredStep::Html(number) => return value(number, Slot::Html),
            StoredStep::UrlComponent(number) => return value(number, Slot::UrlComponent),
            StoredStep::Plain(number) => return value(number, Slot::Plain),
            StoredStep::Link(link) if usize::from(link) < self.links => {
                FillStep::Token(TokenSlot::Link(link))
            }
            StoredStep::Link(_) => return Err(damaged("it names a link it lacks")),
            StoredStep::Target(number) if number < self.targets => FillStep::Target(number),
            StoredStep::PlainTarget(number) if number < self.targets => {
                FillStep::PlainTarget(number)
            }
            StoredStep::Target(_) | StoredStep::PlainTarget(_) => {
                return Err(damaged("it names a target it lacks"));
            }
            StoredStep::Branch(arms) => {
                let arms = arms.into_iter().map(|arm| self.arm(arm));
                FillStep::Branch(arms.collect::<Result<_, _>>()?)
            }
            StoredStep::Loop(StoredLoop { list, item, otherwise }) => {
                if list >= self.lists {
                    return Err(damaged("it names a list it lacks"));
                }
                let otherwise = otherwise.map(|steps| self.steps(steps)).transpose()?;
                FillStep::Loop(Loop { list, item: self.steps(item)?, otherwise })
            }
            StoredStep::View => FillStep::Token(TokenSlot::View),
            StoredStep::Honeypot => FillStep::Token(TokenSlot::Honeypot),
            StoredStep::Unsubscribe => FillStep::Token(TokenSlot::Unsubscribe),
            StoredStep::Browse => FillStep::Token(TokenSlot::Browse),
            StoredStep::MessageId => FillStep::Token(TokenSlot::Message),
            StoredStep::To => FillStep::To,
            StoredStep::Subject => FillStep::Subject,
            StoredStep::Date => FillStep::Date,
            StoredStep::Campaign => FillStep::Campaign,
        })
    }
}
