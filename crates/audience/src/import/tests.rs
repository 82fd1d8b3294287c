//! Imports of CSV files into a real store.

use std::io::Read;

use crate::{ImportError, ImportOptions, ImportSummary, import, leave};
use model::{EmailAddress, Removal, SubscriptionState, Timestamp, TopicId};
use proptest::prelude::*;
use store::{Scope, Store, StoreOptions};
use tokio::runtime::Runtime;

const AT: Timestamp = Timestamp(1_795_428_245_000_000);

/// A store in a folder of its own, with one topic.
struct Fixture {
    store: Store,
    runtime: Runtime,
    topic: TopicId,
    _folder: tempfile::TempDir,
}

/// What an import of a text did.
struct Done {
    summary: ImportSummary,
    rejects: String,
}

impl Fixture {
    fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let store =
            Store::open(&folder.path().join("store.sqlite"), StoreOptions::default()).unwrap();
        let runtime =
            tokio::runtime::Builder::new_multi_thread().worker_threads(1).build().unwrap();
        let topic = crate::topic_ensure(&store, "release-notices", "Release notices");
        let topic = runtime.block_on(topic).unwrap();
        Self { store, runtime, topic, _folder: folder }
    }

    fn try_import(&self, input: impl Read, batch: usize) -> Result<Done, ImportError> {
        let mut rejects = Vec::new();
        let options = ImportOptions {
            topic: Some(self.topic),
            source: "import of test.csv".to_owned(),
            map: Vec::new(),
            batch,
        };
        let (store, handle) = (&self.store, self.runtime.handle());
        let summary = import(store, handle, input, &options, &mut rejects, &mut |_| {}, AT)?;
        Ok(Done { summary, rejects: String::from_utf8(rejects).unwrap() })
    }

    fn import(&self, text: impl AsRef<[u8]>) -> Done {
        self.try_import(text.as_ref(), 3).unwrap()
    }

    fn refused(&self, text: impl AsRef<[u8]>) -> String {
        self.try_import(text.as_ref(), 3).map(|_| ()).unwrap_err().to_string()
    }

    /// `ann@example.com a=1 b=2`, or nothing.
    fn contact(&self, email: &str) -> Option<String> {
        let email = EmailAddress::parse(email).unwrap();
        let found = self.runtime.block_on(self.store.contact_by_email(email)).unwrap()?;
        let mut text = found.email.to_string();
        for (name, value) in found.attributes {
            text.push_str(&format!(" {name}={value}"));
        }
        Some(text)
    }

    fn count(&self) -> i64 {
        self.runtime.block_on(self.store.contacts_count()).unwrap()
    }
}

#[test]
fn every_column_but_the_address_becomes_an_attribute() {
    let fixture = Fixture::new();
    let done = fixture.import("\u{feff}E-Mail;First Name;city\r\nAnn@Example.com; Ann ;Köln\r\n");
    assert_eq!((done.summary.rows, done.summary.added, done.summary.subscribed), (1, 1, 1));
    assert_eq!(done.summary.bytes_read, 56);
    assert_eq!(done.rejects, "");
    assert_eq!(
        fixture.contact("ann@example.com").unwrap(),
        "Ann@example.com city=Köln first_name=Ann"
    );
}

#[test]
fn the_same_import_again_changes_nothing() {
    let fixture = Fixture::new();
    let text = "email,name\na@x.org,Ann\nb@x.org,\nc@x.org,Cid\nd@x.org,Dan\nnot an address,E\n";
    fixture.import(text);
    let again = fixture.import(text).summary;
    assert_eq!((again.rows, again.unchanged, again.rejected), (5, 4, 1));
    assert_eq!((again.added, again.updated, again.subscribed), (0, 0, 0));
}

#[test]
fn rows_about_one_contact_are_merged_whatever_the_case_of_the_address() {
    let fixture = Fixture::new();
    let done =
        fixture.import("email,name,city\nAnn@x.org,Ann,Rome\nann@X.ORG,,Oslo\nANN@x.org,Anna,\n");
    assert_eq!((done.summary.added, done.summary.merged), (1, 2));
    assert_eq!(fixture.contact("ann@x.org").unwrap(), "Ann@x.org city=Oslo name=Anna");
}

#[test]
fn an_empty_value_erases_nothing() {
    let fixture = Fixture::new();
    fixture.import("email,name,city\na@x.org,Ann,Rome\n");
    let done = fixture.import("email,name,city\na@x.org,,Oslo\n");
    assert_eq!(done.summary.updated, 1);
    assert_eq!(fixture.contact("a@x.org").unwrap(), "a@x.org city=Oslo name=Ann");
}

#[test]
fn whoever_has_left_stays_away() {
    let fixture = Fixture::new();
    let text = "email\na@x.org\nb@x.org\n";
    fixture.import(text);
    let keys = token::Keyring::generate().unwrap();
    let find = |email: &str| {
        let email = EmailAddress::parse(email).unwrap();
        fixture.runtime.block_on(fixture.store.contact_by_email(email)).unwrap().unwrap().id
    };
    let (a, b) = (find("a@x.org"), find("b@x.org"));
    let go = |contact, scope| {
        let left = leave(&fixture.store, &keys, contact, scope, Removal::Page, None, AT);
        fixture.runtime.block_on(left).unwrap().changed
    };
    assert!(go(a, Scope::Topic(fixture.topic)));
    assert!(go(b, Scope::Everything));
    assert!(!go(b, Scope::Everything));
    assert!(!go(model::ContactId(0), Scope::Everything));
    let again = fixture.import(text).summary;
    assert_eq!((again.kept_unsubscribed, again.suppressed, again.subscribed), (1, 1, 0));
    for contact in [a, b] {
        let state = fixture.store.subscription_state(contact, fixture.topic);
        let state = fixture.runtime.block_on(state).unwrap();
        assert_eq!(state, Some(SubscriptionState::Unsubscribed));
    }
}

