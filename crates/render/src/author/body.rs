//! An announcement's body as HTML, and where each byte of it stands in the file.

use std::cell::RefCell;
use std::collections::HashMap;

use crate::announcement::Announcement;
use crate::author::blocks::{BlockProblem, ControlRole, MarkedBody, check_blocks, fenced_text};
use crate::author::markdown::{ControlLines, from_markdown};
use crate::author::mjml::{self, MjmlProblem};
use crate::footer::Language;
use crate::html::markup::{Attribute, Markup, Span, StartTag, markup};
use crate::html::nesting::{DEPTH, TooDeep, check_nesting};
use crate::layout::LayoutStyle;
use crate::media::marks::MediaMarks;
use crate::media::reference::{TextPiece, text_pieces};
use crate::placeholders::Placeholders;
use crate::problem::{Problem, Problems, SourcePosition};
use crate::settings::AnnouncementFormat;
use crate::template::{Control, Template, TemplatePart};

/// The author's part of a message: HTML with placeholders.
pub(crate) struct BodyHtml<'a> {
    pub(crate) text: String,
    pub(crate) markup: Vec<Markup>,
    /// What has no effect in it.
    pub(crate) hints: Vec<Problem>,
    announcement: &'a Announcement,
    places: BytePlaces,
}

enum BytePlaces {
    /// The text was taken over as it stands.
    Exact(PartStarts),
    /// It was made from Markdown or MJML: how far the file was searched for each text.
    Searched(RefCell<HashMap<String, usize>>),
}

/// Where each part of the marked text begins, in it and in the file, and whether it is the file's own
/// text and no placeholder.
type PartStarts = Vec<(usize, SourcePosition, bool)>;

/// The text with placeholders for its tags and its media.
fn marked(
    template: &Template,
    media: &mut MediaMarks,
    write: &mut impl FnMut(&TemplatePart) -> String,
) -> (String, PartStarts) {
    let mut marked = String::new();
    let mut starts = PartStarts::with_capacity(template.parts.len());
    for (part, place) in template.parts.iter().zip(&template.places) {
        match part {
            TemplatePart::Text(text) => {
                let mut place = *place;
                for piece in text_pieces(text) {
                    let start = marked.len();
                    starts.push((start, place, matches!(piece, TextPiece::Text(_))));
                    match piece {
                        TextPiece::Text(text) => {
                            place = place.after(text);
                            marked.push_str(text);
                        }
                        TextPiece::Media(reference) => {
                            place = place.after(&reference.written());
                            marked.push_str(&media.mark(reference));
                        }
                    }
                }
            }
            tag => {
                starts.push((marked.len(), *place, false));
                marked.push_str(&write(tag));
            }
        }
    }
    (marked, starts)
}

impl<'a> BodyHtml<'a> {
    /// # Errors
    /// When the HTML can't be taken apart.
    pub(crate) fn new(
        announcement: &'a Announcement,
        placeholders: &Placeholders,
        style: Option<&LayoutStyle>,
        media: &mut MediaMarks,
        mut write: impl FnMut(&TemplatePart) -> String,
    ) -> Result<Self, Problems> {
        let (marked, starts) = marked(&announcement.body, media, &mut write);
        let too_deep = |_: TooDeep| {
            SourcePosition::line(announcement.body_line).problem(
                format!("elements are nested more than {DEPTH} deep, or many are never closed"),
                "close what you open and use fewer layers",
            )
        };
        check_nesting(&marked).map_err(too_deep)?;
        let searched = || BytePlaces::Searched(RefCell::default());
        let mut hints = Vec::new();
        let (text, places) = match announcement.format {
            AnnouncementFormat::Markdown => {
                let told = |found: Vec<BlockProblem>| {
                    let line = SourcePosition::line(announcement.body_line);
                    let told = |it: BlockProblem| {
                        place_in(&marked, &starts, it.at).unwrap_or(line).problem(it.what, it.hint)
                    };
                    found.into_iter().take(Problems::MOST).map(told).collect::<Vec<_>>()
                };
                match markdown_html(&marked, announcement, placeholders, style) {
                    Ok((html, without_effect)) => {
                        hints = told(without_effect);
                        (html, searched())
                    }
                    Err(found) => {
                        Problems::found(told(found))?;
                        return Err(too_deep(TooDeep).into());
                    }
                }
            }
            AnnouncementFormat::Mjml => {
                let told = |problem: MjmlProblem| {
                    let line = SourcePosition::line(announcement.body_line);
                    let place = |span: Span| place_in(&marked, &starts, span.start);
                    let place = problem.span.and_then(place).unwrap_or(line);
                    place.problem(problem.what, problem.hint)
                };
                match mjml::to_html(&marked) {
                    Ok((html, without_effect)) => {
                        hints.extend(without_effect.into_iter().map(told));
                        (html, searched())
                    }
                    Err(problems) => {
                        Problems::found(problems.into_iter().map(told).collect())?;
                        return Err(too_deep(TooDeep).into());
                    }
                }
            }
            AnnouncementFormat::Html => (marked, BytePlaces::Exact(starts)),
        };
        let mut body = Self { text, markup: Vec::new(), hints, announcement, places };
        check_nesting(&body.text).map_err(too_deep)?;
        body.markup = body.markup_of(0..body.text.len())?;
        Ok(body)
    }

