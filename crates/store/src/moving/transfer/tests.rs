//! Moving an installation: to the other database and back, broken off anywhere, and refused.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};
use std::time::Duration;

use model::{CampaignId, HitKind, LinkSlot, TopicId, VisitorId};
use tempfile::TempDir;
use testkit::{Fault, Postgres, Proxy};

use super::*;
use crate::counting::cut_links::CUT_PUT;
use crate::counting::quick_networks::{QUICK_DOMAINS_PUT, QUICK_HIT_PUT, QUICK_NETWORK_HOLD};
use crate::people::address_pages::PAGE_INSERT;
use crate::people::list_erasure::JOB_ADDRESS_ADD;
use crate::tests::hits::view;
use crate::tests::world::{AT, NODE, World, batch, later};
use crate::tests::{location, run};
use crate::{
    Frozen, HitBatch, Mark, Outcome, RecordedGap, RecordedHit, RecorderProgress, Run, Scope,
    Settled, StoreOptions,
};

/// Databases of a test, in a folder that goes with it.
struct Room(TempDir);

impl Room {
    fn new() -> Self {
        Self(tempfile::tempdir().unwrap())
    }

    fn path(&self, name: &str) -> PathBuf {
        self.0.path().join(name)
    }

    fn sqlite(&self, name: &str) -> Store {
        open(&self.path(name))
    }
}

fn open(at: impl Into<crate::Location>) -> Store {
    Store::open(at, StoreOptions::default()).unwrap()
}

fn options(batch: u32) -> TransferOptions {
    let (target, installation) = ("somewhere".to_owned(), "a-random-name".to_owned());
    TransferOptions { target, installation, now: later(60), batch }
}

async fn moved(from: &Store, to: &Store) -> Result<TransferSummary, TransferProblem> {
    transfer(from, to, options(3), |_| ControlFlow::Continue(())).await
}

/// Every table of a SQLite file by a way of its own, without what speaks of the file itself.
fn dump(path: &Path) -> BTreeMap<String, BTreeSet<String>> {
    let sqlite = rusqlite::Connection::open(path).unwrap();
    let texts = |sql: &str| -> Vec<String> {
        let mut found = sqlite.prepare(sql).unwrap();
        found.query_map([], |row| row.get(0)).unwrap().map(Result::unwrap).collect()
    };
    let tables = texts(
        "SELECT name FROM sqlite_schema WHERE type = 'table' AND name NOT LIKE 'sqlite%'
        AND name <> 'schema_versions'",
    );
    let rows = |table: &String| {
        let columns = texts(&format!("SELECT name FROM pragma_table_info('{table}') ORDER BY 1"));
        let columns: Vec<String> =
            columns.iter().map(|name| format!("'{name} ' || quote({name})")).collect();
        let rows = texts(&format!("SELECT {} FROM {table}", columns.join(" || ', ' || ")));
        rows.into_iter()
            .filter(|row| !row.contains("'moved_to'") && !row.contains("'moving_to'"))
            .collect()
    };
    tables.iter().map(|table| (table.clone(), rows(table))).collect()
}

/// A campaign half sent, with hits, somebody who left, a gap, and nodes that have gone.
struct Populated {
    world: World,
    campaign: CampaignId,
    hits: Vec<RecordedHit>,
}

/// A text that somebody is writing for this announcement.
async fn own_text(store: &Store, announcement: model::AnnouncementId) {
    let name = store.announcement_find(announcement).await.unwrap().unwrap().name;
    let text = crate::tests::drafts::text(0, "half a te");
    store.announcement_text_save(name, text, AT).await.unwrap();
}

/// A declared attribute, a tag of a contact, a disclosure that holds them, and a request.
async fn fill_additions(store: &Store, contact: model::ContactId) {
    let (name, label) = ("seats".to_owned(), "Seats".to_owned());
    let kind = model::AttributeKind::Number;
    let attribute = crate::DeclaredAttribute { name, kind, label, position: 3, created_at: None };
    store.attribute_set(attribute, None, AT).await.unwrap();
    let add = vec![model::TagName::parse("vip").unwrap()];
    let change = crate::TagChange { add, remove: Vec::new() };
    assert!(store.contact_tags_change(contact, change, AT).await.unwrap());
    let basis = model::DisclosureBasis::ServiceProvider;
    let processor = crate::tests::disclosures::processor("Post House", basis);
    store.processor_set(processor).await.unwrap();
    let set = store.disclosure_set_make(AT).await.unwrap();
    store.disclosure_set_add(set, vec![contact]).await.unwrap();
    let new = crate::tests::disclosures::new_disclosure(Some("Post House"), "printing");
    store.disclosure_enter(new, set).await.unwrap();
    let friends = crate::tests::disclosures::processor("Friends", model::DisclosureBasis::Sharing);
    store.processor_set(friends).await.unwrap();
    store.write(|tx| tx.execute(NOTICE_ROW, ()).map(drop)).await.unwrap();
    let request = crate::tests::requests::new_request("ann@x.org", AT);
    store.request_add(request).await.unwrap();
    let segment = crate::NewSegment {
        name: model::SegmentName::parse("vips").unwrap(),
        rule: model::SegmentRule::parse("tag = vip").unwrap(),
        over: None,
    };
    store.segment_set(segment, AT).await.unwrap();
    let value = "INSERT INTO attribute_values (index_id, value, contact_id) VALUES (3, 'pro', 7)";
    let index = "INSERT INTO attribute_indexes (id, name, state, filled_to, added_at, unused_since)
        VALUES (3, 'plan', 1, 7, 8, 9)";
    for text in [index, value] {
        store.write(move |tx| tx.prepare_made(text)?.execute(()).map(drop)).await.unwrap();
    }
    store.write(|tx| tx.execute(AUDIENCE_OF_ALL, ())).await.unwrap();
    store.write(|tx| tx.execute(MERGE_ROW, ())).await.unwrap();
}

