//! The admin side over a real store: every page with values that somebody hostile has written,
//! lists that lose nobody, addresses that are wrong.

#![allow(clippy::unwrap_used, clippy::panic, reason = "tests")]

#[path = "admin/announcement_forms.rs"]
mod announcement_forms;
#[path = "admin/comparison.rs"]
mod comparison;
#[path = "admin/contact_forms.rs"]
mod contact_forms;
#[path = "admin/draft_forms.rs"]
mod draft_forms;
#[path = "admin/erasure_forms.rs"]
mod erasure_forms;
#[path = "admin/forms.rs"]
mod forms;
#[path = "admin/import_forms.rs"]
mod import_forms;
#[path = "admin/matrix.rs"]
mod matrix;
#[path = "admin/media_forms.rs"]
mod media_forms;
#[path = "admin/own_account.rs"]
mod own_account;
#[path = "admin/passkeys.rs"]
mod passkeys;
#[allow(dead_code, reason = "used by several")]
#[path = "fixture/people.rs"]
mod people;
#[path = "fixture/relay.rs"]
mod relay;
#[path = "admin/report_contacts.rs"]
mod report_contacts;
#[path = "admin/report_schedules.rs"]
mod report_schedules;
#[path = "admin/rule_sets.rs"]
mod rule_sets;
#[path = "admin/set_up_forms.rs"]
mod set_up_forms;
#[path = "fixture/settings.rs"]
mod settings_fixture;
#[path = "admin/settings_forms.rs"]
mod settings_forms;
#[path = "admin/share_links.rs"]
mod share_links;
#[path = "admin/signing_in.rs"]
mod signing_in;
#[path = "admin/streams.rs"]
mod streams;
#[path = "admin/test_sends.rs"]
mod test_sends;
#[path = "admin/tracking_forms.rs"]
mod tracking_forms;
#[path = "admin/users.rs"]
mod users;
#[path = "admin/visitor_forms.rs"]
mod visitor_forms;

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use axum::body::{Body, to_bytes};
use axum::http::{HeaderMap, Request, StatusCode};
use hyper::service::Service as _;
use hyper_util::service::TowerToHyperService;
use model::hit::HitSigns;
use model::{
    CampaignId, ContactId, EmailAddress, Hit, HitClass, HitKind, HitOrigin, InDoubtPolicy,
    LinkSlot, Rule, RulesSeen, Timestamp, VisitorId,
};
use store::{
    ActorKind, ActorRecord, CampaignLink, ContactRow, HitBatch, Mark, NewAcceptance,
    NewAnnouncement, NewCampaign, NewJob, Outcome, RecordedHit, RecorderProgress, Settled, Store,
    StoreOptions,
};
use tempfile::TempDir;
use tokio_util::sync::CancellationToken;
use web::inbox::Inbox;
use web::{
    ADMIN_ROUTES, AdminParts, HealthParts, LiveStreams, ProcessFacts, StreamLimits, admin_router,
};

const AT: Timestamp = Timestamp(1_795_428_245_000_000);
/// Breaks out of text, of an attribute in either quotes, of a template.
const EVIL: &str = "<evil>\"><img src=x onerror=evil()>' onmouseover='evil() {{7*7}}&lt;";
/// What an address may hold of it.
const EVIL_ADDRESS: &str = "a'b&{{7*7}}`x@evil.example";

struct Answer {
    status: StatusCode,
    headers: HeaderMap,
    body: String,
}

struct House {
    dir: TempDir,
    store: Store,
    /// As the owner sees it.
    admin: Router,
    /// As anybody reaches it.
    open: Router,
    relay: Arc<relay::TestRelay>,
    parts: AdminParts,
}

impl House {
    /// With an owner and a caught mail.
    async fn new() -> Self {
        let house = Self::made(true, false, |_| {});
        let admin = people::as_owner(house.open.clone(), &house.store).await;
        Self { admin, ..house }
    }

    /// With an owner, and test messages instead of caught mail.
    async fn without_inbox() -> Self {
        let house = Self::made(false, false, |_| {});
        let admin = people::as_owner(house.open.clone(), &house.store).await;
        Self { admin, ..house }
    }

    /// Without any user.
    async fn empty() -> Self {
        Self::made(false, false, |_| {})
    }

