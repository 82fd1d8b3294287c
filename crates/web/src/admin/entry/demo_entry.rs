//! The way into the demo: a link that signs its owner in, once. There is none without a demo.

use axum::extract::{Path, State};
use axum::http::Method;
use axum::response::{IntoResponse as _, Redirect, Response};

use crate::admin::entry::local_path::HOME;
use crate::admin::entry::signed_in::{lead_on, words};
use crate::admin::page::problem::PageProblem;
use crate::admin::page::visitor::Visitor;
use crate::admin::parts::AdminParts;

/// A GET that begins a session, unlike all others: it only ever reaches sample data on this machine.
pub(crate) async fn enter(
    visitor: Visitor,
    State(parts): State<AdminParts>,
    method: Method,
    Path(token): Path<String>,
) -> Response {
    let text = "It works once. The demo has printed the address and the password to sign in with.";
    let missing = || PageProblem::Missing("This link does not work", text);
    let Some(owner) = &parts.accounts.demo else { return missing().page(&visitor) };
    if visitor.user.is_some() {
        return Redirect::to(HOME).into_response();
    }
    if method == Method::HEAD || !owner.use_up(&token) {
        return missing().page(&visitor);
    }
    let replaces = visitor.token.as_ref().map(access::SecretText::reveal);
    let (sign_in, password) = (&parts.accounts.sign_in, owner.password.reveal());
    match sign_in.with_password(&owner.email, password, replaces, visitor.attempt()).await {
        Ok(done) => lead_on(&visitor, &done, HOME),
        Err(refusal) => PageProblem::Refused(words(&refusal)).page(&visitor),
    }
}
