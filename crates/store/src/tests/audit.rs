//! What somebody does, its entry in the audit log, and the key of its request: all or nothing.

use model::campaign::CampaignAction;
use model::{CampaignState, Timestamp};

use testkit::Fault;

use super::world::{AT, World, later};
use super::{location, run};
use crate::engine::sql::texts;
use crate::{
    Acting, ActorKind, ActorRecord, AuditEntry, AuditFilter, AuditObject, ChainBreak, ChainPoint,
    IdempotentRequest, KEYS_KEPT, Repeated, Store, StoreError, StoreOptions, Verified,
};

texts! {
    SETTING_COUNT_UP =
        "UPDATE settings SET value = CAST(CAST(value AS BIGINT) + 1 AS TEXT) WHERE key = $1";
}

pub(crate) fn actor() -> ActorRecord {
    ActorRecord { kind: ActorKind::User, id: Some(7), name: "Zoë".into() }
}

pub(crate) fn acting(action: &'static str, object: AuditObject) -> Acting {
    let before = Some(r#"{"state":"draft"}"#.to_owned());
    let (actor, after, request) = (actor(), None, None);
    Acting { actor, action, object, before, after, at: AT, request }
}

pub(crate) fn request(key: &str, body: u8) -> IdempotentRequest {
    let what = "POST /api/v1/campaigns".to_owned();
    IdempotentRequest { key: key.into(), request: what, body_hash: [body; 32] }
}

fn asked(key: &str, body: u8, at: Timestamp) -> Acting {
    let request = Some(request(key, body));
    Acting { request, at, ..acting("setting.put", AuditObject::of_kind("setting")) }
}

async fn entries(store: &Store) -> Vec<AuditEntry> {
    let mut all = store.audit_page(AuditFilter::All, i64::MAX, 1_000).await.unwrap();
    all.reverse();
    all
}

async fn holds(store: &Store) -> ChainPoint {
    let Verified { end, broken } = store.audit_verify(None).await.unwrap();
    assert_eq!(broken, None);
    assert_eq!(store.audit_head().await.unwrap(), end);
    end
}

/// Changes something, however often it is called.
async fn put(store: &Store, value: &str) -> Result<(), StoreError> {
    store.setting_put("relay_trouble", value).await
}

pub(super) async fn an_entry_stands_beside_the_first_thing_that_is_written(store: Store) {
    assert_eq!(holds(&store).await, ChainPoint::START);
    let named = store.acting(acting("setting.put", AuditObject::new("setting", "relay")));
    assert_eq!(named.setting_find("relay_trouble").await.unwrap(), None);
    assert_eq!(entries(&store).await, [], "whoever only reads leaves nothing");
    put(&named, "one").await.unwrap();
    put(&named, "two").await.unwrap();
    put(&store, "three").await.unwrap();
    let all = entries(&store).await;
    assert_eq!(all.len(), 1);
    let AuditEntry { seq, at, actor_kind, actor_id, actor_name, action, .. } = &all[0];
    assert_eq!((*seq, *at, actor_kind.as_str(), *actor_id), (1, AT, "user", Some(7)));
    assert_eq!((actor_name.as_str(), action.as_str()), ("Zoë", "setting.put"));
    let AuditEntry { object_kind, object_id, before, after, .. } = &all[0];
    assert_eq!((object_kind.as_str(), object_id.as_str()), ("setting", "relay"));
    assert_eq!((before.as_deref(), after.as_deref()), (Some(r#"{"state":"draft"}"#), None));
    assert_eq!(holds(&store).await.seq, 1);
}

pub(super) async fn what_fails_leaves_no_entry_and_what_follows_does(store: Store) {
    let world = World::with_contacts(store, 1).await;
    let (store, campaign) = (&world.store, world.draft().await);
    let object = AuditObject::new("campaign", campaign.0);
    let named = store.acting(acting("campaign.pause", object));
    let refused = named.campaign_act(campaign, CampaignAction::Pause, AT).await;
    assert!(matches!(refused, Err(StoreError::Refused(_))), "{refused:?}");
    assert_eq!(entries(store).await, []);
    store.campaign_start(campaign, AT).await.unwrap();
    let state = named.campaign_act(campaign, CampaignAction::Pause, AT).await.unwrap();
    assert_eq!(state, CampaignState::Paused);
    assert_eq!(entries(store).await.len(), 1);
    // What prepares an action bears no entry of its own.
    let named = store.acting(acting("campaign.create", AuditObject::of_kind("campaign")));
    put(&named.preparing(), "ready").await.unwrap();
    assert_eq!(entries(store).await.len(), 1);
}

pub(super) async fn an_entry_knows_what_was_made(store: Store) {
    let mut world = World::with_contacts(store.clone(), 0).await;
    let create = acting("campaign.create", AuditObject::of_kind("campaign"));
    let create = Acting { request: Some(request("k", 1)), ..create };
    world.store = store.acting(create);
    let id = world.draft().await;
    assert_eq!(entries(&store).await[0].object_id, id.0.to_string());
    let found = store.idempotency_find(actor(), request("k", 1), later(1)).await.unwrap();
    let made = Some(id.0.to_string());
    assert_eq!(found, Some(Repeated::Unanswered { made, at: AT }));
}

pub(super) async fn entries_are_found_by_object_and_actor(store: Store) {
    for number in 0..5 {
        let mut entry = acting("campaign.pause", AuditObject::new("campaign", number % 2));
        entry.actor.name = format!("user {}", number % 3);
        store.audit_append(entry).await.unwrap();
    }
    let seqs = async |filter, before, limit| -> Vec<i64> {
        let page = store.audit_page(filter, before, limit).await.unwrap();
        page.iter().map(|entry| entry.seq).collect()
    };
    let object = AuditFilter::Object { kind: "campaign".into(), id: "0".into() };
    assert_eq!(seqs(object.clone(), i64::MAX, 9).await, [5, 3, 1]);
    assert_eq!(seqs(object, 5, 1).await, [3]);
    assert_eq!(seqs(AuditFilter::Actor("user 1".into()), i64::MAX, 9).await, [5, 2]);
    assert_eq!(seqs(AuditFilter::All, 3, 9).await, [2, 1]);
    let after = store.audit_after(3).await.unwrap();
    assert_eq!(after.iter().map(|entry| entry.seq).collect::<Vec<_>>(), [4, 5]);
}

pub(super) async fn a_chain_longer_than_a_page_is_followed_while_it_grows(store: Store) {
    let append = |number: usize| store.audit_append(acting("a", AuditObject::new("n", number)));
    for number in 0..1_005 {
        append(number).await.unwrap();
    }
    let (grown, verified) = tokio::join!(append(7), store.audit_verify(None));
    grown.unwrap();
    assert_eq!(verified.unwrap().broken, None);
    assert_eq!(holds(&store).await.seq, 1_006);
}

pub(super) async fn a_point_that_was_noted_must_be_on_the_chain(store: Store) {
    for number in 0..3 {
        store.audit_append(acting("a", AuditObject::new("n", number))).await.unwrap();
    }
    let noted = holds(&store).await;
    store.audit_append(acting("a", AuditObject::new("n", 3))).await.unwrap();
    let verify = async |noted| store.audit_verify(Some(noted)).await.unwrap().broken;
    assert_eq!(verify(noted).await, None);
    assert_eq!(verify(ChainPoint::START).await, None);
    let other = ChainPoint { hash: [1; 32], ..noted };
    assert_eq!(verify(other).await, Some(ChainBreak::NotAsNoted(3)));
    let later = ChainPoint { seq: 6, ..noted };
    assert_eq!(verify(later).await, Some(ChainBreak::Cut { from: 5, to: 6 }));
}

pub(super) async fn what_is_too_long_for_an_entry_is_not_done(store: Store) {
    let mut long = acting("setting.put", AuditObject::of_kind("setting"));
    long.after = Some("x".repeat((16 << 10) + 1));
    let refused = put(&store.acting(long), "x").await;
    assert!(matches!(refused, Err(StoreError::OutOfRange(_))), "{refused:?}");
    assert_eq!(store.setting_find("relay_trouble").await.unwrap(), None);
}

pub(super) async fn a_request_that_is_repeated_gets_its_answer_again(store: Store) {
    let find =
        async |body, at| store.idempotency_find(actor(), request("k", body), at).await.unwrap();
    assert_eq!(find(1, AT).await, None);
    put(&store.acting(asked("k", 1, AT)), "one").await.unwrap();
    let again = put(&store.acting(asked("k", 1, later(1))), "two").await.unwrap_err();
    let unanswered = Repeated::Unanswered { made: None, at: AT };
    assert!(matches!(&again, StoreError::Repeated(known) if *known == unanswered), "{again:?}");
    assert_eq!(find(1, later(1)).await, Some(unanswered));

    for (status, answer) in [(201, b"made \0".to_vec()), (500, Vec::new())] {
        let done = store.idempotency_answer(actor(), request("k", 1), status, answer);
        done.await.unwrap();
    }
    let answered = Repeated::Answered { status: 201, answer: b"made \0".to_vec() };
    assert_eq!(find(1, later(1)).await, Some(answered));
    assert_eq!(find(2, later(1)).await, Some(Repeated::Different));
    let other = put(&store.acting(asked("k", 2, AT)), "three").await.unwrap_err();
    assert!(matches!(other, StoreError::Repeated(Repeated::Different)), "{other:?}");
    assert_eq!(store.setting_find("relay_trouble").await.unwrap().as_deref(), Some("one"));
    assert_eq!(entries(&store).await.len(), 1);

    // Somebody else's key of the same name is another one.
    let mut foreign = asked("k", 1, AT);
    foreign.actor.id = Some(8);
    put(&store.acting(foreign), "four").await.unwrap();
}

pub(super) async fn a_key_is_free_again_after_a_week(store: Store) {
    put(&store.acting(asked("k", 1, AT)), "one").await.unwrap();
    let week = AT.after(KEYS_KEPT);
    let refused = put(&store.acting(asked("k", 2, week)), "two").await;
    assert!(matches!(refused, Err(StoreError::Repeated(Repeated::Different))), "{refused:?}");
    let after = Timestamp(week.0 + 1);
    assert_eq!(store.idempotency_find(actor(), request("k", 1), after).await.unwrap(), None);
    put(&store.acting(asked("k", 2, after)), "three").await.unwrap();
    assert_eq!(store.setting_find("relay_trouble").await.unwrap().as_deref(), Some("three"));
    let idle = std::time::Duration::from_secs(1);
    assert_eq!(store.access_expire(after, idle).await.unwrap(), 0);
    assert_eq!(store.access_expire(after.after(2 * KEYS_KEPT), idle).await.unwrap(), 1);
}

/// A hundred equal requests at once, each over its own clone.
async fn a_hundred(store: &Store, fails: bool) -> [usize; 3] {
    let mut tasks = tokio::task::JoinSet::new();
    for _ in 0..100 {
        let named = store.acting(asked("k", 1, AT));
        tasks.spawn(async move {
            named
                .write(move |tx| {
                    if fails {
                        return Err(StoreError::NobodySubscribed);
                    }
                    tx.execute(SETTING_COUNT_UP, ["relay_trouble"]).map(drop)
                })
                .await
        });
    }
    let (mut did, mut repeated, mut failed) = (0, 0, 0);
    while let Some(result) = tasks.join_next().await {
        match result.unwrap() {
            Ok(()) => did += 1,
            Err(StoreError::Repeated(Repeated::Unanswered { .. })) => repeated += 1,
            Err(StoreError::NobodySubscribed) => failed += 1,
            Err(other) => panic!("{other:?}"),
        }
    }
    [did, repeated, failed]
}

pub(super) async fn of_a_hundred_equal_requests_one_acts(store: Store) {
    put(&store, "0").await.unwrap();
    assert_eq!(a_hundred(&store, true).await, [0, 0, 100], "the key goes with the effect");
    assert_eq!(entries(&store).await, []);
    assert_eq!(store.idempotency_find(actor(), request("k", 1), AT).await.unwrap(), None);
    assert_eq!(a_hundred(&store, false).await, [1, 99, 0]);
    assert_eq!(store.setting_find("relay_trouble").await.unwrap().as_deref(), Some("1"));
    assert_eq!(holds(&store).await.seq, 1);
}

pub(super) async fn tasks_that_share_a_clone_leave_one_entry(store: Store) {
    let named = store.acting(acting("setting.put", AuditObject::of_kind("setting")));
    let mut tasks = tokio::task::JoinSet::new();
    for number in 0..50 {
        let named = named.clone();
        tasks.spawn(async move { put(&named, &number.to_string()).await });
    }
    while let Some(result) = tasks.join_next().await {
        result.unwrap().unwrap();
    }
    assert_eq!(entries(&store).await.len(), 1);
}

pub(super) async fn many_actors_at_once_make_one_chain(store: Store) {
    let mut tasks = tokio::task::JoinSet::new();
    for number in 0..200 {
        let mut entry = acting("setting.put", AuditObject::new("setting", number));
        entry.actor.id = Some(number);
        let named = store.acting(entry);
        tasks.spawn(async move { named.setting_put(format!("key {number}"), "x").await });
    }
    while let Some(result) = tasks.join_next().await {
        result.unwrap().unwrap();
    }
    assert_eq!(holds(&store).await.seq, 200);
}

/// Six entries, changed by another program with these statements; what is found.
fn found_after(change: &str) -> [Option<ChainBreak>; 2] {
    let fill = async |store: &Store| {
        for number in 0..6 {
            store.audit_append(acting("a", AuditObject::new("n", number))).await.unwrap();
        }
    };
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("store.sqlite");
    let sqlite = Store::open(&path, StoreOptions::default()).unwrap();
    let server = testkit::Postgres::shared();
    let url = server.database();
    let postgres = Store::open(location(&url), StoreOptions::default()).unwrap();
    run(async {
        fill(&sqlite).await;
        fill(&postgres).await;
        rusqlite::Connection::open(&path).unwrap().execute_batch(change).unwrap();
        // Bytes as PostgreSQL writes them.
        server.query(&url, &change.replace("X'", "'\\x"));
        let one = sqlite.audit_verify(None).await.unwrap().broken;
        [one, postgres.audit_verify(None).await.unwrap().broken]
    })
}

#[test]
fn a_chain_that_was_broken_by_hand_is_found() {
    let zeros = "00".repeat(32);
    let columns = "actor_kind, actor_id, actor_name, action, object_kind, object_id, before, \
        after, previous_hash, hash";
    let both = |broken: ChainBreak| [Some(broken.clone()), Some(broken)];
    let cases = [
        ("UPDATE audit_log SET actor_name = 'Bob' WHERE seq = 3".into(), ChainBreak::Changed(3)),
        (
            "UPDATE audit_log SET after = NULL, before = '' WHERE seq = 1".into(),
            ChainBreak::Changed(1),
        ),
        (format!("UPDATE audit_log SET hash = X'{zeros}' WHERE seq = 6"), ChainBreak::Changed(6)),
        ("UPDATE audit_log SET hash = X'00' WHERE seq = 2".into(), ChainBreak::Changed(2)),
        (
            "DELETE FROM audit_log WHERE seq IN (3, 4)".into(),
            ChainBreak::Missing { from: 3, to: 4 },
        ),
        ("DELETE FROM audit_log WHERE seq = 1".into(), ChainBreak::Missing { from: 1, to: 1 }),
        ("DELETE FROM audit_log WHERE seq > 4".into(), ChainBreak::Cut { from: 5, to: 6 }),
        ("DELETE FROM audit_log".into(), ChainBreak::Cut { from: 1, to: 6 }),
        (
            format!(
                "INSERT INTO audit_log (seq, at, {columns}) SELECT 0, at, {columns} FROM audit_log WHERE seq = 1"
            ),
            ChainBreak::Inserted(0),
        ),
        (
            format!(
                "INSERT INTO audit_log (seq, at, {columns}) SELECT 7, at, {columns} FROM audit_log WHERE seq = 6"
            ),
            ChainBreak::Changed(7),
        ),
        ("UPDATE audit_head SET seq = 5".into(), ChainBreak::BehindEnd(6)),
        (format!("UPDATE audit_head SET hash = X'{zeros}'"), ChainBreak::End(6)),
        ("DELETE FROM audit_head".into(), ChainBreak::NoEnd),
    ];
    for (change, expect) in cases {
        assert_eq!(found_after(&change), both(expect), "{change}");
    }
}

/// An entry whose author knew how hashes are made.
#[test]
fn an_entry_that_was_put_in_place_of_another_does_not_lead_to_the_next() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("store.sqlite");
    let store = Store::open(&path, StoreOptions::default()).unwrap();
    run(async {
        for number in 0..4 {
            store.audit_append(acting("a", AuditObject::new("n", number))).await.unwrap();
        }
        let mut forged = entries(&store).await.remove(1);
        forged.actor_name = "Bob".into();
        let forged = forged.sealed();
        let sqlite = rusqlite::Connection::open(&path).unwrap();
        let values = (forged.actor_name, forged.hash, forged.seq);
        let replace = "UPDATE audit_log SET actor_name = ?1, hash = ?2 WHERE seq = ?3";
        sqlite.execute(replace, values).unwrap();
        let broken = store.audit_verify(None).await.unwrap().broken;
        assert_eq!(broken, Some(ChainBreak::Inserted(3)));
    });
}

/// The connection dies at every point of a transaction, also during the commit.
#[test]
fn a_lost_connection_neither_doubles_an_entry_nor_loses_one() {
    let server = testkit::Postgres::shared();
    let proxy = testkit::Proxy::to(server.port());
    let url = server.database();
    let url = url.replace(&format!(":{}/", server.port()), &format!(":{}/", proxy.port()));
    let options = StoreOptions { readers: 1, writers: 1, ..StoreOptions::default() };
    let store = Store::open(location(&url), options).unwrap();
    run(async {
        let mut done = 0;
        let mut act = async || {
            done += 1;
            let key = asked(&done.to_string(), 1, AT);
            put(&store.acting(key.clone()), "x").await.unwrap();
            assert_eq!(store.audit_head().await.unwrap().seq, done);
            let again = put(&store.acting(key), "x").await;
            assert!(matches!(again, Err(StoreError::Repeated(_))), "{again:?}");
        };
        act().await;
        let before = proxy.messages();
        act().await;
        let messages = proxy.messages() - before;
        assert!(messages > 10, "{messages}");
        for fault in [Fault::CutBefore, Fault::CutAfter, Fault::HalfClose] {
            for at in 0..=messages {
                proxy.arm(at, fault);
                act().await;
            }
        }
        holds(&store).await;
    });
}
