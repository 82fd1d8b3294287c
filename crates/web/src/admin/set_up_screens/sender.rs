//! Who sends and over which relay, and a test message with the conversation.

use actions::{LineOf, RelayReport, RelayTestWish, SettingsSection};
use askama::Template;
use axum::extract::State;
use axum::http::StatusCode;
use axum::response::Response;
use store::User;

use super::settings_forms::{RefusedSettings, SettingsForm};
use super::{StepLink, plain, way};
use crate::admin::page::calls::call;
use crate::admin::page::form::{Form, FormProblem, new_key, sentence};
use crate::admin::page::message::Message;
use crate::admin::page::problem::PageProblem;
use crate::admin::page::refused::Refused;
use crate::admin::page::visitor::Admitted;
use crate::admin::parts::{AdminFrame, AdminParts};
use crate::listen::respond;

#[derive(Template)]
#[template(path = "admin/set_up_sender.html")]
struct SenderPage {
    frame: AdminFrame,
    way: Vec<StepLink>,
    file: String,
    sender: SettingsForm,
    relay: SettingsForm,
    /// Whether a test message can be sent.
    has_relay: bool,
    /// Why the settings do not fit together.
    trouble: Option<String>,
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
    page(&admitted, &parts, SenderShown::default()).await
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
            page(&admitted, &parts, SenderShown { wish, test, ..SenderShown::default() }).await
        }
        Err(Refused::Form(status, problem)) => {
            let problem = Some(problem);
            let shown = SenderShown { wish, status, problem, ..SenderShown::default() };
            page(&admitted, &parts, shown).await
        }
        Err(Refused::DoneBefore) => admitted.visitor.done(super::SENDER, Message::DoneBefore),
        Err(Refused::Page(problem)) => problem.page(&admitted.visitor),
    }
}

/// What the page shows beside what is set.
#[derive(Default)]
pub(super) struct SenderShown {
    status: StatusCode,
    wish: RelayTestWish,
    test: Option<ShownTest>,
    /// With the form of the test.
    problem: Option<FormProblem>,
    refused: Option<RefusedSettings>,
}

impl SenderShown {
    pub(super) fn refused(status: StatusCode, refused: RefusedSettings) -> Self {
        Self { status, refused: Some(refused), ..Self::default() }
    }
}

pub(super) async fn page(admitted: &Admitted, parts: &AdminParts, shown: SenderShown) -> Response {
    let SenderShown { status, wish: typed, test, problem, refused } = shown;
    let in_use = parts.resources.settings.now();
    let set_up = &in_use.set_up;
    let made = async {
        let usual = set_up.from.as_ref().map(ToString::to_string).unwrap_or_default();
        let from = if typed.from.is_empty() { usual } else { typed.from };
        let form = |section| SettingsForm::new(&in_use, section, refused.as_ref());
        let me = own_user(admitted, parts).await?;
        Ok(SenderPage {
            frame: admitted.frame(""),
            way: way(parts, 2).await?,
            file: set_up.file.clone(),
            sender: form(SettingsSection::Sender),
            relay: form(SettingsSection::Relay),
            has_relay: in_use.relay_is_set().is_ok(),
            trouble: in_use.trouble.as_deref().map(plain),
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
