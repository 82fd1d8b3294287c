//! What became of a campaign at each receiving domain, counted from its deliveries.
//!
//! Invariants: read in one transaction with the campaign's own counts, so that both agree while mail
//! goes out; memory holds the largest domains and one page of contacts. It looks at every delivery, so
//! whoever asks keeps the answer for a while. No verdict is in it.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use model::{CampaignId, ContactId, DeliveryState, RulesSeen, Timestamp};

use crate::counting::expired_engagements;
use crate::counting::report_contacts::{self, ReportContact, ReportContactSource};
use crate::engine::sql::texts;
use crate::sending::campaigns;
use crate::sending::deliveries::DeliveryCounts;
use crate::snapshot::{CampaignTally, tallies_of};
use crate::{Store, StoreError};

texts! {
    /// What is behind the last `@`, in the functions that both databases have.
    DOMAINS_LARGEST = "SELECT lower(substr(c.email,
                length(rtrim(c.email, replace(c.email, '@', ''))) + 1)) AS domain,
            count(*) AS contacts
        FROM deliveries d JOIN contacts c ON c.id = d.contact_id
        WHERE d.campaign_id = $1 GROUP BY 1 ORDER BY 2 DESC, 1 LIMIT $2";
}

/// Contacts that are held at once.
const BATCH: usize = 5_000;

/// What became of the messages to some contacts.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct DomainCounts {
    pub deliveries: DeliveryCounts,
    /// Of those that failed: by a refusal of the relay, with its code.
    pub refused: i64,
    /// Who have, or may have, a message that tells whether they opened it.
    pub reached: i64,
    /// Contacts with views or clicks, by what was seen in any of them.
    pub evidence: BTreeMap<BTreeSet<RulesSeen>, i64>,
    /// Contacts with clicks, by what was seen in those.
    pub click_evidence: BTreeMap<BTreeSet<RulesSeen>, i64>,
    pub unsubscribes: i64,
}

/// A campaign by receiving domains.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CampaignDomains {
    /// Of the whole campaign.
    pub tally: CampaignTally,
    /// The largest, by their contacts.
    pub largest: Vec<(String, DomainCounts)>,
    /// All others together.
    pub others: DomainCounts,
    /// Contacts who have been erased since.
    pub erased: DomainCounts,
    /// Since when it is not kept any more what each contact did: then nothing of it is in these.
    pub engagements_removed_at: Option<Timestamp>,
}

impl Store {
    /// What became of a campaign at its `largest` receiving domains and at the others; None when there
    /// is no such campaign. Looks at every delivery.
    pub async fn campaign_domains(
        &self,
        id: CampaignId,
        largest: usize,
    ) -> Result<Option<CampaignDomains>, StoreError> {
        let largest = crate::engine::error::count(largest)?;
        self.read(move |tx| {
            let Some(campaign) = campaigns::find(tx, id)? else { return Ok(None) };
            let Some(tally) = tallies_of(tx, vec![campaign])?.pop() else { return Ok(None) };
            let domain = |row: &crate::engine::value::SqlRow<'_>| row.get::<String>(0);
            let names = tx.all(DOMAINS_LARGEST, (id.0, largest), domain)?;
            let mut counts = vec![DomainCounts::default(); names.len()];
            let (mut others, mut erased) = (DomainCounts::default(), DomainCounts::default());
            let index: HashMap<&str, usize> =
                names.iter().enumerate().map(|(index, name)| (name.as_str(), index)).collect();
            let mut after = ContactId(i64::MIN);
            loop {
                let source = ReportContactSource::Audience;
                let found = report_contacts::page(tx, id, source, after, BATCH)?;
                let is_last = found.len() < BATCH;
                for contact in found {
                    after = contact.contact;
                    let place = contact.email.as_deref().map(domain_of);
                    let known = place.as_ref().and_then(|it| index.get(it.as_str()));
                    match (place.is_some(), known.and_then(|at| counts.get_mut(*at))) {
                        (_, Some(of)) => of.add(contact),
                        (true, None) => others.add(contact),
                        (false, None) => erased.add(contact),
                    }
                }
                if is_last {
                    break;
                }
            }
            let largest = names.iter().cloned().zip(counts).collect();
            let engagements_removed_at = expired_engagements::removed_at(tx, id)?;
            Ok(Some(CampaignDomains { tally, largest, others, erased, engagements_removed_at }))
        })
        .await
    }
}

/// As [`DOMAINS_LARGEST`] has it.
fn domain_of(address: &str) -> String {
    address.rsplit('@').next().unwrap_or_default().to_ascii_lowercase()
}

impl DomainCounts {
    fn add(&mut self, contact: ReportContact) {
        self.deliveries.add(contact.state, 1);
        let is_refusal = contact.code.is_some_and(|code| code > 0);
        self.refused += i64::from(contact.state == DeliveryState::Failed && is_refusal);
        self.reached += i64::from(contact.has_message());
        self.unsubscribes += i64::from(contact.left_at.is_some());
        if !contact.evidence.hits.is_empty() {
            *self.evidence.entry(contact.evidence.hits).or_default() += 1;
        }
        if !contact.evidence.clicks.is_empty() {
            *self.click_evidence.entry(contact.evidence.clicks).or_default() += 1;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_domain_is_what_stands_behind_the_last_at() {
        assert_eq!(domain_of("Ann@Example.COM"), "example.com");
        assert_eq!(domain_of("\"a@b\"@x.org"), "x.org");
    }
}