    /// The same, closed until there is an owner.
    async fn closed() -> Self {
        Self::made(false, false, |accounts| accounts.closed_without_owner = true)
    }

    /// Behind a proxy that is trusted.
    async fn behind(proxy: &str) -> Self {
        let proxy: model::Network = proxy.parse().unwrap();
        Self::made(false, false, |accounts| accounts.trusted_proxies = Arc::new([proxy]))
    }

    /// For this machine only.
    async fn local() -> Self {
        Self::made(false, true, |_| {})
    }

    fn made(catches: bool, this_machine_only: bool, change: impl Fn(&mut web::Accounts)) -> Self {
        let dir = tempfile::tempdir().unwrap();
        let store = Store::open(&dir.path().join("pharos.db"), StoreOptions::default()).unwrap();
        let health = HealthParts {
            store: store.clone(),
            this_machine_only,
            metrics: Arc::new(String::new),
            readiness: Arc::new(|| vec![EVIL.to_owned()]),
        };
        let process = || ProcessFacts { data_folder: EVIL.into(), ..ProcessFacts::default() };
        let inbox = Arc::new(Inbox::new(10, 1 << 20));
        let mail = format!("From: {EVIL}\r\nTo: {EVIL}\r\nSubject: {EVIL}\r\n\r\n{EVIL}\r\n");
        inbox.push(mail.into_bytes());
        let files = media::FileStoreLocation::Folder(dir.path().join("media"));
        let files = media::FileStore::open(&files).unwrap();
        let mut accounts = people::accounts(&store);
        change(&mut accounts);
        let inbox = catches.then_some(inbox);
        let relay = Arc::new(relay::TestRelay::default());
        let resources = people::resources(&store, files, relay.clone());
        let mut parts = AdminParts::new(health, resources, inbox, Arc::new(process), accounts);
        // Tests read answers to their end.
        let lasts = StreamLimits { lasts: Duration::ZERO, ..StreamLimits::default() };
        parts.live = LiveStreams::new(lasts, Arc::default(), CancellationToken::new());
        let open = admin_router(parts.clone());
        Self { admin: open.clone(), open, parts, store, dir, relay }
    }

    async fn get(&self, path: &str) -> Answer {
        let request = Request::get(path).body(Body::empty()).unwrap();
        let answer = TowerToHyperService::new(self.admin.clone()).call(request).await.unwrap();
        let (parts, body) = answer.into_parts();
        let bytes = to_bytes(body, 16 << 20).await.unwrap();
        let body = String::from_utf8_lossy(&bytes).into_owned();
        Answer { status: parts.status, headers: parts.headers, body }
    }

    async fn import(&self, rows: Vec<ContactRow>, source: &str) {
        let topic = self.store.topic_ensure("news".into(), EVIL.into()).await.unwrap();
        self.store.contacts_import(rows, Some(topic), source.into(), AT).await.unwrap();
    }

    /// A started campaign whose every text is hostile.
    async fn campaign(&self) -> CampaignId {
        let topic = self.store.topic_ensure("news".into(), EVIL.into()).await.unwrap();
        let (name, source) = (EVIL.to_owned(), format!("{EVIL}\n![x](media:evil.png)"));
        let content = NewAnnouncement { name: name.clone(), subject: name.clone(), source };
        let announcement = self.store.announcement_save(content, AT).await.unwrap();
        let url = "https://x.example/?a=\"<evil>".to_owned();
        let links = vec![CampaignLink { slot: LinkSlot(0), url, label: name.clone() }];
        let policy = InDoubtPolicy::NeverResend;
        let new = NewCampaign { name, announcement, topic, policy, links };
        let campaign = self.store.campaign_create(new, AT).await.unwrap();
        let warning = NewAcceptance {
            code: "x".into(),
            subject: EVIL.into(),
            contacts: 1,
            text: EVIL.into(),
        };
        self.store.warnings_accept(campaign, vec![warning], AT).await.unwrap();
        self.store.campaign_start(campaign, AT).await.unwrap();
        campaign
    }
}

fn contact(address: &str) -> ContactRow {
    let attributes = BTreeMap::from([
        (EVIL.to_owned(), EVIL.to_owned()),
        ("first_name".to_owned(), EVIL.to_owned()),
    ]);
    ContactRow { email: EmailAddress::parse(address).unwrap(), attributes }
}

