//! An announcement's file: front matter between two `---` lines, then Markdown, HTML or MJML.
//!
//! Invariant: an [`Announcement`] has a subject, a sender and only merge tags that are understood;
//! [`crate::compile`] checks what it links to. Reads no file and fetches nothing.

use std::collections::BTreeSet;

use model::EmailAddress;
use percent_encoding::percent_decode_str;

use crate::brand::{BrandText, Color};
use crate::footer::Language;
use crate::front_matter::{Body, Field, FrontMatter, kept};
use crate::header::Mailbox;
use crate::language_parts::{LanguagePart, language_parts};
use crate::media::library::MediaLibrary;
use crate::media::reference::{TextPiece, text_pieces};
use crate::problem::{Problem, Problems, SourcePosition};
use crate::settings::{AnnouncementFormat, ArchiveChoice, Layout};
use crate::template::Template;
use crate::template::{MergeValue, OwnAddress, TemplatePart, ValueSource, Values};

/// The largest announcement file, in bytes.
pub const ANNOUNCEMENT_BYTES: usize = 1024 * 1024;

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
    /// What stands below the sender's name, such as the number and the month of an issue.
    pub(crate) issue: Option<BrandText>,
    /// In the place of the brand's.
    pub(crate) accent: Option<Color>,
    pub(crate) format: AnnouncementFormat,
    /// Nothing when the file does not say.
    pub(crate) lang: Option<Language>,
    /// As IANA names it; nothing when the file does not say.
    pub(crate) time_zone: Option<String>,
    /// The text part, when it is written by hand.
    pub(crate) text: Option<Template>,
    /// What is added to the address of every link: names and values.
    pub(crate) link_parameters: Vec<(String, String)>,
    /// What travels with every message: names of the media library with their places.
    pub(crate) attach: Vec<(String, SourcePosition)>,
    /// What it can refer to.
    pub(crate) media: MediaLibrary,
    pub(crate) body: Template,
    pub(crate) values: Values,
    pub(crate) body_line: usize,
    /// The byte of the file at which the body begins.
    pub(crate) body_start: usize,
    topic: Option<String>,
    name: Option<String>,
    archive: Option<ArchiveChoice>,
    /// The same in other languages.
    pub(crate) variants: Vec<Announcement>,
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
        let (first, others) = language_parts(&text)?;
        let mut found = Vec::new();
        let (fields, body) = FrontMatter::split(first.text, first.line, &mut found)?;
        let announcement = Self::read(&first, &fields, &body, &mut found);
        let mut variants = Vec::new();
        for part in &others {
            let (own, body) = FrontMatter::split_variant(part.text, part.line, &mut found)?;
            let fields = fields.with_variant(own, &mut found);
            variants.extend(Self::read(part, &fields, &body, &mut found));
        }
        Problems::found(found)?;
        let Some(mut announcement) = announcement else {
            let start = SourcePosition::line(first.line);
            return Err(start.problem("the front matter can't be read", "check it").into());
        };
        announcement.check_variants(&variants)?;
        announcement.variants = variants;
        announcement.check_archive(fields.get("archive"))?;
        Ok(announcement)
    }

    /// One language of the file; nothing when it is wrong, which `found` then tells.
    fn read(
        part: &LanguagePart<'_>,
        fields: &FrontMatter,
        body: &Body<'_>,
        found: &mut Vec<Problem>,
    ) -> Option<Self> {
        let mut values = Values::default();
        // Every footer names the address the message went to.
        values.number(MergeValue { source: ValueSource::Email, default: None });
        let subject = kept(fields.required("subject", "subject: What is new"), found);
        let settings = fields.settings(found);
        let mut template = |field: Option<&Field>| match field {
            Some(field) => Template::parse(&field.value, field.place, &mut values, found),
            None => Template::default(),
        };
        let (subject_template, preheader) = (template(subject), template(fields.get("preheader")));
        let start = SourcePosition { line: body.line, column: 1 };
        let body_template = Template::parse(body.text, start, &mut values, found);
        let text_template = fields.get("text").map(|field| field.block(&mut values, found));
        if body.text.trim().is_empty() {
            let place = SourcePosition::line(body.line);
            found.push(
                place.problem("the announcement has no text", "write it below the front matter"),
            );
        }
        let (subject, settings) = (subject?, settings?);
        // Lines before this part are empty, so that places are those of the file.
        let source = "\n".repeat(part.line - 1) + part.text;
        Some(Self {
            body_start: source.len() - body.text.len(),
            source,
            subject_text: subject.value.clone(),
            subject: subject_template,
            preheader,
            from: settings.from,
            reply_to: settings.reply_to,
            layout: settings.layout,
            issue: settings.issue,
            accent: settings.accent,
            format: settings.format.unwrap_or(format_of(body.text)),
            lang: part.language.clone().or(settings.lang),
            time_zone: settings.time_zone,
            text: text_template,
            link_parameters: settings.link_parameters,
            attach: settings.attach,
            media: MediaLibrary::default(),
            body: body_template,
            values,
            body_line: body.line,
            topic: settings.topic,
            name: settings.name,
            archive: settings.archive,
            variants: Vec::new(),
        })
    }

    /// Checks that each language is there once, and that all come from one address.
    fn check_variants(&self, variants: &[Self]) -> Result<(), Problem> {
        if variants.is_empty() {
            return Ok(());
        }
        let Some(own) = &self.lang else {
            return Err(SourcePosition::line(1).problem(
                "the announcement has several languages and does not say which its first is",
                "add a line such as `lang: en` to its front matter",
            ));
        };
        let mut known = vec![own];
        for variant in variants {
            let place = SourcePosition::line(variant.body_line);
            if variant.from.address != self.from.address {
                return Err(place.problem(
                    "this language comes from another address",
                    "use one address; the name before it may differ",
                ));
            }
            if let Some(lang) = &variant.lang {
                if known.contains(&lang) {
                    let what = format!("the language `{}` is there twice", lang.tag());
                    return Err(place.problem(what, "keep one of them"));
                }
                known.push(lang);
            }
        }
        Ok(())
    }

    fn check_archive(&self, field: Option<&Field>) -> Result<(), Problem> {
        match field {
            Some(field) if self.archive == Some(ArchiveChoice::No) && self.leads_to_archive() => {
                Err(field.place.problem(
                    "{{ forward_url }} leads to the page in the archive, and there is none",
                    "write `archive: unlisted`, or use {{ browser_url }}",
                ))
            }
            _ => Ok(()),
        }
    }

    /// The announcement in each of its languages, the first first.
    pub(crate) fn languages(&self) -> impl Iterator<Item = &Self> {
        std::iter::once(self).chain(&self.variants)
    }

    /// Whether it leads readers to its page in the archive.
    #[must_use]
    pub fn leads_to_archive(&self) -> bool {
        let texts = |it: &'_ Self| {
            let text = it.text.iter().flat_map(|text| &text.parts);
            text.chain(&it.body.parts)
                .any(|part| *part == TemplatePart::Address(OwnAddress::Forward))
        };
        self.languages().any(texts)
    }

    /// Whether the public may read it.
    #[must_use]
    pub fn archive(&self) -> Option<ArchiveChoice> {
        self.archive
    }

    /// The names of the media library that it refers to; whoever compiles it needs the library then.
    #[must_use]
    pub fn media_names(&self) -> BTreeSet<String> {
        let of_language = |language: &Self| {
            let attached = language.attach.iter().map(|(name, _)| name.clone());
            let body = language.source.get(language.body_start..).unwrap_or_default();
            let shown = text_pieces(body).into_iter().filter_map(|piece| match piece {
                TextPiece::Media(reference) => Some(reference.name),
                TextPiece::Text(_) => None,
            });
            attached.chain(shown).collect::<Vec<_>>()
        };
        self.languages().flat_map(of_language).collect()
    }

    /// The same announcement with what it can refer to.
    #[must_use]
    pub fn with_media(mut self, media: MediaLibrary) -> Self {
        self.variants = std::mem::take(&mut self.variants)
            .into_iter()
            .map(|variant| variant.with_media(media.clone()))
            .collect();
        Self { media, ..self }
    }

    /// Where it says what travels with its messages; the text, when only that does.
    pub(crate) fn place_of_files(&self) -> SourcePosition {
        let first = self.attach.first().map(|(_, place)| *place);
        first.unwrap_or(SourcePosition::line(self.body_line))
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

    /// The same in other languages.
    #[must_use]
    pub fn variants(&self) -> &[Self] {
        &self.variants
    }

    /// The BCP 47 tag of its language, if the file says it.
    #[must_use]
    pub fn language(&self) -> Option<String> {
        self.lang.as_ref().map(Language::tag)
    }

    /// The same in another layout than the file asks for.
    #[must_use]
    pub fn in_layout(self, layout: Layout) -> Self {
        let variants = self.variants.into_iter().map(|variant| variant.in_layout(layout)).collect();
        Self { layout: Some(layout), variants, ..self }
    }

    /// The layout around Markdown and parts of documents; documents get none unless they ask.
    pub(crate) fn layout_around_parts(&self) -> Layout {
        self.layout.unwrap_or(Layout::ReleaseNotice)
    }

    /// The position of a text in the file, for problems that are found after parsing.
    pub(crate) fn place_of(&self, text: &str) -> SourcePosition {
        let find = |text: &str| self.source.find(text).filter(|_| !text.is_empty());
        // Markdown has encoded what is not ASCII in addresses.
        let decoded = || find(&percent_decode_str(text).decode_utf8().ok()?);
        match find(text).or_else(decoded) {
            Some(at) => self.position(at),
            None => SourcePosition::line(self.body_line),
        }
    }

    /// The line of the front matter that sets a key.
    pub(crate) fn place_of_key(&self, key: &str) -> SourcePosition {
        let sets = |line: &str| line.split_once(':').is_some_and(|(name, _)| name.trim() == key);
        let line = self.source.lines().take(self.body_line).position(sets);
        SourcePosition::line(line.map_or(self.body_line, |line| line + 1))
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

/// The text of an announcement's file.
///
/// # Errors
/// Names the line that is not UTF-8.
pub fn utf8(bytes: &[u8]) -> Result<&str, Problem> {
    std::str::from_utf8(bytes).map_err(|error| {
        let before = String::from_utf8_lossy(bytes.get(..error.valid_up_to()).unwrap_or_default());
        let place = SourcePosition { line: 1, column: 1 }.after(&before);
        let byte = bytes.get(error.valid_up_to()).copied().unwrap_or_default();
        place.problem(
            format!("the byte 0x{byte:02X} is no UTF-8"),
            "save the file as UTF-8 in your editor",
        )
    })
}

/// What the text begins like: a document, MJML, or else Markdown.
pub(crate) fn format_of(body: &str) -> AnnouncementFormat {
    let start = body.trim_start();
    let begins = |tag: &str| start.get(..tag.len()).is_some_and(|it| it.eq_ignore_ascii_case(tag));
    if begins("<mjml") {
        AnnouncementFormat::Mjml
    } else if begins("<!doctype") || begins("<html") {
        AnnouncementFormat::Html
    } else {
        AnnouncementFormat::Markdown
    }
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
