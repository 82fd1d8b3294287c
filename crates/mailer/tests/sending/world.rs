//! A store with contacts, a campaign under way, and mailers to start and stop.

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::{Duration, Instant, SystemTime};

use campaign_text::NOTICE;
use mailer::{MailerSettings, Metrics, Relay, RetrySchedule, Tls, TroubleKind};
use model::{
    CampaignId, CampaignState, ContactId, DeliveryState, EmailAddress, InDoubtPolicy, LinkSlot,
    Timestamp, TopicId,
};
use store::{
    CampaignLink, ContactRow, DeliveryCounts, NewAnnouncement, NewCampaign, Store, StoreOptions,
};
use tempfile::TempDir;
use token::Keyring;
use tokio_util::sync::CancellationToken;

pub(crate) const PATIENCE: Duration = Duration::from_secs(30);

mod campaign_text {
    pub(super) const NOTICE: &str = "---\n\
        subject: Aurora 4.2 is out\n\
        from: Aurora <news@aurora.example>\n\
        ---\n\
        # Aurora 4.2\n\n\
        Dear {{ first_name }}, [read on](https://aurora.example/4.2).\n\n\
        .a line that begins with a dot\n";
}

/// The one in the notice.
const LINK: &str = "https://aurora.example/4.2";

pub(crate) struct World {
    pub(crate) dir: TempDir,
    pub(crate) store: Store,
    pub(crate) keys: Arc<Keyring>,
    pub(crate) topic: TopicId,
    audience: i64,
}

pub(crate) struct Running {
    thread: std::thread::JoinHandle<()>,
    pub(crate) shutdown: CancellationToken,
    pub(crate) metrics: Arc<Metrics>,
}

pub(crate) fn now() -> Timestamp {
    Timestamp::from_system(SystemTime::now())
}

pub(crate) fn sender() -> render::Sender {
    render::Sender {
        organisation: "Aurora".into(),
        postal_address: "1 Harbour Road".into(),
        domain: "aurora.example".into(),
        beacon_url: "http://t.aurora.example".into(),
        web_url: "http://www.aurora.example".into(),
        brand: Default::default(),
        attachments: render::AttachmentLimits::default(),
        honeypot_link: false,
    }
}

pub(crate) fn address(number: usize) -> String {
    format!("person{number}@example.com")
}

impl World {
    /// Contacts `person0` to `person{n-1}`, all subscribed.
    pub(crate) async fn with_contacts(contacts: usize) -> Self {
        let dir = TempDir::new().unwrap();
        let store = Store::open(&dir.path().join("store.db"), StoreOptions::default()).unwrap();
        let topic = store.topic_ensure("releases".into(), "Releases".into()).await.unwrap();
        let rows = (0..contacts)
            .map(|number| ContactRow {
                email: EmailAddress::parse(&address(number)).unwrap(),
                attributes: BTreeMap::from([("first_name".into(), format!("Ann{number}"))]),
            })
            .collect();
        store.contacts_import(rows, Some(topic), "test".into(), now()).await.unwrap();
        let keys = Arc::new(Keyring::generate().unwrap());
        Self { dir, store, keys, topic, audience: i64::try_from(contacts).unwrap() }
    }

    pub(crate) fn journal(&self) -> PathBuf {
        self.dir.path().join("journal")
    }

    pub(crate) async fn start_campaign(&self, policy: InDoubtPolicy) -> CampaignId {
        self.start_campaign_like("news@aurora.example", policy, LINK).await
    }

    /// With the link that it was created with.
    pub(crate) async fn start_campaign_linked(
        &self,
        policy: InDoubtPolicy,
        url: &str,
    ) -> CampaignId {
        self.start_campaign_like("news@aurora.example", policy, url).await
    }

    pub(crate) async fn start_campaign_from(
        &self,
        sender: &str,
        policy: InDoubtPolicy,
    ) -> CampaignId {
        self.start_campaign_like(sender, policy, LINK).await
    }

    async fn start_campaign_like(
        &self,
        sender: &str,
        policy: InDoubtPolicy,
        url: &str,
    ) -> CampaignId {
        let announcement = NewAnnouncement {
            name: "notice".into(),
            subject: "Aurora 4.2 is out".into(),
            source: NOTICE.replace("news@aurora.example", sender),
        };
        let announcement = self.store.announcement_save(announcement, now()).await.unwrap();
        let link = CampaignLink { slot: LinkSlot(0), url: url.into(), label: "read on".into() };
        let campaign = NewCampaign {
            name: "notice".into(),
            announcement,
            topic: self.topic,
            policy,
            links: vec![link],
        };
        let id = self.store.campaign_create(campaign, now()).await.unwrap();
        self.store.campaign_start(id, now()).await.unwrap();
        id
    }

    /// Where the media library's files are.
    pub(crate) fn files(&self) -> media::FileStore {
        let folder = self.dir.path().join("media");
        media::FileStore::open(&media::FileStoreLocation::Folder(folder)).unwrap()
    }

