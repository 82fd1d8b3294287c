//! Sharing notices: what people are told before their data is shared, and whom one would share.

use actions::{CountPatience, SharingNoticeWish, SharingPreview};
use askama::Template;
use axum::extract::{Path, State};
use axum::http::StatusCode;
use axum::response::Response;
use model::{
    DisclosedField, DisclosureBasis, DisclosureKind, NOTICE_DAYS, NOTICE_DAYS_LEAST,
    NOTICE_DAYS_MOST, Right, SharingNoticeId, SharingObstacle, Timestamp,
};
use report::number_text::thousands;
use store::SharingNotice;

use crate::admin::page::calls::{call, looking};
use crate::admin::page::choice::Choice;
use crate::admin::page::form::{Form, FormProblem, new_key};
use crate::admin::page::message::Message;
use crate::admin::page::problem::PageProblem;
use crate::admin::page::refused::{Refused, wrong};
use crate::admin::page::visitor::Admitted;
use crate::admin::parts::{AdminFrame, AdminParts};
use crate::clock::now;
use crate::listen::respond;

const PATH: &str = "/admin/sharing-notices";

#[derive(Template)]
#[template(path = "admin/sharing_notices.html")]
struct SharingNoticesPage {
    frame: AdminFrame,
    may_announce: bool,
    may_read: bool,
    lines: Vec<NoticeLine>,
    key: String,
    /// Who may get data by sharing.
    recipients: Vec<Choice>,
    purpose: String,
    fields: Vec<Choice>,
    text: String,
    campaign: String,
    days: String,
    least: u16,
    most: u16,
    begins: String,
    problem: Option<FormProblem>,
}

struct NoticeLine {
    id: i64,
    recipient: String,
    purpose: String,
    fields: String,
    campaign: String,
    announced: String,
    state: String,
}

#[derive(Template)]
#[template(path = "admin/sharing_notice.html")]
struct SharingNoticePage {
    frame: AdminFrame,
    notice: NoticeLine,
    text: String,
    announced_by: String,
    days: u16,
    at: String,
    /// All contacts were looked at.
    is_complete: bool,
    shared: String,
    left_out: Vec<LeftOutLine>,
    may_share_now: bool,
    may_cancel: bool,
    key: String,
    problem: Option<FormProblem>,
}

struct LeftOutLine {
    why: &'static str,
    count: String,
}

impl NoticeLine {
    fn new(it: &SharingNotice, now: Timestamp) -> Self {
        let fields: Vec<&str> = it.fields.iter().map(|field| field.as_str()).collect();
        let state = match it.cancelled_at {
            Some(at) => format!("cancelled on {}", at.day()),
            None if it.begins_at > now => format!("begins on {}", it.begins_at.day()),
            None => format!("begun on {}", it.begins_at.day()),
        };
        Self {
            id: it.id.0,
            recipient: it.recipient.clone(),
            purpose: it.purpose.clone(),
            fields: fields.join(", "),
            campaign: it.campaign.number().to_string(),
            announced: it.announced_at.day(),
            state,
        }
    }
}

/// What the fields of the form hold; None of a number that is none.
fn typed(form: &Form) -> SharingNoticeWish {
    let text = |name: &str| form.text(name).to_owned();
    let all = DisclosureKind::ContactsFile.fields().iter().map(|field| field.as_str());
    let fields = all.filter(|word| !form.text(&format!("field.{word}")).is_empty());
    SharingNoticeWish {
        recipient: text("recipient"),
        purpose: text("purpose"),
        fields: fields.map(str::to_owned).collect(),
        text: text("text"),
        campaign: form.trimmed("campaign").parse().ok(),
        days: form.trimmed("days").parse().ok(),
        begins: Some(text("begins")),
    }
}

pub(crate) async fn list(admitted: Admitted, State(parts): State<AdminParts>) -> Response {
    page(&admitted, &parts, SharingNoticeWish::default(), (StatusCode::OK, None)).await
}

async fn page(
    admitted: &Admitted,
    parts: &AdminParts,
    wish: SharingNoticeWish,
    (status, problem): (StatusCode, Option<FormProblem>),
) -> Response {
    let made = async {
        let (resources, call) = (&parts.resources, looking(admitted));
        let failed = || PageProblem::failed("reading the sharing notices");
        let found = actions::sharing_notices(resources, &call).await.map_err(failed())?;
        let recipients = actions::processors(resources, &call).await.map_err(failed())?;
        let recipients = recipients.into_iter().filter(|it| it.basis == DisclosureBasis::Sharing);
        let choice = |word: &str, chosen: bool| Choice {
            word: word.to_owned(),
            name: word.to_owned(),
            chosen,
        };
        let fields = DisclosureKind::ContactsFile.fields().iter().copied();
        let is_ticked = |word: &str| wish.fields.iter().any(|it| it == word);
        let now = now();
        Ok(SharingNoticesPage {
            frame: admitted.frame("contacts").below("/admin/contacts", "Contacts"),
            may_announce: admitted.can(Right::OwnershipWrite),
            may_read: admitted.can(Right::AuditRead),
            lines: found.iter().map(|it| NoticeLine::new(it, now)).collect(),
            key: new_key()?,
            recipients: recipients.map(|it| choice(&it.name, it.name == wish.recipient)).collect(),
            fields: fields
                .map(DisclosedField::as_str)
                .map(|word| choice(word, is_ticked(word)))
                .collect(),
            campaign: wish.campaign.map(|it| it.to_string()).unwrap_or_default(),
            days: wish.days.unwrap_or(NOTICE_DAYS).to_string(),
            least: NOTICE_DAYS_LEAST,
            most: NOTICE_DAYS_MOST,
            begins: wish.begins.unwrap_or_default(),
            purpose: wish.purpose,
            text: wish.text,
            problem,
        })
    };
    match made.await {
        Ok(page) => respond::page(status, &page),
        Err(problem) => PageProblem::page(problem, &admitted.visitor),
    }
}

