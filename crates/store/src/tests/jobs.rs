//! Long work, however it is interrupted.

use std::collections::BTreeMap;
use std::time::Duration;

use model::{JobId, Timestamp, TopicId};

use super::world::{AT, World, email, later};
use crate::{
    ActorKind, ActorRecord, ContactRow, ErasedPeople, ImportCounts, ImportReach, ImportRow, Job,
    JobFile, JobState, JobStep, NewJob, Store, StoreError,
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
        let reach = ImportReach { topic: Some(world.topic), ..ImportReach::default() };
        world.store.contacts_import_step(rows, reach, "test".into(), later(2), step)
    };
    let rehearsed = world
        .store
        .contacts_rehearse(vec![row("a@x.org"), row("1@x.org")], ImportReach::default(), later(1))
        .await;
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

pub(super) async fn an_import_within_topics_leaves_contacts_of_others_alone(store: Store) {
    let world = World::with_contacts(store, 2).await;
    let other = world.store.topic_ensure("other".into(), "Other".into()).await.unwrap();
    let import = async |within: Vec<TopicId>, addresses: [&str; 3]| {
        let id = queued(&world.store).await;
        let job = claim(&world.store, 1, later(1)).await.unwrap();
        let rows = addresses.map(row).to_vec();
        let reach = ImportReach { topic: Some(other), within, ..ImportReach::default() };
        let rehearsed = world.store.contacts_rehearse(rows.clone(), reach.clone(), later(2)).await;
        let step = step(&job, 1, later(2));
        let counts =
            world.store.contacts_import_step(rows, reach, "test".into(), later(2), step).await;
        world.store.job_end((id, job.epoch), JobState::Done, None, later(3)).await.unwrap();
        let told = |it: &ImportCounts| (it.of_other_topics, it.added, it.subscribed);
        let counts = counts.unwrap();
        assert_eq!(told(&rehearsed.unwrap()), told(&counts));
        told(&counts)
    };
    // 1@x.org and 2@x.org are of the world's topic.
    assert_eq!(import(vec![other], ["2@x.org", "1@X.org", "a@x.org"]).await, (2, 1, 1));
    let both = vec![other, world.topic];
    assert_eq!(import(both, ["2@x.org", "a@x.org", "b@x.org"]).await, (0, 1, 2));
    assert_eq!(import(vec![other], ["2@x.org", "1@x.org", "a@x.org"]).await, (1, 0, 0));
    assert_eq!(import(Vec::new(), ["1@x.org", "a@x.org", "b@x.org"]).await, (0, 0, 1));
}

pub(super) async fn what_an_ended_job_has_read_is_removed_step_by_step(store: Store) {
    let (open, ended) = (queued(&store).await, store.job_create(new_job(), AT).await.unwrap());
    for number in 0..100 {
        store.job_upload(ended, number, vec![7], 1, AT).await.unwrap();
    }
    assert_eq!(store.jobs_open_bytes().await.unwrap(), 7);
    store.job_part_put(ended, JobFile::Rejects, 0, vec![7]).await.unwrap();
    assert!(!store.job_uploads_drop().await.unwrap(), "both may still read");
    store.job_stop(ended, AT).await.unwrap();
    assert_eq!(store.jobs_open_bytes().await.unwrap(), 6);
    let mut rounds = 0;
    while store.job_uploads_drop().await.unwrap() {
        rounds += 1;
    }
    assert_eq!(rounds, 2, "64 parts at once");
    assert_eq!(store.job_part(ended, JobFile::Upload, 99).await.unwrap(), None);
    assert!(store.job_part(ended, JobFile::Rejects, 0).await.unwrap().is_some());
    assert!(store.job_part(open, JobFile::Upload, 0).await.unwrap().is_some());
}

pub(super) async fn a_file_of_which_no_more_comes_is_given_up_after_an_hour(store: Store) {
    let id = store.job_create(new_job(), AT).await.unwrap();
    let state = async || store.job_find(id).await.unwrap().unwrap().state;
    store.job_upload(id, 0, vec![7], 1, later(30)).await.unwrap();
    store.jobs_expire(later(89)).await.unwrap();
    assert_eq!(state().await, JobState::Uploading);
    store.jobs_expire(later(91)).await.unwrap();
    assert_eq!(state().await, JobState::Stopped);
}

pub(super) async fn whoever_is_erased_is_in_no_file_of_a_job(store: Store) {
    let import = queued(&store).await;
    let export = NewJob { kind: "export", ..new_job() };
    let (done, running) = (
        store.job_ask(export.clone(), 0, AT).await.unwrap(),
        store.job_ask(export, 0, AT).await.unwrap(),
    );
    let job = claim(&store, 1, AT).await.unwrap();
    assert_eq!(job.id, import);
    let known = |address: &str, plan: &str| {
        let attributes = BTreeMap::from([("plan".to_owned(), plan.to_owned())]);
        ImportRow::from(ContactRow { email: email(address), attributes })
    };
    let rows = |plan| vec![known("ann@x.org", plan), known("bob@x.org", plan)];
    let before = rows("free");
    let before = before.into_iter().map(|it| it.contact).collect();
    store.contacts_import(before, None, "test".into(), AT).await.unwrap();
    store
        .contacts_import_step(
            rows("pro"),
            ImportReach::default(),
            "test".into(),
            later(1),
            step(&job, 1, AT),
        )
        .await
        .unwrap();
    store.job_end((import, job.epoch), JobState::Done, None, AT).await.unwrap();
    // The address lies across two parts.
    let part = |text: &str| [vec![b'.'; 20], text.as_bytes().to_vec()].concat();
    store.job_part_put(import, JobFile::Rejects, 0, part("5,,why,Ann@")).await.unwrap();
    store.job_part_put(import, JobFile::Rejects, 1, b"X.org,pro\n".to_vec()).await.unwrap();
    store.job_part_put(done, JobFile::Result, 0, part("\njoann@x.org\nbob@x.org")).await.unwrap();
    let held = claim(&store, 1, AT).await.unwrap();
    store.job_end((done, held.epoch), JobState::Done, None, AT).await.unwrap();
    let writing = claim(&store, 1, later(1)).await.unwrap();
    assert_eq!(writing.id, running);
    let put = |job: &Job| {
        store.job_part_put_held((job.id, job.epoch), JobFile::Result, 0, b"ann@x.org".to_vec())
    };
    put(&writing).await.unwrap();

    let ann = store.contact_by_email(email("ann@x.org")).await.unwrap().unwrap().id;
    let people = ErasedPeople::new(["ann@x.org".to_owned()], [ann]);
    store.job_files_forget(&people).await.unwrap();
    store.address_erase("ann@x.org".into(), [9; 32], later(2)).await.unwrap();
    assert_eq!(store.job_parts(import, JobFile::Rejects).await.unwrap(), 0);
    assert_eq!(store.job_parts(done, JobFile::Result).await.unwrap(), 1, "it names somebody else");
    let kept = store.job_part(import, JobFile::Changes, 0).await.unwrap().unwrap();
    let kept = crate::ImportChanges::from_bytes(&kept).unwrap().into_list();
    let values: Vec<usize> = kept.iter().map(|it| it.values.len()).collect();
    assert_eq!(values, [0, 1], "ann has none any more, and bob still has");
    assert_eq!(store.job_parts(running, JobFile::Result).await.unwrap(), 0, "it begins anew");
    assert!(put(&writing).await.is_err(), "and whoever wrote it does not go on");
    let again = claim(&store, 2, later(3)).await.unwrap();
    assert_eq!((again.id, again.position.as_str()), (running, ""));
}
