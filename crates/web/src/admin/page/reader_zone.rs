//! The time zone of whoever looks at a page: its script keeps the browser's in a cookie.

use axum::http::HeaderMap;
use axum::http::header::COOKIE;
use model::Zone;

const NAME: &str = "pharos_zone";

/// The zone that the browser has told, or UTC.
pub(crate) fn zone_of(headers: &HeaderMap) -> Zone {
    let lines = headers.get_all(COOKIE).iter().filter_map(|line| line.to_str().ok());
    let told = lines.flat_map(|line| line.split(';')).find_map(|pair| {
        let (name, value) = pair.trim().split_once('=')?;
        (name == NAME).then_some(value)
    });
    told.and_then(|name| Zone::named(name).ok()).unwrap_or_else(Zone::utc)
}

#[cfg(test)]
mod tests {
    use axum::http::HeaderValue;

    use super::*;

    #[test]
    fn a_zone_that_nobody_knows_is_utc() {
        let zone = |cookie: &'static str| {
            let mut headers = HeaderMap::new();
            headers.insert(COOKIE, HeaderValue::from_static(cookie));
            zone_of(&headers).name().to_owned()
        };
        assert_eq!(zone("a=b; pharos_zone=Europe/Madrid"), "Europe/Madrid");
        assert_eq!(zone("pharos_zone=Mars/Olympus"), "UTC");
        assert_eq!(zone("pharos_zone=\"><script>"), "UTC");
        assert_eq!(zone("a=b"), "UTC");
    }
}
