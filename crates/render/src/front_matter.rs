//! The front matter of an announcement's file: `key: value` lines between two `---` lines.

use std::collections::BTreeMap;

use model::TopicSlug;

use crate::brand::{BrandText, Color};
use crate::footer::Language;
use crate::header::Mailbox;
use crate::locale::time_zone;
use crate::problem::{Problem, SourcePosition};
use crate::settings::{AnnouncementFormat, AnnouncementSettings, ArchiveChoice, Layout};
use crate::template::Template;
use crate::template::{TemplatePart, Values};

const KEYS: [&str; 20] = [
    "subject",
    "from",
    "reply_to",
    "preheader",
    "topic",
    "name",
    "layout",
    "issue",
    "accent",
    "format",
    "lang",
    "timezone",
    "text",
    "attach",
    "archive",
    "utm_source",
    "utm_medium",
    "utm_campaign",
    "utm_term",
    "utm_content",
];
/// The parameters that the web address of every link gets (`utm_source` and so on).
const LINK_PARAMETERS: [&str; 5] =
    ["utm_source", "utm_medium", "utm_campaign", "utm_term", "utm_content"];

/// What each language has to say itself.
const OF_ONE_LANGUAGE: [&str; 4] = ["subject", "preheader", "text", "lang"];
/// What no language but the first may say.
const OF_ALL_LANGUAGES: [&str; 4] = ["topic", "name", "archive", "lang"];

/// What was read, or nothing and one problem more.
pub(crate) fn kept<T>(read: Result<T, Problem>, found: &mut Vec<Problem>) -> Option<T> {
    read.map_err(|problem| found.push(problem)).ok()
}

#[derive(Clone)]
pub(crate) struct Field {
    pub(crate) value: String,
    pub(crate) place: SourcePosition,
    /// Its value is a block: the indented lines that follow.
    begins_block: bool,
}

pub(crate) struct Body<'a> {
    pub(crate) text: &'a str,
    pub(crate) line: usize,
}

/// Read by hand: a value is the rest of its line, as people write subjects and senders. YAML refuses
/// `subject: Pharos 3.2: faster` and `from: "Lee, Ann" <ann@example.com>` and takes `3.10` for a
/// number; TOML wants everything in quotes.
pub(crate) struct FrontMatter {
    fields: BTreeMap<&'static str, Field>,
    /// The line on which it begins.
    line: usize,
}

