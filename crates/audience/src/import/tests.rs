//! Imports of CSV files into a real store.

use std::io::{Cursor, Read, Seek, SeekFrom};

use std::cell::Cell;

use crate::{
    ColumnWishes, ContactFilter, ImportError, ImportOptions, ImportReading, ImportSummary,
    StatusColumn, erase, export, import, leave, suppress,
};
use model::{EmailAddress, Removal, SubscriptionState, Timestamp, TopicId};
use proptest::prelude::*;
use store::{Scope, Store, StoreOptions};
use tokio::runtime::Runtime;

const AT: Timestamp = Timestamp(1_795_428_245_000_000);

#[path = "tests/products.rs"]
mod products;

/// A store in a folder of its own, with one topic.
struct Fixture {
    store: Store,
    runtime: Runtime,
    topic: TopicId,
    keys: token::Keyring,
    /// Every import has a time of its own.
    at: Cell<Timestamp>,
    _folder: tempfile::TempDir,
}

/// What an import of a text did.
struct Done {
    summary: ImportSummary,
    rejects: Vec<u8>,
}

impl Done {
    /// The reject file's lines below the header as cells: line, column, reason, record.
    fn rejected(&self) -> Vec<[String; 4]> {
        let mut reader = csv::Reader::from_reader(self.rejects.as_slice());
        let cell = |cell: &[u8]| String::from_utf8_lossy(cell).into_owned();
        let cells = |record: csv::ByteRecord| record.iter().map(cell).collect::<Vec<_>>();
        let cells = reader.byte_records().map(|record| cells(record.unwrap()).try_into().unwrap());
        cells.collect()
    }
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
        let keys = token::Keyring::generate().unwrap();
        Self { store, runtime, topic, keys, at: Cell::new(AT), _folder: folder }
    }

    fn try_import(&self, input: impl Read + Seek, batch: usize) -> Result<Done, ImportError> {
        self.try_import_with(input, batch, ColumnWishes::default())
    }

    fn try_import_with(
        &self,
        input: impl Read + Seek,
        batch: usize,
        columns: ColumnWishes,
    ) -> Result<Done, ImportError> {
        self.try_import_read(input, batch, columns, ImportReading::default())
    }

    fn try_import_read(
        &self,
        input: impl Read + Seek,
        batch: usize,
        columns: ColumnWishes,
        reading: ImportReading,
    ) -> Result<Done, ImportError> {
        let mut rejects = Vec::new();
        let (topic, source) = (Some(self.topic), "import of test.csv".to_owned());
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
        let to = (&self.store, &self.keys, self.runtime.handle());
        let at = Timestamp(self.at.get().0 + 1);
        self.at.set(at);
        let summary =
            import(to, input, &options, (&mut rejects, &mut Vec::new()), &mut |_| {}, at)?;
        Ok(Done { summary, rejects })
    }

    fn import(&self, text: impl AsRef<[u8]>) -> Done {
        self.try_import(Cursor::new(text.as_ref()), 3).unwrap()
    }

    fn refused(&self, text: impl AsRef<[u8]>) -> String {
        self.try_import(Cursor::new(text.as_ref()), 3).map(|_| ()).unwrap_err().to_string()
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
    assert_eq!(done.rejects, b"");
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
    let [a, b, c, d, e] = done.rejected().try_into().unwrap();
    assert_eq!(a, ["2", "email", "it has no @", "ann,Ann"]);
    assert_eq!(b, ["5", "", "it has 1 cell where the first line has 2 columns", "c@x.org"]);
    assert_eq!(c[..2], ["6", "name"]);
    assert!(c[2].starts_with("byte 4 is 0xe9, which is not UTF-8"), "{c:?}");
    assert_eq!(d, ["7", "email", "the address is empty", ",Eve"]);
    assert_eq!(e, ["8", "", "it has 3 cells where the first line has 2 columns", "f@x.org,a,b"]);
    assert!(done.rejects.ends_with(b",\"f@x.org,a,b\"\n") && done.rejects.contains(&0xe9));
}

