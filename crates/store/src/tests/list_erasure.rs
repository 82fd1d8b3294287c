//! Erasing a list of people, step by step.

use std::time::Duration;

use model::{ContactId, JobId};

use super::hits::view;
use super::jobs::{claim, new_job, step};
use super::people::traces;
use super::world::{AT, World, batch, hash_of, later};
use crate::{
    Acting, AuditFilter, AuditObject, ErasureCounts, Job, JobFile, JobState, ListedAddress, Mark,
    NewJob, Store, StoreError,
};

fn listed(contact: ContactId, address: &str) -> ListedAddress {
    ListedAddress { email_key: address.to_owned(), address_hash: hash_of(contact) }
}

/// Three contacts, whom a campaign was sent to and who have viewed it twice each; somebody who was
/// erased before, and a stranger. The first two contacts are listed, one of them twice.
struct Listed {
    world: World,
    job: Job,
    list: Vec<ListedAddress>,
}

impl Listed {
    async fn new(store: Store) -> Self {
        let world = World::with_contacts(store, 3).await;
        let campaign = world.started().await;
        let views = (0..6).map(|offset| {
            view(offset, campaign, world.contacts[usize::try_from(offset).unwrap() % 3])
        });
        let mark = Mark { reader: "hits/1".to_owned(), segment: 1, offset: 9 };
        world.store.hits_record(batch(views.collect(), mark)).await.unwrap();
        let gone = listed(ContactId(77), "gone@x.org");
        world.store.address_erase(gone.email_key.clone(), gone.address_hash, AT).await.unwrap();
        let [one, two] = [world.contacts[0], world.contacts[1]];
        let list = vec![
            listed(one, "1@x.org"),
            listed(two, "2@x.org"),
            listed(one, "1@x.org"),
            gone,
            listed(ContactId(78), "stranger@x.org"),
        ];
        let job = running(&world.store).await;
        Self { world, job, list }
    }

    async fn look(&self, sums: bool) -> ErasureCounts {
        let step = step(&self.job, 1, AT);
        self.world.store.erasure_look_step(self.list.clone(), sums, step).await.unwrap()
    }

    async fn erase(&self, index: usize) -> Result<ErasureCounts, StoreError> {
        let step = step(&self.job, 2, AT);
        let acting = Acting {
            actor: self.job.actor.clone(),
            action: "contact.erase",
            object: AuditObject::of_kind("contact"),
            before: None,
            after: None,
            at: AT,
            request: None,
        };
        self.world.store.erasure_step(self.list[index].clone(), Some(acting), later(1), step).await
    }

    async fn events(&self, rehearsal: bool) -> ErasureCounts {
        let mut after = model::Timestamp(0);
        let mut counts = ErasureCounts::default();
        while let Some(until) = self.world.store.events_ahead(after).await.unwrap() {
            let step = step(&self.job, 3, AT);
            let looked = self.world.store.erasure_events_step((after, until), rehearsal, step);
            counts = looked.await.unwrap();
            after = until;
        }
        counts
    }

    async fn logged(&self) -> usize {
        self.world.store.audit_page(AuditFilter::All, i64::MAX, 99).await.unwrap().len()
    }
}

/// A job with a list, which node 1 has.
async fn running(store: &Store) -> Job {
    let id = store.job_create(NewJob { kind: "erase", ..new_job() }, AT).await.unwrap();
    store.job_upload(id, 0, b"1@x.org\n".to_vec(), 8, AT).await.unwrap();
    store.job_uploaded(id, AT).await.unwrap();
    store.job_queue(id, "{}".into(), None, AT).await.unwrap();
    claim(store, 1, AT).await.unwrap()
}

async fn list_of(store: &Store, job: JobId) -> Option<Vec<u8>> {
    store.job_part(job, JobFile::Upload, 0).await.unwrap()
}

pub(super) async fn whoever_is_listed_is_counted_and_erased_once(store: Store) {
    let of = Listed::new(store).await;
    let third = of.world.contacts[2];
    let before = traces(&of.world, third).await;
    let counts = of.look(false).await;
    let counted = (counts.contacts, counts.unknown, counts.erased_before, counts.repeated);
    assert_eq!(counted, (2, 1, 1, 1));
    let again = of.look(false).await;
    assert_eq!((again.contacts, again.repeated), (2, 6), "a list is looked through once");
    for index in [0, 1, 3, 4] {
        of.erase(index).await.unwrap();
    }
    let twice = of.erase(2).await;
    assert!(matches!(twice, Err(StoreError::Changed("list"))), "{twice:?}");
    assert_eq!(of.logged().await, 4, "and nothing is logged of what is not done");
    let hashes = of.list.iter().map(|it| it.address_hash).chain([[9; 32]]).collect();
    let states = of.world.store.erasure_states(of.job.id, hashes).await.unwrap();
    let done: Vec<_> = states.iter().map(|it| it.map(|it| (it.is_done, it.was_erased))).collect();
    let (known, gone) = (Some((true, false)), Some((true, true)));
    assert_eq!(done, [known, known, known, gone, known, None]);
    let counts = of.events(false).await;
    assert_eq!((counts.erased, counts.subscriptions, counts.consents), (2, 2, 2));
    assert_eq!((counts.deliveries, counts.hits), (2, 4));
    for contact in &of.world.contacts[..2] {
        assert_eq!(traces(&of.world, *contact).await, [0; 6]);
    }
    assert_eq!(traces(&of.world, third).await, before);
    for (address, key) in of.list.iter().zip(["1@x.org", "2@x.org", "1@x.org"]) {
        let found = of.world.store.suppression_find(key.into(), address.address_hash).await;
        assert_eq!(found.unwrap(), Some(("erased".to_owned(), later(1))));
    }
}

