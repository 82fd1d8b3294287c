//! Merge tags: `{{ first_name | default("there") }}` and `{% if vip %}` in an announcement.
//!
//! Invariant: every part of a [`Template`] points into the [`Values`] it was parsed with, and every
//! condition is closed. What is not understood is refused by name, so that a mistake is seen when
//! the announcement is saved and not by its readers. `{{ "{{" }}` writes two braces.

use minijinja::value::Value;

use crate::condition::Condition;
use crate::expression::Expression;
use crate::problem::{Problem, Problems, SourcePosition};

/// Distinct tags (name and default) in one announcement.
const MOST_VALUES: usize = 500;
/// The deepest nesting of conditions.
const MOST_NESTED: usize = 20;
/// Most places for values in one announcement.
const MOST_PARTS: usize = 5_000;

/// Where a value comes from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum ValueSource {
    Attribute(String),
    Email,
    Literal(String),
    Expression(Expression),
}

/// One distinct merge tag.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct MergeValue {
    pub(crate) source: ValueSource,
    pub(crate) default: Option<String>,
}

impl MergeValue {
    /// The tag's name as people know it.
    pub(crate) fn name(&self) -> &str {
        match &self.source {
            ValueSource::Attribute(name) => name,
            ValueSource::Email => "email",
            ValueSource::Literal(text) => text,
            ValueSource::Expression(expression) => expression.source(),
        }
    }

    /// Whether an expression has a value for a contact without any.
    pub(crate) fn can_be_made_of_nothing(&self) -> bool {
        match &self.source {
            ValueSource::Expression(expression) => expression.text(&Value::from(())).is_ok(),
            _ => false,
        }
    }

    /// The attributes that it needs; the address is none.
    pub(crate) fn attributes(&self) -> Vec<String> {
        match &self.source {
            ValueSource::Attribute(name) => vec![name.clone()],
            ValueSource::Email | ValueSource::Literal(_) => Vec::new(),
            ValueSource::Expression(expression) => expression.names(),
        }
    }
}

/// A tag that chooses: what stands between these is shown or not.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Control {
    If(Condition),
    ElseIf(Condition),
    Else,
    EndIf,
}

/// The merge tags of an announcement.
#[derive(Debug, Clone, Default)]
pub(crate) struct Values {
    /// Each distinct one once.
    pub(crate) list: Vec<MergeValue>,
    /// Each where it stands, with its place.
    pub(crate) controls: Vec<(Control, SourcePosition)>,
}

impl Values {
    /// The number of this value, which is added if it is new.
    pub(crate) fn number(&mut self, value: MergeValue) -> usize {
        self.list.iter().position(|known| *known == value).unwrap_or_else(|| {
            self.list.push(value);
            self.list.len() - 1
        })
    }
}

