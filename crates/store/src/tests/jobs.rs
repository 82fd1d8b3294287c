//! Long work, however it is interrupted.

use std::collections::BTreeMap;
use std::time::Duration;

use model::{JobId, Timestamp};

use super::world::{AT, World, email, later};
use crate::{
    ActorKind, ActorRecord, ContactRow, ImportRow, Job, JobFile, JobState, JobStep, NewJob, Store,
    StoreError,
};

pub(crate) fn new_job() -> NewJob {
    NewJob {
        kind: "import",
        actor: ActorRecord { kind: ActorKind::User, id: Some(7), name: "Ann".into() },
        topic: None,
        title: "people.csv".into(),
        spec: "{}".into(),
        of: None,
    }
}

async fn queued(store: &Store) -> JobId {
    let id = store.job_create(new_job(), AT).await.unwrap();
    store.job_upload(id, 0, b"email\n".to_vec(), 6, AT).await.unwrap();
    store.job_uploaded(id, AT).await.unwrap();
    store.job_queue(id, "{\"topic\":1}".into(), None, AT).await.unwrap();
    id
}

pub(crate) async fn claim(store: &Store, node: u16, now: Timestamp) -> Option<Job> {
    store.job_claim(node, now, now.after(Duration::from_secs(30 * 60))).await.unwrap()
}

pub(crate) fn step(job: &Job, done: i64, at: Timestamp) -> JobStep {
    JobStep {
        job: job.id,
        epoch: job.epoch,
        position: done.to_string(),
        done,
        part: Some((JobFile::Rejects, 0, b"line".to_vec())),
        held_until: at.after(Duration::from_secs(30 * 60)),
        at,
    }
}

fn row(address: &str) -> ImportRow {
    ContactRow { email: email(address), attributes: BTreeMap::new() }.into()
}

pub(super) async fn a_job_is_taken_by_one_node_and_by_another_when_that_is_lost(store: Store) {
    let id = queued(&store).await;
    assert_eq!(store.job_part(id, JobFile::Upload, 0).await.unwrap(), Some(b"email\n".to_vec()));
    assert_eq!(store.job_part(id, JobFile::Upload, 1).await.unwrap(), None);
    let first = claim(&store, 1, AT).await.unwrap();
    assert_eq!((first.id, first.state, first.holder), (id, JobState::Running, Some(1)));
    assert_eq!((first.spec.as_str(), first.total), ("{\"topic\":1}", 6));
    assert_eq!(claim(&store, 2, later(29)).await, None, "it is held");
    let nothing = crate::ImportCounts::default;
    store.job_count(step(&first, 3, later(20)), nothing()).await.unwrap();
    assert_eq!(claim(&store, 2, later(40)).await, None, "and held on");
    let second = claim(&store, 2, later(51)).await.unwrap();
    assert_eq!((second.position.as_str(), second.done, second.holder), ("3", 3, Some(2)));
    let lost = store.job_count(step(&first, 5, later(52)), nothing()).await;
    assert!(matches!(lost, Err(StoreError::Changed("job"))), "{lost:?}");
    let lost = store.job_end((id, first.epoch), JobState::Done, None, later(52)).await;
    assert!(lost.is_err());
    let again = claim(&store, 2, later(52)).await.unwrap();
    assert_eq!(again.epoch, second.epoch + 1, "the same node, restarted");
    store.job_end((id, again.epoch), JobState::Done, None, later(53)).await.unwrap();
    let done = store.job_find(id).await.unwrap().unwrap();
    assert_eq!((done.state, done.ended_at, done.holder), (JobState::Done, Some(later(53)), None));
    assert_eq!(claim(&store, 2, later(999)).await, None);
}

pub(super) async fn a_step_counts_once_with_what_it_imports(store: Store) {
    let world = World::with_contacts(store, 1).await;
    let id = queued(&world.store).await;
    let job = claim(&world.store, 1, later(1)).await.unwrap();
    let import = |rows: Vec<ImportRow>, step| {
        world.store.contacts_import_step(rows, Some(world.topic), "test".into(), later(2), step)
    };
    let rehearsed =
        world.store.contacts_rehearse(vec![row("a@x.org"), row("1@x.org")], None, later(1)).await;
    let rehearsed = rehearsed.unwrap();
    assert_eq!((rehearsed.added, rehearsed.unchanged), (1, 1));
    assert_eq!(world.store.contacts_count().await.unwrap(), 1, "nothing was done");
    import(vec![row("a@x.org")], step(&job, 1, later(3))).await.unwrap();
    let counts = import(vec![row("b@x.org"), row("1@x.org")], step(&job, 2, later(4))).await;
    let counts = counts.unwrap();
    assert_eq!((counts.added, counts.unchanged, counts.subscribed), (2, 1, 2));
    world.store.job_stop(id, later(5)).await.unwrap();
    let stopped = import(vec![row("c@x.org")], step(&job, 3, later(6))).await;
    assert!(matches!(stopped, Err(StoreError::Changed("job"))), "{stopped:?}");
    assert_eq!(world.store.contacts_count().await.unwrap(), 3, "nothing of a refused step");
    let found = world.store.job_find(id).await.unwrap().unwrap();
    assert_eq!((found.state, found.position.as_str()), (JobState::Stopped, "2"));
    assert_eq!(crate::ImportCounts::from_text(&found.counts).unwrap(), counts);
    let rejects = world.store.job_part(id, JobFile::Rejects, 0).await.unwrap();
    assert_eq!(rejects.as_deref(), Some(&b"line"[..]));
}

pub(super) async fn jobs_move_only_forward(store: Store) {
    let id = store.job_create(new_job(), AT).await.unwrap();
    assert!(store.job_queue(id, "{}".into(), None, AT).await.is_err(), "its file is not there");
    store.job_uploaded(id, AT).await.unwrap();
    assert!(store.job_upload(id, 1, vec![1], 2, AT).await.is_err(), "too late");
    store.job_queue(id, "{}".into(), None, AT).await.unwrap();
    assert!(store.job_queue(id, "{}".into(), None, AT).await.is_err(), "once");
    let job = claim(&store, 1, AT).await.unwrap();
    // A rehearsal asks for a decision again.
    store.job_end((id, job.epoch), JobState::Waiting, None, AT).await.unwrap();
    assert_eq!(store.job_find(id).await.unwrap().unwrap().ended_at, None);
    store.job_queue(id, "{}".into(), None, AT).await.unwrap();
    store.job_stop(id, AT).await.unwrap();
    assert!(store.job_stop(id, AT).await.is_err(), "it has ended");
    assert_eq!(claim(&store, 1, later(999)).await, None);
}

pub(super) async fn jobs_are_listed_and_removed_in_the_end(store: Store) {
    let (one, two) = (queued(&store).await, store.job_create(new_job(), AT).await.unwrap());
    let page = store.jobs_page(JobId(i64::MAX), 9).await.unwrap();
    assert_eq!(page.iter().map(|job| job.id).collect::<Vec<_>>(), [two, one]);
    store.job_stop(one, AT).await.unwrap();
    let day = 24 * 60;
    assert!(!store.jobs_expire(later(8 * day)).await.unwrap());
    let abandoned = store.job_find(two).await.unwrap().unwrap();
    assert_eq!(abandoned.state, JobState::Stopped, "nobody has decided for a week");
    assert!(store.jobs_expire(later(31 * day)).await.unwrap());
    assert_eq!(store.job_find(one).await.unwrap(), None);
    assert_eq!(store.job_part(one, JobFile::Upload, 0).await.unwrap(), None);
}