impl FrontMatter {
    /// Parts a text that begins on the line `first_line` of its file.
    pub(crate) fn split<'t>(
        text: &'t str,
        first_line: usize,
        found: &mut Vec<Problem>,
    ) -> Result<(Self, Body<'t>), Problem> {
        let mut lines = text.split_inclusive('\n').enumerate().peekable();
        match lines.next() {
            Some((_, first)) if first.trim_end() == "---" => {}
            _ => {
                return Err(SourcePosition::line(first_line).problem(
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
                let body = Body {
                    text: text.get(read..).unwrap_or_default(),
                    line: first_line + number + 1,
                };
                return Ok((Self { fields, line: first_line }, body));
            }
            let mut read_field = kept(field(line, first_line + number), found).flatten();
            if let Some((_, field)) = &mut read_field
                && field.begins_block
            {
                field.place = SourcePosition { line: first_line + number + 1, column: 1 };
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
                found.push(
                    SourcePosition::line(first_line + number).problem(what, "keep one of them"),
                );
            }
        }
        Err(SourcePosition::line(first_line)
            .problem("the front matter does not end", "end it with a line `---` before the text"))
    }

    /// The same for another language.
    pub(crate) fn split_variant<'t>(
        text: &'t str,
        first_line: usize,
        found: &mut Vec<Problem>,
    ) -> Result<(Self, Body<'t>), Problem> {
        // Empty lines before it are no part of the text.
        let start = text.trim_start_matches('\n');
        let line = first_line + (text.len() - start.len());
        if start.lines().next().is_none_or(|first| first.trim_end() != "---") {
            return Err(SourcePosition::line(line).problem(
                "this language has no front matter",
                "write its subject between two lines `---`: `subject: ...`",
            ));
        }
        Self::split(start, line, found)
    }

    /// What holds for another language: its own fields, and of these the ones that are not texts.
    pub(crate) fn with_variant(&self, own: Self, found: &mut Vec<Problem>) -> Self {
        for key in OF_ALL_LANGUAGES {
            if let Some(field) = own.get(key) {
                let what = format!("`{key}` is the same in all languages");
                let hint = "write it into the front matter at the beginning of the file";
                found.push(field.place.problem(what, hint));
            }
        }
        let shared = self.fields.iter().filter(|(key, _)| !OF_ONE_LANGUAGE.contains(key));
        let mut fields: BTreeMap<&'static str, Field> =
            shared.map(|(key, field)| (*key, field.clone())).collect();
        fields.extend(own.fields);
        Self { fields, line: own.line }
    }

    pub(crate) fn get(&self, key: &str) -> Option<&Field> {
        self.fields.get(key)
    }

    pub(crate) fn required(&self, key: &str, example: &str) -> Result<&Field, Problem> {
        self.get(key).filter(|field| !field.value.is_empty()).ok_or_else(|| {
            let place = self.get(key).map_or(SourcePosition::line(self.line), |field| field.place);
            place.problem(format!("there is no `{key}`"), format!("add a line such as `{example}`"))
        })
    }

    /// What the fields choose; nothing when one is wrong, which `found` then tells.
    pub(crate) fn settings(&self, found: &mut Vec<Problem>) -> Option<AnnouncementSettings> {
        let layouts = Layout::ALL.map(|layout| (layout.name(), layout));
        let formats = [
            ("markdown", AnnouncementFormat::Markdown),
            ("html", AnnouncementFormat::Html),
            ("mjml", AnnouncementFormat::Mjml),
        ];
        let archives = [("unlisted", ArchiveChoice::Unlisted), ("no", ArchiveChoice::No)];
        let from = self.required("from", "from: Your name <news@example.com>");
        let from = kept(from.and_then(Field::mailbox), found);
        let reply_to = kept(self.get("reply_to").map(Field::mailbox).transpose(), found);
        let layout = kept(self.one_of("layout", &layouts), found);
        let issue = kept(self.get("issue").map(Field::line).transpose(), found);
        let accent = kept(self.get("accent").map(Field::color).transpose(), found);
        let format = kept(self.one_of("format", &formats), found);
        let lang = kept(self.get("lang").map(Field::language).transpose(), found);
        let time_zone = kept(self.get("timezone").map(Field::time_zone).transpose(), found);
        let topic = kept(self.get("topic").map(Field::slug).transpose(), found);
        let name = kept(self.get("name").map(Field::without_tags).transpose(), found);
        let link_parameters = kept(self.link_parameters(), found);
        let archive = kept(self.one_of("archive", &archives), found);
        let attach = kept(self.get("attach").map_or(Ok(Vec::new()), Field::names), found);
        Some(AnnouncementSettings {
            from: from?,
            reply_to: reply_to?,
            layout: layout?,
            issue: issue?,
            accent: accent?,
            format: format?,
            lang: lang?,
            time_zone: time_zone?,
            topic: topic?,
            name: name?,
            archive: archive?,
            link_parameters: link_parameters?,
            attach: attach?,
        })
    }

    /// The choice a field makes; nothing when it is absent.
    pub(crate) fn one_of<T: Copy>(
        &self,
        key: &str,
        choices: &[(&str, T)],
    ) -> Result<Option<T>, Problem> {
        let Some(field) = self.get(key) else { return Ok(None) };
        let chosen = choices.iter().find(|(name, _)| *name == field.value);
        chosen.map(|(_, choice)| Some(*choice)).ok_or_else(|| {
            let names: Vec<&str> = choices.iter().map(|(name, _)| *name).collect();
            let hint = match nearest(&names, &field.value) {
                Some(name) => format!("did you mean `{name}`? There are {}", names.join(", ")),
                None => format!("use {}", names.join(" or ")),
            };
            field.place.problem(format!("there is no {key} `{}`", field.value), hint)
        })
    }

    pub(crate) fn link_parameters(&self) -> Result<Vec<(String, String)>, Problem> {
        let given = LINK_PARAMETERS.into_iter().filter_map(|name| Some((name, self.get(name)?)));
        given.map(|(name, field)| Ok((name.to_owned(), field.without_tags()?))).collect()
    }
}

