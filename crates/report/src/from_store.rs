//! Reads a campaign's report from the store.
//!
//! Invariants: roll-ups only, so the cost does not grow with the number of hits or refusals; one
//! read, so the sums of a report agree even while hits arrive. Writes nothing.

use model::{CampaignId, CampaignNumber, DeliveryState, HitClass, RuleSet, Timestamp, TopicScope};
use store::{
    CampaignRollup, CampaignSnapshot, CampaignTab, CampaignTally, DeliveryCounts, Store,
    UntrackedCounts,
};

use crate::campaign_report::{
    CampaignFacts, CampaignReport, ClassLine, Deliveries, GapLine, HourLine, LinkLine,
    ReportReason, Tracking, Views,
};
use crate::class_tally::ClassTally;
use crate::headline::CampaignHeadline;
use crate::open_rate::{Clicks, Evidence};
use crate::origins::Origins;
use crate::{ReportError, newest_rules, rule_set};

/// The report of a campaign as of `now`, or None if there is no such campaign.
pub async fn campaign_report(
    store: &Store,
    id: CampaignId,
    now: Timestamp,
) -> Result<Option<CampaignReport>, ReportError> {
    campaign_report_by(store, id, now, rules_in_use(store).await?).await
}

/// The same by a rule set of the caller's.
pub async fn campaign_report_by(
    store: &Store,
    id: CampaignId,
    now: Timestamp,
    rules: &RuleSet,
) -> Result<Option<CampaignReport>, ReportError> {
    Ok(store.campaign_snapshot(id, now).await?.map(|snapshot| report(snapshot, now, rules)))
}

/// The same by two rule sets, of what was counted at one moment.
pub async fn campaign_report_by_both(
    store: &Store,
    id: CampaignId,
    now: Timestamp,
    (one, other): (&RuleSet, &RuleSet),
) -> Result<Option<(CampaignReport, CampaignReport)>, ReportError> {
    let found = store.campaign_snapshot(id, now).await?;
    Ok(found.map(|snapshot| (report(snapshot.clone(), now, one), report(snapshot, now, other))))
}

/// The setting with the version of the rule set that reports are made by.
pub const RULES_IN_USE: &str = "rules_in_use";

/// The rule set that reports are made by: the newest, unless another one was chosen.
pub async fn rules_in_use(store: &Store) -> Result<&'static RuleSet, ReportError> {
    let chosen = store.setting_find(RULES_IN_USE).await?;
    Ok(chosen.as_deref().and_then(rule_set).unwrap_or_else(newest_rules))
}

/// What a list shows of the newest `limit` campaigns of these topics under a tab that were created
/// before `before`: the numbers of their reports.
pub async fn campaign_headlines(
    store: &Store,
    tab: CampaignTab,
    topics: TopicScope,
    before: Option<CampaignId>,
    limit: usize,
) -> Result<Vec<CampaignHeadline>, ReportError> {
    let before = before.unwrap_or(CampaignId(i64::MAX));
    let tallies = store.campaign_tallies(tab, topics, before, limit).await?;
    let rules = rules_in_use(store).await?;
    Ok(tallies.iter().map(|tally| headline(tally, rules).0).collect())
}

/// How many campaigns of these topics are under a tab; `limit` stands for that many or more.
pub async fn campaigns_under(
    store: &Store,
    tab: CampaignTab,
    topics: TopicScope,
    limit: usize,
) -> Result<usize, ReportError> {
    Ok(store.campaigns_under(tab, topics, limit).await?)
}

/// The campaign that people call by this number.
pub async fn campaign_numbered(
    store: &Store,
    number: CampaignNumber,
) -> Result<Option<CampaignId>, ReportError> {
    Ok(store.campaign_by_number(number).await?)
}

/// A text that changes whenever the campaign's report does, except for what time alone changes.
pub async fn campaign_stamp(store: &Store, id: CampaignId) -> Result<Option<String>, ReportError> {
    let Some(stamp) = store.campaign_stamp(id).await? else { return Ok(None) };
    Ok(Some(format!("{stamp}-{}", rules_in_use(store).await?.version)))
}

