//! One merge tag, read from the text of an announcement.

use crate::problem::{Problem, SourcePosition};
use crate::template::condition::{Condition, is_plain_name};
use crate::template::expression::{Expression, LOOP};
use crate::template::{
    Control, LoopHead, MergeValue, OwnAddress, TemplatePart, ValueSource, Values,
};

const EXPRESSION_HINT: &str = "correct it; for two braces write {{ \"{{\" }}";

/// Where the tag ends that a text begins with; nothing when it does not end.
pub(crate) fn tag_end(tag: &str) -> Option<usize> {
    let end = if tag.starts_with("{%") { "%}" } else { "}}" };
    let mut reader = TagReader::new(tag, SourcePosition::SETTINGS);
    reader.skip_braces();
    reader.until(end).ok()?;
    Some(tag.len() - reader.rest.len())
}

/// Reads one tag at the beginning of a text.
pub(crate) struct TagReader<'a> {
    tag: &'a str,
    rest: &'a str,
    place: SourcePosition,
}

impl<'a> TagReader<'a> {
    pub(crate) fn new(tag: &'a str, place: SourcePosition) -> Self {
        Self { tag, rest: tag, place }
    }

    /// What stands behind what was read.
    pub(crate) fn rest(&self) -> &'a str {
        self.rest
    }

    /// Goes on behind the braces of a tag that can't be read.
    pub(crate) fn skip_braces(&mut self) {
        self.rest = self.tag.get(2..).unwrap_or_default();
    }

    pub(crate) fn read(&self) -> &'a str {
        self.tag.strip_suffix(self.rest).unwrap_or(self.tag)
    }

    pub(crate) fn tag(&mut self, values: &mut Values) -> Result<TemplatePart, Problem> {
        if self.take("{%") {
            return self.control(values);
        }
        self.take("{{");
        let inside = self.rest;
        let plain = self.plain_value()?.filter(|value| {
            !matches!(&value.source, ValueSource::Attribute(name) if values.locals.contains(name))
        });
        let Some(value) = plain else {
            self.rest = inside;
            return self.expression(values);
        };
        if let ValueSource::Attribute(name) = &value.source
            && let Some(address) = OwnAddress::from_name(name)
        {
            return Ok(TemplatePart::Address(address));
        }
        self.check_name(&value.source)?;
        Ok(TemplatePart::Value { number: values.number(value), place: self.place })
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
        let expression = Expression::parse(source, &values.locals).map_err(|what| {
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
        let control = match (word, rest.trim()) {
            ("if", rest) => Control::If(self.condition(rest, values)?),
            ("elif" | "elseif", rest) => Control::ElseIf(self.condition(rest, values)?),
            ("else", "") => Control::Else,
            ("endif", "") => Control::EndIf,
            ("for", rest) => {
                let head = self.loop_head(rest, values)?;
                values.locals.extend([head.name.clone(), LOOP.to_owned()]);
                Control::For(head)
            }
            ("endfor", "") => {
                values.locals.truncate(values.locals.len().saturating_sub(2));
                Control::EndFor
            }
            _ => {
                let hint = "use if, elif, else, endif, for and endfor";
                return Err(self.place.problem(format!("there is no tag `{word}`"), hint));
            }
        };
        values.controls.push((control, self.place));
        Ok(TemplatePart::Control(values.controls.len() - 1))
    }

    fn condition(&self, source: &str, values: &Values) -> Result<Condition, Problem> {
        let condition = Condition::parse(source, &values.locals).map_err(|what| {
            let hint = "write {% if name %} or {% if name == \"text\" %}";
            self.place.problem(format!("`{source}` {what}"), hint)
        })?;
        self.check_names(&condition.names())?;
        Ok(condition)
    }

    fn loop_head(&self, source: &str, values: &Values) -> Result<LoopHead, Problem> {
        let hint = "write {% for item in list %}";
        let parted = source.split_once(char::is_whitespace);
        let parted = parted.and_then(|(name, rest)| {
            let list = rest.trim_start().strip_prefix("in")?;
            list.starts_with([' ', '\t', '\n', '(']).then(|| (name, list.trim()))
        });
        let Some((name, list)) = parted else {
            return Err(self.place.problem(format!("`for {source}` is no loop"), hint));
        };
        let is_free = !["email", LOOP].contains(&name) && OwnAddress::from_name(name).is_none();
        if !is_free || !is_plain_name(name) {
            let what = format!("`{name}` can't be the name of an item");
            return Err(self.place.problem(what, hint));
        }
        let list = Expression::parse_question(list, &values.locals)
            .map_err(|what| self.place.problem(format!("`{list}` {what}"), hint))?;
        self.check_names(&list.names())?;
        Ok(LoopHead { name: name.to_owned(), list })
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
            if OwnAddress::from_name(name).is_some() {
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
