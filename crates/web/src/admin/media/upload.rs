//! Adding to the media library: several files by one form, each by itself.
//!
//! Invariants: one file is in memory at a time, and no more of it than may be taken in; one that can't
//! be used does not keep the others out, and is named with what is wrong.

use actions::{RefusalKind, media_add};
use axum::extract::State;
use axum::extract::multipart::{MultipartError, MultipartRejection};
use axum::http::StatusCode;
use axum::response::Response;
use media::{Add, FILE_BYTES};

use crate::admin::media::{AddedLine, PATH, library_page, record_path};
use crate::admin::page::form::{FormProblem, sentence};
use crate::admin::page::message::Message;
use crate::admin::page::refused::{Refused, wrong};
use crate::admin::page::visitor::Admitted;
use crate::admin::parts::AdminParts;
use crate::clock::now;
use crate::listen::upload_form::{UploadField, UploadForm};

/// Files of one form.
pub(crate) const FORM_FILES: usize = 3;
/// Bytes of a whole form.
pub(crate) const FORM_BYTES: usize = FORM_FILES * FILE_BYTES + (64 << 10);
/// Bytes of a field that is no file.
const FIELD_BYTES: usize = 2_000;

/// A file with what was typed about it.
#[derive(Default)]
struct FormFile {
    file_name: String,
    content: Vec<u8>,
    name: String,
    alt: String,
    replace: bool,
}

pub(crate) async fn add(
    admitted: Admitted,
    State(parts): State<AdminParts>,
    form: Result<UploadForm, MultipartRejection>,
) -> Response {
    let mut lines = Vec::new();
    let taken = match form {
        Ok(form) => taken(&admitted, &parts, form, &mut lines).await,
        Err(_) => Err(wrong("file", "choose a file")),
    };
    let (status, problem) = match taken {
        Ok(()) => match lines.as_slice() {
            [AddedLine { path: Some(path), words, .. }] if words.is_empty() => {
                return admitted.visitor.done(path, Message::MediaAdded);
            }
            // Something is to be said about one of them, which no other page would say.
            lines if lines.iter().all(|line| line.path.is_some()) => (StatusCode::OK, None),
            _ => (StatusCode::UNPROCESSABLE_ENTITY, None),
        },
        Err(Refused::Form(status, problem)) => (status, Some(problem)),
        Err(Refused::DoneBefore) => return admitted.visitor.done(PATH, Message::DoneBefore),
        Err(Refused::Page(problem)) => return problem.page(&admitted.visitor),
    };
    if problem.is_none() && lines.iter().all(|it| it.path.is_some() && it.words.is_empty()) {
        return admitted.visitor.done(PATH, Message::MediaAdded);
    }
    library_page(&admitted, &parts, status, (lines, problem)).await
}

async fn taken(
    admitted: &Admitted,
    parts: &AdminParts,
    mut form: UploadForm,
    lines: &mut Vec<AddedLine>,
) -> Result<(), Refused> {
    let mut next: Option<FormFile> = None;
    let mut files = 0;
    let _place = parts.resources.uploads.enter(FILE_BYTES)?;
    while let Some(field) = form.next_field().await.map_err(|it| broken(&it))? {
        match field.name() {
            "file" => {
                if let Some(done) = next.take() {
                    lines.push(added(admitted, parts, done).await?);
                }
                let file_name = field.file_name().to_owned();
                let content = bytes(field).await?;
                // A line of the form that was left empty.
                if file_name.is_empty() && content.is_empty() {
                    continue;
                }
                files += 1;
                if files > FORM_FILES {
                    return Err(wrong("file", format!("at most {FORM_FILES} files at a time")));
                }
                next = Some(FormFile { file_name, content, ..FormFile::default() });
            }
            name => {
                let name = name.to_owned();
                let text = text(field).await?;
                let Some(next) = &mut next else { continue };
                match name.as_str() {
                    "name" => next.name = text,
                    "alt" => next.alt = text,
                    "replace" => next.replace = text == "yes",
                    _ => {}
                }
            }
        }
    }
    if let Some(done) = next {
        lines.push(added(admitted, parts, done).await?);
    }
    match lines.is_empty() {
        true => Err(wrong("file", "choose a file")),
        false => Ok(()),
    }
}

/// Adds one; what is wrong with it becomes its line.
async fn added(
    admitted: &Admitted,
    parts: &AdminParts,
    file: FormFile,
) -> Result<AddedLine, Refused> {
    let shown = file.file_name.clone();
    let filled = |text: String| Some(text).filter(|text| !text.trim().is_empty());
    let add = Add {
        file_name: file.file_name,
        content: file.content,
        name: filled(file.name),
        alt: filled(file.alt),
        replace: file.replace,
    };
    // A time of its own each: nothing is written in the name of the past.
    let call = actions::Call::new(admitted.permit.actor().clone(), now());
    match media_add(&parts.resources, &call, add).await {
        Ok(added) => Ok(AddedLine {
            file: shown,
            path: Some(record_path(&added.record.name)),
            words: added.notes.iter().map(|note| sentence(note)).collect(),
        }),
        Err(refusal) => match refusal.kind {
            RefusalKind::Invalid | RefusalKind::Conflict => {
                Ok(AddedLine { file: shown, path: None, words: vec![sentence(&refusal.words)] })
            }
            _ => Err(refusal.into()),
        },
    }
}

/// One byte more than may be taken in, at most; the rest goes by.
async fn bytes(mut field: UploadField<'_>) -> Result<Vec<u8>, Refused> {
    let mut content = Vec::new();
    while let Some(more) = field.chunk().await.map_err(|it| broken(&it))? {
        let room = (FILE_BYTES + 1).saturating_sub(content.len());
        content.extend(more.iter().take(room));
    }
    Ok(content)
}

async fn text(field: UploadField<'_>) -> Result<String, Refused> {
    let bytes = field.bytes(FIELD_BYTES).await.map_err(|it| broken(&it))?;
    let text = bytes.and_then(|bytes| String::from_utf8(bytes).ok());
    let text = text.filter(|text| !text.contains('\0'));
    text.ok_or_else(|| wrong("", "this form was not one of ours"))
}

fn broken(problem: &MultipartError) -> Refused {
    tracing::debug!(%problem, "an upload broke off");
    match problem.status() {
        StatusCode::PAYLOAD_TOO_LARGE => {
            let words = format!(
                "a file has at most {} MiB, and a form at most {FORM_FILES} files",
                FILE_BYTES >> 20
            );
            Refused::Form(StatusCode::PAYLOAD_TOO_LARGE, FormProblem::new("file", words))
        }
        _ => wrong("file", "the files did not come whole; try again"),
    }
}
