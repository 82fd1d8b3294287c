//! What a reader finds in a message: the pixel, the tracked links, the unsubscribe link.

use mail_parser::MessageParser;

#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Letter {
    pub pixel: String,
    pub links: Vec<String>,
    pub unsubscribe: String,
    pub page: String,
}

impl Letter {
    /// Finds them in a received message; none when the message is not one of ours.
    pub(super) fn open(raw: &[u8]) -> Option<Self> {
        let message = MessageParser::new().parse(raw)?;
        let html = message.body_html(0)?;
        let urls: Vec<&str> = attribute_values(&html).collect();
        let with = |part: &'static str| {
            urls.iter().filter(move |url| url.contains(part)).map(|url| (*url).to_owned())
        };
        Some(Self {
            pixel: with("/o/").next()?,
            links: with("/c/").collect(),
            unsubscribe: with("/u/").next()?,
            page: with("/v/").next()?,
        })
    }
}

/// Every `href` and `src` of our own making, which are always in double quotes.
fn attribute_values(html: &str) -> impl Iterator<Item = &str> {
    let tags = html.split('<').map(|tag| tag.split('>').next().unwrap_or_default());
    tags.flat_map(|tag| {
        ["href=\"", "src=\""].into_iter().filter_map(move |name| {
            let (_, rest) = tag.split_once(name)?;
            rest.split_once('"').map(|(value, _)| value)
        })
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses_are_found_in_attributes_only() {
        let html = "<a href=\"http://x/c/1\">src=\"no\"</a><img alt=\"\" src=\"http://x/o/1.gif\">";
        let found: Vec<&str> = attribute_values(html).collect();
        assert_eq!(found, ["http://x/c/1", "http://x/o/1.gif"]);
    }
}