#[test]
fn a_character_split_over_two_fields_is_no_character() {
    let done = Fixture::new().import(b"email,a,b\nx@x.org,\xc3,\xa9\n");
    assert_eq!(done.summary.rejected, 1);
    assert_eq!(done.rejected()[0][..2], ["2", "a"]);
}

#[test]
fn a_file_that_can_not_be_imported_is_refused_with_the_reason() {
    let fixture = Fixture::new();
    assert!(fixture.refused("").contains("the file is empty"));
    assert!(fixture.refused("\u{feff}\r\n\n").contains("the file is empty"));
    assert!(fixture.refused("name,phone\nAnn,1\n").contains("names name, phone"));
    assert!(fixture.refused(b"e\0m\0a\0i\0l\0").contains("--encoding utf-16le"));
    assert!(fixture.refused(b"email,pr\xe9nom\n").contains("line 1 is not UTF-8: name the"));
    assert!(fixture.refused("x".repeat(70_000)).contains("is it a CSV file?"));
    assert_eq!(fixture.count(), 0);
}

#[test]
fn a_header_alone_imports_nobody() {
    let done = Fixture::new().import("email,name\n");
    assert_eq!(done.summary, ImportSummary { bytes_read: 11, ..ImportSummary::default() });
    assert_eq!(done.rejects, b"");
}

#[test]
fn a_huge_field_is_rejected_and_the_import_goes_on() {
    let fixture = Fixture::new();
    let huge = format!("a@x.org,{}", "x\"".repeat(500_000));
    let done = fixture.import(format!("email,note\n{huge}\nb@x.org,short\n"));
    assert_eq!((done.summary.added, done.summary.rejected), (1, 1));
    let [line, _, reason, record] = &done.rejected()[0];
    assert_eq!((line.as_str(), reason.as_str()), ("2", "the line is longer than 65536 bytes"));
    assert!(*record == huge, "the whole line, {} of {} bytes", record.len(), huge.len());
}

#[test]
fn a_file_that_breaks_off_keeps_what_came_before() {
    /// How much it has handed out.
    struct Broken(usize);
    impl Read for Broken {
        fn read(&mut self, out: &mut [u8]) -> std::io::Result<usize> {
            // More than the reader holds at once, so that batches go out before it breaks.
            if self.0 > 300 << 10 {
                return Err(std::io::Error::other("the cable is out"));
            }
            let rows = (0..).flat_map(|row| format!("\nc{row}@x.org").into_bytes());
            let all = b"email".iter().copied().chain(rows).skip(self.0);
            out.iter_mut().zip(all).for_each(|(to, from)| *to = from);
            self.0 += out.len();
            Ok(out.len())
        }
    }
    impl Seek for Broken {
        fn seek(&mut self, _: SeekFrom) -> std::io::Result<u64> {
            Err(std::io::ErrorKind::NotSeekable.into())
        }
    }
    let fixture = Fixture::new();
    let refused = fixture.try_import(Broken(0), 1_000).map(|_| ()).unwrap_err();
    assert!(matches!(refused, ImportError::Read { .. }), "{refused}");
    assert!(refused.to_string().contains("the cable is out"));
    let kept = fixture.count();
    assert!(kept > 0 && kept % 1_000 == 0, "{kept}");
}

#[test]
fn the_separator_is_the_one_that_yields_an_address() {
    for text in [
        "email,name;first,nick;n\na@x.org,Ann,x",
        "name;email\nAnn, the 1st;a@x.org\n",
        "name, first;email\nAnn;a@x.org\n",
        "name\temail\nAnn\ta@x.org\n",
        "name|email\r\nAnn|a@x.org\r\n",
        "sep=;\r\nname;email\r\nAnn;a@x.org\r\n",
        "\u{feff}SEP=|\nemail|name,first\na@x.org|Ann",
        "sep=^\nemail^name\na@x.org^Ann",
        "\u{feff}\"name\";\"email\"\r\n\"Ann\";\"a@x.org\"\r\n",
        "\"email\"\t\"name\"\na@x.org\tAnn\n",
        "\"email\"|\"first, name\"\na@x.org|Ann\n",
    ] {
        let fixture = Fixture::new();
        let done = fixture.import(text);
        assert_eq!((done.summary.added, done.summary.rejected), (1, 0), "{text:?}");
        assert!(fixture.contact("a@x.org").unwrap().contains("Ann"), "{text:?}");
    }
}