/// Somebody who was merged into a contact.
const MERGE_ROW: crate::engine::sql::Sql =
    crate::engine::sql::Sql { name: "MERGE_ROW", postgres: MERGE_TEXT, sqlite: MERGE_SQLITE };
const MERGE_TEXT: &str =
    "INSERT INTO contact_merges (other_id, kept_id, other_email, address_hash, actor,
        merged_at, before)
    VALUES (17, 4, 'b@x.org', decode('0102', 'hex'), 'ops', 9, '{}')";
const MERGE_SQLITE: &str =
    "INSERT INTO contact_merges (other_id, kept_id, other_email, address_hash, actor,
        merged_at, before)
    VALUES (17, 4, 'b@x.org', X'0102', 'ops', 9, '{}')";

/// A sharing notice that was cancelled.
const NOTICE_ROW: crate::engine::sql::Sql =
    crate::engine::sql::Sql { name: "NOTICE_ROW", postgres: NOTICE_TEXT, sqlite: NOTICE_TEXT };
const NOTICE_TEXT: &str =
    "INSERT INTO sharing_notices (recipient, purpose, fields, text, campaign_id, days,
        announced_at, announced_by, begins_at, cancelled_at)
    VALUES ('Friends', 'printing', 'address', 'To Friends.', 3, 30, 4, 'ops', 5, 6)";

/// That campaigns go to a segment, started ones as well.
const AUDIENCE_OF_ALL: crate::engine::sql::Sql = crate::engine::sql::Sql {
    name: "AUDIENCE_OF_ALL",
    postgres: AUDIENCE_TEXT,
    sqlite: AUDIENCE_TEXT,
};
const AUDIENCE_TEXT: &str =
    "INSERT INTO campaign_audiences (campaign_id, included, left_out, judged_by)
    SELECT id, '[\"vips\"]', '[]', 'none' FROM campaigns";

/// A removal of events by age.
fn remove_events(tx: &crate::engine::tx::Tx<'_>) -> Result<(), StoreError> {
    let last = crate::counting::expired_events::LastRemoved::from([(NODE, (0, 7))]);
    crate::counting::expired_events::note(tx, &last, AT)
}

impl Populated {
    async fn fill(store: Store) -> Self {
        a_node_that_left(&store).await;
        let world = World::with_contacts(store, 7).await;
        world.import("zoe@x.org name=Zoë city=Zürich").await;
        let (code, how) = (model::AddressCode([7; 5]), model::Removal::OneClick);
        world.store.removal_keep(code, Scope::Everything, how, None, AT).await.unwrap();
        let campaign = world.started().await;
        let (store, contacts) = (&world.store, &world.contacts);
        let claimed = world.claim(campaign, 4).await;
        let outcomes = [
            Outcome::Sent { reply: "taken".into() },
            Outcome::Failed { code: 550, reply: "no such user".into() },
            Outcome::Retry { at: later(5), code: 450, reply: "later".into() },
        ];
        let settled = claimed.iter().zip(outcomes).map(|(claim, outcome)| {
            let (contact, epoch) = (claim.contact, claim.epoch);
            Settled { contact, epoch, outcome }
        });
        let mark = Mark { reader: "mail/1".into(), segment: 1, offset: 9 };
        store.deliveries_settle(campaign, settled.collect(), AT, Some(mark)).await.unwrap();
        world.leave(contacts[5], Scope::Everything, Some(campaign)).await;
        let hits = hits(campaign, contacts);
        let gap = model::hit::Gap { from: AT, to: later(1), hits: 3 };
        let recorded = HitBatch {
            gaps: vec![RecordedGap { node: NODE, segment: 1, offset: 900, gap }],
            ..recorded(&hits)
        };
        store.client_secret_lend(crate::tests::clients::secret(7));
        store.hits_record(recorded).await.unwrap();
        let runs = vec![Run { node: 9, from: (1, 5), to: (1, 9) }];
        let progress = RecorderProgress::Runs(runs);
        store.hits_record(HitBatch { progress, ..recorded_none() }).await.unwrap();
        count_before_rule_sets(store, campaign).await;
        fill_additions(store, contacts[2]).await;
        address_page(store, contacts[1]).await;
        crate::tests::reconfirmations::begun_and_asked(&world, 30).await;
        store.contact_pause(contacts[3], Some(later(900)), AT).await.unwrap();
        store.campaign_ignores_cap_set(campaign, true).await.unwrap();
        store.setting_put("relay_trouble", "the relay is away").await.unwrap();
        store.media_put(crate::tests::media::picture("logo.png")).await.unwrap();
        let starting = world.draft().await;
        let warning = crate::NewAcceptance {
            code: "skipped".into(),
            subject: "Grüße".into(),
            contacts: 2,
            text: "2 would be skipped".into(),
        };
        store.warnings_accept(starting, vec![warning], AT).await.unwrap();
        fill_what_waits(store, world.draft().await).await;
        let text = crate::tests::drafts::text(0, "half a te");
        store.campaign_text_save(world.draft().await, text, AT).await.unwrap();
        own_text(store, world.announcement).await;
        let test = crate::tests::test_messages::test_message(starting, "ann@x.org", 9);
        store.test_message_keep(test, AT).await.unwrap();
        let message = crate::tests::messages::new_message(&world, "k", "ann@x.org").await;
        store.messages_accept(vec![message], AT).await.unwrap();
        expand_a_part(store, starting, world.topic).await;
        fill_access(store, world.topic).await;
        Self { world, campaign, hits }
    }

