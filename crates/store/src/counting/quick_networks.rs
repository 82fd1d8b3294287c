//! Networks from which messages of one campaign were asked for within a minute of their delivery, for as
//! many receiving domains as no readers do: a gateway that says it is a browser.
//!
//! Invariants: the order in which hits are recorded does not matter, for the hits before the one that
//! makes a network known are remembered until then; each is marked once. A row of a network is held
//! until the transaction ends, so that two recorders see each other's hits. Kept for [`KEPT`], in
//! bounded steps.

pub(crate) mod postgres;

use std::collections::{BTreeMap, BTreeSet};
use std::net::IpAddr;

use model::engagement::QUICK_DOMAINS;
use model::{CampaignId, ContactId, Rule, RulesSeen, Timestamp};

use crate::counting::engagements::CampaignContact;
use crate::counting::recorded_hit::RecordedHit;
use crate::engine::sql::texts;
use crate::engine::tx::Tx;
use crate::{Store, StoreError};

texts! {
    QUICK_NETWORK_HOLD = "INSERT INTO quick_networks (campaign_id, network, many, last_at)
        VALUES ($1, $2, 0, $3)
        ON CONFLICT (campaign_id, network) DO UPDATE SET last_at = CASE
            WHEN excluded.last_at > quick_networks.last_at THEN excluded.last_at
            ELSE quick_networks.last_at END
        RETURNING many";
    QUICK_HIT_PUT = "INSERT INTO quick_hits (campaign_id, network, contact_id, at)
        VALUES ($1, $2, $3, $4) ON CONFLICT (campaign_id, network, contact_id, at) DO NOTHING";
    /// What is behind the last `@`, in the functions that both databases have.
    QUICK_DOMAINS_COUNT = "SELECT count(DISTINCT lower(substr(c.email,
            length(rtrim(c.email, replace(c.email, '@', ''))) + 1)))
        FROM quick_hits q JOIN contacts c ON c.id = q.contact_id
        WHERE q.campaign_id = $1 AND q.network = $2";
    QUICK_NETWORK_KNOWN = "UPDATE quick_networks SET many = 1
        WHERE campaign_id = $1 AND network = $2";
    QUICK_HITS_TAKE = "DELETE FROM quick_hits WHERE campaign_id = $1 AND network = $2
        RETURNING contact_id, at";
    QUICK_HITS_DROP = "DELETE FROM quick_hits WHERE contact_id = $1";
    QUICK_HITS_EXPIRE = "DELETE FROM quick_hits WHERE (campaign_id, network, contact_id, at) IN (
            SELECT campaign_id, network, contact_id, at FROM quick_hits
            WHERE at < $1 ORDER BY at LIMIT $2)";
    QUICK_NETWORKS_EXPIRE = "DELETE FROM quick_networks WHERE (campaign_id, network) IN (
            SELECT campaign_id, network FROM quick_networks
            WHERE last_at < $1 ORDER BY last_at LIMIT $2)";
}

/// Microseconds that networks and their hits are kept: hits that come later than that after one another
/// are not put together.
const KEPT: i64 = 7 * 24 * Timestamp::HOUR;

/// Rows that one call removes of each.
const AT_ONCE: usize = 5_000;

/// A campaign, and a network that its messages are asked for from.
type CampaignNetwork = (CampaignId, i64);

/// What the networks of new hits show.
#[derive(Debug, Default)]
pub(crate) struct QuickNetworks {
    /// Those that are known to ask for the messages of many.
    many: BTreeSet<CampaignNetwork>,
    /// Earlier hits of networks that have become known, by their times.
    pub(crate) earlier: BTreeMap<CampaignContact, BTreeSet<i64>>,
}

impl QuickNetworks {
    /// Looks at the networks of new hits with what was seen in them.
    pub(crate) fn look(tx: &Tx<'_>, new: &[(&RecordedHit, RulesSeen)]) -> Result<Self, StoreError> {
        let mut networks: BTreeMap<CampaignNetwork, BTreeSet<(ContactId, i64)>> = BTreeMap::new();
        for (recorded, rules) in new {
            let network = network(recorded, *rules);
            if let (Some(network), Some(contact)) = (network, recorded.hit.contact) {
                networks.entry(network).or_default().insert((contact, recorded.hit.at.0));
            }
        }
        if networks.is_empty() {
            return Ok(Self::default());
        }
        let mut many = hold(tx, &networks)?;
        networks.retain(|network, _| !many.contains(network));
        remember(tx, &networks)?;
        let (mut earlier, known) =
            (BTreeMap::<_, BTreeSet<i64>>::new(), become_known(tx, &networks)?);
        for (campaign, network) in &known {
            tx.execute(QUICK_NETWORK_KNOWN, (campaign.0, *network))?;
            let hits = tx.all(QUICK_HITS_TAKE, (campaign.0, *network), |row| {
                Ok((ContactId(row.get(0)?), row.get(1)?))
            })?;
            for (contact, at) in hits {
                earlier.entry((*campaign, contact)).or_default().insert(at);
            }
        }
        // Those of this batch are marked before they are counted.
        for (network, hits) in networks.iter().filter(|(network, _)| known.contains(network)) {
            for (contact, at) in hits {
                if let Some(times) = earlier.get_mut(&(network.0, *contact)) {
                    times.remove(at);
                }
            }
        }
        earlier.retain(|_, times| !times.is_empty());
        many.extend(known);
        Ok(Self { many, earlier })
    }

