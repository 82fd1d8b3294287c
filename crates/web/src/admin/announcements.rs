//! The pages about announcements: their names, and one version of one.

pub(crate) mod message;
pub(crate) mod new;
pub(crate) mod write;

use access::Object;
use actions::campaign_create;
use askama::Template;
use axum::extract::{Path, Query, State};
use axum::http::StatusCode;
use axum::response::Response;
use campaign::Create;
use model::{AnnouncementId, Right};
use report::number_text::thousands;
use serde::Deserialize;
use store::{AnnouncementHistory, AnnouncementText, AnnouncementUse, ListedAnnouncement};

use crate::admin::page::calls::call;
use crate::admin::page::choice::{Choice, all_topics, topic_choice};
use crate::admin::page::form::{Form, FormProblem, new_key};
use crate::admin::page::listing::{ListAddress, Pager};
use crate::admin::page::message::Message;
use crate::admin::page::problem::PageProblem;
use crate::admin::page::refused::Refused;
use crate::admin::page::visitor::Admitted;
use crate::admin::parts::{AdminFrame, AdminParts};
use crate::listen::respond;

const LIST: &str = "/admin/announcements";

/// Bytes of a text that are shown; whole ones come from `pharos campaign preview`.
const SHOWN: usize = 64 * 1024;
/// Longer texts are not compared here; `pharos announcement diff` does.
const COMPARED: usize = 256 * 1024;

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
    may_add: bool,
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
        may_add: may_write(admitted),
    })
}

#[derive(Template)]
#[template(path = "admin/announcement.html")]
struct AnnouncementPage {
    frame: AdminFrame,
    id: AnnouncementId,
    name: String,
    version: i64,
    subject: String,
    source: String,
    /// The text is longer than what is shown.
    is_cut: bool,
    /// From the version before, if there is one and both are not too long.
    changes: Option<Changes>,
    /// Topics for a campaign, if one may be made.
    topics: Option<Vec<Choice>>,
    key: String,
    problem: Option<FormProblem>,
    may_write: bool,
    may_send: bool,
    /// The number of the version that single messages are made from.
    in_use: i64,
    /// Of a text that somebody is writing: who, if it is not in use.
    being_written: Option<String>,
    versions: Vec<VersionLine>,
    uses: Vec<AnnouncementUse>,
}

/// What has changed since a version.
struct Changes {
    since: i64,
    /// As `diff -u` writes it; empty when nothing has.
    lines: String,
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
    page(&admitted, &parts, &id, StatusCode::OK, None).await
}

async fn page(
    admitted: &Admitted,
    parts: &AdminParts,
    id: &str,
    status: StatusCode,
    problem: Option<FormProblem>,
) -> Response {
    match show(admitted, parts, id, problem).await {
        Ok(page) => respond::page(status, &page),
        Err(problem) => problem.page(&admitted.visitor),
    }
}

/// Makes a draft of this version.
pub(crate) async fn make_campaign(
    admitted: Admitted,
    State(parts): State<AdminParts>,
    Path(id): Path<String>,
    form: Form,
) -> Response {
    let made = async {
        let shown = find(&admitted, &parts, &id).await?.shown;
        let topic = Some(form.trimmed("topic")).filter(|slug| !slug.is_empty());
        let wish = Create { topic: topic.map(str::to_owned), ..Create::default() };
        let call = call(&admitted, &form)?;
        let made = campaign_create(&parts.resources, &call, &shown.source, wish, None).await?;
        Ok(made.id.number())
    };
    match made.await {
        Ok(number) => {
            let path = format!("/admin/campaigns/{number}");
            admitted.visitor.done(&path, Message::CampaignCreated)
        }
        Err(Refused::DoneBefore) => {
            admitted.visitor.done("/admin/campaigns?tab=drafts", Message::DoneBefore)
        }
        Err(Refused::Form(status, problem)) => {
            page(&admitted, &parts, &id, status, Some(problem)).await
        }
        Err(Refused::Page(problem)) => problem.page(&admitted.visitor),
    }
}

/// Whether they are trusted with what belongs to no topic.
fn may_write(admitted: &Admitted) -> bool {
    admitted.permit.actor().may(Right::AnnouncementsWrite, Object::AllTopics).is_ok()
}

fn path(id: AnnouncementId) -> String {
    format!("{LIST}/{id}")
}

