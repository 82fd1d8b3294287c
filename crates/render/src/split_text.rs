//! An announcement's text as the fields of a form, and back.
//!
//! Invariants: a text that was split and joined is the same, byte for byte; setting a field changes its
//! line and no other; what the form has no field for keeps its place. Understands no more of the text than
//! where its front matter is: a text with mistakes can be split as well.

use crate::announcement::format_of;
use crate::front_matter::unquoted;
use crate::settings::{AnnouncementFormat, Layout};

const LINE: &str = "---";

/// What a form has a field for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum TextField {
    Subject,
    From,
    Preheader,
    Layout,
    /// The other lines of the front matter.
    Settings,
    /// What follows the front matter, other languages included.
    Body,
}

/// A text in its parts.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SplitText {
    /// The byte order mark, if there is one, and the line that begins the front matter.
    opening: String,
    head: Vec<HeadLine>,
    /// The line that ends the front matter.
    closing: String,
    body: String,
}

/// A line of the front matter, with its end.
#[derive(Debug, Clone, PartialEq, Eq)]
struct HeadLine {
    text: String,
    /// Which field it is; nothing for one of the settings.
    field: Option<TextField>,
}

impl TextField {
    /// Those that are one line of the front matter, in the order in which they are added.
    pub const LINES: [Self; 4] = [Self::Subject, Self::From, Self::Preheader, Self::Layout];

    /// Its name in a form; for those of one line, in the front matter as well.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Subject => "subject",
            Self::From => "from",
            Self::Preheader => "preheader",
            Self::Layout => "layout",
            Self::Settings => "settings",
            Self::Body => "body",
        }
    }

    /// Whether its line stays when it is empty, for the problem that it is missing to have a place.
    const fn stays(self) -> bool {
        matches!(self, Self::Subject | Self::From)
    }

    /// As it stands in the front matter.
    fn written(self, value: &str) -> String {
        match self {
            // The quotes are part of the address there.
            Self::From => value.to_owned(),
            _ if value.starts_with('"') => {
                format!("\"{}\"", value.replace('\\', "\\\\").replace('"', "\\\""))
            }
            _ => value.to_owned(),
        }
    }
}

impl SplitText {
    /// The text in its parts; nothing when its front matter has no beginning or no end.
    #[must_use]
    pub fn split(text: &str) -> Option<Self> {
        let mut lines = text.split_inclusive('\n');
        let opening = lines.next()?;
        if opening.trim_start_matches('\u{feff}').trim_end() != LINE {
            return None;
        }
        let mut split = Self {
            opening: opening.to_owned(),
            head: Vec::new(),
            closing: String::new(),
            body: String::new(),
        };
        let mut blocks = Blocks::default();
        for line in lines.by_ref() {
            if line.trim_end() == LINE {
                split.closing = line.to_owned();
                split.body = lines.collect();
                return Some(split);
            }
            let field = if blocks.take(line) { None } else { field_of(line) };
            let is_first = split.head.iter().all(|known| known.field != field);
            split.head.push(HeadLine { text: line.to_owned(), field: field.filter(|_| is_first) });
        }
        None
    }

    /// The whole text.
    #[must_use]
    pub fn join(&self) -> String {
        let head: String = self.head.iter().map(|line| line.text.as_str()).collect();
        [&self.opening, &head, &self.closing, &self.body].map(String::as_str).concat()
    }

    /// A field as a form shows it: lines end with `\n`.
    #[must_use]
    pub fn get(&self, field: TextField) -> String {
        match field {
            TextField::Body => self.body.replace("\r\n", "\n"),
            TextField::Settings => {
                let lines = self.head.iter().filter(|line| line.field.is_none());
                lines.map(|line| ended(&line.text)).collect::<Vec<_>>().join("\n")
            }
            _ => self.line_of(field).map(|line| value(field, &line.text)).unwrap_or_default(),
        }
    }

    /// Sets a field to what a form holds. One that is the same stays as it is written.
    pub fn set(&mut self, field: TextField, typed: &str) {
        let typed = typed.replace("\r\n", "\n");
        match field {
            _ if self.get(field) == typed => {}
            TextField::Body => {
                if !self.closing.ends_with('\n') {
                    self.closing.push_str(self.newline());
                }
                self.body = typed.replace('\n', self.newline());
            }
            TextField::Settings => self.set_settings(&typed),
            _ => self.set_line(field, &typed),
        }
    }

    /// The layout that the text gets when it names none.
    #[must_use]
    pub fn usual_layout(&self) -> Layout {
        match format_of(&self.body) {
            AnnouncementFormat::Markdown => Layout::ReleaseNotice,
            AnnouncementFormat::Html | AnnouncementFormat::Mjml => Layout::None,
        }
    }

    /// Where a line of the file stands in the form: the field, and the line within, from 1.
    #[must_use]
    pub fn place(&self, line: usize) -> Option<(TextField, usize)> {
        let at = line.checked_sub(2)?;
        let Some(found) = self.head.get(at) else {
            let within = at.checked_sub(self.head.len()).filter(|within| *within > 0)?;
            return Some((TextField::Body, within));
        };
        let settings = self.head.iter().take(at + 1).filter(|line| line.field.is_none()).count();
        Some(found.field.map_or((TextField::Settings, settings), |field| (field, 1)))
    }