#[test]
fn rows_that_are_split_by_another_character_are_told_by_it() {
    let done = Fixture::new().import("email,name\na@x.org;Ann\nb@x.org;Bob\n");
    assert_eq!((done.summary.rejected, done.summary.other_separator), (2, Some(';')));
    let done = Fixture::new().import("email,name\na@x.org\n");
    assert_eq!((done.summary.rejected, done.summary.other_separator), (1, None));
}

#[test]
fn empty_cells_at_the_end_and_empty_rows_are_no_fault() {
    let done = Fixture::new().import("email;name\na@x.org;Ann;; \n;;;\n ; \nb@x.org;Bob\n");
    assert_eq!((done.summary.rows, done.summary.added, done.summary.rejected), (2, 2, 0));
    // Spreadsheet programs write the empty cells at the end in some rows only.
    let done = Fixture::new().import("email,name,,\na@x.org,Ann,,\nb@x.org,Bob\nc@x.org\n");
    assert_eq!((done.summary.added, done.summary.rejected), (2, 1));
}

#[test]
fn rows_about_one_contact_count_as_merged_however_far_apart_they_are() {
    let fixture = Fixture::new();
    let mut text = "email,name\na@x.org,Ann\n".to_owned();
    for row in 0..10 {
        text.push_str(&format!("r{row}@x.org,R\n"));
    }
    text.push_str("A@x.org,Anna\nr3@x.org,R\n");
    let summary = fixture.import(text).summary;
    assert_eq!((summary.added, summary.merged, summary.updated), (11, 2, 0));
    assert_eq!(fixture.contact("a@x.org").unwrap(), "a@x.org name=Anna");
}

#[test]
fn lines_of_a_file_with_bare_carriage_returns_have_their_numbers() {
    let done = Fixture::new().import("email,name\ra@x.org,Ann\r\rnobody,N\rb@x.org,Bob\r");
    assert_eq!((done.summary.added, done.summary.rejected), (2, 1));
    assert_eq!(done.rejected()[0][0], "4");
}

#[test]
fn no_cell_of_the_reject_file_starts_a_formula() {
    let done =
        Fixture::new().import("email,name\n=1+1,x\n\"+1\",x\n-1,x\n@x,x\n1,=2\n＝1+1,x\n＠x,x\n");
    let records: Vec<String> = done.rejected().into_iter().map(|[_, _, _, it]| it).collect();
    assert_eq!(records, ["'=1+1,x", "\"+1\",x", "'-1,x", "'@x,x", "1,=2", "'＝1+1,x", "'＠x,x"]);
}

#[test]
fn a_long_name_of_a_column_is_not_repeated_with_every_rejected_row() {
    let name = "email".to_owned() + &"-".repeat(30_000);
    let done = Fixture::new().import(format!("{name},n\n{}", "x,y\n".repeat(1_000)));
    assert_eq!(done.summary.rejected, 1_000);
    assert_eq!(done.rejected()[0][1], name[..100]);
    assert!(done.rejects.len() < 200_000, "{}", done.rejects.len());
}

/// Plans an export, enters it in the register, lets somebody come meanwhile, and writes it.
async fn exported(store: &Store, filter: &ContactFilter, out: &mut Vec<u8>) -> u64 {
    let plan = crate::export_plan(store, filter, None, AT).await.unwrap();
    let actor = store::ActorKind::System;
    let new = store::NewDisclosure {
        actor: store::ActorRecord { kind: actor, id: None, name: "ops".into() },
        kind: model::DisclosureKind::ContactsFile,
        recipient: None,
        purpose: store::OWN_USE.into(),
        about: "{}".into(),
        notice: None,
        at: AT,
    };
    let disclosed = store.disclosure_enter(new, plan.set).await.unwrap();
    let email = EmailAddress::parse("later@x.org").unwrap();
    let late = store::ContactRow { email, attributes: Default::default() };
    store.contacts_import(vec![late], None, "after the entry".into(), AT).await.unwrap();
    let written = export(store, (&plan, &disclosed), filter, out).await.unwrap();
    assert_eq!(written, plan.contacts, "who came meanwhile is not in the entry");
    written
}

