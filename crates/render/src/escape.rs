//! Makes a contact's value safe for the slot it is put into.
//!
//! Invariants: the result contains no control characters except tab and line feed; HTML slots are
//! text or quoted attributes (the compiler lets values into no others), so one escape serves both.

use std::borrow::Cow;

use percent_encoding::{AsciiSet, CONTROLS, NON_ALPHANUMERIC, utf8_percent_encode};

/// Line breaks become `\n`, other control characters U+FFFD (as HTML parsers do with NUL).
pub(crate) fn plain(value: &str) -> Cow<'_, str> {
    // 0xC2 begins the control characters beyond ASCII, and some others: a cheap first look.
    let maybe_odd = |b: u8| (b < b' ' && b != b'\n' && b != b'\t') || b == 0x7f || b == 0xc2;
    if !value.bytes().any(maybe_odd) {
        return Cow::Borrowed(value);
    }
    let odd = |c: char| c.is_control() && !matches!(c, '\n' | '\t');
    let unified = value.replace("\r\n", "\n").replace('\r', "\n");
    Cow::Owned(unified.replace(odd, "\u{fffd}"))
}

/// For HTML text and for attributes in either kind of quotes.
pub(crate) fn html(value: &str) -> Cow<'_, str> {
    let value = plain(value);
    let special = |b: u8| matches!(b, b'&' | b'<' | b'>' | b'"' | b'\'');
    if !value.bytes().any(special) {
        return value;
    }
    let mut escaped = String::with_capacity(value.len() + 16);
    let mut rest = value.as_ref();
    while let Some(at) = rest.bytes().position(special) {
        let (before, from) = rest.split_at(at);
        escaped.push_str(before);
        escaped.push_str(match from.as_bytes().first() {
            Some(b'&') => "&amp;",
            Some(b'<') => "&lt;",
            Some(b'>') => "&gt;",
            Some(b'"') => "&quot;",
            _ => "&#39;",
        });
        // The characters looked for are one byte long.
        rest = from.get(1..).unwrap_or_default();
    }
    escaped.push_str(rest);
    Cow::Owned(escaped)
}

/// RFC 3986's unreserved characters stay.
const IN_COMPONENT: &AsciiSet =
    &NON_ALPHANUMERIC.remove(b'-').remove(b'.').remove(b'_').remove(b'~');
/// What may not stand in any URL.
const IN_URL: &AsciiSet = &CONTROLS
    .add(b' ')
    .add(b'"')
    .add(b'<')
    .add(b'>')
    .add(b'\\')
    .add(b'^')
    .add(b'`')
    .add(b'{')
    .add(b'|')
    .add(b'}');

/// For one component of a URL: everything but unreserved characters is encoded.
pub(crate) fn url_component(value: &str) -> Cow<'_, str> {
    utf8_percent_encode(value, IN_COMPONENT).into()
}

/// A whole URL as an author wrote it: encodes only what must not appear in any URL.
pub(crate) fn url(value: &str) -> Cow<'_, str> {
    utf8_percent_encode(value, IN_URL).into()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_slot_has_its_escape() {
        assert_eq!(plain("a\r\nb\rc\0d\te"), "a\nb\nc\u{fffd}d\te");
        assert_eq!(html("<a href=\"x\">'&"), "&lt;a href=&quot;x&quot;&gt;&#39;&amp;");
        assert_eq!(url_component("a b/ü?&="), "a%20b%2F%C3%BC%3F%26%3D");
        assert_eq!(url("https://x/?a=b c&d={e}"), "https://x/?a=b%20c&d=%7Be%7D");
    }
}
