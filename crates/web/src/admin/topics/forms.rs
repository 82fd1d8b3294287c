//! Adding and renaming a topic, opening and closing its archive.

use askama::Template;
use axum::extract::{Path, State};
use axum::http::StatusCode;
use axum::response::Response;
use campaign::ArchiveAddresses;
use store::Topic;

use crate::admin::page::calls::call;
use crate::admin::page::choice::{Choice, all_topics};
use crate::admin::page::form::{Form, FormProblem, new_key};
use crate::admin::page::message::Message;
use crate::admin::page::problem::PageProblem;
use crate::admin::page::refused::{Refused, wrong};
use crate::admin::page::tracking_choice::{chosen_limit, limits};
use crate::admin::page::visitor::Admitted;
use crate::admin::parts::{AdminFrame, AdminParts};
use crate::listen::respond;

/// Longer names are a mistake; they stand in every message.
const LONGEST_NAME: usize = 120;

#[derive(Template)]
#[template(path = "admin/topic_new.html")]
struct NewTopicPage {
    frame: AdminFrame,
    key: String,
    slug: String,
    name: String,
    problem: Option<FormProblem>,
}

#[derive(Template)]
#[template(path = "admin/topic.html")]
struct TopicPage {
    frame: AdminFrame,
    key: String,
    topic: Topic,
    /// As typed.
    name: String,
    /// Where everybody may read what was sent to it, when that is open.
    address: String,
    tracking: Vec<Choice>,
    problem: Option<FormProblem>,
}

pub(crate) async fn show_new(admitted: Admitted) -> Response {
    new_page(&admitted, None, StatusCode::OK, None)
}

fn new_page(
    admitted: &Admitted,
    typed: Option<&Form>,
    status: StatusCode,
    problem: Option<FormProblem>,
) -> Response {
    let text = |name| typed.map(|form| form.text(name).to_owned()).unwrap_or_default();
    let key = match new_key() {
        Ok(key) => key,
        Err(problem) => return problem.page(&admitted.visitor),
    };
    let frame = admitted.frame("topics").below("/admin/topics", "Topics");
    let page = NewTopicPage { frame, key, slug: text("slug"), name: text("name"), problem };
    respond::page(status, &page)
}

pub(crate) async fn add(
    admitted: Admitted,
    State(parts): State<AdminParts>,
    form: Form,
) -> Response {
    let done = async {
        let slug = form.trimmed("slug");
        if all_topics(&parts).await?.iter().any(|topic| topic.slug == slug) {
            return Err(wrong("slug", "there is already a topic with this short name"));
        }
        let (name, call) = (name_of(&form)?, call(&admitted, &form)?);
        actions::topic_set(&parts.resources, &call, slug, name).await?;
        parts.forget_topics();
        Ok(())
    };
    match done.await {
        Ok(()) => admitted.visitor.done("/admin/topics", Message::TopicAdded),
        Err(Refused::DoneBefore) => admitted.visitor.done("/admin/topics", Message::DoneBefore),
        Err(Refused::Form(status, problem)) => {
            new_page(&admitted, Some(&form), status, Some(problem))
        }
        Err(Refused::Page(problem)) => problem.page(&admitted.visitor),
    }
}

fn name_of(form: &Form) -> Result<&str, Refused> {
    match form.trimmed("name") {
        name if name.chars().count() > LONGEST_NAME => {
            Err(wrong("name", format!("the name is longer than {LONGEST_NAME} characters")))
        }
        name if name.chars().any(char::is_control) => {
            Err(wrong("name", "the name should be one line of text"))
        }
        name => Ok(name),
    }
}

pub(crate) async fn show(
    admitted: Admitted,
    State(parts): State<AdminParts>,
    Path(slug): Path<String>,
) -> Response {
    page(&admitted, &parts, &slug, None, StatusCode::OK, None).await
}

