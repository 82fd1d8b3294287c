//! What is done with campaigns.

use std::collections::BTreeMap;

use actions::{
    StartWish, campaign_create, campaign_pause, campaign_publish, campaign_resume, campaign_retry,
    campaign_retry_count, campaign_schedule, campaign_take_back, campaign_withdraw,
};
use campaign::{Create, RetryScope};
use model::{CampaignId, CampaignNumber, InDoubtPolicy, Timestamp};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::api::asked::Asked;
use crate::api::campaign_check::Finding;
use crate::api::problem::Problem;
use crate::api::reply::Reply;
use crate::api::test_tokens::only_live;

/// A campaign after something was done with it.
#[derive(Serialize, ToSchema)]
pub(crate) struct CampaignState {
    /// Its number.
    #[schema(example = "17")]
    id: String,
    /// Its state now.
    #[schema(example = "paused")]
    state: &'static str,
}

/// A draft to be made.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct NewCampaign {
    /// The announcement: Markdown with front matter, as docs/announcements.md describes it.
    #[schema(
        min_length = 1,
        example = "---\nsubject: Pharos 0.2\nfrom: news@aurora.example\n---\nIt is here.\n"
    )]
    text: String,
    /// Otherwise the front matter’s name, or the subject.
    #[serde(default)]
    #[schema(max_length = 120)]
    name: Option<String>,
    /// The slug of the topic; otherwise the front matter’s.
    #[serde(default)]
    #[schema(example = "release-notices")]
    topic: Option<String>,
    /// What happens to deliveries whose outcome a crash hides.
    #[serde(default)]
    #[schema(inline)]
    in_doubt: InDoubt,
}

#[derive(Clone, Copy, Default, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub(crate) enum InDoubt {
    /// Nobody gets a second copy.
    #[default]
    NeverResend,
    /// They are sent again with the same Message-ID.
    Resend,
}

/// A draft that was made.
#[derive(Serialize, ToSchema)]
pub(crate) struct MadeCampaign {
    /// Its number.
    #[schema(example = "17")]
    id: String,
    #[schema(example = "draft")]
    state: &'static str,
    /// Who would get it now; null when the answer was lost and is given again.
    audience: Option<i64>,
    /// How many links are tracked; null when the answer was lost and is given again.
    tracked_links: Option<usize>,
    /// The attributes of contacts that it shows.
    tags: Vec<String>,
    /// What its sender should know before it is sent.
    findings: Vec<Finding>,
}

/// When and under which conditions a campaign is to start.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct Start {
    /// What the caller believes. Needed unless `dry_run` is set.
    #[serde(default)]
    #[schema(inline)]
    expect: Option<Expect>,
    /// When; otherwise now.
    #[serde(default)]
    #[schema(format = "date-time")]
    at: Option<String>,
    /// Accept the warnings that there are.
    #[serde(default)]
    accept_warnings: bool,
    /// Mail links that lead to the reader’s own machine.
    #[serde(default)]
    links_to_this_machine: bool,
    /// Check everything, and change nothing.
    #[serde(default)]
    dry_run: bool,
}

#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct Expect {
    /// It does not start for a larger audience; null, which has to be written, for any.
    #[serde(deserialize_with = "Option::deserialize")]
    #[schema(required, minimum = 0, example = 10000)]
    audience_at_most: Option<i64>,
}

/// A campaign that starts by itself within a second or so of its time, or would.
#[derive(Serialize, ToSchema)]
pub(crate) struct StartedCampaign {
    /// Its number.
    #[schema(example = "17")]
    id: String,
    /// Its state now.
    #[schema(example = "scheduled")]
    state: &'static str,
    #[schema(format = "date-time")]
    starts_at: Option<String>,
    /// Who would get it now; null when the answer was lost and is given again.
    audience: Option<i64>,
    /// Of these, people whose message can’t be made.
    skipped: Option<i64>,
    /// Warnings that were accepted, and what is good to know.
    findings: Vec<Finding>,
}

/// Who is to get it again.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct Retry {
    #[schema(inline)]
    state: RetryState,
    /// Of those who failed, only those with this code of the relay.
    #[serde(default)]
    #[schema(minimum = 0, maximum = 999)]
    code: Option<u16>,
    /// Count them, and change nothing.
    #[serde(default)]
    dry_run: bool,
}

