//! The two layouts and the frame of the text part: `templates/email`, compiled in.

use askama::Template;

use crate::announcement::Layout;

/// The values for both layouts and the text part. Strings may contain placeholders.
pub(crate) struct Frame<'a> {
    pub(crate) subject: &'a str,
    pub(crate) preheader: &'a str,
    pub(crate) organisation: &'a str,
    pub(crate) postal_address: &'a str,
    pub(crate) topic: &'a str,
    pub(crate) email: &'a str,
    pub(crate) pixel_url: &'a str,
    pub(crate) unsubscribe_url: &'a str,
    pub(crate) browser_url: &'a str,
    /// Trusted HTML, or the finished text in the text part.
    pub(crate) body: &'a str,
}

#[derive(Template)]
#[template(path = "release-notice.html")]
struct ReleaseNotice<'a> {
    frame: &'a Frame<'a>,
}

#[derive(Template)]
#[template(path = "plain.html")]
struct Plain<'a> {
    frame: &'a Frame<'a>,
}

#[derive(Template)]
#[template(path = "text-part.txt")]
struct TextPart<'a> {
    frame: &'a Frame<'a>,
}

pub(crate) fn document(layout: Layout, frame: &Frame<'_>) -> Result<String, askama::Error> {
    match layout {
        Layout::ReleaseNotice => ReleaseNotice { frame }.render(),
        Layout::Plain => Plain { frame }.render(),
    }
}

pub(crate) fn text_part(frame: &Frame<'_>) -> Result<String, askama::Error> {
    TextPart { frame }.render()
}
