//! An installation with two topics, and the API in front of it.

use std::collections::BTreeMap;
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::{Duration, SystemTime};

use access::{
    Actor, AddUser, Attempt, CreateToken, Object, Password, PasswordHasher, SignIn, SignedIn,
    session_authenticate, token_create, user_add,
};
use actions::{LiveSettings, Resources};
use axum::Router;
use axum::body::{Body, to_bytes};
use axum::http::{HeaderMap, Request, StatusCode};
use campaign::{AttachmentLimits, Create, Sender, SingleMessages, TestMessage};
use hyper::service::Service as _;
use hyper_util::service::TowerToHyperService;
use media::{FileStore, FileStoreLocation};
use model::{
    ApiTokenId, CampaignId, ContactId, EmailAddress, JobId, Right, Role, Timestamp, TopicId, UserId,
};
use serde_json::Value;
use store::{ActorKind, ActorRecord, ContactRow, JobFile, NewJob, NewSession, Store, StoreOptions};
use tempfile::TempDir;
use token::Keyring;
use web::{ApiCounters, ApiLimit, ApiLimits, ApiParts, LimitState, ProcessFacts, api_router};

use crate::relay::TestRelay;

pub(crate) const PASSWORD: &str = "correct horse battery";

/// A thing of each kind that belongs to one topic.
#[derive(Clone)]
pub(crate) struct Side {
    pub(crate) topic: TopicId,
    pub(crate) slug: &'static str,
    pub(crate) campaign: CampaignId,
    pub(crate) contact: ContactId,
    pub(crate) announcement: i64,
    pub(crate) message: i64,
    /// The contact's.
    pub(crate) email: &'static str,
    /// An import that was rehearsed.
    pub(crate) job: JobId,
    /// A request that is open; of the house, whichever side.
    pub(crate) request: i64,
}

pub(crate) struct House {
    _dir: TempDir,
    pub(crate) store: Store,
    pub(crate) api: Router,
    pub(crate) counters: Arc<ApiCounters>,
    pub(crate) limits: Arc<Permits>,
    pub(crate) relay: Arc<TestRelay>,
    pub(crate) own: Side,
    /// Everything of it has `foreign` in its texts.
    pub(crate) foreign: Side,
}

pub(crate) struct Answer {
    pub(crate) status: StatusCode,
    pub(crate) headers: HeaderMap,
    pub(crate) body: String,
}

impl Answer {
    pub(crate) fn json(&self) -> Value {
        serde_json::from_str(&self.body).unwrap_or_else(|_| panic!("no JSON: {}", self.body))
    }

    pub(crate) fn header(&self, name: &str) -> Option<&str> {
        self.headers.get(name).and_then(|value| value.to_str().ok())
    }

    /// The code of a problem.
    pub(crate) fn code(&self) -> String {
        let kind = self.json()["type"].as_str().unwrap_or_default().to_owned();
        kind.trim_start_matches("/api/v1/problems/").to_owned()
    }
}

/// Lets a number of requests through, whoever asks.
pub(crate) struct Permits(pub(crate) AtomicU32);

impl ApiLimit for Permits {
    fn take(&self, _: u64) -> Pin<Box<dyn Future<Output = LimitState> + Send + '_>> {
        let less =
            self.0.fetch_update(Ordering::SeqCst, Ordering::SeqCst, |left| left.checked_sub(1));
        let (window, wait) = (Duration::from_secs(10), Duration::from_millis(1_500));
        let left = less.map_or(0, |left| left - 1);
        let state = LimitState { allowed: less.is_ok(), quota: 200, window, left, wait };
        Box::pin(std::future::ready(state))
    }
}

/// Somebody's request, who is no contact.
pub(crate) fn question() -> store::NewRequest {
    store::NewRequest {
        kind: model::RequestKind::Question,
        contact: None,
        email: EmailAddress::parse("asks@gone.example").unwrap(),
        channel: "staff",
        text: "Why me?".to_owned(),
        received_at: now(),
    }
}

