//! One's own passkeys: the page that lists them, adding and removing them, and proving again who one is.
//!
//! Invariants: reaches no other account; nothing is added or removed unless a password or a passkey was
//! shown within the last minutes. The answers of authenticators come by forms that a script fills.

use access::{
    AccessError, CreatedPasskey, PasskeyProblem, own_confirm_by_passkey, own_confirm_by_password,
    own_confirm_passkey_begin, own_is_confirmed, own_passkey_add, own_passkey_begin,
    own_passkey_remove, own_passkeys,
};
use actions::Refusal;
use askama::Template;
use axum::extract::{Path, Query, State};
use axum::http::StatusCode;
use axum::response::Response;
use model::{PasskeyId, Timestamp};
use percent_encoding::{NON_ALPHANUMERIC, utf8_percent_encode};
use serde::Deserialize;
use store::{ListedPasskey, PASSKEYS_OF_USER};

use crate::admin::entry::local_path::{HOME, local_path};
use crate::admin::entry::passkey_json;
use crate::admin::page::client_words::client_words;
use crate::admin::page::form::{Form, FormProblem};
use crate::admin::page::message::Message;
use crate::admin::page::problem::PageProblem;
use crate::admin::page::refused::Refused;
use crate::admin::page::visitor::SignedIn;
use crate::admin::parts::{AdminFrame, AdminParts};
use crate::clock::now;
use crate::listen::respond;

const PATH: &str = "/admin/me/passkeys";

#[derive(Deserialize)]
pub(crate) struct WayBackQuery {
    next: Option<String>,
}

#[derive(Template)]
#[template(path = "admin/passkeys.html")]
struct PasskeysPage<'a> {
    frame: AdminFrame,
    passkeys: Vec<PasskeyLine>,
    /// Where passkeys work; None when that is nowhere, and `nowhere` says why.
    origin: Option<&'a str>,
    nowhere: String,
    is_confirmed: bool,
    is_full: bool,
    has_one_here: bool,
    /// What the browser calls itself.
    suggested: String,
    /// Where one came from; empty for the page about one's account.
    next: &'a str,
    problem: Option<FormProblem>,
}

struct PasskeyLine {
    id: PasskeyId,
    name: String,
    site: String,
    added: String,
    used: String,
}

impl PasskeyLine {
    fn new(passkey: ListedPasskey) -> Self {
        let used = passkey.last_used_at.map(Timestamp::readable);
        Self {
            id: passkey.id,
            name: passkey.name,
            site: passkey.rp_id,
            added: passkey.created_at.readable(),
            used: used.unwrap_or_else(|| "never".to_owned()),
        }
    }
}

pub(crate) async fn show(
    signed_in: SignedIn,
    State(parts): State<AdminParts>,
    Query(asked): Query<WayBackQuery>,
) -> Response {
    page(&signed_in, &parts, asked.next.as_deref(), (StatusCode::OK, None)).await
}

/// The way back, if there is one.
fn way_back(asked: Option<&str>) -> &str {
    Some(local_path(asked)).filter(|path| *path != HOME).unwrap_or_default()
}

async fn page(
    signed_in: &SignedIn,
    parts: &AdminParts,
    next: Option<&str>,
    (status, problem): (StatusCode, Option<FormProblem>),
) -> Response {
    match make(signed_in, parts, way_back(next), problem).await {
        Ok(page) => respond::page(status, &page),
        Err(problem) => PageProblem::failed("showing passkeys")(problem).page(&signed_in.visitor),
    }
}

async fn make<'a>(
    signed_in: &'a SignedIn,
    parts: &AdminParts,
    next: &'a str,
    problem: Option<FormProblem>,
) -> Result<PasskeysPage<'a>, AccessError> {
    let SignedIn { visitor, me } = signed_in;
    let store = &parts.accounts.store;
    let passkeys = own_passkeys(store, me).await?;
    let site = visitor.relying_party.as_ref();
    let is_here = |it: &ListedPasskey| site.is_some_and(|site| site.id() == it.rp_id);
    Ok(PasskeysPage {
        frame: visitor.frame("me").below("/admin/me", "My account"),
        origin: site.map(access::RelyingParty::origin),
        nowhere: nowhere(&visitor.origin, parts.this_machine_only),
        is_confirmed: own_is_confirmed(store, me, now()).await?,
        is_full: i64::try_from(passkeys.len()).unwrap_or(i64::MAX) >= PASSKEYS_OF_USER,
        has_one_here: passkeys.iter().any(is_here),
        suggested: client_words(visitor.agent.as_bytes()).unwrap_or_default(),
        passkeys: passkeys.into_iter().map(PasskeyLine::new).collect(),
        next,
        problem,
    })
}

/// Why passkeys work at no address that we know, and what helps.
fn nowhere(origin: &str, this_machine_only: bool) -> String {
    if !this_machine_only {
        return "Passkeys belong to an address. Whoever runs this server has to say which one that is: \
            admin.url in the configuration file."
            .to_owned();
    }
    let port = origin.rsplit_once(':').map_or("80", |(_, port)| port);
    let is_port = !port.is_empty() && port.bytes().all(|byte| byte.is_ascii_digit());
    let port = if is_port { format!(":{port}") } else { String::new() };
    format!(
        "Browsers have no passkeys for addresses of numbers. Open http://localhost{port}{PATH} instead, \
         and sign in there."
    )
}