#[derive(Clone, Copy, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub(crate) enum RetryState {
    Failed,
    Skipped,
    /// They may have it already, and may get a second copy.
    InDoubt,
}

/// How many are queued again, or would be.
#[derive(Serialize, ToSchema)]
pub(crate) struct Retried {
    /// The campaign’s number.
    #[schema(example = "17")]
    id: String,
    queued: i64,
    dry_run: bool,
}

/// How everybody may read a campaign.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct Publish {
    /// What stands for the recipients’ own values, by attribute.
    #[serde(default)]
    #[schema(example = json!({"name": "reader"}))]
    values: BTreeMap<String, String>,
    /// The topic’s list and feed do not name it.
    #[serde(default)]
    unlisted: bool,
}

/// A campaign that everybody may read.
#[derive(Serialize, ToSchema)]
pub(crate) struct PublishedCampaign {
    /// The campaign’s number.
    #[schema(example = "17")]
    id: String,
    /// The address of its page.
    #[schema(format = "uri")]
    url: String,
    /// Whether its topic’s list and feed name it, as soon as they are open.
    listed: bool,
    /// The slug of that topic.
    topic: String,
    /// Whether its list and feed are open.
    archive_open: bool,
}

/// A campaign after its public page was taken back.
#[derive(Serialize, ToSchema)]
pub(crate) struct WithdrawnCampaign {
    /// The campaign’s number.
    #[schema(example = "17")]
    id: String,
    /// False when there was none.
    withdrawn: bool,
}

fn number(asked: &Asked) -> Result<CampaignNumber, Problem> {
    Ok(asked.campaign()?.id.number())
}

pub(crate) async fn create(asked: Asked) -> Result<Reply, Problem> {
    let NewCampaign { text, name, topic, in_doubt } = asked.body()?;
    let policy = match in_doubt {
        InDoubt::NeverResend => InDoubtPolicy::NeverResend,
        InDoubt::Resend => InDoubtPolicy::Resend,
    };
    let wish = Create { name, topic, policy };
    let made = campaign_create(&asked.parts.resources, &asked.call(), &text, wish, None).await?;
    let made = MadeCampaign {
        id: made.id.to_string(),
        state: model::CampaignState::Draft.as_str(),
        audience: Some(made.survey.contacts),
        tracked_links: Some(made.links.len()),
        tags: made.tags,
        findings: made.findings.into_iter().map(Finding::from).collect(),
    };
    Reply::created(&format!("/api/v1/campaigns/{}", made.id), &made)
}

pub(crate) async fn created_again(_: Asked, made: Option<String>) -> Result<Reply, Problem> {
    let id = made.and_then(|id| id.parse().ok()).map(CampaignId);
    let id = id.ok_or_else(|| {
        Problem::not_found("campaign_not_found", "There is no campaign with this number.")
    })?;
    let made = MadeCampaign {
        id: id.to_string(),
        state: model::CampaignState::Draft.as_str(),
        audience: None,
        tracked_links: None,
        tags: Vec::new(),
        findings: Vec::new(),
    };
    Reply::created(&format!("/api/v1/campaigns/{id}"), &made)
}

pub(crate) async fn start(asked: Asked) -> Result<Reply, Problem> {
    let start: Start = asked.body()?;
    if !start.dry_run {
        only_live(&asked)?;
    }
    if start.expect.is_none() && !start.dry_run {
        let words = "Say how many people you expect at most; it does not start for more.";
        return Err(Problem::of_field("/expect/audience_at_most".to_owned(), "field", words));
    }
    let at = match start.at.as_deref() {
        None => asked.at,
        Some(text) => Timestamp::parse_rfc3339(text).ok_or_else(|| {
            let words = "A time as in RFC 3339, such as 2027-01-31T12:00:00Z.";
            Problem::of_field("/at".to_owned(), "time", words)
        })?,
    };
    let wish = StartWish {
        at,
        checked: None,
        audience_at_most: start.expect.and_then(|expect| expect.audience_at_most),
        accept_warnings: start.accept_warnings,
        links_to_this_machine: start.links_to_this_machine,
        dry_run: start.dry_run,
    };
    let number = number(&asked)?;
    let scheduled = campaign_schedule(&asked.parts.resources, &asked.call(), number, wish).await?;
    let state = match start.dry_run {
        true => asked.campaign()?.state,
        false => model::CampaignState::Scheduled,
    };
    let ready = scheduled.ready;
    let findings = ready.accepts.into_iter().chain(ready.hints);
    Reply::of(&StartedCampaign {
        id: number.to_string(),
        state: state.as_str(),
        starts_at: Some(scheduled.starts_at.rfc3339()),
        audience: Some(ready.survey.contacts),
        skipped: Some(ready.survey.skipped),
        findings: findings.map(Finding::from).collect(),
    })
}