    /// The same installation in another store.
    fn over(&self, store: Store) -> World {
        let World { topic, announcement, ref contacts, .. } = self.world;
        World { store, topic, announcement, contacts: contacts.clone() }
    }
}

async fn address_page(store: &Store, contact: model::ContactId) {
    let page = (contact.0, 0, "@x.org\n1\n2\n");
    store.write(move |tx| tx.execute(PAGE_INSERT, page).map(drop)).await.unwrap();
}

/// A campaign with its archive pages that is being started.
async fn expand_a_part(store: &Store, starting: CampaignId, topic: TopicId) {
    let archive = Some(crate::tests::archive::pages(true, "Pages"));
    let frozen = Frozen { form: Some("{}".into()), archive, ..Frozen::default() };
    store.expansion_begin(starting, frozen, later(2)).await.unwrap();
    store.topic_archive_set(topic, true).await.unwrap();
    store.expansion_step(starting, 3, later(2)).await.unwrap();
}

/// A scheduled campaign, a job, and a visitor whose hits may still be on their way.
async fn fill_what_waits(store: &Store, campaign: CampaignId) {
    let scheduled = crate::Schedule {
        campaign,
        starts_at: later(99),
        audience_at_most: Some(3),
        links_to_this_machine: false,
    };
    store.campaign_schedule(scheduled, None).await.unwrap();
    store.visitor_remove(VisitorId([9; 12]), AT).await.unwrap();
    store.visitors_expire(model::Timestamp(0)).await.unwrap();
    store.share_link_add(crate::tests::share_links::new_link(campaign, 1), AT).await.unwrap();
    let found = store.contacts_page(model::ContactId(0), 1).await.unwrap();
    let email = crate::tests::world::email(&found[0].email);
    for hash in [1, 2, 3] {
        let link = crate::tests::account::link(found[0].id, email.clone(), hash);
        assert!(store.account_link_add(link).await.unwrap());
    }
    let session = crate::tests::account::session(4, AT);
    assert!(store.account_open([3; 32], session).await.unwrap().is_some());
    fill_forms(store, email).await;
    let cut = ([8_u8; 12], 1_i64, AT.0);
    store.write(move |tx| tx.execute(CUT_PUT, cut).map(drop)).await.unwrap();
    let quick = move |tx: &crate::engine::tx::Tx<'_>| {
        let hit = (campaign.0, 203_i64, 1_i64, AT.0);
        tx.first(QUICK_NETWORK_HOLD, (hit.0, hit.1, hit.3), |row| row.get::<bool>(0))?;
        tx.execute(QUICK_DOMAINS_PUT, (hit.0, hit.1, false, [7_u8; 8].to_vec()))?;
        tx.execute(QUICK_HIT_PUT, hit).map(drop)
    };
    store.write(quick).await.unwrap();
    let job = store.job_create(crate::tests::jobs::new_job(), AT).await.unwrap();
    store.job_upload(job, 0, vec![7; 9], 9, AT).await.unwrap();
    let listed = (job.0, [7_u8; 32], None::<i64>, false);
    store.write(move |tx| tx.execute(JOB_ADDRESS_ADD, listed).map(drop)).await.unwrap();
}

/// A form, and what somebody has typed into it.
async fn fill_forms(store: &Store, email: model::EmailAddress) {
    let form = crate::tests::forms::form("news", vec![model::TopicId(1)]);
    store.form_set(form, AT).await.unwrap();
    store.join_add([5; 32], crate::tests::forms::join("news", email)).await.unwrap();
    assert!(store.form_stamp_use([6; 32], later(9)).await.unwrap());
}

/// A user with everything that belongs to one, and an entry of the audit log.
async fn fill_access(store: &Store, topic: TopicId) {
    use crate::tests::audit::{acting, request};
    let invitation = crate::NewInvitation { token_hash: [1; 32], ends_at: later(9_999_999) };
    let user = crate::NewUser {
        email: crate::tests::world::email("ann@x.org"),
        name: "Änn".into(),
        role: model::Role::Owner,
        topics: vec![topic],
        how: crate::FirstPassword::Invitation(invitation),
    };
    let user = store.user_add(user, AT).await.unwrap();
    store.second_factor_set(user, vec![7; 20], 5, vec![[2; 32]], None).await.unwrap();
    let session = crate::NewSession {
        token_hash: [3; 32],
        user,
        signed_in: true,
        at: AT,
        ends_at: later(9),
        agent: "Firefox".into(),
        network: "192.0.2.0/24".into(),
    };
    store.session_begin(session, None).await.unwrap();
    fill_passkey(store, user).await;
    let token = crate::NewApiToken {
        name: "Nightly".into(),
        prefix: "ph_live_Ab3d".into(),
        token_hash: [4; 32],
        live: true,
        scopes: vec![model::Right::CampaignsRead],
        topics: vec![topic],
        owner: Some(user),
        ends_at: None,
    };
    store.api_token_add(token, AT).await.unwrap();
    let interval = Duration::from_secs(1);
    let allowance = crate::Allowance { bucket: [5; 32], attempts: 1, interval };
    store.sign_in_attempt(vec![allowance], AT).await.unwrap().unwrap();
    let schedule = crate::tests::report_schedules::new_schedule(topic, user);
    store.report_schedule_add(schedule, AT).await.unwrap();
    assert_eq!(store.report_schedules_claim(later(60 * 24 * 2)).await.unwrap(), 1);
    let acting = crate::Acting {
        request: Some(request("k", 1)),
        ..acting("user.add", crate::AuditObject::new("user", user.0))
    };
    store.audit_append(acting).await.unwrap();
}

