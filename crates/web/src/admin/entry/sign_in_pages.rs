//! Signing in and out: the page for address and password, the one for the code, and the way out.
//!
//! Invariants: no answer tells whether somebody exists; a password is never shown again; where it
//! leads afterwards is a page of ours.

use access::{RelyingParty, SignInRefusal, set_up_needed};
use askama::Template;
use axum::extract::{Query, State};
use axum::http::StatusCode;
use axum::http::header::SET_COOKIE;
use axum::response::{IntoResponse as _, Redirect, Response};
use serde::Deserialize;

use crate::admin::entry::local_path::{HOME, local_path};
use crate::admin::entry::signed_in::{lead_on, retried, status, words};
use crate::admin::page::form::{Form, FormProblem};
use crate::admin::page::message::Message;
use crate::admin::page::problem::PageProblem;
use crate::admin::page::visitor::Visitor;
use crate::admin::parts::AdminParts;
use crate::listen::respond;

#[derive(Deserialize)]
pub(crate) struct NextQuery {
    next: Option<String>,
}

#[derive(Template)]
#[template(path = "admin/sign_in.html")]
struct SignInPage<'a> {
    message: Option<&'static str>,
    next: &'a str,
    email: &'a str,
    problem: Option<FormProblem>,
    /// Nobody has an account yet.
    is_new: bool,
    /// The connection is not encrypted, and browsers will keep no session over it.
    is_open: bool,
    /// The address at which passkeys work, if there is one.
    passkeys_at: Option<&'a str>,
}

#[derive(Template)]
#[template(path = "admin/sign_in_code.html")]
struct CodePage<'a> {
    message: Option<&'static str>,
    next: &'a str,
    /// The address at which one of the user's passkeys works, if there is one.
    passkeys_at: Option<&'a str>,
    problem: Option<FormProblem>,
}

pub(crate) async fn show(
    visitor: Visitor,
    State(parts): State<AdminParts>,
    Query(asked): Query<NextQuery>,
) -> Response {
    let next = local_path(asked.next.as_deref());
    if visitor.user.is_some() {
        return Redirect::to(next).into_response();
    }
    let is_new = match set_up_needed(&parts.accounts.store).await {
        Ok(is_new) => is_new,
        Err(problem) => {
            return PageProblem::failed("looking for users")(problem).page(&visitor);
        }
    };
    let page = SignInPage {
        message: visitor.message.map(Message::words),
        next: if next == HOME { "" } else { next },
        email: "",
        problem: None,
        is_new,
        is_open: !visitor.is_private,
        passkeys_at: passkeys_at(&visitor),
    };
    respond::page(StatusCode::OK, &page)
}

fn passkeys_at(visitor: &Visitor) -> Option<&str> {
    visitor.relying_party.as_ref().map(RelyingParty::origin)
}

/// The sign-in page once more, with what is wrong and with what.
pub(crate) fn sign_in_again(
    visitor: &Visitor,
    next: &str,
    email: &str,
    (field, refusal): (&str, &SignInRefusal),
) -> Response {
    let (status, after) = status(refusal);
    let page = SignInPage {
        message: None,
        next: local_path(Some(next)),
        email,
        problem: Some(FormProblem::new(field, words(refusal))),
        is_new: false,
        is_open: !visitor.is_private,
        passkeys_at: passkeys_at(visitor),
    };
    retried(respond::page(status, &page), after)
}

pub(crate) async fn sign_in(
    visitor: Visitor,
    State(parts): State<AdminParts>,
    form: Form,
) -> Response {
    let (email, next) = (form.trimmed("email"), form.text("next"));
    let replaces = visitor.token.as_ref().map(access::SecretText::reveal);
    let sign_in = &parts.accounts.sign_in;
    let password = form.text("password");
    match sign_in.with_password(email, password, replaces, visitor.attempt()).await {
        Ok(done) => lead_on(&visitor, &done, next),
        Err(refusal) => sign_in_again(&visitor, next, email, ("password", &refusal)),
    }
}

pub(crate) async fn show_code(
    visitor: Visitor,
    State(parts): State<AdminParts>,
    Query(asked): Query<NextQuery>,
) -> Response {
    let next = local_path(asked.next.as_deref());
    if visitor.user.is_some() {
        return Redirect::to(next).into_response();
    }
    let message = visitor.message.map(Message::words);
    let passkeys_at = own_passkeys_at(&visitor, &parts).await;
    respond::page(StatusCode::OK, &CodePage { message, next, passkeys_at, problem: None })
}

/// The address, if who has given a password has a passkey for it. Without it the code is asked for.
async fn own_passkeys_at<'v>(visitor: &'v Visitor, parts: &AdminParts) -> Option<&'v str> {
    let site = visitor.relying_party.as_ref()?;
    let token = visitor.token.as_ref()?.reveal();
    let sign_in = &parts.accounts.sign_in;
    let may = sign_in.passkey_may_follow(token, site, visitor.attempt()).await;
    may.unwrap_or(false).then(|| site.origin())
}

/// The page for the code once more, with what is wrong and with what.
pub(crate) async fn code_again(
    visitor: &Visitor,
    parts: &AdminParts,
    next: &str,
    (field, refusal): (&str, &SignInRefusal),
) -> Response {
    let (status, after) = status(refusal);
    let page = CodePage {
        message: None,
        next: local_path(Some(next)),
        passkeys_at: own_passkeys_at(visitor, parts).await,
        problem: Some(FormProblem::new(field, words(refusal))),
    };
    retried(respond::page(status, &page), after)
}

pub(crate) async fn sign_in_with_code(
    visitor: Visitor,
    State(parts): State<AdminParts>,
    form: Form,
) -> Response {
    let next = local_path(Some(form.text("next")));
    let token = visitor.token.as_ref().map(access::SecretText::reveal).unwrap_or_default();
    let sign_in = &parts.accounts.sign_in;
    match sign_in.with_code(token, form.trimmed("code"), visitor.attempt()).await {
        Ok(done) => lead_on(&visitor, &done, next),
        Err(SignInRefusal::TooLate) => visitor.done("/admin/sign-in", Message::TookTooLong),
        Err(refusal) => code_again(&visitor, &parts, next, ("code", &refusal)).await,
    }
}

pub(crate) async fn sign_out(visitor: Visitor, State(parts): State<AdminParts>) -> Response {
    if let Some(token) = &visitor.token
        && let Err(problem) = access::session_end(&parts.accounts.store, token.reveal()).await
    {
        return PageProblem::failed("signing out")(problem).page(&visitor);
    }
    let mut answer = visitor.done("/admin/sign-in", Message::SignedOut);
    answer.headers_mut().append(SET_COOKIE, visitor.cookies.remove_token());
    answer
}
