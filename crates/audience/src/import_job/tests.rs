use std::sync::atomic::{AtomicI64, Ordering};

use model::{ContactId, JobId};
use store::{ActorKind, ActorRecord, JOB_PART_BYTES, NewJob, StoreOptions};

use super::*;
use crate::presets::ExportFrom;
use crate::source::tests::{Member, gzip, zip};
use crate::{ImportOptions, import};

const AT: Timestamp = Timestamp(1_795_428_245_000_000);
const SLUG: &str = "news";
/// Every look at the clock is a microsecond later.
static NOW: AtomicI64 = AtomicI64::new(AT.0);

fn clock() -> Timestamp {
    Timestamp(NOW.fetch_add(1, Ordering::Relaxed))
}

/// New and repeated people, rows that can't be used, every kind of line end.
fn file(rows: usize) -> Vec<u8> {
    let mut text = String::from("email,First Name,note\r\n");
    for row in 0..rows {
        let end = ["\n", "\r\n", "\r", "\n\n"][row % 4];
        let person = row % (rows * 3 / 4);
        match row % 11 {
            7 => text.push_str(&format!("no address {row},x,y{end}")),
            9 => text.push_str(&format!("p{person}@x.org,too,few,or,many{end}")),
            _ => text.push_str(&format!("p{person}@x.org,N{row},\"a, b\"{end}")),
        }
    }
    text.into_bytes()
}

struct World {
    store: Store,
    keys: Arc<Keyring>,
    /// Holds the store.
    _dir: tempfile::TempDir,
}

impl World {
    async fn new() -> Self {
        let dir = tempfile::TempDir::new().unwrap();
        let store = Store::open(&dir.path().join("store.db"), StoreOptions::default()).unwrap();
        store.topic_ensure(SLUG.into(), "News".into()).await.unwrap();
        let keys = Arc::new(Keyring::generate().unwrap());
        Self { store, keys, _dir: dir }
    }

    async fn uploaded(&self, file: &[u8]) -> JobId {
        let actor = ActorRecord { kind: ActorKind::System, id: None, name: "ops".into() };
        let (title, spec) = ("people.csv".to_owned(), "{}".to_owned());
        let new = NewJob { kind: IMPORT_JOB, actor, topic: None, title, spec, of: None };
        let id = self.store.job_create(new, AT).await.unwrap();
        let mut total = 0;
        for (number, part) in (0..).zip(file.chunks(JOB_PART_BYTES)) {
            total += i64::try_from(part.len()).unwrap();
            self.store.job_upload(id, number, part.to_vec(), total, AT).await.unwrap();
        }
        self.store.job_uploaded(id, AT).await.unwrap();
        id
    }

    async fn queue(&self, id: JobId, rehearsal: bool) {
        let (topic, from) = (Some(SLUG.into()), ExportFrom::Recognised);
        let spec = ImportSpec { topic, rehearsal, from, ..ImportSpec::default() };
        self.store.job_queue(id, spec.to_json().to_string(), None, AT).await.unwrap();
    }

    /// Whoever holds it counts as lost.
    async fn claim(&self) -> Option<Job> {
        let hour = 3_600_000_000;
        let now = Timestamp(NOW.fetch_add(hour, Ordering::Relaxed) + hour);
        self.store.job_claim(1, now, now.after(JOB_HELD)).await.unwrap()
    }

    async fn run(&self, job: Job, batch: usize) -> Result<(), StoreError> {
        let shutdown = CancellationToken::new();
        run_by(
            batch,
            &self.store,
            (Arc::clone(&self.keys), Default::default()),
            job,
            clock,
            shutdown,
        )
        .await
    }

    async fn rejects(&self, id: JobId) -> Vec<u8> {
        let mut bytes = Vec::new();
        for number in 0.. {
            match self.store.job_part(id, JobFile::Rejects, number).await.unwrap() {
                Some(part) => bytes.extend(part),
                None => return bytes,
            }
        }
        bytes
    }

    async fn people(&self) -> Vec<String> {
        let page = self.store.contacts_page(ContactId(i64::MIN), 10_000).await.unwrap();
        let told = |it: store::ListedContact| format!("{} {:?}", it.email, it.attributes);
        let mut people: Vec<String> = page.into_iter().map(told).collect();
        people.sort();
        people
    }
}

