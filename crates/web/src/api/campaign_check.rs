//! What would go wrong if a campaign started now, as far as it is known without asking others.

use campaign::{CheckFinding, Checked, Severity, Survey};
use model::Timestamp;
use serde::Serialize;
use utoipa::ToSchema;

use crate::api::asked::Asked;
use crate::api::problem::Problem;
use crate::api::reply::Reply;

/// What was found out about a campaign. No server of a link, no DNS and no spam filter was asked.
#[derive(Serialize, ToSchema)]
pub(crate) struct CampaignCheck {
    /// Its number.
    #[schema(example = "17")]
    id: String,
    /// The gravest first, in the order of the text.
    findings: Vec<Finding>,
    /// Its tracked links, in reading order.
    links: Vec<CheckedLink>,
    audience: CheckedAudience,
    /// Warnings that somebody has accepted, the oldest first.
    accepted: Vec<EarlierAcceptance>,
}

/// Something that the check has found.
#[derive(Serialize, ToSchema)]
pub(crate) struct Finding {
    /// error, warning or hint; there may be more.
    severity: &'static str,
    code: &'static str,
    text: String,
    /// The line of the text, when one is to blame.
    line: Option<usize>,
    /// How many people it is about; 0 when it is not about people.
    contacts: i64,
    /// The ids of some of them.
    sample: Vec<String>,
    /// When somebody accepted it, for a warning.
    #[schema(format = "date-time")]
    accepted_at: Option<String>,
}

#[derive(Serialize, ToSchema)]
struct CheckedLink {
    /// Its number, from 0 in reading order.
    slot: u16,
    /// The words of the link.
    label: String,
    url: String,
}

/// Who would get it now.
#[derive(Serialize, ToSchema)]
struct CheckedAudience {
    contacts: i64,
    /// Of these, people whose message can’t be made.
    skipped: i64,
    /// Why, the most frequent first.
    skips: Vec<SkipReason>,
    /// The attributes that it shows and that somebody lacks.
    names: Vec<LackedName>,
}

#[derive(Serialize, ToSchema)]
struct SkipReason {
    reason: String,
    contacts: i64,
    /// The ids of some of them.
    sample: Vec<String>,
}

#[derive(Serialize, ToSchema)]
struct LackedName {
    name: String,
    /// The line of the text.
    line: usize,
    /// How many contacts have no value for it.
    lacking: i64,
    has_default: bool,
    is_conditional: bool,
}

#[derive(Serialize, ToSchema)]
struct EarlierAcceptance {
    code: String,
    text: String,
    #[schema(format = "date-time")]
    at: String,
}

impl From<CheckFinding> for Finding {
    fn from(found: CheckFinding) -> Self {
        Self {
            severity: match found.severity {
                Severity::Error => "error",
                Severity::Warning => "warning",
                Severity::Hint => "hint",
            },
            code: found.code,
            text: found.text,
            line: found.line,
            contacts: found.contacts,
            sample: found.sample.iter().map(ToString::to_string).collect(),
            accepted_at: found.accepted_at.map(Timestamp::rfc3339),
        }
    }
}

impl From<Survey> for CheckedAudience {
    fn from(survey: Survey) -> Self {
        let skips = survey.skips.into_iter().map(|it| SkipReason {
            reason: it.reason,
            contacts: it.contacts,
            sample: it.sample.iter().map(ToString::to_string).collect(),
        });
        let names = survey.lacking.into_iter().map(|it| LackedName {
            name: it.tag.name,
            line: it.tag.line,
            lacking: it.contacts,
            has_default: it.tag.has_default,
            is_conditional: it.tag.is_conditional,
        });
        Self {
            contacts: survey.contacts,
            skipped: survey.skipped,
            skips: skips.collect(),
            names: names.collect(),
        }
    }
}

impl From<Checked> for CampaignCheck {
    fn from(checked: Checked) -> Self {
        let links = checked.links.into_iter();
        let accepted = checked.accepted.into_iter().map(|it| EarlierAcceptance {
            code: it.warning.code,
            text: it.warning.text,
            at: Timestamp::rfc3339(it.at),
        });
        Self {
            id: checked.id.to_string(),
            findings: checked.findings.into_iter().map(Finding::from).collect(),
            links: links
                .map(|it| CheckedLink { slot: it.slot.0, label: it.label, url: it.url })
                .collect(),
            audience: checked.survey.into(),
            accepted: accepted.collect(),
        }
    }
}

pub(crate) async fn one(asked: Asked) -> Result<Reply, Problem> {
    let (id, sender) = (asked.campaign()?.id, &asked.parts.resources.sender());
    Reply::of(&CampaignCheck::from(campaign::check(asked.store(), sender, id).await?))
}
