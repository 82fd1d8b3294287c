//! The media library: what there is, and who uses it.
//!
//! Invariant: a thumbnail is a picture that the library has made; it loads and runs nothing.

pub(crate) mod forms;
pub(crate) mod upload;

use askama::Template;
use axum::body::Body;
use axum::extract::{Path, State};
use axum::http::StatusCode;
use axum::http::header::{CONTENT_LENGTH, CONTENT_SECURITY_POLICY, CONTENT_TYPE};
use axum::response::{IntoResponse as _, Response};
use media::{FileKey, FileKind, FileStoreError, Library, MediaError};
use model::{CampaignState, Right};
use percent_encoding::{NON_ALPHANUMERIC, utf8_percent_encode};
use report::number_text::thousands;
use store::{AnnouncementUse, MediaFile, MediaRecord, MediaSize};

use crate::admin::page::form::{FormProblem, new_key};
use crate::admin::page::problem::PageProblem;
use crate::admin::page::visitor::Admitted;
use crate::admin::parts::{AdminFrame, AdminParts};
use crate::listen::respond;

pub(crate) const PATH: &str = "/admin/media";
const NOT_THERE: (&str, &str) =
    ("No such picture or file", "It may have been removed: the library shows what there is.");

#[derive(Template)]
#[template(path = "admin/media.html")]
struct LibraryPage {
    frame: AdminFrame,
    lines: Vec<MediaLine>,
    /// Otherwise nothing is added here.
    may_add: bool,
    /// What became of the files of a form.
    added: Vec<AddedLine>,
    problem: Option<FormProblem>,
}

#[derive(Template)]
#[template(path = "admin/media_record.html")]
struct RecordPage {
    frame: AdminFrame,
    line: MediaLine,
    content_type: String,
    file_name: String,
    added: String,
    files: Vec<FileLine>,
    uses: Vec<AnnouncementUse>,
    may_change: bool,
    key: String,
    problem: Option<FormProblem>,
}

impl RecordPage {
    /// Campaigns that are not over need it.
    fn is_needed(&self) -> bool {
        self.uses.iter().any(|used| used.state != CampaignState::Finished)
    }
}

struct MediaLine {
    name: String,
    path: String,
    /// Of the picture, if it is one.
    thumbnail: Option<String>,
    alt: Option<String>,
    size: String,
    weight: String,
}

/// What became of one file.
pub(crate) struct AddedLine {
    pub(crate) file: String,
    /// Its page, if it is in the library.
    pub(crate) path: Option<String>,
    pub(crate) words: Vec<String>,
}

struct FileLine {
    what: &'static str,
    size: String,
    weight: String,
}

pub(crate) async fn library(admitted: Admitted, State(parts): State<AdminParts>) -> Response {
    library_page(&admitted, &parts, StatusCode::OK, (Vec::new(), None)).await
}

/// The library, also after a form.
pub(crate) async fn library_page(
    admitted: &Admitted,
    parts: &AdminParts,
    status: StatusCode,
    (added, problem): (Vec<AddedLine>, Option<FormProblem>),
) -> Response {
    // What was just done must show.
    let store = parts.resources.store.clone();
    let found = Library::new(store, parts.files.clone()).list().await;
    match found.map_err(PageProblem::failed("listing the media library")) {
        Ok(records) => {
            let frame = admitted.frame("media");
            let lines = records.iter().map(MediaLine::new).collect();
            let may_add = admitted.can(Right::MediaWrite);
            respond::page(status, &LibraryPage { frame, lines, may_add, added, problem })
        }
        Err(problem) => problem.page(&admitted.visitor),
    }
}

pub(crate) async fn record(
    admitted: Admitted,
    State(parts): State<AdminParts>,
    Path(name): Path<String>,
) -> Response {
    record_page(&admitted, &parts, &name, StatusCode::OK, None).await
}

/// One picture or file, also after a form that was refused.
pub(crate) async fn record_page(
    admitted: &Admitted,
    parts: &AdminParts,
    name: &str,
    status: StatusCode,
    problem: Option<FormProblem>,
) -> Response {
    match show(admitted, parts, name, problem).await {
        Ok(page) => respond::page(status, &page),
        Err(problem) => problem.page(&admitted.visitor),
    }
}