#[test]
fn what_was_exported_is_imported_as_it_was() {
    let one = Fixture::new();
    one.import("email,first name,phone,\"note\"\na@x.org,=Ann,+49 30,\"two\nlines, \"\"quoted\"\"\"\nb@x.org,,,\nc@x.org,Cid,'x,＝1\n");
    let cid = EmailAddress::parse("c@x.org").unwrap();
    let suppressed = suppress(&one.store, &one.keys, &cid, Removal::HardBounce, AT);
    one.runtime.block_on(suppressed).unwrap();
    let mut csv = Vec::new();
    let filter = ContactFilter::default();
    let written = one.runtime.block_on(exported(&one.store, &filter, &mut csv));
    assert_eq!(written, 3);
    let register = one.runtime.block_on(one.store.disclosures_after(0)).unwrap();
    assert_eq!(register.iter().map(|it| it.persons).collect::<Vec<_>>(), [Some(3)]);
    let two = Fixture::new();
    let status = vec![StatusColumn::parse("mail status")];
    let wishes = ColumnWishes { status, ..ColumnWishes::default() };
    let done = two.try_import_with(Cursor::new(&csv), 100, wishes).unwrap().summary;
    assert_eq!((done.added, done.subscribed, done.left), (3, 2, 1));
    for email in ["a@x.org", "b@x.org", "c@x.org"] {
        assert_eq!(one.contact(email), two.contact(email));
    }
    let reason = two.runtime.block_on(two.store.suppression_reason("c@x.org".to_owned())).unwrap();
    assert_eq!(reason.as_deref(), Some("hard bounce"));
}

#[test]
fn a_word_that_nobody_knows_rejects_its_row_and_the_reason_tells_what_to_type() {
    let fixture = Fixture::new();
    let file = "email,state\na@x.org,VIP\nb@x.org,unsubscribed\n";
    let import = |status: &str| {
        let status = vec![StatusColumn::parse(status)];
        let wishes = ColumnWishes { status, ..ColumnWishes::default() };
        fixture.try_import_with(Cursor::new(file), 100, wishes).unwrap()
    };
    let done = import("state");
    assert_eq!((done.summary.left, done.summary.subscribed, done.summary.rejected), (1, 0, 1));
    let [line, _, reason, _] = &done.rejected()[0];
    assert_eq!(line, "2");
    let hint = "\"vip\" may be mailed: name the cells of those who may, as in --status-column \
                \"COLUMN=VALUE,VALUE\"";
    assert!(reason.contains(hint), "{reason}");
    let done = import("state=VIP");
    assert_eq!((done.summary.subscribed, done.summary.rejected), (1, 0));
}

#[test]
fn an_erased_person_is_not_brought_back_by_an_import() {
    let fixture = Fixture::new();
    fixture.import("email\na@x.org\nb@x.org\n");
    let email = EmailAddress::parse("A@x.org").unwrap();
    let erased = erase(&fixture.store, &fixture.keys, &email, false, AT);
    assert!(fixture.runtime.block_on(erased).unwrap().0.contact);
    let done = fixture.import("email\na@x.org\nb@x.org\n").summary;
    assert_eq!((done.rows, done.erased, done.unchanged, done.added), (2, 1, 1, 0));
    assert_eq!(fixture.contact("a@x.org"), None);
}

/// 300 rows, of which the fifth opens a quote that it does not close.
fn with_an_open_quote(later: &str) -> String {
    let row = |number: usize| match number {
        5 => "q5@x.org,\"Ann\n".to_owned(),
        250 => format!("q250@x.org,{later}\n"),
        _ => format!("q{number}@x.org,N{number}\n"),
    };
    let rows: String = (1..=300).map(row).collect();
    format!("email,name\n{rows}")
}

