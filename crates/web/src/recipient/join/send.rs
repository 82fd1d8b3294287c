//! A form: its page, its stamp for scripts of other sites, and what is typed into it.

use actions::{JoinAnswer, JoinProblem, JoinRefusal, JoinStamp, ShownForm, TypedJoin};
use askama::Template;
use axum::extract::Form;
use axum::extract::rejection::FormRejection;
use axum::http::StatusCode;
use axum::http::header::{CACHE_CONTROL, CONTENT_TYPE, HeaderValue, LOCATION, RETRY_AFTER};
use axum::response::{IntoResponse as _, Response};
use campaign::RecipientWords;

use crate::clock::now;
use crate::listen::assets::JOIN_SCRIPT;
use crate::listen::respond;
use crate::recipient::account::frame::Frame;
use crate::recipient::brand::PageBrand;
use crate::recipient::join::form_view::FormView;
use crate::recipient::join::json_answer;
use crate::recipient::join::request::JoinRequest;
use crate::recipient::parts::in_time;

/// Fields of a form that are looked at.
const MOST_FIELDS: usize = 120;

#[derive(Template)]
#[template(path = "join/form.html")]
struct FormPage<'a> {
    brand: PageBrand<'a>,
    frame: Frame<'a>,
    view: FormView,
}

#[derive(Template)]
#[template(path = "join/press.html")]
struct PressPage<'a> {
    brand: PageBrand<'a>,
    frame: Frame<'a>,
    name: &'a str,
    fields: Vec<(String, String)>,
    stamp: String,
}

pub(crate) async fn script() -> Response {
    let headers =
        [(CONTENT_TYPE, "text/javascript; charset=utf-8"), (CACHE_CONTROL, "public, max-age=3600")];
    (headers, JOIN_SCRIPT).into_response()
}

pub(crate) async fn show(asked: JoinRequest) -> Response {
    match open_form(&asked).await {
        Ok(shown) => form_page(&asked, &shown, StatusCode::OK, (&TypedJoin::default(), &[])),
        Err(answer) => answer,
    }
}

/// For scripts of sites that show the form.
pub(crate) async fn stamp(asked: JoinRequest) -> Response {
    let shown = match open_form(&asked).await {
        Ok(shown) => shown,
        Err(answer) => return answer,
    };
    let answer = match asked.joins.stamp(&shown.form.name, JoinStamp::Form, now()) {
        Ok(stamp) => json_answer::stamped(StatusCode::OK, "open", &stamp),
        Err(problem) => return respond::failed("making a stamp", &problem),
    };
    json_answer::shared(&asked, &shown.form, answer)
}

/// The form that the path names, if people can join by it.
async fn open_form(asked: &JoinRequest) -> Result<ShownForm, Response> {
    let found = in_time(asked.joins.form(&asked.segment)).await;
    let found = found.map_err(|problem| asked.not_now("finding a form", &problem))?;
    let is_json = asked.wants_json();
    let Some(shown) = found else {
        let words = asked.words(None);
        return Err(match is_json {
            true => json_answer::state(StatusCode::NOT_FOUND, "none"),
            false => asked.notice(
                StatusCode::NOT_FOUND,
                words,
                words.text("join-none-title"),
                vec![words.text("join-none-text")],
            ),
        });
    };
    if shown.form.is_open && !shown.topics.is_empty() {
        return Ok(shown);
    }
    let words = asked.words(Some(&shown.form));
    Err(match is_json {
        true => {
            let answer = json_answer::state(StatusCode::GONE, "closed");
            json_answer::shared(asked, &shown.form, answer)
        }
        false => {
            let text = words.with("join-closed-text", "organisation", &asked.sender.organisation);
            let title = words.text("join-closed-title");
            asked.notice(StatusCode::GONE, words, title, vec![text])
        }
    })
}

fn form_page(
    asked: &JoinRequest,
    shown: &ShownForm,
    status: StatusCode,
    typed: (&TypedJoin, &[JoinProblem]),
) -> Response {
    let words = asked.words(Some(&shown.form));
    let stamp = match asked.joins.stamp(&shown.form.name, JoinStamp::Form, now()) {
        Ok(stamp) => stamp,
        Err(problem) => return respond::failed("making a stamp", &problem),
    };
    let view = FormView::new(shown, typed, words, stamp);
    let page = FormPage { brand: asked.brand(words), frame: asked.frame(words), view };
    asked.leading_on(respond::page(status, &page), &shown.form)
}

/// Takes what was typed.
pub(crate) async fn send(
    asked: JoinRequest,
    form: Result<Form<Vec<(String, String)>>, FormRejection>,
) -> Response {
    let shown = match open_form(&asked).await {
        Ok(shown) => shown,
        Err(answer) => return answer,
    };
    let mut fields = form.map(|Form(fields)| fields).unwrap_or_default();
    fields.truncate(MOST_FIELDS);
    fields.retain(|(_, value)| !value.contains('\0'));
    let typed = typed(&fields);
    let words = asked.words(Some(&shown.form));
    let sender = asked.sender_of(words);
    let done = asked.joins.join(&shown, &typed, sender, now()).await;
    match asked.wants_json() {
        true => {
            let answer = told_script(&asked, &shown, done);
            json_answer::shared(&asked, &shown.form, answer)
        }
        false => told(&asked, &shown, (&typed, fields), done),
    }
}

