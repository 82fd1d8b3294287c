//! Addresses in a text part that was written by hand.

use super::TrackedLink;

/// The text with the addresses of tracked links tracked; `url` makes the address of a link's slot.
pub(crate) fn tracked(
    text: &str,
    links: &[TrackedLink],
    parameters: &[(String, String)],
    url: impl Fn(u16) -> String,
) -> String {
    let mut output = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(at) = rest.find("http") {
        let (before, from) = rest.split_at(at);
        output.push_str(before);
        let end = from.find(|c: char| c.is_whitespace() || "<>\"".contains(c));
        let (word, after) = from.split_at(end.unwrap_or(from.len()));
        let address = word.trim_end_matches(['.', ',', ';', ':', '!', '?', ')']);
        let link = TrackedLink::address_in_text(address, parameters)
            .and_then(|url| links.iter().find(|link| link.url == url));
        match link {
            Some(link) => {
                output.push_str(&url(link.slot.0));
                output.push_str(word.get(address.len()..).unwrap_or_default());
            }
            None => output.push_str(word),
        }
        rest = after;
    }
    output.push_str(rest);
    output.trim_end().to_owned()
}