/// The page once more, with what is wrong, or another one.
async fn refuse(
    signed_in: &SignedIn,
    parts: &AdminParts,
    form: &Form,
    why: AccessError,
) -> Response {
    let field = match &why {
        AccessError::WrongPassword => "password",
        AccessError::NameNeeded(_) => "name",
        // Gone already, from elsewhere.
        AccessError::NoPasskey => {
            return signed_in.visitor.done(&back_to(form), Message::DoneBefore);
        }
        _ => "",
    };
    match Refused::from(Refusal::from(why)) {
        Refused::Form(status, problem) => {
            let problem = FormProblem::new(field, problem.words);
            page(signed_in, parts, Some(form.text("next")), (status, Some(problem))).await
        }
        Refused::DoneBefore => signed_in.visitor.done(&back_to(form), Message::DoneBefore),
        Refused::Page(problem) => problem.page(&signed_in.visitor),
    }
}

/// The page, with the way back that the form knows.
fn back_to(form: &Form) -> String {
    match way_back(Some(form.text("next"))) {
        "" => PATH.to_owned(),
        next => format!("{PATH}?next={}", utf8_percent_encode(next, NON_ALPHANUMERIC)),
    }
}

/// What the script shows when there is nothing to be asked.
fn no_question(why: AccessError) -> Response {
    let refusal = Refusal::from(why);
    match Refused::from(refusal) {
        Refused::Form(status, problem) => respond::text(status, problem.words),
        Refused::Page(PageProblem::Failed(what, problem)) => respond::failed(what, &*problem),
        _ => respond::text(StatusCode::CONFLICT, "You have no passkey for this address."),
    }
}

/// Nothing is asked for where passkeys do not work.
fn no_site() -> Response {
    respond::text(StatusCode::CONFLICT, "Passkeys do not work at this address.")
}

pub(crate) async fn creation_options(
    signed_in: SignedIn,
    State(parts): State<AdminParts>,
) -> Response {
    let SignedIn { visitor, me } = &signed_in;
    let Some(site) = &visitor.relying_party else { return no_site() };
    match own_passkey_begin(&parts.accounts.store, me, site, now()).await {
        Ok(asked) => passkey_json::creation(&asked),
        Err(why) => no_question(why),
    }
}

pub(crate) async fn add(
    signed_in: SignedIn,
    State(parts): State<AdminParts>,
    form: Form,
) -> Response {
    let SignedIn { visitor, me } = &signed_in;
    let Some(site) = &visitor.relying_party else { return no_site() };
    let created = CreatedPasskey {
        client_data: form.text("client_data"),
        attestation: form.text("attestation"),
        name: form.text("name"),
    };
    match own_passkey_add(&parts.accounts.store, me, site, created, now()).await {
        Ok(()) => visitor.done(&back_to(&form), Message::PasskeyAdded),
        Err(why) => refuse(&signed_in, &parts, &form, why).await,
    }
}

pub(crate) async fn remove(
    signed_in: SignedIn,
    State(parts): State<AdminParts>,
    Path(passkey): Path<String>,
    form: Form,
) -> Response {
    // What is no number is nobody's passkey.
    let passkey = PasskeyId(passkey.parse().unwrap_or(0));
    match own_passkey_remove(&parts.accounts.store, &signed_in.me, passkey, now()).await {
        Ok(()) => signed_in.visitor.done(&back_to(&form), Message::PasskeyRemoved),
        Err(why) => refuse(&signed_in, &parts, &form, why).await,
    }
}

pub(crate) async fn confirm(
    signed_in: SignedIn,
    State(parts): State<AdminParts>,
    form: Form,
) -> Response {
    let (accounts, password) = (&parts.accounts, form.text("password"));
    let (store, hasher) = (&accounts.store, &accounts.hasher);
    match own_confirm_by_password(store, hasher, &signed_in.me, password, now()).await {
        Ok(()) => signed_in.visitor.done(&back_to(&form), Message::Confirmed),
        Err(why) => refuse(&signed_in, &parts, &form, why).await,
    }
}

pub(crate) async fn confirm_options(
    signed_in: SignedIn,
    State(parts): State<AdminParts>,
) -> Response {
    let SignedIn { visitor, me } = &signed_in;
    let Some(site) = &visitor.relying_party else { return no_site() };
    match own_confirm_passkey_begin(&parts.accounts.store, me, site, now()).await {
        Ok(asked) => passkey_json::request(&asked),
        Err(why) => no_question(why),
    }
}

pub(crate) async fn confirm_by_passkey(
    signed_in: SignedIn,
    State(parts): State<AdminParts>,
    form: Form,
) -> Response {
    let SignedIn { visitor, me } = &signed_in;
    let Some(site) = &visitor.relying_party else { return no_site() };
    let (store, answer) = (&parts.accounts.store, passkey_json::answer(&form));
    match own_confirm_by_passkey(store, me, site, answer, now()).await {
        Ok(()) => visitor.done(&back_to(&form), Message::Confirmed),
        Err(why) => {
            tell(&why);
            refuse(&signed_in, &parts, &form, why).await
        }
    }
}

/// Whoever looks after the server sees that somebody tried.
fn tell(why: &AccessError) {
    if let AccessError::Passkey(problem) = why
        && *problem != PasskeyProblem::Challenge
    {
        tracing::info!(%problem, "a passkey was refused");
    }
}
