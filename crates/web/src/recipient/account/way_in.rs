//! The way into an account: asking for a link, using it, leaving.

use actions::{AccountAsker, AskRefusal};
use askama::Template;
use axum::extract::Form;
use axum::extract::rejection::FormRejection;
use axum::http::StatusCode;
use axum::http::header::{HeaderValue, RETRY_AFTER, SET_COOKIE};
use axum::response::Response;
use campaign::RecipientWords;
use model::EmailAddress;

use crate::clock::now;
use crate::listen::respond;
use crate::recipient::account::frame::{AccountRequest, ConfirmPage, DATA, Frame};
use crate::recipient::brand::PageBrand;
use crate::recipient::parts::in_time;

pub(crate) type AccountForm = Result<Form<Vec<(String, String)>>, FormRejection>;

#[derive(Template)]
#[template(path = "account/ask.html")]
struct AskPage<'a> {
    brand: PageBrand<'a>,
    frame: Frame<'a>,
    typed: String,
    problem: Option<String>,
}

/// A field of a form.
pub(super) fn field<'f>(fields: &'f [(String, String)], name: &str) -> Option<&'f str> {
    fields.iter().find(|(it, _)| it == name).map(|(_, value)| value.as_str())
}

pub(crate) async fn show(asked: AccountRequest) -> Response {
    match asked.session().await {
        Ok(Some(_)) => asked.go(DATA),
        Ok(None) => ask_page(&asked, asked.words(None), (StatusCode::OK, String::new(), None)),
        Err(answer) => answer,
    }
}

fn ask_page(
    asked: &AccountRequest,
    words: RecipientWords,
    (status, typed, problem): (StatusCode, String, Option<String>),
) -> Response {
    let (brand, frame) = (asked.brand(words), asked.frame(words));
    respond::page(status, &AskPage { brand, frame, typed, problem })
}

/// Mails a link to an address that was typed, or to whoever a link of a message is about: what a reader
/// holds may have been passed on, and proves no mailbox.
pub(crate) async fn ask(asked: AccountRequest, form: AccountForm) -> Response {
    let words = asked.words(None);
    if let Some(answer) = asked.foreign_form(words) {
        return answer;
    }
    let fields = form.map(|Form(fields)| fields).unwrap_or_default();
    let asker = match field(&fields, "link") {
        Some(link) => match asked.parts.leaver(link) {
            Ok(leaver) => AccountAsker::Contact(leaver.contact),
            Err(why) => return asked.parts.without_holder(&why),
        },
        None => {
            let typed = field(&fields, "address").unwrap_or_default().trim();
            match EmailAddress::parse(typed) {
                Ok(email) => AccountAsker::Address(email),
                Err(_) => {
                    let typed: String = typed.chars().take(254).collect();
                    let problem = Some(words.text("ask-wrong-address"));
                    return ask_page(
                        &asked,
                        words,
                        (StatusCode::UNPROCESSABLE_ENTITY, typed, problem),
                    );
                }
            }
        }
    };
    match asked.accounts.ask(asker, asked.network, words, now()).await {
        Ok(()) => {
            let sent = words.with("sent-text", "organisation", &asked.sender.organisation);
            let lines = vec![sent, words.text("sent-hint")];
            asked.notice(StatusCode::OK, words, words.text("sent-title"), lines)
        }
        Err(AskRefusal::Later) => asked.later(words),
        Err(AskRefusal::TooMany(wait)) => {
            let minutes = wait.as_secs().div_ceil(60).max(1).to_string();
            let lines = vec![words.with("limited-text", "minutes", &minutes)];
            let title = words.text("later-title");
            let mut page = asked.notice(StatusCode::TOO_MANY_REQUESTS, words, title, lines);
            if let Ok(seconds) = HeaderValue::try_from(wait.as_secs().max(1).to_string()) {
                page.headers_mut().insert(RETRY_AFTER, seconds);
            }
            page
        }
    }
}

/// Shows a button and uses nothing up: programs follow links in mails.
pub(crate) async fn show_link(asked: AccountRequest) -> Response {
    let found = match in_time(asked.accounts.link(asked.link(), now())).await {
        Ok(found) => found,
        Err(problem) => return asked.not_now("finding a link into an account", &problem),
    };
    let Some(link) = found else { return asked.gone(asked.words(None)) };
    let words = asked.words(Some(&link.attributes));
    let address = link.email.masked();
    let values = [("organisation", asked.sender.organisation.as_str()), ("address", &address)];
    let (title, text, button) = match link.is_change {
        true => ("change-title", "change-text", "change-button"),
        false => ("open-title", "open-text", "open-button"),
    };
    let page = ConfirmPage {
        brand: asked.brand(words),
        frame: asked.frame(words),
        title: words.text(title),
        text: words.filled(text, &values),
        action: "",
        act: if link.is_change { "change" } else { "open" },
        button: words.text(button),
        is_grave: false,
        back: None,
    };
    respond::page(StatusCode::OK, &page)
}

/// Uses a link up.
pub(crate) async fn use_link(asked: AccountRequest, form: AccountForm) -> Response {
    let words = asked.words(None);
    if let Some(answer) = asked.foreign_form(words) {
        return answer;
    }
    let fields = form.map(|Form(fields)| fields).unwrap_or_default();
    if field(&fields, "act") == Some("change") {
        return crate::recipient::account::change::confirm(&asked).await;
    }
    match in_time(asked.accounts.open(asked.link(), now())).await {
        Ok(Some(secret)) => {
            let mut answer = asked.go(DATA);
            let cookie = asked.cookie().set(secret.reveal());
            answer.headers_mut().append(SET_COOKIE, cookie);
            answer
        }
        Ok(None) => asked.gone(words),
        Err(problem) => asked.not_now("opening an account", &problem),
    }
}