/// The answer from what the campaign is by now: it was scheduled.
pub(crate) async fn started_again(asked: Asked) -> Result<Reply, Problem> {
    let campaign = asked.campaign()?;
    let schedule = actions::campaign_schedule_of(asked.store(), campaign.id).await?;
    Reply::of(&StartedCampaign {
        id: campaign.id.to_string(),
        state: campaign.state.as_str(),
        starts_at: schedule.map(|it| it.starts_at.rfc3339()),
        audience: None,
        skipped: None,
        findings: Vec::new(),
    })
}

pub(crate) async fn take_back(asked: Asked) -> Result<Reply, Problem> {
    let number = number(&asked)?;
    campaign_take_back(&asked.parts.resources, &asked.call(), number).await?;
    Reply::of(&changed(number, model::CampaignState::Draft))
}

pub(crate) async fn pause(asked: Asked) -> Result<Reply, Problem> {
    let number = number(&asked)?;
    let state = campaign_pause(&asked.parts.resources, &asked.call(), number).await?;
    Reply::of(&changed(number, state))
}

pub(crate) async fn resume(asked: Asked) -> Result<Reply, Problem> {
    only_live(&asked)?;
    let number = number(&asked)?;
    let state = campaign_resume(&asked.parts.resources, &asked.call(), number).await?;
    Reply::of(&changed(number, state))
}

pub(crate) async fn retry(asked: Asked) -> Result<Reply, Problem> {
    let Retry { state, code, dry_run } = asked.body()?;
    let whom = match (state, code) {
        (RetryState::Failed, code) if code.is_none_or(|code| code <= 999) => {
            RetryScope::Failed(code)
        }
        (RetryState::Skipped, None) => RetryScope::Skipped,
        (RetryState::InDoubt, None) => RetryScope::InDoubt,
        _ => {
            let words = "A code has three digits, and only those who failed have one.";
            return Err(Problem::of_field("/code".to_owned(), "field", words));
        }
    };
    let (resources, call, number) = (&asked.parts.resources, asked.call(), number(&asked)?);
    let queued = match dry_run {
        true => campaign_retry_count(resources, &call, number, whom).await?,
        false => {
            only_live(&asked)?;
            campaign_retry(resources, &call, number, whom).await?
        }
    };
    Reply::of(&Retried { id: number.to_string(), queued, dry_run })
}

pub(crate) async fn publish(asked: Asked) -> Result<Reply, Problem> {
    let Publish { values, unlisted } = asked.body()?;
    let (resources, number) = (&asked.parts.resources, number(&asked)?);
    let wish = campaign::Publish { values, unlisted };
    let done = campaign_publish(resources, &asked.call(), number, wish).await?;
    let id = number.to_string();
    let campaign::Published { url, listed, topic } = done;
    let archive_open = topic.archive_open;
    Reply::of(&PublishedCampaign { id, url, listed, topic: topic.slug, archive_open })
}

pub(crate) async fn withdraw(asked: Asked) -> Result<Reply, Problem> {
    let number = number(&asked)?;
    let withdrawn = campaign_withdraw(&asked.parts.resources, &asked.call(), number).await?;
    Reply::of(&WithdrawnCampaign { id: number.to_string(), withdrawn })
}

/// The state that the campaign is in by now: what was done is done.
pub(crate) async fn state_again(asked: Asked) -> Result<Reply, Problem> {
    let campaign = asked.campaign()?;
    Reply::of(&changed(campaign.id.number(), campaign.state))
}

/// How far it came is not known.
pub(crate) async fn unknown(_: Asked) -> Result<Reply, Problem> {
    let words = "What became of the request can’t be told.";
    Err(Problem::new(axum::http::StatusCode::CONFLICT, "repeated", words))
}

fn changed(number: CampaignNumber, state: model::CampaignState) -> CampaignState {
    CampaignState { id: number.to_string(), state: state.as_str() }
}
