//! The pages about announcements: their names, and one version of one.

use askama::Template;
use axum::extract::{Path, Query, State};
use axum::http::StatusCode;
use axum::response::Response;
use model::AnnouncementId;
use report::number_text::thousands;
use serde::Deserialize;
use store::{AnnouncementHistory, AnnouncementUse, ListedAnnouncement};

use crate::admin::listing::{ListAddress, Pager};
use crate::admin::parts::{AdminFrame, AdminParts};
use crate::admin::problem::PageProblem;
use crate::admin::visitor::Admitted;
use crate::listen::respond;

/// Bytes of a text that are shown; whole ones come from `pharos campaign preview`.
const SHOWN: usize = 64 * 1024;

#[derive(Deserialize)]
pub(crate) struct AnnouncementsQuery {
    cursor: Option<String>,
}

#[derive(Template)]
#[template(path = "admin/announcements.html")]
struct AnnouncementsPage {
    frame: AdminFrame,
    lines: Vec<AnnouncementLine>,
    pager: Pager,
}

struct AnnouncementLine {
    id: AnnouncementId,
    name: String,
    version: i64,
    subject: String,
    saved: String,
    campaigns: String,
}

impl AnnouncementLine {
    fn new(listed: ListedAnnouncement) -> Self {
        Self {
            id: listed.id,
            name: listed.name,
            version: listed.version,
            subject: listed.subject,
            saved: listed.created_at.readable(),
            campaigns: thousands(listed.campaigns),
        }
    }
}

pub(crate) async fn announcements(
    admitted: Admitted,
    State(parts): State<AdminParts>,
    Query(asked): Query<AnnouncementsQuery>,
) -> Response {
    match list(&admitted, &parts, &asked).await {
        Ok(page) => respond::page(StatusCode::OK, &page),
        Err(problem) => problem.page(&admitted.visitor),
    }
}

async fn list(
    admitted: &Admitted,
    parts: &AdminParts,
    asked: &AnnouncementsQuery,
) -> Result<AnnouncementsPage, PageProblem> {
    let address = ListAddress::new("/admin/announcements", &[]);
    let after = address.read(asked.cursor.as_deref())?;
    let (store, before) = (&parts.store, after.map(AnnouncementId));
    let found = campaign::announcement_page(store, admitted.topics(), before).await;
    let mut found = found.map_err(PageProblem::failed("listing announcements"))?;
    let has_more = found.len() > campaign::RECORDS_PAGE;
    found.truncate(campaign::RECORDS_PAGE);
    let next = found.last().filter(|_| has_more).map(|last| last.id.0);
    Ok(AnnouncementsPage {
        frame: admitted.frame("announcements"),
        lines: found.into_iter().map(AnnouncementLine::new).collect(),
        pager: Pager::new(&address, after, next),
    })
}

#[derive(Template)]
#[template(path = "admin/announcement.html")]
struct AnnouncementPage {
    frame: AdminFrame,
    name: String,
    version: i64,
    subject: String,
    source: String,
    /// The text is longer than what is shown.
    is_cut: bool,
    versions: Vec<VersionLine>,
    uses: Vec<AnnouncementUse>,
}

struct VersionLine {
    line: AnnouncementLine,
    is_here: bool,
}

pub(crate) async fn announcement(
    admitted: Admitted,
    State(parts): State<AdminParts>,
    Path(id): Path<String>,
) -> Response {
    match show(&admitted, &parts, &id).await {
        Ok(page) => respond::page(StatusCode::OK, &page),
        Err(problem) => problem.page(&admitted.visitor),
    }
}

async fn show(
    admitted: &Admitted,
    parts: &AdminParts,
    id: &str,
) -> Result<AnnouncementPage, PageProblem> {
    let missing = || {
        let text = "It may have a different number: the list shows them all.";
        PageProblem::Missing("No such announcement", text)
    };
    let id: AnnouncementId = id.parse().map_err(|_| missing())?;
    let history = campaign::announcement_history(&parts.store, admitted.topics(), id).await;
    let history = history.map_err(PageProblem::failed("showing an announcement"))?;
    let AnnouncementHistory { shown, versions, uses } = history.ok_or_else(missing)?;
    let end = shown.source.floor_char_boundary(SHOWN);
    let line = |listed: ListedAnnouncement| VersionLine {
        is_here: listed.id == id,
        line: AnnouncementLine::new(listed),
    };
    Ok(AnnouncementPage {
        frame: admitted.frame("announcements").below("/admin/announcements", "Announcements"),
        is_cut: end < shown.source.len(),
        source: shown.source.get(..end).unwrap_or_default().to_owned(),
        name: shown.name,
        version: shown.version,
        subject: shown.subject,
        versions: versions.into_iter().map(line).collect(),
        uses,
    })
}
