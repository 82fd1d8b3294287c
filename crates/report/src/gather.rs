//! Reads a campaign's report out of the store.
//!
//! Invariants: roll-ups only, so the cost does not grow with the number of hits; sums of one
//! report agree, also while hits arrive. Writes nothing.

use model::{CampaignId, DeliveryState, HitClass, Timestamp};
use store::{CampaignRollup, DeliveryCounts, Store};

use crate::campaign::{
    CampaignFacts, CampaignReport, ClassLine, Clicks, Deliveries, Evidence, GapLine, HourLine,
    LinkLine, Reason, Views,
};
use crate::{RULES_VERSION, ReportError};

/// How often the roll-ups are read again when hits arrived between two reads.
const CONSISTENT_TRIES: usize = 5;

/// The report of a campaign as it is at `now`, or nothing when there is no such campaign.
///
/// # Errors
/// When the store can't answer.
pub async fn campaign_report(
    store: &Store,
    id: CampaignId,
    now: Timestamp,
) -> Result<Option<CampaignReport>, ReportError> {
    let Some(campaign) = store.campaign_find(id).await? else { return Ok(None) };
    let topic = store.topic_find(campaign.topic).await?.map(|topic| topic.name);
    let announcement = store.announcement_find(campaign.announcement).await?;
    // Reasons before counts: ended deliveries only grow, so a count is never below its reasons.
    let reasons = store.deliveries_reasons(id).await?;
    let deliveries = count_deliveries(&store.deliveries_count(id).await?);
    let Hits { rollup, hours, links } = hits(store, id).await?;
    let from = campaign.started_at.unwrap_or(campaign.created_at);
    let gaps = store.gaps_between(from, now).await?;
    let evidence =
        Evidence::new(|class| evidence_of(&rollup, class), deliveries.sent + deliveries.in_doubt);
    Ok(Some(CampaignReport {
        campaign: CampaignFacts {
            id: id.0,
            name: campaign.name,
            state: campaign.state.as_str(),
            topic: topic.unwrap_or_default(),
            subject: announcement.map(|it| it.subject).unwrap_or_default(),
            created_at: campaign.created_at,
            started_at: campaign.started_at,
            finished_at: campaign.finished_at,
        },
        made_at: now,
        rules_version: RULES_VERSION,
        audience: deliveries.total(),
        reasons: complete_reasons(&reasons, &deliveries),
        deliveries,
        views: Views {
            total: rollup.views,
            unique: rollup.unique_views,
            with_cookie: rollup.views_with_cookie,
            without_cookie: rollup.views_without_cookie,
        },
        clicks: Clicks { total: rollup.clicks, unique: rollup.unique_clicks },
        visitors: rollup.visitors,
        unsubscribes: rollup.unsubscribes,
        heads: rollup.heads,
        classes: class_lines(&rollup),
        evidence,
        hours,
        links,
        gaps: gaps
            .into_iter()
            .map(|gap| GapLine { from: gap.from, to: gap.to, hits: gap.hits })
            .collect(),
    }))
}

struct Hits {
    rollup: CampaignRollup,
    hours: Vec<HourLine>,
    links: Vec<LinkLine>,
}

/// Roll-up, hours and links of one moment. Each is a read of its own, so they are read until
/// nothing was recorded in between; under a flood of hits the last try stands.
async fn hits(store: &Store, id: CampaignId) -> Result<Hits, ReportError> {
    let mut rollup = store.campaign_rollup(id).await?;
    let mut tries = 0;
    loop {
        let hours = store.campaign_hours(id).await?;
        let links = store.link_counts(id).await?;
        let after = store.campaign_rollup(id).await?;
        tries += 1;
        if after == rollup || tries == CONSISTENT_TRIES {
            return Ok(Hits { rollup: after, hours: hour_lines(hours), links: link_lines(links) });
        }
        rollup = after;
    }
}

fn count_deliveries(counts: &DeliveryCounts) -> Deliveries {
    Deliveries {
        queued: counts.get(DeliveryState::Queued),
        leased: counts.get(DeliveryState::Leased),
        sent: counts.get(DeliveryState::Sent),
        failed: counts.get(DeliveryState::Failed),
        suppressed: counts.get(DeliveryState::Suppressed),
        skipped: counts.get(DeliveryState::Skipped),
        in_doubt: counts.get(DeliveryState::InDoubt),
    }
}

/// Groups the store left out (it lists the largest) become one line per state, so that the
/// reasons of a state add up to its count. What waits may have moved on between the two reads,
/// hence the `min`.
fn complete_reasons(found: &[store::Reason], deliveries: &Deliveries) -> Vec<Reason> {
    let mut reasons = Vec::new();
    for (state, contacts) in deliveries.by_state() {
        let said = found.iter().filter(|reason| reason.state == state);
        let mut left = contacts;
        for reason in said.filter(|reason| reason.count > 0) {
            let contacts = reason.count.min(left);
            left -= contacts;
            let code = (reason.code > 0).then(|| i64::from(reason.code));
            let text = reason.reply.clone();
            reasons.push(Reason { state: state.as_str(), code, text, contacts });
        }
        if left > 0 {
            let text = String::new();
            reasons.push(Reason { state: state.as_str(), code: None, text, contacts: left });
        }
    }
    reasons
}

/// Every class but HEAD, which is neither view nor click, strongest evidence first.
fn class_lines(rollup: &CampaignRollup) -> Vec<ClassLine> {
    let classes = HitClass::ALL.into_iter().rev().filter(|class| *class != HitClass::Head);
    classes
        .map(|class| {
            let count = rollup.by_class.get(&class).copied().unwrap_or_default();
            ClassLine { class: class.as_str(), views: count.views, clicks: count.clicks }
        })
        .collect()
}

fn evidence_of(rollup: &CampaignRollup, class: HitClass) -> i64 {
    rollup.evidence.get(&class).copied().unwrap_or(0)
}

fn hour_lines(hours: Vec<store::Hour>) -> Vec<HourLine> {
    let line = |hour: store::Hour| HourLine {
        from: Timestamp(hour.hour.saturating_mul(Timestamp::HOUR)),
        views: hour.views,
        clicks: hour.clicks,
    };
    hours.into_iter().map(line).collect()
}

fn link_lines(links: Vec<store::LinkCount>) -> Vec<LinkLine> {
    let line = |link: store::LinkCount| LinkLine {
        slot: link.slot.0,
        url: link.url,
        label: link.label,
        clicks: link.clicks,
        contacts: link.contacts,
    };
    links.into_iter().map(line).collect()
}
