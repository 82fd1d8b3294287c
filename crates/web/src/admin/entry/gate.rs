//! The gate in front of every page: who asks, and whether they may.
//!
//! Invariants: it stands in the table's router before each handler, so none is reached without it;
//! a right is asked for before it is looked up what an address names, and what belongs to a foreign
//! topic gets the page of what does not exist, byte for byte.

use access::{Actor, Object, Permit, SecretText, UserActor, session_authenticate, session_watch};
use actions::{Refusal, RefusalKind, reach};
use axum::extract::{FromRequestParts, RawPathParams, Request, State};
use axum::http::header::{
    CONTENT_TYPE, HOST, HeaderMap, HeaderName, HeaderValue, SET_COOKIE, USER_AGENT,
};
use axum::http::request::Parts;
use axum::http::{Method, StatusCode, Uri};
use axum::middleware::Next;
use axum::response::{IntoResponse as _, Redirect, Response};
use model::{CampaignId, CampaignNumber, ContactId, Right, SessionId, Timestamp, TopicScope};

use crate::admin::entry::kept_form;
use crate::admin::entry::local_path::{HOME, sign_in_path};
use crate::admin::page::message::Message;
use crate::admin::page::problem::PageProblem;
use crate::admin::page::session_cookie::CookieStyle;
use crate::admin::page::visitor::{Admitted, SignedIn, Visitor, left};
use crate::admin::parts::{AdminParts, notice};
use crate::admin::route_access::{Access, RouteObject};
use crate::admin::users::right_words::right_words;
use crate::clock::now;
use crate::listen::peer;

const HX_REQUEST: HeaderName = HeaderName::from_static("hx-request");
const HX_REDIRECT: HeaderName = HeaderName::from_static("hx-redirect");
const HX_CURRENT_URL: HeaderName = HeaderName::from_static("hx-current-url");
const SEC_FETCH_SITE: HeaderName = HeaderName::from_static("sec-fetch-site");
/// A browser's name of itself is looked at up to here.
const AGENT_BYTES: usize = 1_000;

/// The gate of one route.
#[derive(Clone)]
pub(crate) struct Gate {
    pub(crate) parts: AdminParts,
    pub(crate) access: Access,
}

/// Why somebody was let through to a page, to be asked anew while its answer lasts.
#[derive(Clone)]
pub(crate) struct Admission {
    gate: Gate,
    named: Option<String>,
    pub(crate) admitted: Admitted,
}

impl Admission {
    pub(crate) fn session(&self) -> Option<SessionId> {
        self.admitted.visitor.user.as_ref().map(UserActor::session)
    }

    /// Whether the same session with the same rights would be let in now.
    pub(crate) async fn holds(&self) -> bool {
        let visitor = &self.admitted.visitor;
        let Some(token) = &visitor.token else { return false };
        let found = session_watch(&self.gate.parts.accounts.store, token.reveal(), now()).await;
        let same = matches!(&found, Ok(found) if *found == visitor.user);
        same && let_in(&self.gate, visitor, self.named.clone()).await.is_ok()
    }
}

impl<S: Send + Sync> FromRequestParts<S> for Admission {
    type Rejection = StatusCode;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, StatusCode> {
        left(parts)
    }
}

