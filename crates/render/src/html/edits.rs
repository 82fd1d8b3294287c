//! Changes to a text: all are collected first and made at once, and everything between them stays
//! byte for byte.

use super::markup::{Span, StartTag};

#[derive(Debug, Clone, Default)]
pub(crate) struct Edits(Vec<(Span, String)>);

impl Edits {
    pub(crate) fn replace(&mut self, span: Span, with: impl Into<String>) {
        self.0.push((span, with.into()));
    }

    pub(crate) fn insert(&mut self, at: usize, text: impl Into<String>) {
        self.replace(at..at, text);
    }

    pub(crate) fn extend(&mut self, edits: Self) {
        self.0.extend(edits.0);
    }

    /// Gives a tag's attribute this value, in double quotes when it had none.
    pub(crate) fn set_attribute(&mut self, text: &str, tag: &StartTag, name: &str, value: &str) {
        let Some(attribute) = tag.attribute(name) else {
            let value = quotable(value, '"');
            return self.insert(tag.name_end(), format!(" {name}=\"{value}\""));
        };
        let Some(span) = attribute.value_span.clone() else {
            let value = quotable(value, '"');
            return self.insert(attribute.name_span.end, format!("=\"{value}\""));
        };
        let before = text.get(..span.start).and_then(|before| before.chars().next_back());
        match before {
            Some(quote @ ('"' | '\'')) => self.replace(span, quotable(value, quote)),
            _ => self.replace(span, format!("\"{}\"", quotable(value, '"'))),
        }
    }

    /// The changed text. Of two changes that overlap the first counts.
    pub(crate) fn apply(mut self, text: &str) -> String {
        self.0.sort_by_key(|(span, _)| (span.start, span.end));
        let added: usize = self.0.iter().map(|(_, with)| with.len()).sum();
        let mut changed = String::with_capacity(text.len() + added);
        let mut at = 0;
        for (span, with) in self.0 {
            let Some(kept) = text.get(at..span.start) else { continue };
            changed.push_str(kept);
            changed.push_str(&with);
            at = span.end;
        }
        changed.push_str(text.get(at..).unwrap_or_default());
        changed
    }
}

/// The value with what would end it written as character references.
fn quotable(value: &str, quote: char) -> String {
    let value = value.replace('&', "&amp;");
    match quote {
        '"' => value.replace('"', "&quot;"),
        _ => value.replace('\'', "&#39;"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::html::markup::{Markup, markup};

    fn with_style(html: &str) -> String {
        let markup = markup(html, 0).unwrap();
        let mut edits = Edits::default();
        for piece in &markup {
            if let Markup::Start(tag) = piece {
                edits.set_attribute(html, tag, "style", "a\"b'&");
            }
        }
        edits.apply(html)
    }

    #[test]
    fn an_attribute_is_set_and_the_rest_of_the_tag_stays() {
        for (html, expect) in [
            ("<P  CLASS=x >", "<P style=\"a&quot;b'&amp;\"  CLASS=x >"),
            ("<br/>", "<br style=\"a&quot;b'&amp;\"/>"),
            ("<i STYLE='x' id=y>", "<i STYLE='a\"b&#39;&amp;' id=y>"),
            ("<i style=x/>", "<i style=\"a&quot;b'&amp;\">"),
            ("<i style hidden>", "<i style=\"a&quot;b'&amp;\" hidden>"),
            ("<i style = \"\" >", "<i style = \"a&quot;b'&amp;\" >"),
        ] {
            assert_eq!(with_style(html), expect, "{html}");
        }
    }

    #[test]
    fn changes_are_made_in_the_order_of_the_text() {
        let mut edits = Edits::default();
        edits.replace(4..5, "E");
        edits.insert(1, "x");
        edits.insert(1, "y");
        edits.replace(4..6, "never");
        assert_eq!(edits.apply("abcdef"), "axybcdEf");
    }
}
