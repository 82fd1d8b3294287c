use std::collections::BTreeSet;
use std::sync::atomic::{AtomicI64, Ordering};

use model::{ContactId, EmailAddress};
use proptest::prelude::*;
use store::{ActorKind, ActorRecord, AuditFilter, ContactRow, NewJob, StoreOptions};

use super::*;
use crate::job_figures;

const AT: Timestamp = Timestamp(1_795_428_245_000_000);
/// Every look at the clock is a microsecond later.
static NOW: AtomicI64 = AtomicI64::new(AT.0);

fn clock() -> Timestamp {
    Timestamp(NOW.fetch_add(1, Ordering::Relaxed))
}

struct World {
    store: Store,
    keys: Arc<Keyring>,
    /// Holds the store.
    _dir: tempfile::TempDir,
}

impl World {
    /// With contacts `p0@x.org` to `pN@x.org`, of whom every seventh was erased.
    async fn new(contacts: usize) -> Self {
        let dir = tempfile::TempDir::new().unwrap();
        let store = Store::open(&dir.path().join("store.db"), StoreOptions::default()).unwrap();
        let keys = Arc::new(Keyring::generate().unwrap());
        let topic = store.topic_ensure("news".into(), "News".into()).await.unwrap();
        let email = |number: usize| EmailAddress::parse(&format!("p{number}@x.org")).unwrap();
        let row = |number| ContactRow { email: email(number), attributes: Default::default() };
        let rows: Vec<_> = (0..contacts).map(row).collect();
        store.contacts_import(rows, Some(topic), "test".into(), AT).await.unwrap();
        for number in (0..contacts).step_by(7) {
            crate::erase(&store, &keys, &email(number), false, AT).await.unwrap();
        }
        Self { store, keys, _dir: dir }
    }

    async fn asked(&self, list: &str, spec: ErasureSpec) -> JobId {
        let actor = ActorRecord { kind: ActorKind::System, id: None, name: "ops".into() };
        let (title, text) = ("list.csv".to_owned(), spec.to_json().to_string());
        let new =
            NewJob { kind: ERASE_JOB, actor, topic: None, title, spec: text.clone(), of: None };
        let id = self.store.job_create(new, AT).await.unwrap();
        let bytes = i64::try_from(list.len()).unwrap();
        self.store.job_upload(id, 0, list.as_bytes().to_vec(), bytes, AT).await.unwrap();
        self.store.job_uploaded(id, AT).await.unwrap();
        self.store.job_queue(id, text, None, AT).await.unwrap();
        id
    }

    /// Whoever holds it counts as lost.
    async fn claim(&self) -> Option<Job> {
        let hour = 3_600_000_000;
        let now = Timestamp(NOW.fetch_add(hour, Ordering::Relaxed) + hour);
        self.store.job_claim(1, now, now.after(JOB_HELD)).await.unwrap()
    }

    async fn run(&self, job: Job, batch: usize) -> Result<(), StoreError> {
        let shutdown = CancellationToken::new();
        run_by(batch, &self.store, Arc::clone(&self.keys), job, clock, shutdown).await
    }

    async fn done(&self, list: &str, spec: ErasureSpec) -> Job {
        let id = self.asked(list, spec).await;
        let job = self.claim().await.unwrap();
        self.run(job, 7).await.unwrap();
        self.job(id).await
    }

    async fn job(&self, id: JobId) -> Job {
        self.store.job_find(id).await.unwrap().unwrap()
    }

    async fn people(&self) -> BTreeSet<String> {
        let page = self.store.contacts_page(ContactId(i64::MIN), 10_000).await.unwrap();
        page.into_iter().map(|it| it.email).collect()
    }

    /// Entries about people that a job has erased, and whether any of them tells an address.
    async fn logged(&self) -> (usize, bool) {
        let mut entries = Vec::new();
        let mut before = i64::MAX;
        loop {
            let page = self.store.audit_page(AuditFilter::All, before, 1_000).await.unwrap();
            let Some(last) = page.last() else { break };
            before = last.seq;
            entries.extend(page);
        }
        let told = entries.iter().any(|it| format!("{it:?}").contains('@'));
        (entries.iter().filter(|it| it.action == "contact.erase").count(), told)
    }
}