/// Lets a request through to its page, or answers it.
pub(crate) async fn pass(
    State(gate): State<Gate>,
    params: Result<RawPathParams, axum::extract::rejection::RawPathParamsRejection>,
    mut request: Request,
    next: Next,
) -> Response {
    let visitor = nobody(&gate.parts, &request);
    let named = part_named_by(gate.access, params.ok());
    let tokens = visitor.cookies.tokens(request.headers());
    let tokens: Vec<_> = tokens.into_iter().map(|it| SecretText::from_typed(it.into())).collect();
    let known = match recognised(&gate.parts, visitor.clone(), tokens).await {
        Ok(known) => known,
        Err(problem) => return problem.page(&visitor),
    };
    let Known { visitor, cookie } = known;
    let mut answer = match let_in(&gate, &visitor, named.clone()).await {
        Ok(Entry::Anybody) => {
            request.extensions_mut().insert(visitor.clone());
            next.run(request).await
        }
        Ok(Entry::Somebody(me)) => {
            let signed_in = SignedIn { visitor: visitor.clone(), me };
            request.extensions_mut().insert(signed_in);
            next.run(request).await
        }
        Ok(Entry::Permitted(permit)) => {
            let admitted = Admitted { visitor: visitor.clone(), permit };
            let admission = Admission { gate, named, admitted: admitted.clone() };
            request.extensions_mut().insert(admitted);
            request.extensions_mut().insert(admission);
            next.run(request).await
        }
        Err(Denial::SignInFirst) => sign_in_first(request).await,
        Err(Denial::Page(problem)) => problem.page(&visitor),
        // Only a page is looked for where its contact went; of a form nothing is done.
        Err(Denial::MergedInto(kept))
            if matches!(*request.method(), Method::GET | Method::HEAD) =>
        {
            visitor.done(&format!("/admin/contacts/{kept}"), Message::ContactMerged)
        }
        Err(Denial::MergedInto(_)) => PageProblem::no_contact().page(&visitor),
        Err(Denial::NotAllowed(right, me)) => forbidden(&visitor, right, &me),
    };
    let headers = answer.headers_mut();
    // A page that gives or takes a session itself knows better.
    if let Some(cookie) = cookie.filter(|_| !visitor.cookies.sets_token(headers)) {
        headers.append(SET_COOKIE, cookie);
    }
    let is_fragment = visitor.message.is_none() || !is_page(answer.headers());
    if !is_fragment {
        answer.headers_mut().append(SET_COOKIE, visitor.cookies.remove_message());
    }
    answer
}

/// The value of the path's part that names the object.
fn part_named_by(access: Access, params: Option<RawPathParams>) -> Option<String> {
    let Access::Right(_, object) = access else { return None };
    let part = match object {
        RouteObject::Installation | RouteObject::AllTopics | RouteObject::OwnTopics => {
            return None;
        }
        RouteObject::Campaign(part)
        | RouteObject::Contact(part)
        | RouteObject::Topic(part)
        | RouteObject::Job(part)
        | RouteObject::InboxMessage(part) => part,
    };
    let params = params?;
    params.iter().find(|(name, _)| *name == part).map(|(_, value)| value.to_owned())
}

fn is_page(headers: &HeaderMap) -> bool {
    let kind = headers.get(CONTENT_TYPE).and_then(|kind| kind.to_str().ok());
    kind.is_some_and(|kind| kind.starts_with("text/html"))
}

/// Who sent a request, and the cookie that the answer must set, if any.
struct Known {
    visitor: Visitor,
    cookie: Option<HeaderValue>,
}

fn nobody(parts: &AdminParts, request: &Request) -> Visitor {
    let headers = request.headers();
    let cookies = CookieStyle::of(headers, parts.this_machine_only);
    let text = |name: &HeaderName| headers.get(name).and_then(|it| it.to_str().ok());
    let agent = text(&USER_AGENT).unwrap_or_default();
    let is_fragment = headers.contains_key(HX_REQUEST);
    let origin = format!(
        "{}://{}",
        if parts.this_machine_only { "http" } else { "https" },
        text(&HOST).unwrap_or_default()
    );
    Visitor {
        user: None,
        token: None,
        message: cookies.message(headers).and_then(Message::from_code).filter(|_| !is_fragment),
        relying_party: parts.accounts.relying_party(&origin, parts.this_machine_only),
        origin,
        client: peer::client(request, &parts.accounts.trusted_proxies),
        agent: agent.get(..agent.len().min(AGENT_BYTES)).unwrap_or_default().to_owned(),
        // Browsers send it over TLS and to this machine only.
        is_private: parts.this_machine_only || text(&SEC_FETCH_SITE).is_some(),
        cookies,
    }
}

