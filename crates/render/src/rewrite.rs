//! One pass over the author's HTML: links become slots, values get the escape for their position,
//! and what mail can't contain is refused. Everything else stays byte for byte.

use crate::announcement::{Announcement, AnnouncementFormat};
use crate::css;
use crate::escape;
use crate::html::body::BodyHtml;
use crate::html::edits::Edits;
use crate::html::tokens::{Attribute, Span, StartTag, TextKind, Token};
use crate::link_address::LinkAddress;
use crate::links::{LINKS, LinkList, TrackedLink, URL_BYTES, Untrackable, with_parameters};
use crate::loaded_address::{self, host, is_private};
use crate::placeholders::{Hole, Piece, Placeholders};
use crate::problem::{Problem, Problems, SourcePosition};
use crate::sender::Sender;
use crate::tags::MergeValue;

/// Elements that mail programs remove or that make a message suspect. Those of a document's head
/// that do no harm (`title`, `meta`) are allowed there.
const REFUSED: [&str; 31] = [
    "applet",
    "audio",
    "base",
    "button",
    "canvas",
    "dialog",
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
    "track",
    "video",
    "xmp",
];
const URL_ATTRIBUTES: [&str; 8] =
    ["href", "src", "background", "cite", "longdesc", "srcset", "poster", "action"];
/// Attributes with the address of something that a message loads by itself.
const LOADED_ATTRIBUTES: [&str; 3] = ["src", "background", "srcset"];

pub(crate) struct Rewritten {
    pub(crate) edits: Edits,
    pub(crate) links: Vec<TrackedLink>,
    pub(crate) warnings: Vec<Problem>,
}

/// What the pass is over and for.
#[derive(Clone, Copy)]
pub(crate) struct Pass<'a> {
    pub(crate) announcement: &'a Announcement,
    pub(crate) body: &'a BodyHtml<'a>,
    pub(crate) sender: &'a Sender,
    pub(crate) placeholders: &'a Placeholders,
    pub(crate) values: &'a [MergeValue],
}

struct RewriteState<'a> {
    pass: Pass<'a>,
    is_document: bool,
    /// Inside a comment that Outlook reads.
    is_for_outlook: bool,
    links: LinkList,
    edits: Edits,
    warnings: Vec<Problem>,
    problems: Vec<Problem>,
}