/// The name that was most likely meant.
fn nearest<'n>(names: &[&'n str], written: &str) -> Option<&'n str> {
    let written = written.trim().to_lowercase().replace([' ', '_'], "-");
    let far = |name: &&str| strsim::osa_distance(name, &written);
    names.iter().copied().min_by_key(far).filter(|name| far(name) * 3 <= name.len())
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
    // Without the line's end: an empty value stands on its own line.
    let value = value.trim_end_matches(['\n', '\r']);
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
pub(crate) fn unquoted(value: &str) -> Option<String> {
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
    pub(crate) fn without_tags(&self) -> Result<String, Problem> {
        if self.value.contains("{{") || self.value.contains("{%") {
            return Err(self.place.problem(
                "merge tags can't be used in this field",
                "use them in subject, preheader and text",
            ));
        }
        Ok(self.value.clone())
    }

    pub(crate) fn mailbox(&self) -> Result<Mailbox, Problem> {
        let text = self.without_tags()?;
        Mailbox::parse(&text).map_err(|reason| {
            self.place.problem(
                format!("`{text}` is not a valid sender: {reason}"),
                "write Name <name@example.com>",
            )
        })
    }

    pub(crate) fn language(&self) -> Result<Language, Problem> {
        Language::parse(&self.without_tags()?).ok_or_else(|| {
            self.place.problem(
                format!("`{}` is not a language", self.value),
                "use its code, such as en, de or pt-BR",
            )
        })
    }

    pub(crate) fn time_zone(&self) -> Result<String, Problem> {
        let name = self.without_tags()?;
        match time_zone(&name) {
            Some(_) => Ok(name),
            None => Err(self.place.problem(
                format!("`{name}` is not a time zone"),
                "use a name such as Europe/Berlin or America/New_York",
            )),
        }
    }

    fn line(&self) -> Result<BrandText, Problem> {
        BrandText::parse(&self.without_tags()?).map_err(|problem| {
            self.place.problem(format!("this {problem}"), "write it as `issue: No. 7, May 2027`")
        })
    }

    fn color(&self) -> Result<Color, Problem> {
        Color::parse(&self.value).map_err(|problem| {
            self.place.problem(
                format!("`{}` {problem}", self.value),
                "write a # and six digits from 0 to f",
            )
        })
    }

    /// A text of several lines, without their indent.
    pub(crate) fn block(&self, values: &mut Values, found: &mut Vec<Problem>) -> Template {
        let mut template = Template::parse(&self.value, self.place, values, found);
        let indent: String = self.value.chars().take_while(|c| matches!(c, ' ' | '\t')).collect();
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

    /// Names of the media library with their places, between commas.
    pub(crate) fn names(&self) -> Result<Vec<(String, SourcePosition)>, Problem> {
        let text = self.without_tags()?;
        let mut names: Vec<(String, SourcePosition)> = Vec::new();
        let mut place = self.place;
        for part in text.split_inclusive(',') {
            let name = part.trim_end_matches(',').trim();
            let indent = part.len() - part.trim_start().len();
            let at = place.after(part.get(..indent).unwrap_or_default());
            place = place.after(part);
            let name = name.strip_prefix("media:").unwrap_or(name);
            if name.is_empty() {
                return Err(at.problem(
                    "a name is missing here",
                    "write names of the media library with commas between them: agenda.pdf, invite.ics",
                ));
            }
            if names.iter().any(|(known, _)| known == name) {
                return Err(at.problem(format!("`{name}` is attached twice"), "keep one of them"));
            }
            names.push((name.to_owned(), at));
        }
        Ok(names)
    }

    pub(crate) fn slug(&self) -> Result<String, Problem> {
        if TopicSlug::parse(&self.value).is_err() {
            return Err(self.place.problem(
                format!("`{}` is not a valid topic", self.value),
                "use its slug: lower-case letters, digits and hyphens, such as release-notices",
            ));
        }
        Ok(self.value.clone())
    }
}
