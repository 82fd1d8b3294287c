//! Taking in a list of people who are to be erased, as a file or as text.
//!
//! Invariants: as for the file of an import; what is taken in is counted at once, and nobody is erased.

use actions::{Upload, erasure_begin, erasure_start, job_stop};
use askama::Template;
use audience::ErasureSpec;
use axum::extract::State;
use axum::extract::multipart::MultipartRejection;
use axum::http::{HeaderMap, StatusCode};
use axum::response::Response;
use model::JobId;

use crate::admin::imports::upload::{TOO_LARGE, broken, is_too_large, received};
use crate::admin::page::calls::looking;
use crate::admin::page::form::FormProblem;
use crate::admin::page::message::Message;
use crate::admin::page::refused::{Refused, wrong};
use crate::admin::page::visitor::Admitted;
use crate::admin::parts::{AdminFrame, AdminParts};
use crate::listen::respond;
use crate::listen::upload_form::{UploadField, UploadForm};

use super::{PATH, frame};

/// Bytes of a column's name.
const NAME_BYTES: usize = 400;
/// Bytes of a list that is pasted; a longer one is a file.
const PASTED_BYTES: usize = 1 << 20;

#[derive(Template)]
#[template(path = "admin/erasure_new.html")]
struct NewErasurePage {
    frame: AdminFrame,
    typed: TypedList,
    problem: Option<FormProblem>,
}

/// What came before the file.
#[derive(Debug, Default)]
struct TypedList {
    column: String,
    list: String,
}

pub(crate) async fn show(admitted: Admitted) -> Response {
    page(&admitted, StatusCode::OK, TypedList::default(), None)
}

fn page(
    admitted: &Admitted,
    status: StatusCode,
    typed: TypedList,
    problem: Option<FormProblem>,
) -> Response {
    respond::page(status, &NewErasurePage { frame: frame(admitted), typed, problem })
}

pub(crate) async fn upload(
    admitted: Admitted,
    State(parts): State<AdminParts>,
    headers: HeaderMap,
    form: Result<UploadForm, MultipartRejection>,
) -> Response {
    let mut typed = TypedList::default();
    let taken = match form {
        _ if is_too_large(&headers) => Err(wrong("file", TOO_LARGE)),
        Ok(form) => counted(&admitted, &parts, form, &mut typed).await,
        Err(_) => Err(wrong("list", "paste a list or choose a file")),
    };
    match taken {
        Ok(id) => admitted.visitor.done(&format!("{PATH}/{id}"), Message::ErasureCounted),
        Err(Refused::Form(status, problem)) => page(&admitted, status, typed, Some(problem)),
        Err(Refused::DoneBefore) => admitted.visitor.done("/admin/contacts", Message::DoneBefore),
        Err(Refused::Page(problem)) => problem.page(&admitted.visitor),
    }
}

/// Takes the list in and lets a server count what erasing it would do.
async fn counted(
    admitted: &Admitted,
    parts: &AdminParts,
    form: UploadForm,
    typed: &mut TypedList,
) -> Result<JobId, Refused> {
    let id = taken(admitted, parts, form, typed).await?;
    let column = Some(typed.column.trim().to_owned()).filter(|column| !column.is_empty());
    let spec = ErasureSpec { rehearsal: true, contacts_at_most: None, column };
    let (resources, call) = (&parts.resources, looking(admitted));
    if let Err(refusal) = erasure_start(resources, &call, id, spec).await {
        job_stop(resources, &call, id).await?;
        return Err(refusal.into());
    }
    Ok(id)
}

/// The file comes last, as in our form.
async fn taken(
    admitted: &Admitted,
    parts: &AdminParts,
    mut form: UploadForm,
    typed: &mut TypedList,
) -> Result<JobId, Refused> {
    while let Some(field) = form.next_field().await.map_err(broken)? {
        match field.name() {
            "column" => typed.column = text(field, NAME_BYTES, "column").await?,
            "list" => typed.list = text(field, PASTED_BYTES, "list").await?,
            "file" if !field.file_name().is_empty() => {
                if !typed.list.trim().is_empty() {
                    return Err(wrong("list", "paste a list or choose a file, not both"));
                }
                let name = field.file_name().to_owned();
                return received(admitted, begun(admitted, parts, &name).await?, field).await;
            }
            _ => {
                text(field, NAME_BYTES, "").await?;
            }
        }
    }
    if typed.list.trim().is_empty() {
        return Err(wrong("list", "paste a list or choose a file"));
    }
    let mut upload = begun(admitted, parts, "a pasted list").await?;
    upload.write(&looking(admitted), typed.list.as_bytes()).await?;
    Ok(upload.finish(&looking(admitted)).await?)
}

async fn begun(admitted: &Admitted, parts: &AdminParts, name: &str) -> Result<Upload, Refused> {
    Ok(erasure_begin(&parts.resources, &looking(admitted), name).await?)
}

async fn text(
    field: UploadField<'_>,
    most_bytes: usize,
    name: &'static str,
) -> Result<String, Refused> {
    let Some(bytes) = field.bytes(most_bytes).await.map_err(broken)? else {
        return Err(match name {
            "list" => wrong(name, "this is more than 1 MiB: save it as a file and choose that"),
            _ => wrong(name, "this is too long"),
        });
    };
    String::from_utf8(bytes).map_err(|_| wrong(name, "this is not UTF-8"))
}
