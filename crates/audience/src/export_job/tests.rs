use std::collections::BTreeMap;
use std::sync::atomic::{AtomicI64, Ordering};

use model::{EmailAddress, JobId, Removal, SubscriptionState, TopicScope};
use store::{
    ActorKind, ActorRecord, ContactChange, ContactQuery, ContactRow, ContactState, JobFile, NewJob,
    Scope, StoreOptions,
};

use super::*;

const AT: Timestamp = Timestamp(1_795_428_245_000_000);
/// Every look at the clock is a microsecond later.
static NOW: AtomicI64 = AtomicI64::new(AT.0);

fn clock() -> Timestamp {
    Timestamp(NOW.fetch_add(1, Ordering::Relaxed))
}

struct World {
    store: Store,
    /// Holds the store.
    _dir: tempfile::TempDir,
}

impl World {
    async fn new(people: usize) -> Self {
        let dir = tempfile::TempDir::new().unwrap();
        let store = Store::open(&dir.path().join("store.db"), StoreOptions::default()).unwrap();
        let topic = store.topic_ensure("news".into(), "News".into()).await.unwrap();
        let row = |number: usize| ContactRow {
            email: EmailAddress::parse(&format!("p{number}@x.org")).unwrap(),
            attributes: BTreeMap::from([(
                "note".to_owned(),
                format!("={number} {}", "x".repeat(500)),
            )]),
        };
        let rows: Vec<ContactRow> = (0..people).map(row).collect();
        let (odd, even): (Vec<_>, Vec<_>) =
            rows.into_iter().enumerate().partition(|(number, _)| number % 2 == 1);
        for (rows, topic) in [(odd, Some(topic)), (even, None)] {
            let rows = rows.into_iter().map(|(_, row)| row).collect::<Vec<_>>();
            store.contacts_import(rows, topic, "before".into(), AT).await.unwrap();
        }
        Self { store, _dir: dir }
    }

    async fn ask(&self, query: ContactQuery) -> JobId {
        let actor = ActorRecord { kind: ActorKind::System, id: None, name: "ops".into() };
        let spec = ExportSpec { query, topics: TopicScope::All }.to_json();
        let title = "contacts.csv".to_owned();
        let new = NewJob { kind: EXPORT_JOB, actor, topic: None, title, spec, of: None };
        self.store.job_ask(new, 0, clock()).await.unwrap()
    }

    /// Whoever holds it counts as lost.
    async fn claim(&self) -> Option<Job> {
        let hour = 3_600_000_000;
        let now = Timestamp(NOW.fetch_add(hour, Ordering::Relaxed) + hour);
        self.store.job_claim(1, now, now.after(JOB_HELD)).await.unwrap()
    }

    async fn run(&self, job: Job) -> Result<(), StoreError> {
        run_export_job(&self.store, job, clock, CancellationToken::new()).await
    }

    async fn job(&self, id: JobId) -> Job {
        self.store.job_find(id).await.unwrap().unwrap()
    }