fn hit(offset: u32, campaign: CampaignId, contact: ContactId, kind: HitKind) -> RecordedHit {
    RecordedHit {
        hit: Hit {
            at: AT,
            campaign,
            contact: Some(contact),
            kind,
            visitor: Some(VisitorId([7; 12])),
            client: None,
            signs: HitSigns::default(),
            agent: EVIL.as_bytes().to_vec(),
        },
        node: 1,
        segment: 1,
        offset,
        rules: RulesSeen::NONE.with(Rule::AGENT_BROWSER),
        class: HitClass::Person,
        origin: HitOrigin::default(),
    }
}

/// A store in which everything that somebody may have written is hostile; its campaign and contact.
async fn hostile(house: &House) -> (CampaignId, ContactId) {
    let store = &house.store;
    house.import(vec![contact(EVIL_ADDRESS), contact("mia@evil.example")], EVIL).await;
    let campaign = house.campaign().await;
    let lease = Duration::from_secs(60);
    let claimed = store.deliveries_claim(campaign, 1, 10, AT, lease).await.unwrap();
    let outcomes = [
        Outcome::Sent { reply: format!("250 {EVIL}") },
        Outcome::Failed { code: 550, reply: format!("550 {EVIL}") },
    ];
    let settled = claimed.iter().zip(outcomes).map(|(claim, outcome)| Settled {
        contact: claim.contact,
        epoch: claim.epoch,
        outcome,
    });
    store.deliveries_settle(campaign, settled.collect(), AT, None).await.unwrap();
    let contact = claimed.first().unwrap().contact;
    let hits = vec![
        hit(1, campaign, contact, HitKind::View),
        hit(2, campaign, contact, HitKind::Click(LinkSlot(0))),
    ];
    let mark = Mark { reader: "hits/1".into(), segment: 1, offset: 9 };
    let progress = RecorderProgress::Marks(vec![mark]);
    let batch = HitBatch { recorder: 1, hits, gaps: Vec::new(), progress, soon: Duration::ZERO };
    store.hits_record(batch).await.unwrap();
    store.node_enter("evil".into(), EVIL.into(), AT).await.unwrap();
    let picture = store::MediaFile {
        size: store::MediaSize::Whole,
        file: format!("{}-evil.png", "0".repeat(16)),
        width: 1,
        height: 1,
        bytes: 1,
    };
    let request = store::NewRequest {
        kind: model::RequestKind::Access,
        contact: None,
        email: EmailAddress::parse("asks@evil.example").unwrap(),
        channel: "staff",
        text: EVIL.to_owned(),
        received_at: AT,
    };
    assert_eq!(store.request_add(request).await.unwrap(), 1);
    store.form_set(hostile_form(store).await, AT).await.unwrap();
    let record = store::MediaRecord {
        name: "evil.png".into(),
        file_name: EVIL.into(),
        content_type: EVIL.into(),
        alt: Some(EVIL.into()),
        added_at: AT,
        files: vec![picture],
    };
    store.media_put(record).await.unwrap();
    hostile_import(store).await;
    hostile_message(store, campaign).await;
    hostile_notice(store, campaign).await;
    (campaign, contact)
}

/// Single message 1, which was refused.
/// A form whose words are somebody hostile's.
async fn hostile_form(store: &Store) -> store::JoinForm {
    let topic = store.topics_list().await.unwrap().remove(0).id;
    store::JoinForm {
        name: "evil".into(),
        title: EVIL.into(),
        topics: vec![topic],
        fields: Vec::new(),
        notice: EVIL.into(),
        notice_version: 0,
        language: None,
        redirect: None,
        origins: Vec::new(),
        asks_age: false,
        is_open: true,
        created_at: AT,
        updated_at: AT,
    }
}