async fn page(
    admitted: &Admitted,
    parts: &AdminParts,
    slug: &str,
    typed: Option<&str>,
    status: StatusCode,
    problem: Option<FormProblem>,
) -> Response {
    let made = async {
        let topic = topic_of(parts, slug).await?;
        let tracking = audience::topics_tracking(&parts.resources.store).await;
        let tracking = tracking.map_err(PageProblem::failed("showing a topic"))?;
        let tracking = tracking.get(&topic.id).copied();
        let web = &parts.resources.sender().web_url;
        Ok(TopicPage {
            frame: admitted.frame("topics").below("/admin/topics", "Topics"),
            key: new_key()?,
            name: typed.unwrap_or(&topic.name).to_owned(),
            address: ArchiveAddresses::new(web, &topic.slug, 0).topic,
            tracking: limits(tracking, "What holds for everybody"),
            topic,
            problem,
        })
    };
    match made.await {
        Ok(page) => respond::page(status, &page),
        Err(problem) => PageProblem::page(problem, &admitted.visitor),
    }
}

/// As it is now: what was just done must show.
pub(crate) async fn topic_of(parts: &AdminParts, slug: &str) -> Result<Topic, PageProblem> {
    let found = actions::reach::topic(&parts.resources.store, slug).await;
    found.map(|(topic, _)| topic).map_err(|why| match why.kind {
        actions::RefusalKind::NotFound => PageProblem::no_topic(),
        _ => PageProblem::failed("looking a topic up")(why),
    })
}

pub(crate) async fn rename(
    admitted: Admitted,
    State(parts): State<AdminParts>,
    Path(slug): Path<String>,
    form: Form,
) -> Response {
    let done = async {
        let topic = topic_of(&parts, &slug).await?;
        let (name, call) = (name_of(&form)?, call(&admitted, &form)?);
        actions::topic_set(&parts.resources, &call, &topic.slug, name).await?;
        Ok((topic, Message::TopicRenamed))
    };
    let typed = Some(form.text("name"));
    answer(&admitted, &parts, &slug, typed, done.await).await
}

pub(crate) async fn set_archive(
    admitted: Admitted,
    State(parts): State<AdminParts>,
    Path(slug): Path<String>,
    form: Form,
) -> Response {
    let done = async {
        let topic = topic_of(&parts, &slug).await?;
        let (open, message) = match form.text("archive") {
            "open" => (true, Message::ArchiveOpened),
            "closed" => (false, Message::ArchiveClosed),
            _ => return Err(wrong("archive", "the archive is either open or closed")),
        };
        let call = call(&admitted, &form)?;
        actions::topic_archive(&parts.resources, &call, &topic.slug, open).await?;
        Ok((topic, message))
    };
    answer(&admitted, &parts, &slug, None, done.await).await
}

pub(crate) async fn set_tracking(
    admitted: Admitted,
    State(parts): State<AdminParts>,
    Path(slug): Path<String>,
    form: Form,
) -> Response {
    let done = async {
        let topic = topic_of(&parts, &slug).await?;
        let (mode, call) = (chosen_limit(&form)?, call(&admitted, &form)?);
        actions::topic_tracking_set(&parts.resources, &call, &topic.slug, mode).await?;
        Ok((topic, Message::TrackingSet))
    };
    answer(&admitted, &parts, &slug, None, done.await).await
}

async fn answer(
    admitted: &Admitted,
    parts: &AdminParts,
    slug: &str,
    typed: Option<&str>,
    done: Result<(Topic, Message), Refused>,
) -> Response {
    match done {
        Ok((topic, message)) => {
            parts.forget_topics();
            admitted.visitor.done(&format!("/admin/topics/{}", topic.slug), message)
        }
        Err(Refused::DoneBefore) => admitted.visitor.done("/admin/topics", Message::DoneBefore),
        Err(Refused::Form(status, problem)) => {
            page(admitted, parts, slug, typed, status, Some(problem)).await
        }
        Err(Refused::Page(problem)) => problem.page(&admitted.visitor),
    }
}
