//! Writing an announcement that belongs to no campaign: the same form as a draft's, and a button that puts
//! the text in use.

use actions::{Call, Refusal, RefusalKind, TextWish};
use askama::Template;
use axum::extract::{Path, Query, State};
use axum::http::{HeaderMap, StatusCode};
use axum::response::Response;
use campaign::{MessageSources, Problem, ShownValues};
use model::{AnnouncementId, Zone};
use store::{AnnouncementText, CampaignText};

use crate::admin::announcements::{find_text, no_announcement, path};
use crate::admin::page::form::{Form, FormProblem};
use crate::admin::page::message::Message;
use crate::admin::page::problem::PageProblem;
use crate::admin::page::reader_zone::zone_of;
use crate::admin::page::refused::Refused;
use crate::admin::page::visitor::Admitted;
use crate::admin::parts::{AdminFrame, AdminParts};
use crate::admin::text_editor::frame::{FrameQuery, framed};
use crate::admin::text_editor::state::{RefusedText, TextState};
use crate::admin::text_editor::text_form::TextForm;
use crate::admin::text_editor::{EditedText, repeatable, save};
use crate::clock::now;
use crate::listen::respond;

/// The text of the announcement to which this version belongs.
struct OwnText(AnnouncementId);

#[derive(Template)]
#[template(path = "admin/announcement_write.html")]
struct WritePage {
    frame: AdminFrame,
    name: String,
    path: String,
    problem: Option<FormProblem>,
    state: TextState,
    text: TextForm,
    may_write: bool,
    may_use: bool,
}

impl EditedText for OwnText {
    const OWNER: &'static str = "the announcement";
    const KEPT: Message = Message::AnnouncementTextKept;

    fn path(&self) -> String {
        path(self.0)
    }

    fn page_path(&self) -> String {
        format!("{}/write", path(self.0))
    }

    fn frame(&self, admitted: &Admitted) -> AdminFrame {
        let all = admitted.frame("announcements").below("/admin/announcements", "Announcements");
        all.below(self.page_path(), "The text")
    }

    async fn there(&self, parts: &AdminParts) -> Result<CampaignText, PageProblem> {
        Ok(find_text(parts, self.0).await?.text)
    }

    async fn findings(
        &self,
        parts: &AdminParts,
        text: &CampaignText,
    ) -> Result<(Vec<Problem>, Vec<String>), PageProblem> {
        let resources = &parts.resources;
        let found = campaign::sendable(&resources.store, &resources.sender(), &text.source).await;
        let found = found.map_err(PageProblem::failed("reading an announcement"))?;
        let mut notes: Vec<String> = found
            .only_campaigns()
            .iter()
            .map(|why| format!("Only a campaign can send it, not a single message: {why}"))
            .collect();
        let is_ready = found.mistakes().is_empty();
        if is_ready && !text.is_settled {
            notes.push("This text is not in use yet.".to_owned());
        }
        Ok((found.mistakes().to_vec(), notes))
    }

    async fn write(&self, parts: &AdminParts, call: &Call, wish: TextWish) -> Result<(), Refusal> {
        actions::announcement_text_write(&parts.resources, call, self.0, wish).await.map(drop)
    }

    async fn keep(&self, parts: &AdminParts, call: &Call, text: &str) -> Result<(), Refusal> {
        actions::announcement_keep(&parts.resources, call, self.0, text.to_owned()).await
    }
}

pub(crate) async fn show(
    admitted: Admitted,
    State(parts): State<AdminParts>,
    Path(id): Path<String>,
    headers: HeaderMap,
) -> Response {
    match id.parse() {
        Ok(id) => page(&OwnText(id), &admitted, &parts, &zone_of(&headers), None).await,
        Err(_) => no_announcement().page(&admitted.visitor),
    }
}

async fn page(
    edited: &OwnText,
    admitted: &Admitted,
    parts: &AdminParts,
    zone: &Zone,
    refused: Option<RefusedText>,
) -> Response {
    let (status, problem) = refused.map_or((StatusCode::OK, None), |it| (it.0, Some(it.1)));
    let made = async {
        let AnnouncementText { name, text, .. } = find_text(parts, edited.0).await?;
        let all = admitted.frame("announcements").below("/admin/announcements", "Announcements");
        Ok(WritePage {
            frame: all.below(path(edited.0), name.clone()),
            name,
            path: edited.path(),
            problem,
            state: TextState::of(edited, parts, &text, zone).await?,
            text: TextForm::of(&text.source),
            may_write: true,
            may_use: true,
        })
    };
    match made.await {
        Ok(page) => respond::page(status, &page),
        Err(problem) => PageProblem::page(problem, &admitted.visitor),
    }
}

/// Saves the text; with the button, puts it in use.
pub(crate) async fn save(
    admitted: Admitted,
    State(parts): State<AdminParts>,
    Path(id): Path<String>,
    headers: HeaderMap,
    form: Form,
) -> Response {
    let Ok(id) = id.parse() else { return no_announcement().page(&admitted.visitor) };
    let (edited, zone) = (OwnText(id), zone_of(&headers));
    let saved = match save::save(&edited, &admitted, &parts, &zone, &form).await {
        Ok(saved) => saved,
        Err(refused) => return page(&edited, &admitted, &parts, &zone, Some(refused)).await,
    };
    // Only a text that was saved leads back to itself.
    if form.text("do") != "use" || saved.status() != StatusCode::SEE_OTHER {
        return saved;
    }
    match used(&edited, &admitted, &parts).await {
        Ok(version) => admitted.visitor.done(&path(version), Message::AnnouncementInUse),
        Err(Refused::Form(status, problem)) => {
            page(&edited, &admitted, &parts, &zone, Some((status, problem))).await
        }
        Err(Refused::DoneBefore) => saved,
        Err(Refused::Page(problem)) => problem.page(&admitted.visitor),
    }
}

async fn used(
    edited: &OwnText,
    admitted: &Admitted,
    parts: &AdminParts,
) -> Result<AnnouncementId, Refused> {
    let revision = edited.there(parts).await?.revision;
    let (resources, call) = (&parts.resources, repeatable(admitted));
    let done = actions::announcement_use(resources, &call, edited.0, revision).await;
    done.map_err(|refusal| match refusal.kind {
        // They are listed above the text.
        RefusalKind::Invalid if refusal.code == "announcement" => Refused::Form(
            StatusCode::UNPROCESSABLE_ENTITY,
            FormProblem::new("", "It is saved, and not in use: mend what is listed first"),
        ),
        _ => refusal.into(),
    })
}

/// The message of the text as it was saved last, for the frame beside it.
pub(crate) async fn preview(
    admitted: Admitted,
    State(parts): State<AdminParts>,
    Path(id): Path<String>,
    Query(asked): Query<FrameQuery>,
) -> Response {
    let resources = &parts.resources;
    let text = match id.parse() {
        Ok(id) => find_text(&parts, id).await,
        Err(_) => Err(no_announcement()),
    };
    let source = match text {
        Ok(text) => text.text.source,
        Err(problem) => return problem.page(&admitted.visitor),
    };
    let sources = MessageSources {
        store: &resources.store,
        sender: &resources.sender(),
        keys: &resources.keys,
        files: &resources.files,
    };
    let shown = ShownValues::default();
    let preview = campaign::announcement_preview(&sources, &source, &shown, now()).await;
    framed(preview, asked.show.as_deref(), &admitted.visitor)
}