    /// The value of another key of the front matter, such as `name`.
    #[must_use]
    pub fn setting(&self, key: &str) -> Option<String> {
        let sets = |line: &&HeadLine| line.text.split_once(':').is_some_and(|it| it.0 == key);
        let line = self.head.iter().find(sets)?;
        Some(value(TextField::Settings, &line.text)).filter(|value| !value.is_empty())
    }

    fn line_of(&self, field: TextField) -> Option<&HeadLine> {
        self.head.iter().find(|line| line.field == Some(field))
    }

    fn newline(&self) -> &'static str {
        if self.opening.ends_with("\r\n") { "\r\n" } else { "\n" }
    }

    fn set_line(&mut self, field: TextField, typed: &str) {
        let typed = typed.replace(char::is_control, " ");
        let typed = typed.trim();
        if self.get(field) == typed {
            return;
        }
        let written = match field.written(typed) {
            empty if empty.is_empty() => format!("{}:{}", field.name(), self.newline()),
            written => format!("{}: {written}{}", field.name(), self.newline()),
        };
        let at = self.head.iter().position(|line| line.field == Some(field));
        // A second line of this key, a mistake, would be read in its stead.
        let is_twice = |at: usize| {
            let below = self.head.iter().skip(at + 1);
            below.filter(|line| line.field.is_none()).any(|it| field_of(&it.text) == Some(field))
        };
        match at {
            Some(at) if typed.is_empty() && !field.stays() && !is_twice(at) => {
                drop(self.head.remove(at));
            }
            Some(at) => {
                if let Some(line) = self.head.get_mut(at) {
                    line.text = written;
                }
            }
            None => {
                let before = TextField::LINES.into_iter().take_while(|it| *it != field);
                let after = before
                    .filter_map(|it| self.head.iter().position(|line| line.field == Some(it)));
                let at = after.max().map_or(0, |at| at + 1);
                self.head.insert(at, HeadLine { text: written, field: Some(field) });
            }
        }
    }

    /// Lines that are the same at the beginning and at the end keep their places among the fields.
    fn set_settings(&mut self, typed: &str) {
        let newline = self.newline();
        // It would end the front matter.
        let line = |text: &str| {
            let text = if text.trim_end() == LINE { format!(" {text}") } else { text.to_owned() };
            HeadLine { text: format!("{text}{newline}"), field: None }
        };
        let new: Vec<HeadLine> = typed.lines().map(line).collect();
        let is_setting = |at: &usize| self.head.get(*at).is_some_and(|line| line.field.is_none());
        let old: Vec<usize> = (0..self.head.len()).filter(is_setting).collect();
        let same = |(at, new): (&usize, &HeadLine)| {
            self.head.get(*at).is_some_and(|line| ended(&line.text) == ended(&new.text))
        };
        let first = old.iter().zip(&new).take_while(|it| same((it.0, it.1))).count();
        let rest = (old.len() - first).min(new.len() - first);
        let backwards = old.iter().rev().zip(new.iter().rev()).take(rest);
        let last = backwards.take_while(|it| same((it.0, it.1))).count();
        let removed = old.get(first..old.len() - last).unwrap_or_default();
        let at = removed.first().or(old.get(first)).copied().unwrap_or(self.head.len());
        let middle = new.get(first..new.len() - last).unwrap_or_default();
        let mut head = self.head.clone();
        for at in removed.iter().rev() {
            head.remove(*at);
        }
        head.splice(at..at, middle.iter().cloned());
        // Otherwise a field stands in a block, or a key is there twice.
        let placed = Self { head, ..self.clone() };
        let mut blocks = Blocks::default();
        let taken = placed.head.iter().map(|line| (line, blocks.take(&line.text)));
        let taken: Vec<bool> = taken.filter(|it| it.0.field.is_none()).map(|it| it.1).collect();
        let mut blocks = Blocks::default();
        let meant: Vec<bool> = new.iter().map(|line| blocks.take(&line.text)).collect();
        let is_read_so = taken == meant && Self::split(&placed.join()).as_ref() == Some(&placed);
        self.head = match is_read_so {
            true => placed.head,
            false => {
                let fields = self.head.iter().filter(|line| line.field.is_some()).cloned();
                fields.chain(new).collect()
            }
        };
    }
}

/// The field that a line of the front matter sets.
fn field_of(line: &str) -> Option<TextField> {
    let (key, _) = line.split_once(':')?;
    TextField::LINES.into_iter().find(|field| field.name() == key.trim_end())
}

/// The values that go on in the lines below their key.
#[derive(Default)]
struct Blocks {
    in_block: bool,
}

impl Blocks {
    /// Whether the next line belongs to a value above it.
    fn take(&mut self, line: &str) -> bool {
        let belongs = self.in_block && (line.trim().is_empty() || line.starts_with([' ', '\t']));
        let begins = |(key, value): (&str, &str)| key.trim() == "text" && value.trim() == "|";
        self.in_block = belongs || line.split_once(':').is_some_and(begins);
        belongs
    }
}

fn value(field: TextField, line: &str) -> String {
    let value = line.split_once(':').map_or("", |(_, value)| value).trim();
    match field {
        TextField::From => value.to_owned(),
        _ => unquoted(value).unwrap_or_else(|| value.to_owned()),
    }
}

/// A line without its end.
fn ended(line: &str) -> &str {
    line.trim_end_matches('\n').trim_end_matches('\r')
}

#[cfg(test)]
#[path = "split_text/tests.rs"]
mod tests;