async fn fill_passkey(store: &Store, user: model::UserId) {
    let passkey = crate::NewPasskey {
        user,
        rp_id: "pharos.example".into(),
        user_handle: vec![6; 32],
        credential_id: vec![7; 16],
        public_key: vec![8; 77],
        sign_count: 9,
        name: "Phone".into(),
    };
    store.passkey_add(passkey, AT).await.unwrap();
    let challenge = crate::NewChallenge {
        hash: [9; 32],
        purpose: crate::ChallengePurpose::SignIn,
        session: None,
        user_handle: Vec::new(),
        ends_at: later(9),
    };
    store.passkey_challenge_put(challenge, AT, 9).await.unwrap();
}

fn hits(campaign: CampaignId, contacts: &[model::ContactId]) -> Vec<RecordedHit> {
    let mut seen = view(0, campaign, contacts[0]);
    seen.hit.visitor = Some(VisitorId([7; 12]));
    let mut click = seen.clone();
    click.offset = 1;
    click.hit.kind = HitKind::Click(LinkSlot(1));
    click.hit.client = Some([0_u16, 0, 0, 0, 0, 0, 0, 1].into());
    let mut weeks_later = view(2, campaign, contacts[1]);
    weeks_later.hit.at = later(60 * 24 * 30);
    weeks_later.hit.agent = vec![0xff, 0, b'\'', b'\\'];
    let stray = view(5, campaign, model::ContactId(contacts[0].0 + 100_000));
    vec![seen, click, weeks_later, view(3, campaign, contacts[2]), stray]
}

async fn a_node_that_left(store: &Store) {
    store.network_names_put(vec![(64_496, "Example Net".to_owned())]).await.unwrap();
    store.write(remove_events).await.unwrap();
    let node = store.node_enter("name-1".into(), "host-1".into(), AT).await.unwrap();
    store.node_leave(node, "host-1".into()).await.unwrap();
}

/// What a release keeps that knows classes alone, and what is rare.
async fn count_before_rule_sets(store: &Store, campaign: CampaignId) {
    use crate::counting::folded_hours::FOLDED_PUT;
    use crate::counting::forgotten_times::FORGOTTEN_PUT;
    use crate::people::tracking_words::EVENTS_TO_FORGET_PUT;
    use crate::tests::evidence::{EARLIER_CLASS, EARLIER_RULES};
    use crate::tests::retention::EXPIRED_PUT;
    use crate::tests::tracking::UNTRACKED_PUT;
    let counted = move |tx: &crate::engine::tx::Tx<'_>| {
        tx.execute(EARLIER_CLASS, (campaign.0, 6, 1, 0, 1, 0))?;
        tx.execute(EARLIER_RULES, (campaign.0, "2026-11-25"))?;
        tx.execute(FORGOTTEN_PUT, (campaign.0, 1, 1))?;
        tx.execute(FOLDED_PUT, (campaign.0, 24))?;
        tx.execute(EXPIRED_PUT, (campaign.0, AT.0, 7))?;
        tx.execute(UNTRACKED_PUT, (campaign.0, 1, 1))?;
        tx.execute(EVENTS_TO_FORGET_PUT, (99, AT.0, 0)).map(drop)
    };
    store.write(counted).await.unwrap();
}

fn recorded_none() -> HitBatch {
    batch(Vec::new(), Mark { reader: "hits/1".into(), segment: 1, offset: 4 })
}

fn recorded(hits: &[RecordedHit]) -> HitBatch {
    HitBatch { hits: hits.to_vec(), ..recorded_none() }
}

/// Whether the store goes on where the other one stopped.
async fn works_on(populated: &Populated, store: Store) {
    let world = populated.over(store.clone());
    let (store, campaign) = (&world.store, populated.campaign);
    assert!(!store.transfer_under_way().await.unwrap());
    assert_eq!(store.moved_to().await.unwrap(), None);
    assert_eq!(store.setting_find("relay_trouble").await.unwrap().unwrap(), "the relay is away");

    let before = store.campaign_rollup(campaign).await.unwrap();
    let again = store.hits_record(recorded(&populated.hits)).await.unwrap();
    assert_eq!(again.new, 0, "the same hits count nothing");
    assert_eq!(store.campaign_rollup(campaign).await.unwrap().views, before.views);
    let mut fresh = view(77, campaign, world.contacts[3]);
    fresh.hit.agent = b"a new agent".to_vec();
    let counted = store.hits_record(recorded(&[fresh])).await.unwrap();
    assert_eq!(counted.new, 1);

    let claimed = world.claim(campaign, 100).await;
    let contacts: Vec<i64> = claimed.iter().map(|claim| claim.contact.0).collect();
    let left = [5, 7, 8].map(|number| AT.0 + number);
    assert_eq!(contacts, left, "neither those before nor who has left");

    let acting = crate::tests::audit::acting("a", crate::AuditObject::of_kind("b"));
    store.audit_append(acting).await.unwrap();
    let verified = store.audit_verify(None).await.unwrap();
    assert_eq!((verified.end.seq, verified.broken), (2, None));

    let known: Vec<TopicId> =
        store.topics_list().await.unwrap().into_iter().map(|topic| topic.id).collect();
    let topic = store.topic_ensure("offers".into(), "Offers".into()).await.unwrap();
    assert!(known.iter().all(|id| id.0 < topic.0), "{known:?} {topic:?}");
    assert!(world.draft().await.0 > campaign.0);
    assert!(world.import("new@x.org name=New").await.0 > AT.0 + 8);
    let node = store.node_enter("name-2".into(), "host-2".into(), AT).await.unwrap();
    assert!(node > NODE);
    store.node_leave(node, "host-2".into()).await.unwrap();
}

