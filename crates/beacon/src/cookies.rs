//! The visitor cookie in the hot path: reading it, offering it, or leaving it alone.
//!
//! Invariants: for a client that sends `Sec-GPC: 1` or `DNT: 1`, no cookie is read or set; who has
//! asked for none gets none; a value that we have not issued is ignored and replaced. A cookie of
//! an earlier release is replaced by the present form of the same visitor.

use std::cell::RefCell;
use std::sync::Arc;

use hyper::header::{self, HeaderMap, HeaderValue};
use model::VisitorId;
use token::{BroughtCookie, CookiePolicy, CookieScope, Keyring, VisitorCookie};

use crate::metrics::{Metrics, count};

pub(crate) struct Cookies {
    policy: CookiePolicy,
    cookie: VisitorCookie,
    random: RefCell<Random>,
    metrics: Arc<Metrics>,
}

/// What a request told about its visitor.
#[derive(Debug, Default)]
pub(crate) struct Met {
    /// Whose cookie came along.
    pub(crate) visitor: Option<VisitorId>,
    /// The browser's cookie says that it wants none.
    pub(crate) off: bool,
    /// The `Set-Cookie` to answer with.
    pub(crate) offer: Option<HeaderValue>,
}

impl Met {
    /// Whether the answer asks a browser that is nobody yet to become a visitor.
    pub(crate) fn is_offer(&self) -> bool {
        self.visitor.is_none() && self.offer.is_some()
    }
}

impl Cookies {
    pub(crate) fn new(
        policy: CookiePolicy,
        scope: CookieScope,
        keys: Arc<Keyring>,
        metrics: Arc<Metrics>,
    ) -> Self {
        let cookie = VisitorCookie::new(scope, keys);
        Self { policy, cookie, random: RefCell::default(), metrics }
    }

    /// Reads the cookie, or makes one to offer.
    pub(crate) fn meet(&self, headers: &HeaderMap, opted_out: bool) -> Met {
        if self.policy == CookiePolicy::Off {
            return Met::default();
        }
        if opted_out {
            count(&self.metrics.cookies_refused_by_signal);
            return Met::default();
        }
        let values = headers.get_all(header::COOKIE).iter().map(HeaderValue::as_bytes);
        let sets = self.policy == CookiePolicy::Set;
        match self.cookie.read(values) {
            BroughtCookie::Visitor { id, long } => {
                count(&self.metrics.cookies_returned);
                let offer = if long && sets { self.give(id) } else { None };
                Met { visitor: Some(id), off: false, offer }
            }
            BroughtCookie::Off => {
                count(&self.metrics.cookies_refused_by_cookie);
                Met { off: true, ..Met::default() }
            }
            BroughtCookie::Foreign => {
                count(&self.metrics.cookies_foreign);
                self.newcomer(sets)
            }
            BroughtCookie::Nothing => self.newcomer(sets),
        }
    }

    fn newcomer(&self, sets: bool) -> Met {
        if !sets {
            return Met::default();
        }
        let id = self.random.borrow_mut().take();
        let offer = id.and_then(|id| self.give(VisitorId(id)));
        if offer.is_some() {
            count(&self.metrics.cookies_offered);
        }
        Met { offer, ..Met::default() }
    }

    fn give(&self, id: VisitorId) -> Option<HeaderValue> {
        HeaderValue::from_maybe_shared(bytes::Bytes::from(self.cookie.give(id))).ok()
    }
}

/// Random bytes, fetched from the system for many visitors at once.
struct Random {
    bytes: [u8; Random::BYTES],
    used: usize,
}

impl Random {
    const BYTES: usize = 64 * VisitorId::BYTES;

    /// None when the system has none to give; then no cookie is offered.
    fn take(&mut self) -> Option<[u8; VisitorId::BYTES]> {
        if self.used >= self.bytes.len() {
            getrandom::fill(&mut self.bytes).ok()?;
            self.used = 0;
        }
        let id = self.bytes.get(self.used..)?.first_chunk().copied();
        self.used += VisitorId::BYTES;
        id
    }
}

impl Default for Random {
    fn default() -> Self {
        Self { bytes: [0; Self::BYTES], used: Self::BYTES }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::HashSet;
    use std::sync::atomic::Ordering;

    fn cookies(policy: CookiePolicy, keys: &Arc<Keyring>) -> Cookies {
        Cookies::new(policy, CookieScope::default(), Arc::clone(keys), Arc::default())
    }

    fn headers(cookie: &str) -> HeaderMap {
        HeaderMap::from_iter([(header::COOKIE, HeaderValue::from_str(cookie).unwrap())])
    }

    fn pair(met: &Met) -> String {
        met.offer.as_ref().unwrap().to_str().unwrap().split(';').next().unwrap().to_owned()
    }

    #[test]
    fn no_two_visitors_are_alike() {
        let keys = Arc::new(Keyring::generate().unwrap());
        let cookies = cookies(CookiePolicy::Set, &keys);
        let offers: HashSet<_> =
            (0..1000).map(|_| pair(&cookies.meet(&HeaderMap::new(), false))).collect();
        assert_eq!(offers.len(), 1000);
    }

    #[test]
    fn each_request_is_counted_as_what_it_brought() {
        let keys = Arc::new(Keyring::generate().unwrap());
        let cookies = cookies(CookiePolicy::Set, &keys);
        let given = pair(&cookies.meet(&HeaderMap::new(), false));
        assert!(cookies.meet(&headers(&given), false).visitor.is_some());
        assert!(cookies.meet(&headers("__Host-pharos_visitor=x"), false).is_offer());
        let refused = cookies.meet(&headers(&given), true);
        assert!(refused.visitor.is_none() && refused.offer.is_none());
        let off = cookies.meet(&headers(&format!("{given}; __Host-pharos_visitor=off")), false);
        assert!(off.off && off.visitor.is_none() && off.offer.is_none());
        let metrics = &cookies.metrics;
        let counted = [
            &metrics.cookies_offered,
            &metrics.cookies_returned,
            &metrics.cookies_foreign,
            &metrics.cookies_refused_by_signal,
            &metrics.cookies_refused_by_cookie,
        ];
        assert_eq!(counted.map(|counter| counter.load(Ordering::Relaxed)), [2, 1, 1, 1, 1]);
    }

    #[test]
    fn who_never_sets_a_cookie_renews_none_either() {
        use base64::Engine as _;
        let keys = Arc::new(Keyring::generate().unwrap());
        let value = [&[5; 16][..], &keys.visitor_code(&[5; 16])].concat();
        let value = base64::engine::general_purpose::URL_SAFE_NO_PAD.encode(value);
        let long = headers(&format!("__Host-pharos_visitor={value}"));
        for (policy, renewed) in [(CookiePolicy::Set, true), (CookiePolicy::Read, false)] {
            let met = cookies(policy, &keys).meet(&long, false);
            assert_eq!(met.visitor, Some(VisitorId([5; 12])), "{policy:?}");
            assert_eq!((met.offer.is_some(), met.is_offer()), (renewed, false), "{policy:?}");
        }
        assert_eq!(cookies(CookiePolicy::Off, &keys).meet(&long, false).visitor, None);
    }
}