/// Sharing notice 1, for a recipient whom a draft does not name yet.
async fn hostile_notice(store: &Store, campaign: CampaignId) {
    let found = store.campaign_find(campaign).await.unwrap().unwrap();
    let (announcement, topic, policy) = (found.announcement, found.topic, found.policy);
    let name = EVIL.to_owned();
    let draft = store::NewCampaign { name, announcement, topic, policy, links: Vec::new() };
    let campaign = store.campaign_create(draft, AT).await.unwrap();
    let fields = model::DisclosureKind::ContactsFile.fields().to_vec();
    let recipient = store::Processor {
        name: EVIL.into(),
        country: "DE".into(),
        basis: model::DisclosureBasis::Sharing,
        purposes: vec![EVIL.to_lowercase()],
        fields: fields.clone(),
        changed_at: AT,
    };
    store.processor_set(recipient).await.unwrap();
    let notice = store::NewSharingNotice {
        recipient: EVIL.into(),
        purpose: EVIL.into(),
        fields,
        text: EVIL.into(),
        campaign,
        days: 30,
        begins_at: None,
        at: AT,
    };
    store.sharing_announce(notice).await.unwrap();
}

async fn hostile_message(store: &Store, campaign: CampaignId) {
    let announcement = store.campaign_find(campaign).await.unwrap().unwrap().announcement;
    let form = store.message_form_keep(announcement, "{}".into(), [1; 32], AT).await.unwrap();
    let new = store::NewMessage {
        actor: ActorRecord { kind: ActorKind::User, id: Some(1), name: EVIL.into() },
        request_key: EVIL.into(),
        body_hash: [1; 32],
        announcement,
        form,
        contact: None,
        email: EmailAddress::parse(EVIL_ADDRESS).unwrap(),
        address_hash: [0; 32],
        attributes: BTreeMap::from([("first_name".to_owned(), EVIL.to_owned())]),
        live: true,
        copy: None,
    };
    store.messages_accept(vec![new], AT).await.unwrap();
    let hour = Duration::from_secs(3_600);
    let claimed = store.messages_claim(1, 1, AT, hour, hour).await.unwrap().remove(0);
    let outcome = Outcome::Failed { code: 550, reply: format!("550 {EVIL}") };
    let settled = store::SettledMessage { id: claimed.id, epoch: claimed.epoch, outcome };
    store.messages_settle(vec![settled], AT, None).await.unwrap();
}

/// Job 1, the import of a file that somebody hostile has made.
async fn hostile_import(store: &Store) {
    let actor = ActorRecord { kind: ActorKind::User, id: Some(1), name: EVIL.into() };
    let (title, spec) = (EVIL.to_owned(), "{}".to_owned());
    let new = NewJob { kind: audience::IMPORT_JOB, actor, topic: None, title, spec, of: None };
    let id = store.job_create(new, AT).await.unwrap();
    let file = format!("email,\"{0}\"\na@b.example,\"{0}\"\n", EVIL.replace('"', "\"\""));
    let bytes = i64::try_from(file.len()).unwrap();
    store.job_upload(id, 0, file.into_bytes(), bytes, AT).await.unwrap();
    store.job_uploaded(id, AT).await.unwrap();
    // And 2, an export of those who match it.
    let query =
        store::ContactQuery { address_part: Some(EVIL.into()), ..store::ContactQuery::default() };
    let spec = audience::ExportSpec { query, topics: model::TopicScope::All }.to_json();
    let actor = ActorRecord { kind: ActorKind::User, id: Some(1), name: EVIL.into() };
    let (kind, title) = (audience::EXPORT_JOB, EVIL.to_owned());
    let new = NewJob { kind, actor, topic: None, title, spec, of: None };
    store.job_ask(new, 0, AT).await.unwrap();
    let job = store.job_claim(1, AT, AT).await.unwrap().unwrap();
    store.job_end((job.id, job.epoch), store::JobState::Done, None, AT).await.unwrap();
    // And 3, an erasure of a list, which waits for a decision.
    let actor = ActorRecord { kind: ActorKind::User, id: Some(1), name: EVIL.into() };
    let (kind, title, spec) = (audience::ERASE_JOB, EVIL.to_owned(), "{}".to_owned());
    let new = NewJob { kind, actor, topic: None, title, spec, of: None };
    let id = store.job_create(new, AT).await.unwrap();
    store.job_upload(id, 0, EVIL.into(), i64::try_from(EVIL.len()).unwrap(), AT).await.unwrap();
    store.job_uploaded(id, AT).await.unwrap();
    // And 4, an act with all whose address holds it.
    let query =
        store::ContactQuery { address_part: Some(EVIL.into()), ..store::ContactQuery::default() };
    let found = audience::ExportSpec { query, topics: model::TopicScope::All };
    let act = store::BulkAct::Set { name: EVIL.into(), value: EVIL.into() };
    let whom = audience::BulkWhom::Found(found);
    let spec = audience::BulkSpec { whom, act, rehearsal: true }.to_json();
    let actor = ActorRecord { kind: ActorKind::User, id: Some(1), name: EVIL.into() };
    let (kind, title) = (audience::BULK_JOB, EVIL.to_owned());
    store.job_ask(NewJob { kind, actor, topic: None, title, spec, of: None }, 0, AT).await.unwrap();
}

