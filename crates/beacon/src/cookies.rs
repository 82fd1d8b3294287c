//! The visitor cookie: reading it, offering it, or leaving it alone.
//!
//! A cookie's value is 128 random bits and a code that only this installation can make, in
//! base64url.
//!
//! Invariants: for a client that sends `Sec-GPC: 1` or `DNT: 1`, no cookie is read or set; a value
//! that we have not issued is ignored, so nobody can invent browsers. That includes the values
//! without a code that the first release issued: such a browser gets a new one, once.

use std::cell::RefCell;
use std::sync::Arc;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use hyper::header::{self, HeaderMap, HeaderValue};
use model::VisitorId;
use token::{Keyring, VISITOR_CODE_BYTES};

use crate::CookiePolicy;

/// 400 days: browsers shorten longer ones (RFC 6265bis section 5.5).
const MAX_AGE_SECONDS: u32 = 34_560_000;
const ID_BYTES: usize = 16;
const VALUE_BYTES: usize = ID_BYTES + VISITOR_CODE_BYTES;
/// Their characters in base64url.
const VALUE_CHARS: usize = 32;

pub(crate) struct Cookies {
    policy: CookiePolicy,
    name: &'static str,
    attributes: String,
    random: RefCell<Random>,
    keys: Arc<Keyring>,
}

/// What a request told about its visitor.
#[derive(Debug, Default)]
pub(crate) struct Met {
    /// Whose cookie came along.
    pub(crate) visitor: Option<VisitorId>,
    /// The `Set-Cookie` to answer with.
    pub(crate) offer: Option<HeaderValue>,
}

impl Cookies {
    pub(crate) fn new(policy: CookiePolicy, secure: bool, keys: Arc<Keyring>) -> Self {
        // Only a `SameSite=None` cookie comes back from an image in webmail, and browsers take
        // that only when it is `Secure`.
        let (name, site) = if secure {
            ("__Host-pharos_visitor", "SameSite=None; Secure")
        } else {
            ("pharos_visitor", "SameSite=Lax")
        };
        let attributes = format!("; Max-Age={MAX_AGE_SECONDS}; Path=/; HttpOnly; {site}");
        Self { policy, name, attributes, random: RefCell::default(), keys }
    }

    /// Reads the cookie, or makes one to offer.
    pub(crate) fn meet(&self, headers: &HeaderMap, opted_out: bool) -> Met {
        if opted_out || self.policy == CookiePolicy::Off {
            return Met::default();
        }
        let visitor = self.read(headers);
        let wanted = visitor.is_none() && self.policy == CookiePolicy::Set;
        Met { visitor, offer: if wanted { self.offer() } else { None } }
    }

    fn read(&self, headers: &HeaderMap) -> Option<VisitorId> {
        let values = headers.get_all(header::COOKIE).iter();
        values.flat_map(|value| value.as_bytes().split(|byte| *byte == b';')).find_map(|pair| {
            let value = pair.trim_ascii().strip_prefix(self.name.as_bytes())?.strip_prefix(b"=")?;
            self.visitor(value)
        })
    }

    fn visitor(&self, value: &[u8]) -> Option<VisitorId> {
        let mut bytes = [0; VALUE_BYTES];
        let decoded = URL_SAFE_NO_PAD.decode_slice(value, &mut bytes);
        if value.len() != VALUE_CHARS || decoded != Ok(VALUE_BYTES) {
            return None;
        }
        let (id, code) = (bytes.first_chunk()?, bytes.last_chunk()?);
        self.keys.is_visitor(id, code).then_some(VisitorId(*id))
    }

    fn offer(&self) -> Option<HeaderValue> {
        let id = self.random.borrow_mut().take()?;
        let mut cookie =
            String::with_capacity(self.name.len() + 1 + VALUE_CHARS + self.attributes.len());
        cookie.push_str(self.name);
        cookie.push('=');
        let mut value = [0; VALUE_BYTES];
        value[..ID_BYTES].copy_from_slice(&id);
        value[ID_BYTES..].copy_from_slice(&self.keys.visitor_code(&id));
        URL_SAFE_NO_PAD.encode_string(value, &mut cookie);
        cookie.push_str(&self.attributes);
        HeaderValue::from_maybe_shared(bytes::Bytes::from(cookie)).ok()
    }
}

/// Random bytes, fetched from the system for many visitors at once.
struct Random {
    bytes: [u8; 1024],
    used: usize,
}

impl Default for Random {
    fn default() -> Self {
        Self { bytes: [0; 1024], used: 1024 }
    }
}

impl Random {
    /// None when the system has none to give; then no cookie is offered.
    fn take(&mut self) -> Option<[u8; 16]> {
        if self.used >= self.bytes.len() {
            getrandom::fill(&mut self.bytes).ok()?;
            self.used = 0;
        }
        let id = self.bytes.get(self.used..)?.first_chunk().copied();
        self.used += 16;
        id
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn headers(cookie: &str) -> HeaderMap {
        HeaderMap::from_iter([(header::COOKIE, HeaderValue::from_str(cookie).unwrap())])
    }

    fn cookies(policy: CookiePolicy, secure: bool) -> Cookies {
        Cookies::new(policy, secure, Arc::new(Keyring::generate().unwrap()))
    }

    #[test]
    fn an_offered_cookie_is_read_back_among_others() {
        for (secure, ends) in [(true, "SameSite=None; Secure"), (false, "SameSite=Lax")] {
            let cookies = cookies(CookiePolicy::Set, secure);
            let offer = cookies.meet(&HeaderMap::new(), false).offer.unwrap();
            let offer = offer.to_str().unwrap();
            assert!(offer.ends_with(&format!("Max-Age=34560000; Path=/; HttpOnly; {ends}")));
            assert_eq!(offer.starts_with("__Host-"), secure);
            let pair = offer.split(';').next().unwrap();
            let met = cookies.meet(&headers(&format!("a=b; {pair};c=d")), false);
            assert!(met.visitor.is_some() && met.offer.is_none());
        }
    }

    #[test]
    fn no_two_visitors_are_alike() {
        let cookies = cookies(CookiePolicy::Set, true);
        let offers: std::collections::HashSet<_> =
            (0..1000).map(|_| cookies.offer().unwrap().as_bytes().to_vec()).collect();
        assert_eq!(offers.len(), 1000);
    }

    #[test]
    fn what_we_have_not_given_out_is_no_visitor() {
        let cookies = cookies(CookiePolicy::Set, false);
        let offer = cookies.offer().unwrap().to_str().unwrap().to_owned();
        let given = offer.split(['=', ';']).nth(1).unwrap();
        let visitor = |header: &str| cookies.meet(&headers(header), false).visitor;
        assert!(visitor(&format!("pharos_visitor={given}")).is_some());
        assert_eq!(visitor(&format!("not_pharos_visitor={given}")), None);
        let mut wrong: Vec<String> = ["", "x", "!!AAAAAAAAAAAAAAAAAAAA"].map(str::to_owned).into();
        // Of the first release, made up, too long, too short.
        wrong.extend(["A".repeat(22), "A".repeat(VALUE_CHARS), format!("{given}A")]);
        wrong.push(given[1..].to_owned());
        for at in 0..given.len() {
            let other = if given.as_bytes()[at] == b'A' { "B" } else { "A" };
            let mut forged = given.to_owned();
            forged.replace_range(at..=at, other);
            wrong.push(forged);
        }
        for value in wrong {
            let met = cookies.meet(&headers(&format!("pharos_visitor={value}")), false);
            assert_eq!(met.visitor, None, "{value}");
            assert!(met.offer.is_some(), "{value}: gets one of ours");
        }
    }
}
