//! Compilation: everything about a message that is the same for all contacts is done here, once.

mod languages;
mod single;
mod untracked;

pub use single::compile_single;
pub use untracked::compile_with_untracked;

use crate::announcement::Announcement;
use crate::author::body::BodyHtml;
use crate::author::rewrite::{Pass, Rewritten};
use crate::author::text;
use crate::brand::{BrandColors, BrandText};
use crate::compile::languages::all_languages;
use crate::compiled::{Compiled, Remarks, Subject};
use crate::css;
use crate::file_parts::FileParts;
use crate::fill::contact_values::Holes;
use crate::fill::program::{Deciders, Encoding, Program, ProgramBuilder, text_pieces};
use crate::footer::{FooterNames, FooterWords, Language};
use crate::html::document::{content_and_sheets, document_body};
use crate::html::edits::Edits;
use crate::layout::{self, Frame, LayoutStyle};
use crate::links::target::PersonalTarget;
use crate::links::{TrackedLink, WebAddress, in_text};
use crate::locale::TextLocale;
use crate::media::attach::{AttachedFile, attached, weigh};
use crate::media::marks::MediaMarks;
use crate::mime::{MessageHead, seed, write_bodies};
use crate::own_addresses::{Edition, OwnAddresses};
use crate::own_parts::{check_imprint, check_own_parts, check_unconditional};
use crate::placeholders::{Hole, Placeholders};
use crate::problem::{Problem, Problems, SourcePosition};
use crate::sender::{Sender, TopicName};
use crate::settings::Layout;
use crate::template::Template;
use crate::template::{MergeValue, OwnAddress, TemplatePart, ValueSource};
use crate::used_values::{merge_tags, tags, used_values};
use crate::warnings;

/// Compiles an announcement for a sender and a topic.
///
/// # Errors
/// What in the announcement, or in the sender's settings, would make a bad message.
pub fn compile(
    announcement: &Announcement,
    sender: &Sender,
    topic: &TopicName<'_>,
) -> Result<Compiled, Problems> {
    sender.check()?;
    topic.check()?;
    all_languages(announcement, |it| compile_language(it, sender, topic, Edition::Message))
}

fn compile_language(
    announcement: &Announcement,
    sender: &Sender,
    topic: &TopicName<'_>,
    edition: Edition<'_>,
) -> Result<Compiled, Problems> {
    let source = Compilation::new(announcement, sender, topic, edition);
    let (is_single, is_counted) = (matches!(edition, Edition::Single), edition.is_counted());
    let parts = source.parts()?;
    let html_pieces = source.placeholders.split(&parts.html)?;
    let page_pieces = source.placeholders.split(parts.page())?;
    let text_pieces = text_pieces(source.placeholders.split(&parts.text)?, !is_counted);

    let mut deciders = Deciders::default();
    let controls = &announcement.values.controls;
    let mut builder = ProgramBuilder { controls, deciders: &mut deciders };
    let [unencoded, encoded] = [Encoding::Plain, Encoding::QuotedPrintable];
    let page = builder.build(&page_pieces, unencoded)?;
    let text = builder.build(&text_pieces, unencoded)?;
    let bodies = (builder.build(&text_pieces, encoded)?, builder.build(&html_pieces, encoded)?);
    let weight = weigh(announcement.place_of_files(), sender.attachments, &parts.files)?;
    let files = FileParts::new(parts.files, &seed(&parts.html));
    let mut message = Program::default();
    let head = MessageHead { announcement, sender, topic: (!is_single).then_some(topic) };
    head.write(&mut message, &parts.html, &files.opening())?;
    write_bodies(&mut message, bodies.0, bodies.1, &parts.html);
    let message = message.finish();
    let subject = Subject::new(&announcement.subject);
    let values = &announcement.values.list;
    let holes = Holes {
        values: used_values(values, &message, &subject, &parts.targets),
        conditions: deciders.conditions,
        lists: deciders.lists,
        // Where nobody is counted, none has a token.
        links: if is_counted { parts.links } else { Vec::new() },
        targets: parts.targets,
        link_parameters: announcement.link_parameters.clone(),
        locale: parts.locale,
    };
    let mut warnings = parts.warnings;
    warnings.extend(weight);
    warnings.extend(warnings::clipping(&html_pieces));
    let mut hints = parts.hints;
    hints.extend(warnings::long_lines(announcement));
    Ok(Compiled {
        from: announcement.from.address.clone(),
        tags: tags(&holes),
        merge_tags: merge_tags(announcement, &holes),
        holes,
        remarks: Remarks { addresses: parts.addresses, warnings, hints },
        subject,
        message,
        files,
        page,
        text,
        variants: Vec::new(),
        untracked: None,
    })
}

/// What both parts are framed with.
struct Framed {
    language: Language,
    words: FooterWords,
    has_own_colors: bool,
    has_sheets: bool,
}

pub(crate) struct Compilation<'a> {
    announcement: &'a Announcement,
    sender: &'a Sender,
    topic: &'a TopicName<'a>,
    edition: Edition<'a>,
    pub(crate) placeholders: Placeholders,
    /// In none of these texts either.
    media_marks: MediaMarks,
}

