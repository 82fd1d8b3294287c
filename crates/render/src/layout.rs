//! The layouts and the frame of the text part: `templates/email`, compiled in.
//!
//! What is Pharos' own in a message and what is the author's never touch: our class names begin
//! with `pharos-`, our rules name nothing else and beat the author's by the id in front of them, and
//! in a document of the author's own our parts carry their style with them.

use askama::Template;

use crate::css;
use crate::footer::FooterWords;
use crate::html::markup::markup;
use crate::placeholders::Placeholders;
use crate::problem::{Problem, SourcePosition};
use crate::settings::Layout;

/// The values for the layouts and the text part. Strings may contain placeholders.
pub(crate) struct Frame<'a> {
    /// A BCP 47 tag.
    pub(crate) lang: &'a str,
    /// `ltr` or `rtl`.
    pub(crate) dir: &'static str,
    pub(crate) subject: &'a str,
    pub(crate) preheader: &'a str,
    pub(crate) organisation: &'a str,
    pub(crate) postal_address: &'a str,
    pub(crate) words: &'a FooterWords,
    pub(crate) pixel_url: &'a str,
    pub(crate) unsubscribe_url: &'a str,
    pub(crate) browser_url: &'a str,
    /// `pharos-adapts` where the colours follow the reader's, which they do only when the author sets
    /// none; else `pharos-fixed`.
    pub(crate) class: &'static str,
    /// The author's style elements.
    pub(crate) sheets: &'a str,
    /// Trusted HTML, or the finished text in the text part.
    pub(crate) body: &'a str,
}

impl Frame<'_> {
    fn color_scheme(&self) -> &'static str {
        if self.class == "pharos-adapts" { "light dark" } else { "light only" }
    }

    /// The side where lines begin, for programs that do not know `start`.
    fn start(&self) -> &'static str {
        if self.dir == "rtl" { "right" } else { "left" }
    }
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
#[template(path = "bare.html")]
struct Bare<'a> {
    frame: &'a Frame<'a>,
}

#[derive(Template)]
#[template(path = "hidden-start.html")]
struct HiddenStart<'a> {
    frame: &'a Frame<'a>,
}

#[derive(Template)]
#[template(path = "document-footer.html")]
struct DocumentFooter<'a> {
    frame: &'a Frame<'a>,
}

#[derive(Template)]
#[template(path = "text-part.txt")]
struct TextPart<'a> {
    frame: &'a Frame<'a>,
}

/// The whole document around the frame's body and sheets, which are not looked into.
pub(crate) fn document(
    layout: Layout,
    frame: &Frame<'_>,
    placeholders: &Placeholders,
) -> Result<String, Problem> {
    let [sheets, body] = [0, 1].map(|number| placeholders.raw_html(number));
    let empty = Frame { sheets: &sheets, body: &body, ..*frame };
    let frame_html = match layout {
        Layout::ReleaseNotice => ReleaseNotice { frame: &empty }.render(),
        Layout::Plain => Plain { frame: &empty }.render(),
        Layout::None => Bare { frame: &empty }.render(),
    };
    let html = frame_html.map_err(unfillable)?;
    let markup = markup(&html, 0).map_err(unfillable)?;
    let styled = css::inline(&html, &markup, true).edits.apply(&html);
    Ok(styled.replacen(&sheets, frame.sheets, 1).replacen(&body, frame.body, 1))
}

/// What stands at the beginning of a document of the author's own.
pub(crate) fn hidden_start(frame: &Frame<'_>) -> Result<String, Problem> {
    HiddenStart { frame }.render().map_err(unfillable)
}

/// What stands at the end of a document of the author's own.
pub(crate) fn document_footer(frame: &Frame<'_>) -> Result<String, Problem> {
    DocumentFooter { frame }.render().map_err(unfillable)
}

pub(crate) fn text_part(frame: &Frame<'_>) -> Result<String, Problem> {
    TextPart { frame }.render().map_err(unfillable)
}

fn unfillable<E>(_: E) -> Problem {
    SourcePosition::SETTINGS.problem("can't fill the layout", "please report this as a bug")
}
