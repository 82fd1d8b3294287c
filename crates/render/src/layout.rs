//! The layouts and the frame of the text part: `templates/email`, compiled in.
//!
//! What is Pharos' own in a message and what is the author's never touch: our class names begin
//! with `pharos-`, our rules name nothing else and beat the author's by the id in front of them, and
//! in a document of the author's own our parts carry their style with them.
//!
//! A layout is a variant of [`Layout`] and a file in `templates/email/layouts`, which says what looks
//! otherwise than in `layout.css`.

mod style;

use askama::Template;

pub(crate) use style::LayoutStyle;

use crate::brand::{Brand, BrandText, Logo, PublicAddress, SocialLink};
use crate::css;
use crate::footer::FooterWords;
use crate::html::markup::markup;
use crate::placeholders::Placeholders;
use crate::problem::{Problem, SourcePosition};
use crate::settings::Layout;

/// Keeps lists of messages from showing the text behind the preheader: pairs that take room there and
/// cannot be seen.
const PREHEADER_FILLER: usize = 75;

/// The values for the layouts and the text part. Strings may contain placeholders.
pub(crate) struct Frame<'a> {
    /// A BCP 47 tag.
    pub(crate) lang: &'a str,
    /// `ltr` or `rtl`.
    pub(crate) dir: &'static str,
    pub(crate) subject: &'a str,
    pub(crate) preheader: &'a str,
    /// Below the sender's name; may be empty.
    pub(crate) issue: &'a str,
    pub(crate) organisation: &'a str,
    pub(crate) postal_address: &'a str,
    pub(crate) brand: &'a Brand,
    pub(crate) words: &'a FooterWords,
    /// Nothing where nobody is counted.
    pub(crate) pixel_url: Option<&'a str>,
    /// Of a link that no reader can see; nothing where there is none.
    pub(crate) honeypot_url: Option<&'a str>,
    pub(crate) unsubscribe_url: &'a str,
    pub(crate) preferences_url: &'a str,
    pub(crate) browser_url: &'a str,
    /// Nothing where nobody is counted.
    pub(crate) tracking_url: Option<&'a str>,
    /// The topic's name.
    pub(crate) topic: &'a str,
    /// Instead of the links of a recipient, where everybody may read it.
    pub(crate) archive_url: Option<&'a str>,
    /// Whether it goes to nobody as a topic's reader, so that there is nothing to leave.
    pub(crate) is_single: bool,
    /// Whether the colours follow the reader's, which they do only when the author sets none.
    pub(crate) adapts: bool,
    /// Whether the author has style sheets, here or within the body.
    pub(crate) has_sheets: bool,
    /// The author's style elements.
    pub(crate) sheets: &'a str,
    /// Trusted HTML, or the finished text in the text part.
    pub(crate) body: &'a str,
}

impl Frame<'_> {
    fn color_scheme(&self) -> &'static str {
        if self.adapts { "light dark" } else { "light only" }
    }

    fn preheader_filler(&self) -> String {
        "\u{200c}\u{a0}".repeat(PREHEADER_FILLER)
    }

    /// What readers know the sender by.
    fn sender_name(&self) -> &str {
        self.brand.name.as_ref().map_or(self.organisation, BrandText::as_str)
    }

    fn home(&self) -> Option<&str> {
        self.brand.website.as_ref().map(PublicAddress::as_str)
    }

    fn logo(&self) -> Option<&Logo> {
        self.brand.logo.as_ref()
    }

    fn logo_alt(&self) -> &str {
        let alt = self.logo().and_then(|logo| logo.alt.as_ref());
        alt.map_or(self.sender_name(), BrandText::as_str)
    }

    /// The logo for dark screens, where there may be one.
    fn dark_logo(&self) -> Option<&PublicAddress> {
        self.logo().and_then(|logo| logo.dark.as_ref()).filter(|_| self.adapts)
    }

    /// Who sends, and from where. Among lines that run the other way, each keeps its own order of words
    /// and numbers: between U+2068 and U+2069, since an element could be hidden by the author.
    fn imprint(&self) -> Vec<String> {
        let legal = self.legal().iter().map(BrandText::as_str);
        let lines = [self.organisation].into_iter().chain(self.postal_address.lines()).chain(legal);
        let isolated = |line: &str| match self.dir {
            "rtl" => format!("\u{2068}{line}\u{2069}"),
            _ => line.to_owned(),
        };
        lines.map(isolated).collect()
    }

    fn legal(&self) -> &[BrandText] {
        &self.brand.legal
    }

    fn social(&self) -> &[SocialLink] {
        &self.brand.social
    }

    fn has_links(&self) -> bool {
        self.home().is_some() || !self.social().is_empty()
    }
}

#[derive(Template)]
#[template(path = "layout.html")]
struct LayoutPage<'a> {
    frame: &'a Frame<'a>,
    layout: Layout,
    style: &'a LayoutStyle,
    outlook_font: &'static str,
    /// Where the message stands on its ground.
    align: &'static str,
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
    style: &LayoutStyle,
    frame: &Frame<'_>,
    placeholders: &Placeholders,
) -> Result<String, Problem> {
    let [sheets, body] = [0, 1].map(|number| placeholders.raw_html(number));
    let empty = &Frame { sheets: &sheets, body: &body, ..*frame };
    let align = match (layout, frame.dir) {
        (Layout::Plain, "rtl") => "right",
        (Layout::Plain, _) => "left",
        _ => "center",
    };
    let style = &style.for_body(frame.body);
    let outlook_font = frame.brand.font.outlook();
    let frame_html = match layout {
        Layout::None => Bare { frame: empty }.render(),
        _ => LayoutPage { frame: empty, layout, style, outlook_font, align }.render(),
    };
    let html = frame_html.map_err(unfillable)?;
    let markup = markup(&html, 0).map_err(unfillable)?;
    let mut styled = css::inline(&html, &markup, true).edits.apply(&html);
    if !frame.has_sheets {
        // The elements have it by now, and there is nothing to beat.
        styled = styled.replacen(&style.frame, "", 1);
    }
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

pub(crate) fn unfillable<E>(_: E) -> Problem {
    SourcePosition::SETTINGS.problem("can't fill the layout", "please report this as a bug")
}