    /// The lines of the file, as long as it says it is.
    async fn file(&self, id: JobId) -> Vec<String> {
        let mut bytes = Vec::new();
        for number in 0.. {
            match self.store.job_part(id, JobFile::Result, number).await.unwrap() {
                Some(part) => bytes.extend(part),
                None => break,
            }
        }
        let written = export_progress(&self.job(id).await).bytes;
        bytes.truncate(usize::try_from(written).unwrap());
        String::from_utf8(bytes).unwrap().lines().map(str::to_owned).collect()
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn however_an_export_is_interrupted_its_file_is_whole() {
    let world = World::new(9_000).await;
    let query = ContactQuery { topic: Some("news".into()), ..ContactQuery::default() };
    let mut interrupted = 0;
    let mut files = Vec::new();
    for round in 0..3 {
        let id = world.ask(query.clone()).await;
        let mut job = world.claim().await.unwrap();
        loop {
            let run = world.run(job.clone());
            let taken = async {
                loop {
                    let now = world.job(id).await;
                    if now.done > job.done + round * 100 || !now.state.is_open() {
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
        assert_eq!(world.job(id).await.state, JobState::Done);
        assert_eq!(export_progress(&world.job(id).await).contacts, 4_500);
        files.push(world.file(id).await);
    }
    assert!(interrupted > 2, "{interrupted} interruptions are too few to tell");
    let file = &files[0];
    assert_eq!(file.len(), 4_501);
    assert_eq!(file[0], "email,mail status,subscribed to,tagged with,note");
    let one = format!("p8999@x.org,subscribed,news,,'=8999 {}", "x".repeat(500));
    assert!(file.contains(&one), "no cell begins a formula");
    assert!(files.iter().all(|it| it == file));
    // Once for each export, in the name of who has asked for it.
    let log = world.store.audit_after(0).await.unwrap();
    let told: Vec<_> = log.iter().map(|it| (it.action.as_str(), it.actor_name.as_str())).collect();
    assert_eq!(told, [("contacts.exported", "ops"); 3]);
    assert!(log[0].after.as_deref().unwrap().contains("\"contacts\":4500"), "{log:?}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_attribute_that_comes_meanwhile_gets_its_column() {
    let world = World::new(6_000).await;
    let id = world.ask(ContactQuery::default()).await;
    let job = world.claim().await.unwrap();
    let spec = ExportSpec::from_json(&job.spec).unwrap();
    let mut run = ExportRun::resumed(&world.store, &job, &spec, clock).await.unwrap();
    // All names are known, and some lines are written.
    for _ in 0..3 {
        assert!(!run.some().await.unwrap());
    }
    assert!(run.place.writes && run.place.contacts > 0);
    let first = EmailAddress::parse("p1@x.org").unwrap();
    let first = world.store.contact_by_email(first).await.unwrap().unwrap().id;
    let attributes = BTreeMap::from([("city".to_owned(), "Rome".to_owned())]);
    let change = ContactChange { email: None, attributes };
    world.store.contact_change(first, None, change, clock()).await.unwrap();
    world.store.job_release(id, job.epoch, clock()).await.unwrap();
    let job = world.claim().await.unwrap();
    world.run(job).await.unwrap();
    let file = world.file(id).await;
    assert_eq!(file.len(), 6_001);
    assert_eq!(file[0], "email,mail status,subscribed to,tagged with,city,note");
    assert!(file.iter().any(|line| line.starts_with("p1@x.org,subscribed,news,,Rome,")));
    let people: std::collections::BTreeSet<&str> =
        file.iter().filter_map(|line| line.split(',').next()).collect();
    assert_eq!(people.len(), 6_001, "nobody twice");
}

#[tokio::test]
async fn nobody_is_a_file_with_a_first_line() {
    let world = World::new(3).await;
    let query = ContactQuery { address_part: Some("nobody".into()), ..ContactQuery::default() };
    let id = world.ask(query).await;
    let job = world.claim().await.unwrap();
    world.run(job).await.unwrap();
    assert_eq!(world.file(id).await, ["email,mail status,subscribed to,tagged with"]);
}

#[tokio::test]
async fn whoever_has_left_is_in_no_export_of_those_who_are_subscribed() {
    let world = World::new(6).await;
    let gone = EmailAddress::parse("p3@x.org").unwrap();
    let gone = world.store.contact_by_email(gone).await.unwrap().unwrap().id;
    let topic = world.store.topic_by_slug("news".into()).await.unwrap().unwrap().id;
    let (scope, why) = (Scope::Topic(topic), Removal::Request);
    world.store.contact_leave(gone, scope, why, None, [0; 32], clock()).await.unwrap();
    let subscription = |state| Some(ContactState::Subscription(state));
    for (state, people) in [
        (None, vec!["p5@x.org", "p3@x.org", "p1@x.org"]),
        (subscription(SubscriptionState::Subscribed), vec!["p5@x.org", "p1@x.org"]),
        (subscription(SubscriptionState::Unsubscribed), vec!["p3@x.org"]),
    ] {
        let query = ContactQuery { topic: Some("news".into()), state, ..ContactQuery::default() };
        let id = world.ask(query).await;
        let job = world.claim().await.unwrap();
        world.run(job).await.unwrap();
        let file = world.file(id).await;
        let told: Vec<&str> = file[1..].iter().filter_map(|line| line.split(',').next()).collect();
        assert_eq!(told, people, "{state:?}");
    }
}
