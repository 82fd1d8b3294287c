//! Compilation: everything about a message that is the same for all contacts is done here, once.

use scraper::{ElementRef, Html};

use crate::announcement::Announcement;
use crate::author::body::BodyHtml;
use crate::author::rewrite::{Pass, Rewritten};
use crate::author::text;
use crate::compiled::{Compiled, Subject};
use crate::css;
use crate::fill::contact_values::Holes;
use crate::fill::program::{Deciders, Encoding, Program, ProgramBuilder, for_text};
use crate::footer::{FooterNames, FooterWords, Language};
use crate::header::subject_field;
use crate::html::document::{content_and_sheets, document_body};
use crate::html::edits::Edits;
use crate::html::markup::markup;
use crate::layout::{self, Frame};
use crate::links::TrackedLink;
use crate::links::target::PersonalTarget;
use crate::mime::{MessageHead, write_bodies};
use crate::placeholders::{Hole, Piece, Placeholders};
use crate::problem::{Problem, Problems, SourcePosition};
use crate::sender::{Sender, TopicName};
use crate::settings::Layout;
use crate::template::Template;
use crate::template::{MergeValue, TemplatePart, ValueSource};
use crate::used_values::{merge_tags, tags, used_values};

/// Gmail shows the first 102 kB or so of a message's HTML and hides the rest, footer included.
const CLIPPED_BYTES: usize = 100_000;
/// Characters of a subject that mailboxes on a desk show; on a phone it is half of that.
const SHOWN_SUBJECT: usize = 70;

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
    let mut compiled = compile_language(announcement, sender, topic);
    for variant in &announcement.variants {
        compiled = match (compiled, compile_language(variant, sender, topic)) {
            (Ok(compiled), Ok(variant)) => compiled.with_variant(variant).map_err(Problems::from),
            (Err(problems), Err(others)) => Err(problems.and(others)),
            (Err(problems), Ok(_)) | (Ok(_), Err(problems)) => Err(problems),
        };
    }
    compiled
}

fn compile_language(
    announcement: &Announcement,
    sender: &Sender,
    topic: &TopicName<'_>,
) -> Result<Compiled, Problems> {
    let source = Compilation::new(announcement, sender, topic);
    let parts = source.parts()?;
    let html_pieces = source.placeholders.split(&parts.html)?;
    let text_pieces: Vec<Piece<'_>> =
        source.placeholders.split(&parts.text)?.into_iter().map(for_text).collect();

    let mut deciders = Deciders::default();
    let controls = &announcement.values.controls;
    let mut builder = ProgramBuilder { controls, deciders: &mut deciders };
    let [plain, encoded] = [Encoding::Plain, Encoding::QuotedPrintable];
    let (page, text) = (builder.build(&html_pieces, plain)?, builder.build(&text_pieces, plain)?);
    let bodies = (builder.build(&text_pieces, encoded)?, builder.build(&html_pieces, encoded)?);
    let mut message = Program::default();
    let head = MessageHead { announcement, sender, topic };
    head.write(&mut message, &parts.html)?;
    write_bodies(&mut message, bodies.0, bodies.1, &parts.html);
    let message = message.finish();
    let subject = Subject::new(&announcement.subject);
    let values = &announcement.values.list;
    let holes = Holes {
        values: used_values(values, &message, &subject, &parts.targets),
        conditions: deciders.conditions,
        lists: deciders.lists,
        links: parts.links,
        targets: parts.targets,
        link_parameters: announcement.link_parameters.clone(),
        locale: announcement.locale(),
    };
    let mut warnings = parts.warnings;
    warnings.extend(clipping(&html_pieces));
    warnings.extend(long_subject(announcement));
    Ok(Compiled {
        from: announcement.from.address.clone(),
        tags: tags(&holes),
        merge_tags: merge_tags(announcement, &holes),
        holes,
        warnings,
        subject,
        message,
        page,
        text,
        variants: Vec::new(),
    })
}

/// What both parts are framed with.
struct Framed {
    language: Language,
    words: FooterWords,
    has_own_colors: bool,
}

struct Compilation<'a> {
    announcement: &'a Announcement,
    sender: &'a Sender,
    topic: &'a TopicName<'a>,
    placeholders: Placeholders,
}

/// Both parts of the message with placeholders, and what was found in them.
struct Parts {
    html: String,
    text: String,
    links: Vec<TrackedLink>,
    targets: Vec<PersonalTarget>,
    warnings: Vec<Problem>,
}

impl<'a> Compilation<'a> {
    fn new(announcement: &'a Announcement, sender: &'a Sender, topic: &'a TopicName<'a>) -> Self {
        let placeholders = Placeholders::absent_from(&[
            &announcement.source,
            &sender.organisation,
            &sender.postal_address,
            &sender.beacon_url,
            &sender.web_url,
            topic.name,
        ]);
        Self { announcement, sender, topic, placeholders }
    }

