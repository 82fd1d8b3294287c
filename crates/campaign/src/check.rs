//! What a campaign's author should know before anyone gets it. Sends nothing, and changes nothing
//! but what was accepted.
//!
//! [`check`] looks at the text and at everybody who would get it; [`look_outside`] asks others: the
//! servers that links and images are on, DNS, a spam filter.
//!
//! Invariant: errors block a start, warnings block it until somebody has accepted them, hints
//! never do.

mod addresses;
mod domain_records;
mod image_facts;
mod outside;
mod sender_domain;
mod spam_filter;
mod verdict;

use model::{
    BaseUrl, CampaignId, CampaignState, Timestamp, TrackingChoices, TrackingMode, TrackingPolicy,
};
use render::{AddressUse, Announcement, Compiled, Sender};
use store::{AcceptedWarning, CAPPED, Campaign, CampaignLink, CheckedText, PAUSED, Store};

pub use addresses::{AddressOutcome, CheckedAddress};
pub use domain_records::{DomainRecord, DomainRecords, DomainWish, RecordStanding, domain_records};
pub use image_facts::ImageFacts;
pub use outside::{Outside, look_outside};
pub use sender_domain::SenderDomain;
pub use spam_filter::{SpamSymbol, SpamVerdict};

use crate::CampaignError;
use crate::archive;
use crate::audience_survey::{Survey, SurveyedAudience, survey, within};
use crate::finding::{CheckFinding, Severity};
use crate::message::{announcement_of, check_links, compile, text_of};
use crate::pause::find;

/// What was found out about a campaign.
#[derive(Debug, Clone)]
pub struct Checked {
    pub id: CampaignId,
    /// The gravest first, in the order of the text.
    pub findings: Vec<CheckFinding>,
    /// Its tracked links, in reading order.
    pub links: Vec<CampaignLink>,
    /// What the people who would get it now have and lack; nobody when it does not compile.
    pub survey: Survey,
    /// What the servers of its links and images answered; empty before they were asked.
    pub addresses: Vec<CheckedAddress>,
    /// What DNS says about the domain it comes from, when it was asked.
    pub sender_domain: Option<SenderDomain>,
    /// What the spam filter said, when one was asked.
    pub spam: Option<SpamVerdict>,
    /// What somebody has accepted for it so far.
    pub accepted: Vec<AcceptedWarning>,
    /// The text and the topic that were looked at.
    pub text: CheckedText,
    state: CampaignState,
    compiled: Option<Compiled>,
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
    // First: whatever is saved from here on is another revision.
    let (text, _) = text_of(store, &campaign).await?;
    let mut checked = Checked {
        id,
        text: CheckedText { revision: text.revision, topic: campaign.topic },
        findings: Vec::new(),
        links: store.campaign_links(id).await?,
        survey: Survey::default(),
        addresses: Vec::new(),
        sender_domain: None,
        spam: None,
        accepted: store.accepted_warnings(id).await?,
        state: campaign.state,
        compiled: None,
    };
    match compile(store, sender, &campaign).await {
        Ok(compiled) => checked.look_at(store, sender, &campaign, compiled).await?,
        Err(CampaignError::Announcement(problems)) => {
            let problems = problems.as_slice().iter();
            let found = problems.map(|it| CheckFinding::in_text(Severity::Error, "text", it));
            checked.add(found.collect());
        }
        Err(error) => return Err(error),
    }
    Ok(checked)
}

