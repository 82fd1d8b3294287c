//! Every answer the beacon gives, prepared once: a request only clones it.

use std::borrow::Cow;

use bytes::Bytes;
use http_body_util::Full;
use hyper::header::{self, HeaderMap, HeaderName, HeaderValue};
use hyper::{Response, StatusCode};
use percent_encoding::{AsciiSet, utf8_percent_encode};

/// What the beacon answers with.
pub(crate) type BeaconAnswer = Response<Full<Bytes>>;

/// `max-age=0` makes Gmail's proxy ask again, the rest is for everybody else.
const NO_STORE: &str = "no-cache, no-store, max-age=0, must-revalidate, private";
const NOT_FOUND: &str = "<!doctype html>\n<html lang=\"en\"><meta charset=\"utf-8\">\
    <meta name=\"viewport\" content=\"width=device-width\"><title>Not found</title>\n\
    <h1>This link does not work</h1>\n<p>It may have been cut off when it was copied; the link in \
    the message itself still works.</p>\n<p>To unsubscribe, reply to any of our messages and say \
    so.</p>\n";
const ROBOTS: &str = "User-agent: *\nDisallow: /\n";

pub(crate) struct AnswerSet {
    pixel: FixedAnswer,
    pixel_with_cookie: FixedAnswer,
    redirect: HeaderMap,
    not_found: FixedAnswer,
    unavailable: FixedAnswer,
    method: FixedAnswer,
    robots: FixedAnswer,
    health: FixedAnswer,
}

struct FixedAnswer {
    status: StatusCode,
    headers: HeaderMap,
    body: Bytes,
}

impl AnswerSet {
    /// Prepares all of them.
    pub(crate) fn prepare() -> image::ImageResult<Self> {
        let pixel = FixedAnswer::new(
            StatusCode::OK,
            "image/gif",
            pixel()?,
            &[
                (header::CACHE_CONTROL, NO_STORE),
                (header::PRAGMA, "no-cache"),
                (header::EXPIRES, "0"),
                (HeaderName::from_static("cross-origin-resource-policy"), "cross-origin"),
                (header::REFERRER_POLICY, "no-referrer"),
                (HeaderName::from_static("x-robots-tag"), "noindex"),
                (header::ACCESS_CONTROL_ALLOW_ORIGIN, "*"),
            ],
        );
        // A place for the cookie, or inserting it would move every header once per request.
        let mut pixel_with_cookie = pixel.clone();
        pixel_with_cookie.headers.insert(header::SET_COOKIE, HeaderValue::from_static(""));
        let page = |status, body: &'static str, kind: &'static str, more: &[_]| {
            let fixed =
                [(header::CACHE_CONTROL, "no-store"), (header::REFERRER_POLICY, "no-referrer")];
            FixedAnswer::new(
                status,
                kind,
                Bytes::from_static(body.as_bytes()),
                &[&fixed, more].concat(),
            )
        };
        let html = "text/html; charset=utf-8";
        let text = "text/plain; charset=utf-8";
        let allow = [(header::ALLOW, "GET, HEAD")];
        let mut redirect = page(StatusCode::FOUND, "", text, &[]).headers;
        redirect.remove(header::CONTENT_TYPE);
        redirect.insert(header::CACHE_CONTROL, HeaderValue::from_static(NO_STORE));
        redirect.insert("x-robots-tag", HeaderValue::from_static("noindex"));
        Ok(Self {
            pixel,
            pixel_with_cookie,
            redirect,
            not_found: page(StatusCode::NOT_FOUND, NOT_FOUND, html, &[]),
            unavailable: page(
                StatusCode::SERVICE_UNAVAILABLE,
                "Please try again in a moment.\n",
                text,
                &[(header::RETRY_AFTER, "5")],
            ),
            method: page(StatusCode::METHOD_NOT_ALLOWED, "GET or HEAD\n", text, &allow),
            robots: page(StatusCode::OK, ROBOTS, text, &[]),
            health: page(StatusCode::OK, "ok\n", text, &[]),
        })
    }

    pub(crate) fn pixel(&self, cookie: Option<HeaderValue>) -> BeaconAnswer {
        let Some(cookie) = cookie else { return self.pixel.answer() };
        let mut answer = self.pixel_with_cookie.answer();
        if let Some(place) = answer.headers_mut().get_mut(header::SET_COOKIE) {
            *place = cookie;
        }
        answer
    }

