//! The visitor cookie: its name, its values and its attributes, for whoever reads or sets it.
//!
//! A value is a visitor's 96 random bits and a code that only this installation can make, in
//! base64url. Earlier releases gave out 128 bits: such a cookie is authentic still, and its first
//! 96 bits are the visitor. Or the value is `off`: the person has asked for no cookie, and the
//! cookie that says so is the same for everybody.
//!
//! Invariants: a value that we have not issued is ignored, so nobody can invent browsers; where a
//! browser brings several, `off` wins. Whether a cookie may be read or set at all is the caller's
//! question.

use std::sync::Arc;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use model::VisitorId;

use crate::keyring::{Keyring, VISITOR_CODE_BYTES};

/// 400 days: browsers shorten longer ones (RFC 6265bis section 5.5).
const MAX_AGE_SECONDS: u32 = 34_560_000;
const VALUE_BYTES: usize = VisitorId::BYTES + VISITOR_CODE_BYTES;
/// Their characters in base64url.
const VALUE_CHARS: usize = 27;
const LONG_VALUE_BYTES: usize = VisitorId::LONG_BYTES + VISITOR_CODE_BYTES;
const LONG_VALUE_CHARS: usize = 32;
/// The value of somebody who wants no cookie.
const OFF: &[u8] = b"off";

/// What an installation does with the cookie.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum CookiePolicy {
    /// Read it, and offer one to browsers that have none.
    Set,
    Read,
    /// Neither read it nor offer one.
    Off,
}

/// With which requests from other sites' pages browsers send the cookie.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum SameSite {
    /// With any, if the browser allows it: an image in webmail is one.
    None,
    /// Only when somebody follows a link.
    Lax,
}

/// With which attributes the cookie is set.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct CookieScope {
    /// Browsers reach the beacon over HTTPS. If not, the cookie has another name, is `Lax` and not
    /// partitioned, whatever is asked for: browsers take no other.
    pub secure: bool,
    pub same_site: SameSite,
    /// One visitor for each site in whose pages the beacon's images are shown, instead of one for
    /// all.
    pub partitioned: bool,
}

impl Default for CookieScope {
    /// Over HTTPS, and with requests from anywhere.
    fn default() -> Self {
        Self { secure: true, same_site: SameSite::None, partitioned: false }
    }
}

/// What a request's cookies say.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum BroughtCookie {
    /// None of this name.
    Nothing,
    /// None that we have issued.
    Foreign,
    Visitor {
        id: VisitorId,
        /// In the form of an earlier release: to be replaced by the present one.
        long: bool,
    },
    /// The person has asked for no cookie.
    Off,
}

/// The cookie of an installation.
#[derive(Clone)]
pub struct VisitorCookie {
    name: &'static str,
    /// Behind the value.
    attributes: String,
    scope: CookieScope,
    keys: Arc<Keyring>,
}

impl VisitorCookie {
    #[must_use]
    pub fn new(scope: CookieScope, keys: Arc<Keyring>) -> Self {
        let name = if scope.secure { "__Host-pharos_visitor" } else { "pharos_visitor" };
        let site = site(scope, scope.partitioned);
        let attributes = format!("; Max-Age={MAX_AGE_SECONDS}; Path=/; HttpOnly; {site}");
        Self { name, attributes, scope, keys }
    }

    /// Reads the values of all `Cookie` headers of a request.
    pub fn read<'h>(&self, headers: impl Iterator<Item = &'h [u8]>) -> BroughtCookie {
        let mut brought = BroughtCookie::Nothing;
        for pair in headers.flat_map(|header| header.split(|byte| *byte == b';')) {
            let pair = pair.trim_ascii().strip_prefix(self.name.as_bytes());
            let Some(value) = pair.and_then(|rest| rest.strip_prefix(b"=")) else { continue };
            let found = self.value(value);
            let known = matches!(brought, BroughtCookie::Visitor { .. });
            match found {
                BroughtCookie::Off => return found,
                BroughtCookie::Visitor { .. } if !known => brought = found,
                _ if !known => brought = BroughtCookie::Foreign,
                _ => {}
            }
        }
        brought
    }

    fn value(&self, value: &[u8]) -> BroughtCookie {
        if value == OFF {
            return BroughtCookie::Off;
        }
        let mut bytes = [0; LONG_VALUE_BYTES];
        let decoded = URL_SAFE_NO_PAD.decode_slice(value, &mut bytes);
        let (id, code) = match (value.len(), decoded) {
            (VALUE_CHARS, Ok(VALUE_BYTES)) => bytes[..VALUE_BYTES].split_at(VisitorId::BYTES),
            (LONG_VALUE_CHARS, Ok(LONG_VALUE_BYTES)) => bytes.split_at(VisitorId::LONG_BYTES),
            _ => return BroughtCookie::Foreign,
        };
        let is_ours = code.first_chunk().is_some_and(|code| self.keys.is_visitor(id, code));
        match id.first_chunk().filter(|_| is_ours) {
            Some(first) => BroughtCookie::Visitor {
                id: VisitorId(*first),
                long: id.len() == VisitorId::LONG_BYTES,
            },
            None => BroughtCookie::Foreign,
        }
    }

    /// The `Set-Cookie` that makes a browser this visitor.
    #[must_use]
    pub fn give(&self, id: VisitorId) -> String {
        let mut value = [0; VALUE_BYTES];
        value[..VisitorId::BYTES].copy_from_slice(&id.0);
        value[VisitorId::BYTES..].copy_from_slice(&self.keys.visitor_code(&id.0));
        let length = self.name.len() + 1 + VALUE_CHARS + self.attributes.len();
        let mut cookie = String::with_capacity(length);
        cookie.push_str(self.name);
        cookie.push('=');
        URL_SAFE_NO_PAD.encode_string(value, &mut cookie);
        cookie.push_str(&self.attributes);
        cookie
    }

    /// The `Set-Cookie`s after which a browser has none of this name. A partitioned and an
    /// unpartitioned cookie are two, and it may have got the other one under an earlier setting.
    #[must_use]
    pub fn take_away(&self) -> Vec<String> {
        self.both("", 0)
    }

    /// The `Set-Cookie`s of somebody who wants no cookie. The unpartitioned one speaks for other
    /// sites' pages as well, where browsers send it.
    #[must_use]
    pub fn off(&self) -> Vec<String> {
        self.both("off", MAX_AGE_SECONDS)
    }

    fn both(&self, value: &str, max_age: u32) -> Vec<String> {
        let partitions: &[bool] = if self.scope.secure { &[false, true] } else { &[false] };
        let cookie = |partitioned: &bool| {
            let (name, site) = (self.name, site(self.scope, *partitioned));
            format!("{name}={value}; Max-Age={max_age}; Path=/; HttpOnly; {site}")
        };
        partitions.iter().map(cookie).collect()
    }
}

fn site(scope: CookieScope, partitioned: bool) -> &'static str {
    match (scope.secure, scope.same_site) {
        // Only a `SameSite=None` cookie comes back from an image in webmail, and browsers take
        // that only when it is `Secure`.
        (false, _) => "SameSite=Lax",
        (true, SameSite::Lax) if partitioned => "SameSite=Lax; Secure; Partitioned",
        (true, SameSite::Lax) => "SameSite=Lax; Secure",
        (true, SameSite::None) if partitioned => "SameSite=None; Secure; Partitioned",
        (true, SameSite::None) => "SameSite=None; Secure",
    }
}

#[cfg(test)]
mod tests;