/// The same file imported by a command.
async fn at_once(file: &[u8], batch: usize) -> (World, ImportSummary, Vec<u8>) {
    let world = World::new().await;
    let topic = world.store.topic_by_slug(SLUG.into()).await.unwrap().map(|topic| topic.id);
    let spec = ImportSpec { from: ExportFrom::Recognised, ..ImportSpec::default() };
    let (columns, reading) = (spec.columns(), spec.reading());
    let source = "import of people.csv".to_owned();
    let (tracking, everyone) = (None, None);
    let options = ImportOptions {
        topic,
        source,
        basis: Default::default(),
        reading,
        columns,
        tracking,
        tags: Vec::new(),
        everyone,
        review: Default::default(),
        addresses: Default::default(),
        batch,
    };
    let (store, keys, file) = (world.store.clone(), Arc::clone(&world.keys), file.to_vec());
    let handle = Handle::current();
    let work = move || {
        let mut rejects = Vec::new();
        let to = (&store, &*keys, &handle);
        let summary = import(
            to,
            std::io::Cursor::new(file),
            &options,
            (&mut rejects, &mut Vec::new()),
            &mut |_| {},
            AT,
        )
        .unwrap();
        (summary, rejects)
    };
    let (summary, rejects) = tokio::task::spawn_blocking(work).await.unwrap();
    (world, summary, rejects)
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn however_a_job_is_interrupted_it_ends_as_if_it_was_not() {
    let (rows, batch) = (600, 20);
    let file = file(rows);
    let (direct, summary, rejects) = at_once(&file, batch).await;
    let (people, mut interrupted) = (direct.people().await, 0);
    for round in 0..6 {
        let world = World::new().await;
        let id = world.uploaded(&file).await;
        world.queue(id, false).await;
        let mut job = world.claim().await.unwrap();
        loop {
            let run = world.run(job.clone(), batch);
            // Another node takes over after some steps, at any moment of a step.
            let taken = async {
                let from = job.done;
                let behind = i64::from(round * 700 + 300);
                loop {
                    let now = world.store.job_find(id).await.unwrap().unwrap();
                    if now.done > from + behind || !now.state.is_open() {
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
            if ran.is_err() {
                interrupted += 1;
            }
            job = next;
        }
        let ended = world.store.job_find(id).await.unwrap().unwrap();
        assert_eq!((ended.state, ended.problem), (JobState::Done, None));
        let ended = world.store.job_find(id).await.unwrap().unwrap();
        assert_eq!(import_progress(&ended).unwrap(), summary);
        assert_eq!(ended.done, i64::try_from(file.len()).unwrap());
        assert_eq!(world.rejects(id).await, rejects);
        assert_eq!(world.people().await, people);
    }
    assert!(interrupted > 6, "{interrupted} interruptions are too few to tell");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn warnings_are_listed_and_counted_the_same_after_interruptions() {
    let mut file = String::from("email\n");
    for row in 0..300 {
        let address = match row % 10 {
            3 => format!("info@d{row}.example"),
            6 => format!("p{row}@gmial.com"),
            8 => format!("p{row}@mailinator.com"),
            _ => format!("p{row}@x.org"),
        };
        file.push_str(&format!("{address}\n"));
    }
    let mut lists = Vec::new();
    for takes in [0, 4] {
        let world = World::new().await;
        let id = world.uploaded(file.as_bytes()).await;
        world.queue(id, false).await;
        let mut job = world.claim().await.unwrap();
        for _ in 0..takes {
            let run = world.run(job.clone(), 10);
            let taken = async {
                let from = job.done;
                loop {
                    let now = world.store.job_find(id).await.unwrap().unwrap();
                    if now.done > from || !now.state.is_open() {
                        return world.claim().await;
                    }
                    tokio::task::yield_now().await;
                }
            };
            let (_, taken) = tokio::join!(run, taken);
            job = taken.unwrap_or(job);
        }
        // Whoever took it last ends it, unless it has ended.
        let _ = world.run(job, 10).await;
        let ended = world.store.job_find(id).await.unwrap().unwrap();
        assert_eq!((ended.state, &ended.problem), (JobState::Done, &None));
        let summary = import_progress(&ended).unwrap();
        assert_eq!((summary.role_addresses, summary.typos, summary.disposable), (30, 30, 30));
        let part = world.store.job_part(id, JobFile::Warnings, 0).await.unwrap().unwrap();
        assert_eq!(import_warnings(&ended), part.len() as u64);
        lists.push(String::from_utf8(part).unwrap());
    }
    assert_eq!(lists[0].lines().count(), 91);
    assert_eq!(lists[0], lists[1]);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_packed_file_is_resumed_where_it_was() {
    let (rows, batch) = (600, 20);
    let text = file(rows);
    let wide: Vec<u8> = std::iter::once(0xfeff)
        .chain(String::from_utf8(text.clone()).unwrap().encode_utf16())
        .flat_map(u16::to_le_bytes)
        .collect();
    let member = |name: &str, text: &[u8]| Member::deflated(name, text);
    let names = ["subscribed_a.csv", "nonsubscribed_a.csv"];
    let two = zip(&names.map(|name| member(name, &text)));
    for packed in [gzip(&text), gzip(&wide), zip(&[member("a.csv", &wide)]), two] {
        let (direct, summary, rejects) = at_once(&packed, batch).await;
        let (people, mut interrupted) = (direct.people().await, 0);
        let world = World::new().await;
        let id = world.uploaded(&packed).await;
        world.queue(id, false).await;
        let mut job = world.claim().await.unwrap();
        loop {
            let run = world.run(job.clone(), batch);
            let taken = async {
                loop {
                    let now = world.store.job_find(id).await.unwrap().unwrap();
                    if now.position != job.position || !now.state.is_open() {
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
        let ended = world.store.job_find(id).await.unwrap().unwrap();
        assert_eq!((ended.state, ended.problem.clone()), (JobState::Done, None));
        assert_eq!(import_progress(&ended).unwrap(), summary);
        assert_eq!(world.rejects(id).await, rejects);
        assert_eq!(world.people().await, people);
        assert!(interrupted > 1, "{interrupted} interruptions are too few to tell");
    }
}

#[test]
fn trouble_that_passes_fails_no_job_wherever_it_is_met() {
    let busy = || std::io::Error::other(StoreError::Busy);
    for met in [
        ImportError::Store { line: 1, source: StoreError::Busy },
        ImportError::Read { line: 1, source: busy() },
        ImportError::Rejects { source: busy() },
    ] {
        assert!(matches!(lasting(met), Err(StoreError::Busy)));
    }
    let damaged = StoreError::Corrupt("row 7".into());
    assert!(lasting(ImportError::Store { line: 1, source: damaged }).unwrap().contains("row 7"));
    assert!(lasting(ImportError::Empty).is_ok());
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_rehearsal_counts_the_same_and_changes_nothing() {
    let file = file(300);
    let (_direct, summary, rejects) = at_once(&file, 20).await;
    let world = World::new().await;
    let id = world.uploaded(&file).await;
    world.queue(id, true).await;
    let job = world.claim().await.unwrap();
    world.run(job, 20).await.unwrap();
    let rehearsed = world.store.job_find(id).await.unwrap().unwrap();
    assert_eq!(rehearsed.state, JobState::Waiting, "somebody has to decide now");
    let counted = import_progress(&rehearsed).unwrap();
    // Whoever is new counts once as added, and not as updated by a later batch.
    let told = |it: &ImportSummary| (it.rows, it.added, it.rejected, it.merged, it.subscribed);
    assert_eq!(told(&counted), told(&summary));
    assert_eq!(world.store.contacts_count().await.unwrap(), 0);
    assert_eq!(world.rejects(id).await, rejects);
    world.queue(id, false).await;
    assert_eq!(world.rejects(id).await, Vec::<u8>::new(), "those were of the rehearsal");
    let job = world.claim().await.unwrap();
    world.run(job, 20).await.unwrap();
    let done = world.store.job_find(id).await.unwrap().unwrap();
    assert_eq!(import_progress(&done).unwrap(), summary);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_can_not_be_imported_fails_with_the_reason() {
    let world = World::new().await;
    let id = world.uploaded(b"name\nAnn\n").await;
    world.queue(id, false).await;
    let job = world.claim().await.unwrap();
    world.run(job, 20).await.unwrap();
    let failed = world.store.job_find(id).await.unwrap().unwrap();
    assert_eq!(failed.state, JobState::Failed);
    assert!(failed.problem.unwrap().contains("no column is called email"));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_file_of_rows_that_can_not_be_used_does_not_fill_the_disk() {
    let world = World::new().await;
    let file = "email\nann@x.org\n".to_owned() + &"a\n".repeat(300_000) + "bob@x.org\n";
    let id = world.uploaded(file.as_bytes()).await;
    world.queue(id, false).await;
    let job = world.claim().await.unwrap();
    world.run(job, 1).await.unwrap();
    let job = world.store.job_find(id).await.unwrap().unwrap();
    assert_eq!(job.state, JobState::Failed);
    assert!(job.problem.unwrap().contains("is it the right file"));
    // What came before stays, and what was rejected up to the bound.
    assert_eq!(world.people().await, ["ann@x.org {}"]);
    assert_eq!(world.rejects(id).await.len(), 3 * JOB_PART_BYTES);
}