impl Checked {
    async fn look_at(
        &mut self,
        store: &Store,
        sender: &Sender,
        campaign: &Campaign,
        compiled: Compiled,
    ) -> Result<(), CampaignError> {
        match check_links(store, campaign, &compiled).await {
            Err(error @ CampaignError::LinksDiffer(..)) => {
                self.add(vec![CheckFinding::new(Severity::Error, "links", error.to_string())]);
            }
            links => links?,
        }
        let within = within(store, campaign.id).await?;
        let audience = SurveyedAudience {
            campaign: Some(campaign.id),
            topic: campaign.topic,
            within: within.as_ref(),
        };
        self.survey = survey(store, audience, &compiled).await?;
        if within.is_some() && self.survey.contacts == 0 {
            let words = CampaignError::NobodyInSegments(campaign.id).to_string();
            self.add(vec![CheckFinding::new(Severity::Error, "audience", words)]);
        }
        let (announcement, topic) = announcement_of(store, campaign).await?;
        let mut found = findings(&compiled, &self.survey);
        found.extend(archive::plan(&announcement, sender, &topic, self.id).finding(self.id));
        found.extend(other_topic(&announcement, &topic.slug));
        if store.campaign_ignores_cap(campaign.id).await? {
            let text = "it goes to people however many mails they have had";
            found.push(CheckFinding::new(Severity::Hint, "cap", text));
        }
        let choices = store.tracking_choices(campaign.id).await?;
        found.extend(untracked(&self.survey, store.tracking_policy().await?, choices));
        found.extend(local_links(sender, &self.survey).map(|error| {
            CheckFinding::new(Severity::Error, "public", error.to_string()).about("public")
        }));
        self.add(found);
        self.compiled = Some(compiled);
        Ok(())
    }

    /// Adds what was found, the gravest first; accepted warnings are recognised.
    fn add(&mut self, found: Vec<CheckFinding>) {
        self.findings.extend(found);
        for finding in &mut self.findings {
            finding.recognise(&self.accepted);
        }
        self.findings.sort_by_key(|it| (it.severity, it.line.is_none(), it.line));
    }

    /// Whether its text can be made into messages; otherwise nobody was looked at.
    #[must_use]
    pub const fn compiles(&self) -> bool {
        self.compiled.is_some()
    }

    /// What of it is so grave.
    pub fn of(&self, severity: Severity) -> impl Iterator<Item = &CheckFinding> {
        self.findings.iter().filter(move |it| it.severity == severity)
    }

    /// Warnings that nobody has accepted.
    pub fn open(&self) -> impl Iterator<Item = &CheckFinding> {
        self.findings.iter().filter(|it| it.is_open())
    }
}

/// Keeps that the open warnings of a draft were accepted.
///
/// # Errors
/// When it has been started, or the store fails.
pub async fn accept(
    store: &Store,
    checked: &mut Checked,
    now: Timestamp,
) -> Result<(), CampaignError> {
    if checked.state.has_started() {
        return Err(CampaignError::NoDraft(checked.id, checked.state));
    }
    let warnings = checked.open().map(CheckFinding::acceptance).collect();
    store.warnings_accept(checked.id, warnings, now).await?;
    checked.accepted = store.accepted_warnings(checked.id).await?;
    checked.add(Vec::new());
    Ok(())
}

/// What needs nobody else to be known.
pub(crate) fn findings(compiled: &Compiled, survey: &Survey) -> Vec<CheckFinding> {
    let in_text = |severity| {
        move |problem: &render::Problem| CheckFinding::in_text(severity, "text", problem)
    };
    let mut found: Vec<CheckFinding> =
        compiled.warnings().iter().map(in_text(Severity::Warning)).collect();
    found.extend(compiled.hints().iter().map(in_text(Severity::Hint)));
    found.extend(unencrypted(compiled));
    found.extend(about_people(survey));
    found
}

/// The topic that a text names holds when a campaign is made of it; from then on it is the campaign's.
fn other_topic(announcement: &Announcement, slug: &str) -> Option<CheckFinding> {
    let named = announcement.topic().filter(|named| *named != slug)?;
    let text = format!("the text names the topic `{named}`, and the campaign goes to `{slug}`");
    Some(CheckFinding::new(Severity::Hint, "topic", text).about("topic"))
}

