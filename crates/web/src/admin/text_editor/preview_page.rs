//! A page to look at a message with: as wide and as narrow as mail programs show it, light and dark,
//! without images, as text and as source. It needs no server and loads nothing of its own.

use askama::Template;

/// Most bytes of a message's source to show.
const MAX_SOURCE_BYTES: usize = 1024 * 1024;
/// Keeps images from being loaded.
const NO_IMAGES: &str =
    "<meta http-equiv=\"Content-Security-Policy\" content=\"img-src 'none'; media-src 'none'\">";

const SCHEME_QUESTION: &str = "prefers-color-scheme";

#[derive(Template)]
#[template(path = "preview.html")]
struct PreviewPage<'a> {
    style: &'static str,
    looks: [Look; 5],
    text: &'a str,
    source: &'a str,
}

/// One way to look at the message's HTML.
struct Look {
    id: &'static str,
    name: &'static str,
    /// In pixels, without the frame's border.
    width: u16,
    scheme: &'static str,
    html: String,
}

/// The page for a message's HTML, its plain text and its source.
///
/// # Errors
/// When the template fails, which no message makes it do.
pub fn preview_page(html: &str, text: &str, source: &[u8]) -> Result<String, askama::Error> {
    let (light, dark) = (in_scheme(html, "light"), in_scheme(html, "dark"));
    let look = |id, name, width, scheme, html: &str| {
        let html = html.to_owned();
        Look { id, name, width, scheme, html }
    };
    let source = String::from_utf8_lossy(source.get(..MAX_SOURCE_BYTES).unwrap_or(source));
    PreviewPage {
        style: include_str!("../../../assets/preview.css"),
        looks: [
            look("wide", "600 px", 600, "light", &light),
            look("narrow", "375 px", 375, "light", &light),
            look("wide-dark", "600 px, dark", 600, "dark", &dark),
            look("narrow-dark", "375 px, dark", 375, "dark", &dark),
            look("bare", "Images off", 600, "light", &without_images(&light)),
        ],
        text,
        source: &source,
    }
    .render()
}

/// The document as programs show it that load no images.
pub(crate) fn without_images(html: &str) -> String {
    with_head(html, NO_IMAGES)
}

/// The document as it looks on a light or a dark screen, whatever the screen of this reader is: its
/// questions for the scheme have a fixed answer.
pub(crate) fn in_scheme(html: &str, scheme: &str) -> String {
    let mut written = String::with_capacity(html.len());
    let mut rest = html;
    while let Some(at) = find_ignoring_case(rest, SCHEME_QUESTION) {
        let (before, question) = rest.split_at(at);
        let Some(end) = question.find(')') else { break };
        let asked = question.get(SCHEME_QUESTION.len()..end).unwrap_or_default();
        let asked = asked.trim().trim_start_matches(':').trim();
        written.push_str(before);
        written.push_str(match asked.eq_ignore_ascii_case(scheme) {
            true => "min-width:0",
            false => "max-width:0",
        });
        rest = question.get(end..).unwrap_or_default();
    }
    written.push_str(rest);
    // A document that knows dark screens gets a dark ground there by itself.
    let knows_dark =
        find_ignoring_case(html, "name=\"color-scheme\" content=\"light dark").is_some();
    let is_dark = scheme == "dark" && knows_dark;
    let ground = if is_dark { "dark" } else { "light" };
    with_head(&written, &format!("<style>:root{{color-scheme:{ground}!important}}</style>"))
}

fn find_ignoring_case(text: &str, wanted: &str) -> Option<usize> {
    let length = wanted.len();
    text.char_indices()
        .map(|(at, _)| at)
        .find(|at| text.get(*at..at + length).is_some_and(|it| it.eq_ignore_ascii_case(wanted)))
}

/// The document with `head` behind its doctype, where it does not change how it is laid out.
fn with_head(html: &str, head: &str) -> String {
    let start = html.len() - html.trim_start().len();
    let has_doctype =
        html.get(start..start + 9).is_some_and(|it| it.eq_ignore_ascii_case("<!doctype"));
    let at = html.find('>').filter(|_| has_doctype).map_or(0, |end| end + 1);
    let (before, after) = html.split_at(at);
    format!("{before}{head}{after}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_of_a_message_leaves_its_frame() {
        let html = "<!DOCTYPE html>\n<p title=\"a\">&amp;</p></iframe><script>x</script>";
        let page = preview_page(html, "</pre><b>", b"Subject: <b>\r\n").unwrap();
        assert_eq!(page.matches("<iframe").count(), 5);
        assert!(!page.contains("<script") && !page.contains("</iframe><"), "{page}");
        assert!(!page.contains("<b>"), "{page}");
        assert_eq!(page.matches(" sandbox=").count(), 5);
    }

    #[test]
    fn a_document_keeps_its_doctype_first() {
        let with = with_head("<!doctype html><html>", NO_IMAGES);
        assert_eq!(with, format!("<!doctype html>{NO_IMAGES}<html>"));
        assert_eq!(with_head("<p>", NO_IMAGES), format!("{NO_IMAGES}<p>"));
    }

    #[test]
    fn a_look_has_its_scheme_whatever_the_screen_is() {
        let html = "@media (PREFERS-color-scheme : dark) and (max-width:9px){} \
            @media (prefers-color-scheme:light){} ü @media (prefers-color-scheme";
        let told = |scheme| in_scheme(html, scheme).split_once("</style>").unwrap().1.to_owned();
        let rest = " ü @media (prefers-color-scheme";
        let dark = "@media (min-width:0) and (max-width:9px){} @media (max-width:0){}";
        let light = "@media (max-width:0) and (max-width:9px){} @media (min-width:0){}";
        assert_eq!(
            (told("dark"), told("light")),
            (format!("{dark}{rest}"), format!("{light}{rest}"))
        );
    }
}
