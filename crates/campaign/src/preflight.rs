//! The last check before a campaign starts: what needs no network of [`crate::check()`] has to be
//! mended or accepted.

use media::FileStore;
use model::campaign::CampaignAction;
use model::{CampaignId, CampaignState};
use render::Sender;
use store::{CheckedText, Frozen, Store};

use crate::CampaignError;
use crate::archive::{self, ArchivePlan};
use crate::audience_survey::{Survey, SurveyedAudience, survey, within};
use crate::check::{findings, local_links};
use crate::finding::{CheckFinding, Severity};
use crate::media_uses::carried;
use crate::message::{announcement_of, check_links, compile_for_sending, text_of};
use crate::pause::find;

/// What the caller explicitly allows.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Allow {
    /// Mail links that lead to the reader's own machine to real people.
    pub links_to_this_machine: bool,
    /// Start in spite of the warnings there are, which are kept as accepted.
    pub warnings: bool,
}

/// A campaign that may be started.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Preflight {
    pub(crate) id: CampaignId,
    /// What its messages are made from, and what everybody may read; None if it is starting already.
    pub(crate) frozen: Option<Frozen>,
    /// What its audience has and lacks.
    pub survey: Survey,
    /// Warnings that are accepted by starting it.
    pub accepts: Vec<CheckFinding>,
    /// What is good to know.
    pub hints: Vec<CheckFinding>,
    /// What was checked; None if it is starting already.
    pub checked: Option<CheckedText>,
}

impl Preflight {
    /// Refuses when more people would get it than the caller expects.
    ///
    /// # Errors
    /// [`CampaignError::AudienceTooLarge`].
    pub fn expects(&self, at_most: Option<i64>) -> Result<(), CampaignError> {
        let audience = self.survey.contacts;
        match at_most {
            Some(at_most) if audience > at_most => {
                Err(CampaignError::AudienceTooLarge { audience, at_most })
            }
            _ => Ok(()),
        }
    }
}

/// Checks that a campaign can be started: its announcement compiles to the links it was created
/// with, the files that messages carry are there, somebody would be mailed, readers can follow the
/// links, and somebody has accepted every warning.
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
        return Ok(Preflight {
            id,
            frozen: None,
            survey: Survey::default(),
            accepts: Vec::new(),
            hints: Vec::new(),
            checked: None,
        });
    }
    campaign.state.apply(CampaignAction::Start).map_err(CampaignError::Refused)?;
    // First: whatever is saved from here on is another revision.
    let (text, _) = text_of(store, &campaign).await?;
    let checked = Some(CheckedText { revision: text.revision, topic: campaign.topic });
    let compiled = compile_for_sending(store, sender, &campaign).await?;
    check_links(store, &campaign, &compiled).await?;
    // Now somebody is here who can do something about it.
    carried(files, &compiled).await?;
    let within = within(store, id).await?;
    let audience =
        SurveyedAudience { campaign: Some(id), topic: campaign.topic, within: within.as_ref() };
    let survey = survey(store, audience, &compiled).await?;
    if within.is_some() && survey.contacts == 0 {
        return Err(CampaignError::NobodyInSegments(id));
    }
    if let Some(lacking) = survey.for_nobody().next() {
        return Err(CampaignError::MissingForAll(lacking.clone()));
    }
    let local = local_links(sender, &survey).filter(|_| !allow.links_to_this_machine);
    local.map_or(Ok(()), Err)?;
    let (announcement, topic) = announcement_of(store, &campaign).await?;
    let plan = archive::plan(&announcement, sender, &topic, id);
    let mut found = findings(&compiled, &survey);
    found.extend(plan.finding(id));
    let archive = match plan {
        ArchivePlan::Publish(pages) => Some(pages),
        ArchivePlan::Private | ArchivePlan::NotListed { .. } => None,
        ArchivePlan::Broken(problems) => return Err(CampaignError::NoPublicPage(problems)),
    };
    let accepted = store.accepted_warnings(id).await?;
    found.iter_mut().for_each(|finding| finding.recognise(&accepted));
    let (accepts, found): (Vec<_>, Vec<_>) = found.into_iter().partition(CheckFinding::is_open);
    if !accepts.is_empty() && !allow.warnings {
        return Err(CampaignError::NotAccepted { id, warnings: accepts });
    }
    let hints = found.into_iter().filter(|it| it.severity == Severity::Hint).collect();
    let frozen = Frozen { form: Some(compiled.to_json()?), archive, scheduled_for: None, checked };
    Ok(Preflight { id, frozen: Some(frozen), survey, accepts, hints, checked })
}
