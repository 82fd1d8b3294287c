//! How the API writes ids and times: both are texts.

use std::str::FromStr;

use model::Timestamp;
use serde::de::Error as _;
use serde::{Deserialize, Deserializer};

/// A number that is written as a text, such as an id.
pub(crate) fn number<'de, T, D>(from: D) -> Result<T, D::Error>
where
    T: FromStr,
    D: Deserializer<'de>,
{
    let text = String::deserialize(from)?;
    text.parse().map_err(|_| D::Error::custom(format!("{text:?} is not a number")))
}

/// A time, to the second.
pub(crate) fn time<'de, D: Deserializer<'de>>(from: D) -> Result<Timestamp, D::Error> {
    parsed(&String::deserialize(from)?)
}

/// A time, or none.
pub(crate) fn maybe_time<'de, D>(from: D) -> Result<Option<Timestamp>, D::Error>
where
    D: Deserializer<'de>,
{
    Option::<String>::deserialize(from)?.map(|text| parsed(&text)).transpose()
}

fn parsed<E: serde::de::Error>(text: &str) -> Result<Timestamp, E> {
    Timestamp::parse_rfc3339(text).ok_or_else(|| E::custom(format!("{text:?} is not a time")))
}

/// A text as one segment of a path.
pub(crate) fn segment(text: &str) -> String {
    if matches!(text, "" | "." | "..") {
        // These would name another path. Nothing is called a blank.
        return "%20".to_owned();
    }
    let plain = |byte: u8| byte.is_ascii_alphanumeric() || b"-_.~@+".contains(&byte);
    text.bytes()
        .map(|byte| match plain(byte) {
            true => char::from(byte).to_string(),
            false => format!("%{byte:02X}"),
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_segment_is_one_segment() {
        assert_eq!(segment("a/b?c#d %"), "a%2Fb%3Fc%23d%20%25");
        assert_eq!(segment("ann+x@reader.example"), "ann+x@reader.example");
        assert_eq!(segment("\u{e9}"), "%C3%A9");
        assert_eq!((segment(".."), segment("..a")), ("%20".to_owned(), "..a".to_owned()));
    }
}