    fn url(&self, base: &str, kind: char, hole: Hole) -> String {
        format!("{base}/{kind}/{}", self.placeholders.mark(hole))
    }

    fn marked(&self, template: &Template) -> String {
        template.to_text(|part, text| text.push_str(&self.mark_of(part)))
    }

    fn mark_of(&self, part: &TemplatePart) -> String {
        match part {
            TemplatePart::Text(plain) => plain.clone(),
            TemplatePart::Value { number, .. } => self.placeholders.mark(Hole::Html(*number)),
            TemplatePart::UnsubscribeUrl => self.url(&self.sender.web_url, 'u', Hole::Unsubscribe),
            TemplatePart::BrowserUrl => self.url(&self.sender.web_url, 'v', Hole::Browse),
            TemplatePart::Control(number) => self.placeholders.mark(Hole::Control(*number)),
        }
    }

    fn parts(&self) -> Result<Parts, Problems> {
        let announcement = self.announcement;
        let body = BodyHtml::new(announcement, &self.placeholders, |part| self.mark_of(part))?;
        let styles = css::inline(&body.text, &body.markup, body.is_document());
        let pass = Pass {
            announcement,
            body: &body,
            sender: self.sender,
            placeholders: &self.placeholders,
            values: &announcement.values.list,
        };
        let Rewritten { mut edits, links, targets, mut warnings } = pass.rewrite()?;
        edits.extend(styles.edits);
        warnings.extend(body.warnings.iter().cloned());
        warnings.extend(styles.picking_by_address.iter().map(|(at, selectors)| {
            body.place_of(&(*at..*at), selectors).problem(
                format!("`{selectors}` looks at addresses, which tracking changes"),
                "give the links a class, and name that instead",
            )
        }));
        if styles.is_too_large {
            warnings.push(SourcePosition::line(announcement.body_line).problem(
                "the style sheets have too many rules to be written into the elements",
                "remove the rules that nothing uses: programs that ignore sheets show none of them",
            ));
        }
        let content = edits.clone().apply(&body.text);

        let language = announcement.lang.clone().or_else(|| body.language());
        let language = language.unwrap_or_default();
        let (words, has_words) = self.footer_words(&language)?;
        if !has_words {
            warnings.push(announcement.place_of("lang").problem(
                format!(
                    "there is no footer in the language `{}`; it is in English",
                    language.tag()
                ),
                "leave it so, or write the announcement in another language",
            ));
        }
        let derived = match &announcement.text {
            Some(text) => self.written_text(&self.marked(text), &links),
            None => text::from_html(&content, &styles.html, &styles.hidden, &self.placeholders)?,
        };
        let framed = Framed { language, words, has_own_colors: body.has_own_colors() };
        let html = self.html_part(&framed, &body, edits, &content)?;
        self.check_own_parts(&html)?;
        let text = self.framed(&framed, "", &derived, layout::text_part)?;
        Ok(Parts { html, text, links, targets, warnings })
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
        let layout = match self.announcement.layout {
            None | Some(Layout::None) if is_document => {
                let (start, end) = document_body(&body.text, &body.markup);
                self.check_unconditional(body, start)?;
                self.check_unconditional(body, end)?;
                edits.insert(start, self.framed(framed, "", "", layout::hidden_start)?);
                edits.insert(end, self.framed(framed, "", "", layout::document_footer)?);
                return Ok(edits.apply(&body.text));
            }
            _ => self.announcement.layout_around_parts(),
        };
        // Sheets go into the head, unless a condition may stand around one.
        let has_conditions = !self.announcement.values.controls.is_empty();
        let parted = content_and_sheets(content, is_document, has_conditions);
        let (sheets, content) = parted.map_err(|_| {
            SourcePosition::line(self.announcement.body_line).problem(
                "the HTML can't be taken out of its document",
                "write only what belongs inside the body",
            )
        })?;
        self.framed(framed, &sheets, &content, |frame| {
            layout::document(layout, frame, &self.placeholders)
        })
    }

    /// Checks that what is inserted at `at` is in every message.
    fn check_unconditional(&self, body: &BodyHtml<'_>, at: usize) -> Result<(), Problem> {
        let mut open = Vec::new();
        for piece in self.placeholders.split(body.get(&(0..at)))? {
            let Piece::Hole(Hole::Control(number)) = piece else { continue };
            match self.announcement.values.controls.get(number) {
                Some((control, place)) if control.opens() => open.push(*place),
                Some((control, _)) if control.closes() => {
                    open.pop();
                }
                _ => {}
            }
        }
        match open.pop() {
            None => Ok(()),
            Some(place) => Err(place.problem(
                "this condition or loop goes on around the beginning or the end of the body",
                "put the whole of it inside the body: every message has a footer",
            )),
        }
    }

