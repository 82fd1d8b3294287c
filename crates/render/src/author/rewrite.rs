//! One pass over the author's HTML: links become slots, values get the escape for their position,
//! and what mail can't contain is refused. Everything else stays byte for byte.

mod loaded;

use crate::announcement::Announcement;
use crate::author::allowed_elements::{Surroundings, instead_of};
use crate::author::body::BodyHtml;
use crate::author::outlook_comment::{is_marker, outlook_content};
use crate::css;
use crate::escape;
use crate::html::edits::Edits;
use crate::html::markup::{Attribute, Markup, Span, StartTag, TextKind};
use crate::links::address::LinkAddress;
use crate::links::loaded_address::{host, is_private};
use crate::links::target::{PersonalTarget, TargetPiece};
use crate::links::{AddressUse, LinkList, TrackedLink, WebAddress, with_parameters};
use crate::media::inline::InlinePictures;
use crate::media::marks::MediaMarks;
use crate::own_addresses::Edition;
use crate::placeholders::{Hole, Piece, Placeholders};
use crate::problem::{Problem, Problems, SourcePosition};
use crate::sender::Sender;
use crate::settings::AnnouncementFormat;
use crate::template::MergeValue;

const URL_ATTRIBUTES: [&str; 8] =
    ["href", "src", "background", "cite", "longdesc", "srcset", "poster", "action"];
/// Attributes with the address of something that a message loads by itself.
const LOADED_ATTRIBUTES: [&str; 3] = ["src", "background", "srcset"];

pub(crate) struct Rewritten {
    pub(crate) edits: Edits,
    pub(crate) links: Vec<TrackedLink>,
    /// Of the links that lead everyone elsewhere.
    pub(crate) targets: Vec<PersonalTarget>,
    pub(crate) inline: InlinePictures,
    /// Everything it leads to or loads from that is not the sender's own.
    pub(crate) addresses: Vec<WebAddress>,
    pub(crate) warnings: Vec<Problem>,
}

/// What the pass is over and for.
#[derive(Clone, Copy)]
pub(crate) struct Pass<'a> {
    pub(crate) announcement: &'a Announcement,
    pub(crate) body: &'a BodyHtml<'a>,
    pub(crate) sender: &'a Sender,
    pub(crate) placeholders: &'a Placeholders,
    pub(crate) media: &'a MediaMarks,
    pub(crate) values: &'a [MergeValue],
    pub(crate) edition: Edition<'a>,
}

struct RewriteState<'a> {
    pass: Pass<'a>,
    is_document: bool,
    /// Inside a comment that Outlook reads.
    is_for_outlook: bool,
    links: LinkList,
    targets: Vec<PersonalTarget>,
    inline: InlinePictures,
    addresses: Vec<WebAddress>,
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
            targets: Vec::new(),
            inline: InlinePictures::default(),
            addresses: Vec::new(),
            edits: Edits::default(),
            warnings: Vec::new(),
            problems: Vec::new(),
        };
        state.markup(&self.body.markup);
        Problems::found(state.problems)?;
        state.warnings.sort_by_key(|warning| (warning.line, warning.column));
        Ok(Rewritten {
            edits: state.edits,
            links: state.links.finish(),
            targets: state.targets,
            inline: state.inline,
            addresses: state.addresses,
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
            Hole::Control(_) => "{% ... %}".to_owned(),
            Hole::Link(_)
            | Hole::Target(_)
            | Hole::PlainTarget(_)
            | Hole::View
            | Hole::Honeypot
            | Hole::Campaign => String::new(),
        };
        self.placeholders.changed(&self.media.written(text), tag).unwrap_or_default()
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

    fn has_control(self, text: &str) -> bool {
        let pieces = self.placeholders.split(text).unwrap_or_default();
        pieces.iter().any(|piece| matches!(piece, Piece::Hole(Hole::Control(_))))
    }

    fn has_mark(self, text: &str) -> bool {
        self.placeholders.begins_in(text)
    }
}

