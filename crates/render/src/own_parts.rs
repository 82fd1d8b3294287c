//! What every message must have, whatever its author wrote: the footer and the tracking pixel.

use scraper::{ElementRef, Html};

use crate::announcement::Announcement;
use crate::css;
use crate::html::markup::markup;
use crate::placeholders::{Hole, Piece, Placeholders};
use crate::problem::{Problem, SourcePosition};

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
