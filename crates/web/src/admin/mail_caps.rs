//! How many campaign mails a contact gets at most, and campaigns that go beyond it.

use actions::RefusalKind;
use askama::Template;
use axum::extract::State;
use axum::http::StatusCode;
use axum::response::Response;
use model::{CampaignNumber, Right};

use crate::admin::page::calls::call;
use crate::admin::page::form::{Form, FormProblem, new_key};
use crate::admin::page::message::Message;
use crate::admin::page::problem::PageProblem;
use crate::admin::page::refused::{Refused, wrong};
use crate::admin::page::visitor::Admitted;
use crate::admin::parts::{AdminFrame, AdminParts};
use crate::listen::respond;

const PATH: &str = "/admin/mail-cap";

#[derive(Template)]
#[template(path = "admin/mail_cap.html")]
struct MailCapPage {
    frame: AdminFrame,
    keys: [String; 2],
    /// What holds now; None: no cap.
    now: Option<String>,
    /// What is typed.
    at_most: String,
    number: String,
    may_set: bool,
    problem: Option<FormProblem>,
}

pub(crate) async fn show(admitted: Admitted, State(parts): State<AdminParts>) -> Response {
    page(&admitted, &parts, None, (StatusCode::OK, None)).await
}

async fn page(
    admitted: &Admitted,
    parts: &AdminParts,
    typed: Option<&Form>,
    (status, problem): (StatusCode, Option<FormProblem>),
) -> Response {
    let made = async {
        let cap = parts.resources.store.mail_cap().await;
        let cap = cap.map_err(PageProblem::failed("looking at the cap"))?;
        let now = cap.map(|it| it.to_string());
        let field = |name| typed.map(|form| form.text(name).to_owned());
        Ok(MailCapPage {
            frame: admitted.frame("system").below("/admin/system", "System"),
            keys: [new_key()?, new_key()?],
            at_most: field("at_most").or_else(|| now.clone()).unwrap_or_default(),
            number: field("campaign").unwrap_or_default(),
            now,
            may_set: admitted.can(Right::SettingsWrite),
            problem,
        })
    };
    match made.await {
        Ok(page) => respond::page(status, &page),
        Err(problem) => PageProblem::page(problem, &admitted.visitor),
    }
}

pub(crate) async fn set(
    admitted: Admitted,
    State(parts): State<AdminParts>,
    form: Form,
) -> Response {
    let done = async {
        let text = Some(form.text("at_most").trim()).filter(|text| !text.is_empty());
        actions::mail_cap_set(&parts.resources, &call(&admitted, &form)?, text).await?;
        Ok(Message::MailCapSet)
    };
    answer(&admitted, &parts, &form, done.await).await
}

pub(crate) async fn set_campaign(
    admitted: Admitted,
    State(parts): State<AdminParts>,
    form: Form,
) -> Response {
    let done = async {
        let number: Result<CampaignNumber, _> = form.text("campaign").trim().parse();
        let number = number.map_err(|_| wrong("campaign", "say which campaign, by its number"))?;
        let ignores = match form.text("act") {
            "ignore" => true,
            "keep" => false,
            _ => return Err(wrong("campaign", "say whether it keeps to the cap, by a button")),
        };
        let call = call(&admitted, &form)?;
        let set = actions::campaign_cap_set(&parts.resources, &call, number, ignores).await;
        set.map_err(|refusal| match refusal.kind {
            RefusalKind::NotFound => wrong("campaign", "there is no campaign with this number"),
            _ => refusal.into(),
        })?;
        Ok(if ignores { Message::CapIgnored } else { Message::CapKept })
    };
    answer(&admitted, &parts, &form, done.await).await
}

async fn answer(
    admitted: &Admitted,
    parts: &AdminParts,
    form: &Form,
    done: Result<Message, Refused>,
) -> Response {
    match done {
        Ok(message) => admitted.visitor.done(PATH, message),
        Err(Refused::DoneBefore) => admitted.visitor.done(PATH, Message::DoneBefore),
        Err(Refused::Form(status, problem)) => {
            page(admitted, parts, Some(form), (status, Some(problem))).await
        }
        Err(Refused::Page(problem)) => problem.page(&admitted.visitor),
    }
}
