//! Signing in with a passkey: the questions for the authenticator, and its answers.
//!
//! Invariants: as for passwords: no answer tells whether somebody exists, and where it leads afterwards is
//! a page of ours.

use access::{PasskeyProblem, RelyingParty, SecretText, SignInRefusal};
use axum::extract::State;
use axum::http::StatusCode;
use axum::response::Response;

use crate::admin::entry::passkey_json;
use crate::admin::entry::sign_in_pages::{code_again, sign_in_again};
use crate::admin::entry::signed_in::{lead_on, retried, status, words};
use crate::admin::page::form::{Form, FormProblem};
use crate::admin::page::message::Message;
use crate::admin::page::visitor::Visitor;
use crate::admin::parts::AdminParts;
use crate::listen::respond;

pub(crate) async fn options(visitor: Visitor, State(parts): State<AdminParts>) -> Response {
    let Some(site) = &visitor.relying_party else { return no_site() };
    match parts.accounts.sign_in.passkey_begin(site, visitor.attempt()).await {
        Ok(asked) => passkey_json::request(&asked),
        Err(refusal) => no_question(&refusal),
    }
}

pub(crate) async fn sign_in(
    visitor: Visitor,
    State(parts): State<AdminParts>,
    form: Form,
) -> Response {
    let next = form.text("next");
    let Some(site) = &visitor.relying_party else { return no_site() };
    let replaces = visitor.token.as_ref().map(SecretText::reveal);
    let (sign_in, answer) = (&parts.accounts.sign_in, passkey_json::answer(&form));
    match sign_in.with_passkey(site, answer, replaces, visitor.attempt()).await {
        Ok(done) => lead_on(&visitor, &done, next),
        Err(refusal) => {
            tell(&refusal);
            sign_in_again(&visitor, next, "", ("passkey", &refusal))
        }
    }
}

pub(crate) async fn factor_options(visitor: Visitor, State(parts): State<AdminParts>) -> Response {
    let Some(site) = &visitor.relying_party else { return no_site() };
    let sign_in = &parts.accounts.sign_in;
    match sign_in.passkey_factor_begin(token(&visitor), site, visitor.attempt()).await {
        Ok(asked) => passkey_json::request(&asked),
        Err(refusal) => no_question(&refusal),
    }
}

pub(crate) async fn factor(
    visitor: Visitor,
    State(parts): State<AdminParts>,
    form: Form,
) -> Response {
    let next = form.text("next");
    let Some(site) = &visitor.relying_party else { return no_site() };
    let (sign_in, answer) = (&parts.accounts.sign_in, passkey_json::answer(&form));
    let token = token(&visitor);
    match sign_in.with_passkey_factor(token, site, answer, visitor.attempt()).await {
        Ok(done) => lead_on(&visitor, &done, next),
        // The question may be too old, and the password still good.
        Err(SignInRefusal::TooLate) if !waits(&parts, &visitor, site).await => {
            visitor.done("/admin/sign-in", Message::TookTooLong)
        }
        Err(refusal) => {
            tell(&refusal);
            code_again(&visitor, &parts, next, ("passkey", &refusal)).await
        }
    }
}

async fn waits(parts: &AdminParts, visitor: &Visitor, site: &RelyingParty) -> bool {
    let sign_in = &parts.accounts.sign_in;
    let waits = sign_in.passkey_may_follow(token(visitor), site, visitor.attempt()).await;
    waits.unwrap_or(false)
}

fn token(visitor: &Visitor) -> &str {
    visitor.token.as_ref().map(SecretText::reveal).unwrap_or_default()
}

fn no_site() -> Response {
    respond::text(StatusCode::CONFLICT, "Passkeys do not work at this address.")
}

/// What the script shows when there is nothing to be asked.
fn no_question(refusal: &SignInRefusal) -> Response {
    let (status, after) = status(refusal);
    retried(respond::text(status, FormProblem::new("", words(refusal)).words), after)
}

/// Whoever looks after the server sees why, the person does not.
fn tell(refusal: &SignInRefusal) {
    if let SignInRefusal::WrongPasskey(problem) = refusal
        && *problem != PasskeyProblem::Challenge
    {
        tracing::info!(%problem, "a passkey was refused");
    }
}