fn assert_harmless(path: &str, answer: &Answer) {
    for broken in ["<evil", "<img src=x", "' onmouseover='evil", "\"><img"] {
        assert!(!answer.body.contains(broken), "{path} holds {broken}: {}", answer.body);
    }
    assert!(!answer.body.contains("49&"), "{path} has computed something");
    let policy = answer.headers["content-security-policy"].to_str().unwrap();
    assert!(policy.contains("default-src 'none'") && !policy.contains("unsafe-eval"), "{path}");
    assert_eq!(answer.headers["x-content-type-options"], "nosniff", "{path}");
    assert_eq!(answer.headers["cache-control"], "private, no-store", "{path}");
}

#[tokio::test]
async fn what_somebody_hostile_has_written_is_text_on_every_page() {
    let house = House::new().await;
    let (campaign, contact) = hostile(&house).await;
    let mut shown = 0;
    let shows =
        |route: &&&web::AdminRoute| route.method == "GET" && !route.path.contains("{token}");
    for route in ADMIN_ROUTES.iter().filter(shows) {
        let path = match route.path {
            path if path.starts_with("/admin/inbox") => path.replace("{number}", "1"),
            path => path.replace("{number}", &campaign.to_string()),
        };
        let path = path.replace("{contact}", &contact.to_string());
        let one = [
            "/admin/announcements",
            "/admin/users",
            "/admin/imports",
            "/admin/messages",
            "/admin/requests",
            "/admin/sharing-notices",
        ];
        let path = match one.iter().any(|list| path.starts_with(list)) {
            true => path.replace("{id}", "1"),
            false if path.starts_with("/admin/exports") => path.replace("{id}", "2"),
            false if path.starts_with("/admin/erasures") => path.replace("{id}", "3"),
            false if path.starts_with("/admin/contacts/bulk") => path.replace("{id}", "4"),
            false => path.replace("{id}", &contact.to_string()),
        };
        let path = match path.starts_with("/admin/contacts/forms") {
            true => path.replace("{name}", "evil"),
            false => path.replace("{name}", "evil.png"),
        };
        let path = path.replace("{slug}", "news");
        let path = path.replace("{version}", "2026-11-25");
        let path = path.replace("{visitor}", &"7f".repeat(12)).replace("{event}", "eAQEB");
        let answer = house.get(&path).await;
        // Whoever is signed in is led on from the way in.
        let moved = [StatusCode::OK, StatusCode::TEMPORARY_REDIRECT, StatusCode::SEE_OTHER];
        let moved = moved.contains(&answer.status);
        // Its bytes are not there: only the record is.
        assert!(moved || path.ends_with("/thumbnail"), "{path}: {}", answer.status);
        let is_page = answer
            .headers
            .get("content-type")
            .is_some_and(|kind| kind.to_str().unwrap().starts_with("text/html"));
        // Another policy, and its own test: a message in its frame.
        if is_page && !path.ends_with("/html") {
            assert_harmless(&path, &answer);
            shown += usize::from(answer.body.contains("&#60;evil&#62;"));
        }
    }
    assert!(shown >= 14, "hostile texts were shown on {shown} pages only");
}

