//! One request: its path, its token, its hit, its answer.

use std::rc::Rc;
use std::sync::Arc;
use std::time::SystemTime;

use hyper::header::{self, HeaderValue};
use hyper::{Method, Request};
use model::{Hit, HitKind, Network, Timestamp};
use token::{Addressee, Claims, Keyring, Purpose, Rejected};

use crate::answers::{AnswerSet, BeaconAnswer};
use crate::cookies::{Cookies, Met};
use crate::hit_writer::HitWriter;
use crate::metrics::{Metrics, count};
use crate::request::{Peer, RequestHeaders};
use crate::{Links, Settings, Unavailable};

/// Everything a request needs, shared by all connections of the thread.
pub(crate) struct Service<L> {
    pub(crate) keys: Arc<Keyring>,
    pub(crate) links: L,
    pub(crate) hit_writer: Rc<HitWriter>,
    pub(crate) answers: AnswerSet,
    pub(crate) cookies: Cookies,
    pub(crate) trusted_proxies: Vec<Network>,
    pub(crate) metrics: Arc<Metrics>,
}

#[derive(Debug, PartialEq, Eq)]
enum Route<'a> {
    Pixel(&'a str),
    Click(&'a str),
    Robots,
    Health,
    Unknown,
}

impl<'a> Route<'a> {
    fn of(path: &'a str) -> Self {
        if let Some(segment) = path.strip_prefix("/o/") {
            return Self::Pixel(segment);
        }
        if let Some(segment) = path.strip_prefix("/c/") {
            return Self::Click(segment);
        }
        match path {
            "/robots.txt" => Self::Robots,
            "/healthz" => Self::Health,
            _ => Self::Unknown,
        }
    }
}

impl<L: Links> Service<L> {
    pub(crate) fn new(
        keys: Arc<Keyring>,
        links: L,
        hit_writer: Rc<HitWriter>,
        settings: &Settings,
        metrics: Arc<Metrics>,
    ) -> image::ImageResult<Self> {
        let (scope, counters) = (settings.cookie_scope, Arc::clone(&metrics));
        let cookies = Cookies::new(settings.cookie, scope, Arc::clone(&keys), counters);
        let trusted_proxies = settings.trusted_proxies.clone();
        let answers = AnswerSet::prepare()?;
        Ok(Self { keys, links, hit_writer, answers, cookies, trusted_proxies, metrics })
    }

    /// Answers one request. The body is not read: requests that declare a body are disconnected.
    pub(crate) async fn answer<B>(&self, peer: &Peer, request: &Request<B>) -> BeaconAnswer {
        let at = Timestamp::from_system(SystemTime::now());
        let asked = RequestHeaders::read(request.headers());
        let body = asked.body;
        let mut answer = self.route(at, asked, peer, request).await;
        if body {
            answer.headers_mut().insert(header::CONNECTION, HeaderValue::from_static("close"));
        }
        answer
    }

    async fn route<B>(
        &self,
        at: Timestamp,
        asked: RequestHeaders,
        peer: &Peer,
        request: &Request<B>,
    ) -> BeaconAnswer {
        let route = Route::of(request.uri().path());
        let readable = matches!(*request.method(), Method::GET | Method::HEAD);
        match route {
            Route::Unknown => self.answers.not_found(),
            _ if !readable => self.answers.method_not_allowed(),
            Route::Pixel(segment) => self.pixel(segment, at, asked, peer, request).await,
            Route::Click(segment) => self.click(segment, at, asked, peer, request).await,
            Route::Robots => self.answers.robots(),
            Route::Health => self.answers.health(),
        }
    }

    async fn pixel<B>(
        &self,
        segment: &str,
        at: Timestamp,
        asked: RequestHeaders,
        peer: &Peer,
        request: &Request<B>,
    ) -> BeaconAnswer {
        // Forged ones are offered a cookie, too, or its absence would tell them apart.
        let claims = self.open(Purpose::View, segment);
        let met = self.meet(claims, &asked, request);
        if let Some(claims) = claims {
            let hit = self.hit(at, claims, HitKind::View, &met, asked, peer, request);
            self.record(claims, &hit).await;
        }
        self.answers.pixel(met.offer)
    }

    async fn click<B>(
        &self,
        segment: &str,
        at: Timestamp,
        asked: RequestHeaders,
        peer: &Peer,
        request: &Request<B>,
    ) -> BeaconAnswer {
        let Some(claims) = self.open(Purpose::Click, segment) else {
            return self.answers.not_found();
        };
        let target = match self.keys.open_target(segment) {
            // The link leads everyone elsewhere, and brings its target along.
            Some(target) => Some(target.into()),
            None => match self.links.target(claims.campaign, claims.slot).await {
                Ok(None) => return self.answers.not_found(),
                Ok(Some(target)) => Some(target),
                Err(Unavailable) => None,
            },
        };
        let met = self.meet(Some(claims), &asked, request);
        let kind = HitKind::Click(claims.slot);
        let hit = self.hit(at, claims, kind, &met, asked, peer, request);
        self.record(claims, &hit).await;
        match target {
            Some(target) => self.answers.redirect(&target, met.offer),
            None => self.answers.unavailable(),
        }
    }

    /// Nobody whose message is to tell nothing about them, or who wants that by now, is asked for a
    /// cookie, or given one.
    fn meet<B>(&self, claims: Option<Claims>, asked: &RequestHeaders, request: &Request<B>) -> Met {
        let may_be_known = claims.is_none_or(|it| match it.addressee {
            Addressee::Anonymous => false,
            Addressee::Contact(contact) => self.links.is_identified(it.campaign, contact),
            Addressee::Test => true,
        });
        match may_be_known {
            true => self.cookies.meet(request.headers(), asked.signs.opted_out),
            false => Met::default(),
        }
    }

    fn open(&self, purpose: Purpose, segment: &str) -> Option<Claims> {
        match self.keys.open_segment(purpose, segment) {
            Ok(claims) => return Some(claims),
            Err(Rejected::Malformed) => count(&self.metrics.rejected_malformed),
            Err(Rejected::Forged) => count(&self.metrics.rejected_forged),
        }
        None
    }

    #[expect(clippy::too_many_arguments, reason = "a hit is made of all of them")]
    fn hit<B>(
        &self,
        at: Timestamp,
        claims: Claims,
        kind: HitKind,
        met: &Met,
        asked: RequestHeaders,
        peer: &Peer,
        request: &Request<B>,
    ) -> Hit {
        let mut signs = asked.signs;
        // A signal is about what a browser loads by itself; who clicks has decided to.
        signs.withheld =
            kind == HitKind::View && signs.opted_out && claims.addressee.contact().is_some();
        signs.head = request.method() == Method::HEAD;
        signs.opted_out |= met.off;
        signs.cookie_offered = met.is_offer();
        Hit {
            at,
            campaign: claims.campaign,
            contact: claims.addressee.contact().filter(|_| !signs.withheld),
            kind,
            visitor: met.visitor,
            client: peer.client(request.headers(), &self.trusted_proxies),
            signs,
            agent: asked.agent,
        }
    }

    /// Test messages are answered like any other but recorded nowhere.
    async fn record(&self, claims: Claims, hit: &Hit) {
        if claims.campaign.0 == 0 || claims.addressee == Addressee::Test {
            return;
        }
        let counter = match hit.kind {
            _ if hit.signs.head => &self.metrics.heads,
            HitKind::View => &self.metrics.views,
            HitKind::Click(_) => &self.metrics.clicks,
        };
        count(counter);
        self.hit_writer.record(hit).await;
    }
}