/// A piece of an announcement's text.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum TemplatePart {
    Text(String),
    Value {
        number: usize,
        place: SourcePosition,
    },
    UnsubscribeUrl,
    BrowserUrl,
    /// By its number among the controls.
    Control(usize),
}

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
        let (first_control, known_problems) = (values.controls.len(), found.len());
        let (mut rest, mut place) = (text, start);
        while let Some(at) = tag_start(rest) {
            let (before, tag) = rest.split_at(at);
            if !before.is_empty() {
                template.push(TemplatePart::Text(before.to_owned()), place);
            }
            place = place.after(before);
            let mut reader = TagReader { tag, rest: tag, place };
            match reader.tag(values) {
                Ok(part) => template.push(part, place),
                Err(problem) => {
                    found.push(problem);
                    reader.rest = tag.get(2..).unwrap_or_default();
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
            rest = reader.rest;
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

    /// Whether a value stands only where a condition decides.
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
                    Some((Control::If(_), _)) => depth += 1,
                    Some((Control::EndIf, _)) => depth = depth.saturating_sub(1),
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

/// The first condition that is never closed, or the first tag that belongs to none.
fn unmatched(controls: &[(Control, SourcePosition)]) -> Option<Problem> {
    // Where each open condition begins, and whether its `else` has come.
    let mut open: Vec<(SourcePosition, bool)> = Vec::new();
    for (control, place) in controls {
        let known = match control {
            Control::If(_) => {
                open.push((*place, false));
                true
            }
            Control::ElseIf(_) => open.last().is_some_and(|(_, has_else)| !has_else),
            Control::Else => {
                open.last_mut().is_some_and(|(_, has_else)| !std::mem::replace(has_else, true))
            }
            Control::EndIf => open.pop().is_some(),
        };
        if !known {
            return Some(place.problem(
                "this tag belongs to no condition that is open",
                "write {% if ... %} before it, and one {% endif %} for each",
            ));
        }
        if open.len() > MOST_NESTED {
            let what = format!("conditions are nested more than {MOST_NESTED} deep");
            return Some(place.problem(what, "use `and`"));
        }
    }
    open.pop().map(|(place, _)| {
        place.problem("this condition is never closed", "write {% endif %} where it ends")
    })
}

fn tag_start(text: &str) -> Option<usize> {
    match (text.find("{{"), text.find("{%")) {
        (Some(a), Some(b)) => Some(a.min(b)),
        (a, b) => a.or(b),
    }
}

const EXPRESSION_HINT: &str = "correct it; for two braces write {{ \"{{\" }}";

struct TagReader<'a> {
    tag: &'a str,
    rest: &'a str,
    place: SourcePosition,
}

impl<'a> TagReader<'a> {
    fn read(&self) -> &'a str {
        self.tag.strip_suffix(self.rest).unwrap_or(self.tag)
    }

    fn tag(&mut self, values: &mut Values) -> Result<TemplatePart, Problem> {
        if self.take("{%") {
            return self.control(values);
        }
        self.take("{{");
        let inside = self.rest;
        let Some(value) = self.plain_value()? else {
            self.rest = inside;
            return self.expression(values);
        };
        Ok(match &value.source {
            ValueSource::Attribute(name) if name == "unsubscribe_url" => {
                TemplatePart::UnsubscribeUrl
            }
            ValueSource::Attribute(name) if name == "browser_url" => TemplatePart::BrowserUrl,
            source => {
                self.check_name(source)?;
                TemplatePart::Value { number: values.number(value), place: self.place }
            }
        })
    }

    /// A name or a text, perhaps with a default; nothing when it is more than that.
    fn plain_value(&mut self) -> Result<Option<MergeValue>, Problem> {
        self.space();
        let source = match self.string()? {
            Some(text) => ValueSource::Literal(text),
            None => match self.word() {
                "" if self.rest.starts_with("}}") => return Err(self.not_a_tag()),
                "" => return Ok(None),
                "email" => ValueSource::Email,
                name => ValueSource::Attribute(name.to_owned()),
            },
        };
        let Some(default) = self.default()? else { return Ok(None) };
        self.space();
        Ok(self.take("}}").then_some(MergeValue { source, default }))
    }

    fn expression(&mut self, values: &mut Values) -> Result<TemplatePart, Problem> {
        let source = self.until("}}")?;
        let expression = Expression::parse(source).map_err(|what| {
            let written = source.trim();
            self.place.problem(format!("`{written}` {what}"), EXPRESSION_HINT)
        })?;
        self.check_names(&expression.names())?;
        let value = MergeValue { source: ValueSource::Expression(expression), default: None };
        Ok(TemplatePart::Value { number: values.number(value), place: self.place })
    }

    fn control(&mut self, values: &mut Values) -> Result<TemplatePart, Problem> {
        let inside = self.until("%}")?.trim();
        let (word, rest) = inside.split_once(char::is_whitespace).unwrap_or((inside, ""));
        let condition = |reader: &Self| {
            let condition = Condition::parse(rest).map_err(|what| {
                let hint = "write {% if name %} or {% if name == \"text\" %}";
                reader.place.problem(format!("`{}` {what}", rest.trim()), hint)
            })?;
            reader.check_names(&condition.names())?;
            Ok(condition)
        };
        let control = match (word, rest.trim()) {
            ("if", _) => Control::If(condition(self)?),
            ("elif" | "elseif", _) => Control::ElseIf(condition(self)?),
            ("else", "") => Control::Else,
            ("endif", "") => Control::EndIf,
            ("for" | "endfor", _) => {
                return Err(self.place.problem(
                    "loops are not supported yet",
                    "write out the items, each with {% if ... %} when it may be missing",
                ));
            }
            _ => {
                return Err(self
                    .place
                    .problem(format!("there is no tag `{word}`"), "use if, elif, else and endif"));
            }
        };
        values.controls.push((control, self.place));
        Ok(TemplatePart::Control(values.controls.len() - 1))
    }

    /// The text up to `end`, which is taken as well. Ends in quotes are none.
    fn until(&mut self, end: &str) -> Result<&'a str, Problem> {
        let mut quote = None;
        let mut chars = self.rest.char_indices();
        while let Some((at, c)) = chars.next() {
            match (quote, c) {
                (Some(_), '\\') => {
                    chars.next();
                }
                (Some(open), c) if c == open => quote = None,
                (None, '"' | '\'') => quote = Some(c),
                (None, _) if self.rest.get(at..).is_some_and(|rest| rest.starts_with(end)) => {
                    let inside = self.rest.get(..at).unwrap_or_default();
                    self.rest = self.rest.get(at + end.len()..).unwrap_or_default();
                    return Ok(inside);
                }
                _ => {}
            }
        }
        Err(self.not_a_tag())
    }

    fn check_names(&self, names: &[String]) -> Result<(), Problem> {
        for name in names {
            if ["unsubscribe_url", "browser_url"].contains(&name.as_str()) {
                return Err(self.place.problem(
                    format!("{name} can't be part of an expression"),
                    format!("write {{{{ {name} }}}} alone"),
                ));
            }
            self.check_name(&ValueSource::Attribute(name.clone()))?;
        }
        Ok(())
    }

    fn check_name(&self, source: &ValueSource) -> Result<(), Problem> {
        match source {
            ValueSource::Attribute(name) if name.chars().any(char::is_uppercase) => {
                Err(self.place.problem(
                    format!("{{{{ {name} }}}} has capital letters, and no attribute has"),
                    format!("write {{{{ {} }}}}", name.to_lowercase()),
                ))
            }
            _ => Ok(()),
        }
    }

    /// The default; nothing when another filter stands there.
    fn default(&mut self) -> Result<Option<Option<String>>, Problem> {
        self.space();
        if !self.take("|") {
            return Ok(Some(None));
        }
        self.space();
        let here = self.place.after(self.read());
        if self.word() != "default" {
            return Ok(None);
        }
        self.space();
        let opened = self.take("(");
        self.space();
        let text = self.string()?;
        self.space();
        match text {
            Some(text) if opened && self.take(")") => Ok(Some(Some(text))),
            None if opened => Ok(None),
            _ => Err(here.problem("default needs a text", "write default(\"there\")")),
        }
    }

    fn space(&mut self) {
        self.rest = self.rest.trim_start();
    }

    fn take(&mut self, what: &str) -> bool {
        self.rest.strip_prefix(what).is_some_and(|rest| {
            self.rest = rest;
            true
        })
    }

    fn word(&mut self) -> &'a str {
        let end =
            self.rest.find(|c: char| !(c.is_alphanumeric() || c == '_')).unwrap_or(self.rest.len());
        let (word, rest) = self.rest.split_at(end);
        self.rest = rest;
        word
    }

    /// A text in single or double quotes; a backslash keeps the next character as it is.
    fn string(&mut self) -> Result<Option<String>, Problem> {
        let Some(quote) = self.rest.chars().next().filter(|c| matches!(c, '"' | '\'')) else {
            return Ok(None);
        };
        let mut text = String::new();
        let mut chars = self.rest.char_indices().skip(1);
        while let Some((at, c)) = chars.next() {
            match c {
                '\\' => text.extend(chars.next().map(|(_, c)| c)),
                '\n' => break,
                c if c == quote => {
                    self.rest = self.rest.get(at + 1..).unwrap_or_default();
                    return Ok(Some(text));
                }
                c => text.push(c),
            }
        }
        Err(self.place.problem("a quote is not closed on its line", "close it"))
    }

    fn not_a_tag(&self) -> Problem {
        self.place.problem(
            "this is not a merge tag",
            "write {{ name }} or {{ name | default(\"text\") }}; for two braces write {{ \"{{\" }}",
        )
    }
}

#[cfg(test)]
mod tests {
    use super::*;

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
            line 1, column 1: `name | shout` uses `shout`, which is none of the filters: abs, capitalize, d, default, first, float, int, join, last, length, lines, list, lower, max, min, replace, reverse, round, sort, split, string, title, trim, upper; correct it; for two braces write {{ "{{" }}
            line 1, column 11: default needs a text; write default("there")
            line 1, column 1: a quote is not closed on its line; close it
            line 1, column 3: this condition is never closed; write {% endif %} where it ends
            line 1, column 3: loops are not supported yet; write out the items, each with {% if ... %} when it may be missing
            line 1, column 1: `a.b` has a dot before a name, and values have no parts; correct it; for two braces write {{ "{{" }}
            3 problems:
              line 1, column 1: {{ A }} has capital letters, and no attribute has; write {{ a }}
              line 2, column 1: {{ B }} has capital letters, and no attribute has; write {{ b }}
              line 2, column 8: there is no tag `end`; use if, elif, else and endif
            "#
        );
    }
}
