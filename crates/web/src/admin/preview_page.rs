//! A page to look at a message with: as wide and as narrow as mail programs show it, light and dark,
//! without images, as text and as source. It needs no server and loads nothing of its own.

use askama::Template;

/// Most bytes of a message's source to show.
const MAX_SOURCE_BYTES: usize = 1024 * 1024;
/// Keeps images from being loaded.
const NO_IMAGES: &str =
    "<meta http-equiv=\"Content-Security-Policy\" content=\"img-src 'none'; media-src 'none'\">";

#[derive(Template)]
#[template(path = "preview.html")]
struct PreviewPage<'a> {
    style: &'static str,
    looks: [Look<'a>; 5],
    text: &'a str,
    source: &'a str,
}

/// One way to look at the message's HTML.
struct Look<'a> {
    id: &'static str,
    name: &'static str,
    /// In pixels.
    width: u16,
    scheme: &'static str,
    html: &'a str,
}

/// The page for a message's HTML, its plain text and its source.
///
/// # Errors
/// When the template fails, which no message makes it do.
pub fn preview_page(html: &str, text: &str, source: &[u8]) -> Result<String, askama::Error> {
    let bare = without_images(html);
    let look = |id, name, width, scheme| Look { id, name, width, scheme, html };
    let source = String::from_utf8_lossy(source.get(..MAX_SOURCE_BYTES).unwrap_or(source));
    PreviewPage {
        style: include_str!("../../assets/preview.css"),
        looks: [
            look("wide", "600 px", 600, "light"),
            look("narrow", "375 px", 375, "light"),
            look("wide-dark", "600 px, dark", 600, "dark"),
            look("narrow-dark", "375 px, dark", 375, "dark"),
            Look { html: &bare, ..look("bare", "Images off", 600, "light") },
        ],
        text,
        source: &source,
    }
    .render()
}

/// The document with a policy behind its doctype, where it does not change how it is laid out.
fn without_images(html: &str) -> String {
    let start = html.len() - html.trim_start().len();
    let has_doctype =
        html.get(start..start + 9).is_some_and(|it| it.eq_ignore_ascii_case("<!doctype"));
    let at = html.find('>').filter(|_| has_doctype).map_or(0, |end| end + 1);
    let (before, after) = html.split_at(at);
    format!("{before}{NO_IMAGES}{after}")
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
        assert_eq!(page.matches("sandbox").count(), 5);
    }

    #[test]
    fn a_document_keeps_its_doctype_first() {
        let with = without_images("<!doctype html><html>");
        assert_eq!(with, format!("<!doctype html>{NO_IMAGES}<html>"));
        assert_eq!(without_images("<p>"), format!("{NO_IMAGES}<p>"));
    }
}
