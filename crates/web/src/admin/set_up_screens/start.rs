//! The last screen: sample data or one's own contacts, and to the campaigns.

use actions::SetUpStep;
use askama::Template;
use axum::extract::State;
use axum::http::StatusCode;
use axum::response::Response;
use store::SampleData;

use super::{StepLink, way};
use crate::admin::page::calls::call;
use crate::admin::page::form::{Form, FormProblem, new_key};
use crate::admin::page::message::Message;
use crate::admin::page::problem::PageProblem;
use crate::admin::page::refused::Refused;
use crate::admin::page::visitor::Admitted;
use crate::admin::parts::{AdminFrame, AdminParts};
use crate::listen::respond;

#[derive(Template)]
#[template(path = "admin/set_up_start.html")]
struct StartPage {
    frame: AdminFrame,
    way: Vec<StepLink>,
    key: String,
    sample: SampleData,
    /// Whether anything was ever sent from here: then there is no place for sample data.
    has_started: bool,
    problem: Option<FormProblem>,
}

pub(crate) async fn show(admitted: Admitted, State(parts): State<AdminParts>) -> Response {
    page(&admitted, &parts, StatusCode::OK, None).await
}

async fn page(
    admitted: &Admitted,
    parts: &AdminParts,
    status: StatusCode,
    problem: Option<FormProblem>,
) -> Response {
    let failed = || PageProblem::failed("looking for sample data");
    let made = async {
        let started = parts.resources.store.campaigns_started().await;
        Ok(StartPage {
            frame: admitted.frame(""),
            way: way(parts, 4).await?,
            key: new_key()?,
            sample: actions::sample_find(&parts.resources).await.map_err(failed())?,
            has_started: started.map_err(PageProblem::failed("looking at campaigns"))?,
            problem,
        })
    };
    match made.await {
        Ok(page) => respond::page(status, &page),
        Err(problem) => PageProblem::page(problem, &admitted.visitor),
    }
}

pub(crate) async fn add_sample(
    admitted: Admitted,
    State(parts): State<AdminParts>,
    form: Form,
) -> Response {
    let done = async {
        let call = call(&admitted, &form)?;
        actions::sample_add(&parts.resources, &call).await?;
        Ok(Message::SampleAdded)
    };
    answer(&admitted, &parts, done.await).await
}

pub(crate) async fn remove_sample(
    admitted: Admitted,
    State(parts): State<AdminParts>,
    form: Form,
) -> Response {
    let done = async {
        let call = call(&admitted, &form)?;
        actions::sample_remove(&parts.resources, &call).await?;
        Ok(Message::SampleRemoved)
    };
    answer(&admitted, &parts, done.await).await
}

async fn answer(
    admitted: &Admitted,
    parts: &AdminParts,
    done: Result<Message, Refused>,
) -> Response {
    parts.forget_topics();
    match done {
        Ok(message) => admitted.visitor.done(super::START, message),
        Err(Refused::DoneBefore) => admitted.visitor.done(super::START, Message::DoneBefore),
        Err(Refused::Form(status, problem)) => page(admitted, parts, status, Some(problem)).await,
        Err(Refused::Page(problem)) => problem.page(&admitted.visitor),
    }
}

/// To the campaigns.
pub(crate) async fn finish(
    admitted: Admitted,
    State(parts): State<AdminParts>,
    form: Form,
) -> Response {
    let lead = (super::CAMPAIGNS, Message::SetUpStarted);
    super::done(&admitted, &parts, &form, SetUpStep::Start, lead).await
}