fn whole(at_most: u64) -> ErasureSpec {
    ErasureSpec { contacts_at_most: Some(at_most), ..ErasureSpec::default() }
}

fn figure(job: &Job, name: &str) -> u64 {
    let figures = job_figures(job).unwrap();
    figures.into_iter().find(|it| it.0 == name).unwrap().1
}

/// 90 people of 130, some twice, strangers, and lines that are no addresses.
fn list() -> String {
    let mut list = String::new();
    for line in 0..120 {
        let end = ["\n", "\r\n", "\r", "\n\n"][line % 4];
        match line % 11 {
            5 => list.push_str(&format!("no address {line}{end}")),
            8 => list.push_str(&format!("stranger{}@x.org{end}", line % 20)),
            _ => list.push_str(&format!("P{}@X.org{end}", line % 90)),
        }
    }
    list
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn however_an_erasure_is_interrupted_it_ends_as_if_it_was_not() {
    let direct = World::new(130).await;
    let ended = direct.done(&list(), whole(130)).await;
    assert_eq!((ended.state, ended.problem.as_deref()), (JobState::Done, None));
    assert_eq!(ended.done, ended.total);
    let (people, figures) = (direct.people().await, job_figures(&ended).unwrap());
    let logged = direct.logged().await;
    assert!(!logged.1, "no entry tells an address");
    let mut interrupted = 0;
    for round in 0..4 {
        let world = World::new(130).await;
        let id = world.asked(&list(), whole(130)).await;
        let mut job = world.claim().await.unwrap();
        loop {
            let run = world.run(job.clone(), 7);
            // Another node takes over after some steps, at any moment of a step.
            let taken = async {
                let from = (job.done, job.counts.clone());
                let mut steps = 0;
                let mut last = from.clone();
                loop {
                    let now = world.job(id).await;
                    let at = (now.done, now.counts.clone());
                    steps += i64::from(at != last);
                    last = at;
                    if steps > 3 + round * 11 || !now.state.is_open() {
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
        assert_eq!((ended.state, ended.problem.as_deref()), (JobState::Done, None));
        assert_eq!(job_figures(&ended).unwrap(), figures);
        assert_eq!(world.people().await, people);
        assert_eq!(world.logged().await, logged, "one entry for each");
        assert_eq!(world.store.job_part(id, JobFile::Upload, 0).await.unwrap(), None);
        assert!(!world.store.erasure_settle().await.unwrap(), "nothing is left");
    }
    assert!(interrupted > 6, "{interrupted} interruptions are too few to tell");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_rehearsal_counts_the_same_and_erases_nobody() {
    let world = World::new(60).await;
    let before = world.people().await;
    let rehearsal = ErasureSpec { rehearsal: true, ..ErasureSpec::default() };
    let rehearsed = world.done(&list(), rehearsal).await;
    assert_eq!(rehearsed.state, JobState::Waiting, "somebody has to decide now");
    assert_eq!((world.people().await, world.logged().await.0), (before, 0));
    let (contacts, id) = (figure(&rehearsed, "contacts"), rehearsed.id);
    assert!(contacts > 20, "{contacts}");
    assert!(world.store.job_part(id, JobFile::Upload, 0).await.unwrap().is_some());
    let spec = whole(contacts).to_json().to_string();
    world.store.job_queue(id, spec, None, clock()).await.unwrap();
    let job = world.claim().await.unwrap();
    world.run(job, 1_000).await.unwrap();
    let done = world.job(id).await;
    assert_eq!((done.state, figure(&done, "erased")), (JobState::Done, contacts));
    for (name, count) in job_figures(&rehearsed).unwrap() {
        if name != "erased" {
            assert_eq!(figure(&done, name), count, "{name}");
        }
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_list_with_more_contacts_than_were_confirmed_erases_nobody() {
    let world = World::new(60).await;
    let before = world.people().await;
    let failed = world.done("p1@x.org\np2@x.org\np3@x.org\n", whole(2)).await;
    assert_eq!(failed.state, JobState::Failed);
    let why = failed.problem.unwrap();
    assert!(why.contains("3 contacts") && why.contains("2 were confirmed"), "{why}");
    assert_eq!((world.people().await, world.logged().await.0), (before, 0));
    assert_eq!(world.store.job_part(failed.id, JobFile::Upload, 0).await.unwrap(), None);
    assert!(world.store.erasure_settle().await.unwrap());
    assert!(!world.store.erasure_settle().await.unwrap());
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_server_that_shuts_down_hands_an_erasure_over() {
    let world = World::new(60).await;
    let id = world.asked("p1@x.org\np2@x.org\n", whole(2)).await;
    let job = world.claim().await.unwrap();
    let shutdown = CancellationToken::new();
    shutdown.cancel();
    let keys = Arc::clone(&world.keys);
    run_by(7, &world.store, keys, job, clock, shutdown).await.unwrap();
    let now = clock();
    let next = world.store.job_claim(2, now, now.after(JOB_HELD)).await.unwrap().unwrap();
    world.run(next, 7).await.unwrap();
    assert_eq!(figure(&world.job(id).await, "erased"), 2);
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(24))]

    /// In any order, in upper and lower case, with repetitions and whatever else: exactly who is
    /// listed is gone, and was counted once.
    #[test]
    fn exactly_the_listed_people_are_erased(
        lines in prop::collection::vec((0_usize..60, any::<bool>(), 0_u8..9), 0..80),
        batch in 1_usize..30,
    ) {
        let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).build();
        runtime.unwrap().block_on(async {
            let world = World::new(40).await;
            let before = world.people().await;
            let mut list = String::from("email\n");
            let mut listed = BTreeSet::new();
            for (number, upper, kind) in lines {
                let address = format!("p{number}@x.org");
                match kind {
                    0 => list.push_str("nobody\n"),
                    1 => list.push_str("\r\n"),
                    _ if upper => list.push_str(&format!("\"{}\"\r\n", address.to_uppercase())),
                    _ => list.push_str(&format!("{address}\n")),
                }
                if kind > 1 {
                    listed.insert(address);
                }
            }
            let id = world.asked(&list, whole(60)).await;
            let job = world.claim().await.unwrap();
            world.run(job, batch).await.unwrap();
            let ended = world.job(id).await;
            assert_eq!(ended.state, JobState::Done, "{:?}", ended.problem);
            let left: BTreeSet<String> = before.difference(&listed).cloned().collect();
            assert_eq!(world.people().await, left);
            let gone = u64::try_from(before.intersection(&listed).count()).unwrap();
            assert_eq!(figure(&ended, "erased"), gone);
            assert_eq!(figure(&ended, "contacts"), gone);
            let once = ["contacts", "unknown", "erased_before"];
            let once: u64 = once.into_iter().map(|name| figure(&ended, name)).sum();
            assert_eq!(once, u64::try_from(listed.len()).unwrap());
        });
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn whoever_is_in_a_list_is_in_no_file_of_a_job_afterwards() {
    let world = World::new(30).await;
    let others = world.asked("p1@x.org\n", whole(1)).await;
    let put = |number, text: &str| {
        let file = (others, JobFile::Rejects);
        world.store.job_part_put(file.0, file.1, number, text.as_bytes().to_vec())
    };
    put(0, "line,why,email\n3,too long,p22").await.unwrap();
    let job = world.claim().await.unwrap();
    world.store.job_end((others, job.epoch), JobState::Failed, None, AT).await.unwrap();
    // Of three batches, nobody of whom is in that file.
    let list: String = (1..20).map(|number| format!("p{number}@x.org\n")).collect();
    world.done(&list, whole(30)).await;
    assert_eq!(world.store.job_parts(others, JobFile::Rejects).await.unwrap(), 1);
    // Behind the first batch, and in two parts.
    put(1, "@X.org,\n").await.unwrap();
    let list: String = (1..25).map(|number| format!("p{number}@x.org\n")).collect();
    world.done(&list, whole(30)).await;
    assert_eq!(world.store.job_parts(others, JobFile::Rejects).await.unwrap(), 0);
}