fn printer() -> store::Processor {
    store::Processor {
        name: "The printer".into(),
        country: "DE".into(),
        basis: model::DisclosureBasis::ServiceProvider,
        purposes: vec!["printing".into()],
        fields: model::DisclosureKind::ContactsFile.fields().to_vec(),
        changed_at: now(),
    }
}

/// A recipient whom the own campaign's mail names.
pub(crate) fn friends() -> store::Processor {
    store::Processor {
        name: "Own Text".into(),
        basis: model::DisclosureBasis::Sharing,
        purposes: vec!["calendars".into()],
        ..printer()
    }
}

pub(crate) fn sharing_notice(campaign: CampaignId, at: Timestamp) -> store::NewSharingNotice {
    store::NewSharingNotice {
        recipient: "Own Text".into(),
        purpose: "calendars".into(),
        fields: vec![model::DisclosedField::Address],
        text: "Own Text prints our calendar.".into(),
        campaign,
        days: 30,
        begins_at: None,
        at,
    }
}

fn join_form(topic: TopicId) -> store::JoinForm {
    store::JoinForm {
        name: "join".to_owned(),
        title: "Join".to_owned(),
        topics: vec![topic],
        fields: Vec::new(),
        notice: "We write.".to_owned(),
        notice_version: 0,
        language: None,
        redirect: None,
        origins: Vec::new(),
        asks_age: false,
        is_open: true,
        created_at: now(),
        updated_at: now(),
    }
}

pub(crate) fn now() -> Timestamp {
    Timestamp::from_system(SystemTime::now())
}

fn sender() -> Sender {
    Sender {
        organisation: "Aurora".into(),
        postal_address: "1 Harbour Road".into(),
        domain: "aurora.example".into(),
        beacon_url: "https://t.aurora.example".into(),
        web_url: "https://www.aurora.example".into(),
        brand: Default::default(),
        attachments: AttachmentLimits::default(),
        honeypot_link: false,
    }
}

fn share_link(campaign: CampaignId, hash: u8) -> store::NewShareLink {
    let ends_at = now().after(Duration::from_secs(3_600));
    let (name, created_by) = (String::new(), "Ann".to_owned());
    store::NewShareLink { campaign, name, token_hash: [hash; 32], created_by, ends_at }
}

/// Mailed to nobody.
fn report_schedule(campaign: CampaignId) -> store::NewReportSchedule {
    let rhythm = model::ReportRhythm::Monthly { day: 1, hour: 9 };
    store::NewReportSchedule {
        subject: model::ReportSubject::Campaign(campaign),
        times: model::ReportTimes { rhythm, zone: model::Zone::utc() },
        users: Vec::new(),
        created_by: "Ann".to_owned(),
    }
}

pub(crate) fn system() -> Actor {
    Actor::command_line("ann")
}

impl House {
    pub(crate) async fn new() -> Self {
        Self::with(|settings| settings).await
    }

