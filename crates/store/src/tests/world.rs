//! What most behaviours begin with.

use std::collections::BTreeMap;
use std::time::Duration;

use model::{
    AnnouncementId, CampaignId, ContactId, EmailAddress, InDoubtPolicy, LinkSlot, Removal,
    Timestamp, TopicId,
};

use crate::{
    CampaignLink, Claimed, ContactRow, HitBatch, Mark, NewAnnouncement, NewCampaign, RecordedHit,
    RecorderProgress, Scope, Store,
};

/// A time to start from.
pub(crate) const AT: Timestamp = Timestamp(1_795_428_245_000_000);
/// How long leases of the tests hold.
pub(crate) const LEASE: Duration = Duration::from_secs(600);
/// The node that holds them, and records.
pub(crate) const NODE: u16 = 1;

/// `minutes` after [`AT`].
pub(crate) fn later(minutes: i64) -> Timestamp {
    Timestamp(AT.0 + minutes * 60_000_000)
}

pub(crate) fn email(text: &str) -> EmailAddress {
    EmailAddress::parse(text).unwrap()
}

/// Reads `ann@x.org name=Ann city=Rome`.
pub(crate) fn row(text: &str) -> ContactRow {
    let mut words = text.split(' ');
    let email = email(words.next().unwrap());
    let attributes: BTreeMap<String, String> = words
        .map(|word| word.split_once('=').unwrap())
        .map(|(name, value)| (name.to_owned(), value.to_owned()))
        .collect();
    ContactRow { email, attributes }
}

/// A topic, an announcement and contacts `1@x.org` to `n@x.org` subscribed to the topic.
pub(crate) struct World {
    pub(crate) store: Store,
    pub(crate) topic: TopicId,
    pub(crate) announcement: AnnouncementId,
    pub(crate) contacts: Vec<ContactId>,
}

impl World {
    pub(crate) async fn with_contacts(store: Store, contacts: usize) -> Self {
        let topic = store.topic_ensure("release-notices".into(), "Notices".into()).await.unwrap();
        let new = NewAnnouncement {
            name: "3.2".into(),
            subject: "Pharos 3.2".into(),
            source: "# Pharos 3.2".into(),
        };
        let announcement = store.announcement_save(new, AT).await.unwrap();
        let mut world = Self { store, topic, announcement, contacts: Vec::new() };
        for number in 1..=contacts {
            let contact = world.import(&format!("{number}@x.org name=N{number}")).await;
            world.contacts.push(contact);
        }
        world
    }

    /// Imports a row and returns its contact.
    pub(crate) async fn import(&self, text: &str) -> ContactId {
        let row = row(text);
        let email = row.email.clone();
        let (topic, source) = (Some(self.topic), "test".to_owned());
        self.store.contacts_import(vec![row], topic, source, AT).await.unwrap();
        self.store.contact_by_email(email).await.unwrap().unwrap().id
    }

    pub(crate) async fn draft(&self) -> CampaignId {
        self.draft_with(InDoubtPolicy::NeverResend).await
    }

    async fn draft_with(&self, policy: InDoubtPolicy) -> CampaignId {
        self.create(self.topic, policy).await
    }

    /// A draft for another topic.
    pub(crate) async fn draft_of(&self, topic: TopicId) -> CampaignId {
        self.create(topic, InDoubtPolicy::NeverResend).await
    }

    async fn create(&self, topic: TopicId, policy: InDoubtPolicy) -> CampaignId {
        let link = |slot, url: &str| CampaignLink {
            slot: LinkSlot(slot),
            url: url.to_owned(),
            label: format!("link {slot}"),
        };
        let new = NewCampaign {
            name: "Autumn".into(),
            announcement: self.announcement,
            topic,
            policy,
            links: vec![link(0, "https://x.org/a"), link(1, "https://x.org/b")],
        };
        self.store.campaign_create(new, AT).await.unwrap()
    }

    pub(crate) async fn started(&self) -> CampaignId {
        self.started_with(InDoubtPolicy::NeverResend).await
    }

    pub(crate) async fn started_with(&self, policy: InDoubtPolicy) -> CampaignId {
        let campaign = self.draft_with(policy).await;
        self.store.campaign_start(campaign, AT).await.unwrap();
        campaign
    }

    pub(crate) async fn claim(&self, campaign: CampaignId, limit: usize) -> Vec<Claimed> {
        self.claim_at(campaign, limit, AT).await
    }

    pub(crate) async fn claim_at(
        &self,
        campaign: CampaignId,
        limit: usize,
        now: Timestamp,
    ) -> Vec<Claimed> {
        self.store.deliveries_claim(campaign, NODE, limit, now, LEASE).await.unwrap()
    }

    /// Returns whether anything changed.
    pub(crate) async fn leave(
        &self,
        contact: ContactId,
        scope: Scope,
        campaign: Option<CampaignId>,
    ) -> bool {
        let hash = hash_of(contact);
        let left =
            self.store.contact_leave(contact, scope, Removal::OneClick, campaign, hash, AT).await;
        left.unwrap().changed
    }
}

/// A batch of one reader in order.
pub(crate) fn batch(hits: Vec<RecordedHit>, mark: Mark) -> HitBatch {
    let progress = RecorderProgress::Marks(vec![mark]);
    HitBatch { recorder: NODE, hits, gaps: Vec::new(), progress, soon: Duration::ZERO }
}

/// Stands for the keyed hash of a contact's address.
pub(crate) fn hash_of(contact: ContactId) -> [u8; 32] {
    let mut hash = [0; 32];
    hash[..8].copy_from_slice(&contact.0.to_le_bytes());
    hash
}