pub(super) async fn a_rehearsed_erasure_counts_the_same_and_changes_nothing(store: Store) {
    let of = Listed::new(store).await;
    let mut before = Vec::new();
    for contact in &of.world.contacts {
        before.push(traces(&of.world, *contact).await);
    }
    of.look(true).await;
    let rehearsed = of.events(true).await;
    for (contact, before) in of.world.contacts.iter().zip(before) {
        assert_eq!(traces(&of.world, *contact).await, before);
    }
    let held = (of.job.id, of.job.epoch);
    of.world.store.job_end(held, JobState::Waiting, None, AT).await.unwrap();
    while of.world.store.erasure_forget(of.job.id).await.unwrap() {}
    of.world.store.job_queue(of.job.id, "{}".into(), None, AT).await.unwrap();
    let job = claim(&of.world.store, 1, AT).await.unwrap();
    let of = Listed { job, ..of };
    of.look(false).await;
    for index in [0, 1, 3, 4] {
        of.erase(index).await.unwrap();
    }
    let done = of.events(false).await;
    assert_eq!(done.erased, 2);
    assert_eq!(rehearsed, ErasureCounts { erased: 0, ..done });
}

pub(super) async fn an_erasure_that_is_stopped_erases_nobody_any_more_and_is_settled(store: Store) {
    let of = Listed::new(store).await;
    let store = &of.world.store;
    of.look(false).await;
    of.erase(0).await.unwrap();
    assert!(list_of(store, of.job.id).await.is_some());
    assert!(!store.erasure_settle().await.unwrap(), "it goes on");
    store.job_stop(of.job.id, later(2)).await.unwrap();
    assert_eq!(list_of(store, of.job.id).await, None, "the addresses are gone with the decision");
    let stopped = of.erase(1).await;
    assert!(matches!(stopped, Err(StoreError::Changed("job"))), "{stopped:?}");
    assert_eq!(of.logged().await, 1);
    let [one, two] = [of.world.contacts[0], of.world.contacts[1]];
    assert_eq!(traces(&of.world, one).await[3], 2, "views are removed in the end");
    let before = traces(&of.world, two).await;
    assert!(store.erasure_settle().await.unwrap());
    assert_eq!(traces(&of.world, one).await, [0; 6]);
    assert_eq!(traces(&of.world, two).await, before);
    assert!(!store.erasure_settle().await.unwrap(), "once");
    let states = store.erasure_states(of.job.id, vec![of.list[0].address_hash]).await.unwrap();
    assert_eq!(states, [None]);
}

pub(super) async fn a_list_that_nobody_decides_about_is_removed_after_a_day(store: Store) {
    let job = running(&store).await;
    store.job_end((job.id, job.epoch), JobState::Waiting, None, AT).await.unwrap();
    let hours = |hours: u64| AT.after(Duration::from_secs(hours * 3_600));
    store.jobs_expire(hours(23)).await.unwrap();
    assert!(store.job_find(job.id).await.unwrap().unwrap().state.is_open());
    store.jobs_expire(hours(25)).await.unwrap();
    assert_eq!(store.job_find(job.id).await.unwrap().unwrap().state, JobState::Stopped);
    while store.erasure_settle().await.unwrap() {}
    assert_eq!(list_of(&store, job.id).await, None);
}

pub(super) async fn a_job_is_taken_by_a_command_or_by_a_node(store: Store) {
    let id = store.job_create(new_job(), AT).await.unwrap();
    store.job_uploaded(id, AT).await.unwrap();
    let take = || store.job_take(id, AT, later(1));
    assert_eq!(take().await.unwrap(), None, "it waits for a decision");
    store.job_queue(id, "{}".into(), None, AT).await.unwrap();
    let taken = take().await.unwrap().unwrap();
    assert_eq!((taken.state, taken.holder), (JobState::Running, None));
    assert_eq!(take().await.unwrap(), None);
    assert_eq!(claim(&store, 1, AT).await, None);
    let found = claim(&store, 1, later(2)).await.unwrap();
    assert_eq!((found.id, found.epoch), (id, taken.epoch + 1), "the command was killed");
}
