//! To whom a campaign goes: its topic, how many get it, and who is left out, by reason.

use campaign::Survey;
use model::{CampaignId, Right, SegmentName, SuppressionReason, TopicScope};
use report::number_text::thousands;
use store::{CAPPED, Campaign, CampaignAudience, PAUSED, Store, StoreError, StoredSegment};

use crate::admin::page::choice::{Choice, all_topics, topic_choice};
use crate::admin::page::problem::PageProblem;
use crate::admin::page::visitor::Admitted;
use crate::admin::parts::AdminParts;

const WHYS: [SuppressionReason; 6] = [
    SuppressionReason::Unsubscribed,
    SuppressionReason::Complaint,
    SuppressionReason::HardBounce,
    SuppressionReason::Manual,
    SuppressionReason::Erased,
    SuppressionReason::Child,
];

pub(crate) struct AudienceCard {
    pub(crate) topics: Vec<Choice>,
    /// The slug and the name of the one it goes to.
    pub(crate) topic: String,
    pub(crate) name: String,
    pub(crate) subscribed: String,
    /// Why, and how many.
    pub(crate) left_out: Vec<(String, String)>,
    /// Those who are subscribed and whose message can be made.
    pub(crate) get_it: String,
    /// Only those in one of these, when one is chosen.
    pub(crate) segments: Vec<Choice>,
    /// None of those in these.
    pub(crate) except: Vec<Choice>,
    /// The rule of both, if there is one.
    pub(crate) rule: String,
    /// None while nobody is capped.
    pub(crate) cap: Option<CapChoice>,
}

/// How many mails a contact gets at most, and whether the campaign goes beyond that.
pub(crate) struct CapChoice {
    /// Such as `4 per 30 days`.
    pub(crate) at_most: String,
    pub(crate) is_ignored: bool,
    pub(crate) may_set: bool,
}

async fn cap_choice(
    admitted: &Admitted,
    store: &Store,
    campaign: CampaignId,
) -> Result<Option<CapChoice>, StoreError> {
    let Some(cap) = store.mail_cap().await? else { return Ok(None) };
    Ok(Some(CapChoice {
        at_most: cap.to_string(),
        is_ignored: store.campaign_ignores_cap(campaign).await?,
        may_set: admitted.can(Right::SettingsWrite) && admitted.topics() == TopicScope::All,
    }))
}

impl AudienceCard {
    pub(crate) async fn of(
        admitted: &Admitted,
        parts: &AdminParts,
        campaign: &Campaign,
        survey: &Survey,
    ) -> Result<Self, PageProblem> {
        let (topic, store) = (campaign.topic, &parts.resources.store);
        let failed = || PageProblem::failed("reading the segments of a campaign");
        let audience = store.campaign_audience(campaign.id).await.map_err(failed())?;
        let all = store.segments_list().await.map_err(failed())?;
        let total = store.topic_subscribers(topic).await.map_err(failed())?;
        let (scope, topics) = (admitted.topics(), all_topics(parts).await?);
        let here = topics.iter().find(|it| it.id == topic);
        let own = topics.iter().filter(|it| scope.contains(it.id));
        let suppressed: i64 = survey.suppressed.values().sum();
        let left = survey.suppressed.iter().map(|(reason, people)| (why(reason), *people));
        let skips = survey.skips.iter().map(|it| (format!("Skipped: {}", it.reason), it.contacts));
        let elsewhere = audience.as_ref().map(|_| total - survey.contacts - suppressed);
        let elsewhere = elsewhere.map(|people| ("Not in the segments".to_owned(), people.max(0)));
        let left_out = elsewhere.into_iter().chain(left).chain(skips);
        let left_out = left_out.map(|(why, people)| (why, thousands(people)));
        let chosen = |of: fn(&CampaignAudience) -> &Vec<SegmentName>| {
            let names = audience.as_ref().map(of).cloned().unwrap_or_default();
            let choice = |it: &StoredSegment| {
                let key = it.name.to_lowercase();
                let chosen = names.iter().any(|name| name.key() == key);
                Choice { word: it.name.clone(), name: it.name.clone(), chosen }
            };
            all.iter().map(choice).collect()
        };
        let cap = cap_choice(admitted, store, campaign.id).await;
        Ok(Self {
            cap: cap.map_err(PageProblem::failed("looking at the cap"))?,
            topics: own.map(|it| topic_choice(it, it.id == topic)).collect(),
            topic: here.map(|it| it.slug.clone()).unwrap_or_default(),
            name: here.map(|it| it.name.clone()).unwrap_or_default(),
            subscribed: thousands(match audience {
                Some(_) => total.max(survey.contacts + suppressed),
                None => survey.contacts + suppressed,
            }),
            segments: chosen(|it| &it.included),
            except: chosen(|it| &it.excluded),
            rule: audience.as_ref().map(|it| it.rule().to_string()).unwrap_or_default(),
            left_out: left_out.collect(),
            get_it: thousands(survey.contacts - survey.skipped),
        })
    }
}

fn why(reason: &str) -> String {
    match reason {
        PAUSED => return "Pauses".to_owned(),
        CAPPED => return "Has had as many mails as the cap allows".to_owned(),
        _ => {}
    }
    let known = WHYS.into_iter().find(|it| it.as_str() == reason);
    let Some(known) = known else { return reason.to_owned() };
    match known {
        SuppressionReason::Unsubscribed => "Left everything",
        SuppressionReason::Complaint => "Said it is spam",
        SuppressionReason::HardBounce => "Mailbox does not exist",
        SuppressionReason::Manual => "Suppressed by hand",
        SuppressionReason::Erased => "Erased",
        SuppressionReason::Child => "Under 13",
    }
    .to_owned()
}