    pub(crate) fn mailer(&self, relay: Relay) -> Running {
        self.mailer_with(self.settings(relay))
    }

    pub(crate) fn settings(&self, relay: Relay) -> MailerSettings {
        MailerSettings {
            relay,
            lease: Duration::from_secs(600),
            batch: 20,
            retry: RetrySchedule {
                first: Duration::from_millis(20),
                max: Duration::from_millis(100),
                give_up_after: Duration::from_millis(400),
            },
            return_path: Some(EmailAddress::parse("bounces@aurora.example").unwrap()),
            journal_dir: self.journal(),
            after_segment: 0,
            store_was_put_back: false,
            node: 1,
            files: self.files(),
            throttle: None,
        }
    }

    pub(crate) fn mailer_with(&self, settings: MailerSettings) -> Running {
        let sender = Arc::new(sender());
        let (metrics, shutdown) = (Arc::new(Metrics::default()), CancellationToken::new());
        let thread = mailer::spawn(
            self.store.clone(),
            Arc::clone(&self.keys),
            sender,
            settings,
            Arc::clone(&metrics),
            shutdown.clone(),
        )
        .unwrap();
        Running { thread, shutdown, metrics }
    }

    /// Waits until the counts are as wished; every look checks that nobody is lost.
    pub(crate) async fn until(
        &self,
        campaign: CampaignId,
        wished: impl Fn(&DeliveryCounts) -> bool,
    ) -> DeliveryCounts {
        let began = Instant::now();
        loop {
            let counts = self.store.deliveries_count(campaign).await.unwrap();
            assert_eq!(counts.total(), self.audience, "{counts:?}");
            if wished(&counts) {
                return counts;
            }
            assert!(began.elapsed() < PATIENCE, "still {counts:?}");
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
    }

    pub(crate) async fn until_finished(&self, campaign: CampaignId) -> DeliveryCounts {
        self.until_state(campaign, CampaignState::Finished).await
    }

    pub(crate) async fn until_state(
        &self,
        campaign: CampaignId,
        state: CampaignState,
    ) -> DeliveryCounts {
        let began = Instant::now();
        loop {
            let found = self.store.campaign_find(campaign).await.unwrap().unwrap();
            if found.state == state {
                return self.until(campaign, |_| true).await;
            }
            let counts = self.store.deliveries_count(campaign).await.unwrap();
            assert!(began.elapsed() < PATIENCE, "still {:?}: {counts:?}", found.state);
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
    }

    /// Waits until the store has a setting that says something.
    pub(crate) async fn setting(&self, key: String) -> String {
        let began = Instant::now();
        loop {
            let value = self.store.setting_find(key.clone()).await.unwrap();
            if let Some(value) = value.filter(|value| !value.is_empty()) {
                return value;
            }
            assert!(began.elapsed() < PATIENCE, "{key} is not set");
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
    }

    pub(crate) async fn contact(&self, number: usize) -> ContactId {
        let email = EmailAddress::parse(&address(number)).unwrap();
        self.store.contact_by_email(email).await.unwrap().unwrap().id
    }
}

impl Running {
    pub(crate) async fn stop(self) {
        self.shutdown.cancel();
        let joined = tokio::task::spawn_blocking(move || self.thread.join());
        tokio::time::timeout(PATIENCE, joined).await.unwrap().unwrap().unwrap();
    }

    /// Waits until the mailer says what holds it up.
    pub(crate) async fn until_trouble(&self) -> String {
        self.trouble(TroubleKind::Relay).await
    }

    /// The same for trouble of this kind.
    pub(crate) async fn trouble(&self, kind: TroubleKind) -> String {
        let began = Instant::now();
        loop {
            if let Some((_, trouble)) = self.metrics.trouble(kind) {
                return trouble;
            }
            assert!(began.elapsed() < PATIENCE, "no trouble is told");
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
    }
}

pub(crate) fn relay(port: u16) -> Relay {
    Relay {
        host: "127.0.0.1".into(),
        port,
        tls: Tls::None,
        auth: None,
        hello_name: "mailer.example".into(),
        connections: 4,
        messages_per_connection: 1000,
        connect_timeout: Duration::from_secs(5),
        reply_timeout: Duration::from_secs(5),
        data_timeout: Duration::from_secs(5),
        ca_file: None,
    }
}

pub(crate) fn count(counts: &DeliveryCounts, state: DeliveryState) -> usize {
    usize::try_from(counts.get(state)).unwrap()
}

/// Asserts that nobody stands in `taken` twice.
pub(crate) fn assert_no_double(taken: &[String]) {
    let mut sorted = taken.to_vec();
    sorted.sort();
    let before = sorted.len();
    sorted.dedup();
    assert_eq!(sorted.len(), before, "somebody was mailed twice");
}
