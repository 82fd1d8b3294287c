//! What an author should know of a message that can be sent all the same.

use crate::announcement::Announcement;
use crate::author::body::BodyHtml;
use crate::css;
use crate::footer::Language;
use crate::placeholders::Piece;
use crate::problem::{Problem, SourcePosition};
use crate::settings::Layout;
use crate::template::Template;

/// Gmail shows the first 102 kB or so of a message's HTML and hides the rest, footer included.
const CLIPPED_BYTES: usize = 100_000;
/// Characters of a subject that mailboxes on a desk show; on a phone it is half of that.
const SHOWN_SUBJECT: usize = 70;
/// Characters behind the subject that the widest lists show.
const SHOWN_PREHEADER: usize = 150;

pub(crate) fn clipping(html: &[Piece<'_>]) -> Option<Problem> {
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

/// Subject and preheader that are longer than they are shown, without the values of their merge tags.
pub(crate) fn long_lines(announcement: &Announcement) -> impl Iterator<Item = Problem> {
    let long = |what: &str, template: &Template, most: usize| {
        let characters = template.to_text(|_, _| {}).chars().count();
        (characters > most).then(|| {
            let place = template.places.first().copied();
            place.unwrap_or(SourcePosition::SETTINGS).problem(
                format!("the {what} has {characters} characters, and many mailboxes show {most}"),
                "put what matters first, or shorten it",
            )
        })
    };
    let subject = long("subject", &announcement.subject, SHOWN_SUBJECT);
    subject.into_iter().chain(long("preheader", &announcement.preheader, SHOWN_PREHEADER))
}

/// What the front matter asks for and the layout does not show.
pub(crate) fn not_shown(announcement: &Announcement, layout: Layout) -> Option<Problem> {
    let what = match (&announcement.issue, announcement.accent) {
        (Some(_), _) if !layout.has_head() => "issue",
        (_, Some(_)) if layout == Layout::None => "accent",
        _ => return None,
    };
    Some(announcement.place_of_key(what).problem(
        format!("the layout `{}` does not show the `{what}`", layout.name()),
        "remove it, or choose another layout",
    ))
}

/// Nobody has written the footer in this language yet.
pub(crate) fn footer_in_english(announcement: &Announcement, language: &Language) -> Problem {
    announcement.place_of("lang").problem(
        format!("there is no footer in the language `{}`; it is in English", language.tag()),
        "leave it so, or write the announcement in another language",
    )
}

/// What about the author's style sheets will not work as in a browser.
pub(crate) fn of_styles(
    announcement: &Announcement,
    body: &BodyHtml<'_>,
    styles: &css::InlinedStyles,
) -> Vec<Problem> {
    let picking = styles.picking_by_address.iter().map(|(at, selectors)| {
        body.place_of(&(*at..*at), selectors).problem(
            format!("`{selectors}` looks at addresses, which tracking changes"),
            "give the links a class, and name that instead",
        )
    });
    let too_large = styles.is_too_large.then(|| {
        SourcePosition::line(announcement.body_line).problem(
            "the style sheets have too many rules to be written into the elements",
            "remove the rules that nothing uses: programs that ignore sheets show none of them",
        )
    });
    picking.chain(too_large).collect()
}
