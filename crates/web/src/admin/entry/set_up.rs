//! The set-up of a new installation, by the link that the server prints: its first owner. Later screens
//! follow behind it, for somebody who is signed in.

use access::{AccessError, FirstOwner, set_up_open, set_up_owner};
use askama::Template;
use axum::extract::{Path, State};
use axum::http::StatusCode;
use axum::response::Response;
use model::EmailAddress;

use crate::admin::entry::first_password::{chosen, enter};
use crate::admin::page::form::{Form, FormProblem};
use crate::admin::page::problem::PageProblem;
use crate::admin::page::visitor::Visitor;
use crate::admin::parts::AdminParts;
use crate::admin::set_up_screens;
use crate::clock::now;
use crate::listen::respond;

#[derive(Template)]
#[template(path = "admin/set_up_owner.html")]
struct OwnerPage<'a> {
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
    match is_open(&parts, &token).await {
        Ok(()) => {
            let page = OwnerPage { token: &token, name: "", email: "", problem: None };
            respond::page(StatusCode::OK, &page)
        }
        Err(problem) => problem.page(&visitor),
    }
}

pub(crate) async fn make_owner(
    visitor: Visitor,
    State(parts): State<AdminParts>,
    Path(token): Path<String>,
    form: Form,
) -> Response {
    match add(&visitor, &parts, &token, &form).await {
        Ok(answer) => answer,
        Err(problem) => problem.page(&visitor),
    }
}

async fn add(
    visitor: &Visitor,
    parts: &AdminParts,
    token: &str,
    form: &Form,
) -> Result<Response, PageProblem> {
    // First, so that nobody without a link makes us hash.
    is_open(parts, token).await?;
    let (name, email) = (form.trimmed("name"), form.trimmed("email"));
    let again = |problem| {
        let page = OwnerPage { token, name, email, problem: Some(problem) };
        Ok(respond::page(StatusCode::UNPROCESSABLE_ENTITY, &page))
    };
    if name.is_empty() {
        return again(FormProblem::new(
            "name",
            "please type your name; it stands in the audit log",
        ));
    }
    let address = match EmailAddress::parse(email) {
        Ok(address) => address,
        Err(why) => return again(FormProblem::new("email", why.to_string())),
    };
    let password = match chosen(form, &[name, email]) {
        Ok(password) => password,
        Err(problem) => return again(problem),
    };
    let accounts = &parts.accounts;
    let failed = || PageProblem::failed("adding the first owner");
    let password_hash = accounts.hasher.hash(password).await.map_err(failed())?;
    let owner = FirstOwner { email: address, name: name.to_owned(), password_hash };
    match set_up_owner(&accounts.store, token, owner, now()).await {
        Ok(_) => Ok(enter(visitor, parts, (email, form), set_up_screens::SENDER).await),
        Err(AccessError::SetUpOver) => Err(over()),
        Err(problem) => Err(failed()(problem)),
    }
}

async fn is_open(parts: &AdminParts, token: &str) -> Result<(), PageProblem> {
    let open = set_up_open(&parts.accounts.store, token, now()).await;
    match open.map_err(PageProblem::failed("looking for a set-up link"))? {
        true => Ok(()),
        false => Err(over()),
    }
}

const fn over() -> PageProblem {
    let text = "There is an owner already, an hour has passed, or the server was started again and has \
        printed another link.";
    PageProblem::Missing("This set-up link does not work", text)
}
