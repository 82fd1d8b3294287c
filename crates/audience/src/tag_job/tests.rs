use std::collections::BTreeMap;
use std::sync::atomic::{AtomicI64, Ordering};

use model::EmailAddress;
use store::{
    ActorKind, ActorRecord, ContactQuery, ContactRow, JobState, NewJob, StoreOptions, TagCounts,
};

use super::*;
use crate::import_job::JOB_HELD;

const AT: Timestamp = Timestamp(1_795_428_245_000_000);
/// Every look at the clock is a microsecond later.
static NOW: AtomicI64 = AtomicI64::new(AT.0);

fn clock() -> Timestamp {
    Timestamp(NOW.fetch_add(1, Ordering::Relaxed))
}

fn spec(topic: &str, add: &[&str], remove: &[&str]) -> TagSpec {
    let tags = |names: &[&str]| names.iter().map(|it| TagName::parse(it).unwrap()).collect();
    let query = ContactQuery { topic: Some(topic.into()), ..ContactQuery::default() };
    let whom = ExportSpec { query, topics: TopicScope::All };
    TagSpec { whom, change: TagChange { add: tags(add), remove: tags(remove) } }
}

#[test]
fn a_spec_is_read_as_it_was_written_and_nothing_else_is() {
    let spec = spec("news", &["vip", "early bird"], &["old"]);
    assert_eq!(TagSpec::from_json(&spec.to_json()), Some(spec));
    for text in ["", "{}", "{\"whom\":\"{}\",\"add\":[],\"remove\":[]}"] {
        assert_eq!(TagSpec::from_json(text), None, "{text}");
    }
}

#[tokio::test]
async fn however_a_job_is_interrupted_everybody_who_matches_is_tagged_once() {
    let dir = tempfile::TempDir::new().unwrap();
    let store = Store::open(&dir.path().join("store.db"), StoreOptions::default()).unwrap();
    let topic = store.topic_ensure("news".into(), "News".into()).await.unwrap();
    let email = |number: usize| EmailAddress::parse(&format!("{number}@x.org")).unwrap();
    let rows = |range: std::ops::Range<usize>| -> Vec<ContactRow> {
        let row = |number| ContactRow { email: email(number), attributes: BTreeMap::new() };
        range.map(row).collect()
    };
    store.contacts_import(rows(0..90), Some(topic), "test".into(), AT).await.unwrap();
    store.contacts_import(rows(90..95), None, "test".into(), AT).await.unwrap();
    let first = store.contact_by_email(email(7)).await.unwrap().unwrap().id;
    let old = spec("news", &["old"], &[]).change;
    store.contact_tags_change(first, old, AT).await.unwrap();
    let actor = ActorRecord { kind: ActorKind::System, id: None, name: "ops".into() };
    let (title, spec) = ("contacts".to_owned(), spec("news", &["vip"], &["old"]));
    let new = NewJob { kind: TAG_JOB, actor, topic: None, title, spec: spec.to_json(), of: None };
    let id = store.job_ask(new, 90, AT).await.unwrap();
    let (mut runs, hour) = (0, 3_600_000_000);
    while let Some(job) = {
        let now = Timestamp(NOW.fetch_add(hour, Ordering::Relaxed) + hour);
        store.job_claim(1, now, now.after(JOB_HELD)).await.unwrap()
    } {
        runs += 1;
        let stop = CancellationToken::new();
        if runs < 4 {
            // Some steps, by somebody who is lost then.
            let from = ContactId(job.position.parse().unwrap_or(i64::MAX));
            let ExportSpec { query, topics } = spec.whom.clone();
            let found = store.contacts_find(query, topics, from, 7).await.unwrap();
            let now = clock();
            let step = JobStep {
                job: id,
                epoch: job.epoch,
                position: found.next.unwrap().0.to_string(),
                done: 0,
                part: None,
                held_until: now,
                at: now,
            };
            let ids = found.contacts.iter().map(|it| it.id).collect();
            store.contacts_tag_step(ids, spec.change.clone(), step).await.unwrap();
            continue;
        }
        run_by(7, &store, job, clock, stop).await.unwrap();
    }
    let job = store.job_find(id).await.unwrap().unwrap();
    assert_eq!((runs, job.state, job.done), (4, JobState::Done, 90));
    let expect = TagCounts { contacts: 90, tagged: 90, untagged: 1 };
    assert_eq!(TagCounts::from_text(&job.counts).unwrap(), expect);
    let counted = store.tags_counted().await.unwrap();
    let told: Vec<_> = counted.iter().map(|it| (it.name.as_str(), it.contacts)).collect();
    assert_eq!(told, [("old", 0), ("vip", 90)]);
    let history = store.contact_history(first, i64::MAX, 10).await.unwrap();
    assert_eq!(history.len(), 3);
    assert_eq!(history[0].actor, format!("job {id}"));
}