/// Both parts of the message with placeholders, and what was found in them.
pub(crate) struct Parts {
    html: String,
    /// The HTML in a browser, when that differs.
    page: Option<String>,
    pub(crate) text: String,
    links: Vec<TrackedLink>,
    pub(crate) targets: Vec<PersonalTarget>,
    pub(crate) locale: TextLocale,
    files: Vec<AttachedFile>,
    addresses: Vec<WebAddress>,
    warnings: Vec<Problem>,
    hints: Vec<Problem>,
}

impl Parts {
    /// The HTML in a browser.
    pub(crate) fn page(&self) -> &str {
        self.page.as_ref().unwrap_or(&self.html)
    }
}

impl<'a> Compilation<'a> {
    pub(crate) fn new(
        announcement: &'a Announcement,
        sender: &'a Sender,
        topic: &'a TopicName<'a>,
        edition: Edition<'a>,
    ) -> Self {
        let mut texts = vec![
            announcement.source.as_str(),
            &sender.organisation,
            &sender.postal_address,
            &sender.beacon_url,
            &sender.web_url,
            topic.name,
        ];
        texts.extend(sender.brand.texts());
        let placeholders = Placeholders::absent_from(&texts);
        let media_marks = MediaMarks::absent_from(&texts);
        Self { announcement, sender, topic, edition, placeholders, media_marks }
    }

