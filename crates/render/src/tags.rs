//! Merge tags: `{{ first_name }}` and `{{ first_name | default("there") }}` in an announcement.
//!
//! Invariant: every [`TemplatePart::Value`] of a [`Template`] points into the [`Values`] it was parsed
//! with. Conditions, loops and other filters are refused by name, so that a mistake is seen when
//! the announcement is saved and not by its readers. `{{ "{{" }}` writes two braces.

use crate::problem::{Problem, Problems, SourcePosition};

/// Distinct tags (name and default) in one announcement.
const MOST_VALUES: usize = 500;
/// Most places for values in one announcement.
const MOST_PARTS: usize = 5_000;

/// Where a value comes from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum ValueSource {
    Attribute(String),
    Email,
    Literal(String),
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
        }
    }
}

/// The distinct merge tags of an announcement.
#[derive(Debug, Clone, Default)]
pub(crate) struct Values(pub(crate) Vec<MergeValue>);

impl Values {
    /// The number of this value, which is added if it is new.
    pub(crate) fn number(&mut self, value: MergeValue) -> usize {
        self.0.iter().position(|known| *known == value).unwrap_or_else(|| {
            self.0.push(value);
            self.0.len() - 1
        })
    }
}

/// A piece of an announcement's text.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum TemplatePart {
    Text(String),
    Value { number: usize, place: SourcePosition },
    UnsubscribeUrl,
    BrowserUrl,
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
            if values.0.len() > MOST_VALUES || template.parts.len() > 2 * MOST_PARTS {
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

fn tag_start(text: &str) -> Option<usize> {
    match (text.find("{{"), text.find("{%")) {
        (Some(a), Some(b)) => Some(a.min(b)),
        (a, b) => a.or(b),
    }
}

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
            return Err(self.place.problem(
                "conditions and loops are not supported yet",
                "use merge tags such as {{ first_name | default(\"there\") }}",
            ));
        }
        self.take("{{");
        self.space();
        let source = match self.string()? {
            Some(text) => ValueSource::Literal(text),
            None => match self.word() {
                "" => return Err(self.not_a_tag()),
                "email" => ValueSource::Email,
                name => ValueSource::Attribute(name.to_owned()),
            },
        };
        let default = self.default()?;
        self.space();
        if !self.take("}}") {
            return Err(self.not_a_tag());
        }
        Ok(match source {
            ValueSource::Attribute(name) if name == "unsubscribe_url" => {
                TemplatePart::UnsubscribeUrl
            }
            ValueSource::Attribute(name) if name == "browser_url" => TemplatePart::BrowserUrl,
            source => {
                self.check_name(&source)?;
                TemplatePart::Value {
                    number: values.number(MergeValue { source, default }),
                    place: self.place,
                }
            }
        })
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

    fn default(&mut self) -> Result<Option<String>, Problem> {
        self.space();
        if !self.take("|") {
            return Ok(None);
        }
        self.space();
        let here = self.place.after(self.read());
        let filter = self.word();
        if filter != "default" {
            return Err(here.problem(
                format!("the filter `{filter}` is not supported yet"),
                "only default(\"...\") is",
            ));
        }
        self.space();
        let opened = self.take("(");
        self.space();
        let text = self.string()?;
        self.space();
        match text {
            Some(text) if opened && self.take(")") => Ok(Some(text)),
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
        assert_eq!((values.0, found), (expect.to_vec(), Vec::new()), "{text}");
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
                "{{ name | upper }}",
                "{{ name | default }}",
                "{{ name | default(\"x }}",
                "ä {% if x %}",
                "{{ a.b }}",
                "{{ A }} {{ ok }}\n{{ B }}{% end %}",
            ]
            .map(refused)
            .join("\n"),
            @r#"
        line 2, column 4: this is not a merge tag; write {{ name }} or {{ name | default("text") }}; for two braces write {{ "{{" }}
        line 1, column 1: this is not a merge tag; write {{ name }} or {{ name | default("text") }}; for two braces write {{ "{{" }}
        line 1, column 1: {{ Name }} has capital letters, and no attribute has; write {{ name }}
        line 1, column 11: the filter `upper` is not supported yet; only default("...") is
        line 1, column 11: default needs a text; write default("there")
        line 1, column 1: a quote is not closed on its line; close it
        line 1, column 3: conditions and loops are not supported yet; use merge tags such as {{ first_name | default("there") }}
        line 1, column 1: this is not a merge tag; write {{ name }} or {{ name | default("text") }}; for two braces write {{ "{{" }}
        3 problems:
          line 1, column 1: {{ A }} has capital letters, and no attribute has; write {{ a }}
          line 2, column 1: {{ B }} has capital letters, and no attribute has; write {{ b }}
          line 2, column 8: conditions and loops are not supported yet; use merge tags such as {{ first_name | default("there") }}
        "#
        );
    }
}
