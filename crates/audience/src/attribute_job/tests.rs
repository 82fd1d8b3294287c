use std::collections::BTreeMap;
use std::sync::atomic::{AtomicI64, Ordering};

use model::{ContactId, EmailAddress};
use store::{
    ActorKind, ActorRecord, AttributeCounts, ContactRow, DeclaredAttribute, JobState, JobStep,
    NewJob, StoreOptions,
};
use token::Keyring;

use super::*;
use crate::import_job::JOB_HELD;
use crate::{AddContact, EditContact, EditError, add, edit};

const AT: Timestamp = Timestamp(1_795_428_245_000_000);
/// Every look at the clock is a microsecond later.
static NOW: AtomicI64 = AtomicI64::new(AT.0);

fn clock() -> Timestamp {
    Timestamp(NOW.fetch_add(1, Ordering::Relaxed))
}

fn store() -> (Store, tempfile::TempDir) {
    let dir = tempfile::TempDir::new().unwrap();
    (Store::open(&dir.path().join("store.db"), StoreOptions::default()).unwrap(), dir)
}

fn pairs(pairs: &[(&str, &str)]) -> BTreeMap<String, String> {
    pairs.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect()
}

fn email(text: &str) -> EmailAddress {
    EmailAddress::parse(text).unwrap()
}

async fn declare(store: &Store, name: &str, kind: AttributeKind) {
    let (name, label) = (name.to_owned(), name.to_owned());
    let attribute = DeclaredAttribute { name, kind, label, position: 1, created_at: None };
    store.attribute_set(attribute, None, AT).await.unwrap();
}

#[test]
fn a_spec_is_read_as_it_was_written_and_nothing_else_is() {
    let kind = AttributeKind::parse("list", &["a".to_owned(), "b".to_owned()]).unwrap();
    for kind in [kind, AttributeKind::Date] {
        let spec = AttributeSpec { name: "plan".into(), kind, rehearsal: true };
        assert_eq!(AttributeSpec::from_json(&spec.to_json()), Some(spec));
    }
    for text in ["", "{}", "{\"name\":\"x\",\"kind\":\"y\",\"choices\":[],\"rehearsal\":true}"] {
        assert_eq!(AttributeSpec::from_json(text), None, "{text}");
    }
}

#[tokio::test]
async fn however_a_job_is_interrupted_it_counts_everybody_once() {
    let (store, _dir) = store();
    let row = |number: usize| ContactRow {
        email: email(&format!("{number}@x.org")),
        attributes: pairs(&[("born", ["1970/04/03", "1970-04-03", "3.4.1970"][number % 3])]),
    };
    let rows: Vec<ContactRow> = (0..90).map(row).collect();
    store.contacts_import(rows, None, "test".into(), AT).await.unwrap();
    let spec = AttributeSpec { name: "born".into(), kind: AttributeKind::Date, rehearsal: false };
    let actor = ActorRecord { kind: ActorKind::System, id: None, name: "ops".into() };
    let (title, spec) = ("born".to_owned(), spec.to_json());
    let new = NewJob { kind: ATTRIBUTE_JOB, actor, topic: None, title, spec, of: None };
    let id = store.job_ask(new, 90, AT).await.unwrap();
    let (mut runs, hour) = (0, 3_600_000_000);
    while let Some(job) = {
        let now = Timestamp(NOW.fetch_add(hour, Ordering::Relaxed) + hour);
        store.job_claim(1, now, now.after(JOB_HELD)).await.unwrap()
    } {
        runs += 1;
        let from = job.position.parse().unwrap_or(i64::MIN);
        // Only some steps, by somebody who is lost then.
        if runs < 4 {
            let what = ("born".to_owned(), AttributeKind::Date);
            let now = clock();
            let step = JobStep {
                job: id,
                epoch: job.epoch,
                position: String::new(),
                done: 0,
                part: None,
                held_until: now,
                at: now,
            };
            store.attribute_step(what, false, (from, 7), step).await.unwrap();
            continue;
        }
        run_by(7, &store, job, clock, CancellationToken::new()).await.unwrap();
    }
    let job = store.job_find(id).await.unwrap().unwrap();
    assert_eq!((runs, job.state, job.done), (4, JobState::Done, 90));
    let expect = AttributeCounts { contacts: 90, fit: 60, rewritten: 30, unfit: 30 };
    assert_eq!(AttributeCounts::from_text(&job.counts).unwrap(), expect);
    let all = store.contacts_page(ContactId(i64::MIN), 100).await.unwrap();
    let of = |text: &str| all.iter().filter(|it| it.attributes["born"] == text).count();
    assert_eq!((of("1970-04-03"), of("3.4.1970")), (60, 30));
}

#[tokio::test]
async fn a_value_of_another_kind_is_refused_by_hand_and_one_that_fits_is_kept_in_one_text() {
    let (store, _dir) = store();
    let keys = Keyring::generate().unwrap();
    declare(&store, "born", AttributeKind::Date).await;
    let new = |attributes| AddContact {
        email: email("ann@x.org"),
        attributes,
        topics: Vec::new(),
        proof: String::new(),
    };
    let wrong = add(&store, &keys, new(pairs(&[("born", "3.4.1970")])), AT).await;
    let Err(EditError::Problem(problem)) = wrong else { panic!("{wrong:?}") };
    let words = "the value of \"born\" is no date: it should be written as year, month, day, such as 2026-11-28";
    assert_eq!(problem.to_string(), words);
    assert_eq!(store.contacts_count().await.unwrap(), 0);
    let attributes = pairs(&[("born", "1970/04/03"), ("language", "DE_at"), ("note", " free ")]);
    let id = add(&store, &keys, new(attributes), AT).await.unwrap().id;
    let found = store.contact_find(id).await.unwrap().unwrap();
    let kept = pairs(&[("born", "1970-04-03"), ("language", "de-AT"), ("note", " free ")]);
    assert_eq!(found.attributes, kept);
    let wish = |values| EditContact { email: None, attributes: pairs(values) };
    let wrong = edit(&store, &keys, id, None, wish(&[("timezone", "Vienna")]), AT).await;
    assert!(matches!(wrong, Err(EditError::Problem(_))), "{wrong:?}");
    let now =
        edit(&store, &keys, id, None, wish(&[("timezone", "europe/vienna"), ("born", "")]), AT);
    let now = now.await.unwrap().attributes;
    assert_eq!((now.get("born"), now["timezone"].as_str()), (None, "Europe/Vienna"));
}