#[tokio::test]
async fn what_stands_in_the_address_is_text_too() {
    let house = House::new().await;
    hostile(&house).await;
    let evil = "%3Cevil%3E%22%3E%3Cimg%20src%3Dx%20onerror%3Devil()%3E'%20onmouseover%3D'evil()";
    for path in [
        format!("/admin/contacts?q={evil}"),
        format!("/admin/contacts?topic={evil}"),
        format!("/admin/contacts?state={evil}"),
        format!("/admin/contacts?q=x&cursor={evil}"),
        format!("/admin/contacts/{evil}"),
        format!("/admin/campaigns?tab={evil}"),
        format!("/admin/campaigns/1/deliveries?q={evil}"),
        format!("/admin/campaigns/1/deliveries?code={evil}"),
        format!("/admin/campaigns/1/deliveries?state={evil}"),
        format!("/admin/campaigns/{evil}"),
        format!("/admin/campaigns/1?rules={evil}"),
        format!("/admin/rule-sets/{evil}"),
        format!("/admin/media/{evil}"),
        format!("/admin/{evil}"),
    ] {
        let answer = house.get(&path).await;
        assert!(answer.status.as_u16() < 500, "{path}: {}", answer.status);
        assert_harmless(&path, &answer);
    }
}

#[tokio::test]
async fn addresses_that_databases_dislike_are_refused_or_find_nothing() {
    let house = House::new().await;
    hostile(&house).await;
    for (path, status) in [
        ("/admin/contacts?q=a%00b", StatusCode::BAD_REQUEST),
        ("/admin/media/a%00b", StatusCode::BAD_REQUEST),
        ("/admin/contacts?q=%25", StatusCode::OK),
        ("/admin/contacts?q=_", StatusCode::OK),
        ("/admin/contacts?q=%5C", StatusCode::OK),
        ("/admin/contacts/-1", StatusCode::NOT_FOUND),
        ("/admin/contacts/99999999999999999999", StatusCode::NOT_FOUND),
        ("/admin/campaigns/9223372036854775807", StatusCode::NOT_FOUND),
        ("/admin/campaigns/1/deliveries?code=99999", StatusCode::BAD_REQUEST),
    ] {
        let answer = house.get(path).await;
        assert_eq!(answer.status, status, "{path}");
        if path.starts_with("/admin/contacts?q=") && status == StatusCode::OK {
            assert!(answer.body.contains("Nobody matches"), "{path} finds a wildcard");
        }
    }
    let long = format!("/admin/contacts?q={}", "x".repeat(255));
    assert_eq!(house.get(&long).await.status, StatusCode::BAD_REQUEST);
}

/// The rows of every page of a list, by the links in their first cells.
async fn walk(house: &House, first: &str, mut between: impl AsyncFnMut(usize)) -> Vec<String> {
    let (mut path, mut rows, mut turns) = (first.to_owned(), Vec::new(), 0);
    loop {
        let page = house.get(&path).await;
        assert_eq!(page.status, StatusCode::OK, "{path}");
        let links = page.body.split("<td class=\"title\"><a href=\"").skip(1);
        rows.extend(links.map(|rest| rest.split_once('"').unwrap().0.to_owned()));
        let next = page
            .body
            .split("href=\"")
            .find(|rest| rest.split("</a>").next().is_some_and(|it| it.ends_with(">Next page")));
        let Some(next) = next else { return rows };
        path = next.split_once('"').unwrap().0.replace("&#38;", "&");
        turns += 1;
        between(turns).await;
    }
}

#[tokio::test]
async fn a_list_skips_nobody_and_repeats_nobody_while_others_come_and_go() {
    let house = House::new().await;
    let people = |from: usize, to: usize| {
        (from..to).map(|number| contact(&format!("p{number:04}@evil.example"))).collect()
    };
    house.import(people(0, 333), "people.csv").await;
    let newcomers = async |turn: usize| {
        house.import(people(1_000 + turn * 7, 1_007 + turn * 7), "late.csv").await;
        let gone = EmailAddress::parse(&format!("p{:04}@evil.example", 332 - turn)).unwrap();
        house.store.address_erase(gone.key(), [u8::try_from(turn).unwrap(); 32], AT).await.unwrap();
    };
    for first in ["/admin/contacts", "/admin/contacts?q=p0", "/admin/contacts?topic=news"] {
        let rows = walk(&house, first, newcomers).await;
        let distinct: BTreeSet<&String> = rows.iter().collect();
        assert_eq!(distinct.len(), rows.len(), "{first}: somebody came twice");
        // Those who were there throughout, behind the few who were erased on the way.
        assert!(rows.len() >= 320, "{first}: only {}", rows.len());
    }
}