/// Of whom less would be recorded than who they are.
fn untracked(
    survey: &Survey,
    policy: TrackingPolicy,
    choices: TrackingChoices,
) -> Option<CheckFinding> {
    let people = |wanted: TrackingMode| -> i64 {
        let of = |contact| policy.mode(TrackingChoices { contact, ..choices }) == wanted;
        survey.tracking_words.iter().filter(|(word, _)| of(**word)).map(|(_, people)| people).sum()
    };
    let (off, anonymous) = (people(TrackingMode::Off), people(TrackingMode::Anonymous));
    (off + anonymous > 0).then(|| {
        let text = format!(
            "of {} would be recorded who opens and clicks; {anonymous} anonymous, {off} not tracked",
            survey.contacts - off - anonymous,
        );
        let finding = CheckFinding::new(Severity::Hint, "tracking", text);
        CheckFinding { contacts: off + anonymous, ..finding }
    })
}

fn unencrypted(compiled: &Compiled) -> impl Iterator<Item = CheckFinding> {
    let links = compiled.addresses().iter().filter(|it| it.used_as == AddressUse::Link);
    let plain = links
        .filter(|it| it.url.get(..7).is_some_and(|start| start.eq_ignore_ascii_case("http://")));
    plain.map(|it| {
        let text = format!("the link `{}` is not encrypted; use https:// if it works", it.url);
        addresses::placed(Severity::Hint, "link", it, &text).about(format!("{}: http", it.url))
    })
}

fn about_people(survey: &Survey) -> Vec<CheckFinding> {
    let mut found = Vec::new();
    for lacking in survey.lacking.iter().filter(|it| survey.nobody_has(it)) {
        // Whoever says what to show without a value knows that it may be missing, unless they
        // misspelled it.
        let grave = if lacking.meant.is_some() { Severity::Warning } else { Severity::Hint };
        let (severity, so) = match (lacking.tag.is_conditional, lacking.tag.has_default) {
            (true, _) => (grave, "its condition is the same for everybody"),
            (false, true) => (grave, "everybody gets the default"),
            (false, false) => (Severity::Error, "no message can be made"),
        };
        let finding = CheckFinding::new(severity, "name", format!("{lacking}; {so}"));
        found.push(CheckFinding {
            line: Some(lacking.tag.line),
            ..finding.about(lacking.tag.name.as_str())
        });
    }
    for skips in survey.skips.iter().filter(|it| it.contacts < survey.contacts) {
        let text =
            format!("{} of {} would be skipped: {}", skips.contacts, survey.contacts, skips.reason);
        let finding = CheckFinding::new(Severity::Warning, "skipped", text);
        found.push(CheckFinding {
            contacts: skips.contacts,
            sample: skips.sample.clone(),
            ..finding.about(skips.reason.as_str())
        });
    }
    for (reason, why) in
        [(PAUSED, "as they pause"), (CAPPED, "as they have had enough mail by now")]
    {
        let Some(contacts) = survey.suppressed.get(reason).copied().filter(|it| *it > 0) else {
            continue;
        };
        let finding = CheckFinding::new(
            Severity::Hint,
            reason,
            format!("{contacts} would be left out, {why}"),
        );
        found.push(CheckFinding { contacts, ..finding });
    }
    if survey.contacts == 0 {
        let text = "nobody is subscribed to its topic yet";
        found.push(CheckFinding::new(Severity::Hint, "audience", text));
    }
    found
}

/// Links of messages that would lead real people to their own machine.
pub(crate) fn local_links(sender: &Sender, survey: &Survey) -> Option<CampaignError> {
    let is_local = |url: &&str| BaseUrl::parse(url).is_ok_and(|url| url.is_this_machine());
    let url = [sender.beacon_url.as_str(), sender.web_url.as_str()].into_iter().find(is_local)?;
    (survey.real > 0).then(|| CampaignError::LinksToThisMachine {
        url: url.to_owned(),
        contacts: survey.real,
        domain: survey.real_domain.clone().unwrap_or_default(),
    })
}