    /// The markup of a part of the text.
    pub(crate) fn markup_of(&self, span: Span) -> Result<Vec<Markup>, Problem> {
        let Span { start, end } = span;
        markup(self.text.get(span).unwrap_or_default(), start).map_err(|_| {
            let place = match self.places {
                BytePlaces::Exact(_) => SourcePosition { column: 0, ..self.place(start) },
                BytePlaces::Searched(_) => SourcePosition::line(self.announcement.body_line),
            };
            let what = match self.text.len() == end {
                true => "the HTML ends inside an open tag, comment, style sheet or title",
                false => "this comment ends inside an open tag, style sheet or title",
            };
            place.problem(what, "close what is open")
        })
    }

    pub(crate) fn get(&self, span: &Span) -> &str {
        self.text.get(span.clone()).unwrap_or_default()
    }

    /// Where the byte `at` stands in the file. For Markdown the next place of a text is looked for,
    /// so ask in the order of the text.
    pub(crate) fn place(&self, at: usize) -> SourcePosition {
        match &self.places {
            BytePlaces::Exact(starts) => place_in(&self.text, starts, at)
                .unwrap_or(SourcePosition::line(self.announcement.body_line)),
            BytePlaces::Searched(_) => SourcePosition::line(self.announcement.body_line),
        }
    }

    /// The place of `span`, which the author wrote as `written`.
    pub(crate) fn place_of(&self, span: &Span, written: &str) -> SourcePosition {
        match &self.places {
            BytePlaces::Exact(_) => self.place(span.start),
            BytePlaces::Searched(searched) => {
                let mut searched = searched.borrow_mut();
                let from = searched.get(written).copied().unwrap_or(0);
                let (place, end) = self.announcement.place_behind(written, from);
                searched.insert(written.to_owned(), end);
                place
            }
        }
    }

    /// The language that the document says it is in.
    pub(crate) fn language(&self) -> Option<Language> {
        self.tags().find(|tag| tag.name == "html")?.value("lang").and_then(Language::parse)
    }

    /// Whether the author sets a colour anywhere: then a frame that turns dark could make text
    /// unreadable.
    pub(crate) fn has_own_colors(&self) -> bool {
        self.tags().any(|tag| {
            let styled = |attribute: &Attribute| match attribute.name.as_str() {
                "bgcolor" | "background" | "color" | "text" => true,
                "style" => {
                    attribute.value.contains("color") || attribute.value.contains("background")
                }
                _ => false,
            };
            // What a layout gave the elements of Markdown it can change again.
            let is_ours = tag.value("class").is_some_and(|class| class.starts_with("pharos-"));
            tag.name == "style" || (!is_ours && tag.attributes.iter().any(styled))
        })
    }

    pub(crate) fn has_sheets(&self) -> bool {
        self.tags().any(|tag| tag.name == "style")
    }

    fn tags(&self) -> impl Iterator<Item = &StartTag> {
        self.markup.iter().filter_map(|piece| match piece {
            Markup::Start(tag) => Some(tag),
            _ => None,
        })
    }

    /// Whether it is a document of its own: it has a doctype, or one of the tags that exist once.
    pub(crate) fn is_document(&self) -> bool {
        self.markup.iter().any(|piece| match piece {
            Markup::Doctype { .. } => true,
            Markup::Start(StartTag { name, .. }) => {
                matches!(name.as_str(), "html" | "head" | "body")
            }
            _ => false,
        })
    }
}

/// The HTML of Markdown, and what has no effect in it.
fn markdown_html(
    marked: &str,
    announcement: &Announcement,
    placeholders: &Placeholders,
    style: Option<&LayoutStyle>,
) -> Result<(String, Vec<BlockProblem>), Vec<BlockProblem>> {
    let controls = &announcement.values.controls;
    let roles: Vec<ControlRole> = controls.iter().map(|(control, _)| role(control)).collect();
    let body = MarkedBody { text: marked, placeholders, roles: &roles };
    let lines = body.lines();
    check_blocks(body, &lines)?;
    let (mut errors, mut warnings) = (Vec::new(), Vec::new());
    let fenced = fenced_text(body, &lines, |start, source| {
        let told = |it: MjmlProblem| {
            BlockProblem::new(start + it.span.map_or(0, |span| span.start), it.what, it.hint)
        };
        match mjml::part_to_html(source) {
            Ok((html, without_effect)) => {
                warnings.extend(without_effect.into_iter().map(told));
                html
            }
            Err(problems) => {
                errors.extend(problems.into_iter().map(told));
                String::new()
            }
        }
    });
    match errors.is_empty() {
        true => {
            let html = from_markdown(&fenced, style, ControlLines { placeholders, controls });
            Ok((html, warnings))
        }
        false => Err(errors),
    }
}

fn role(control: &Control) -> ControlRole {
    match control {
        Control::If(_) => ControlRole::Opens { is_loop: false },
        Control::For(_) => ControlRole::Opens { is_loop: true },
        Control::ElseIf(_) | Control::Else => ControlRole::Continues,
        Control::EndIf | Control::EndFor => ControlRole::Closes,
    }
}

/// Where the byte `at` of `text` stands in the file, of which the parts begin at `starts`.
fn place_in(
    text: &str,
    starts: &[(usize, SourcePosition, bool)],
    at: usize,
) -> Option<SourcePosition> {
    let last = starts.partition_point(|(start, ..)| *start <= at).checked_sub(1)?;
    let (start, place, is_text) = starts.get(last)?;
    match is_text {
        true => Some(place.after(text.get(*start..at)?)),
        false => Some(*place),
    }
}
