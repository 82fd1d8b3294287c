//! The buttons on a campaign's page.
//!
//! Invariant: sending again reaches no more people than the button has said.

use actions::Call;
use axum::extract::{Path, State};
use axum::http::{HeaderMap, StatusCode};
use axum::response::Response;
use campaign::{Publish, RetryScope};
use model::CampaignNumber;
use report::number_text::thousands;

use crate::admin::campaigns::acts::RETRIES;
use crate::admin::campaigns::page;
use crate::admin::contacts::attribute_lines;
use crate::admin::page::calls::call;
use crate::admin::page::form::{Form, FormProblem};
use crate::admin::page::message::Message;
use crate::admin::page::problem::PageProblem;
use crate::admin::page::refused::{Refused, wrong};
use crate::admin::page::tracking_choice::chosen_limit;
use crate::admin::page::visitor::Admitted;
use crate::admin::parts::AdminParts;

#[derive(Clone, Copy)]
enum CampaignAct {
    TakeBack,
    Pause,
    Resume,
    Retry,
    Publish,
    Withdraw,
    Tracking,
    Cap,
}

impl CampaignAct {
    async fn of(
        self,
        admitted: &Admitted,
        parts: &AdminParts,
        number: &str,
        form: &Form,
    ) -> Result<Message, Refused> {
        let number: CampaignNumber = number.parse().map_err(|_| PageProblem::no_campaign())?;
        let (resources, call) = (&parts.resources, call(admitted, form)?);
        Ok(match self {
            Self::TakeBack => {
                actions::campaign_take_back(resources, &call, number).await?;
                Message::CampaignTakenBack
            }
            Self::Pause => {
                actions::campaign_pause(resources, &call, number).await?;
                Message::CampaignPaused
            }
            Self::Resume => {
                actions::campaign_resume(resources, &call, number).await?;
                Message::CampaignResumed
            }
            Self::Retry => retry(parts, &call, number, form).await?,
            Self::Publish => {
                let values = attribute_lines::parse("values", form.text("values"))?;
                let wish = Publish { values, unlisted: form.text("unlisted") == "yes" };
                actions::campaign_publish(resources, &call, number, wish).await?;
                Message::CampaignPublished
            }
            Self::Tracking => {
                let mode = chosen_limit(form)?;
                actions::campaign_tracking_set(resources, &call, number, mode).await?;
                Message::TrackingSet
            }
            Self::Cap => {
                let ignores = form.text("ignore") == "yes";
                actions::campaign_cap_set(resources, &call, number, ignores).await?;
                if ignores { Message::CapIgnored } else { Message::CapKept }
            }
            Self::Withdraw => match actions::campaign_withdraw(resources, &call, number).await? {
                true => Message::CampaignWithdrawn,
                false => Message::NothingChanged,
            },
        })
    }
}

async fn retry(
    parts: &AdminParts,
    call: &Call,
    number: CampaignNumber,
    form: &Form,
) -> Result<Message, Refused> {
    let asked = RETRIES.iter().find(|(word, _)| *word == form.text("whom"));
    let (_, whom) = asked.ok_or_else(|| wrong("whom", "say whom to send to again"))?;
    if *whom == RetryScope::InDoubt && form.text("sure") != "yes" {
        let words = "nothing was sent: tick that some of them may get a second copy";
        return Err(wrong("sure", words));
    }
    let said: i64 = form.text("people").parse().unwrap_or_default();
    let people = actions::campaign_retry_count(&parts.resources, call, number, *whom).await?;
    if people > said {
        let words = format!(
            "nothing was sent: it would be {} now, and the button said {}",
            thousands(people),
            thousands(said)
        );
        return Err(Refused::Form(StatusCode::CONFLICT, FormProblem::new("people", words)));
    }
    match actions::campaign_retry(&parts.resources, call, number, *whom).await? {
        0 => Ok(Message::NobodyToRetry),
        _ => Ok(Message::DeliveriesRetried),
    }
}

async fn act(
    admitted: &Admitted,
    parts: &AdminParts,
    (number, headers): (&str, &HeaderMap),
    form: &Form,
    act: CampaignAct,
) -> Response {
    let path = format!("/admin/campaigns/{}", number.parse().unwrap_or(CampaignNumber(0)));
    match act.of(admitted, parts, number, form).await {
        Ok(message) => admitted.visitor.done(&path, message),
        Err(Refused::DoneBefore) => admitted.visitor.done(&path, Message::DoneBefore),
        Err(Refused::Form(status, problem)) => {
            page(admitted, parts, number, headers, status, Some(problem)).await
        }
        Err(Refused::Page(problem)) => problem.page(&admitted.visitor),
    }
}

macro_rules! acts {
    ($($name:ident $act:expr;)+) => {
        $(pub(crate) async fn $name(
            admitted: Admitted,
            State(parts): State<AdminParts>,
            Path(number): Path<String>,
            headers: HeaderMap,
            form: Form,
        ) -> Response {
            act(&admitted, &parts, (&number, &headers), &form, $act).await
        })+
    };
}

acts! {
    take_back CampaignAct::TakeBack;
    pause CampaignAct::Pause;
    resume CampaignAct::Resume;
    retry_deliveries CampaignAct::Retry;
    publish CampaignAct::Publish;
    withdraw CampaignAct::Withdraw;
    set_tracking CampaignAct::Tracking;
    set_cap CampaignAct::Cap;
}
