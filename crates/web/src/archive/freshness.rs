//! Whether a reader has what is published already.

use axum::http::header::{CACHE_CONTROL, ETAG, IF_NONE_MATCH};
use axum::http::{HeaderMap, HeaderName, StatusCode};
use axum::response::{IntoResponse as _, Response};

/// What is taken back is gone from caches after a minute.
const A_MINUTE: &str = "public, max-age=60";

/// A version of something that is published.
pub(super) struct Freshness {
    tag: String,
}

impl Freshness {
    /// By what changes with it: times, a language, a position.
    pub(super) fn new(parts: &[&dyn std::fmt::Display]) -> Self {
        let parts: Vec<String> = parts.iter().map(ToString::to_string).collect();
        // A version from elsewhere must not break the header.
        let plain = |c: char| if c.is_ascii_alphanumeric() || c == '-' { c } else { '.' };
        Self { tag: format!("\"{}\"", parts.join("-").chars().map(plain).collect::<String>()) }
    }

    pub(super) fn headers(&self) -> [(HeaderName, String); 2] {
        [(ETAG, self.tag.clone()), (CACHE_CONTROL, A_MINUTE.to_owned())]
    }

    /// The answer to somebody who has it.
    pub(super) fn known_to(&self, request: &HeaderMap) -> Option<Response> {
        let tags = request.get(IF_NONE_MATCH)?.to_str().ok()?;
        let mut tags = tags.split(',').map(|tag| tag.trim().trim_start_matches("W/"));
        let is_known = tags.any(|tag| tag == self.tag || tag == "*");
        is_known.then(|| (StatusCode::NOT_MODIFIED, self.headers()).into_response())
    }
}

#[cfg(test)]
mod tests {
    use axum::http::HeaderValue;

    use super::*;

    #[test]
    fn a_reader_is_told_that_nothing_has_changed() {
        let fresh = Freshness::new(&[&7, &"pt-BR", &"\"\n"]);
        for (tags, is_known) in [
            ("\"7-pt-BR-..\"", true),
            ("\"x\", W/\"7-pt-BR-..\"", true),
            ("*", true),
            ("7-pt-BR-..", false),
            ("\"8\"", false),
        ] {
            let mut request = HeaderMap::new();
            request.insert(IF_NONE_MATCH, HeaderValue::from_static(tags));
            assert_eq!(fresh.known_to(&request).is_some(), is_known, "{tags}");
        }
        assert!(fresh.known_to(&HeaderMap::new()).is_none());
    }
}
