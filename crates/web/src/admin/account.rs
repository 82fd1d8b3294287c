//! The page about one's own account: who one is, what one may, password, second factor, passkeys, sessions.
//!
//! Invariants: reaches no other account; whatever could lock its owner out asks for the password again;
//! no page shows a password or, after it was confirmed, the secret of a second factor.

pub(crate) mod passkey_pages;
mod qr_picture;
pub(crate) mod second_factor_pages;

use access::{
    own_password_change, own_recovery_codes_left, own_second_factor_remove, own_session_end,
    own_sessions, own_sessions_end_others, own_user,
};
use askama::Template;
use axum::extract::{Path, State};
use axum::http::StatusCode;
use axum::http::header::SET_COOKIE;
use axum::response::Response;
use model::{Right, SessionId};

use crate::admin::entry::first_password::chosen;
use crate::admin::page::form::{Form, FormProblem};
use crate::admin::page::message::Message;
use crate::admin::page::problem::PageProblem;
use crate::admin::page::refused::Refused;
use crate::admin::page::visitor::SignedIn;
use crate::admin::parts::{AdminFrame, AdminParts};
use crate::admin::users::right_words::{right_words, role_words};
use crate::admin::users::session_lines::SessionLine;
use crate::admin::users::topic_choice::names;
use crate::clock::now;
use crate::listen::respond;

const PATH: &str = "/admin/me";

#[derive(Template)]
#[template(path = "admin/account.html")]
struct AccountPage {
    frame: AdminFrame,
    name: String,
    email: String,
    role: &'static str,
    role_words: &'static str,
    topics: String,
    rights: Vec<&'static str>,
    has_second_factor: bool,
    codes_left: i64,
    passkeys: i64,
    sessions: Vec<SessionLine>,
    problem: Option<FormProblem>,
}

pub(crate) async fn show(signed_in: SignedIn, State(parts): State<AdminParts>) -> Response {
    page(&signed_in, &parts, StatusCode::OK, None).await
}

async fn page(
    signed_in: &SignedIn,
    parts: &AdminParts,
    status: StatusCode,
    problem: Option<FormProblem>,
) -> Response {
    match make(signed_in, parts, problem).await {
        Ok(page) => respond::page(status, &page),
        Err(problem) => PageProblem::failed("showing an account")(problem).page(&signed_in.visitor),
    }
}

async fn make(
    signed_in: &SignedIn,
    parts: &AdminParts,
    problem: Option<FormProblem>,
) -> Result<AccountPage, access::AccessError> {
    let SignedIn { visitor, me } = signed_in;
    let store = &parts.accounts.store;
    let user = own_user(store, me).await?;
    let sessions = own_sessions(store, me, now()).await?;
    let topics = audience::topics_by_slug(store).await?;
    let actor = access::Actor::User(me.clone());
    Ok(AccountPage {
        frame: visitor.frame("me"),
        role: me.role().as_str(),
        role_words: role_words(me.role()),
        topics: names(&topics, &user.topics),
        rights: Right::ALL.into_iter().filter(|it| actor.can(*it)).map(right_words).collect(),
        has_second_factor: user.has_second_factor,
        codes_left: own_recovery_codes_left(store, me).await?,
        passkeys: user.passkeys,
        sessions: sessions.iter().map(|it| SessionLine::new(it, Some(me.session()))).collect(),
        name: user.name,
        email: user.email,
        problem,
    })
}

/// Shows the page with what is wrong, or another page.
async fn refuse(signed_in: &SignedIn, parts: &AdminParts, refused: Refused) -> Response {
    match refused {
        Refused::Form(status, problem) => page(signed_in, parts, status, Some(problem)).await,
        Refused::DoneBefore => signed_in.visitor.done(PATH, Message::DoneBefore),
        Refused::Page(problem) => problem.page(&signed_in.visitor),
    }
}

pub(crate) async fn change_password(
    signed_in: SignedIn,
    State(parts): State<AdminParts>,
    form: Form,
) -> Response {
    let SignedIn { visitor, me } = &signed_in;
    // Only whether the same was typed twice; whether it is good is asked below.
    let accounts = &parts.accounts;
    if let Err(problem) = chosen(&form, &[]) {
        return page(&signed_in, &parts, StatusCode::UNPROCESSABLE_ENTITY, Some(problem)).await;
    }
    let passwords = (form.text("current_password"), form.text("password"));
    let changed =
        own_password_change(&accounts.store, &accounts.hasher, me, passwords, now()).await;
    match changed {
        Ok(()) => visitor.done(PATH, Message::PasswordChanged),
        Err(why) => refuse(&signed_in, &parts, why.into()).await,
    }
}

/// Ends every session, this one as well.
pub(crate) async fn remove_second_factor(
    signed_in: SignedIn,
    State(parts): State<AdminParts>,
    form: Form,
) -> Response {
    let SignedIn { visitor, me } = &signed_in;
    let (accounts, password) = (&parts.accounts, form.text("password"));
    let removed =
        own_second_factor_remove(&accounts.store, &accounts.hasher, me, password, now()).await;
    match removed {
        Ok(()) => {
            let mut answer = visitor.done("/admin/sign-in", Message::SecondFactorRemoved);
            answer.headers_mut().append(SET_COOKIE, visitor.cookies.remove_token());
            answer
        }
        Err(access::AccessError::WrongPassword) => {
            let problem = FormProblem::new("remove_password", "the password is wrong");
            page(&signed_in, &parts, StatusCode::UNPROCESSABLE_ENTITY, Some(problem)).await
        }
        Err(why) => refuse(&signed_in, &parts, why.into()).await,
    }
}

pub(crate) async fn end_session(
    signed_in: SignedIn,
    State(parts): State<AdminParts>,
    Path(session): Path<String>,
) -> Response {
    let SignedIn { visitor, me } = &signed_in;
    // What is no number is nobody's session.
    let session = SessionId(session.parse().unwrap_or(0));
    match own_session_end(&parts.accounts.store, me, session, now()).await {
        Ok(()) => visitor.done(PATH, Message::SessionEnded),
        // Ended already, from elsewhere.
        Err(access::AccessError::NoSession) => visitor.done(PATH, Message::DoneBefore),
        Err(why) => refuse(&signed_in, &parts, why.into()).await,
    }
}

pub(crate) async fn end_other_sessions(
    signed_in: SignedIn,
    State(parts): State<AdminParts>,
) -> Response {
    match own_sessions_end_others(&parts.accounts.store, &signed_in.me, now()).await {
        Ok(_) => signed_in.visitor.done(PATH, Message::SessionsEnded),
        Err(why) => refuse(&signed_in, &parts, why.into()).await,
    }
}