#[test]
fn a_bad_row_is_rejected_with_its_line_column_reason_and_record() {
    let fixture = Fixture::new();
    let done = fixture.import(
        b"email,name\nann,Ann\n\"b@x.org\",\"two\nlines\"\nc@x.org\nd@x.org,Ren\xe9\n,Eve\nf@x.org,a,b\n",
    );
    assert_eq!((done.summary.rows, done.summary.added, done.summary.rejected), (6, 1, 5));
    let lines: Vec<&str> = done.rejects.lines().collect();
    assert_eq!(lines[0], "line,column,reason,record");
    assert_eq!(lines[1], "2,email,there is no @ in it,\"ann,Ann\"");
    assert_eq!(lines[2], "5,,it has 1 fields where the first line has 2,c@x.org");
    assert!(lines[3].starts_with("6,name,\"byte 4 is 0xe9, which is not UTF-8"), "{}", lines[3]);
    assert_eq!(lines[4], "7,email,the address is empty,\",Eve\"");
    assert!(lines[5].starts_with("8,,it has 3 fields"), "{}", lines[5]);
}

#[test]
fn a_character_split_over_two_fields_is_no_character() {
    let done = Fixture::new().import(b"email,a,b\nx@x.org,\xc3,\xa9\n");
    assert_eq!(done.summary.rejected, 1);
    assert!(done.rejects.contains("2,a,"), "{}", done.rejects);
}

#[test]
fn a_file_that_can_not_be_imported_is_refused_with_the_reason() {
    let fixture = Fixture::new();
    assert!(fixture.refused("").contains("the file is empty"));
    assert!(fixture.refused("\u{feff}\r\n\n").contains("the file is empty"));
    assert!(fixture.refused("name,phone\nAnn,1\n").contains("names name, phone"));
    assert!(fixture.refused(b"\xff\xfee\0m\0").contains("UTF-16"));
    assert!(fixture.refused(b"email,pr\xe9nom\n").contains("not UTF-8"));
    assert!(fixture.refused("x".repeat(70_000)).contains("is it a CSV file?"));
    assert_eq!(fixture.count(), 0);
}

#[test]
fn a_header_alone_imports_nobody() {
    let done = Fixture::new().import("email,name\n");
    assert_eq!(done.summary, ImportSummary { bytes_read: 11, ..ImportSummary::default() });
    assert_eq!(done.rejects, "");
}

#[test]
fn a_huge_field_is_rejected_and_the_import_goes_on() {
    let fixture = Fixture::new();
    let text = format!("email,note\na@x.org,{}\nb@x.org,short\n", "x".repeat(100_000));
    let done = fixture.import(text);
    assert_eq!((done.summary.added, done.summary.rejected), (1, 1));
    assert!(done.rejects.contains("longer than 65536 bytes"));
    assert!(done.rejects.len() < 4_000);
}

#[test]
fn a_file_that_breaks_off_keeps_what_came_before() {
    struct Broken(bool);
    impl Read for Broken {
        fn read(&mut self, out: &mut [u8]) -> std::io::Result<usize> {
            if std::mem::replace(&mut self.0, true) {
                return Err(std::io::Error::other("the cable is out"));
            }
            // More than the reader holds at once, so that batches go out before it breaks.
            let rows = (0..).flat_map(|row| format!("\nc{row}@x.org").into_bytes());
            let all = b"email".iter().copied().chain(rows);
            let length = out.len();
            out.iter_mut().zip(all).for_each(|(to, from)| *to = from);
            Ok(length)
        }
    }
    let fixture = Fixture::new();
    let refused = fixture.try_import(Broken(false), 1_000).map(|_| ()).unwrap_err();
    assert!(matches!(refused, ImportError::Read { .. }), "{refused}");
    assert!(refused.to_string().contains("the cable is out"));
    let kept = fixture.count();
    assert!(kept > 0 && kept % 1_000 == 0, "{kept}");
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 24, ..ProptestConfig::default() })]

    #[test]
    fn every_record_is_imported_or_rejected(
        rows in prop::collection::vec(
            ("[ab]{1,2}", prop_oneof![Just("@x.org"), Just("@X.org"), Just("@"), Just("")], "[a\" ,\n]{0,3}"),
            0..30,
        ),
        batch in 1_usize..12,
    ) {
        let mut writer = csv::Writer::from_writer(Vec::new());
        writer.write_record(["email", "name"]).unwrap();
        for (local, domain, name) in &rows {
            writer.write_record([&format!("{local}{domain}"), name]).unwrap();
        }
        let text = writer.into_inner().unwrap();
        let fixture = Fixture::new();
        let one = fixture.try_import(text.as_slice(), batch).unwrap().summary;
        let sum = one.added + one.updated + one.unchanged + one.merged + one.rejected;
        prop_assert_eq!((one.rows, sum), (rows.len() as u64, rows.len() as u64));
        prop_assert_eq!(one.bytes_read, text.len() as u64);
        prop_assert_eq!(fixture.count(), i64::try_from(one.added).unwrap());
        let two = fixture.try_import(text.as_slice(), rows.len().max(1)).unwrap().summary;
        prop_assert_eq!((two.added, two.subscribed), (0, 0));
    }
}
