//! What the values of attributes are.

use model::{AttributeKind, JobId};

use super::world::{AT, World, email, later, row};
use crate::{
    ActorKind, ActorRecord, AttributeCounts, DeclaredAttribute, JobStep, NewJob, Store, StoreError,
};

fn declared(name: &str, kind: AttributeKind, position: i64) -> DeclaredAttribute {
    let (name, label) = (name.to_owned(), format!("The {name}"));
    DeclaredAttribute { name, kind, label, position, created_at: None }
}

fn job(name: &str) -> NewJob {
    let actor = ActorRecord { kind: ActorKind::System, id: None, name: "ops".into() };
    let (title, spec) = (name.to_owned(), "{}".to_owned());
    NewJob { kind: "attribute", actor, topic: None, title, spec, of: None }
}

fn list(choices: &[&str]) -> AttributeKind {
    let choices: Vec<String> = choices.iter().map(|it| (*it).to_owned()).collect();
    AttributeKind::parse("list", &choices).unwrap()
}

async fn names(store: &Store) -> Vec<String> {
    store.attributes_list().await.unwrap().into_iter().map(|it| it.name).collect()
}

pub(super) async fn what_is_declared_is_listed_in_its_order(store: Store) {
    assert_eq!(names(&store).await, ["language", "timezone"], "messages are written by them");
    let set = async |it: DeclaredAttribute| store.attribute_set(it, None, AT).await.unwrap();
    assert_eq!(set(declared("plan", list(&["free", "pro"]), 7)).await, None);
    set(declared("since", AttributeKind::Date, 5)).await;
    set(declared("language", AttributeKind::Text, 9)).await;
    assert_eq!(names(&store).await, ["timezone", "since", "plan", "language"]);
    let all = store.attributes_list().await.unwrap();
    let first =
        DeclaredAttribute { created_at: Some(AT), ..declared("plan", list(&["free", "pro"]), 7) };
    assert_eq!(all[2], first);
    store.attribute_set(declared("plan", AttributeKind::YesNo, 1), None, later(5)).await.unwrap();
    let all = store.attributes_list().await.unwrap();
    assert_eq!((all[1].name.as_str(), &all[1].kind), ("timezone", &AttributeKind::TimeZone));
    assert_eq!((all[0].name.as_str(), &all[0].kind), ("plan", &AttributeKind::YesNo));
    assert_eq!(all[0].created_at, Some(AT), "it is the same one");
    assert!(store.attribute_remove("language".into()).await.unwrap());
    assert!(!store.attribute_remove("language".into()).await.unwrap());
    assert_eq!(names(&store).await, ["language", "plan", "timezone", "since"]);
}

/// Takes the job, and looks at everybody in steps of `limit`.
async fn walked(world: &World, id: JobId, rehearsal: bool, limit: usize) -> AttributeCounts {
    let job = world.store.job_take(id, later(9), later(19)).await.unwrap().unwrap();
    let mut after = Some(i64::MIN);
    let mut counts = AttributeCounts::default();
    while let Some(from) = after {
        let step = JobStep {
            job: id,
            epoch: job.epoch,
            position: String::new(),
            done: 0,
            part: None,
            held_until: later(19),
            at: later(9),
        };
        let what = ("pro".to_owned(), AttributeKind::YesNo);
        let walk = world.store.attribute_step(what, rehearsal, (from, limit), step).await.unwrap();
        (after, counts) = (walk.after, walk.counts);
    }
    let kept = world.store.job_find(id).await.unwrap().unwrap();
    assert_eq!(AttributeCounts::from_text(&kept.counts).unwrap(), counts);
    assert_eq!(u64::try_from(kept.done).unwrap(), counts.contacts);
    counts
}

pub(super) async fn values_that_fit_get_their_one_text_and_others_stay(store: Store) {
    let world = World::with_contacts(store, 2).await;
    for text in ["a@x.org pro=Yes n=1", "b@x.org pro=yes", "c@x.org pro=perhaps", "d@x.org pro=0"] {
        world.store.contacts_import(vec![row(text)], None, "test".into(), AT).await.unwrap();
    }
    let total = 6;
    let ask = async || world.store.job_ask(job("pro"), total, AT).await.unwrap();
    let value = async |address: &str| {
        let found = world.store.contact_by_email(email(address)).await.unwrap().unwrap();
        (found.attributes["pro"].clone(), found.updated_at)
    };
    let expect = AttributeCounts { contacts: 6, fit: 3, rewritten: 2, unfit: 1 };
    assert_eq!(walked(&world, ask().await, true, 2).await, expect);
    assert_eq!(value("a@x.org").await, ("Yes".to_owned(), AT), "only counted");
    let attribute = declared("pro", AttributeKind::YesNo, 1);
    let id = world.store.attribute_set(attribute, Some((job("pro"), total)), AT).await.unwrap();
    assert_eq!(walked(&world, id.unwrap(), false, 4).await, expect);
    assert_eq!(value("a@x.org").await, ("yes".to_owned(), later(9)));
    assert_eq!(value("b@x.org").await, ("yes".to_owned(), AT), "it was so");
    assert_eq!(value("c@x.org").await, ("perhaps".to_owned(), AT), "nothing is lost");
    assert_eq!(value("d@x.org").await.0, "no");
    let other = world.store.contact_by_email(email("a@x.org")).await.unwrap().unwrap();
    assert_eq!(other.attributes["n"], "1");
    let again = walked(&world, ask().await, false, 100).await;
    assert_eq!(again, AttributeCounts { rewritten: 0, ..expect });
}

pub(super) async fn a_step_of_a_job_that_was_stopped_changes_nothing(store: Store) {
    let world = World::with_contacts(store, 0).await;
    world.store.contacts_import(vec![row("a@x.org pro=Yes")], None, "x".into(), AT).await.unwrap();
    let id = world.store.job_ask(job("pro"), 1, AT).await.unwrap();
    let held = world.store.job_take(id, later(1), later(2)).await.unwrap().unwrap();
    world.store.job_stop(id, later(1)).await.unwrap();
    let step = JobStep {
        job: id,
        epoch: held.epoch,
        position: String::new(),
        done: 0,
        part: None,
        held_until: later(2),
        at: later(1),
    };
    let what = ("pro".to_owned(), AttributeKind::YesNo);
    let refused = world.store.attribute_step(what, false, (i64::MIN, 10), step).await;
    assert!(matches!(refused, Err(StoreError::Changed("job"))), "{refused:?}");
    let found = world.store.contact_by_email(email("a@x.org")).await.unwrap().unwrap();
    assert_eq!(found.attributes["pro"], "Yes");
}
