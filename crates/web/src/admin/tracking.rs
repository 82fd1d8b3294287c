//! What may be recorded of whom, for everybody.

use askama::Template;
use audience::TrackingRules;
use axum::extract::State;
use axum::http::StatusCode;
use axum::response::Response;
use model::{Right, TrackingMode, TrackingPolicy};
use store::TrackingPolicyChange;

use crate::admin::page::calls::call;
use crate::admin::page::form::{Form, FormProblem, new_key};
use crate::admin::page::message::Message;
use crate::admin::page::problem::PageProblem;
use crate::admin::page::refused::{Refused, wrong};
use crate::admin::page::tracking_choice::{MODES, chosen_mode, mode_words};
use crate::admin::page::visitor::Admitted;
use crate::admin::parts::{AdminFrame, AdminParts};
use crate::listen::respond;

const PATH: &str = "/admin/tracking";

#[derive(Template)]
#[template(path = "admin/tracking.html")]
struct TrackingRulesPage {
    frame: AdminFrame,
    key: String,
    /// What holds now.
    policy: TrackingPolicy,
    /// What is ticked.
    at_most: String,
    without_consent: String,
    address_days: String,
    notice: String,
    may_set: bool,
    problem: Option<FormProblem>,
}

impl TrackingRulesPage {
    /// What holds now, in words.
    fn now(&self) -> String {
        let TrackingPolicy { at_most, without_consent, address_days } = self.policy;
        let others = without_consent.min(at_most);
        let preset = match self.policy {
            policy if policy == TrackingPolicy::EU => " This is the preset for the European Union.",
            policy if policy == TrackingPolicy::default() => " This is the standard.",
            _ => "",
        };
        let addresses = match address_days {
            0 => "are never kept in full".to_owned(),
            1 => "are kept in full for 1 day".to_owned(),
            days => format!("are kept in full for {days} days"),
        };
        format!(
            "Contacts who have said nothing: {}. Contacts who have agreed: {}. Network addresses \
             {addresses}.{preset}",
            mode_words(others),
            mode_words(at_most),
        )
    }
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
        // What was just saved must show.
        let rules = audience::tracking_rules(&parts.resources.store).await;
        let rules = rules.map_err(PageProblem::failed("looking at what may be recorded"))?;
        let TrackingRules { policy, notice } = rules;
        let ticked = |field, now: TrackingMode| {
            typed.map_or(now.as_str(), |form| form.text(field)).to_owned()
        };
        Ok(TrackingRulesPage {
            frame: admitted.frame("system").below("/admin/system", "System"),
            key: new_key()?,
            at_most: ticked("at_most", policy.at_most),
            without_consent: ticked("without_consent", policy.without_consent),
            address_days: match typed.map(|form| form.text("address_days")) {
                Some(days) => days.to_owned(),
                None => policy.address_days.to_string(),
            },
            notice: match typed {
                Some(form) => form.text("notice").to_owned(),
                None => notice.unwrap_or_default(),
            },
            policy,
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
        let call = call(&admitted, &form)?;
        Ok(actions::tracking_policy_set(&parts.resources, &call, change(&form)?).await?)
    };
    match done.await {
        Ok(()) => admitted.visitor.done(PATH, Message::TrackingSet),
        Err(Refused::DoneBefore) => admitted.visitor.done(PATH, Message::DoneBefore),
        Err(Refused::Form(status, problem)) => {
            page(&admitted, &parts, Some(&form), (status, Some(problem))).await
        }
        Err(Refused::Page(problem)) => problem.page(&admitted.visitor),
    }
}

/// A button that sets everything but the notice says which preset it is.
fn change(form: &Form) -> Result<TrackingPolicyChange, Refused> {
    match form.text("preset") {
        "eu" => Ok(TrackingPolicy::EU.into()),
        "standard" => Ok(TrackingPolicy::default().into()),
        _ => Ok(TrackingPolicyChange {
            at_most: Some(chosen_mode(form, "at_most")?),
            without_consent: Some(chosen_mode(form, "without_consent")?),
            address_days: chosen_days(form)?,
            notice: Some(form.text("notice").to_owned()),
        }),
    }
}

/// For how many days addresses are to be kept; an empty field changes nothing.
fn chosen_days(form: &Form) -> Result<Option<u16>, Refused> {
    let text = form.text("address_days").trim();
    if text.is_empty() {
        return Ok(None);
    }
    let most = TrackingPolicy::MOST_ADDRESS_DAYS;
    let words = || format!("Say for how many days: a number from 0 (never) to {most}.");
    text.parse().map(Some).map_err(|_| wrong("address_days", words()))
}
