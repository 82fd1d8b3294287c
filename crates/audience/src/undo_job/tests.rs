use std::collections::BTreeMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};

use model::ContactId;
use store::{ActorKind, ActorRecord, ListedContact, NewJob, StoreOptions};
use token::Keyring;

use super::*;
use crate::IMPORT_JOB;
use crate::run_import_job;

const AT: Timestamp = Timestamp(1_795_428_245_000_000);
/// Every look at the clock is a microsecond later.
static NOW: AtomicI64 = AtomicI64::new(AT.0 + 1);

fn clock() -> Timestamp {
    Timestamp(NOW.fetch_add(1, Ordering::Relaxed))
}

struct World {
    store: Store,
    /// Holds the store.
    _dir: tempfile::TempDir,
}

impl World {
    /// With people of whom the file knows some.
    async fn new() -> Self {
        let dir = tempfile::TempDir::new().unwrap();
        let store = Store::open(&dir.path().join("store.db"), StoreOptions::default()).unwrap();
        let topic = store.topic_ensure("news".into(), "News".into()).await.unwrap();
        let row = |number: usize| store::ContactRow {
            email: model::EmailAddress::parse(&format!("p{number}@x.org")).unwrap(),
            attributes: BTreeMap::from([("plan".to_owned(), format!("old {number}"))]),
        };
        let known: Vec<_> = (0..200).map(|number| row(number * 3)).collect();
        store.contacts_import(known, None, "before".into(), AT).await.unwrap();
        let some: Vec<_> = (0..20).map(|number| row(number * 3)).collect();
        store.contacts_import(some, Some(topic), "before".into(), AT).await.unwrap();
        Self { store, _dir: dir }
    }

    async fn imported(&self) -> JobId {
        let mut file = String::from("email,plan,city\n");
        for row in 0..900 {
            // Some of them twice.
            file.push_str(&format!("p{}@x.org,new {row},Rome\n", row % 800));
        }
        let spec = ImportSpec { topic: Some("news".into()), ..ImportSpec::default() };
        let spec = spec.to_json().to_string();
        let new = NewJob { spec: spec.clone(), ..job(IMPORT_JOB, None) };
        let id = self.store.job_create(new, clock()).await.unwrap();
        let bytes = i64::try_from(file.len()).unwrap();
        self.store.job_upload(id, 0, file.into_bytes(), bytes, clock()).await.unwrap();
        self.store.job_uploaded(id, clock()).await.unwrap();
        self.store.job_queue(id, spec, None, clock()).await.unwrap();
        let job = self.claim().await.unwrap();
        let keys = Arc::new(Keyring::generate().unwrap());
        let shutdown = CancellationToken::new();
        run_import_job(&self.store, (keys, Default::default()), job, clock, shutdown)
            .await
            .unwrap();
        id
    }

    async fn ask(&self, import: JobId, rehearsal: bool) -> JobId {
        let spec = UndoSpec { rehearsal }.to_json();
        let new = NewJob { spec, ..job(UNDO_JOB, Some(import)) };
        self.store.job_ask(new, 800, clock()).await.unwrap()
    }

    /// Whoever holds it counts as lost.
    async fn claim(&self) -> Option<Job> {
        let hour = 3_600_000_000;
        let now = Timestamp(NOW.fetch_add(hour, Ordering::Relaxed) + hour);
        self.store.job_claim(1, now, now.after(JOB_HELD)).await.unwrap()
    }

    async fn run(&self, job: Job) -> Result<(), StoreError> {
        run_by(16, &self.store, job, clock, CancellationToken::new()).await
    }

    async fn job(&self, id: JobId) -> Job {
        self.store.job_find(id).await.unwrap().unwrap()
    }

    async fn people(&self) -> Vec<ListedContact> {
        self.store.contacts_page(ContactId(i64::MIN), 10_000).await.unwrap()
    }
}

fn job(kind: &'static str, of: Option<JobId>) -> NewJob {
    let actor = ActorRecord { kind: ActorKind::System, id: None, name: "ops".into() };
    NewJob { kind, actor, topic: None, title: "people.csv".into(), spec: String::new(), of }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn however_an_undo_is_interrupted_it_ends_as_if_it_was_not() {
    let mut interrupted = 0;
    let mut ends = Vec::new();
    for round in 0..5 {
        let world = World::new().await;
        let before = world.people().await;
        let import = world.imported().await;
        assert_eq!((before.len(), world.people().await.len()), (200, 800));
        let id = world.ask(import, false).await;
        let mut job = world.claim().await.unwrap();
        loop {
            let run = world.run(job.clone());
            // Another node takes over after some steps, at any moment of a step.
            let taken = async {
                loop {
                    let now = world.job(id).await;
                    if now.done > job.done + round * 60 || !now.state.is_open() {
                        return world.claim().await;
                    }
                    tokio::task::yield_now().await;
                }
            };
            let (ran, taken) = tokio::join!(run, taken);
            let Some(next) = taken else {
                ran.unwrap();
                break;
            };
            interrupted += usize::from(ran.is_err());
            job = next;
        }
        let ended = world.job(id).await;
        assert_eq!((ended.state, ended.problem), (JobState::Done, None));
        assert_eq!(world.people().await, before);
        ends.push(UndoCounts::from_text(&ended.counts).unwrap());
    }
    assert!(ends.iter().all(|it| *it == ends[0]), "{ends:?}");
    assert!(interrupted > 4, "{interrupted} interruptions are too few to tell");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_rehearsal_counts_the_same_and_changes_nothing() {
    let world = World::new().await;
    let before = world.people().await;
    let import = world.imported().await;
    let people = world.people().await;
    let id = world.ask(import, true).await;
    let job = world.claim().await.unwrap();
    world.run(job).await.unwrap();
    let rehearsed = world.job(id).await;
    assert_eq!(rehearsed.state, JobState::Waiting, "somebody has to decide now");
    assert_eq!(world.people().await, people);
    let spec = UndoSpec { rehearsal: false }.to_json();
    world.store.job_queue(id, spec, None, clock()).await.unwrap();
    let job = world.claim().await.unwrap();
    world.run(job).await.unwrap();
    let done = world.job(id).await;
    assert_eq!((done.state, done.problem), (JobState::Done, None));
    assert_eq!(done.counts, rehearsed.counts);
    assert_eq!(world.people().await, before);
}

#[tokio::test]
async fn an_undo_whose_import_is_gone_says_so() {
    let world = World::new().await;
    let id = world.ask(JobId(77), false).await;
    let job = world.claim().await.unwrap();
    world.run(job).await.unwrap();
    let failed = world.job(id).await;
    assert_eq!(failed.state, JobState::Failed);
    assert!(failed.problem.unwrap().contains("not kept any more"));
}
