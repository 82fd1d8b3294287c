//! An announcement's file: front matter between two `---` lines, then Markdown or HTML.
//!
//! Invariant: an [`Announcement`] has a subject, a sender and only merge tags that are understood;
//! [`crate::compile`] checks what it links to. Reads no file and fetches nothing.

use std::collections::BTreeMap;

use model::{EmailAddress, TopicSlug};

use crate::footer::Language;
use crate::header::Mailbox;
use crate::layout::Layout;
use crate::problem::{Problem, Problems, SourcePosition};
use crate::tags::{MergeValue, Template, TemplatePart, ValueSource, Values};

/// The largest announcement file, in bytes.
pub const ANNOUNCEMENT_BYTES: usize = 1024 * 1024;

const KEYS: [&str; 15] = [
    "subject",
    "from",
    "reply_to",
    "preheader",
    "topic",
    "name",
    "layout",
    "format",
    "lang",
    "text",
    "utm_source",
    "utm_medium",
    "utm_campaign",
    "utm_term",
    "utm_content",
];
/// The parameters that the web address of every link gets (`utm_source` and so on).
const LINK_PARAMETERS: [&str; 5] =
    ["utm_source", "utm_medium", "utm_campaign", "utm_term", "utm_content"];

#[derive(Debug, Clone)]
pub struct Announcement {
    pub(crate) source: String,
    pub(crate) subject_text: String,
    pub(crate) subject: Template,
    pub(crate) preheader: Template,
    pub(crate) from: Mailbox,
    pub(crate) reply_to: Option<Mailbox>,
    /// Nothing when the file does not say.
    pub(crate) layout: Option<Layout>,
    pub(crate) format: AnnouncementFormat,
    /// Nothing when the file does not say.
    pub(crate) lang: Option<Language>,
    /// The text part, when it is written by hand.
    pub(crate) text: Option<Template>,
    /// What is added to the address of every link: names and values.
    pub(crate) link_parameters: Vec<(&'static str, String)>,
    pub(crate) body: Template,
    pub(crate) values: Values,
    pub(crate) body_line: usize,
    /// The byte of the file at which the body begins.
    body_start: usize,
    topic: Option<String>,
    name: Option<String>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum AnnouncementFormat {
    Markdown,
    Html,
}

impl Announcement {
    /// Reads an announcement's file.
    ///
    /// # Errors
    /// What is wrong, each with its line and what would be right. Links, images and markup are
    /// looked at by [`crate::compile`].
    pub fn parse(text: &str) -> Result<Self, Problems> {
        let text = text.strip_prefix('\u{feff}').unwrap_or(text);
        check_size_and_characters(text)?;
        let text = text.replace("\r\n", "\n");
        let mut found = Vec::new();
        let (fields, body) = FrontMatter::split(&text, &mut found)?;
        let mut values = Values::default();
        // Every footer names the address the message went to.
        values.number(MergeValue { source: ValueSource::Email, default: None });
        let subject = kept(fields.required("subject", "subject: What is new"), &mut found);
        let from = fields.required("from", "from: Your name <news@example.com>");
        let from = kept(from.and_then(Field::mailbox), &mut found);
        let reply_to = kept(fields.get("reply_to").map(Field::mailbox).transpose(), &mut found);
        let layouts = [
            ("release-notice", Layout::ReleaseNotice),
            ("plain", Layout::Plain),
            ("none", Layout::None),
        ];
        let layout = kept(fields.one_of("layout", &layouts), &mut found);
        let formats =
            [("markdown", AnnouncementFormat::Markdown), ("html", AnnouncementFormat::Html)];
        let format = kept(fields.one_of("format", &formats), &mut found);
        let lang = kept(fields.get("lang").map(Field::language).transpose(), &mut found);
        let link_parameters = kept(fields.link_parameters(), &mut found);
        let topic = kept(fields.get("topic").map(Field::slug).transpose(), &mut found);
        let name = kept(fields.get("name").map(Field::without_tags).transpose(), &mut found);
        let mut template = |field: Option<&Field>| match field {
            Some(field) => Template::parse(&field.value, field.place, &mut values, &mut found),
            None => Template::default(),
        };
        let (subject_template, preheader) = (template(subject), template(fields.get("preheader")));
        let start = SourcePosition { line: body.line, column: 1 };
        let body_template = Template::parse(body.text, start, &mut values, &mut found);
        let text_template = fields.get("text").map(|field| field.block(&mut values, &mut found));
        if body.text.trim().is_empty() {
            let place = SourcePosition::line(body.line);
            found.push(
                place.problem("the announcement has no text", "write it below the front matter"),
            );
        }
        let subject_text = subject.map(|field| field.value.clone()).unwrap_or_default();
        let (body_line, body_start) = (body.line, text.len() - body.text.len());
        let seen_format = format_of(body.text);
        Problems::found(found)?;
        let (Some(from), Some(reply_to), Some(layout), Some(format), Some(lang)) =
            (from, reply_to, layout, format, lang)
        else {
            return Err(start.problem("the front matter can't be read", "check it").into());
        };
        let (Some(topic), Some(name), Some(link_parameters)) = (topic, name, link_parameters)
        else {
            return Err(start.problem("the front matter can't be read", "check it").into());
        };
        Ok(Self {
            source: text,
            subject_text,
            subject: subject_template,
            preheader,
            from,
            reply_to,
            layout,
            format: format.unwrap_or(seen_format),
            lang,
            text: text_template,
            link_parameters,
            body: body_template,
            values,
            body_line,
            body_start,
            topic,
            name,
        })
    }

    /// The subject as it is written, merge tags included.
    #[must_use]
    pub fn subject(&self) -> &str {
        &self.subject_text
    }

    /// The address the announcement comes from.
    #[must_use]
    pub fn from(&self) -> &EmailAddress {
        &self.from.address
    }

    /// The slug of the topic it is for, if the file says so.
    #[must_use]
    pub fn topic(&self) -> Option<&str> {
        self.topic.as_deref()
    }

    /// What the sender calls it, if the file says so.
    #[must_use]
    pub fn name(&self) -> Option<&str> {
        self.name.as_deref()
    }

    /// The layout around Markdown and parts of documents; documents get none unless they ask.
    pub(crate) fn layout_around_parts(&self) -> Layout {
        self.layout.unwrap_or(Layout::ReleaseNotice)
    }

    /// The position of a text in the file, for problems that are found after parsing.
    pub(crate) fn place_of(&self, text: &str) -> SourcePosition {
        match self.source.find(text).filter(|_| !text.is_empty()) {
            Some(at) => self.position(at),
            None => SourcePosition::line(self.body_line),
        }
    }

    /// The place of an attribute's value or a tag in the body, behind the byte `from` of the file,
    /// and where it ends.
    pub(crate) fn place_behind(&self, text: &str, from: usize) -> (SourcePosition, usize) {
        let from = from.max(self.body_start);
        let matches = || {
            let rest = self.source.get(from..).unwrap_or_default();
            rest.match_indices(text).map(|(at, _)| from + at).filter(|_| !text.is_empty())
        };
        // A short text may also stand within a word.
        let begins = |at: &usize| {
            let before = self.source.get(..*at).unwrap_or_default();
            text.starts_with('<') || before.ends_with(['"', '\'', '(', '=', ' ', '\n'])
        };
        match matches().find(begins).or_else(|| matches().next()) {
            Some(at) => (self.position(at), at + text.len()),
            None => (self.place_of(text), from),
        }
    }

    fn position(&self, at: usize) -> SourcePosition {
        let before = self.source.get(..at).unwrap_or_default();
        SourcePosition { line: 1, column: 1 }.after(before)
    }
}

/// HTML when the text begins as documents do, else Markdown.
fn format_of(body: &str) -> AnnouncementFormat {
    let start = body.trim_start();
    let begins = |tag: &str| start.get(..tag.len()).is_some_and(|it| it.eq_ignore_ascii_case(tag));
    match begins("<!doctype") || begins("<html") {
        true => AnnouncementFormat::Html,
        false => AnnouncementFormat::Markdown,
    }
}

/// What was read, or nothing and one problem more.
fn kept<T>(read: Result<T, Problem>, found: &mut Vec<Problem>) -> Option<T> {
    read.map_err(|problem| found.push(problem)).ok()
}

fn check_size_and_characters(text: &str) -> Result<(), Problem> {
    if text.len() > ANNOUNCEMENT_BYTES {
        return Err(SourcePosition::line(1).problem(
            format!("the announcement is longer than {ANNOUNCEMENT_BYTES} bytes"),
            "host images elsewhere and link to them",
        ));
    }
    let odd = |c: char| c.is_control() && !matches!(c, '\n' | '\t');
    let bad = text.char_indices().find(|(at, c)| {
        odd(*c) && !(*c == '\r' && text.get(at + 1..).is_some_and(|rest| rest.starts_with('\n')))
    });
    match bad {
        None => Ok(()),
        Some((at, c)) => {
            let place =
                SourcePosition { line: 1, column: 1 }.after(text.get(..at).unwrap_or_default());
            Err(place.problem(
                format!("there is a control character (U+{:04X})", u32::from(c)),
                "remove it; the file should be UTF-8 text",
            ))
        }
    }
}

struct Field {
    value: String,
    place: SourcePosition,
    /// Its value is a block: the indented lines that follow.
    begins_block: bool,
}

struct Body<'a> {
    text: &'a str,
    line: usize,
}

/// Read by hand: a value is the rest of its line, as people write subjects and senders. YAML refuses
/// `subject: Pharos 3.2: faster` and `from: "Lee, Ann" <ann@example.com>` and takes `3.10` for a
/// number; TOML wants everything in quotes.
struct FrontMatter(BTreeMap<&'static str, Field>);

impl FrontMatter {
    fn split<'t>(text: &'t str, found: &mut Vec<Problem>) -> Result<(Self, Body<'t>), Problem> {
        let mut lines = text.split_inclusive('\n').enumerate().peekable();
        match lines.next() {
            Some((_, first)) if first.trim_end() == "---" => {}
            _ => {
                return Err(SourcePosition::line(1).problem(
                    "the announcement does not begin with front matter",
                    "begin with a line `---`, then `subject: ...` and `from: ...`, then `---`",
                ));
            }
        }
        let mut fields = BTreeMap::new();
        let mut read = text.find('\n').map_or(text.len(), |end| end + 1);
        while let Some((number, line)) = lines.next() {
            read += line.len();
            if line.trim_end() == "---" {
                let body = Body { text: text.get(read..).unwrap_or_default(), line: number + 2 };
                return Ok((Self(fields), body));
            }
            let mut read_field = kept(field(line, number + 1), found).flatten();
            if let Some((_, field)) = &mut read_field
                && field.begins_block
            {
                field.place = SourcePosition { line: number + 2, column: 1 };
                let in_block = |line: &str| line.trim().is_empty() || line.starts_with([' ', '\t']);
                while let Some((_, line)) = lines.next_if(|(_, line)| in_block(line)) {
                    read += line.len();
                    field.value.push_str(line);
                }
            }
            if let Some((key, field)) = read_field
                && fields.insert(key, field).is_some()
            {
                let what = format!("`{key}` appears twice");
                found.push(SourcePosition::line(number + 1).problem(what, "keep one of them"));
            }
        }
        Err(SourcePosition::line(1)
            .problem("the front matter does not end", "end it with a line `---` before the text"))
    }

    fn get(&self, key: &str) -> Option<&Field> {
        self.0.get(key)
    }

    fn required(&self, key: &str, example: &str) -> Result<&Field, Problem> {
        self.get(key).filter(|field| !field.value.is_empty()).ok_or_else(|| {
            let place = self.get(key).map_or(SourcePosition::line(1), |field| field.place);
            place.problem(format!("there is no `{key}`"), format!("add a line such as `{example}`"))
        })
    }

    /// The choice a field makes; nothing when it is absent.
    fn one_of<T: Copy>(&self, key: &str, choices: &[(&str, T)]) -> Result<Option<T>, Problem> {
        let Some(field) = self.get(key) else { return Ok(None) };
        let chosen = choices.iter().find(|(name, _)| *name == field.value);
        chosen.map(|(_, choice)| Some(*choice)).ok_or_else(|| {
            let names: Vec<&str> = choices.iter().map(|(name, _)| *name).collect();
            field.place.problem(
                format!("there is no {key} `{}`", field.value),
                format!("use {}", names.join(" or ")),
            )
        })
    }

    fn link_parameters(&self) -> Result<Vec<(&'static str, String)>, Problem> {
        let given = LINK_PARAMETERS.into_iter().filter_map(|name| Some((name, self.get(name)?)));
        given.map(|(name, field)| Ok((name, field.without_tags()?))).collect()
    }
}

fn field(line: &str, number: usize) -> Result<Option<(&'static str, Field)>, Problem> {
    let start = SourcePosition { line: number, column: 1 };
    if line.trim().is_empty() || line.starts_with('#') {
        return Ok(None);
    }
    let allowed = || format!("use one of: {}", KEYS.join(", "));
    let Some((key, value)) = line.split_once(':') else {
        return Err(start.problem("this line of the front matter is not `key: value`", allowed()));
    };
    let Some(known) = KEYS.iter().find(|known| **known == key.trim()) else {
        return Err(start.problem(format!("there is no key `{}`", key.trim()), allowed()));
    };
    let indent = value.len() - value.trim_start().len();
    let place = start.after(&line[..key.len() + 1 + indent]);
    let begins_block = *known == "text";
    let value = match (*known, value.trim()) {
        ("text", "|") => String::new(),
        ("text", _) => {
            return Err(place.problem(
                "the text part is not a block",
                "write `text: |` and the text in the lines below it, each indented",
            ));
        }
        // The quotes are part of the address there: "Lee, Ann" <ann@example.com>
        ("from" | "reply_to", value) => value.to_owned(),
        (_, value) => unquoted(value)
            .ok_or_else(|| place.problem("the quote is not closed", "end the value with \""))?,
    };
    Ok(Some((known, Field { value, place, begins_block })))
}

/// The value without its double quotes, if it is in quotes; there `\"` and `\\` mean `"` and `\`.
fn unquoted(value: &str) -> Option<String> {
    let Some(inner) = value.strip_prefix('"') else { return Some(value.to_owned()) };
    let mut text = String::new();
    let mut chars = inner.chars();
    loop {
        match chars.next()? {
            '"' => return chars.next().is_none().then_some(text),
            '\\' => text.push(chars.next()?),
            c => text.push(c),
        }
    }
}

impl Field {
    fn without_tags(&self) -> Result<String, Problem> {
        if self.value.contains("{{") || self.value.contains("{%") {
            return Err(self.place.problem(
                "merge tags can't be used in this field",
                "use them in subject, preheader and text",
            ));
        }
        Ok(self.value.clone())
    }

