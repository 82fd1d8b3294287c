//! A text with merge tags, taken apart.

use crate::problem::{Problem, Problems, SourcePosition};
use crate::template::reader::{TagReader, tag_end};
use crate::template::{Control, TemplatePart, Values};

/// Distinct tags (name and default) in one announcement.
const MOST_VALUES: usize = 500;
/// The deepest nesting of conditions and loops.
pub(crate) const MOST_NESTED: usize = 20;
/// Most places for values in one announcement.
const MOST_PARTS: usize = 5_000;

/// A text with merge tags.
#[derive(Debug, Clone, Default)]
pub(crate) struct Template {
    pub(crate) parts: Vec<TemplatePart>,
    /// Where each part begins in the file; empty when it was not read from one.
    pub(crate) places: Vec<SourcePosition>,
}

impl Template {
    /// Parses a text that begins at `start` of the file. Tags that are wrong are left out and told in
    /// `found`.
    pub(crate) fn parse(
        text: &str,
        start: SourcePosition,
        values: &mut Values,
        found: &mut Vec<Problem>,
    ) -> Self {
        let mut template = Self::default();
        values.locals.clear();
        let (first_control, known_problems) = (values.controls.len(), found.len());
        let (mut rest, mut place) = (text, start);
        while let Some(at) = tag_start(rest) {
            let (before, tag) = rest.split_at(at);
            if !before.is_empty() {
                template.push(TemplatePart::Text(before.to_owned()), place);
            }
            place = place.after(before);
            let mut reader = TagReader::new(tag, place);
            match reader.tag(values) {
                Ok(part) => template.push(part, place),
                Err(problem) => {
                    found.push(problem);
                    reader.skip_braces();
                }
            }
            if values.list.len() > MOST_VALUES || template.parts.len() > 2 * MOST_PARTS {
                found.push(place.problem(
                    format!(
                        "more than {MOST_VALUES} different merge tags or {MOST_PARTS} in total"
                    ),
                    "use fewer",
                ));
                break;
            }
            place = place.after(reader.read());
            rest = reader.rest();
            if found.len() >= Problems::MOST {
                break;
            }
        }
        if !rest.is_empty() {
            template.push(TemplatePart::Text(rest.to_owned()), place);
        }
        // A condition that can't be read is missing among the others.
        if found.len() == known_problems {
            let controls = values.controls.get(first_control..).unwrap_or_default();
            found.extend(unmatched(controls));
        }
        template
    }

    fn push(&mut self, part: TemplatePart, place: SourcePosition) {
        self.parts.push(part);
        self.places.push(place);
    }

    /// Where a value is used first.
    pub(crate) fn place_of(&self, value: usize) -> Option<SourcePosition> {
        self.parts.iter().find_map(|part| match part {
            TemplatePart::Value { number, place } if *number == value => Some(*place),
            _ => None,
        })
    }

    /// Whether a value stands only where a condition or a loop decides.
    pub(crate) fn is_in_condition(
        &self,
        value: usize,
        controls: &[(Control, SourcePosition)],
    ) -> bool {
        let mut depth = 0_usize;
        let mut found = false;
        for part in &self.parts {
            match part {
                TemplatePart::Value { number, .. } if *number == value => {
                    if depth == 0 {
                        return false;
                    }
                    found = true;
                }
                TemplatePart::Control(number) => match controls.get(*number) {
                    Some((control, _)) if control.opens() => depth += 1,
                    Some((control, _)) if control.closes() => depth = depth.saturating_sub(1),
                    _ => {}
                },
                _ => {}
            }
        }
        found
    }

    /// The text with every tag written by `write`.
    pub(crate) fn to_text(&self, mut write: impl FnMut(&TemplatePart, &mut String)) -> String {
        let mut text = String::new();
        for part in &self.parts {
            match part {
                TemplatePart::Text(plain) => text.push_str(plain),
                tag => write(tag, &mut text),
            }
        }
        text
    }
}

/// A condition or a loop that is not closed yet.
struct Open {
    place: SourcePosition,
    is_loop: bool,
    has_else: bool,
}

/// The first condition or loop that is never closed, or the first tag that belongs to none.
fn unmatched(controls: &[(Control, SourcePosition)]) -> Option<Problem> {
    let mut open: Vec<Open> = Vec::new();
    for (control, place) in controls {
        let is_open = |is_loop: bool| open.last().is_some_and(|it| it.is_loop == is_loop);
        let belongs = match control {
            Control::If(_) | Control::For(_) => {
                let is_loop = matches!(control, Control::For(_));
                open.push(Open { place: *place, is_loop, has_else: false });
                true
            }
            Control::ElseIf(_) => is_open(false) && open.last().is_some_and(|it| !it.has_else),
            Control::Else => {
                open.last_mut().is_some_and(|it| !std::mem::replace(&mut it.has_else, true))
            }
            Control::EndIf => is_open(false) && open.pop().is_some(),
            Control::EndFor => is_open(true) && open.pop().is_some(),
        };
        if !belongs {
            return Some(stray(control, *place));
        }
        if open.len() > MOST_NESTED {
            let what = format!("conditions and loops are nested more than {MOST_NESTED} deep");
            return Some(place.problem(what, "use `and`"));
        }
    }
    open.pop().map(|Open { place, is_loop, .. }| match is_loop {
        false => place.problem("this condition is never closed", "write {% endif %} where it ends"),
        true => place.problem("this loop is never closed", "write {% endfor %} where it ends"),
    })
}

