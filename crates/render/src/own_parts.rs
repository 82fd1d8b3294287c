//! What every message must have, whatever its author wrote: the footer and the tracking pixel.

use scraper::{ElementRef, Html};

use crate::announcement::Announcement;
use crate::css;
use crate::html::markup::markup;
use crate::placeholders::{Hole, Piece, Placeholders};
use crate::problem::{Problem, SourcePosition};
use crate::template::{OwnAddress, Template, TemplatePart};

/// Checks that what is inserted behind `before` is in every message.
pub(crate) fn check_unconditional(
    before: &str,
    placeholders: &Placeholders,
    announcement: &Announcement,
) -> Result<(), Problem> {
    let mut open = Vec::new();
    for piece in placeholders.split(before)? {
        let Piece::Hole(Hole::Control(number)) = piece else { continue };
        match announcement.values.controls.get(number) {
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

/// Checks that nothing of the author's takes in or hides what every message must have: the link with the
/// address `unsubscribe`, and the image with the address `pixel`.
pub(crate) fn check_own_parts(
    html: &str,
    unsubscribe: &str,
    pixel: &str,
    announcement: &Announcement,
) -> Result<(), Problem> {
    let parsed = Html::parse_document(html);
    let place = SourcePosition::line(announcement.body_line);
    let link = css::own_element(&parsed, "a", "href", unsubscribe);
    let pixel = css::own_element(&parsed, "img", "src", pixel);
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
        Some(by) => Err(announcement.place_of(&by).problem(
            format!("`{by}` hides the unsubscribe link and the postal address"),
            "take it away, or close the element before the end",
        )),
    }
}

/// Checks that a single message uses no address that only a topic's reader has.
pub(crate) fn check_single(announcement: &Announcement) -> Result<(), Problem> {
    let texts = [&announcement.subject, &announcement.preheader, &announcement.body];
    for Template { parts, places } in texts.into_iter().chain(&announcement.text) {
        let found = parts.iter().zip(places).find_map(|(part, place)| match part {
            TemplatePart::Address(address) => Some((address, place)),
            _ => None,
        });
        let Some((address, place)) = found else { continue };
        let name = match address {
            OwnAddress::Unsubscribe => "unsubscribe_url",
            OwnAddress::Preferences => "preferences_url",
            OwnAddress::Browser => "browser_url",
            OwnAddress::Forward => "forward_url",
            OwnAddress::Tracking => "tracking_url",
        };
        return Err(place.problem(
            format!("a single message has no {{{{ {name} }}}}: it belongs to no topic"),
            "take it out, or send it as a campaign",
        ));
    }
    Ok(())
}

/// Checks that nothing of the author's takes in or hides who sends a single message, and from where.
pub(crate) fn check_imprint(html: &str, announcement: &Announcement) -> Result<(), Problem> {
    let parsed = Html::parse_document(html);
    let place = SourcePosition::line(announcement.body_line);
    let of_document = css::own_element(&parsed, "div", "id", "pharos-footer");
    let footer = of_document.or_else(|| css::own_element(&parsed, "td", "class", "pharos-footer"));
    let Some(footer) = footer else {
        return Err(place.problem(
            "the HTML takes in the footer",
            "close every element, comment and attribute that is open at its end",
        ));
    };
    let torn = || place.problem("the HTML can't be read", "close what is open");
    let markup = markup(html, 0).map_err(|_| torn())?;
    match css::hidden_by(&footer, html, &markup) {
        None => Ok(()),
        Some(by) => Err(announcement.place_of(&by).problem(
            format!("`{by}` hides the postal address"),
            "take it away, or close the element before the end",
        )),
    }
}