    fn mailbox(&self) -> Result<Mailbox, Problem> {
        let text = self.without_tags()?;
        Mailbox::parse(&text).map_err(|reason| {
            self.place.problem(
                format!("`{text}` is not a valid sender: {reason}"),
                "write Name <name@example.com>",
            )
        })
    }

    fn language(&self) -> Result<Language, Problem> {
        Language::parse(&self.without_tags()?).ok_or_else(|| {
            self.place.problem(
                format!("`{}` is not a language", self.value),
                "use its code, such as en, de or pt-BR",
            )
        })
    }

    /// A text of several lines, without their indent.
    fn block(&self, values: &mut Values, found: &mut Vec<Problem>) -> Template {
        let mut template = Template::parse(&self.value, self.place, values, found);
        let indent: String =
            self.value.chars().take_while(|c| matches!(c, ' ' | '\t')).collect();
        let mut begins_line = true;
        for part in &mut template.parts {
            let TemplatePart::Text(text) = part else {
                begins_line = false;
                continue;
            };
            if begins_line {
                *text = text.strip_prefix(&indent).unwrap_or(text).to_owned();
            }
            *text = text.replace(&format!("\n{indent}"), "\n");
            begins_line = text.ends_with('\n');
        }
        template
    }

    fn slug(&self) -> Result<String, Problem> {
        if TopicSlug::parse(&self.value).is_err() {
            return Err(self.place.problem(
                format!("`{}` is not a valid topic", self.value),
                "use its slug: lower-case letters, digits and hyphens, such as release-notices",
            ));
        }
        Ok(self.value.clone())
    }
}