    /// Redirects to `target`; not found when that can't be put into a header.
    pub(crate) fn redirect(&self, target: &str, cookie: Option<HeaderValue>) -> BeaconAnswer {
        let Some(location) = location(target) else { return self.not_found() };
        let mut answer = Response::new(Full::default());
        *answer.status_mut() = StatusCode::FOUND;
        *answer.headers_mut() = self.redirect.clone();
        answer.headers_mut().insert(header::LOCATION, location);
        if let Some(cookie) = cookie {
            answer.headers_mut().insert(header::SET_COOKIE, cookie);
        }
        answer
    }

    pub(crate) fn unavailable(&self) -> BeaconAnswer {
        self.unavailable.answer()
    }

    pub(crate) fn not_found(&self) -> BeaconAnswer {
        self.not_found.answer()
    }

    pub(crate) fn method_not_allowed(&self) -> BeaconAnswer {
        self.method.answer()
    }

    pub(crate) fn robots(&self) -> BeaconAnswer {
        self.robots.answer()
    }

    pub(crate) fn health(&self) -> BeaconAnswer {
        self.health.answer()
    }
}

impl FixedAnswer {
    fn new(
        status: StatusCode,
        kind: &'static str,
        body: Bytes,
        more: &[(HeaderName, &'static str)],
    ) -> Self {
        let fixed = [(header::CONTENT_TYPE, kind), (header::X_CONTENT_TYPE_OPTIONS, "nosniff")];
        let headers = fixed.iter().chain(more);
        let headers =
            headers.map(|(name, value)| (name.clone(), HeaderValue::from_static(value))).collect();
        Self { status, headers, body }
    }

    fn clone(&self) -> Self {
        Self { status: self.status, headers: self.headers.clone(), body: self.body.clone() }
    }

    fn answer(&self) -> BeaconAnswer {
        let mut answer = Response::new(Full::new(self.body.clone()));
        *answer.status_mut() = self.status;
        *answer.headers_mut() = self.headers.clone();
        answer
    }
}

/// Non-ASCII characters are encoded whatever the set; these are all the others.
const BEYOND_ASCII: &AsciiSet = &AsciiSet::EMPTY;

/// The target as a header's value; characters beyond ASCII are percent-encoded (RFC 3987 3.1).
fn location(target: &str) -> Option<HeaderValue> {
    let encoded: Cow<'_, str> = utf8_percent_encode(target, BEYOND_ASCII).into();
    HeaderValue::from_str(&encoded).ok()
}

/// One transparent point as a GIF: 43 bytes, what every other tracker serves.
fn pixel() -> image::ImageResult<Bytes> {
    let mut bytes = Vec::with_capacity(64);
    let mut encoder = image::codecs::gif::GifEncoder::new(&mut bytes);
    encoder.encode(&[0, 0, 0, 0], 1, 1, image::ExtendedColorType::Rgba8)?;
    drop(encoder);
    leave_out_second_colour_table(&mut bytes);
    Ok(Bytes::from(bytes))
}

/// The encoder writes the same two colours for the file and again for its one frame. Without the
/// second copy it takes 43 bytes instead of 49. Other layouts are left unchanged.
fn leave_out_second_colour_table(gif: &mut Vec<u8>) {
    const FILE_TABLE: std::ops::Range<usize> = 13..19;
    const FRAME_FLAGS: usize = 36;
    const FRAME_TABLE: std::ops::Range<usize> = 37..43;
    const TABLE_OF_TWO: u8 = 0x80;
    let twice = gif.get(FILE_TABLE).is_some() && gif.get(FILE_TABLE) == gif.get(FRAME_TABLE);
    if let Some(flags) = gif.get_mut(FRAME_FLAGS)
        && twice
        && *flags == TABLE_OF_TWO
    {
        *flags = 0;
        gif.drain(FRAME_TABLE);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_pixel_is_a_transparent_gif_of_one_point_and_43_bytes() {
        let bytes = pixel().unwrap();
        let image = image::load_from_memory_with_format(&bytes, image::ImageFormat::Gif).unwrap();
        assert_eq!(image.to_rgba8().pixels().map(|p| p.0).collect::<Vec<_>>(), [[0, 0, 0, 0]]);
        assert_eq!(bytes.len(), 43, "{bytes:02x?}");
    }

    #[test]
    fn a_target_goes_into_a_header_whole_or_not_at_all() {
        let value = |target| location(target).map(|value| value.to_str().unwrap().to_owned());
        assert_eq!(value("https://a.example/?q=1#x").unwrap(), "https://a.example/?q=1#x");
        assert_eq!(value("https://a.example/ü").unwrap(), "https://a.example/%C3%BC");
        assert_eq!(value("https://a.example/\r\nSet-Cookie: a=b"), None);
        assert_eq!(value("https://a.example/ü\r\nSet-Cookie: a=b"), None);
    }
}
