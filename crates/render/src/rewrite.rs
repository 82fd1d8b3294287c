//! One pass over the finished HTML document: links become slots, values get the escape for their
//! position, and what mail can't contain is refused.
//!
//! Works on the inliner's output, so it sees the document as an HTML parser understands it and not
//! as the author spelled it.

use std::cell::RefCell;
use std::collections::HashMap;
use std::rc::Rc;

use lol_html::html_content::{Comment, Element, TextChunk, TextType};
use lol_html::{HandlerResult, RewriteStrSettings, doc_comments, doc_text, element, rewrite_str};
use model::LinkSlot;

use crate::announcement::Announcement;
use crate::escape;
use crate::link_address::LinkAddress;
use crate::placeholders::{Hole, Piece, Placeholders};
use crate::problem::{Problem, Problems, SourcePosition};
use crate::sender::Sender;
use crate::tags::MergeValue;

/// Most tracked links in one announcement.
pub const LINKS: usize = 500;
/// The longest address of a tracked link, in bytes.
const URL_BYTES: usize = 4_096;
/// The longest label of a link, in characters; the rest is cut.
const LABEL_CHARS: usize = 200;

const REFUSED: [&str; 33] = [
    "applet",
    "audio",
    "base",
    "button",
    "embed",
    "fieldset",
    "form",
    "frame",
    "frameset",
    "iframe",
    "input",
    "link",
    "listing",
    "math",
    "meta",
    "noembed",
    "noframes",
    "noscript",
    "object",
    "option",
    "plaintext",
    "portal",
    "script",
    "select",
    "svg",
    "template",
    "textarea",
    "title",
    "track",
    "video",
    "xmp",
    "canvas",
    "dialog",
];
const URL_ATTRIBUTES: [&str; 8] =
    ["href", "src", "background", "cite", "longdesc", "srcset", "poster", "action"];

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TrackedLink {
    /// Its number within the announcement, from 0 in reading order.
    pub slot: LinkSlot,
    pub url: String,
    /// What a reader sees of it: its text, or its image's alternative text; may be empty.
    pub label: String,
}

pub(crate) struct Rewritten {
    pub(crate) document: String,
    /// The author's part of it.
    pub(crate) content: String,
    pub(crate) links: Vec<TrackedLink>,
    pub(crate) warnings: Vec<String>,
}

/// What the pass is over and for.
#[derive(Clone, Copy)]
pub(crate) struct Pass<'a> {
    pub(crate) announcement: &'a Announcement,
    pub(crate) sender: &'a Sender,
    pub(crate) placeholders: &'a Placeholders,
    pub(crate) values: &'a [MergeValue],
}

struct RewriteState<'a> {
    pass: Pass<'a>,
    links: Vec<TrackedLink>,
    warnings: Vec<String>,
    problems: Vec<Problem>,
    /// How far the file was searched for a text.
    searched: RefCell<HashMap<String, usize>>,
    in_content: bool,
    open_link: Rc<RefCell<Option<usize>>>,
}

impl Pass<'_> {
    pub(crate) fn rewrite(self, document: &str) -> Result<Rewritten, Problems> {
        let state = RefCell::new(RewriteState {
            pass: self,
            links: Vec::new(),
            warnings: Vec::new(),
            problems: Vec::new(),
            searched: RefCell::default(),
            in_content: false,
            open_link: Rc::default(),
        });
        let settings = RewriteStrSettings::new()
            .append_element_content_handler(element!("*", |element| {
                state.borrow_mut().handle(|state| state.element(element))
            }))
            .append_document_content_handler(doc_text!(|text| {
                state.borrow_mut().handle(|state| state.text(text))
            }))
            .append_document_content_handler(doc_comments!(|comment| {
                state.borrow_mut().handle(|state| state.comment(comment))
            }));
        let rewritten = rewrite_str(document, settings);
        let state = state.into_inner();
        Problems::found(state.problems)?;
        let document = rewritten.map_err(|_| self.torn())?;
        let [begin, end] =
            self.placeholders.content_comments().map(|text| format!("<!--{text}-->"));
        let (before, rest) = document.split_once(&begin).ok_or_else(|| self.torn())?;
        let (content, after) = rest.split_once(&end).ok_or_else(|| self.torn())?;
        Ok(Rewritten {
            document: [before, content, after].concat(),
            content: content.to_owned(),
            links: state.links,
            warnings: state.warnings,
        })
    }

    fn torn(self) -> Problem {
        SourcePosition::line(self.announcement.body_line)
            .problem("the HTML ends inside an open comment, style sheet or text area", "close it")
    }

    /// A text as the author knows it, with tags instead of placeholders.
    fn readable(self, text: &str) -> String {
        let name = |number: usize| {
            let name = self.values.get(number).map_or("", MergeValue::name);
            format!("{{{{ {name} }}}}")
        };
        let tag = |hole| match hole {
            Hole::Html(number) | Hole::UrlComponent(number) | Hole::Plain(number) => name(number),
            _ => String::new(),
        };
        self.placeholders.changed(text, tag).unwrap_or_default()
    }

    /// The position of the first merge tag in a text with placeholders.
    fn place_of_tag(self, text: &str) -> SourcePosition {
        let number = self.placeholders.split(text).ok().and_then(|pieces| {
            pieces.iter().find_map(|piece| match piece {
                Piece::Hole(Hole::Html(number)) => Some(*number),
                _ => None,
            })
        });
        let place = number.and_then(|number| self.announcement.body.place_of(number));
        place.unwrap_or(SourcePosition::line(self.announcement.body_line))
    }
}

