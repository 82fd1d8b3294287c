//! `media:NAME` and `media:NAME?inline` in the text of an announcement.

/// In front of a name of the library.
const SCHEME: &str = "media:";
/// Behind a name: the picture travels inside the message.
const INLINE: &str = "?inline";

/// What a text refers to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Reference {
    pub(crate) name: String,
    /// Whether the picture travels inside the message.
    pub(crate) is_inline: bool,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum TextPiece<'a> {
    Text(&'a str),
    Media(Reference),
}

impl Reference {
    /// As it is written.
    pub(crate) fn written(&self) -> String {
        format!("{SCHEME}{}{}", self.name, if self.is_inline { INLINE } else { "" })
    }
}

/// The text in text_pieces. A reference stands where an address can: at the beginning or behind a quote, a
/// parenthesis, an equals sign, a comma or white space.
pub(crate) fn text_pieces(text: &str) -> Vec<TextPiece<'_>> {
    let mut text_pieces = Vec::new();
    let (mut begin, mut from) = (0, 0);
    while let Some(found) = text.get(from..).and_then(|rest| rest.find(SCHEME)) {
        let at = from + found;
        from = at + SCHEME.len();
        let before = text.get(..at).and_then(|before| before.chars().next_back());
        let may_begin = |c: char| c.is_whitespace() || "\"'(=,<;".contains(c);
        if !before.is_none_or(may_begin) {
            continue;
        }
        let rest = text.get(from..).unwrap_or_default();
        let ends = |c: char| c.is_whitespace() || "\"'()<>,?#&;{}\\".contains(c);
        let name = rest.get(..rest.find(ends).unwrap_or(rest.len())).unwrap_or_default();
        if name.is_empty() {
            continue;
        }
        let behind = rest.get(name.len()..).unwrap_or_default();
        let is_inline = behind.starts_with(INLINE);
        if at > begin {
            text_pieces.extend(text.get(begin..at).map(TextPiece::Text));
        }
        from += name.len() + if is_inline { INLINE.len() } else { 0 };
        begin = from;
        text_pieces.push(TextPiece::Media(Reference { name: name.to_owned(), is_inline }));
    }
    if begin < text.len() {
        text_pieces.extend(text.get(begin..).map(TextPiece::Text));
    }
    text_pieces
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_reference_stands_where_an_address_can() {
        let names = |text: &str| -> Vec<String> {
            let names = text_pieces(text).into_iter().filter_map(|piece| match piece {
                TextPiece::Media(reference) => Some(reference.written()),
                TextPiece::Text(_) => None,
            });
            names.collect()
        };
        for (text, expect) in [
            (
                "![a](media:a.png) <img src=\"media:b.gif?inline\">",
                &["media:a.png", "media:b.gif?inline"][..],
            ),
            ("<img src=media:a-b.png>", &["media:a-b.png"]),
            ("url(media:a.png) url('media:b.png')", &["media:a.png", "media:b.png"]),
            ("srcset=\"media:a.png 1x,media:b.png 2x\"", &["media:a.png", "media:b.png"]),
            ("[x](media:a.pdf#page=2)", &["media:a.pdf"]),
            ("social media: all of it, multimedia:x @media:x --media:x", &[]),
            ("media:", &[]),
            ("(media:{{ x }})", &[]),
        ] {
            assert_eq!(names(text), expect, "{text}");
            let whole: String = text_pieces(text)
                .into_iter()
                .map(|piece| match piece {
                    TextPiece::Text(text) => text.to_owned(),
                    TextPiece::Media(reference) => reference.written(),
                })
                .collect();
            assert_eq!(whole, text, "nothing is lost");
        }
    }
}
