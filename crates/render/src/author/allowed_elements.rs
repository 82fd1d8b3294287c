//! Which elements an announcement may have.

use crate::html::markup::StartTag;

/// Elements that mail programs remove or that make a message suspect.
const REFUSED: [&str; 31] = [
    "applet",
    "audio",
    "base",
    "button",
    "canvas",
    "dialog",
    "embed",
    "fieldset",
    "form",
    "frame",
    "frameset",
    "iframe",
    "input",
    "link",
    "listing",
    "math",
    "noembed",
    "noframes",
    "noscript",
    "object",
    "option",
    "plaintext",
    "portal",
    "script",
    "select",
    "svg",
    "template",
    "textarea",
    "track",
    "video",
    "xmp",
];
/// Where an element stands.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Surroundings {
    /// In a document of the author's own, which has a head.
    pub(crate) is_document: bool,
    /// In a comment that Outlook reads.
    pub(crate) is_for_outlook: bool,
}

impl Surroundings {
    /// Whether an element may stand there.
    pub(crate) fn allow(self, tag: &StartTag) -> bool {
        match tag.name.as_str() {
            "title" => self.is_document,
            "meta" => {
                let refreshes =
                    tag.value("http-equiv").is_some_and(|it| it.eq_ignore_ascii_case("refresh"));
                self.is_document && !refreshes
            }
            // What keeps Outlook's settings from old programs.
            "noscript" => self.is_for_outlook,
            name => !REFUSED.contains(&name),
        }
    }
}

/// What to do instead of using an element that is not allowed.
pub(crate) fn instead_of(element: &str) -> &'static str {
    match element {
        "link" => "remove it; put the styles themselves into a <style> element",
        "button" => "write a link instead, <a href=\"https://...\">",
        _ => "remove it",
    }
}