#[tokio::test]
async fn a_cursor_of_another_filter_is_refused() {
    let house = House::new().await;
    house.import((0..60).map(|n| contact(&format!("p{n}@evil.example"))).collect(), "x").await;
    let page = house.get("/admin/contacts?q=p").await.body;
    let cursor = page.split("cursor=").nth(1).unwrap().split_once('"').unwrap().0.to_owned();
    let same = house.get(&format!("/admin/contacts?q=p&cursor={cursor}")).await;
    assert_eq!(same.status, StatusCode::OK);
    // A form sends what was left empty, too: the same filter.
    let form = house.get(&format!("/admin/contacts?q=p&topic=&state=&cursor={cursor}")).await;
    assert_eq!(form.status, StatusCode::OK);
    for other in ["q=p1", "topic=news", "q=p&state=subscribed", "x=1"] {
        let answer = house.get(&format!("/admin/contacts?{other}&cursor={cursor}")).await;
        assert_eq!(answer.status, StatusCode::BAD_REQUEST, "{other}");
        assert!(answer.body.contains("cursor"), "{other}");
    }
    let deliveries = house.get(&format!("/admin/announcements?cursor={cursor}")).await;
    assert_eq!(deliveries.status, StatusCode::BAD_REQUEST);
}

#[tokio::test]
async fn an_empty_store_says_on_each_page_what_to_do_first() {
    let house = House::new().await;
    for (path, command) in [
        ("/admin/campaigns", "pharos campaign create --file announcement.md"),
        ("/admin/announcements", "pharos announcement add"),
        ("/admin/contacts", "pharos contacts import people.csv --topic release-notices"),
        ("/admin/topics", "pharos contacts import people.csv --topic release-notices"),
        ("/admin/media", "pharos media add logo.png"),
    ] {
        let page = house.get(path).await;
        assert_eq!(page.status, StatusCode::OK);
        assert!(page.body.contains(command), "{path}: {}", page.body);
    }
    assert!(house.get("/admin/campaigns?tab=drafts").await.body.contains("Nothing here"));
    assert!(house.get("/admin/contacts?q=x").await.body.contains("Nobody matches"));
}

#[tokio::test]
async fn old_addresses_lead_to_the_new_ones_and_nowhere_else() {
    let house = House::new().await;
    for (old, new) in [
        ("/campaigns/17", "/admin/campaigns/17"),
        ("/campaigns/17/report.csv?x=1", "/admin/campaigns/17/report.csv?x=1"),
        ("/inbox", "/admin/inbox"),
        ("/inbox/3?show=text", "/admin/inbox/3?show=text"),
        ("/campaigns//evil.example", "/admin/campaigns//evil.example"),
    ] {
        let answer = house.get(old).await;
        assert_eq!(answer.status, StatusCode::PERMANENT_REDIRECT, "{old}");
        assert_eq!(answer.headers["location"], new);
    }
    assert_eq!(house.get("/").await.headers["location"], "/admin");
    assert_eq!(house.get("/admin").await.headers["location"], "/admin/campaigns");
    assert_eq!(house.get("//evil.example/campaigns/1").await.status, StatusCode::NOT_FOUND);
}

#[tokio::test]
async fn a_contact_tells_its_story_and_one_that_is_gone_is_not_found() {
    let house = House::new().await;
    let (campaign, contact) = hostile(&house).await;
    let page = house.get(&format!("/admin/contacts/{contact}")).await.body;
    for words in ["Subscribed to", "was accepted by the relay", "Viewed", "Clicked “", "A person"]
    {
        assert!(page.contains(words), "{words}: {page}");
    }
    let delivery = house.get(&format!("/admin/campaigns/{campaign}/deliveries/{contact}")).await;
    assert!(delivery.body.contains("250 &#60;evil&#62;"), "{}", delivery.body);
    for path in ["/admin/contacts/1", "/admin/contacts/x", "/admin/announcements/9"] {
        assert_eq!(house.get(path).await.status, StatusCode::NOT_FOUND, "{path}");
    }
    let nobody = format!("/admin/campaigns/{campaign}/deliveries/1");
    assert_eq!(house.get(&nobody).await.status, StatusCode::NOT_FOUND);
    assert!(house.dir.path().exists());
}
