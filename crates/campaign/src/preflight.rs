//! The last check before a campaign starts: warns of what would go wrong for many people, or
//! refuses.

use media::FileStore;
use model::campaign::CampaignAction;
use model::{BaseUrl, CampaignId, CampaignState};
use render::Sender;
use store::Store;

use crate::CampaignError;
use crate::audience_survey::{Survey, survey};
use crate::media_uses::carried;
use crate::message::{check_links, compile};
use crate::pause::find;

/// What the caller explicitly allows.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Allow {
    /// Mail links that lead to the reader's own machine to real people.
    pub links_to_this_machine: bool,
}

/// A campaign that may be started.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Preflight {
    pub(crate) id: CampaignId,
    /// What its messages are made from; None if it is starting already.
    pub(crate) form: Option<String>,
    /// What its audience has and lacks.
    pub survey: Survey,
}

/// Checks that a campaign can be started: its announcement compiles to the links it was created
/// with, the files that messages carry are there, somebody would be mailed, and readers can follow the
/// links.
///
/// # Errors
/// When it can't be started, with what would be right.
pub async fn preflight(
    store: &Store,
    sender: &Sender,
    files: &FileStore,
    id: CampaignId,
    allow: Allow,
) -> Result<Preflight, CampaignError> {
    let campaign = find(store, id).await?;
    if campaign.state == CampaignState::Starting {
        return Ok(Preflight { id, form: None, survey: Survey::default() });
    }
    campaign.state.apply(CampaignAction::Start).map_err(CampaignError::Refused)?;
    let compiled = compile(store, sender, &campaign).await?;
    check_links(store, &campaign, &compiled).await?;
    // Now somebody is here who can do something about it.
    carried(files, &compiled).await?;
    let survey = survey(store, campaign.topic, &compiled).await?;
    if let Some(lacking) = survey.for_nobody().next() {
        return Err(CampaignError::MissingForAll(lacking.clone()));
    }
    if let Some(url) = local_url(sender)
        && survey.real > 0
        && !allow.links_to_this_machine
    {
        return Err(CampaignError::LinksToThisMachine {
            url: url.to_owned(),
            contacts: survey.real,
            domain: survey.real_domain.unwrap_or_default(),
        });
    }
    Ok(Preflight { id, form: Some(compiled.to_json()?), survey })
}

/// An address in messages that takes every reader to their own machine.
fn local_url(sender: &Sender) -> Option<&str> {
    let is_local = |url: &&str| BaseUrl::parse(url).is_ok_and(|url| url.is_this_machine());
    [sender.beacon_url.as_str(), sender.web_url.as_str()].into_iter().find(is_local)
}
