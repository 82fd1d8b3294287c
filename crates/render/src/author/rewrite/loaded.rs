//! What a message loads by itself: checked, and led to the files of the media library where it names
//! them.

use super::{LOADED_ATTRIBUTES, RewriteState};
use crate::css;
use crate::html::markup::{Attribute, Span, StartTag};
use crate::links::address::LinkAddress;
use crate::links::loaded_address;
use crate::links::{AddressUse, WebAddress};
use crate::media::attach::AttachedFile;
use crate::media::inline::address_of;
use crate::media::library::MediaEntry;
use crate::media::reference::Reference;
use crate::problem::{Problem, SourcePosition};
use crate::settings::AnnouncementFormat;

/// A reference to the library where it stands.
struct Referred<'a> {
    mark: usize,
    reference: &'a Reference,
    entry: &'a MediaEntry,
    place: SourcePosition,
}

impl<'a> RewriteState<'a> {
    /// Looks at the addresses that a tag loads something from.
    pub(super) fn loads(&mut self, tag: &StartTag) -> Result<(), Problem> {
        for attribute in &tag.attributes {
            let name = attribute.name.as_str();
            let span = attribute.value_span.clone().unwrap_or(attribute.name_span.clone());
            if name == "style" {
                for it in css::addresses(&attribute.value, 0) {
                    self.loaded("background", &it.address, &span)?;
                }
            } else if name == "srcset" {
                for address in loaded_address::of_srcset(&attribute.value) {
                    self.loaded("image", address, &span)?;
                }
                self.srcset(&span);
            } else if LOADED_ATTRIBUTES.contains(&name) {
                match self.pass.media.number(&attribute.value) {
                    Some(mark) => self.picture(tag, attribute, mark)?,
                    None => self.loaded_by(tag, attribute, &span)?,
                }
            } else if name != "href" {
                self.restore_media(&span);
            }
        }
        if tag.name == "img" && tag.attribute("src").is_none() {
            return self.loaded("image", "", &tag.span);
        }
        Ok(())
    }

    fn loaded_by(
        &mut self,
        tag: &StartTag,
        attribute: &Attribute,
        span: &Span,
    ) -> Result<(), Problem> {
        let known = self.addresses.len();
        self.loaded("image", &attribute.value, span)?;
        // Shapes of VML, which have a colon, are filled with images.
        let shows =
            ["img", "source", "input"].contains(&tag.name.as_str()) || tag.name.contains(':');
        for address in self.addresses.iter_mut().skip(known) {
            match attribute.name.as_str() {
                "src" if tag.name == "img" => address.shown = size_in_attributes(tag),
                "src" if !shows => address.used_as = AddressUse::File,
                _ => {}
            }
        }
        Ok(())
    }

    /// Checks an address; keeps it unless it is the sender's own.
    pub(super) fn loaded(&mut self, what: &str, address: &str, span: &Span) -> Result<(), Problem> {
        if let Some(mark) = self.pass.media.number(address) {
            let referred = self.referred(mark, span)?;
            return referred.must_be_on_the_web();
        }
        let written = self.pass.readable(address.trim());
        let place = self.pass.body.place_of(span, &written);
        self.pass.sender.check_loaded(address).map_err(|(wrong, hint)| {
            place.problem(format!("the {what} `{written}` {wrong}"), hint)
        })?;
        if self.pass.sender.serves(address.trim()) {
            return Ok(());
        }
        let url = match LinkAddress::read(address) {
            Ok(LinkAddress::Web(url) | LinkAddress::Other(url)) => url,
            Err(_) => address.trim().to_owned(),
        };
        let used_as = if what == "file" { AddressUse::File } else { AddressUse::Image };
        let is_personal = self.pass.has_mark(&url);
        let url = if is_personal { self.pass.readable(&url) } else { url };
        let address = WebAddress::new(url, used_as, place);
        self.addresses.push(WebAddress { is_personal, ..address });
        Ok(())
    }