/// Where its page is.
pub(crate) fn record_path(name: &str) -> String {
    format!("{PATH}/{}", utf8_percent_encode(name, NON_ALPHANUMERIC))
}

async fn find(parts: &AdminParts, name: &str) -> Result<MediaRecord, PageProblem> {
    let store = parts.resources.store.clone();
    let found = Library::new(store, parts.files.clone()).find(name).await;
    found.map_err(|problem| match problem {
        MediaError::Unknown { .. } => PageProblem::Missing(NOT_THERE.0, NOT_THERE.1),
        other => PageProblem::Failed("looking into the media library", Box::new(other)),
    })
}

async fn show(
    admitted: &Admitted,
    parts: &AdminParts,
    name: &str,
    problem: Option<FormProblem>,
) -> Result<RecordPage, PageProblem> {
    let record = find(parts, name).await?;
    let uses = campaign::media_users(&parts.store, admitted.topics(), &record.name).await;
    Ok(RecordPage {
        frame: admitted.frame("media").below("/admin/media", "Media"),
        line: MediaLine::new(&record),
        files: record.files.iter().map(FileLine::new).collect(),
        uses: uses.map_err(PageProblem::failed("looking for uses"))?,
        added: record.added_at.readable(),
        content_type: record.content_type,
        file_name: record.file_name,
        may_change: admitted.can(Right::MediaWrite),
        key: new_key()?,
        problem,
    })
}

pub(crate) async fn thumbnail(
    admitted: Admitted,
    State(parts): State<AdminParts>,
    Path(name): Path<String>,
) -> Response {
    let missing = || PageProblem::Missing(NOT_THERE.0, NOT_THERE.1);
    let found = match find(&parts, &name).await {
        Ok(record) => small_picture(&record).ok_or_else(missing),
        Err(problem) => Err(problem),
    };
    let (key, kind) = match found {
        Ok(found) => found,
        Err(problem) => return problem.page(&admitted.visitor),
    };
    match parts.files.get(&key).await {
        Ok(file) => {
            let headers = [
                (CONTENT_TYPE, kind.content_type().to_owned()),
                (CONTENT_LENGTH, file.bytes.to_string()),
                (CONTENT_SECURITY_POLICY, "default-src 'none'; sandbox".to_owned()),
            ];
            (headers, Body::from_stream(file.stream)).into_response()
        }
        Err(FileStoreError::Missing(_) | FileStoreError::Damaged(_)) => {
            missing().page(&admitted.visitor)
        }
        Err(problem) => {
            PageProblem::Failed("reading a thumbnail", Box::new(problem)).page(&admitted.visitor)
        }
    }
}

/// The smallest file of a picture.
fn small_picture(record: &MediaRecord) -> Option<(FileKey, FileKind)> {
    let smallest =
        record.files.iter().min_by_key(|file| (file.size != MediaSize::Thumbnail, file.bytes))?;
    let key = FileKey::parse(&smallest.file)?;
    let kind = key.kind().filter(|kind| kind.is_picture())?;
    Some((key, kind))
}

impl MediaLine {
    fn new(record: &MediaRecord) -> Self {
        let path = record_path(&record.name);
        let whole = record.files.first();
        Self {
            name: record.name.clone(),
            thumbnail: small_picture(record).map(|_| format!("{path}/thumbnail")),
            path,
            alt: record.alt.clone(),
            size: whole.map(pixels).unwrap_or_default(),
            weight: weight(record.files.iter().map(|file| file.bytes).sum()),
        }
    }
}

impl FileLine {
    fn new(file: &MediaFile) -> Self {
        let what = match file.size {
            MediaSize::Whole => "whole, or for two pixels per point",
            MediaSize::Single => "for one pixel per point",
            MediaSize::Thumbnail => "for lists",
        };
        Self { what, size: pixels(file), weight: weight(file.bytes) }
    }
}

/// `1200 × 600`; empty for what is no picture.
fn pixels(file: &MediaFile) -> String {
    if file.width == 0 { String::new() } else { format!("{} × {}", file.width, file.height) }
}

/// In KiB, rounded up.
pub(crate) fn weight(bytes: u64) -> String {
    let kib = i64::try_from(bytes.div_ceil(1024)).unwrap_or(i64::MAX);
    format!("{} KiB", thousands(kib))
}