pub(crate) async fn announce(
    admitted: Admitted,
    State(parts): State<AdminParts>,
    form: Form,
) -> Response {
    let done = async {
        let call = call(&admitted, &form)?;
        let wish = typed(&form);
        if wish.days.is_none() && !form.trimmed("days").is_empty() {
            return Err(wrong("days", "a number of days is wanted"));
        }
        Ok(actions::sharing_announce(&parts.resources, &call, wish).await?)
    };
    match done.await {
        Ok(id) => admitted.visitor.done(&format!("{PATH}/{id}"), Message::SharingAnnounced),
        Err(Refused::DoneBefore) => admitted.visitor.done(PATH, Message::DoneBefore),
        Err(Refused::Form(status, problem)) => {
            page(&admitted, &parts, typed(&form), (status, Some(problem))).await
        }
        Err(Refused::Page(problem)) => problem.page(&admitted.visitor),
    }
}

pub(crate) async fn show(
    admitted: Admitted,
    State(parts): State<AdminParts>,
    Path(id): Path<String>,
) -> Response {
    notice_page(&admitted, &parts, &id, (StatusCode::OK, None)).await
}

fn missing() -> PageProblem {
    PageProblem::Missing("No such sharing notice", "The list shows those that there are.")
}

async fn notice_page(
    admitted: &Admitted,
    parts: &AdminParts,
    id: &str,
    (status, problem): (StatusCode, Option<FormProblem>),
) -> Response {
    let made = async {
        let id: SharingNoticeId = id.parse().map_err(|_| missing())?;
        let (call, patience) = (looking(admitted), CountPatience::Short);
        let found = actions::sharing_preview(&parts.resources, &call, id, patience).await;
        let SharingPreview { notice, at, counts, is_complete } =
            found.map_err(|refusal| match refusal.kind {
                actions::RefusalKind::NotFound => missing(),
                _ => PageProblem::failed("counting whom a sharing notice would share")(refusal),
            })?;
        let count = |why| counts.left_out.get(&why).copied().unwrap_or(0);
        let left_out = SharingObstacle::ALL.map(|why| LeftOutLine {
            why: why.told(),
            count: thousands(i64::try_from(count(why)).unwrap_or(i64::MAX)),
        });
        let (now, is_open) = (now(), notice.cancelled_at.is_none());
        let frame = admitted.frame("contacts").below("/admin/contacts", "Contacts");
        Ok(SharingNoticePage {
            frame: frame.below(PATH, "Sharing notices"),
            notice: NoticeLine::new(&notice, now),
            may_share_now: is_open && notice.begins_at <= now,
            text: notice.text,
            announced_by: notice.announced_by,
            days: notice.days,
            at: at.day(),
            is_complete,
            shared: thousands(i64::try_from(counts.shared).unwrap_or(i64::MAX)),
            left_out: left_out.into(),
            may_cancel: is_open && admitted.can(Right::SettingsWrite),
            key: new_key()?,
            problem,
        })
    };
    match made.await {
        Ok(page) => respond::page(status, &page),
        Err(problem) => PageProblem::page(problem, &admitted.visitor),
    }
}

pub(crate) async fn cancel(
    admitted: Admitted,
    State(parts): State<AdminParts>,
    Path(id): Path<String>,
    form: Form,
) -> Response {
    let here = format!("{PATH}/{id}");
    let done = async {
        let call = call(&admitted, &form)?;
        let number: SharingNoticeId = id.parse().map_err(|_| missing())?;
        Ok(actions::sharing_cancel(&parts.resources, &call, number).await?)
    };
    match done.await {
        Ok(_) => admitted.visitor.done(&here, Message::SharingCancelled),
        Err(Refused::DoneBefore) => admitted.visitor.done(&here, Message::DoneBefore),
        Err(Refused::Form(status, problem)) => {
            notice_page(&admitted, &parts, &id, (status, Some(problem))).await
        }
        Err(Refused::Page(problem)) => problem.page(&admitted.visitor),
    }
}
