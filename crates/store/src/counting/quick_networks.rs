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
use sha2::{Digest as _, Sha256};

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
        RETURNING many, domains";
    QUICK_HIT_PUT = "INSERT INTO quick_hits (campaign_id, network, contact_id, at)
        VALUES ($1, $2, $3, $4) ON CONFLICT (campaign_id, network, contact_id, at) DO NOTHING";
    QUICK_EMAIL = "SELECT email FROM contacts WHERE id = $1";
    QUICK_DOMAINS_PUT = "UPDATE quick_networks SET many = $3, domains = $4
        WHERE campaign_id = $1 AND network = $2";
    QUICK_HITS_TAKE = "DELETE FROM quick_hits WHERE campaign_id = $1 AND network = $2
        RETURNING contact_id, at";
    QUICK_HITS_DROP = "DELETE FROM quick_hits WHERE contact_id = $1";
    QUICK_HITS_EXPIRE = "DELETE FROM quick_hits WHERE (campaign_id, network, contact_id, at) IN (
            SELECT q.campaign_id, q.network, q.contact_id, q.at
            FROM (SELECT campaign_id, network FROM quick_networks
                WHERE last_at < $1 ORDER BY last_at LIMIT $2) n
            JOIN quick_hits q ON q.campaign_id = n.campaign_id AND q.network = n.network LIMIT $2)";
    /// Whose hits are gone.
    QUICK_NETWORKS_EXPIRE = "DELETE FROM quick_networks WHERE last_at < $1
        AND (campaign_id, network) IN (SELECT campaign_id, network FROM quick_networks
            WHERE last_at < $1 ORDER BY last_at LIMIT $2)
        AND NOT EXISTS (SELECT 1 FROM quick_hits q WHERE q.campaign_id = quick_networks.campaign_id
            AND q.network = quick_networks.network)";
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
        let held = hold(tx, &networks)?;
        let is_known = |network: &CampaignNetwork| held.get(network).is_some_and(|it| it.many);
        let mut many: BTreeSet<_> = networks.keys().copied().filter(is_known).collect();
        networks.retain(|network, _| !many.contains(network));
        remember(tx, &networks)?;
        let domains = domains_of(tx, &networks)?;
        let mut changed = BTreeMap::new();
        for (network, hits) in &networks {
            let before = held.get(network).cloned().unwrap_or_default();
            let now = before.with(hits.iter().filter_map(|(contact, _)| domains.get(contact)));
            if now != before {
                changed.insert(*network, now);
            }
        }
        put(tx, &changed)?;
        let known: BTreeSet<_> =
            changed.iter().filter(|(_, it)| it.many).map(|(network, _)| *network).collect();
        let mut earlier: BTreeMap<_, BTreeSet<i64>> = BTreeMap::new();
        for (campaign, network) in &known {
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

/// What is known of a network that is held.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
struct QuickNetwork {
    /// It has asked for the messages of many.
    many: bool,
    /// Those it has asked for, until they are as many.
    domains: BTreeSet<DomainHash>,
}

/// The first bytes of the SHA-256 of a receiving domain: an address is erased without looking here.
type DomainHash = [u8; 8];

impl QuickNetwork {
    fn new(many: bool, bytes: &[u8]) -> Self {
        Self { many, domains: bytes.as_chunks().0.iter().copied().collect() }
    }

    fn to_bytes(&self) -> Vec<u8> {
        self.domains.iter().flatten().copied().collect()
    }

    /// The network when it has asked for these, too.
    fn with<'d>(&self, domains: impl Iterator<Item = &'d DomainHash>) -> Self {
        let mut all = self.domains.clone();
        all.extend(domains);
        if all.len() >= QUICK_DOMAINS {
            return Self { many: true, domains: BTreeSet::new() };
        }
        Self { many: self.many, domains: all }
    }
}

/// Holds the networks' rows until the transaction ends, and returns what is known of them.
fn hold(
    tx: &Tx<'_>,
    networks: &NetworkHits,
) -> Result<BTreeMap<CampaignNetwork, QuickNetwork>, StoreError> {
    let last = |hits: &BTreeSet<(ContactId, i64)>| hits.iter().map(|(_, at)| *at).max();
    if let Some(bulk) = tx.bulk() {
        return postgres::hold(bulk, networks.iter().map(|(network, hits)| (*network, last(hits))));
    }
    let mut hold = tx.prepare(QUICK_NETWORK_HOLD)?;
    let mut held = BTreeMap::new();
    for (network, hits) in networks {
        let values = (network.0.0, network.1, last(hits).unwrap_or_default());
        let row =
            hold.one(values, |row| Ok(QuickNetwork::new(row.get(0)?, &row.get::<Vec<u8>>(1)?)))?;
        held.insert(*network, row);
    }
    Ok(held)
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

fn put(tx: &Tx<'_>, changed: &BTreeMap<CampaignNetwork, QuickNetwork>) -> Result<(), StoreError> {
    if let Some(bulk) = tx.bulk() {
        return postgres::put(bulk, changed);
    }
    let mut put = tx.prepare(QUICK_DOMAINS_PUT)?;
    for ((campaign, network), now) in changed {
        put.execute((campaign.0, *network, now.many, now.to_bytes()))?;
    }
    Ok(())
}

/// The receiving domains of the contacts.
fn domains_of(
    tx: &Tx<'_>,
    networks: &NetworkHits,
) -> Result<BTreeMap<ContactId, DomainHash>, StoreError> {
    let contacts: BTreeSet<ContactId> =
        networks.values().flatten().map(|(contact, _)| *contact).collect();
    if let Some(bulk) = tx.bulk() {
        return postgres::domains_of(bulk, &contacts);
    }
    let mut find = tx.prepare(QUICK_EMAIL)?;
    let mut domains = BTreeMap::new();
    for contact in contacts {
        let email = find.first([contact.0], |row| row.get::<String>(0))?;
        domains.extend(email.map(|email| (contact, domain_hash(&email))));
    }
    Ok(domains)
}

fn domain_hash(email: &str) -> DomainHash {
    let domain = email.rsplit_once('@').map_or(email, |(_, domain)| domain);
    let hash: [u8; 32] = Sha256::digest(domain.to_lowercase()).into();
    hash.as_chunks().0.first().copied().unwrap_or_default()
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
            let hits = tx.execute(QUICK_HITS_EXPIRE, (before, most))?;
            let networks = tx.execute(QUICK_NETWORKS_EXPIRE, (before, most))?;
            Ok(networks.max(hits) >= AT_ONCE)
        })
        .await
    }
}