#[test]
fn a_quote_left_open_loses_nobody_but_its_own_line() {
    for later in ["Bob", "\"Smith, Bob\"", "\"\"", "5\" Bob"] {
        let fixture = Fixture::new();
        let done = fixture.import(with_an_open_quote(later));
        assert_eq!((done.summary.rows, done.summary.added), (300, 299), "{later}");
        let [[line, column, _, record]] = done.rejected().try_into().unwrap();
        assert_eq!([line, column, record], ["6", "name", "q5@x.org,\"Ann"], "{later}");
        assert_eq!(fixture.contact("q6@x.org").unwrap(), "q6@x.org name=N6");
    }
}

#[test]
fn a_cell_that_holds_a_row_of_somebody_else_is_rejected_whole() {
    let fixture = Fixture::new();
    let text = "email,name\na@x.org,\"Ann\nb@x.org,Bob\"\nc@x.org,\"Cid\nCid's mail: c@x.org\"\n";
    let done = fixture.import(text);
    assert_eq!((done.summary.rows, done.summary.added, done.summary.rejected), (2, 1, 1));
    let [line, column, reason, record] = &done.rejected()[0];
    assert_eq!([line.as_str(), column], ["2", "name"]);
    assert!(reason.contains("is a quote left open?"), "{reason}");
    assert_eq!(record, "a@x.org,\"Ann\nb@x.org,Bob\"");
    assert_eq!(fixture.contact("b@x.org"), None);
}

/// The address of a line that is `a@x.org,name` and no more.
fn email_of_plain_row(line: &[u8]) -> Option<&str> {
    let (email, name) = std::str::from_utf8(line).ok()?.split_once(',')?;
    let plain = name.bytes().all(|byte| byte.is_ascii_lowercase());
    (plain && email.len() == 7 && email.ends_with("@x.org")).then_some(email)
}

/// Bytes of which files go wrong.
fn rubbish_rows() -> impl Strategy<Value = Vec<u8>> {
    let piece = prop_oneof![
        4 => "[a-h]@x\\.org,[a-z]{0,2}".prop_map(String::into_bytes),
        2 => Just(b",".to_vec()),
        4 => Just(b"\n".to_vec()),
        2 => Just(b"\"".to_vec()),
        1 => Just(b"\r".to_vec()),
        1 => any::<u8>().prop_map(|byte| vec![byte]),
    ];
    prop::collection::vec(piece, 0..60).prop_map(|pieces| pieces.concat())
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
        let one = fixture.try_import(Cursor::new(&text), batch).unwrap().summary;
        let sum = one.added + one.updated + one.unchanged + one.merged + one.rejected;
        prop_assert_eq!((one.rows, sum), (rows.len() as u64, rows.len() as u64));
        prop_assert_eq!(one.bytes_read, text.len() as u64);
        prop_assert_eq!(fixture.count(), i64::try_from(one.added).unwrap());
        let two = fixture.try_import(Cursor::new(&text), rows.len().max(1)).unwrap().summary;
        prop_assert_eq!((two.added, two.subscribed), (0, 0));
    }

    #[test]
    fn every_line_of_any_file_is_in_the_store_or_whole_in_the_reject_file(rows in rubbish_rows()) {
        let fixture = Fixture::new();
        let file = [b"email,name\n", rows.as_slice()].concat();
        let done = fixture.try_import(Cursor::new(&file), 4).unwrap();
        let one = done.summary;
        let sum = one.added + one.updated + one.unchanged + one.merged + one.rejected;
        prop_assert_eq!(one.rows, sum);
        prop_assert_eq!(one.bytes_read, file.len() as u64);
        let mut reader = csv::Reader::from_reader(done.rejects.as_slice());
        let rejected: Vec<csv::ByteRecord> =
            reader.byte_records().collect::<Result<_, _>>().unwrap();
        prop_assert_eq!(rejected.len() as u64, one.rejected);
        let holds = |record: &csv::ByteRecord, line: &[u8]| {
            record[3].windows(line.len()).any(|window| window == line)
        };
        for line in rows.split(|byte| matches!(byte, b'\n' | b'\r')) {
            let Some(email) = email_of_plain_row(line) else { continue };
            let kept = fixture.contact(email).is_some();
            prop_assert!(kept || rejected.iter().any(|record| holds(record, line)), "{email}");
        }
    }
}