#[test]
fn the_catalogue_names_every_table_and_column() {
    let room = Room::new();
    drop(room.sqlite("a"));
    let sqlite = rusqlite::Connection::open(room.path("a")).unwrap();
    let mut columns = sqlite
        .prepare(
            "SELECT m.name, c.name, c.pk FROM sqlite_schema m JOIN pragma_table_info(m.name) c
            WHERE m.type = 'table' AND m.name NOT LIKE 'sqlite%' AND m.name <> 'schema_versions'
            ORDER BY m.name, c.pk",
        )
        .unwrap();
    type Columns = (Vec<String>, BTreeSet<String>);
    let mut real: BTreeMap<String, Columns> = BTreeMap::new();
    let rows = columns
        .query_map([], |row| Ok((row.get(0)?, row.get::<_, String>(1)?, row.get::<_, i64>(2)?)));
    for (table, column, key) in rows.unwrap().map(Result::unwrap) {
        let (keys, all) = real.entry(table).or_default();
        if key > 0 {
            keys.push(column.clone());
        }
        all.insert(column);
    }
    let words = |text: &str| -> Vec<String> {
        text.split(", ").filter(|word| !word.is_empty()).map(str::to_owned).collect()
    };
    let ours: BTreeMap<String, Columns> = catalogue::TABLES
        .iter()
        .map(|(name, key, rest)| {
            let all = words(key).into_iter().chain(words(rest)).collect();
            ((*name).to_owned(), (words(key), all))
        })
        .collect();
    assert_eq!(ours, real);
    for (at, table) in CATALOGUE.iter().enumerate() {
        assert!(table.key > 0 && table.width == ours[table.name].1.len(), "{}", table.name);
        let mut needs =
            sqlite.prepare("SELECT \"table\" FROM pragma_foreign_key_list(?1)").unwrap();
        let needs = needs.query_map([table.name], |row| row.get::<_, String>(0)).unwrap();
        for needed in needs.map(Result::unwrap) {
            assert!(CATALOGUE[..at].iter().any(|table| table.name == needed), "{needed}");
        }
    }
}

#[test]
fn every_statement_is_prepared_and_every_counter_is_known() {
    let texts = || {
        let catalogue = CATALOGUE.iter().flat_map(|table| {
            let numbers = table.numbers.iter().flat_map(|each| [&each.last, &each.go_on]);
            let texts = [&table.count, &table.first, &table.next, &table.insert];
            texts.into_iter().chain(numbers).map(made_texts::Text::sql)
        });
        catalogue.chain(
            state::TEXTS.iter().chain(closing::TEXTS).chain(&before_and_after::TEXTS[..1]).copied(),
        )
    };
    let room = Room::new();
    for store in [room.sqlite("a"), crate::tests::postgres()] {
        run(store.read(move |tx| {
            for sql in texts() {
                tx.prepare(sql)
                    .map_err(|error| StoreError::Corrupt(format!("{sql:?}: {error}")))?;
            }
            Ok(())
        }))
        .unwrap();
    }
    let url = Postgres::shared().database();
    drop(open(location(&url)));
    let numbered = Postgres::shared().query(
        &url,
        "SELECT table_name FROM information_schema.columns WHERE is_identity = 'YES'
        AND table_name <> 'write_sessions'",
    );
    let numbered: BTreeSet<String> = numbered.into_iter().flatten().collect();
    let ours = CATALOGUE.iter().filter(|table| table.numbers.is_some());
    assert_eq!(ours.map(|table| table.name.to_owned()).collect::<BTreeSet<_>>(), numbered);
}

#[test]
fn an_installation_moves_to_postgresql_and_back_and_works_on() {
    let room = Room::new();
    run(async {
        let a = room.sqlite("a");
        let populated = Populated::fill(a.clone()).await;
        let full = dump(&room.path("a"));
        let empty: Vec<_> = full.iter().filter(|(_, rows)| rows.is_empty()).collect();
        assert!(empty.is_empty(), "nothing to move in {empty:?}");

        let b = crate::tests::postgres();
        let summary = moved(&a, &b).await.unwrap();
        assert_eq!(summary.tables.len(), CATALOGUE.len());
        let left = a.moved_to().await.unwrap().unwrap();
        assert_eq!((left.store.as_str(), left.at), ("somewhere", later(60)));

        let c = room.sqlite("c");
        let back = moved(&b, &c).await.unwrap();
        assert_eq!(back, summary);
        let mut expect = full;
        let name = "key 'installation', value 'a-random-name'".to_owned();
        expect.get_mut("settings").unwrap().insert(name);
        assert_eq!(dump(&room.path("c")), expect);
        let d = room.sqlite("d");
        assert_eq!(moved(&c, &d).await.unwrap(), summary);
        assert_eq!(dump(&room.path("d")), expect);
        let e = crate::tests::postgres();
        b.reopen().await.unwrap().unwrap();
        assert_eq!(moved(&b, &e).await.unwrap(), summary);

        works_on(&populated, d).await;
        works_on(&populated, e).await;
        assert!(a.moved_to().await.unwrap().is_some(), "the first stays marked");
        assert_eq!(a.reopen().await.unwrap(), Some(left));
        assert_eq!(a.moved_to().await.unwrap(), None);
    });
}