    /// With other settings than those of a file in which everything stands.
    pub(crate) async fn with(change: impl FnOnce(LiveSettings) -> LiveSettings) -> Self {
        let dir = tempfile::tempdir().unwrap();
        let store = Store::open(&dir.path().join("pharos.db"), StoreOptions::default()).unwrap();
        let files = FileStore::open(&FileStoreLocation::Folder(dir.path().join("media"))).unwrap();
        let own = side(&store, "news", "own").await;
        let foreign = side(&store, "foreign-topic", "foreign").await;
        let add = media::Add {
            name: None,
            file_name: "note.txt".into(),
            content: b"Read me.".to_vec(),
            alt: None,
            replace: false,
        };
        media::Library::new(store.clone(), files.clone()).add(add, now()).await.unwrap();
        let relay = Arc::new(TestRelay::default());
        let limits = Arc::new(Permits(AtomicU32::new(u32::MAX)));
        let counters = Arc::new(ApiCounters::default());
        let parts = ApiParts {
            resources: Resources {
                store: store.clone(),
                keys: Arc::new(Keyring::generate().unwrap()),
                messages: Arc::new(SingleMessages::new(store.clone())),
                files,
                uploads: Default::default(),
                domains: Default::default(),
                settings: change(LiveSettings::fixed(
                    sender(),
                    crate::set_up::of_team(),
                    Arc::clone(&relay) as _,
                )),
            },
            reports: store.for_reports(),
            inbox: None,
            this_machine_only: false,
            readiness: Arc::new(Vec::new),
            process: Arc::new(ProcessFacts::default),
            trusted_proxies: Default::default(),
            limits: ApiLimits {
                requests: limits.clone(),
                failures: Arc::new(Permits(AtomicU32::new(5_000))),
            },
            counters: Arc::clone(&counters),
            event_waits: Default::default(),
            topics: Default::default(),
            document: Default::default(),
        };
        let house = Self {
            _dir: dir,
            store,
            api: api_router(parts),
            counters,
            limits,
            relay,
            own,
            foreign,
        };
        house.begin().await;
        house
    }

