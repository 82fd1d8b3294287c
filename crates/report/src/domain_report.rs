//! A campaign by receiving domains: whether one provider refuses, or loads everything by itself.
//!
//! Invariants (promise P8): the lines add up to the campaign's report by the same rule set, line by
//! line: what can be put to no domain (of contacts who were erased or wanted it forgotten, of
//! views whose contact may not be known) has a line of its own. Page, command, JSON and CSV show these.

use std::collections::BTreeMap;
use std::sync::Arc;

use model::{CampaignId, DeliveryState, HitClass, RuleSet, Timestamp};
use serde::Serialize;
use store::{CampaignDomains, DomainCounts, HitCount, Store};
use tokio::sync::Mutex;

use crate::class_tally::strongest;
use crate::from_store::headline;
use crate::open_rate::Evidence;
use crate::{CampaignHeadline, ReportError, campaign_stamp};

/// Domains that have a line of their own.
pub const LARGEST_DOMAINS: usize = 20;
/// Campaigns whose counts are kept.
const KEPT: usize = 16;
/// Counts of a campaign that moves are taken anew after so many microseconds.
const FRESH: i64 = 60_000_000;

/// What a line of the table is about.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case", tag = "kind", content = "name")]
pub enum DomainName {
    Domain(String),
    /// All others together.
    Others,
    /// Nobody's any more, and nobody's who may be known.
    Unknown,
}

/// What became of the messages to one domain, in contacts.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize)]
pub struct DomainFigures {
    pub audience: i64,
    pub sent: i64,
    /// Refused for good, or given up.
    pub failed: i64,
    /// Of those: by a refusal of the relay, with its code.
    pub refused: i64,
    pub suppressed: i64,
    pub skipped: i64,
    pub in_doubt: i64,
    /// Queued, or being sent right now.
    pub waiting: i64,
    /// Who have, or may have, a message that tells whether they opened it.
    pub denominator: i64,
    pub opened_floor: i64,
    pub opened_ceiling: i64,
    pub clicked_floor: i64,
    pub clicked_ceiling: i64,
    /// Of whom machines alone were seen.
    pub machine_only: i64,
    pub unsubscribes: i64,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct DomainLine {
    pub domain: DomainName,
    #[serde(flatten)]
    pub figures: DomainFigures,
}

/// A campaign by receiving domains.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct DomainReport {
    pub campaign: i64,
    pub name: String,
    /// The version of the rule set that the bounds are by.
    pub rules_version: String,
    /// When its deliveries were counted.
    #[serde(skip)]
    pub counted_at: Timestamp,
    /// Since when it is not kept any more what each contact did: then all of it stands under the unknown.
    #[serde(skip)]
    pub engagements_removed_at: Option<Timestamp>,
    /// The largest first, then the others and the unknown, where there are any.
    pub domains: Vec<DomainLine>,
    /// Those of the campaign's report.
    pub total: DomainFigures,
}

/// Counts by domains that were taken before, for all who look: they cost a look at every delivery of a
/// campaign. Of equal requests one counts, and one campaign is counted at a time.
#[derive(Debug, Clone, Default)]
pub struct KeptDomains {
    kept: Arc<Mutex<BTreeMap<CampaignId, KeptCounts>>>,
}

#[derive(Debug, Clone)]
struct KeptCounts {
    at: Timestamp,
    stamp: String,
    counts: Arc<CampaignDomains>,
}

impl KeptDomains {
    /// The campaign by receiving domains, by a rule set; None when there is no such campaign. At most
    /// a minute old while the campaign moves.
    ///
    /// # Errors
    /// When the store can't be read.
    pub async fn report(
        &self,
        store: &Store,
        id: CampaignId,
        now: Timestamp,
        rules: &RuleSet,
    ) -> Result<Option<DomainReport>, ReportError> {
        let Some(stamp) = campaign_stamp(store, id).await? else { return Ok(None) };
        let mut kept = self.kept.lock().await;
        if let Some(found) = kept.get(&id) {
            let age = now.0.saturating_sub(found.at.0);
            if found.stamp == stamp || (0..FRESH).contains(&age) {
                return Ok(Some(DomainReport::new(&found.counts, found.at, rules)));
            }
        }
        let Some(counts) = store.campaign_domains(id, LARGEST_DOMAINS).await? else {
            return Ok(None);
        };
        let report = DomainReport::new(&counts, now, rules);
        while kept.len() >= KEPT {
            let oldest = kept.iter().min_by_key(|(_, it)| it.at).map(|(id, _)| *id);
            let Some(oldest) = oldest else { break };
            kept.remove(&oldest);
        }
        kept.insert(id, KeptCounts { at: now, stamp, counts: Arc::new(counts) });
        Ok(Some(report))
    }
}

/// The campaign by receiving domains, counted now; None when there is no such campaign.
///
/// # Errors
/// When the store can't be read.
pub async fn domain_report(
    store: &Store,
    id: CampaignId,
    now: Timestamp,
    rules: &RuleSet,
) -> Result<Option<DomainReport>, ReportError> {
    let counts = store.campaign_domains(id, LARGEST_DOMAINS).await?;
    Ok(counts.map(|counts| DomainReport::new(&counts, now, rules)))
}