impl Pass<'_> {
    pub(crate) fn rewrite(self) -> Result<Rewritten, Problems> {
        let mut state = RewriteState {
            pass: self,
            is_document: self.body.is_document(),
            is_for_outlook: false,
            links: LinkList::default(),
            edits: Edits::default(),
            warnings: Vec::new(),
            problems: Vec::new(),
        };
        state.tokens(&self.body.tokens);
        Problems::found(state.problems)?;
        state.warnings.sort_by_key(|warning| (warning.line, warning.column));
        Ok(Rewritten {
            edits: state.edits,
            links: state.links.finish(),
            warnings: state.warnings,
        })
    }

    /// A text as the author knows it, with tags instead of placeholders.
    fn readable(self, text: &str) -> String {
        let name = |number: usize| {
            let name = self.values.get(number).map_or("", MergeValue::name);
            format!("{{{{ {name} }}}}")
        };
        let tag = |hole| match hole {
            Hole::Html(number) | Hole::UrlComponent(number) | Hole::Plain(number) => name(number),
            Hole::Unsubscribe => "{{ unsubscribe_url }}".to_owned(),
            Hole::Browse => "{{ browser_url }}".to_owned(),
            Hole::Link(_) | Hole::View => String::new(),
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

    fn has_mark(self, text: &str) -> bool {
        self.placeholders.begins_in(text)
    }
}

impl RewriteState<'_> {
    fn tokens(&mut self, tokens: &[Token]) {
        for token in tokens {
            if self.problems.len() >= Problems::MOST {
                return;
            }
            let done = match token {
                Token::Doctype { .. } => Ok(()),
                Token::Start(tag) => self.start(tag),
                Token::End(tag) => {
                    if tag.name == "a" {
                        self.links.close();
                    }
                    Ok(())
                }
                Token::Text { span, kind } => self.text(span, *kind),
                Token::Comment { span, inner } => self.comment(span, inner),
            };
            self.problems.extend(done.err());
        }
    }

    fn start(&mut self, tag: &StartTag) -> Result<(), Problem> {
        let name = tag.name.as_str();
        // `<noscript>` is what keeps Outlook's settings from old programs there.
        let is_refused =
            REFUSED.contains(&name) && !(self.is_for_outlook && name == "noscript");
        if is_refused || self.pass.has_mark(name) || self.is_out_of_place(tag) {
            return Err(self.refused(tag));
        }
        self.attributes(tag)?;
        self.loads(tag)?;
        // VML's shapes are links as well.
        if matches!(name, "a" | "area") || name.contains(':') {
            self.link(tag)?;
        }
        if name == "img" {
            self.alternative_text(tag);
        }
        Ok(())
    }

    /// Whether an element belongs into a document's head, and this is none, or changes the page.
    fn is_out_of_place(&self, tag: &StartTag) -> bool {
        match tag.name.as_str() {
            "title" => !self.is_document,
            "meta" => {
                let refreshes =
                    tag.value("http-equiv").is_some_and(|it| it.eq_ignore_ascii_case("refresh"));
                !self.is_document || refreshes
            }
            _ => false,
        }
    }

    fn refused(&self, tag: &StartTag) -> Problem {
        let place = match self.pass.has_mark(&tag.name) {
            true => self.pass.place_of_tag(&tag.name),
            false => self.pass.body.place_of(&tag.span, &format!("<{}", tag.name)),
        };
        let hint = match tag.name.as_str() {
            "link" => "remove it; put the styles themselves into a <style> element",
            "button" => "write a link instead, <a href=\"https://...\">",
            _ => "remove it",
        };
        place.problem(
            format!("<{}> does not work in mail", self.pass.readable(&tag.name)),
            hint,
        )
    }

    /// Sets the escape of the values in an element's attributes by the kind of attribute.
    fn attributes(&mut self, tag: &StartTag) -> Result<(), Problem> {
        for attribute in &tag.attributes {
            let Attribute { name, name_span, value, value_span } = attribute;
            if name.starts_with("on") || name == "srcdoc" {
                return Err(self
                    .pass
                    .body
                    .place_of(name_span, name)
                    .problem(format!("the attribute {name} does not work in mail"), "remove it"));
            }
            if self.pass.has_mark(name) || (name == "style" && self.pass.has_mark(value)) {
                return Err(self.pass.place_of_tag(&format!("{name} {value}")).problem(
                    "a merge tag is in a style or an attribute's name",
                    "use merge tags in text, addresses and other attributes' values",
                ));
            }
            let Some(span) = value_span.clone() else { continue };
            if !self.pass.has_mark(value) || name == "href" {
                continue;
            }
            let mut written = self.pass.body.get(&span).to_owned();
            if URL_ATTRIBUTES.contains(&name.as_str()) {
                written = self.url_with_values(&written)?;
            }
            self.set_written(span, &written);
        }
        Ok(())
    }

    /// Replaces an attribute's value by what is written already; a value may only be in quotes.
    fn set_written(&mut self, span: Span, written: &str) {
        let before = self.pass.body.get(&(0..span.start)).chars().next_back();
        match before {
            Some('"' | '\'') => self.edits.replace(span, written),
            _ => self.edits.replace(span, format!("\"{}\"", written.replace('"', "&quot;"))),
        }
    }

    fn url_with_values(&self, value: &str) -> Result<String, Problem> {
        let pieces = self.pass.placeholders.split(value)?;
        if let Some(Piece::Hole(Hole::Html(number))) = pieces.first() {
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

    fn link(&mut self, tag: &StartTag) -> Result<(), Problem> {
        let Some(attribute) = tag.attribute("href") else { return Ok(()) };
        let span = attribute.value_span.clone().unwrap_or(attribute.name_span.clone());
        let written = attribute.value.trim();
        let place = || self.pass.body.place_of(&span, written);
        let address = match LinkAddress::read(written) {
            Ok(LinkAddress::Web(address)) => address,
            Ok(LinkAddress::Other(_)) => return self.untracked(attribute),
            Err((what, instead)) => {
                let link = self.pass.readable(written);
                return Err(place().problem(format!("the link `{link}` {what}"), instead));
            }
        };
        let holes = self.pass.placeholders.split(&address)?;
        let own = |piece: &Piece<'_>| {
            matches!(piece, Piece::Hole(Hole::Unsubscribe | Hole::Browse | Hole::View))
        };
        if holes.iter().any(own) {
            return self.untracked(attribute);
        }
        if self.pass.has_mark(&address) {
            let what = format!(
                "the link `{}` has a merge tag in its address, so its clicks are not counted",
                self.pass.readable(&address)
            );
            self.warnings.push(place().problem(what, "put the tag elsewhere to count them"));
            return self.untracked(attribute);
        }
        if is_private(host(&address)) && !self.pass.sender.serves(&address) {
            let what = format!("the link `{address}` leads to a machine that readers can't reach");
            self.warnings.push(place().problem(what, "use a public address"));
        }
        let tagged = with_parameters(&address, &self.pass.announcement.link_parameters);
        let url = escape::url(&tagged).into_owned();
        let name = tag.value("data-link").map(str::trim).filter(|name| !name.is_empty());
        let slot = self.links.slot(&url, name).map_err(|why| untrackable(why, name, place()))?;
        let mark = self.pass.placeholders.mark(Hole::Link(slot));
        let tracked = format!("{}/c/{mark}", self.pass.sender.beacon_url);
        self.edits.set_attribute(&self.pass.body.text, tag, "href", &tracked);
        if tag.name != "a" {
            self.links.close();
        }
        Ok(())
    }

    /// A link that is left as it is, but for the values in it.
    fn untracked(&mut self, attribute: &Attribute) -> Result<(), Problem> {
        let Some(span) = attribute.value_span.clone() else { return Ok(()) };
        if self.pass.has_mark(&attribute.value) {
            let written = self.url_with_values(self.pass.body.get(&span))?;
            self.set_written(span, &written);
        }
        Ok(())
    }

    /// Checks the addresses that a tag loads something from.
    fn loads(&self, tag: &StartTag) -> Result<(), Problem> {
        for attribute in &tag.attributes {
            let name = attribute.name.as_str();
            let span = attribute.value_span.clone().unwrap_or(attribute.name_span.clone());
            if name == "style" {
                for it in css::addresses(&attribute.value, 0) {
                    self.loaded("background", &it.address, &span)?;
                }
            } else if name == "srcset" {
                for candidate in attribute.value.split(", ") {
                    let address = candidate.split_whitespace().next().unwrap_or_default();
                    self.loaded("image", address, &span)?;
                }
            } else if LOADED_ATTRIBUTES.contains(&name) {
                self.loaded("image", &attribute.value, &span)?;
            }
        }
        if tag.name == "img" && tag.attribute("src").is_none() {
            return self.loaded("image", "", &tag.span);
        }
        Ok(())
    }

    fn loaded(&self, what: &str, address: &str, span: &Span) -> Result<(), Problem> {
        loaded_address::check(address, self.pass.sender).map_err(|(wrong, hint)| {
            let written = self.pass.readable(address.trim());
            let place = self.pass.body.place_of(span, address.trim());
            place.problem(format!("the {what} `{written}` {wrong}"), hint)
        })
    }

    fn alternative_text(&mut self, tag: &StartTag) {
        match tag.value("alt") {
            Some(alt) => {
                let alt = self.pass.readable(alt);
                self.links.push_label(&alt);
            }
            None => {
                let source = tag.value("src").unwrap_or_default();
                let place = self.pass.body.place_of(&tag.span, "<img");
                self.warnings.push(place.problem(
                    format!("the image `{}` has no alternative text", self.pass.readable(source)),
                    "add alt=\"...\", which readers without images need, \
                     or alt=\"\" when it only decorates",
                ));
            }
        }
    }

    fn text(&mut self, span: &Span, kind: TextKind) -> Result<(), Problem> {
        let text = self.pass.body.get(span);
        if kind != TextKind::Raw {
            let shown = self.pass.readable(&htmlize::unescape(text));
            self.links.push_label(&shown);
            return Ok(());
        }
        if self.pass.has_mark(text) {
            return Err(self
                .pass
                .place_of_tag(text)
                .problem("a merge tag is in a style sheet", "use merge tags only in text"));
        }
        for it in css::addresses(text, span.start) {
            self.loaded("file", &it.address, &it.span)?;
        }
        Ok(())
    }

    /// What Outlook reads in a comment is looked at like everything else. Of the others, those in
    /// Markdown are notes of the author; those in HTML stay, without the values of their tags.
    fn comment(&mut self, span: &Span, inner: &Span) -> Result<(), Problem> {
        let text = self.pass.body.get(inner);
        if let Some(content) = outlook_content(text) {
            let content = inner.start + content.start..inner.start + content.end;
            let tokens = self.pass.body.tokens_of(content)?;
            self.is_for_outlook = true;
            self.tokens(&tokens);
            self.is_for_outlook = false;
            self.links.close();
        } else if is_marker(text) {
            return Ok(());
        } else if self.pass.announcement.format == AnnouncementFormat::Markdown {
            self.edits.replace(span.clone(), "");
        } else if self.pass.has_mark(text) {
            let readable = self.pass.readable(text);
            self.edits.replace(inner.clone(), readable);
        }
        Ok(())
    }
}

/// Whether a comment opens or closes a condition, and contains nothing else.
fn is_marker(comment: &str) -> bool {
    let comment = comment.trim_start();
    ["[if", "<![endif]", "[endif]"].iter().any(|marker| comment.starts_with(marker))
}

/// The part of a conditional comment that Outlook reads as HTML: behind `[if ...]>` and before
/// `<![endif]`.
fn outlook_content(comment: &str) -> Option<Span> {
    let indent = comment.len() - comment.trim_start().len();
    if !comment.get(indent..)?.starts_with("[if") {
        return None;
    }
    let start = comment.find("]>")? + 2;
    let end = comment.rfind("<![endif]").filter(|end| *end >= start).unwrap_or(comment.len());
    // `<!--<![endif]-->` may close what only Outlook reads, too.
    let content = comment.get(start..end)?;
    let end = start + content.strip_suffix("<!--").unwrap_or(content).len();
    // `<!--[if !mso]><!-->`, or `<!-- -->` at its end, opens what all the others read.
    let opens = matches!(comment.get(start..end)?.trim(), "<!" | "<!--");
    (!opens).then_some(start..end)
}

fn untrackable(why: Untrackable, name: Option<&str>, place: SourcePosition) -> Problem {
    match why {
        Untrackable::TooLong => place.problem(
            format!("a link's address is longer than {URL_BYTES} bytes"),
            "use a shorter one",
        ),
        Untrackable::TooMany => {
            place.problem(format!("there are more than {LINKS} links"), "use fewer")
        }
        Untrackable::NameTaken => place.problem(
            format!(
                "data-link=\"{}\" is the name of a link that leads elsewhere",
                name.unwrap_or_default()
            ),
            "give links to different pages different names",
        ),
    }
}