    fn own(&self) -> OwnAddresses<'_> {
        let Self { sender, topic, placeholders, edition, .. } = self;
        OwnAddresses { sender, topic, placeholders, edition: *edition }
    }

    pub(crate) fn marked(&self, template: &Template) -> String {
        template.to_text(|part, text| text.push_str(&self.mark_of(part)))
    }

    fn mark_of(&self, part: &TemplatePart) -> String {
        match part {
            TemplatePart::Text(plain) => plain.clone(),
            TemplatePart::Value { number, .. } => self.placeholders.mark(Hole::Html(*number)),
            TemplatePart::Address(OwnAddress::Unsubscribe) => self.own().unsubscribe(),
            TemplatePart::Address(OwnAddress::Preferences) => self.own().preferences(),
            TemplatePart::Address(OwnAddress::Browser) => self.own().browser(),
            TemplatePart::Address(OwnAddress::Forward) => self.own().forward(),
            TemplatePart::Address(OwnAddress::Tracking) => self.own().tracking(),
            TemplatePart::Control(number) => self.placeholders.mark(Hole::Control(*number)),
        }
    }

    pub(crate) fn parts(&self) -> Result<Parts, Problems> {
        let announcement = self.announcement;
        let style = self.layout_style(announcement.lang.as_ref())?;
        let mut media = self.media_marks.clone();
        let (marks, style) = (&self.placeholders, style.as_ref());
        let body =
            BodyHtml::new(announcement, marks, style, &mut media, |part| self.mark_of(part))?;
        let mut styles = css::inline(&body.text, &body.markup, body.is_document());
        let pass = Pass {
            announcement,
            body: &body,
            sender: self.sender,
            placeholders: &self.placeholders,
            media: &media,
            values: &announcement.values.list,
            edition: self.edition,
        };
        let Rewritten { mut edits, links, targets, inline, addresses, warnings } =
            pass.rewrite()?;
        let mut files = attached(&announcement.attach, &announcement.media)?;
        edits.extend(std::mem::take(&mut styles.edits));
        let mut hints = body.hints.clone();
        hints.extend(warnings::of_styles(announcement, &body, &styles));
        hints.extend(warnings::not_shown(announcement, self.layout_around(&body)));
        let content = edits.clone().apply(&body.text);

        let language = announcement.lang.clone().or_else(|| body.language());
        let locale = TextLocale {
            language: language.as_ref().map(Language::tag),
            time_zone: announcement.time_zone.clone(),
        };
        let language = language.unwrap_or_default();
        let (words, has_words) = self.footer_words(&language)?;
        if !has_words {
            hints.push(warnings::footer_in_english(announcement, &language));
        }
        let derived = self.derived_text(&content, &styles, &links)?;
        let framed = Framed {
            language,
            words,
            has_own_colors: body.has_own_colors(),
            has_sheets: body.has_sheets(),
        };
        let html = self.html_part(&framed, &body, edits, &content)?;
        let (library, web_url) = (&announcement.media, &self.sender.web_url);
        let page = inline.has_any().then(|| inline.page(&html, &media, library, web_url));
        let html = inline.message(&html, &media, library, web_url);
        files.extend(inline.into_files());
        if let Some(pixel) = self.own().pixel() {
            check_own_parts(&html, &self.own().unsubscribe(), &pixel, announcement)?;
        }
        if matches!(self.edition, Edition::Single) {
            check_imprint(&html, announcement)?;
        }
        let text = match self.edition {
            Edition::Message | Edition::Untracked | Edition::Single => {
                self.framed(&framed, "", &derived, layout::text_part)?
            }
            Edition::Archive(_) => derived,
        };
        Ok(Parts { html, page, text, links, targets, locale, files, addresses, warnings, hints })
    }

    /// The style of the layout around what is no document, if it has one.
    fn layout_style(&self, language: Option<&Language>) -> Result<Option<LayoutStyle>, Problem> {
        let layout = self.announcement.layout_around_parts();
        if layout == Layout::None {
            return Ok(None);
        }
        let brand = &self.sender.brand;
        let colors = match self.announcement.accent {
            // The brand's colour for dark screens belongs to the brand's other one.
            Some(accent) => BrandColors { accent: Some(accent), accent_dark: None, ..brand.colors },
            None => brand.colors,
        };
        let is_rtl = language.is_some_and(|it| it.direction() == "rtl");
        LayoutStyle::new(layout, brand, &colors, is_rtl).map(Some).map_err(layout::unfillable)
    }

    fn layout_around(&self, body: &BodyHtml<'_>) -> Layout {
        let asked_for = self.announcement.layout;
        let of_part = || self.announcement.layout_around_parts();
        asked_for.unwrap_or_else(|| if body.is_document() { Layout::None } else { of_part() })
    }

    /// The text part without its frame: written by hand, or made from the HTML.
    fn derived_text(
        &self,
        content: &str,
        styles: &css::InlinedStyles,
        links: &[TrackedLink],
    ) -> Result<String, Problem> {
        let announcement = self.announcement;
        match &announcement.text {
            Some(text) => {
                let text = self.marked(text);
                let parameters = &announcement.link_parameters;
                Ok(match self.edition {
                    Edition::Message => {
                        in_text::tracked(&text, links, parameters, |slot| self.own().link(slot))
                    }
                    Edition::Untracked | Edition::Single | Edition::Archive(_) => text,
                })
            }
            None => text::from_html(content, &styles.html, &styles.hidden, &self.placeholders),
        }
    }

    /// A document of the author's own gets only what every message has; anything else, and a
    /// document that asks for one, gets a layout.
    fn html_part(
        &self,
        framed: &Framed,
        body: &BodyHtml<'_>,
        mut edits: Edits,
        content: &str,
    ) -> Result<String, Problem> {
        let is_document = body.is_document();
        let layout = self.layout_around(body);
        if is_document && layout == Layout::None {
            let (start, end) = document_body(&body.text, &body.markup);
            for at in [start, end] {
                check_unconditional(body.get(&(0..at)), &self.placeholders, self.announcement)?;
            }
            edits.insert(start, self.framed(framed, "", "", layout::hidden_start)?);
            edits.insert(end, self.framed(framed, "", "", layout::document_footer)?);
            return Ok(edits.apply(&body.text));
        }
        // Sheets go into the head, unless a condition may stand around one.
        let has_conditions = !self.announcement.values.controls.is_empty();
        let parted = content_and_sheets(content, is_document, has_conditions);
        let (sheets, content) = parted.map_err(|_| {
            SourcePosition::line(self.announcement.body_line).problem(
                "the HTML can't be taken out of its document",
                "write only what belongs inside the body",
            )
        })?;
        let style = self.layout_style(Some(&framed.language))?.unwrap_or_default();
        self.framed(framed, &sheets, &content, |frame| {
            layout::document(layout, &style, frame, &self.placeholders)
        })
    }

    fn footer_words(&self, language: &Language) -> Result<(FooterWords, bool), Problem> {
        let email = self.email();
        FooterWords::new(
            language,
            &FooterNames {
                email: &email,
                topic: self.topic.name,
                organisation: &self.sender.organisation,
            },
        )
    }

    /// The placeholder of the address that the message goes to.
    fn email(&self) -> String {
        let email = MergeValue { source: ValueSource::Email, default: None };
        let number = self.announcement.values.list.iter().position(|value| *value == email);
        number.map_or(String::new(), |number| self.placeholders.mark(Hole::Html(number)))
    }

    fn framed(
        &self,
        framed: &Framed,
        sheets: &str,
        body: &str,
        layout: impl Fn(&Frame<'_>) -> Result<String, Problem>,
    ) -> Result<String, Problem> {
        layout(&Frame {
            lang: &framed.language.tag(),
            dir: framed.language.direction(),
            subject: &self.marked(&self.announcement.subject),
            preheader: &self.marked(&self.announcement.preheader),
            issue: self.announcement.issue.as_ref().map_or("", BrandText::as_str),
            organisation: &self.sender.organisation,
            brand: &self.sender.brand,
            postal_address: self.sender.postal_address.trim(),
            words: &framed.words,
            pixel_url: self.own().pixel().as_deref(),
            honeypot_url: self.own().honeypot().as_deref(),
            unsubscribe_url: &self.own().unsubscribe(),
            preferences_url: &self.own().preferences(),
            browser_url: &self.own().browser(),
            tracking_url: self.edition.is_counted().then(|| self.own().tracking()).as_deref(),
            topic: self.topic.name,
            archive_url: self.edition.archive().map(|it| it.topic.as_str()),
            is_single: matches!(self.edition, Edition::Single),
            adapts: !framed.has_own_colors,
            has_sheets: framed.has_sheets,
            sheets,
            body,
        })
    }
}
