//! Who sends and over which relay, as the configuration file says it, and a test message with the
//! conversation.

use actions::{FixedValue, LineOf, RelayReport, RelayTestWish};
use askama::Template;
use axum::extract::State;
use axum::http::StatusCode;
use axum::response::Response;
use store::User;

use super::{StepLink, plain, way};
use crate::admin::calls::call;
use crate::admin::form::{Form, FormProblem, sentence};
use crate::admin::message::Message;
use crate::admin::parts::{AdminFrame, AdminParts};
use crate::admin::problem::PageProblem;
use crate::admin::refused::Refused;
use crate::admin::users::new_key;
use crate::admin::visitor::Admitted;
use crate::listen::respond;

#[derive(Template)]
#[template(path = "admin/set_up_sender.html")]
struct SenderPage {
    frame: AdminFrame,
    way: Vec<StepLink>,
    file: String,
    sender: Vec<FixedValue>,
    relay: Vec<FixedValue>,
    key: String,
    to: String,
    from: String,
    test: Option<ShownTest>,
    /// Nobody has a passkey before.
    offers_passkey: bool,
    problem: Option<FormProblem>,
}

/// A test message that was sent, or was not.
struct ShownTest {
    is_accepted: bool,
    result: String,
    meaning: String,
    took: String,
    lines: Vec<ShownLine>,
}

struct ShownLine {
    /// Who says it, for those who hear the page.
    who: &'static str,
    sign: &'static str,
    class: &'static str,
    text: String,
    after: String,
}

impl ShownTest {
    fn new(report: RelayReport) -> Self {
        let line = |line: actions::ConversationLine| {
            let (who, sign, class) = match line.of {
                LineOf::Pharos => ("Pharos", ">", "ours"),
                LineOf::Relay => ("Relay", "<", "theirs"),
                LineOf::Note => ("", "", "quiet"),
            };
            let after = format!("{} ms", line.after.as_millis());
            ShownLine { who, sign, class, text: line.text, after }
        };
        Self {
            is_accepted: report.is_accepted,
            result: sentence(&report.result),
            meaning: plain(&report.meaning),
            took: format!("{} ms", report.took.as_millis()),
            lines: report.conversation.into_iter().map(line).collect(),
        }
    }
}

pub(crate) async fn show(admitted: Admitted, State(parts): State<AdminParts>) -> Response {
    let wish = RelayTestWish::default();
    page(&admitted, &parts, wish, (StatusCode::OK, None, None)).await
}

/// Sends a test message. What comes of it is shown at once, and not again.
pub(crate) async fn test(
    admitted: Admitted,
    State(parts): State<AdminParts>,
    form: Form,
) -> Response {
    let text = |name| form.trimmed(name).to_owned();
    let wish = RelayTestWish { to: text("to"), from: text("from") };
    let tested = async {
        let call = call(&admitted, &form)?;
        Ok(actions::relay_test(&parts.resources, &call, wish.clone()).await?)
    };
    match tested.await {
        Ok(report) => {
            let test = Some(ShownTest::new(report));
            page(&admitted, &parts, wish, (StatusCode::OK, test, None)).await
        }
        Err(Refused::Form(status, problem)) => {
            page(&admitted, &parts, wish, (status, None, Some(problem))).await
        }
        Err(Refused::DoneBefore) => admitted.visitor.done(super::SENDER, Message::DoneBefore),
        Err(Refused::Page(problem)) => problem.page(&admitted.visitor),
    }
}

async fn page(
    admitted: &Admitted,
    parts: &AdminParts,
    typed: RelayTestWish,
    (status, test, problem): (StatusCode, Option<ShownTest>, Option<FormProblem>),
) -> Response {
    let set_up = &parts.resources.set_up;
    let made = async {
        let from = if typed.from.is_empty() { set_up.from.to_string() } else { typed.from };
        let me = own_user(admitted, parts).await?;
        Ok(SenderPage {
            frame: admitted.frame(""),
            way: way(parts, 2).await?,
            file: set_up.file.clone(),
            sender: set_up.sender.clone(),
            relay: set_up.relay.clone(),
            key: new_key()?,
            offers_passkey: me.as_ref().is_some_and(|user| user.passkeys == 0),
            // Where most want their test message.
            to: match me.filter(|_| typed.to.is_empty()) {
                Some(user) => user.email,
                None => typed.to,
            },
            from,
            test,
            problem,
        })
    };
    match made.await {
        Ok(page) => respond::page(status, &page),
        Err(problem) => PageProblem::page(problem, &admitted.visitor),
    }
}

/// Whoever asks.
async fn own_user(admitted: &Admitted, parts: &AdminParts) -> Result<Option<User>, PageProblem> {
    let Some(me) = admitted.permit.actor().user() else { return Ok(None) };
    let user = access::own_user(&parts.accounts.store, me).await;
    Ok(Some(user.map_err(PageProblem::failed("looking a user up"))?))
}