impl RewriteState<'_> {
    /// Keeps the problem, and stops the pass when there are enough.
    fn handle(&mut self, step: impl FnOnce(&mut Self) -> Result<(), Problem>) -> HandlerResult {
        let Err(problem) = step(self) else { return Ok(()) };
        self.problems.push(problem.clone());
        if self.problems.len() < Problems::MOST { Ok(()) } else { Err(problem.into()) }
    }

    /// The place of a text in the file: the next one each time, as the pass goes on in its order.
    fn place_of(&self, text: &str) -> SourcePosition {
        let mut searched = self.searched.borrow_mut();
        let from = searched.get(text).copied().unwrap_or(0);
        let (place, end) = self.pass.announcement.place_behind(text, from);
        searched.insert(text.to_owned(), end);
        place
    }

    fn element(&mut self, element: &mut Element<'_, '_>) -> Result<(), Problem> {
        let name = element.tag_name();
        if self.in_content && (REFUSED.contains(&name.as_str()) || self.has_mark(&name)) {
            let place = match self.has_mark(&name) {
                true => self.pass.place_of_tag(&name),
                false => self.place_of(&format!("<{name}")),
            };
            return Err(place.problem(
                format!("<{}> does not work in mail", self.pass.readable(&name)),
                "remove it",
            ));
        }
        self.attributes(element)?;
        match name.as_str() {
            "a" | "area" if self.in_content => self.link(element, name == "a"),
            "img" if self.in_content => self.image(element),
            _ => Ok(()),
        }
    }

    fn has_mark(&self, text: &str) -> bool {
        self.pass.placeholders.begins_in(text)
    }

    /// Sets the escape of the values in an element's attributes by the kind of attribute.
    fn attributes(&self, element: &mut Element<'_, '_>) -> Result<(), Problem> {
        let attributes: Vec<(String, String)> =
            element.attributes().iter().map(|a| (a.name(), a.value())).collect();
        for (name, value) in attributes {
            let place = || self.place_of(&name);
            if name.starts_with("on") || name == "srcdoc" {
                return Err(place()
                    .problem(format!("the attribute {name} does not work in mail"), "remove it"));
            }
            if self.has_mark(&name) || (name == "style" && self.has_mark(&value)) {
                return Err(self.pass.place_of_tag(&format!("{name} {value}")).problem(
                    "a merge tag is in a style or an attribute's name",
                    "use merge tags in text, addresses and other attributes' values",
                ));
            }
            if URL_ATTRIBUTES.contains(&name.as_str()) && self.has_mark(&value) {
                let encoded = self.url_with_values(&value)?;
                // The name came from the parser, so it is one.
                let _ = element.set_attribute(&name, &encoded);
            }
        }
        Ok(())
    }

    fn url_with_values(&self, value: &str) -> Result<String, Problem> {
        if let Some(Piece::Hole(Hole::Html(number))) = self.pass.placeholders.split(value)?.first()
        {
            let tag = self.pass.values.get(*number).map_or("", MergeValue::name);
            return Err(self.pass.place_of_tag(value).problem(
                format!("an address can't begin with the value of {{{{ {tag} }}}}"),
                "write out the address up to the host, such as https://example.com/{{ ... }}",
            ));
        }
        self.pass.placeholders.changed(value, |hole| match hole {
            Hole::Html(number) => self.pass.placeholders.mark(Hole::UrlComponent(number)),
            hole => self.pass.placeholders.mark(hole),
        })
    }

    fn link(&mut self, element: &mut Element<'_, '_>, has_text: bool) -> Result<(), Problem> {
        let Some(href) = element.get_attribute("href") else { return Ok(()) };
        let written = escape::html_decoded(&href);
        let place = || self.place_of(written.trim());
        let address = match LinkAddress::read(&written) {
            Ok(LinkAddress::Web(address)) => address,
            Ok(LinkAddress::Other(_)) => return Ok(()),
            Err((what, instead)) => {
                let link = self.pass.readable(written.trim());
                return Err(place().problem(format!("the link `{link}` {what}"), instead));
            }
        };
        if self.has_mark(&address) {
            self.warnings.push(format!(
                "the link `{}` has a merge tag in its address, so its clicks are not counted",
                self.pass.readable(&address)
            ));
            return Ok(());
        }
        let slot = self.new_slot(&address, place())?;
        let mark = self.pass.placeholders.mark(Hole::Link(slot));
        let tracked = format!("{}/c/{mark}", self.pass.sender.beacon_url);
        // `href` is a valid name.
        let _ = element.set_attribute("href", &tracked);
        if has_text { self.open_label(element) } else { Ok(()) }
    }

    fn new_slot(&mut self, address: &str, place: SourcePosition) -> Result<u16, Problem> {
        let url = escape::url(address).into_owned();
        if url.len() > URL_BYTES {
            let what = format!("a link's address is longer than {URL_BYTES} bytes");
            return Err(place.problem(what, "use a shorter one"));
        }
        if self.links.len() >= LINKS {
            let what = format!("there are more than {LINKS} links");
            return Err(place.problem(what, "use fewer"));
        }
        let slot = u16::try_from(self.links.len()).unwrap_or(u16::MAX);
        self.links.push(TrackedLink { slot: LinkSlot(slot), url, label: String::new() });
        Ok(slot)
    }

    fn open_label(&mut self, element: &mut Element<'_, '_>) -> Result<(), Problem> {
        let open = Rc::clone(&self.open_link);
        open.replace(self.links.len().checked_sub(1));
        if let Some(handlers) = element.end_tag_handlers() {
            handlers.push(Box::new(move |_| {
                open.replace(None);
                Ok(())
            }));
        }
        Ok(())
    }

    fn image(&mut self, element: &Element<'_, '_>) -> Result<(), Problem> {
        let source = element.get_attribute("src").map(|src| escape::html_decoded(&src));
        let source = source.unwrap_or_default();
        let source = source.trim();
        let is_https = source.get(..8).is_some_and(|start| start.eq_ignore_ascii_case("https://"));
        if !is_https && !self.pass.sender.serves(source) {
            return Err(self.place_of(source).problem(
                format!("the image `{}` has no https address", self.pass.readable(source)),
                "put it on a web server and use its full address, https://...",
            ));
        }
        match element.get_attribute("alt") {
            Some(alt) => self.push_label(&escape::html_decoded(&alt)),
            None => self.warnings.push(format!(
                "the image `{}` has no alternative text (alt), which readers without images need",
                self.pass.readable(source)
            )),
        }
        Ok(())
    }

    fn push_label(&mut self, text: &str) {
        let Some(number) = *self.open_link.borrow() else { return };
        let text = self.pass.readable(text);
        let Some(link) = self.links.get_mut(number) else { return };
        for word in text.split_whitespace() {
            if link.label.chars().count() + word.chars().count() >= LABEL_CHARS {
                break;
            }
            if !link.label.is_empty() {
                link.label.push(' ');
            }
            link.label.push_str(word);
        }
    }

    fn text(&mut self, text: &TextChunk<'_>) -> Result<(), Problem> {
        let is_plain = matches!(text.text_type(), TextType::Data | TextType::RCData);
        if !is_plain && self.has_mark(text.as_str()) {
            return Err(self
                .pass
                .place_of_tag(text.as_str())
                .problem("a merge tag is in a style sheet", "use merge tags only in text"));
        }
        self.push_label(&escape::html_decoded(text.as_str()));
        Ok(())
    }

    /// Comments are the author's own, except those that Outlook reads.
    fn comment(&mut self, comment: &mut Comment<'_>) -> Result<(), Problem> {
        let text = comment.text();
        let [begin, end] = self.pass.placeholders.content_comments();
        if text == begin || text == end {
            self.in_content = text == begin;
            return Ok(());
        }
        let for_outlook = text.trim_start().starts_with("[if") || text.contains("[endif]");
        if !for_outlook {
            comment.remove();
        } else if self.has_mark(&text) {
            return Err(self.pass.place_of_tag(&text).problem(
                "a merge tag is in a conditional comment",
                "use merge tags outside of comments",
            ));
        }
        Ok(())
    }
}