#[test]
fn a_row_with_a_value_of_another_kind_is_rejected_with_what_would_be_right() {
    let fixture = Fixture::new();
    let declare = |name: &str, kind| {
        let (name, label) = (name.to_owned(), name.to_owned());
        let attribute =
            store::DeclaredAttribute { name, kind, label, position: 1, created_at: None };
        fixture.runtime.block_on(fixture.store.attribute_set(attribute, None, AT)).unwrap();
    };
    declare("since", model::AttributeKind::Date);
    declare("seats", model::AttributeKind::Number);
    let done = fixture.import(
        "email,Since,seats,language,note\n\
        a@x.org,2026/11/28,07.50,PT-br,x\n\
        b@x.org,28.11.2026,1,,x\n\
        c@x.org,,\"1,5\",,x\n\
        d@x.org,,,Deutsch,x\n\
        e@x.org,,,,28.11.2026\n",
    );
    assert_eq!((done.summary.added, done.summary.rejected), (2, 3));
    let kept = fixture.contact("a@x.org").unwrap();
    assert_eq!(kept, "a@x.org language=pt-BR note=x seats=7.5 since=2026-11-28");
    assert_eq!(fixture.contact("e@x.org").as_deref(), Some("e@x.org note=28.11.2026"));
    let rejected = done.rejected();
    let told: Vec<(&str, &str)> =
        rejected.iter().map(|it| (it[1].as_str(), it[2].split(':').next().unwrap())).collect();
    let expect =
        [("Since", "is no date"), ("seats", "is no number"), ("language", "is no language")];
    assert_eq!(told, expect);
    assert!(rejected[0][2].contains("such as 2026-11-28") && rejected[0][3].contains("b@x.org"));
}

/// Bytes of every file of the store.
fn stored_bytes(fixture: &Fixture) -> Vec<u8> {
    let files = std::fs::read_dir(fixture._folder.path()).unwrap();
    files.flat_map(|file| std::fs::read(file.unwrap().path()).unwrap()).collect()
}

#[test]
fn nothing_is_kept_of_a_child_in_a_file() {
    let fixture = Fixture::new();
    let map = vec![("Born".to_owned(), crate::BIRTH_COLUMN.to_owned())];
    let wishes = ColumnWishes { map, ..ColumnWishes::default() };
    let file = "email,name,Born\nkid@x.org,Kidname,2020-03\nann@x.org,Ann,1980-07-31\n\
        bob@x.org,Bob,\nodd@x.org,Odd,July 1980\n";
    let done = fixture.try_import_with(Cursor::new(file), 3, wishes).unwrap();
    assert_eq!((done.summary.children, done.summary.added, done.summary.rejected), (1, 2, 1));
    assert!(done.rejected()[0][2].contains("should be a month such as 1984-07"));
    assert_eq!(fixture.contact("kid@x.org"), None);
    assert_eq!(fixture.contact("ann@x.org").unwrap(), "ann@x.org name=Ann");
    let bytes = stored_bytes(&fixture);
    let is_stored = |text: &str| memmem(&bytes, text.as_bytes());
    assert!(is_stored("ann@x.org"), "the search would find it");
    for text in ["kid@x.org", "Kidname", "2020-03", "1980-07-31"] {
        assert!(!is_stored(text), "{text}");
    }
    assert!(!String::from_utf8_lossy(&done.rejects).contains("Kidname"));
}

fn memmem(bytes: &[u8], text: &[u8]) -> bool {
    bytes.windows(text.len()).any(|window| window.eq_ignore_ascii_case(text))
}

#[test]
fn a_birthday_that_is_kept_as_an_attribute_is_looked_at_too() {
    let fixture = Fixture::new();
    let done = fixture.import("email,Date of birth\nkid@x.org,2020-03-01\nann@x.org,1980-07-31\n");
    assert_eq!((done.summary.children, done.summary.added), (1, 1));
    assert_eq!(fixture.contact("kid@x.org"), None);
    assert_eq!(fixture.contact("ann@x.org").unwrap(), "ann@x.org date_of_birth=1980-07-31");
}
