//! Which of an announcement's merge tags a message uses, and where.

use crate::announcement::Announcement;
use crate::compiled::{MergeTag, Subject};
use crate::fill_step::FillStep;
use crate::link_target::LinkTarget;
use crate::tags::{MergeValue, TemplatePart, ValueSource};

/// The values that a message actually uses; the others are not required.
pub(crate) fn used_values(
    values: &[MergeValue],
    message: &[FillStep],
    subject: &Subject,
    targets: &[LinkTarget],
) -> Vec<Option<MergeValue>> {
    let in_subject = |number: usize| match subject {
        Subject::Fixed(_) => false,
        Subject::Template(template) => template
            .parts
            .iter()
            .any(|p| matches!(p, TemplatePart::Value { number: n, .. } if *n == number)),
    };
    let in_message = |number: usize| {
        message.iter().any(|s| matches!(s, FillStep::Value { value, .. } if *value == number))
    };
    let in_target =
        |number: usize| targets.iter().any(|target| target.values().any(|it| it == number));
    let used = |number| in_subject(number) || in_message(number) || in_target(number);
    values.iter().enumerate().map(|(number, v)| used(number).then(|| v.clone())).collect()
}

pub(crate) fn tags(values: &[Option<MergeValue>]) -> Vec<String> {
    let mut tags: Vec<String> = Vec::new();
    for value in values.iter().flatten() {
        if let ValueSource::Attribute(name) = &value.source
            && !tags.contains(name)
        {
            tags.push(name.clone());
        }
    }
    tags
}

pub(crate) fn merge_tags(
    announcement: &Announcement,
    values: &[Option<MergeValue>],
) -> Vec<MergeTag> {
    let Announcement { subject, preheader, body, .. } = announcement;
    let mut tags: Vec<MergeTag> = Vec::new();
    for (number, value) in values.iter().enumerate() {
        let Some(MergeValue { source: ValueSource::Attribute(name), default }) = value else {
            continue;
        };
        let place = [subject, preheader, body].into_iter().find_map(|it| it.place_of(number));
        let tag = MergeTag {
            name: name.clone(),
            line: place.map_or(0, |place| place.line),
            has_default: default.is_some(),
        };
        match tags.iter_mut().find(|known| known.name == *name) {
            None => tags.push(tag),
            Some(known) if known.has_default && !tag.has_default => *known = tag,
            Some(_) => {}
        }
    }
    tags
}