#[test]
fn ids_of_rows_that_are_gone_are_not_given_out_again() {
    let room = Room::new();
    run(async {
        let a = room.sqlite("a");
        let mut last = TopicId(0);
        for slug in ["one", "two", "three"] {
            last = a.topic_ensure(slug.into(), slug.into()).await.unwrap();
        }
        // None is left to tell by its id how far the numbers had come.
        let sqlite = rusqlite::Connection::open(room.path("a")).unwrap();
        sqlite.execute("DELETE FROM topics", []).unwrap();
        let (b, c) = (crate::tests::postgres(), room.sqlite("c"));
        moved(&a, &b).await.unwrap();
        moved(&b, &c).await.unwrap();
        b.reopen().await.unwrap();
        for store in [b, c] {
            let next = store.topic_ensure("four".into(), "four".into()).await.unwrap();
            assert!(next.0 > last.0, "{next:?}");
        }
    });
}

/// Moves with a new start after every batch, first of the copying, then here and there in the
/// comparing. Returns how many starts it took.
async fn move_by_bits(from: &Store, to: &Store) -> (TransferSummary, u64) {
    let (mut starts, mut patience) = (0, 0);
    loop {
        starts += 1;
        let mut compared = 0;
        let bit = transfer(from, to, options(2), |progress| {
            assert!(progress.done <= progress.rows, "{progress:?}");
            let comparing = progress.phase == TransferPhase::Comparing;
            compared += u32::from(comparing);
            let go_on = comparing && compared <= patience;
            if go_on { ControlFlow::Continue(()) } else { ControlFlow::Break(()) }
        });
        match bit.await {
            Ok(summary) => return (summary, starts),
            Err(TransferProblem::BrokenOff) => {}
            Err(problem) => panic!("{problem}"),
        }
        if compared > 0 {
            patience += 7;
        }
        assert!(to.transfer_under_way().await.unwrap());
        assert!(!from.moved_to().await.unwrap().unwrap().complete);
    }
}

#[test]
fn a_transfer_that_is_broken_off_after_any_batch_goes_on_from_there() {
    let room = Room::new();
    run(async {
        let (a, b) = (room.sqlite("a"), room.sqlite("b"));
        let populated = Populated::fill(a.clone()).await;
        let (summary, starts) = move_by_bits(&a, &b).await;
        let rows: u64 = summary.tables.iter().map(|table| table.rows).sum();
        assert!(starts > rows / 2, "{starts} starts for {rows} rows");
        assert_eq!(dump(&room.path("b")), dump(&room.path("a")));
        let c = crate::tests::postgres();
        let (there, _) = move_by_bits(&b, &c).await;
        assert_eq!(there, summary);
        b.reopen().await.unwrap();
        works_on(&populated, b).await;
        works_on(&populated, c).await;
    });
}

#[test]
fn a_transfer_whose_future_is_dropped_at_any_time_goes_on_from_there() {
    let room = Room::new();
    run(async {
        let a = room.sqlite("a");
        let populated = Populated::fill(a.clone()).await;
        let b = crate::tests::postgres();
        let mut limit = Duration::from_millis(5);
        loop {
            match tokio::time::timeout(limit, moved(&a, &b)).await {
                Err(_) => limit += Duration::from_millis(3),
                Ok(Ok(_)) => break,
                // What was dropped may still take effect, after the next run has looked.
                Ok(Err(TransferProblem::Overtaken)) => {}
                Ok(Err(TransferProblem::Left { .. })) => break,
                Ok(Err(problem)) => panic!("{problem}"),
            }
        }
        assert!(a.moved_to().await.unwrap().is_some());
        works_on(&populated, b).await;
    });
}

/// A store whose connections go through the proxy.
fn through(proxy: &Proxy, url: &str) -> Store {
    let port = Postgres::shared().port();
    open(location(&url.replace(&format!(":{port}/"), &format!(":{}/", proxy.port()))))
}

#[test]
fn connections_that_break_on_the_way_double_nothing() {
    const FAULTS: [Fault; 4] = [
        Fault::CutBefore,
        Fault::CutAfter,
        Fault::HalfClose,
        Fault::Delay(Duration::from_millis(50)),
    ];
    let room = Room::new();
    let proxy = Proxy::to(Postgres::shared().port());
    run(async {
        let (a, c) = (room.sqlite("a"), room.sqlite("c"));
        let populated = Populated::fill(a.clone()).await;
        let b = through(&proxy, &Postgres::shared().database());
        let (mut batches, mut armed) = (0, 0);
        let mut break_something = |progress: TransferProgress| {
            batches += 1;
            // Reading anew changes nothing, so it is disturbed less.
            if progress.phase == TransferPhase::Copying || batches % 8 == 0 {
                proxy.arm(armed / 4 % 13, FAULTS[usize::try_from(armed % 4).unwrap()]);
                armed += 1;
            }
            ControlFlow::Continue(())
        };
        let there = transfer(&a, &b, options(3), &mut break_something).await.unwrap();
        let back = moved(&b, &c).await.unwrap();
        assert_eq!(there, back);
        assert!(armed > 40, "{armed}");
        works_on(&populated, c).await;
    });
}

#[test]
fn a_transfer_ends_when_the_database_stays_away_and_can_be_begun_again() {
    let room = Room::new();
    let proxy = Proxy::to(Postgres::shared().port());
    run(async {
        let a = room.sqlite("a");
        let populated = Populated::fill(a.clone()).await;
        let b = through(&proxy, &Postgres::shared().database());
        let mut batches = 0;
        let lost = transfer(&a, &b, options(2), |_| {
            batches += 1;
            proxy.refuse(batches == 9);
            ControlFlow::Continue(())
        });
        let lost = lost.await.unwrap_err();
        assert!(matches!(lost, TransferProblem::Store(Side::Target, _)), "{lost}");
        proxy.refuse(false);
        moved(&a, &b).await.unwrap();
        works_on(&populated, b).await;
    });
}