    /// Checks that nothing of the author's took in or hides what every message must have.
    fn check_own_parts(&self, html: &str) -> Result<(), Problem> {
        let unsubscribe = self.url(&self.sender.web_url, 'u', Hole::Unsubscribe);
        let pixel = format!("{}.gif", self.url(&self.sender.beacon_url, 'o', Hole::View));
        let parsed = Html::parse_document(html);
        let place = SourcePosition::line(self.announcement.body_line);
        let link = css::own_element(&parsed, "a", "href", &unsubscribe);
        let pixel = css::own_element(&parsed, "img", "src", &pixel);
        let (Some(link), Some(_)) = (link, pixel) else {
            return Err(place.problem(
                "the HTML takes in the footer or the tracking pixel",
                "close every element, comment and attribute that is open at its end",
            ));
        };
        let above = link.ancestors().filter_map(ElementRef::wrap);
        if above.map(|element| element.value().name()).any(|name| name == "a") {
            return Err(place.problem(
                "a link is never closed, and would go on in the footer",
                "close it with </a>",
            ));
        }
        let torn = || place.problem("the HTML can't be read", "close what is open");
        let markup = markup(html, 0).map_err(|_| torn())?;
        match css::hidden_by(&link, html, &markup) {
            None => Ok(()),
            Some(by) => Err(self.announcement.place_of(&by).problem(
                format!("`{by}` hides the unsubscribe link and the postal address"),
                "take it away, or close the element before the end",
            )),
        }
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

    /// A text part that was written by hand, with the addresses of tracked links in it tracked.
    fn written_text(&self, text: &str, links: &[TrackedLink]) -> String {
        let mut output = String::with_capacity(text.len());
        let mut rest = text;
        while let Some(at) = rest.find("http") {
            let (before, from) = rest.split_at(at);
            output.push_str(before);
            let end = from.find(|c: char| c.is_whitespace() || "<>\"".contains(c));
            let (word, after) = from.split_at(end.unwrap_or(from.len()));
            let address = word.trim_end_matches(['.', ',', ';', ':', '!', '?', ')']);
            let link = TrackedLink::address_in_text(address, &self.announcement.link_parameters)
                .and_then(|url| links.iter().find(|link| link.url == url));
            match link {
                Some(link) => {
                    output.push_str(&self.url(
                        &self.sender.beacon_url,
                        'c',
                        Hole::Link(link.slot.0),
                    ));
                    output.push_str(word.get(address.len()..).unwrap_or_default());
                }
                None => output.push_str(word),
            }
            rest = after;
        }
        output.push_str(rest);
        output.trim_end().to_owned()
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
            organisation: &self.sender.organisation,
            postal_address: self.sender.postal_address.trim(),
            words: &framed.words,
            pixel_url: &format!("{}.gif", self.url(&self.sender.beacon_url, 'o', Hole::View)),
            unsubscribe_url: &self.url(&self.sender.web_url, 'u', Hole::Unsubscribe),
            browser_url: &self.url(&self.sender.web_url, 'v', Hole::Browse),
            class: if framed.has_own_colors { "pharos-fixed" } else { "pharos-adapts" },
            sheets,
            body,
        })
    }
}

impl Subject {
    fn new(template: &Template) -> Self {
        let is_fixed = template.parts.iter().all(|part| matches!(part, TemplatePart::Text(_)));
        if is_fixed {
            Self::Fixed(subject_field(&template.to_text(|_, _| {})).into_boxed_str())
        } else {
            Self::Template(template.clone())
        }
    }
}

fn clipping(html: &[Piece<'_>]) -> Option<Problem> {
    let bytes: usize = html
        .iter()
        .map(|piece| match piece {
            Piece::Text(text) => text.len(),
            Piece::Hole(_) => token::LEN,
        })
        .sum();
    (bytes > CLIPPED_BYTES).then(|| {
        SourcePosition::SETTINGS.problem(
            format!("the HTML has {} kB, and Gmail cuts messages at 102 kB", bytes / 1000),
            "shorten it, or the end and the footer are hidden behind a link",
        )
    })
}

/// Without the values of its merge tags.
fn long_subject(announcement: &Announcement) -> Option<Problem> {
    let text = announcement.subject.to_text(|_, _| {});
    let characters = text.chars().count();
    (characters > SHOWN_SUBJECT).then(|| {
        let place = announcement.subject.places.first().copied();
        place.unwrap_or(SourcePosition::SETTINGS).problem(
            format!(
                "the subject has {characters} characters, and many mailboxes show {SHOWN_SUBJECT}"
            ),
            "put what matters first, or shorten it",
        )
    })
}