fn no_announcement() -> PageProblem {
    let text = "It may have a different number: the list shows them all.";
    PageProblem::Missing("No such announcement", text)
}

/// What the announcement says to which this version belongs.
async fn find_text(
    parts: &AdminParts,
    id: AnnouncementId,
) -> Result<AnnouncementText, PageProblem> {
    let failed = PageProblem::failed("reading an announcement");
    let store = &parts.resources.store;
    let version = match store.announcement_find(id).await {
        Ok(version) => version.ok_or_else(no_announcement)?,
        Err(error) => return Err(failed(error)),
    };
    match campaign::announcement_text(store, &version.name).await {
        Ok(text) => Ok(text),
        Err(campaign::CampaignError::UnknownAnnouncement(_)) => Err(no_announcement()),
        Err(error) => Err(PageProblem::failed("reading an announcement")(error)),
    }
}

async fn find(
    admitted: &Admitted,
    parts: &AdminParts,
    id: &str,
) -> Result<AnnouncementHistory, PageProblem> {
    let id: AnnouncementId = id.parse().map_err(|_| no_announcement())?;
    let history = campaign::announcement_history(&parts.store, admitted.topics(), id).await;
    let history = history.map_err(PageProblem::failed("showing an announcement"))?;
    history.ok_or_else(no_announcement)
}

async fn show(
    admitted: &Admitted,
    parts: &AdminParts,
    id: &str,
    problem: Option<FormProblem>,
) -> Result<AnnouncementPage, PageProblem> {
    let history = find(admitted, parts, id).await?;
    let changes = changes(parts, &history).await?;
    let topics = match admitted.can(Right::CampaignsWrite) {
        true => Some(own_topics(admitted, parts).await?),
        false => None,
    };
    let AnnouncementHistory { shown, versions, uses } = history;
    let AnnouncementText { version, text, .. } = find_text(parts, shown.id).await?;
    let being_written = text.saved.filter(|_| !text.is_settled).map(|(_, by)| by.name);
    let end = shown.source.floor_char_boundary(SHOWN);
    let line = |listed: ListedAnnouncement| VersionLine {
        is_here: listed.id == shown.id,
        line: AnnouncementLine::new(listed),
    };
    let versions = versions.into_iter().map(line).collect();
    Ok(AnnouncementPage {
        frame: admitted.frame("announcements").below("/admin/announcements", "Announcements"),
        id: shown.id,
        is_cut: end < shown.source.len(),
        source: shown.source.get(..end).unwrap_or_default().to_owned(),
        name: shown.name,
        version: shown.version,
        subject: shown.subject,
        changes,
        topics,
        key: new_key()?,
        problem,
        may_write: may_write(admitted),
        may_send: admitted.can(Right::MessagesSend),
        in_use: version,
        being_written,
        versions,
        uses,
    })
}

async fn own_topics(admitted: &Admitted, parts: &AdminParts) -> Result<Vec<Choice>, PageProblem> {
    let (scope, topics) = (admitted.topics(), all_topics(parts).await?);
    let own = topics.iter().filter(|topic| scope.contains(topic.id));
    Ok(own.map(|topic| topic_choice(topic, false)).collect())
}

/// What has changed since the version before.
async fn changes(
    parts: &AdminParts,
    history: &AnnouncementHistory,
) -> Result<Option<Changes>, PageProblem> {
    let shown = &history.shown;
    let earlier = history.versions.iter().map(|it| it.version).filter(|it| *it < shown.version);
    let Some(since) = earlier.max() else { return Ok(None) };
    let before = campaign::version(&parts.store, &shown.name, Some(since)).await;
    let before = before.map_err(PageProblem::failed("looking for the version before"))?;
    if before.source.len().max(shown.source.len()) > COMPARED {
        return Ok(None);
    }
    let names = [format!("version {since}"), format!("version {}", shown.version)];
    let now = shown.source.clone();
    // Two seconds at most, but not on a thread of the runtime.
    let compared = tokio::task::spawn_blocking(move || {
        let [old_name, new_name] = &names;
        campaign::difference((old_name, &before.source), (new_name, &now))
    });
    let lines = compared.await.map_err(PageProblem::failed("comparing two versions"))?;
    Ok(Some(Changes { since, lines }))
}