impl RewriteState<'_> {
    fn markup(&mut self, markup: &[Markup]) {
        for piece in markup {
            if self.problems.len() >= Problems::MOST {
                return;
            }
            let done = match piece {
                Markup::Doctype { .. } => Ok(()),
                Markup::Start(tag) => self.start(tag),
                Markup::End(tag) => {
                    if tag.name == "a" {
                        self.links.close();
                    }
                    Ok(())
                }
                Markup::Text { span, kind } => self.text(span, *kind),
                Markup::Comment { span, inner } => self.comment(span, inner),
            };
            self.problems.extend(done.err());
        }
    }

    fn start(&mut self, tag: &StartTag) -> Result<(), Problem> {
        let name = tag.name.as_str();
        let surroundings =
            Surroundings { is_document: self.is_document, is_for_outlook: self.is_for_outlook };
        if self.pass.has_mark(name) || !surroundings.allow(tag) {
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

    fn refused(&self, tag: &StartTag) -> Problem {
        let place = match self.pass.has_mark(&tag.name) {
            true => self.pass.place_of_tag(&tag.name),
            false => self.pass.body.place_of(&tag.span, &format!("<{}", tag.name)),
        };
        let what = format!("<{}> does not work in mail", self.pass.readable(&tag.name));
        place.problem(what, instead_of(&tag.name))
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
            if self.pass.has_control(name) || self.pass.has_control(value) {
                return Err(self.pass.body.place_of(&tag.span, &format!("<{}", tag.name)).problem(
                    format!("a condition is inside the tag <{}>", tag.name),
                    "put whole elements into conditions, or write an expression: \
                     {{ \"this\" if name else \"that\" }}",
                ));
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
        let of_library = self.media_link(&attribute.value, &span)?;
        let written = of_library.as_deref().unwrap_or(&attribute.value).trim();
        let pieces = self.pass.placeholders.split(written)?;
        let own = |piece: &Piece<'_>| {
            let own = [Hole::Unsubscribe, Hole::Browse, Hole::View, Hole::Campaign];
            matches!(piece, Piece::Hole(hole) if own.contains(hole))
        };
        if pieces.iter().any(own) {
            return self.untracked(attribute);
        }
        let place = self.pass.body.place_of(&span, &self.pass.readable(attribute.value.trim()));
        let begins_with_value = matches!(pieces.first(), Some(Piece::Hole(_)));
        let address = match LinkAddress::read(written) {
            _ if begins_with_value => written.to_owned(),
            Ok(LinkAddress::Web(address)) => address,
            Ok(LinkAddress::Other(_)) => return self.untracked(attribute),
            Err((what, instead)) => {
                let link = self.pass.readable(written);
                return Err(place.problem(format!("the link `{link}` {what}"), instead));
            }
        };
        if self.pass.edition.leads_to(&address) {
            return Ok(());
        }
        let is_own = self.pass.sender.serves(&address);
        let is_private = is_private(host(&address)) && !begins_with_value;
        if is_private && !is_own {
            let what = format!("the link `{address}` leads to a machine that readers can't reach");
            self.warnings.push(place.problem(what, "use a public address"));
        }
        let has_values = self.pass.has_mark(&address);
        let shown = if has_values { self.pass.readable(&address) } else { address.clone() };
        let mut url = with_parameters(&shown, &self.pass.announcement.link_parameters);
        if !has_values {
            url = escape::url(&url).into_owned();
        }
        let name = tag.value("data-link").map(str::trim).filter(|name| !name.is_empty());
        let slot = self.links.slot(&url, name).map_err(|why| why.problem(name, place))?;
        let target = if has_values { Some(self.target(slot, &address)?) } else { None };
        let target = target.map(|number| self.pass.placeholders.mark(Hole::Target(number)));
        let written = match (self.pass.edition, target) {
            (Edition::Message, None) => self.tracked(slot),
            (Edition::Message, Some(target)) => format!("{}/{target}", self.tracked(slot)),
            (Edition::Untracked | Edition::Single | Edition::Archive(_), None) => url.clone(),
            (Edition::Untracked | Edition::Single | Edition::Archive(_), Some(target)) => target,
        };
        self.edits.set_attribute(&self.pass.body.text, tag, "href", &written);
        if !is_own {
            let address = WebAddress::new(url, AddressUse::Link, place);
            self.addresses.push(WebAddress { is_personal: has_values, is_private, ..address });
        }
        if tag.name != "a" {
            self.links.close();
        }
        Ok(())
    }

    fn tracked(&self, slot: u16) -> String {
        let mark = self.pass.placeholders.mark(Hole::Link(slot));
        format!("{}/c/{mark}", self.pass.sender.beacon_url)
    }

    /// The number of the target of a link whose address has values.
    fn target(&mut self, link: u16, address: &str) -> Result<usize, Problem> {
        let mut pieces = Vec::new();
        for piece in self.pass.placeholders.split(address)? {
            pieces.push(match piece {
                Piece::Text(text) => TargetPiece::Text(text.to_owned()),
                Piece::Hole(Hole::Html(value)) if pieces.is_empty() => TargetPiece::Whole(value),
                Piece::Hole(Hole::Html(value)) => TargetPiece::Component(value),
                Piece::Hole(_) => continue,
            });
        }
        self.targets.push(PersonalTarget { link, pieces });
        Ok(self.targets.len() - 1)
    }

    /// A link that is left as it is, but for the values in it: its clicks are not counted.
    fn untracked(&mut self, attribute: &Attribute) -> Result<(), Problem> {
        let Some(span) = attribute.value_span.clone() else { return Ok(()) };
        if self.pass.has_mark(&attribute.value) {
            let written = self.url_with_values(self.pass.body.get(&span))?;
            self.set_written(span, &written);
        }
        Ok(())
    }

    fn text(&mut self, span: &Span, kind: TextKind) -> Result<(), Problem> {
        let text = self.pass.body.get(span);
        if kind != TextKind::Raw {
            let shown = self.pass.readable(&htmlize::unescape(text));
            self.links.push_label(&shown);
            self.restore_media(span);
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
            let markup = self.pass.body.markup_of(content)?;
            // A link around the comment goes on behind it.
            let around = self.links.put_aside();
            self.is_for_outlook = true;
            self.markup(&markup);
            self.is_for_outlook = false;
            self.links.take_up(around);
        } else if is_marker(text) {
            return Ok(());
        } else if self.pass.announcement.format == AnnouncementFormat::Markdown {
            self.edits.replace(span.clone(), "");
        } else if self.pass.has_mark(text) || self.pass.media.begins_in(text) {
            let readable = self.pass.readable(text);
            self.edits.replace(inner.clone(), readable);
        }
        Ok(())
    }
}
