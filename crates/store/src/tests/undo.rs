//! Imports that are taken back.

use std::time::Duration;

use model::{ContactId, JobId, Timestamp, TopicId, TrackingMode};
use proptest::prelude::*;
use proptest::strategy::ValueTree as _;
use proptest::test_runner::{Config, RngAlgorithm, TestRng, TestRunner};

use super::jobs::new_job;
use super::world::{AT, World, email, later, row};
use crate::{
    ContactChange, ContactRow, ImportChange, ImportChanges, ImportReach, ImportTracking,
    ImportUndo, Job, JobFile, JobState, JobStep, ListedContact, NewJob, Scope, Store, StoreError,
    TrackingWord, UndoCounts,
};

const HELD: Duration = Duration::from_secs(600);

fn step(job: &Job, at: Timestamp) -> JobStep {
    let held_until = at.after(HELD);
    let position = "{}".to_owned();
    JobStep { job: job.id, epoch: job.epoch, position, done: 0, part: None, held_until, at }
}

async fn claimed(store: &Store, at: Timestamp) -> Job {
    store.job_claim(1, at, at.after(HELD)).await.unwrap().unwrap()
}

/// Imports these batches as steps of a job that was asked for at `at`.
async fn imported(
    store: &Store,
    topic: Option<TopicId>,
    batches: Vec<Vec<ContactRow>>,
    at: Timestamp,
) -> Job {
    let reach = ImportReach { topic, ..ImportReach::default() };
    imported_by(store, reach, batches, at).await
}

async fn imported_by(
    store: &Store,
    reach: ImportReach,
    batches: Vec<Vec<ContactRow>>,
    at: Timestamp,
) -> Job {
    let id = store.job_create(new_job(), at).await.unwrap();
    store.job_uploaded(id, at).await.unwrap();
    store.job_queue(id, "{}".into(), None, at).await.unwrap();
    let job = claimed(store, at).await;
    for rows in batches {
        let rows = rows.into_iter().map(Into::into).collect();
        let source = "import of people.csv".to_owned();
        let step = step(&job, at);
        store.contacts_import_step(rows, reach.clone(), source, at, step).await.unwrap();
    }
    store.job_end((id, job.epoch), JobState::Done, None, at).await.unwrap();
    job
}

fn undo_of(import: &Job) -> NewJob {
    NewJob { kind: "undo", of: Some(import.id), ..new_job() }
}

/// What its steps have changed, the last one first.
async fn changes(store: &Store, import: JobId) -> Vec<Vec<ImportChange>> {
    let mut all = Vec::new();
    for number in (0..store.job_parts(import, JobFile::Changes).await.unwrap()).rev() {
        let part = store.job_part(import, JobFile::Changes, number).await.unwrap().unwrap();
        all.push(ImportChanges::from_bytes(&part).unwrap().into_list());
    }
    all
}

async fn undone(store: &Store, topic: Option<TopicId>, import: &Job, at: Timestamp) -> UndoCounts {
    store.job_ask(undo_of(import), 0, at).await.unwrap();
    let job = claimed(store, at).await;
    let source = "undoing the import of people.csv".to_owned();
    let undo = ImportUndo { topic, imported_at: import.created_at, source, at };
    let mut counts = UndoCounts::default();
    let all = changes(store, import.id).await;
    for some in all.iter().flat_map(|part| part.chunks(70)) {
        let step = step(&job, at);
        counts = store.contacts_undo_step(some.to_vec(), undo.clone(), step).await.unwrap();
    }
    store.job_end((job.id, job.epoch), JobState::Done, None, at).await.unwrap();
    counts
}

async fn everybody(store: &Store) -> Vec<ListedContact> {
    store.contacts_page(ContactId(i64::MIN), 10_000).await.unwrap()
}

/// Rows about people of whom some are there already, in batches.
fn files() -> impl Strategy<Value = Vec<Vec<ContactRow>>> {
    let value = prop_oneof![Just(""), Just("a"), Just("b"), Just("c")];
    let one = (0_usize..160, value.clone(), value)
        .prop_map(|(person, plan, city)| row(&format!("p{person}@x.org plan={plan} city={city}")));
    prop::collection::vec(prop::collection::vec(one, 1..120), 1..5)
}