fn report(snapshot: CampaignSnapshot, now: Timestamp, rules: &RuleSet) -> CampaignReport {
    let CampaignSnapshot {
        tally,
        subject,
        reasons,
        hours,
        folded_until,
        engagements_removed_at,
        links,
        origins,
        gaps,
        earlier_rules,
        hits_waiting,
        strays,
    } = snapshot;
    let (line, classes) = headline(&tally, rules);
    let CampaignHeadline {
        campaign,
        audience,
        deliveries,
        tracking,
        evidence,
        clicks,
        unsubscribes,
    } = line;
    let rollup = &tally.rollup;
    CampaignReport {
        campaign: CampaignFacts { subject, ..campaign },
        made_at: now,
        rules_version: rules.version.clone(),
        earlier_rules,
        audience,
        reasons: complete_reasons(&reasons, &deliveries),
        deliveries,
        tracking,
        views: Views {
            total: rollup.views,
            unique: rollup.unique_views,
            with_cookie: rollup.views_with_cookie,
            without_cookie: rollup.views_without_cookie,
        },
        clicks,
        visitors: rollup.visitors,
        unsubscribes,
        heads: rollup.heads,
        classes: class_lines(&classes),
        evidence,
        hours: hour_lines(hours),
        hours_by_day_until: folded_until,
        engagements_removed_at,
        links: link_lines(links),
        origins: Origins::new(&origins, rollup, rules),
        gaps: gap_lines(gaps),
        on_the_way: hits_waiting,
        stray_hits: strays,
    }
}

/// What a list says of it, and the classes behind that.
pub(crate) fn headline(tally: &CampaignTally, rules: &RuleSet) -> (CampaignHeadline, ClassTally) {
    let CampaignTally { campaign, topic, counts, untracked, rollup } = tally;
    let deliveries = count_deliveries(counts);
    let tracking = tracking(deliveries.sent, *untracked, rollup);
    let reached = tracking.identified + deliveries.in_doubt;
    let classes = ClassTally::new(rollup, rules);
    let line = CampaignHeadline {
        campaign: CampaignFacts {
            id: campaign.id,
            name: campaign.name.clone(),
            state: campaign.state.as_str(),
            topic: topic.clone(),
            topic_id: campaign.topic,
            subject: String::new(),
            created_at: campaign.created_at,
            started_at: campaign.started_at,
            finished_at: campaign.finished_at,
        },
        audience: deliveries.total(),
        evidence: Evidence::new(&classes.contacts, reached, rollup.withheld),
        clicks: Clicks::new(rollup, &classes.clickers, reached),
        unsubscribes: rollup.unsubscribes,
        deliveries,
        tracking,
    };
    (line, classes)
}

fn tracking(sent: i64, untracked: UntrackedCounts, rollup: &CampaignRollup) -> Tracking {
    let UntrackedCounts { off, anonymous } = untracked;
    Tracking {
        identified: sent - off - anonymous,
        anonymous,
        off,
        anonymous_views: rollup.anonymous.views,
        anonymous_clicks: rollup.anonymous.clicks,
        withheld_views: rollup.withheld.views,
        withheld_clicks: rollup.withheld.clicks,
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

/// Those of a state without a reason become one line, so that the reasons of a state add up to its
/// count.
fn complete_reasons(found: &[store::DeliveryReason], deliveries: &Deliveries) -> Vec<ReportReason> {
    let mut reasons = Vec::new();
    for (state, contacts) in deliveries.by_state() {
        let said = found.iter().filter(|reason| reason.state == state);
        let mut left = contacts;
        for reason in said.filter(|reason| reason.count > 0) {
            let contacts = reason.count.min(left);
            left -= contacts;
            let code = (reason.code > 0).then(|| i64::from(reason.code));
            let text = reason.reply.clone();
            reasons.push(ReportReason { state: state.as_str(), code, text, contacts });
        }
        if left > 0 {
            let text = String::new();
            reasons.push(ReportReason { state: state.as_str(), code: None, text, contacts: left });
        }
    }
    reasons
}

/// Every class but HEAD, which is neither view nor click, strongest evidence first.
fn class_lines(tally: &ClassTally) -> Vec<ClassLine> {
    let classes = HitClass::ALL.into_iter().rev().filter(|class| *class != HitClass::Head);
    classes
        .map(|class| {
            let count = tally.hits.get(&class).copied().unwrap_or_default();
            ClassLine { class: class.as_str(), views: count.views, clicks: count.clicks }
        })
        .collect()
}

fn hour_lines(hours: Vec<store::Hour>) -> Vec<HourLine> {
    let line = |hour: store::Hour| HourLine {
        from: Timestamp(hour.hour.saturating_mul(Timestamp::HOUR)),
        views: hour.views,
        clicks: hour.clicks,
    };
    hours.into_iter().map(line).collect()
}

pub(crate) fn gap_lines(gaps: Vec<model::hit::Gap>) -> Vec<GapLine> {
    gaps.into_iter().map(|gap| GapLine { from: gap.from, to: gap.to, hits: gap.hits }).collect()
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