async fn recognised(
    parts: &AdminParts,
    mut visitor: Visitor,
    tokens: Vec<SecretText>,
) -> Result<Known, PageProblem> {
    let at = now();
    for token in tokens {
        let found = session_authenticate(&parts.accounts.store, token.reveal(), at).await;
        let found = found.map_err(PageProblem::failed("recognising a session"))?;
        let Some(found) = found else {
            visitor.token.get_or_insert(token);
            continue;
        };
        let ends_at: Timestamp = found.ends_at;
        let fresh = found.fresh_token.as_ref();
        let cookie = fresh.map(|it| visitor.cookies.set_token(it.reveal(), ends_at, at));
        visitor.user = Some(found.user);
        visitor.token = Some(found.fresh_token.unwrap_or(token));
        return Ok(Known { visitor, cookie });
    }
    Ok(Known { visitor, cookie: None })
}

/// How somebody comes in.
enum Entry {
    Anybody,
    Somebody(UserActor),
    Permitted(Permit),
}

/// Why somebody does not.
enum Denial {
    SignInFirst,
    NotAllowed(Right, UserActor),
    Page(PageProblem),
    /// The contact whom the address names was merged into this one.
    MergedInto(ContactId),
}

async fn let_in(gate: &Gate, visitor: &Visitor, named: Option<String>) -> Result<Entry, Denial> {
    let (right, object) = match (gate.access, &visitor.user) {
        (Access::Everybody, _) => return Ok(Entry::Anybody),
        (_, None) => return Err(Denial::SignInFirst),
        (Access::SignedIn, Some(me)) => return Ok(Entry::Somebody(me.clone())),
        (Access::Right(right, object), Some(_)) => (right, object),
    };
    let Some(me) = visitor.user.clone() else { return Err(Denial::SignInFirst) };
    let actor = Actor::User(me.clone());
    // Before it is looked up what the address names: that must not show through.
    if !actor.can(right) {
        return Err(Denial::NotAllowed(right, me));
    }
    if let RouteObject::Contact(_) = object
        && let Some(kept) = merged_into(&gate.parts, &actor, named.as_deref()).await?
    {
        return Err(Denial::MergedInto(kept));
    }
    let object = object_of(&gate.parts, &actor, object, named).await.map_err(Denial::Page)?;
    match actor.may(right, object) {
        Ok(permit) => Ok(Entry::Permitted(permit)),
        Err(access::AccessRefusal::NotAllowed(right)) => Err(Denial::NotAllowed(right, me)),
        Err(access::AccessRefusal::NotFound) => Err(Denial::Page(missing(&gate.access))),
    }
}

async fn merged_into(
    parts: &AdminParts,
    actor: &Actor,
    named: Option<&str>,
) -> Result<Option<ContactId>, Denial> {
    let Some(id) = named.and_then(|text| text.parse().ok()) else { return Ok(None) };
    let found = reach::merged_into(&parts.store, actor, id).await;
    found.map_err(|why| Denial::Page(refused(why, PageProblem::no_contact())))
}

/// The page for what does not exist, and for what is not the actor's to know.
fn missing(access: &Access) -> PageProblem {
    match access {
        Access::Right(_, RouteObject::Contact(_)) => PageProblem::no_contact(),
        Access::Right(_, RouteObject::Topic(_)) => PageProblem::no_topic(),
        Access::Right(_, RouteObject::Job(_)) => PageProblem::no_import(),
        Access::Right(_, RouteObject::InboxMessage(_)) => PageProblem::no_message(),
        _ => PageProblem::no_campaign(),
    }
}