    /// A message, and the first token and user, for whoever ends one.
    async fn begin(&self) {
        let asked =
            format!(r#"{{"announcement_id":"{}","to":"sam@own.example"}}"#, self.own.announcement);
        let sends = self.token(&[Right::MessagesSend], &[]).await;
        let sent = self.post("/api/v1/messages", &sends, "of the house", &asked).await;
        // A house in which nobody sends has none.
        let is_set = sent.status != StatusCode::CONFLICT || sent.code() != "sender_not_set";
        assert!(!is_set || sent.status == StatusCode::ACCEPTED, "{}", sent.body);
        self.token(&[Right::SystemRead], &[]).await;
        for (hash, campaign) in [(1, self.own.campaign), (2, self.foreign.campaign)] {
            self.store.share_link_add(share_link(campaign, hash), now()).await.unwrap();
        }
        self.invited("eva@team.example").await;
        let add = vec![model::TagName::parse("kept").unwrap()];
        let change = store::TagChange { add, remove: Vec::new() };
        self.store.contact_tags_change(self.own.contact, change, now()).await.unwrap();
        self.store.request_add(question()).await.unwrap();
        self.store.form_set(join_form(self.own.topic), now()).await.unwrap();
        let kept = store::NewSegment {
            name: model::SegmentName::parse("kept").unwrap(),
            rule: model::SegmentRule::parse("not suppressed").unwrap(),
            over: None,
        };
        self.store.segment_set(kept, now()).await.unwrap();
        self.store.processor_set(printer()).await.unwrap();
        self.store.processor_set(friends()).await.unwrap();
        let notice = sharing_notice(self.own.campaign, now());
        self.store.sharing_announce(notice).await.unwrap();
        for campaign in [self.own.campaign, self.foreign.campaign] {
            self.store.report_schedule_add(report_schedule(campaign), now()).await.unwrap();
        }
    }

    pub(crate) async fn token(&self, scopes: &[Right], topics: &[TopicId]) -> String {
        self.token_of(&system(), scopes, topics, None, true).await.1
    }

    pub(crate) async fn everything(&self) -> String {
        let all = Right::ALL.into_iter().filter(|it| *it != Right::OwnershipWrite);
        self.token(&all.collect::<Vec<_>>(), &[]).await
    }

    pub(crate) async fn token_of(
        &self,
        actor: &Actor,
        scopes: &[Right],
        topics: &[TopicId],
        ends_at: Option<Timestamp>,
        live: bool,
    ) -> (ApiTokenId, String) {
        let create = CreateToken {
            name: "Nightly".into(),
            live,
            scopes: scopes.to_vec(),
            topics: topics.to_vec(),
            ends_at,
            request: None,
        };
        let made = token_create(&self.store, actor, create, now()).await.unwrap();
        (made.id, made.token.reveal().to_owned())
    }

    /// A user who has not chosen a password yet, with a session from before.
    async fn invited(&self, address: &str) {
        let add = AddUser {
            email: EmailAddress::parse(address).unwrap(),
            name: "Eva".into(),
            role: Role::Auditor,
            topics: Vec::new(),
            password_hash: None,
        };
        let permit = system().may(Right::UsersWrite, Object::Installation).unwrap();
        let user = user_add(&self.store, &permit, add, now()).await.unwrap().id;
        let session = NewSession {
            token_hash: [7; 32],
            user,
            signed_in: true,
            at: now(),
            ends_at: now().after(Duration::from_secs(3600)),
            agent: "Firefox".into(),
            network: "198.51.100.0/24".into(),
        };
        self.store.session_begin(session, None).await.unwrap();
    }

    /// A user, who is signed in.
    pub(crate) async fn user(&self, address: &str, role: Role) -> (UserId, Actor) {
        let hasher = PasswordHasher::default();
        let hash = hasher.hash(Password::choose(PASSWORD, &[]).unwrap()).await.unwrap();
        let add = AddUser {
            email: EmailAddress::parse(address).unwrap(),
            name: "Zoë".into(),
            role,
            topics: Vec::new(),
            password_hash: Some(hash),
        };
        let permit = system().may(Right::UsersWrite, Object::Installation).unwrap();
        let id = user_add(&self.store, &permit, add, now()).await.unwrap().id;
        let keys = Arc::new(Keyring::generate().unwrap());
        let sign_in = SignIn::new(self.store.clone(), hasher, keys);
        let from =
            Attempt { client: "198.51.100.1".parse().unwrap(), agent: "Firefox", now: now() };
        let done = sign_in.with_password(address, PASSWORD, None, from).await.unwrap();
        let SignedIn::Complete { token, .. } = done else { panic!("a code is needed") };
        let found =
            session_authenticate(&self.store, token.reveal(), now()).await.unwrap().unwrap();
        (id, Actor::User(found.user))
    }

    pub(crate) async fn send(&self, request: Request<Body>) -> Answer {
        let answer = TowerToHyperService::new(self.api.clone()).call(request).await.unwrap();
        let (parts, body) = answer.into_parts();
        let bytes = to_bytes(body, 16 << 20).await.unwrap();
        let body = String::from_utf8(bytes.to_vec()).unwrap();
        Answer { status: parts.status, headers: parts.headers, body }
    }

    pub(crate) async fn get(&self, path: &str, token: &str) -> Answer {
        let request = Request::get(path).header("authorization", format!("Bearer {token}"));
        self.send(request.body(Body::empty()).unwrap()).await
    }

    pub(crate) async fn post(&self, path: &str, token: &str, key: &str, body: &str) -> Answer {
        let request = Request::post(path)
            .header("authorization", format!("Bearer {token}"))
            .header("idempotency-key", key)
            .header("content-type", "application/json");
        self.send(request.body(Body::from(body.to_owned())).unwrap()).await
    }

    /// A POST of another kind than JSON.
    pub(crate) async fn send_file(
        &self,
        path: &str,
        token: &str,
        (key, kind): (&str, &str),
        body: impl Into<Body>,
    ) -> Answer {
        let request = Request::post(path)
            .header("authorization", format!("Bearer {token}"))
            .header("idempotency-key", key)
            .header("content-type", kind);
        self.send(request.body(body.into()).unwrap()).await
    }

    /// Does the job that is queued, as a server would.
    pub(crate) async fn work(&self) {
        let held = now().after(audience::JOB_HELD);
        let job = self.store.job_claim(1, now(), held).await.unwrap().unwrap();
        let (store, stop) = (&self.store, Default::default());
        match job.kind.as_str() {
            audience::ATTRIBUTE_JOB => audience::run_attribute_job(store, job, now, stop).await,
            audience::TAG_JOB => audience::run_tag_job(store, job, now, stop).await,
            audience::UNDO_JOB => audience::run_undo_job(store, job, now, stop).await,
            audience::EXPORT_JOB => match report::ContactsExport::from_json(&job.spec) {
                Some(spec) => {
                    let timing: (fn() -> Timestamp, _) = (now, audience::JOB_HELD);
                    report::run_contacts_export(store, (job, spec), timing, stop).await
                }
                None => audience::run_export_job(store, job, now, stop).await,
            },
            audience::ERASE_JOB => {
                let keys = Arc::new(Keyring::generate().unwrap());
                audience::run_erasure_job(store, keys, job, now, stop).await
            }
            _ => {
                let keys = Arc::new(Keyring::generate().unwrap());
                audience::run_import_job(store, (keys, Default::default()), job, now, stop).await
            }
        }
        .unwrap();
    }

    /// Actions of the log, oldest first.
    pub(crate) async fn log(&self) -> Vec<String> {
        let entries = self.store.audit_after(0).await.unwrap();
        entries.into_iter().map(|entry| entry.action).collect()
    }
}

async fn side(store: &Store, slug: &'static str, word: &str) -> Side {
    let topic = store.topic_ensure(slug.into(), format!("{word} name")).await.unwrap();
    let row = |name: &str| ContactRow {
        email: EmailAddress::parse(&format!("{name}@{word}.example")).unwrap(),
        attributes: BTreeMap::from([("first_name".to_owned(), format!("{word} ann"))]),
    };
    let rows = vec![row("ann"), row("bob")];
    store.contacts_import(rows, Some(topic), format!("{word}.csv"), now()).await.unwrap();
    let address = EmailAddress::parse(&format!("ann@{word}.example")).unwrap();
    let contact = store.contact_by_email(address.clone()).await.unwrap().unwrap().id;
    let text = format!(
        "---\nname: {word} notice\nsubject: {word} subject\nfrom: a@aurora.example\ntopic: {slug}\n---\n\
        {word} text [link](https://{word}.example)\n"
    );
    let made = campaign::create(store, &sender(), &text, Create::default(), now()).await.unwrap();
    store.campaign_start(made.id, now()).await.unwrap();
    let test = TestMessage {
        from: address.clone(),
        message: format!("From: a@b.example\r\nSubject: {word}\r\n\r\n{word}\r\n").into_bytes(),
        contact: None,
    };
    let message =
        campaign::keep_test_message(store, made.id, &address, &test, now()).await.unwrap();
    let found = store.campaign_find(made.id).await.unwrap().unwrap();
    Side {
        request: 1,
        topic,
        slug,
        campaign: made.id,
        contact,
        announcement: found.announcement.0,
        message: message.unwrap(),
        email: if word == "own" { "ann@own.example" } else { "ann@foreign.example" },
        job: job(store, topic, slug, word).await,
    }
}

/// An import that waits for a decision, of which it is known what it has changed.
async fn job(store: &Store, topic: TopicId, slug: &str, word: &str) -> JobId {
    let actor = ActorRecord { kind: ActorKind::System, id: None, name: "ops".into() };
    let spec = audience::ImportSpec { topic: Some(slug.into()), ..Default::default() };
    let (title, spec) = (format!("{word}.csv"), spec.to_json().to_string());
    let new =
        NewJob { kind: audience::IMPORT_JOB, actor, topic: Some(topic), title, spec, of: None };
    let id = store.job_create(new, now()).await.unwrap();
    store
        .job_upload(id, 0, format!("email\nzoe@{word}.example\n").into_bytes(), 24, now())
        .await
        .unwrap();
    store.job_uploaded(id, now()).await.unwrap();
    let changes = br#"{"added":[[17,1]],"subscribed":[],"values":[],"not_kept":[]}"#;
    store.job_part_put(id, JobFile::Changes, 0, changes.to_vec()).await.unwrap();
    id
}
