//! Asking a topic's subscribers whether they still want it: how many that are, and how far it is.

use actions::ReconfirmationWish;
use askama::Template;
use axum::extract::{Path, State};
use axum::http::StatusCode;
use axum::response::Response;
use report::number_text::thousands;
use store::{Reconfirmation, Topic};

use crate::admin::page::calls::{call, looking};
use crate::admin::page::form::{Form, FormProblem, new_key};
use crate::admin::page::message::Message;
use crate::admin::page::problem::PageProblem;
use crate::admin::page::refused::{Refused, wrong};
use crate::admin::page::visitor::Admitted;
use crate::admin::parts::{AdminFrame, AdminParts};
use crate::admin::topics::forms::topic_of;
use crate::listen::respond;

#[derive(Template)]
#[template(path = "admin/topic_reconfirm.html")]
struct ReconfirmPage {
    frame: AdminFrame,
    key: String,
    topic: Topic,
    /// The newest one: what it is called, and how many.
    figures: Vec<(&'static str, String)>,
    state: Option<&'static str>,
    is_open: bool,
    /// As typed.
    before: String,
    within_days: String,
    per_minute: String,
    /// How many would be asked, when that was counted.
    would_ask: Option<String>,
    problem: Option<FormProblem>,
}

/// What is shown beside the newest one.
#[derive(Default)]
struct ShownReconfirmation<'a> {
    typed: Option<&'a Form>,
    would_ask: Option<i64>,
    problem: Option<FormProblem>,
    status: StatusCode,
}

pub(crate) async fn show(
    admitted: Admitted,
    State(parts): State<AdminParts>,
    Path(slug): Path<String>,
) -> Response {
    page(&admitted, &parts, &slug, ShownReconfirmation::default()).await
}

async fn page(
    admitted: &Admitted,
    parts: &AdminParts,
    slug: &str,
    shown: ShownReconfirmation<'_>,
) -> Response {
    let made = async {
        let topic = topic_of(parts, slug).await?;
        let found =
            actions::reconfirmation(&parts.resources, &looking(admitted), &topic.slug).await;
        let found = found.map_err(PageProblem::failed("looking who was asked again"))?;
        let text =
            |name: &str, usual: &str| shown.typed.map_or(usual, |form| form.text(name)).to_owned();
        let path = format!("/admin/topics/{}", topic.slug);
        Ok(ReconfirmPage {
            frame: admitted.frame("topics").below(&path, &topic.name),
            key: new_key()?,
            figures: found.as_ref().map(figures).unwrap_or_default(),
            state: found.as_ref().map(|it| it.state.as_str()),
            is_open: found.is_some_and(|it| it.state.is_open()),
            before: text("before", ""),
            within_days: text("within_days", "30"),
            per_minute: text("per_minute", "60"),
            would_ask: shown.would_ask.map(thousands),
            topic,
            problem: shown.problem,
        })
    };
    match made.await {
        Ok(page) => respond::page(shown.status, &page),
        Err(problem) => PageProblem::page(problem, &admitted.visitor),
    }
}

fn figures(it: &Reconfirmation) -> Vec<(&'static str, String)> {
    [
        ("To be mailed", it.to_mail),
        ("Asked, and still to confirm", it.asked),
        ("Confirmed", it.confirmed),
        ("Not confirmed in time: get it no more", it.stopped),
        ("Not mailed or not stopped: refused, left, or agreed anew", it.not_mailed),
    ]
    .map(|(name, people)| (name, thousands(people)))
    .to_vec()
}

/// What a form was answered with.
enum Answered {
    Done(Message),
    Counted(i64),
}

pub(crate) async fn act(
    admitted: Admitted,
    State(parts): State<AdminParts>,
    Path(slug): Path<String>,
    form: Form,
) -> Response {
    let done = async {
        let topic = topic_of(&parts, &slug).await?;
        let (resources, slug) = (&parts.resources, topic.slug.as_str());
        match form.text("act") {
            "count" => {
                let wish = wish(&form)?;
                let call = looking(&admitted);
                let people = actions::reconfirmation_preview(resources, &call, slug, &wish).await?;
                Ok(Answered::Counted(people))
            }
            "ask" => {
                let (wish, call) = (wish(&form)?, call(&admitted, &form)?);
                actions::reconfirmation_begin(resources, &call, slug, &wish).await?;
                Ok(Answered::Done(Message::ReconfirmationBegun))
            }
            "cancel" => {
                let call = call(&admitted, &form)?;
                actions::reconfirmation_cancel(resources, &call, slug).await?;
                Ok(Answered::Done(Message::ReconfirmationCancelled))
            }
            _ => Err(wrong("before", "say by a button what is to be done")),
        }
    };
    let path = format!("/admin/topics/{slug}/reconfirm");
    match done.await {
        Ok(Answered::Done(message)) => admitted.visitor.done(&path, message),
        Ok(Answered::Counted(people)) => {
            let typed = Some(&form);
            let shown = ShownReconfirmation {
                typed,
                would_ask: Some(people),
                ..ShownReconfirmation::default()
            };
            page(&admitted, &parts, &slug, shown).await
        }
        Err(Refused::DoneBefore) => admitted.visitor.done(&path, Message::DoneBefore),
        Err(Refused::Form(status, problem)) => {
            let (typed, problem) = (Some(&form), Some(problem));
            page(
                &admitted,
                &parts,
                &slug,
                ShownReconfirmation { typed, problem, status, would_ask: None },
            )
            .await
        }
        Err(Refused::Page(problem)) => problem.page(&admitted.visitor),
    }
}

fn wish(form: &Form) -> Result<ReconfirmationWish, Refused> {
    let number = |name: &'static str| {
        form.text(name).trim().parse().map(Some).map_err(|_| wrong(name, "type a number"))
    };
    Ok(ReconfirmationWish {
        before: form.text("before").to_owned(),
        within_days: number("within_days")?,
        per_minute: number("per_minute")?,
    })
}
