//! A new announcement, and the end of one.

use askama::Template;
use axum::extract::{Path, State};
use axum::http::StatusCode;
use axum::response::{IntoResponse as _, Redirect, Response};
use model::AnnouncementId;

use crate::admin::announcements::{LIST, no_announcement, page, path};
use crate::admin::page::calls::call;
use crate::admin::page::form::{Form, FormProblem, new_key};
use crate::admin::page::message::Message;
use crate::admin::page::refused::Refused;
use crate::admin::page::visitor::Admitted;
use crate::admin::parts::{AdminFrame, AdminParts};
use crate::listen::respond;

#[derive(Template)]
#[template(path = "admin/announcement_new.html")]
struct NewAnnouncementPage {
    frame: AdminFrame,
    key: String,
    name: String,
    problem: Option<FormProblem>,
}

pub(crate) async fn show(admitted: Admitted) -> Response {
    asked(&admitted, "", StatusCode::OK, None)
}

fn asked(
    admitted: &Admitted,
    name: &str,
    status: StatusCode,
    problem: Option<FormProblem>,
) -> Response {
    let key = match new_key() {
        Ok(key) => key,
        Err(problem) => return problem.page(&admitted.visitor),
    };
    let frame = admitted.frame("announcements").below(LIST, "Announcements");
    respond::page(status, &NewAnnouncementPage { frame, key, name: name.to_owned(), problem })
}

/// Makes one whose text is still to be written, and leads to that.
pub(crate) async fn make(
    admitted: Admitted,
    State(parts): State<AdminParts>,
    form: Form,
) -> Response {
    let made = async {
        let call = call(&admitted, &form)?;
        let name = form.trimmed("name");
        Ok(actions::announcement_begin(&parts.resources, &call, name).await?)
    };
    match made.await {
        Ok(id) => Redirect::to(&format!("{}/write", path(id))).into_response(),
        Err(Refused::DoneBefore) => admitted.visitor.done(LIST, Message::DoneBefore),
        Err(Refused::Form(status, problem)) => {
            asked(&admitted, form.text("name"), status, Some(problem))
        }
        Err(Refused::Page(problem)) => problem.page(&admitted.visitor),
    }
}

/// Deletes an announcement with all versions.
pub(crate) async fn delete(
    admitted: Admitted,
    State(parts): State<AdminParts>,
    Path(id): Path<String>,
    form: Form,
) -> Response {
    let Ok(number) = id.parse::<AnnouncementId>() else {
        return no_announcement().page(&admitted.visitor);
    };
    let done = async {
        let call = call(&admitted, &form)?;
        actions::announcement_delete(&parts.resources, &call, number).await?;
        Ok(Message::AnnouncementDeleted)
    };
    match done.await {
        Ok(message) => admitted.visitor.done(LIST, message),
        Err(Refused::DoneBefore) => admitted.visitor.done(LIST, Message::DoneBefore),
        Err(Refused::Form(status, problem)) => {
            page(&admitted, &parts, &id, status, Some(problem)).await
        }
        Err(Refused::Page(problem)) => problem.page(&admitted.visitor),
    }
}