pub(super) async fn undoing_an_import_brings_back_what_was_before(store: Store) {
    let world = World::with_contacts(store, 1).await;
    let store = &world.store;
    let other = store.topic_ensure("offers".into(), "Offers".into()).await.unwrap();
    let rng = TestRng::from_seed(RngAlgorithm::ChaCha, &[7; 32]);
    let mut runner = TestRunner::new_with_rng(Config::default(), rng);
    let (mut removed, mut restored) = (0, 0);
    for round in 0..12 {
        // What was there before, in another topic or in the same one.
        let topic = [Some(world.topic), Some(other), None][round % 3];
        let before = files().new_tree(&mut runner).unwrap().current();
        let at = later(10 * i64::try_from(round).unwrap());
        for rows in before.into_iter().take(1) {
            let some = rows.into_iter().take(40).collect::<Vec<_>>();
            store.contacts_import(some, topic, "before".into(), at).await.unwrap();
        }
        let people = everybody(store).await;
        let file = files().new_tree(&mut runner).unwrap().current();
        let at = |minutes: i64| Timestamp(at.0 + minutes * 60_000_000);
        let import = imported(store, Some(world.topic), file, at(1)).await;
        assert_ne!(everybody(store).await, people, "an import that does something");
        let counts = undone(store, Some(world.topic), &import, at(2)).await;
        assert_eq!(everybody(store).await, people, "{counts:?}");
        let stay = counts.stay_edited + counts.stay_joined + counts.stay_left + counts.stay_mailed;
        assert_eq!((stay, counts.values_stay, counts.gone), (0, 0, 0), "{counts:?}");
        removed += counts.removed;
        restored += counts.restored;
        // Undone again, it ends the same (a value that went from a to b and back goes there again).
        let again = undone(store, Some(world.topic), &import, at(3)).await;
        assert_eq!((again.removed, again.unsubscribed), (0, 0));
        assert_eq!(everybody(store).await, people);
    }
    assert!(removed > 100 && restored > 20, "{removed} {restored}");
}

pub(super) async fn whoever_something_has_happened_with_since_stays(store: Store) {
    let world = World::with_contacts(store, 0).await;
    let store = &world.store;
    let old = world.import("old@x.org plan=basic city=Rome").await;
    let offers = store.topic_ensure("offers".into(), "Offers".into()).await.unwrap();
    let names = ["plain", "left", "gone", "joined", "edited", "moved", "out"];
    let mut rows: Vec<ContactRow> =
        names.iter().map(|name| row(&format!("{name}@x.org"))).collect();
    rows.push(row("old@x.org plan=pro city=Oslo"));
    let import = imported(store, Some(world.topic), vec![rows], later(1)).await;
    let id = async |name: &str| {
        let found = store.contact_by_email(email(&format!("{name}@x.org"))).await.unwrap();
        found.map(|it| it.id)
    };
    let edit = async |contact: ContactId, text: &str| {
        let attributes = row(&format!("x@x.org {text}")).attributes;
        let change = ContactChange { email: None, attributes };
        store.contact_change(contact, None, change, later(2)).await.unwrap();
    };
    world.leave(id("left").await.unwrap(), Scope::Topic(world.topic), None).await;
    world.leave(id("out").await.unwrap(), Scope::Everything, None).await;
    store.address_erase("gone@x.org".into(), [9; 32], later(2)).await.unwrap();
    let joined = id("joined").await.unwrap();
    store.contact_subscribe(joined, offers, "a form".into(), later(2)).await.unwrap();
    edit(id("edited").await.unwrap(), "note=vip").await;
    let email = Some((email("moved2@x.org"), [8; 32]));
    let change = ContactChange { email, attributes: Default::default() };
    store.contact_change(id("moved").await.unwrap(), None, change, later(2)).await.unwrap();
    edit(old, "city=Bonn").await;
    let counts = undone(store, Some(world.topic), &import, later(5)).await;
    let told = (counts.removed, counts.stay_left, counts.stay_joined, counts.stay_edited);
    assert_eq!(told, (1, 2, 1, 2), "{counts:?}");
    assert_eq!((counts.gone, counts.restored, counts.values_stay), (1, 1, 1), "{counts:?}");
    assert_eq!(id("plain").await, None);
    let old = store.contact_find(old).await.unwrap().unwrap();
    assert_eq!(old.attributes, row("x@x.org plan=basic city=Bonn").attributes);
    // Whoever has left is never brought back, not even by being forgotten.
    let states = |it: &ListedContact| it.subscriptions.get("release-notices").copied();
    for contact in everybody(store).await {
        let state = states(&contact).map(|it| it.as_str());
        match contact.email.as_str() {
            "left@x.org" | "out@x.org" => assert_eq!(state, Some("unsubscribed")),
            "old@x.org" => assert_eq!(state, Some("subscribed"), "not by the import"),
            other => assert_eq!(state, None, "{other}"),
        }
    }
    // Whoever leaves no trace may come again.
    let again = imported(store, Some(world.topic), vec![vec![row("plain@x.org")]], later(6)).await;
    assert!(id("plain").await.is_some());
    world.started().await;
    let counts = undone(store, Some(world.topic), &again, later(7)).await;
    assert_eq!((counts.removed, counts.stay_mailed), (1, 0), "the campaign was started before");
}

