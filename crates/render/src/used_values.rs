//! Which of an announcement's merge tags a message uses, and where.

use std::collections::BTreeSet;

use crate::announcement::Announcement;
use crate::compiled::{MergeTag, Subject};
use crate::fill::contact_values::Holes;
use crate::fill::step::FillStep;
use crate::links::target::PersonalTarget;
use crate::problem::SourcePosition;
use crate::template::condition::Condition;
use crate::template::{Control, LoopHead, MergeValue, TemplatePart};

/// The values that a message actually uses; the others are not required.
pub(crate) fn used_values(
    values: &[MergeValue],
    message: &[FillStep],
    subject: &Subject,
    targets: &[PersonalTarget],
) -> Vec<Option<MergeValue>> {
    let in_subject = |number: usize| match subject {
        Subject::Fixed(_) => false,
        Subject::Template(template) => template
            .parts
            .iter()
            .any(|p| matches!(p, TemplatePart::Value { number: n, .. } if *n == number)),
    };
    let mut in_message = BTreeSet::new();
    for step in message {
        step.visit(&mut |step| {
            if let FillStep::Value { value, .. } = step {
                in_message.insert(*value);
            }
        });
    }
    let in_target =
        |number: usize| targets.iter().any(|target| target.values().any(|it| it == number));
    let used = |number| in_subject(number) || in_message.contains(&number) || in_target(number);
    values.iter().enumerate().map(|(number, v)| used(number).then(|| v.clone())).collect()
}

/// The attributes that values and conditions ask for, each once.
pub(crate) fn tags(holes: &Holes) -> Vec<String> {
    let of_values = holes.values.iter().flatten().flat_map(MergeValue::attributes);
    let of_conditions = holes.conditions.iter().flat_map(Condition::names);
    let of_lists = holes.lists.iter().flat_map(|head| head.list.names());
    let mut tags: Vec<String> = Vec::new();
    for name in of_values.chain(of_conditions).chain(of_lists).filter(|name| name != "email") {
        if !tags.contains(&name) {
            tags.push(name);
        }
    }
    tags
}

/// Whether the loop that begins `controls` says what to show without items.
fn has_else(controls: &[(Control, SourcePosition)]) -> bool {
    let mut depth = 0_usize;
    for (control, _) in controls {
        if control.opens() {
            depth += 1;
        } else if control.closes() {
            depth = depth.saturating_sub(1);
        }
        if depth == 0 || (depth == 1 && *control == Control::Else) {
            return depth == 1;
        }
    }
    false
}

/// The same with their places. One that is asked for inside a condition may be missing.
pub(crate) fn merge_tags(announcement: &Announcement, holes: &Holes) -> Vec<MergeTag> {
    let Announcement { subject, preheader, body, values, .. } = announcement;
    let mut tags: Vec<MergeTag> = Vec::new();
    let mut add = |tag: MergeTag| match tags.iter_mut().find(|known| known.name == tag.name) {
        None => tags.push(tag),
        Some(known) if known.has_default && !tag.has_default => *known = tag,
        Some(_) => {}
    };
    for (number, value) in holes.values.iter().enumerate() {
        let Some(value) = value else { continue };
        let place = [subject, preheader, body].into_iter().find_map(|it| it.place_of(number));
        let is_optional = value.default.is_some() || value.can_be_made_of_nothing();
        let is_conditional = body.is_in_condition(number, &values.controls);
        for name in value.attributes() {
            add(MergeTag {
                name,
                line: place.map_or(0, |place| place.line),
                has_default: is_optional || is_conditional,
                is_conditional,
            });
        }
    }
    let mut depth = 0_usize;
    for (at, (control, place)) in values.controls.iter().enumerate() {
        let line = place.line;
        match control {
            Control::If(condition) | Control::ElseIf(condition) => {
                for name in condition.names() {
                    add(MergeTag { name, line, has_default: true, is_conditional: true });
                }
            }
            Control::For(LoopHead { list, .. }) => {
                let is_conditional = depth > 0;
                let has_default =
                    is_conditional || has_else(values.controls.get(at..).unwrap_or_default());
                for name in list.names() {
                    add(MergeTag { name, line, has_default, is_conditional });
                }
            }
            _ => {}
        }
        depth = depth + usize::from(control.opens()) - usize::from(control.closes()).min(depth);
    }
    tags.retain(|tag| tag.name != "email");
    tags
}
