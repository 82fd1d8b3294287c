//! Signing in and out: the page for address and password, the one for the code, and the way out.
//!
//! Invariants: no answer tells whether somebody exists; a password is never shown again; where it
//! leads afterwards is a page of ours.

use access::{SignInRefusal, set_up_needed};
use askama::Template;
use axum::extract::{Query, State};
use axum::http::StatusCode;
use axum::http::header::SET_COOKIE;
use axum::response::{IntoResponse as _, Redirect, Response};
use serde::Deserialize;

use crate::admin::entry::local_path::{HOME, local_path};
use crate::admin::entry::signed_in::{lead_on, retried, status, words};
use crate::admin::form::{Form, FormProblem};
use crate::admin::message::Message;
use crate::admin::parts::AdminParts;
use crate::admin::problem::PageProblem;
use crate::admin::visitor::Visitor;
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
}

#[derive(Template)]
#[template(path = "admin/sign_in_code.html")]
struct CodePage<'a> {
    message: Option<&'static str>,
    next: &'a str,
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
    };
    respond::page(StatusCode::OK, &page)
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
        Err(refusal) => {
            let (status, after) = status(&refusal);
            let page = SignInPage {
                message: None,
                next: local_path(Some(next)),
                email,
                problem: Some(FormProblem::new("password", words(&refusal))),
                is_new: false,
                is_open: !visitor.is_private,
            };
            retried(respond::page(status, &page), after)
        }
    }
}

pub(crate) async fn show_code(visitor: Visitor, Query(asked): Query<NextQuery>) -> Response {
    let next = local_path(asked.next.as_deref());
    if visitor.user.is_some() {
        return Redirect::to(next).into_response();
    }
    let message = visitor.message.map(Message::words);
    respond::page(StatusCode::OK, &CodePage { message, next, problem: None })
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
        Err(refusal) => {
            let (status, after) = status(&refusal);
            let problem = Some(FormProblem::new("code", words(&refusal)));
            retried(respond::page(status, &CodePage { message: None, next, problem }), after)
        }
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