pub(super) async fn a_subscription_is_taken_back_and_the_ledger_says_so(store: Store) {
    let world = World::with_contacts(store, 0).await;
    let store = &world.store;
    let known = row("known@x.org");
    let before = Timestamp(AT.0 - 1);
    store.contacts_import(vec![known.clone()], None, "before".into(), before).await.unwrap();
    let rows = vec![known, row("new@x.org")];
    let import = imported(store, Some(world.topic), vec![rows], AT).await;
    let campaign = world.started().await;
    let find = async |text: &str| store.contact_by_email(email(text)).await.unwrap().unwrap().id;
    let (known, new) = (find("known@x.org").await, find("new@x.org").await);
    let epoch = store.removal_epoch();
    let counts = undone(store, Some(world.topic), &import, later(3)).await;
    let told = (counts.removed, counts.unsubscribed, counts.stay_mailed);
    assert_eq!(told, (0, 2, 1), "whoever is in an audience stays: {counts:?}");
    for contact in [known, new] {
        assert_eq!(store.subscriptions_of(contact).await.unwrap(), []);
        let ledger = store.contact_consents(contact).await.unwrap();
        let told: Vec<_> = ledger.iter().map(|it| (it.granted, it.source.as_str())).collect();
        let expected =
            [(false, "undoing the import of people.csv"), (true, "import of people.csv")];
        assert_eq!(told, expected, "it only grows");
    }
    assert!(store.removal_epoch() > epoch, "the mailer has to ask again");
    let claimed = world.claim_at(campaign, 10, later(4)).await;
    assert_eq!(claimed.len(), 0, "nobody is mailed by what was taken back");
    // It is no wish to leave: they may be subscribed again.
    let rows = vec![row("known@x.org")];
    let counts = store.contacts_import(rows, Some(world.topic), "again".into(), later(9)).await;
    assert_eq!(counts.unwrap().subscribed, 1);
}

pub(super) async fn a_rehearsed_undo_changes_nobody(store: Store) {
    let world = World::with_contacts(store, 1).await;
    let store = &world.store;
    let rows = vec![row("1@x.org name=Other"), row("a@x.org")];
    let import = imported(store, Some(world.topic), vec![rows], later(1)).await;
    let people = everybody(store).await;
    store.job_ask(undo_of(&import), 2, later(2)).await.unwrap();
    let job = claimed(store, later(2)).await;
    let source = "undo".to_owned();
    let topic = Some(world.topic);
    let undo = ImportUndo { topic, imported_at: import.created_at, source, at: job.created_at };
    let all = changes(store, import.id).await.concat();
    let counts = store.contacts_undo_rehearse(all, undo, step(&job, later(2))).await.unwrap();
    assert_eq!((counts.removed, counts.restored), (1, 1), "{counts:?}");
    assert_eq!(everybody(store).await, people);
    let kept = store.job_find(job.id).await.unwrap().unwrap().counts;
    assert_eq!(UndoCounts::from_text(&kept).unwrap(), counts);
}