    /// The library's address for a link to one of its files.
    pub(super) fn media_link(&self, address: &str, span: &Span) -> Result<Option<String>, Problem> {
        let Some(mark) = self.pass.media.number(address) else { return Ok(None) };
        let Referred { reference, entry, place, .. } = self.referred_file(mark, span)?;
        if reference.is_inline {
            return Err(place.problem(
                format!("the link `{}` leads into the message", reference.written()),
                "leave `?inline` out",
            ));
        }
        let fragment = address.trim().find('#').and_then(|at| address.trim().get(at..));
        let file = entry.widest().map(|facts| address_of(&self.pass.sender.web_url, facts));
        Ok(file.map(|file| file + fragment.unwrap_or_default()))
    }

    /// Puts references where nothing is loaded back as they were written: they are just text.
    pub(super) fn restore_media(&mut self, span: &Span) {
        for (place, mark) in self.pass.media.places(self.pass.body.get(span)) {
            let written = self.pass.media.get(mark).map(Reference::written).unwrap_or_default();
            self.edits.replace(span.start + place.start..span.start + place.end, written);
        }
    }

    pub(super) fn alternative_text(&mut self, tag: &StartTag) {
        let mark = self.pass.media.number(tag.value("src").unwrap_or_default());
        let name = mark.and_then(|mark| self.pass.media.get(mark)).map(|it| &it.name);
        let entry = name.and_then(|name| self.pass.announcement.media.get(name));
        let of_library = entry.and_then(|entry| entry.alt.as_deref());
        // In Markdown there is no way to leave it out.
        let is_markdown = self.pass.announcement.format == AnnouncementFormat::Markdown;
        let own = tag.value("alt").filter(|alt| !(alt.is_empty() && is_markdown && mark.is_some()));
        if own.is_none()
            && let Some(alt) = of_library
        {
            self.edits.set_attribute(&self.pass.body.text, tag, "alt", alt);
        }
        match tag.value("alt").filter(|_| own.is_some()).or(of_library).or(tag.value("alt")) {
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

    fn referred_file(&self, mark: usize, span: &Span) -> Result<Referred<'a>, Problem> {
        let written = self.pass.media.get(mark).map(Reference::written).unwrap_or_default();
        let place = self.pass.body.place_of(span, &written);
        let reference = self.pass.media.get(mark).ok_or_else(|| {
            place
                .problem("a reference to the media library got lost", "please report this as a bug")
        })?;
        let entry = self.pass.announcement.media.find(&reference.name, place)?;
        Ok(Referred { mark, reference, entry, place })
    }

    fn referred(&self, mark: usize, span: &Span) -> Result<Referred<'a>, Problem> {
        let referred = self.referred_file(mark, span)?;
        if referred.entry.is_picture {
            return Ok(referred);
        }
        Err(referred.place.problem(
            format!("`{}` is no picture", referred.reference.name),
            "link to it, or name it in `attach`",
        ))
    }

    /// Leads an attribute to the file that is sharp there; an `img` is told its size, too.
    fn picture(
        &mut self,
        tag: &StartTag,
        attribute: &Attribute,
        mark: usize,
    ) -> Result<(), Problem> {
        let span = attribute.value_span.clone().unwrap_or(attribute.name_span.clone());
        let referred = self.referred(mark, &span)?;
        let Some(single) = referred.entry.single() else { return Ok(()) };
        if tag.name != "img" {
            referred.must_be_on_the_web()?;
            let address = address_of(&self.pass.sender.web_url, single);
            self.edits.set_attribute(&self.pass.body.text, tag, &attribute.name, &address);
            return Ok(());
        }
        let shown = Shown::of(tag, single.width);
        let Some(facts) = referred.entry.sharp_at(shown.width) else { return Ok(()) };
        if referred.reference.is_inline {
            let domain = &self.pass.sender.domain;
            let picture = AttachedFile::inline(referred.entry, facts, domain);
            self.inline.push(referred.mark, picture);
        } else {
            let address = address_of(&self.pass.sender.web_url, facts);
            self.edits.set_attribute(&self.pass.body.text, tag, "src", &address);
        }
        if shown.write_width {
            let width = shown.width.to_string();
            self.edits.set_attribute(&self.pass.body.text, tag, "width", &width);
        }
        if shown.write_height && single.width > 0 {
            let height = u64::from(single.height) * u64::from(shown.width);
            let height = (height / u64::from(single.width)).max(1).to_string();
            self.edits.set_attribute(&self.pass.body.text, tag, "height", &height);
        }
        Ok(())
    }

