//! Choosing a password by a link, as somebody who was invited or has forgotten theirs.

use access::{AccessError, Password, invitation_accept, invitation_user};
use askama::Template;
use axum::extract::{Path, State};
use axum::http::StatusCode;
use axum::response::Response;
use store::User;

use crate::admin::entry::local_path::HOME;
use crate::admin::entry::signed_in::lead_on;
use crate::admin::page::form::{Form, FormProblem};
use crate::admin::page::message::Message;
use crate::admin::page::problem::PageProblem;
use crate::admin::page::visitor::Visitor;
use crate::admin::parts::AdminParts;
use crate::clock::now;
use crate::listen::respond;

#[derive(Template)]
#[template(path = "admin/first_password.html")]
struct FirstPasswordPage<'a> {
    token: &'a str,
    name: &'a str,
    email: &'a str,
    problem: Option<FormProblem>,
}

pub(crate) async fn show(
    visitor: Visitor,
    State(parts): State<AdminParts>,
    Path(token): Path<String>,
) -> Response {
    match find(&parts, &token).await {
        Ok(user) => page(&user, &token, None),
        Err(problem) => problem.page(&visitor),
    }
}

pub(crate) async fn choose(
    visitor: Visitor,
    State(parts): State<AdminParts>,
    Path(token): Path<String>,
    form: Form,
) -> Response {
    match accept(&visitor, &parts, &token, &form).await {
        Ok(answer) => answer,
        Err(problem) => problem.page(&visitor),
    }
}

async fn accept(
    visitor: &Visitor,
    parts: &AdminParts,
    token: &str,
    form: &Form,
) -> Result<Response, PageProblem> {
    // First, so that nobody without a link makes us hash.
    let user = find(parts, token).await?;
    let password = match chosen(form, &[&user.name, &user.email]) {
        Ok(password) => password,
        Err(problem) => return Ok(page(&user, token, Some(problem))),
    };
    let accounts = &parts.accounts;
    let failed = || PageProblem::failed("keeping a password");
    let hash = accounts.hasher.hash(password).await.map_err(failed())?;
    match invitation_accept(&accounts.store, token, hash, now()).await {
        Ok(_) => Ok(enter(visitor, parts, (&user.email, form), HOME).await),
        Err(AccessError::InvitationOver) => Err(over()),
        Err(problem) => Err(failed()(problem)),
    }
}

/// The password that was chosen, typed twice.
pub(crate) fn chosen(form: &Form, own: &[&str]) -> Result<Password, FormProblem> {
    let text = form.text("password");
    let password =
        Password::choose(text, own).map_err(|why| FormProblem::new("password", why.to_string()))?;
    match text == form.text("again") {
        true => Ok(password),
        false => Err(FormProblem::new("again", "the two passwords differ; type the same twice")),
    }
}

/// Signs somebody in with the password that they have just chosen, as far as it goes, and leads them
/// to a page.
pub(crate) async fn enter(
    visitor: &Visitor,
    parts: &AdminParts,
    (email, form): (&str, &Form),
    to: &str,
) -> Response {
    let replaces = visitor.token.as_ref().map(access::SecretText::reveal);
    let (sign_in, password) = (&parts.accounts.sign_in, form.text("password"));
    match sign_in.with_password(email, password, replaces, visitor.attempt()).await {
        Ok(done) => lead_on(visitor, &done, to),
        // Too many attempts, maybe: the password is theirs all the same.
        Err(_) => visitor.done("/admin/sign-in", Message::PasswordChosen),
    }
}

async fn find(parts: &AdminParts, token: &str) -> Result<User, PageProblem> {
    let found = invitation_user(&parts.accounts.store, token, now()).await;
    found.map_err(|why| match why {
        AccessError::InvitationOver => over(),
        problem => PageProblem::failed("looking for an invitation")(problem),
    })
}

const fn over() -> PageProblem {
    let text = "It was used before, has ended, or a newer one has taken its place. Whoever sent it to \
        you can make another.";
    PageProblem::Missing("This link does not work", text)
}

fn page(user: &User, token: &str, problem: Option<FormProblem>) -> Response {
    let status = match problem {
        Some(_) => StatusCode::UNPROCESSABLE_ENTITY,
        None => StatusCode::OK,
    };
    let (name, email) = (user.name.as_str(), user.email.as_str());
    respond::page(status, &FirstPasswordPage { token, name, email, problem })
}
