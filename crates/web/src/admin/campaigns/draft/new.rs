//! A new campaign, and the topic that it goes to.

use askama::Template;
use axum::extract::{Path, State};
use axum::http::{HeaderMap, StatusCode};
use axum::response::{IntoResponse as _, Redirect, Response};
use model::CampaignNumber;

use crate::admin::campaigns::draft::{page, path};
use crate::admin::page::calls::call;
use crate::admin::page::form::{Form, FormProblem, new_key};
use crate::admin::page::message::Message;
use crate::admin::page::problem::PageProblem;
use crate::admin::page::reader_zone::zone_of;
use crate::admin::page::refused::{Refused, wrong};
use crate::admin::page::visitor::Admitted;
use crate::admin::parts::{AdminFrame, AdminParts};
use crate::admin::text_editor::repeatable;
use crate::listen::respond;

/// Characters of a topic's slug that is made from its name.
const SLUG: usize = 40;

/// What is asked when there is no topic to send anything to.
#[derive(Template)]
#[template(path = "admin/draft_topic.html")]
struct FirstTopicPage {
    frame: AdminFrame,
    key: String,
    name: String,
    problem: Option<FormProblem>,
}

/// Makes a draft, and leads to its page.
pub(crate) async fn make(
    admitted: Admitted,
    State(parts): State<AdminParts>,
    form: Form,
) -> Response {
    match made(&admitted, &parts, &form).await {
        Ok(number) => Redirect::to(&path(number)).into_response(),
        Err(Refused::DoneBefore) => admitted.visitor.done("/admin/campaigns", Message::DoneBefore),
        Err(Refused::Form(_, problem)) if problem.field == "topic" => {
            first_topic(&admitted, &form, StatusCode::OK, None)
        }
        Err(Refused::Form(status, problem)) => first_topic(&admitted, &form, status, Some(problem)),
        Err(Refused::Page(problem)) => problem.page(&admitted.visitor),
    }
}

async fn made(
    admitted: &Admitted,
    parts: &AdminParts,
    form: &Form,
) -> Result<CampaignNumber, Refused> {
    let resources = &parts.resources;
    let named = match form.trimmed("name") {
        "" => None,
        name => {
            let slug = slug(name);
            if slug.is_empty() {
                return Err(wrong("name", "it should have a letter or a digit"));
            }
            actions::topic_set(resources, &repeatable(admitted), &slug, name).await?;
            parts.forget_topics();
            Some(slug)
        }
    };
    let call = call(admitted, form)?;
    let id = actions::campaign_new(resources, &call, named.as_deref()).await?;
    Ok(id.number())
}

/// `Release notices` is `release-notices`.
fn slug(name: &str) -> String {
    let plain = |c: char| if c.is_ascii_alphanumeric() { c.to_ascii_lowercase() } else { ' ' };
    let spaced: String = name.chars().map(plain).take(SLUG).collect();
    spaced.split_whitespace().collect::<Vec<_>>().join("-")
}

fn first_topic(
    admitted: &Admitted,
    form: &Form,
    status: StatusCode,
    problem: Option<FormProblem>,
) -> Response {
    let key = match new_key() {
        Ok(key) => key,
        Err(problem) => return problem.page(&admitted.visitor),
    };
    let frame = admitted.frame("campaigns").below("/admin/campaigns", "Campaigns");
    let page = FirstTopicPage { frame, key, name: form.text("name").to_owned(), problem };
    respond::page(status, &page)
}

/// Sends a draft to the subscribers of another topic.
pub(crate) async fn set_topic(
    admitted: Admitted,
    State(parts): State<AdminParts>,
    Path(number): Path<String>,
    headers: HeaderMap,
    form: Form,
) -> Response {
    let Ok(number) = number.parse::<CampaignNumber>() else {
        return PageProblem::no_campaign().page(&admitted.visitor);
    };
    let done = async {
        let call = call(&admitted, &form)?;
        actions::campaign_set_topic(&parts.resources, &call, number, form.text("topic")).await?;
        Ok(Message::CampaignTopicSet)
    };
    match done.await {
        Ok(message) => admitted.visitor.done(&path(number), message),
        Err(Refused::DoneBefore) => admitted.visitor.done(&path(number), Message::DoneBefore),
        Err(Refused::Form(status, problem)) => {
            page::again(&admitted, &parts, number, &zone_of(&headers), (status, problem)).await
        }
        Err(Refused::Page(problem)) => problem.page(&admitted.visitor),
    }
}

/// Sends a draft to segments of its topic's subscribers.
pub(crate) async fn set_audience(
    admitted: Admitted,
    State(parts): State<AdminParts>,
    Path(number): Path<String>,
    headers: HeaderMap,
    form: Form,
) -> Response {
    let Ok(number) = number.parse::<CampaignNumber>() else {
        return PageProblem::no_campaign().page(&admitted.visitor);
    };
    let done = async {
        let (call, resources) = (call(&admitted, &form)?, &parts.resources);
        let names = |field| form.all(field).map(str::to_owned).collect::<Vec<_>>();
        let (segments, except) = (names("segment"), names("except"));
        actions::campaign_audience_set(resources, &call, number, &segments, &except).await?;
        Ok(Message::CampaignAudienceSet)
    };
    match done.await {
        Ok(message) => admitted.visitor.done(&path(number), message),
        Err(Refused::DoneBefore) => admitted.visitor.done(&path(number), Message::DoneBefore),
        Err(Refused::Form(status, problem)) => {
            page::again(&admitted, &parts, number, &zone_of(&headers), (status, problem)).await
        }
        Err(Refused::Page(problem)) => problem.page(&admitted.visitor),
    }
}

/// Deletes a draft.
pub(crate) async fn delete(
    admitted: Admitted,
    State(parts): State<AdminParts>,
    Path(number): Path<String>,
    headers: HeaderMap,
    form: Form,
) -> Response {
    const DRAFTS: &str = "/admin/campaigns?tab=drafts";
    let Ok(number) = number.parse::<CampaignNumber>() else {
        return PageProblem::no_campaign().page(&admitted.visitor);
    };
    let done = async {
        let call = call(&admitted, &form)?;
        actions::campaign_delete(&parts.resources, &call, number).await?;
        Ok(Message::CampaignDeleted)
    };
    match done.await {
        Ok(message) => admitted.visitor.done(DRAFTS, message),
        Err(Refused::DoneBefore) => admitted.visitor.done(DRAFTS, Message::DoneBefore),
        Err(Refused::Form(status, problem)) => {
            page::again(&admitted, &parts, number, &zone_of(&headers), (status, problem)).await
        }
        Err(Refused::Page(problem)) => problem.page(&admitted.visitor),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_slug_is_made_from_what_a_name_has_of_letters_and_digits() {
        assert_eq!(slug("Release notices"), "release-notices");
        assert_eq!(slug("  Größe & 2.0! "), "gr-e-2-0");
        assert_eq!(slug("日本語"), "");
    }
}