#[test]
fn what_was_changed_behind_its_back_is_found_and_named() {
    let room = Room::new();
    let url = Postgres::shared().database();
    run(async {
        let a = room.sqlite("a");
        Populated::fill(a.clone()).await;
        let b = open(location(&url));
        let break_to_compare = |progress: TransferProgress| match progress.phase {
            TransferPhase::Copying => ControlFlow::Continue(()),
            TransferPhase::Comparing => ControlFlow::Break(()),
        };
        transfer(&a, &b, options(5), break_to_compare).await.unwrap_err();
        let change = |sql: &str| Postgres::shared().query(&url, sql);
        change(
            "UPDATE deliveries SET reply = reply || ' ' WHERE contact_id = (SELECT min(id) + 1 FROM contacts)",
        );
        let found = moved(&a, &b).await.unwrap_err().to_string();
        assert!(found.contains("table deliveries") && found.contains("11 rows in the"), "{found}");
        change(
            "UPDATE deliveries SET reply = rtrim(reply) WHERE contact_id = (SELECT min(id) + 1 FROM contacts)",
        );
        change("DELETE FROM engagements WHERE contact_id = (SELECT min(id) FROM contacts)");
        let found = moved(&a, &b).await.unwrap_err();
        let TransferProblem::Differs { table, source_rows, target_rows } = found else {
            panic!("{found}");
        };
        assert_eq!((table, source_rows), ("engagements", target_rows + 1));
        assert!(b.transfer_under_way().await.unwrap());
        assert!(!a.moved_to().await.unwrap().unwrap().complete);
    });
}

#[test]
fn a_target_that_holds_something_else_is_refused_and_left_alone() {
    let room = Room::new();
    run(async {
        let (a, b, c) = (room.sqlite("a"), room.sqlite("b"), room.sqlite("c"));
        Populated::fill(a.clone()).await;
        let before = dump(&room.path("a"));
        b.topic_ensure("offers".into(), "Offers".into()).await.unwrap();
        let other = dump(&room.path("b"));
        let refused = moved(&a, &b).await.unwrap_err();
        assert!(matches!(refused, TransferProblem::InUse { table: "topics" }), "{refused}");
        assert_eq!(dump(&room.path("b")), other);
        assert_eq!(dump(&room.path("a")), before, "nothing is written before a refusal");

        transfer(&b, &c, options(5), |_| ControlFlow::Break(())).await.unwrap_err();
        let half = dump(&room.path("c"));
        let renamed = TransferOptions { installation: "another".into(), ..options(5) };
        let refused = transfer(&a, &c, renamed, |_| ControlFlow::Continue(())).await.unwrap_err();
        assert!(matches!(refused, TransferProblem::Foreign), "{refused}");
        let refused = moved(&c, &room.sqlite("d")).await.unwrap_err();
        assert!(matches!(refused, TransferProblem::Half), "{refused}");
        assert_eq!(dump(&room.path("c")), half);
        assert_eq!(dump(&room.path("a")), before);
    });
}

#[test]
fn one_store_by_two_names_is_refused() {
    let room = Room::new();
    let url = Postgres::shared().database();
    run(async {
        let a = room.sqlite("a");
        std::os::unix::fs::symlink(room.path("a"), room.path("b")).unwrap();
        let refused = moved(&a, &room.sqlite("b")).await.unwrap_err();
        assert!(matches!(refused, TransferProblem::Same), "{refused}");
        let proxy = Proxy::to(Postgres::shared().port());
        let (one, two) = (open(location(&url)), through(&proxy, &url));
        let refused = moved(&one, &two).await.unwrap_err();
        assert!(matches!(refused, TransferProblem::Same), "{refused}");
    });
}

#[test]
fn nobody_may_be_at_work_on_either_side() {
    let room = Room::new();
    run(async {
        let (a, b) = (room.sqlite("a"), room.sqlite("b"));
        let node = a.node_enter("name".into(), "host-7".into(), later(60)).await.unwrap();
        let refused = moved(&a, &b).await.unwrap_err().to_string();
        assert!(refused.contains("host-7") && refused.contains("the source"), "{refused}");
        let refused = moved(&b, &a).await.unwrap_err().to_string();
        assert!(refused.contains("host-7") && refused.contains("the target"), "{refused}");
        a.node_leave(node, "host-7".into()).await.unwrap();
        assert_eq!(a.moved_to().await.unwrap(), None, "a refusal closes nothing");
        // A server that is started while rows are carried.
        let mut refused = 0;
        let started = transfer(&a, &b, options(1), |_| {
            let sqlite = rusqlite::Connection::open(room.path("a")).unwrap();
            let seen = sqlite.execute("UPDATE nodes SET seen_at = ?1", [later(70).0]);
            refused += u64::from(seen.unwrap_err().to_string().contains("is being moved"));
            ControlFlow::Continue(())
        });
        started.await.unwrap();
        assert!(refused > 0);
    });
}

/// Breaks a transfer off after its first batch.
async fn first_batch(from: &Store, to: &Store) {
    transfer(from, to, options(5), |_| ControlFlow::Break(())).await.unwrap_err();
}