/// The problem of a tag that belongs to nothing that is open.
fn stray(control: &Control, place: SourcePosition) -> Problem {
    match control {
        Control::EndFor => place.problem(
            "this tag belongs to no loop that is open",
            "write {% for item in list %} before it, and one {% endfor %} for each",
        ),
        _ => place.problem(
            "this tag belongs to no condition that is open",
            "write {% if ... %} before it, and one {% endif %} for each",
        ),
    }
}

/// Where the tags of a text stand. Whether they mean anything is not looked at.
pub(crate) fn tag_spans(text: &str) -> Vec<std::ops::Range<usize>> {
    let mut spans = Vec::new();
    let (mut from, mut unended) = (0, 0);
    while let Some(at) = text.get(from..).and_then(tag_start) {
        let start = from + at;
        match text.get(start..).and_then(tag_end) {
            Some(length) => {
                spans.push(start..start + length);
                from = start + length;
            }
            // To look for an end takes a while; a text with so many is no announcement.
            None if unended == Problems::MOST => break,
            None => {
                unended += 1;
                from = start + 2;
            }
        }
    }
    spans
}

fn tag_start(text: &str) -> Option<usize> {
    let begins = |at: &usize| {
        text.get(at + 1..).is_some_and(|rest| rest.starts_with('{') || rest.starts_with('%'))
    };
    text.match_indices('{').map(|(at, _)| at).find(begins)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::template::{MergeValue, ValueSource};

    fn check(text: &str, expect: &[MergeValue]) {
        let (mut values, mut found) = (Values::default(), Vec::new());
        let start = SourcePosition { line: 1, column: 1 };
        Template::parse(text, start, &mut values, &mut found);
        assert_eq!((values.list, found), (expect.to_vec(), Vec::new()), "{text}");
    }

    fn refused(text: &str) -> String {
        let (mut values, mut found) = (Values::default(), Vec::new());
        let start = SourcePosition { line: 1, column: 1 };
        Template::parse(text, start, &mut values, &mut found);
        Problems::found(found).unwrap_err().to_string()
    }

    #[test]
    fn a_tag_is_a_name_and_perhaps_a_default() {
        let name = |default: Option<&str>| MergeValue {
            source: ValueSource::Attribute("name".into()),
            default: default.map(Into::into),
        };
        check("no tag { } }}", &[]);
        check("{{name}}{{ name }}", &[name(None)]);
        check("{{ name|default('a \\'b\\' }}') }} {{name}}", &[name(Some("a 'b' }}")), name(None)]);
        check(
            "{{ \"{{\" }}",
            &[MergeValue { source: ValueSource::Literal("{{".into()), default: None }],
        );
        check("{{ unsubscribe_url }} {{ browser_url }}", &[]);
    }

    #[test]
    fn what_is_no_tag_is_refused_with_its_place() {
        insta::assert_snapshot!(
            [
                "a\nbc {{ }}",
                "{{ name",
                "{{ Name }}",
                "{{ name | shout }}",
                "{{ name | default }}",
                "{{ name | default(\"x }}",
                "ä {% if x %}",
                "ä {% for x in y %}",
                "{{ a.b }}",
                "{{ A }} {{ ok }}\n{{ B }}{% end %}",
            ]
            .map(refused)
            .join("\n"),
            @r#"
        line 2, column 4: this is not a merge tag; write {{ name }} or {{ name | default("text") }}; for two braces write {{ "{{" }}
        line 1, column 1: this is not a merge tag; write {{ name }} or {{ name | default("text") }}; for two braces write {{ "{{" }}
        line 1, column 1: {{ Name }} has capital letters, and no attribute has; write {{ name }}
        line 1, column 1: `name | shout` uses `shout`, which is none of the filters: abs, capitalize, d, date, datetime, default, first, float, int, join, last, length, lines, list, lower, max, min, money, number, replace, reverse, round, sort, split, string, time, title, trim, upper; correct it; for two braces write {{ "{{" }}
        line 1, column 11: default needs a text; write default("there")
        line 1, column 1: a quote is not closed on its line; close it
        line 1, column 3: this condition is never closed; write {% endif %} where it ends
        line 1, column 3: this loop is never closed; write {% endfor %} where it ends
        line 1, column 1: `a.b` has a dot before a name, and only what a loop goes through has parts; correct it; for two braces write {{ "{{" }}
        3 problems:
          line 1, column 1: {{ A }} has capital letters, and no attribute has; write {{ a }}
          line 2, column 1: {{ B }} has capital letters, and no attribute has; write {{ b }}
          line 2, column 8: there is no tag `end`; use if, elif, else, endif, for and endfor
        "#
        );
    }
}
