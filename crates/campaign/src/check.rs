//! What a campaign's author should know before anyone gets it. Changes and sends nothing.

use model::CampaignId;
use render::{Problem, Sender};
use store::{CampaignLink, Store};

use crate::CampaignError;
use crate::audience_survey::{Survey, survey};
use crate::message::{check_links, compile};
use crate::pause::find;

/// What was found out about a campaign.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Checked {
    pub id: CampaignId,
    /// Why it can't be sent as it is; empty when it can.
    pub errors: Vec<CheckFinding>,
    /// What deserves a look.
    pub warnings: Vec<CheckFinding>,
    /// Its tracked links, in reading order.
    pub links: Vec<CampaignLink>,
    /// What the people who would get it now have and lack; nobody when it does not compile.
    pub survey: Survey,
}

/// Something that was found.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CheckFinding {
    /// What kind of thing it is; stays the same whatever its words.
    pub code: &'static str,
    /// The line of the announcement's file, when one is to blame.
    pub line: Option<usize>,
    /// The whole of it, with its place and what would be right.
    pub text: String,
}

/// Compiles a campaign's announcement again and goes through everybody who would get it.
///
/// # Errors
/// When there is no such campaign, or the store fails. Mistakes in the text are no errors here.
pub async fn check(
    store: &Store,
    sender: &Sender,
    id: CampaignId,
) -> Result<Checked, CampaignError> {
    let campaign = find(store, id).await?;
    let mut checked = Checked {
        id,
        errors: Vec::new(),
        warnings: Vec::new(),
        links: store.campaign_links(id).await?,
        survey: Survey::default(),
    };
    let compiled = match compile(store, sender, &campaign).await {
        Ok(compiled) => compiled,
        Err(CampaignError::Announcement(problems)) => {
            checked.errors.extend(problems.as_slice().iter().map(|it| found("text", it)));
            return Ok(checked);
        }
        Err(error) => return Err(error),
    };
    match check_links(store, &campaign, &compiled).await {
        Err(error @ CampaignError::LinksDiffer(..)) => {
            checked.errors.push(CheckFinding {
                code: "links",
                line: None,
                text: error.to_string(),
            });
        }
        links => links?,
    }
    checked.warnings.extend(compiled.warnings().iter().map(|it| found("text", it)));
    checked.survey = survey(store, campaign.topic, &compiled).await?;
    checked.look_at_survey();
    Ok(checked)
}

impl Checked {
    fn look_at_survey(&mut self) {
        let survey = &self.survey;
        for lacking in survey.lacking.iter().filter(|it| survey.nobody_has(it)) {
            let (list, so) = match (lacking.tag.is_conditional, lacking.tag.has_default) {
                (true, _) => (&mut self.warnings, "its condition is the same for everybody"),
                (false, true) => (&mut self.warnings, "everybody gets the default"),
                (false, false) => (&mut self.errors, "no message can be made"),
            };
            let text = format!("{lacking}; {so}");
            list.push(CheckFinding { code: "name", line: Some(lacking.tag.line), text });
        }
        for skips in survey.skips.iter().filter(|it| it.contacts < survey.contacts) {
            let text = format!(
                "{} of {} would be skipped: {}",
                skips.contacts, survey.contacts, skips.reason
            );
            self.warnings.push(CheckFinding { code: "skipped", line: None, text });
        }
        if survey.contacts == 0 {
            let text = "nobody is subscribed to its topic".to_owned();
            self.warnings.push(CheckFinding { code: "audience", line: None, text });
        }
    }
}

fn found(code: &'static str, problem: &Problem) -> CheckFinding {
    let line = Some(problem.line).filter(|line| *line > 0);
    CheckFinding { code, line, text: problem.to_string() }
}