#[test]
fn a_store_that_is_being_left_refuses_every_change_until_it_is_reopened() {
    let room = Room::new();
    run(async {
        for (a, b) in [
            (room.sqlite("a"), room.sqlite("b")),
            (crate::tests::postgres(), crate::tests::postgres()),
        ] {
            let populated = Populated::fill(a.clone()).await;
            first_batch(&a, &b).await;
            for table in CATALOGUE.iter() {
                let changes = [
                    format!("DELETE FROM {} WHERE 1 = 1", table.name),
                    format!("UPDATE {0} SET {1} = {1}", table.name, column(table.name)),
                    format!("INSERT INTO {0} SELECT * FROM {0}", table.name),
                ];
                for change in changes {
                    let refused = a.write(move |tx| changed(tx, &change)).await;
                    let refused = refused.unwrap_err();
                    assert!(matches!(refused, StoreError::BeingMoved), "{}: {refused}", table.name);
                }
            }
            // An import that began before goes on until here, and says so.
            let row = crate::tests::world::row("late@x.org");
            let refused = a.contacts_import(vec![row], None, "x".into(), later(1)).await;
            assert!(matches!(refused, Err(StoreError::BeingMoved)), "{refused:?}");
            assert!(!a.topics_list().await.unwrap().is_empty(), "it can be read");

            moved(&a, &b).await.unwrap();
            works_on(&populated, b).await;
            let refused = a.topic_ensure("late".into(), "Late".into()).await;
            assert!(matches!(refused, Err(StoreError::BeingMoved)), "{refused:?}");
            assert!(a.reopen().await.unwrap().unwrap().complete);
            a.topic_ensure("late".into(), "Late".into()).await.unwrap();
        }
    });
}

#[test]
fn whoever_reopens_the_source_calls_the_move_off() {
    let room = Room::new();
    run(async {
        let (a, b) = (room.sqlite("a"), room.sqlite("b"));
        let populated = Populated::fill(a.clone()).await;
        first_batch(&a, &b).await;
        assert!(!a.reopen().await.unwrap().unwrap().complete);
        works_on(&populated, a.clone()).await;
        // Of a row that was carried before.
        let sqlite = rusqlite::Connection::open(room.path("a")).unwrap();
        sqlite.execute("UPDATE contacts SET updated_at = updated_at + 1", []).unwrap();
        let problem = moved(&a, &b).await.unwrap_err();
        assert!(matches!(problem, TransferProblem::Differs { .. }), "{problem}");
        // While rows are carried.
        let c = room.sqlite("c");
        let reopened = transfer(&a, &c, options(5), |progress| {
            if progress.phase == TransferPhase::Comparing && progress.table == "nodes" {
                let sqlite = rusqlite::Connection::open(room.path("a")).unwrap();
                sqlite.execute("DELETE FROM settings WHERE key = 'moving_to'", []).unwrap();
            }
            ControlFlow::Continue(())
        });
        let problem = reopened.await.unwrap_err();
        assert!(matches!(problem, TransferProblem::Reopened), "{problem}");
        assert!(c.transfer_under_way().await.unwrap());
    });
}

/// The first column of a table.
fn column(table: &str) -> &'static str {
    let (.., key, _) = catalogue::TABLES.iter().find(|(name, ..)| *name == table).unwrap();
    key.split(", ").next().unwrap()
}

/// A statement that is put together here.
fn changed(tx: &crate::engine::tx::Tx<'_>, text: &str) -> Result<(), StoreError> {
    let text: &'static str = Box::leak(text.to_owned().into_boxed_str());
    tx.execute(crate::engine::sql::Sql { name: "change", sqlite: text, postgres: text }, ())
        .map(drop)
}

#[test]
fn at_every_moment_at_most_one_store_may_be_worked_on() {
    let room = Room::new();
    run(async {
        let (a, b) = (room.sqlite("a"), room.sqlite("b"));
        let populated = Populated::fill(a.clone()).await;
        // Broken off between the last two steps: the source is marked, the target still is.
        transfer(&a, &b, options(5), |_| ControlFlow::Break(())).await.unwrap_err();
        let moving = a.moved_to().await.unwrap().unwrap();
        closing::leave(&a, moving).await.unwrap();
        assert!(b.transfer_under_way().await.unwrap());
        moved(&a, &b).await.unwrap();
        works_on(&populated, b.clone()).await;
        // Done already.
        let refused = moved(&a, &b).await.unwrap_err();
        assert!(matches!(refused, TransferProblem::Left { .. }), "{refused}");
        let refused = moved(&a, &room.sqlite("c")).await.unwrap_err();
        assert!(matches!(refused, TransferProblem::Left { .. }), "{refused}");
    });
}

#[test]
fn an_installation_keeps_its_first_name() {
    let room = Room::new();
    run(async {
        for store in [room.sqlite("a"), crate::tests::postgres()] {
            assert_eq!(store.installation("one".into()).await.unwrap(), "one");
            assert_eq!(store.installation("two".into()).await.unwrap(), "one");
        }
    });
}

#[test]
fn what_was_leased_on_sqlite_is_carried_as_begun() {
    let room = Room::new();
    let (old, new) = (room.sqlite("old"), crate::tests::postgres());
    run(async {
        let world = World::with_contacts(old, 3).await;
        let campaign = world.started().await;
        world.claim(campaign, 2).await;
        moved(&world.store, &new).await.unwrap();
        // Another node comes first, long before the one that held the leases, or without it.
        let later = crate::tests::world::later(60 * 24);
        let mut ended = new.leases_expire(later).await.unwrap();
        if ended == crate::ExpiredLeases::default() {
            // The server's clock decides; its leases have not run out there yet.
            ended =
                new.leases_take_back(NODE, crate::JournalState::Incomplete, later).await.unwrap();
        }
        assert_eq!(ended, crate::ExpiredLeases { queued: 0, in_doubt: 2 });
    });
}