    /// What was seen in the hit, its network included.
    pub(crate) fn rules_seen(&self, recorded: &RecordedHit, rules: RulesSeen) -> RulesSeen {
        match network(recorded, rules) {
            Some(network) if self.many.contains(&network) => rules.with(Rule::NETWORK_MANY_QUICK),
            _ => rules,
        }
    }
}

/// The network of a quick hit that nothing else tells about: the first 24 bits of an IPv4 address, the
/// first 48 of an IPv6 one, told apart by a bit above.
fn network(recorded: &RecordedHit, rules: RulesSeen) -> Option<CampaignNetwork> {
    /// Whoever these ask for is known already, or many readers by nature.
    const TOLD: RulesSeen = RulesSeen::NONE
        .with(Rule::AGENT_GOOGLE_IMAGE_PROXY)
        .with(Rule::AGENT_YAHOO_MAIL_PROXY)
        .with(Rule::AGENT_APPLE_PRIVACY)
        .with(Rule::NETWORK_APPLE_RELAY)
        .with(Rule::NETWORK_GOOGLE)
        .with(Rule::NETWORK_MICROSOFT)
        .with(Rule::NETWORK_DATA_CENTRE)
        .with(Rule::NETWORK_GATEWAY);
    let is_quick = rules.has(Rule::QUICK_AFTER_DELIVERY) && !rules.has_any(TOLD);
    let address = recorded.hit.client.filter(|_| is_quick && !recorded.is_head())?;
    let number = match address.to_canonical() {
        IpAddr::V4(address) => i64::from(address.to_bits() >> 8),
        IpAddr::V6(address) => {
            let [a, b, c, ..] = address.segments();
            1 << 48 | i64::from(a) << 32 | i64::from(b) << 16 | i64::from(c)
        }
    };
    Some((recorded.hit.campaign, number))
}

type NetworkHits = BTreeMap<CampaignNetwork, BTreeSet<(ContactId, i64)>>;

/// Holds the networks' rows until the transaction ends, and returns those that are known.
fn hold(tx: &Tx<'_>, networks: &NetworkHits) -> Result<BTreeSet<CampaignNetwork>, StoreError> {
    let last = |hits: &BTreeSet<(ContactId, i64)>| hits.iter().map(|(_, at)| *at).max();
    if let Some(bulk) = tx.bulk() {
        return postgres::hold(bulk, networks.iter().map(|(network, hits)| (*network, last(hits))));
    }
    let mut hold = tx.prepare(QUICK_NETWORK_HOLD)?;
    let mut known = BTreeSet::new();
    for (network, hits) in networks {
        let values = (network.0.0, network.1, last(hits).unwrap_or_default());
        if hold.first(values, |row| row.get::<bool>(0))? == Some(true) {
            known.insert(*network);
        }
    }
    Ok(known)
}

fn remember(tx: &Tx<'_>, networks: &NetworkHits) -> Result<(), StoreError> {
    let hits = networks.iter().flat_map(|((campaign, network), hits)| {
        hits.iter().map(|(contact, at)| (campaign.0, *network, contact.0, *at))
    });
    if let Some(bulk) = tx.bulk() {
        return postgres::remember(bulk, hits);
    }
    let mut put = tx.prepare(QUICK_HIT_PUT)?;
    for hit in hits {
        put.execute(hit)?;
    }
    Ok(())
}

/// Those of the networks that have asked for the messages of many by now.
fn become_known(
    tx: &Tx<'_>,
    networks: &NetworkHits,
) -> Result<BTreeSet<CampaignNetwork>, StoreError> {
    if let Some(bulk) = tx.bulk() {
        return postgres::become_known(bulk, networks.keys());
    }
    let mut count = tx.prepare(QUICK_DOMAINS_COUNT)?;
    let mut known = BTreeSet::new();
    for (campaign, network) in networks.keys() {
        let domains: i64 = count.one((campaign.0, *network), |row| row.get(0))?;
        if domains >= QUICK_DOMAINS {
            known.insert((*campaign, *network));
        }
    }
    Ok(known)
}

/// Forgets whom a network asked for the messages of.
pub(crate) fn forget_contact(tx: &Tx<'_>, contact: ContactId) -> Result<(), StoreError> {
    tx.execute(QUICK_HITS_DROP, [contact.0]).map(drop)
}

impl Store {
    /// Removes some of the networks from which messages were asked for soon after their delivery, a week
    /// before `now`. Whether there may be more.
    ///
    /// # Errors
    /// When the store can't do it.
    pub async fn quick_networks_expire(&self, now: Timestamp) -> Result<bool, StoreError> {
        let before = now.0.saturating_sub(KEPT);
        let most = i64::try_from(AT_ONCE).unwrap_or(i64::MAX);
        self.write(move |tx| {
            let networks = tx.execute(QUICK_NETWORKS_EXPIRE, (before, most))?;
            let hits = tx.execute(QUICK_HITS_EXPIRE, (before, most))?;
            Ok(networks.max(hits) >= AT_ONCE)
        })
        .await
    }
}