pub(super) async fn there_is_one_open_job_about_a_job(store: Store) {
    let import = imported(&store, None, vec![vec![row("a@x.org")]], AT).await;
    let first = store.job_ask(undo_of(&import), 0, AT).await.unwrap();
    let second = store.job_ask(undo_of(&import), 0, AT).await;
    assert!(matches!(second, Err(StoreError::Exists(_))), "{second:?}");
    store.job_stop(first, AT).await.unwrap();
    let second = store.job_ask(undo_of(&import), 0, AT).await.unwrap();
    assert_eq!(store.job_about(import.id).await.unwrap().unwrap().id, second);
    // What nobody may lie about in goes sooner.
    let export = NewJob { kind: "export", ..new_job() };
    let export = store.job_ask(export, 0, AT).await.unwrap();
    store.job_part_put(export, JobFile::Result, 0, vec![1]).await.unwrap();
    store.job_stop(export, AT).await.unwrap();
    assert!(store.jobs_expire(later(25 * 60)).await.unwrap());
    assert_eq!(store.job_find(export).await.unwrap(), None);
    assert_eq!(store.job_part(export, JobFile::Result, 0).await.unwrap(), None);
    assert!(store.job_find(import.id).await.unwrap().is_some());
}

fn off(contact: ContactId, at: Timestamp) -> TrackingWord {
    let (mode, source) = (TrackingMode::Off, "page".to_owned());
    TrackingWord { contact, mode, source, notice: None, campaign: None, forget: false, at }
}

pub(super) async fn what_an_import_says_about_tracking_is_no_more_than_a_beginning(store: Store) {
    use TrackingMode::{Identified, Off};
    let world = World::with_contacts(store, 3).await;
    let store = &world.store;
    let ids: Vec<ContactId> = everybody(store).await.iter().map(|it| it.id).collect();
    store.contact_tracking_say(off(ids[0], later(1))).await.unwrap();

    let tracking = ImportTracking { mode: Identified, notice: Some("2026-11".into()) };
    let reach = ImportReach { tracking: Some(tracking), ..ImportReach::default() };
    let rows = ["1@x.org", "2@x.org", "3@x.org", "new@x.org"].map(row).to_vec();
    let rehearsed = store.contacts_rehearse(
        rows.iter().cloned().map(Into::into).collect(),
        reach.clone(),
        later(2),
    );
    assert_eq!(rehearsed.await.unwrap().tracking_begun, 3);
    let import =
        imported_by(store, reach.clone(), vec![rows.clone(), rows.clone()], later(2)).await;
    let words = async || {
        let mut all = Vec::new();
        for person in everybody(store).await {
            all.push(store.contact_tracking(person.id).await.unwrap());
        }
        all
    };
    assert_eq!(words().await, [Some(Off), Some(Identified), Some(Identified), Some(Identified)]);
    let ledger = store.contact_consents(ids[1]).await.unwrap();
    let told: Vec<_> =
        ledger.iter().filter_map(|it| Some((it.tracking_word()?, &*it.source))).collect();
    assert_eq!(told, [("identified", "import of people.csv")]);
    assert_eq!(ledger[0].notice.as_deref(), Some("2026-11"));

    store.contact_tracking_say(off(ids[2], later(3))).await.unwrap();
    let counts = undone(store, None, &import, later(4)).await;
    assert_eq!((counts.untracked, counts.removed), (1, 1));
    assert_eq!(words().await, [Some(Off), None, Some(Off)]);
    let ledger = store.contact_consents(ids[1]).await.unwrap();
    assert_eq!((ledger[0].tracking_word(), ledger[0].at), (Some("default"), later(4)));
    let again = undone(store, None, &import, later(5)).await;
    assert_eq!((again.untracked, words().await), (0, vec![Some(Off), None, Some(Off)]));
}
