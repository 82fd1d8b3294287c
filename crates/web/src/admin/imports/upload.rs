//! Uploading a file of contacts.
//!
//! Invariant: memory holds one part of the file, however large it is; what is too large is refused
//! when that is known, and a file that did not come whole is never imported.

use actions::{ImportFor, UPLOAD_BYTES, Upload};
use askama::Template;
use axum::extract::State;
use axum::extract::multipart::{MultipartError, MultipartRejection};
use axum::http::HeaderMap;
use axum::http::StatusCode;
use axum::http::header::CONTENT_LENGTH;
use axum::response::Response;
use model::{JobId, TopicScope};

use crate::admin::page::calls::looking;
use crate::admin::page::choice::{Choice, all_topics, topic_choice};
use crate::admin::page::form::FormProblem;
use crate::admin::page::message::Message;
use crate::admin::page::problem::PageProblem;
use crate::admin::page::refused::{Refused, wrong};
use crate::admin::page::visitor::Admitted;
use crate::admin::parts::{AdminFrame, AdminParts};
use crate::listen::respond;
use crate::listen::upload_form::{UploadField, UploadForm};

use super::{PATH, frame};

pub(crate) const TOO_LARGE: &str = "the file has more than 1 GiB; split it";
/// Bytes of a field that is no file.
const FIELD_BYTES: usize = 200;
/// Bytes of a form that are not its file.
const FORM_BYTES: u64 = 64 << 10;

#[derive(Template)]
#[template(path = "admin/import_new.html")]
struct NewImportPage {
    frame: AdminFrame,
    topics: Vec<Choice>,
    /// Otherwise a topic has to be chosen.
    beyond_topics: bool,
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
    let made = async {
        let scope = admitted.topics();
        let topics = all_topics(parts).await?;
        let own = topics.iter().filter(|topic| scope.contains(topic.id));
        Ok(NewImportPage {
            frame: frame(admitted).below(PATH, "Imports"),
            topics: own.map(|topic| topic_choice(topic, false)).collect(),
            beyond_topics: scope == TopicScope::All,
            problem,
        })
    };
    match made.await {
        Ok(page) => respond::page(status, &page),
        Err(problem) => PageProblem::page(problem, &admitted.visitor),
    }
}

pub(crate) async fn upload(
    admitted: Admitted,
    State(parts): State<AdminParts>,
    headers: HeaderMap,
    form: Result<UploadForm, MultipartRejection>,
) -> Response {
    let taken = match form {
        _ if is_too_large(&headers) => Err(wrong("file", TOO_LARGE)),
        Ok(form) => uploaded(&admitted, &parts, form).await,
        Err(_) => Err(wrong("file", "choose a file")),
    };
    match taken {
        Ok(id) => admitted.visitor.done(&format!("{PATH}/{id}"), Message::FileUploaded),
        Err(Refused::Form(status, problem)) => page(&admitted, &parts, status, Some(problem)).await,
        Err(Refused::DoneBefore) => admitted.visitor.done(PATH, Message::DoneBefore),
        Err(Refused::Page(problem)) => problem.page(&admitted.visitor),
    }
}

/// What is announced to be too large is not read at all.
pub(crate) fn is_too_large(headers: &HeaderMap) -> bool {
    let length = headers.get(CONTENT_LENGTH).and_then(|it| it.to_str().ok()?.parse::<u64>().ok());
    length.is_some_and(|bytes| bytes > UPLOAD_BYTES + FORM_BYTES)
}

/// Topic or campaign come before the file, as in our forms.
async fn uploaded(
    admitted: &Admitted,
    parts: &AdminParts,
    mut form: UploadForm,
) -> Result<JobId, Refused> {
    let (mut topic, mut campaign) = (String::new(), String::new());
    while let Some(field) = form.next_field().await.map_err(broken)? {
        match field.name() {
            "topic" => topic = text(field).await?,
            "campaign" => campaign = text(field).await?,
            "file" => {
                let name = field.file_name().to_owned();
                let whom = match campaign.trim() {
                    "" => ImportFor::Topic(Some(topic.as_str()).filter(|slug| !slug.is_empty())),
                    number => ImportFor::Campaign(
                        number.parse().map_err(|_| wrong("", "there is no such campaign"))?,
                    ),
                };
                let call = looking(admitted);
                let upload = actions::import_begin(&parts.resources, &call, &name, whom).await?;
                return received(admitted, upload, field).await;
            }
            _ => {
                text(field).await?;
            }
        }
    }
    Err(wrong("file", "choose a file"))
}

pub(crate) async fn received(
    admitted: &Admitted,
    mut upload: Upload,
    mut field: UploadField<'_>,
) -> Result<JobId, Refused> {
    loop {
        // A time of its own each: nothing is written in the name of the past.
        match field.chunk().await {
            Ok(Some(bytes)) => {
                if let Err(refusal) = upload.write(&looking(admitted), &bytes).await {
                    upload.abandon(&looking(admitted)).await?;
                    return Err(refusal.into());
                }
            }
            Ok(None) => return Ok(upload.finish(&looking(admitted)).await?),
            Err(problem) => {
                upload.abandon(&looking(admitted)).await?;
                return Err(broken(problem));
            }
        }
    }
}

async fn text(field: UploadField<'_>) -> Result<String, Refused> {
    let bytes = field.bytes(FIELD_BYTES).await.map_err(broken)?;
    let text = bytes.and_then(|bytes| String::from_utf8(bytes).ok());
    text.ok_or_else(|| wrong("", "this form was not one of ours"))
}

#[expect(clippy::needless_pass_by_value, reason = "an error is taken over")]
pub(crate) fn broken(problem: MultipartError) -> Refused {
    tracing::debug!(%problem, "an upload broke off");
    wrong("file", "the file did not come whole; try again")
}