/// What the path names, as the object of a right.
async fn object_of(
    parts: &AdminParts,
    actor: &Actor,
    object: RouteObject,
    named: Option<String>,
) -> Result<Object, PageProblem> {
    match object {
        RouteObject::Installation => Ok(Object::Installation),
        RouteObject::AllTopics => Ok(Object::AllTopics),
        RouteObject::OwnTopics => Ok(Object::OwnTopics),
        RouteObject::Campaign(_) => {
            // What is no number is the number of no campaign.
            let number = named.and_then(|text| text.parse::<CampaignNumber>().ok());
            let number = number.ok_or_else(PageProblem::no_campaign)?;
            let found = reach::campaign(&parts.store, number).await;
            found.map(|(_, object)| object).map_err(|why| refused(why, PageProblem::no_campaign()))
        }
        RouteObject::Contact(_) => {
            let id = named.and_then(|text| text.parse::<ContactId>().ok());
            let id = id.ok_or_else(PageProblem::no_contact)?;
            let found = reach::contact(&parts.store, actor, id).await;
            found.map_err(|why| refused(why, PageProblem::no_contact()))
        }
        RouteObject::Topic(_) => {
            let found = reach::topic(&parts.store, &named.unwrap_or_default()).await;
            found.map(|(_, object)| object).map_err(|why| refused(why, PageProblem::no_topic()))
        }
        RouteObject::Job(_) => {
            let id = named.and_then(|text| text.parse().ok()).ok_or_else(PageProblem::no_import)?;
            let found = reach::job(&parts.resources.store, actor, id).await;
            found.map_err(|why| refused(why, PageProblem::no_import()))
        }
        RouteObject::InboxMessage(_) => {
            let number = named.and_then(|text| text.parse::<i64>().ok());
            let number = number.ok_or_else(PageProblem::no_message)?;
            match parts.inbox_source().campaign_of(number).await {
                Ok(Some(campaign)) => topic_of(parts, campaign).await,
                // What the demo caught belongs to no topic.
                Ok(None) if actor.topics() == TopicScope::All => Ok(Object::OwnTopics),
                Ok(None) => Err(PageProblem::no_message()),
                Err(problem) => Err(PageProblem::failed("reading a test message")(problem)),
            }
        }
    }
}

async fn topic_of(parts: &AdminParts, campaign: CampaignId) -> Result<Object, PageProblem> {
    let found = reach::campaign_with_id(&parts.store, campaign).await;
    found.map(|(_, object)| object).map_err(|why| refused(why, PageProblem::no_message()))
}

fn refused(why: Refusal, missing: PageProblem) -> PageProblem {
    match why.kind {
        RefusalKind::NotFound => missing,
        _ => PageProblem::Failed("looking up what an address names", Box::new(why)),
    }
}

/// Leads to the sign-in page, and from there back.
async fn sign_in_first(request: Request) -> Response {
    let headers = request.headers();
    if headers.contains_key(HX_REQUEST) {
        let page = headers.get(HX_CURRENT_URL).and_then(|url| url.to_str().ok());
        let page = page.and_then(|url| url.parse::<Uri>().ok());
        let page = page.as_ref().map_or(HOME, asked_for);
        let to = HeaderValue::try_from(sign_in_path(page));
        let to = to.unwrap_or(HeaderValue::from_static("/admin/sign-in"));
        return (StatusCode::UNAUTHORIZED, [(HX_REDIRECT, to)]).into_response();
    }
    // Only what can be asked for again is gone back to.
    match *request.method() {
        Method::GET | Method::HEAD => {
            Redirect::to(&sign_in_path(asked_for(request.uri()))).into_response()
        }
        _ => match kept_form::page(request).await {
            Some(page) => page,
            None => Redirect::to(&sign_in_path(HOME)).into_response(),
        },
    }
}

fn asked_for(uri: &Uri) -> &str {
    uri.path_and_query().map_or(HOME, |asked| asked.as_str())
}

fn forbidden(visitor: &Visitor, right: Right, me: &UserActor) -> Response {
    let text = if me.role().may(right) {
        format!(
            "You are trusted with some topics only, and this is about the whole installation. It is \
             for those who may {} ({right}) for all topics.",
            right_words(right)
        )
    } else {
        format!(
            "This is for those who may {} ({right}); your role, {}, does not include it. An owner or \
             an administrator can change that.",
            right_words(right),
            me.role()
        )
    };
    notice(visitor.frame(""), StatusCode::FORBIDDEN, "This needs another right", &text)
}
