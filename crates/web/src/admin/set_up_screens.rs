//! The screens of the set-up behind the first owner: sender and relay, the domain, a start. Each can be
//! skipped, and they lead one to the next.

pub(crate) mod domain;
pub(crate) mod sender;
pub(crate) mod settings_acts;
mod settings_forms;
pub(crate) mod start;

use actions::{SetUpStep, SetUpSteps};
use axum::extract::State;
use axum::response::{IntoResponse as _, Redirect, Response};
use model::Right;

use crate::admin::page::calls::call;
use crate::admin::page::form::{Form, new_key};
use crate::admin::page::message::Message;
use crate::admin::page::problem::PageProblem;
use crate::admin::page::refused::Refused;
use crate::admin::page::visitor::Admitted;
use crate::admin::parts::AdminParts;

/// The first screen behind that of the owner.
pub(crate) const SENDER: &str = "/admin/setup/sender";
const DOMAIN: &str = "/admin/setup/domain";
const START: &str = "/admin/setup/start";
const CAMPAIGNS: &str = "/admin/campaigns";

/// A screen as the others show it.
pub(crate) struct StepLink {
    number: usize,
    name: &'static str,
    /// None for the owner's, which works once.
    path: Option<&'static str>,
    is_done: bool,
    is_here: bool,
}

/// The way through the screens, seen from number `here`.
async fn way(parts: &AdminParts, here: usize) -> Result<Vec<StepLink>, PageProblem> {
    let steps = actions::set_up_steps(&parts.resources.store).await;
    let steps = steps.map_err(PageProblem::failed("looking how far the set-up is"))?;
    let link = |number, name, path, is_done| StepLink {
        number,
        name,
        path,
        is_done,
        is_here: number == here,
    };
    Ok(vec![
        link(1, "Owner", None, true),
        link(2, "Sender and relay", Some(SENDER), steps.sender),
        link(3, "Domain", Some(DOMAIN), steps.domain),
        link(4, "Start", Some(START), steps.start),
    ])
}

/// What the list of campaigns says about the set-up, to whoever can go on with it.
pub(crate) struct SetUpReminder {
    pub(crate) done: usize,
    pub(crate) next: &'static str,
    pub(crate) key: String,
}

impl SetUpReminder {
    /// None when there is nothing to be reminded of.
    pub(crate) async fn of(
        admitted: &Admitted,
        parts: &AdminParts,
    ) -> Result<Option<Self>, PageProblem> {
        if !admitted.can(Right::SettingsWrite) {
            return Ok(None);
        }
        let open = actions::set_up_open_steps(&parts.resources.store).await;
        let open = open.map_err(PageProblem::failed("looking how far the set-up is"))?;
        let Some(steps) = open else { return Ok(None) };
        let key = new_key()?;
        Ok(Some(Self { done: steps.done(), next: next(steps), key }))
    }
}

/// The first screen that is not done.
const fn next(steps: SetUpSteps) -> &'static str {
    match steps {
        SetUpSteps { sender: false, .. } => SENDER,
        SetUpSteps { domain: false, .. } => DOMAIN,
        _ => START,
    }
}

/// Words that are also for terminals, without their quotes of keys.
fn plain(words: &str) -> String {
    words.replace('`', "")
}

/// Leads to the first screen that is not done.
pub(crate) async fn lead(admitted: Admitted, State(parts): State<AdminParts>) -> Response {
    match actions::set_up_steps(&parts.resources.store).await {
        Ok(steps) => Redirect::to(next(steps)).into_response(),
        Err(problem) => {
            PageProblem::failed("looking how far the set-up is")(problem).page(&admitted.visitor)
        }
    }
}

/// Nobody is reminded any more.
pub(crate) async fn dismiss(
    admitted: Admitted,
    State(parts): State<AdminParts>,
    form: Form,
) -> Response {
    done(&admitted, &parts, &form, SetUpStep::Dismissed, (CAMPAIGNS, Message::SetUpDismissed)).await
}

/// Keeps that a step is done, and leads on.
async fn done(
    admitted: &Admitted,
    parts: &AdminParts,
    form: &Form,
    step: SetUpStep,
    (path, message): (&str, Message),
) -> Response {
    let kept = async {
        let call = call(admitted, form)?;
        Ok::<_, Refused>(actions::set_up_done(&parts.resources, &call, step).await?)
    };
    match kept.await {
        Ok(()) => admitted.visitor.done(path, message),
        Err(Refused::DoneBefore) => Redirect::to(path).into_response(),
        Err(Refused::Form(_, problem)) => {
            PageProblem::Refused(problem.words).page(&admitted.visitor)
        }
        Err(Refused::Page(problem)) => problem.page(&admitted.visitor),
    }
}