    /// `2x` gets the file for it, a width in pixels the smallest that has them, anything else the one
    /// for one pixel per point.
    fn srcset(&mut self, span: &Span) {
        let text = self.pass.body.get(span);
        for (place, mark) in self.pass.media.places(text) {
            let behind = text.get(place.end..).unwrap_or_default();
            let descriptor = behind.split(',').next().unwrap_or_default().trim();
            let name = self.pass.media.get(mark).map(|it| it.name.as_str()).unwrap_or_default();
            let Some(entry) = self.pass.announcement.media.get(name) else { continue };
            let pixels = descriptor.strip_suffix('w').and_then(|it| it.parse::<u32>().ok());
            let facts = match (descriptor, pixels) {
                ("2x" | "2.0x" | "3x", _) => entry.widest(),
                (_, Some(pixels)) => entry.sharp_at(pixels.div_ceil(2)),
                _ => entry.single(),
            };
            let Some(facts) = facts else { continue };
            let span = span.start + place.start..span.start + place.end;
            self.edits.replace(span, address_of(&self.pass.sender.web_url, facts));
        }
    }
}

impl Referred<'_> {
    fn must_be_on_the_web(&self) -> Result<(), Problem> {
        if !self.reference.is_inline {
            return Ok(());
        }
        Err(self.place.problem(
            format!(
                "`{}` stands where mail programs look for nothing inside the message",
                self.reference.written()
            ),
            "use `?inline` in the src of an <img> only, and leave it out here",
        ))
    }
}

/// The width and height that an image's attributes give it; percentages are none.
fn size_in_attributes(tag: &StartTag) -> (Option<u32>, Option<u32>) {
    let pixels = |name: &str| {
        let value = tag.value(name)?.trim();
        value.strip_suffix("px").unwrap_or(value).trim_end().parse().ok()
    };
    (pixels("width"), pixels("height"))
}

/// How wide a picture is to be, and what its tag does not say of that.
struct Shown {
    width: u32,
    write_width: bool,
    write_height: bool,
}

impl Shown {
    /// `natural` is the width of a picture of which nothing is said.
    fn of(tag: &StartTag, natural: u32) -> Self {
        let pixels = |value: &str| value.trim().trim_end_matches("px").trim().parse::<u32>().ok();
        let style = tag.value("style").unwrap_or_default();
        let declared = |name: &str| {
            style.split(';').filter_map(|it| it.split_once(':')).any(|it| it.0.trim() == name)
        };
        // A layout's rules scale pictures, and keep their proportions.
        if tag.value("class").is_some_and(|class| class.starts_with("pharos-")) {
            let most = tag.value("width").and_then(pixels).unwrap_or(natural);
            return Self { width: natural.min(most), write_width: true, write_height: true };
        }
        let styled = style.split(';').filter_map(|it| it.split_once(':'));
        let styled = styled.filter(|it| it.0.trim() == "width").find_map(|it| pixels(it.1));
        let width = tag.value("width").and_then(pixels).or(styled).filter(|it| *it > 0);
        let has_width = tag.attribute("width").is_some() || declared("width");
        // A height without `height: auto` beside a greatest width distorts pictures on phones, and
        // whether the author's sheets have both is for programs to find out.
        Self { width: width.unwrap_or(natural), write_width: !has_width, write_height: false }
    }
}