fn typed(fields: &[(String, String)]) -> TypedJoin {
    let mut typed = TypedJoin::default();
    for (name, value) in fields {
        let value = value.clone();
        match name.as_str() {
            "address" => typed.address = value.chars().take(300).collect(),
            "topic" => typed.topics.push(value),
            "birth.month" => typed.birth_month = value,
            "birth.year" => typed.birth_year = value,
            "website" => typed.trap = value,
            "stamp" => typed.stamp = value,
            "proof" => typed.proof = value,
            other => {
                if let Some(name) = other.strip_prefix("attribute.") {
                    typed.values.insert(name.to_owned(), value);
                }
            }
        }
    }
    typed
}

fn told_script(
    asked: &JoinRequest,
    shown: &ShownForm,
    done: Result<JoinAnswer, JoinRefusal>,
) -> Response {
    match done {
        Ok(JoinAnswer::Sent) => json_answer::state(StatusCode::OK, "sent"),
        Ok(JoinAnswer::Child) => json_answer::state(StatusCode::OK, "refused"),
        Err(JoinRefusal::Problems(problems)) => json_answer::problems(&problems),
        Err(JoinRefusal::Press) => {
            match asked.joins.stamp(&shown.form.name, JoinStamp::Form, now()) {
                Ok(stamp) => json_answer::stamped(StatusCode::CONFLICT, "unproved", &stamp),
                Err(problem) => respond::failed("making a stamp", &problem),
            }
        }
        Err(JoinRefusal::TooMany(wait)) => json_answer::wait(wait.as_secs()),
        Err(JoinRefusal::Later) => json_answer::state(StatusCode::SERVICE_UNAVAILABLE, "later"),
    }
}

fn told(
    asked: &JoinRequest,
    shown: &ShownForm,
    (typed, fields): (&TypedJoin, Vec<(String, String)>),
    done: Result<JoinAnswer, JoinRefusal>,
) -> Response {
    let words = asked.words(Some(&shown.form));
    match done {
        Ok(JoinAnswer::Sent) => sent(asked, shown, words),
        Ok(JoinAnswer::Child) => {
            let title = words.text("join-child-title");
            asked.notice(StatusCode::OK, words, title, vec![words.text("join-child-text")])
        }
        Err(JoinRefusal::Problems(problems)) => {
            form_page(asked, shown, StatusCode::UNPROCESSABLE_ENTITY, (typed, &problems))
        }
        Err(JoinRefusal::Press) => press(asked, shown, fields, words),
        Err(JoinRefusal::TooMany(wait)) => {
            let minutes = wait.as_secs().div_ceil(60).max(1).to_string();
            let lines = vec![words.with("join-limited-text", "minutes", &minutes)];
            let title = words.text("later-title");
            let mut page = asked.notice(StatusCode::TOO_MANY_REQUESTS, words, title, lines);
            if let Ok(seconds) = HeaderValue::try_from(wait.as_secs().max(1).to_string()) {
                page.headers_mut().insert(RETRY_AFTER, seconds);
            }
            page
        }
        Err(JoinRefusal::Later) => asked.later(words),
    }
}

/// The same whoever has typed which address.
fn sent(asked: &JoinRequest, shown: &ShownForm, words: RecipientWords) -> Response {
    let to = shown.form.redirect.as_deref().and_then(|to| HeaderValue::try_from(to).ok());
    if let Some(to) = to {
        return (StatusCode::SEE_OTHER, [(LOCATION, to)]).into_response();
    }
    let day: String = asked.joins.ends_at(now()).rfc3339().chars().take(10).collect();
    let values = [("organisation", asked.sender.organisation.as_str()), ("date", &*day)];
    let lines = vec![words.filled("join-sent-text", &values), words.text("join-sent-hint")];
    asked.notice(StatusCode::OK, words, words.text("sent-title"), lines)
}

/// Shows what was typed again, unseen, behind a button.
fn press(
    asked: &JoinRequest,
    shown: &ShownForm,
    fields: Vec<(String, String)>,
    words: RecipientWords,
) -> Response {
    let stamp = match asked.joins.stamp(&shown.form.name, JoinStamp::Button, now()) {
        Ok(stamp) => stamp,
        Err(problem) => return respond::failed("making a stamp", &problem),
    };
    let is_typed = |name: &str| {
        ["address", "topic", "birth.month", "birth.year", "website"].contains(&name)
            || name.starts_with("attribute.")
    };
    let page = PressPage {
        brand: asked.brand(words),
        frame: asked.frame(words),
        name: &shown.form.name,
        fields: fields.into_iter().filter(|(name, _)| is_typed(name)).collect(),
        stamp,
    };
    asked.leading_on(respond::page(StatusCode::OK, &page), &shown.form)
}