impl DomainReport {
    fn new(counts: &CampaignDomains, at: Timestamp, rules: &RuleSet) -> Self {
        let (line, _) = headline(&counts.tally, rules);
        let total = DomainFigures::of_campaign(&line, counts);
        let named = counts.largest.iter();
        let mut domains: Vec<DomainLine> = named
            .map(|(name, of)| DomainLine {
                domain: DomainName::Domain(name.clone()),
                figures: DomainFigures::new(of, rules),
            })
            .collect();
        let others = DomainFigures::new(&counts.others, rules);
        domains.push(DomainLine { domain: DomainName::Others, figures: others });
        let mut unknown = total;
        domains.iter().for_each(|line| unknown.take(&line.figures));
        // Somebody who opened while their delivery was still being ended counts where they are.
        unknown.denominator = unknown.denominator.max(0);
        domains.push(DomainLine { domain: DomainName::Unknown, figures: unknown });
        domains.retain(|line| line.figures != DomainFigures::default());
        Self {
            campaign: line.campaign.id.number().0,
            name: line.campaign.name,
            rules_version: rules.version.clone(),
            counted_at: at,
            engagements_removed_at: counts.engagements_removed_at,
            domains,
            total,
        }
    }
}

impl DomainFigures {
    fn new(counts: &DomainCounts, rules: &RuleSet) -> Self {
        use DeliveryState as S;
        let of = |state| counts.deliveries.get(state);
        let contacts = strongest(&counts.evidence, rules);
        let it = Evidence::new(&contacts, counts.reached, HitCount::default());
        let clickers = strongest(&counts.click_evidence, rules);
        let people = clickers.iter().filter(|(class, _)| !class.is_machine());
        Self {
            audience: counts.deliveries.total(),
            sent: of(S::Sent),
            failed: of(S::Failed),
            refused: counts.refused,
            suppressed: of(S::Suppressed),
            skipped: of(S::Skipped),
            in_doubt: of(S::InDoubt),
            waiting: of(S::Queued) + of(S::Leased),
            denominator: it.denominator,
            opened_floor: it.floor,
            opened_ceiling: it.ceiling,
            clicked_floor: clickers.get(&HitClass::Person).copied().unwrap_or_default(),
            clicked_ceiling: people.map(|(_, contacts)| contacts).sum(),
            machine_only: it.machine_only,
            unsubscribes: counts.unsubscribes,
        }
    }

    fn of_campaign(line: &CampaignHeadline, counts: &CampaignDomains) -> Self {
        let CampaignHeadline { audience, deliveries, evidence, clicks, unsubscribes, .. } = line;
        let lines = counts.largest.iter().map(|(_, of)| of);
        let all = lines.chain([&counts.others, &counts.erased]);
        Self {
            audience: *audience,
            sent: deliveries.sent,
            failed: deliveries.failed,
            refused: all.map(|of| of.refused).sum(),
            suppressed: deliveries.suppressed,
            skipped: deliveries.skipped,
            in_doubt: deliveries.in_doubt,
            waiting: deliveries.queued + deliveries.leased,
            denominator: evidence.denominator,
            opened_floor: evidence.floor,
            opened_ceiling: evidence.ceiling,
            clicked_floor: clicks.floor,
            clicked_ceiling: clicks.ceiling,
            machine_only: evidence.machine_only,
            unsubscribes: *unsubscribes,
        }
    }

    /// The figures with their names, in reading order.
    #[must_use]
    pub const fn all(&self) -> [(&'static str, i64); 15] {
        [
            ("audience", self.audience),
            ("sent", self.sent),
            ("failed", self.failed),
            ("refused", self.refused),
            ("suppressed", self.suppressed),
            ("skipped", self.skipped),
            ("in_doubt", self.in_doubt),
            ("waiting", self.waiting),
            ("denominator", self.denominator),
            ("opened_floor", self.opened_floor),
            ("opened_ceiling", self.opened_ceiling),
            ("clicked_floor", self.clicked_floor),
            ("clicked_ceiling", self.clicked_ceiling),
            ("machine_only", self.machine_only),
            ("unsubscribes", self.unsubscribes),
        ]
    }

    fn each_mut(&mut self) -> [&mut i64; 15] {
        [
            &mut self.audience,
            &mut self.sent,
            &mut self.failed,
            &mut self.refused,
            &mut self.suppressed,
            &mut self.skipped,
            &mut self.in_doubt,
            &mut self.waiting,
            &mut self.denominator,
            &mut self.opened_floor,
            &mut self.opened_ceiling,
            &mut self.clicked_floor,
            &mut self.clicked_ceiling,
            &mut self.machine_only,
            &mut self.unsubscribes,
        ]
    }

    pub(crate) fn add(&mut self, others: &Self) {
        for (mine, (_, theirs)) in self.each_mut().into_iter().zip(others.all()) {
            *mine += theirs;
        }
    }

    fn take(&mut self, others: &Self) {
        for (mine, (_, theirs)) in self.each_mut().into_iter().zip(others.all()) {
            *mine -= theirs;
        }
    }
}
