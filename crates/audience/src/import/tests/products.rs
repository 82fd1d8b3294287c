//! Exports of other products, made by hand: who is mailed afterwards, and what is known of them.

use std::io::{Cursor, Write as _};

use flate2::Compression;
use flate2::write::GzEncoder;
use model::EmailAddress;

use super::{Done, Fixture};
use crate::source::tests::{Member, zip};
use crate::{ColumnWishes, ExportFrom, ImportReading, TextEncoding};

const MAILCHIMP: &str = "Email Address,First Name,Last Name,MEMBER_RATING,OPTIN_TIME,OPTIN_IP,\
    CONFIRM_TIME,CONFIRM_IP,LATITUDE,LONGITUDE,GMTOFF,DSTOFF,TIMEZONE,CC,REGION,LAST_CHANGED,LEID,EUID,\
    NOTES,TAGS";

impl Fixture {
    fn import_from(&self, word: &str, file: impl AsRef<[u8]>) -> Done {
        let from = ExportFrom::from_word(word).unwrap();
        let columns = ColumnWishes { from, ..ColumnWishes::default() };
        let reading = ImportReading { from, ..ImportReading::default() };
        self.try_import_read(Cursor::new(file.as_ref()), 2, columns, reading).unwrap()
    }

    /// `subscribed`, or why they get no mail.
    fn standing(&self, email: &str) -> String {
        let email = EmailAddress::parse(email).unwrap();
        let key = email.key();
        let found = self.runtime.block_on(self.store.contact_by_email(email)).unwrap();
        let Some(contact) = found else { return "unknown".to_owned() };
        let suppressed = self.runtime.block_on(self.store.suppression_reason(key)).unwrap();
        let consents = self.runtime.block_on(self.store.contact_consents(contact.id)).unwrap();
        match (suppressed, consents.first()) {
            (Some(reason), _) => reason,
            (None, Some(consent)) if consent.granted => "subscribed".to_owned(),
            (None, Some(_)) => "left".to_owned(),
            (None, None) => "not subscribed".to_owned(),
        }
    }

    fn standings<const N: usize>(&self, emails: [&str; N]) -> [String; N] {
        emails.map(|email| self.standing(email))
    }
}

fn mailchimp_row(email: &str) -> String {
    format!(
        "{email},Ann,Bee,2,,,\"2024-05-01 10:00:00\",192.0.2.7,1,2,-5,-4,Europe/Berlin,DE,BE,\
         \"2024-05-02 10:00:00\",1,a,,\"\"\"VIP\"\",\"\"Blog\"\"\"\n"
    )
}

#[test]
fn an_archive_of_mailchimp_is_read_in_turn_each_file_with_its_state() {
    let unsubscribed = format!("{MAILCHIMP},UNSUB_TIME,UNSUB_CAMPAIGN_TITLE,UNSUB_REASON\n");
    let row = mailchimp_row("left@x.org").replace('\n', ",2024-06-01 10:00:00,News,NORMAL\n");
    let files = [
        (
            "subscribed_email_audience_export_1a.csv",
            format!("{MAILCHIMP}\n{}", mailchimp_row("ann@x.org")),
        ),
        ("unsubscribed_email_audience_export_1a.csv", unsubscribed + &row),
        (
            "cleaned_email_audience_export_1a.csv",
            format!(
                "{MAILCHIMP},CLEAN_TIME\n{}nobody\n",
                mailchimp_row("gone@x.org").replace('\n', ",2024-06-01\n")
            ),
        ),
        (
            "nonsubscribed_email_audience_export_1a.csv",
            format!("{MAILCHIMP}\n{}", mailchimp_row("shop@x.org")),
        ),
    ];
    let members: Vec<Member> =
        files.iter().map(|(name, text)| Member::deflated(name, text)).collect();
    for word in ["mailchimp", "auto"] {
        let fixture = Fixture::new();
        let done = fixture.import_from(word, zip(&members));
        assert_eq!((done.summary.rows, done.summary.subscribed, done.summary.rejected), (5, 1, 1));
        assert_eq!(done.summary.product, Some("mailchimp"));
        let standings = fixture.standings(["ann@x.org", "left@x.org", "gone@x.org", "shop@x.org"]);
        assert_eq!(standings, ["subscribed", "left", "hard bounce", "not subscribed"]);
        assert_eq!(
            fixture.contact("ann@x.org").unwrap(),
            "ann@x.org country=DE first_name=Ann last_name=Bee region=BE \
             timezone=Europe/Berlin"
        );
        let ann = EmailAddress::parse("ann@x.org").unwrap();
        let ann = fixture.runtime.block_on(fixture.store.contact_by_email(ann)).unwrap().unwrap();
        let tags = fixture.runtime.block_on(fixture.store.contact_tags(ann.id)).unwrap();
        assert_eq!(tags, ["Blog", "VIP"]);
        let ledger = fixture.runtime.block_on(fixture.store.contact_consents(ann.id)).unwrap();
        let given = ledger[0].given_at.map(model::Timestamp::rfc3339);
        assert_eq!(given.as_deref(), Some("2024-05-01T10:00:00Z"));
        assert_eq!(ledger[0].given_ip.as_deref(), Some("192.0.2.7"));
        assert_eq!(ledger[0].basis, Some(model::ConsentBasis::NotStated));
        let [line, _, reason, _] = &done.rejected()[0];
        assert_eq!(line, "3");
        assert!(reason.starts_with("in cleaned_email_audience_export_1a.csv: "), "{reason}");
    }
    let refused = Fixture::new().refused(zip(&members));
    assert!(refused.contains("several lists") && refused.contains("--from"), "{refused}");
}

#[test]
fn one_file_of_mailchimp_says_by_its_dates_who_has_left() {
    let fixture = Fixture::new();
    let rows = mailchimp_row("ann@x.org").replace('\n', ",\n")
        + &mailchimp_row("left@x.org").replace('\n', ",2024-06-01 10:00:00\n");
    fixture.import_from("auto", format!("{MAILCHIMP},UNSUB_TIME\n{rows}"));
    assert_eq!(fixture.standings(["ann@x.org", "left@x.org"]), ["subscribed", "left"]);
}

#[test]
fn an_export_of_listmonk_brings_states_and_attributes() {
    let fixture = Fixture::new();
    let file = "uuid,email,name,attributes,status,created_at,updated_at\n\
        1,ann@x.org,Ann,\"{\"\"city\"\":\"\"Ulm\"\",\"\"plan\"\":{\"\"name\"\":\"\"Pro\"\"}}\",enabled,2024-05-01,x\n\
        2,bob@x.org,Bob,{},disabled,2024-05-01,x\n\
        3,cid@x.org,Cid,{},blocklisted,2024-05-01,x\n\
        4,dan@x.org,Dan,{},unconfirmed,2024-05-01,x\n\
        5,eve@x.org,Eve,\"{\"\"orders\"\":[{}]}\",enabled,2024-05-01,x\n";
    let done = fixture.import_from("listmonk", file);
    assert_eq!((done.summary.subscribed, done.summary.rejected), (1, 2));
    let standings = fixture.standings(["ann@x.org", "bob@x.org", "cid@x.org", "dan@x.org"]);
    assert_eq!(standings, ["subscribed", "left", "manual", "unknown"]);
    let contact = fixture.contact("ann@x.org").unwrap();
    assert_eq!(contact, "ann@x.org city=Ulm created_at=2024-05-01 name=Ann plan_name=Pro");
    let [dan, eve] = done.rejected().try_into().unwrap();
    assert!(dan[2].contains("\"unconfirmed\"") && dan[2].contains("\"blocklisted\""), "{dan:?}");
    assert_eq!(eve[..2], ["6", "attributes"]);
}

#[test]
fn an_export_of_keila_brings_states_and_attributes() {
    let fixture = Fixture::new();
    let file = "Email,First name,Last name,Data,Status\n\
        ann@x.org,Ann,Bee,\"{\"\"tags\"\":[\"\"a\"\",\"\"b\"\"]}\",active\n\
        bob@x.org,,,,unsubscribed\ncid@x.org,,,,unreachable\ndan@x.org,,,,sleeping\n";
    let done = fixture.import_from("auto", file);
    assert_eq!((done.summary.subscribed, done.summary.rejected), (1, 1));
    let standings = fixture.standings(["ann@x.org", "bob@x.org", "cid@x.org", "dan@x.org"]);
    assert_eq!(standings, ["subscribed", "left", "hard bounce", "unknown"]);
    let contact = fixture.contact("ann@x.org").unwrap();
    assert_eq!(contact, "ann@x.org first_name=Ann last_name=Bee tags=a, b");
}

#[test]
fn an_export_of_brevo_subscribes_nobody_who_has_not_opted_in() {
    let fixture = Fixture::new();
    let file = "CONTACT ID;EMAIL;LASTNAME;FIRSTNAME;SMS;DOUBLE_OPT-IN;OPT_IN;ADDED_TIME;MODIFIED_TIME\n\
        1;ann@x.org;Bee;Ann;;;;01-05-2024;01-05-2024\n\
        2;bob@x.org;;;;2;;01-05-2024;01-05-2024\n\
        3;cid@x.org;;;;1;false;01-05-2024;01-05-2024\n\
        4;dan@x.org;;;;maybe;;01-05-2024;01-05-2024\n";
    let done = fixture.import_from("brevo", file);
    assert_eq!((done.summary.subscribed, done.summary.rejected), (1, 1));
    let standings = fixture.standings(["ann@x.org", "bob@x.org", "cid@x.org", "dan@x.org"]);
    assert_eq!(standings, ["subscribed", "not subscribed", "not subscribed", "unknown"]);
    assert_eq!(fixture.contact("ann@x.org").unwrap(), "ann@x.org first_name=Ann last_name=Bee");
}

#[test]
fn an_export_of_hubspot_leaves_out_whoever_one_of_its_columns_leaves_out() {
    let fixture = Fixture::new();
    let file = "Record ID,First Name,Last Name,Email,Preferred language,Lifecycle Stage,\
        Unsubscribed from all email,Opted out of email: One to One,Email hard bounce reason,\
        Marketing contact status\n\
        1,Ann,Bee,ann@x.org,German,Lead,false,,,Marketing contact\n\
        2,,,bob@x.org,,,true,,,Marketing contact\n\
        3,,,cid@x.org,,,,Opted Out,,Marketing contact\n\
        4,,,dan@x.org,,,,,UNKNOWN_USER,Marketing contact\n\
        5,,,eve@x.org,,,,,,Non-marketing contact\n\
        6,,,fay@x.org,,,soon,,,Marketing contact\n";
    let done = fixture.import_from("auto", file);
    assert_eq!((done.summary.subscribed, done.summary.rejected), (1, 1));
    let emails = ["ann@x.org", "bob@x.org", "cid@x.org", "dan@x.org", "eve@x.org", "fay@x.org"];
    let expected = ["subscribed", "left", "left", "hard bounce", "not subscribed", "unknown"];
    assert_eq!(fixture.standings(emails), expected);
    let contact = fixture.contact("ann@x.org").unwrap();
    let expected = "ann@x.org first_name=Ann last_name=Bee lifecycle_stage=Lead \
         preferred_language=German";
    assert_eq!(contact, expected);
}

#[test]
fn what_is_packed_or_in_another_encoding_is_imported_as_if_it_was_not() {
    let text = "email,name\nann@x.org,R\u{e9}n\u{e9}\nnobody,\u{e9}\n";
    let latin: Vec<u8> = text.chars().map(|it| u8::try_from(u32::from(it)).unwrap()).collect();
    let mut packed = GzEncoder::new(Vec::new(), Compression::default());
    packed.write_all(&latin).unwrap();
    let packed = packed.finish().unwrap();
    let wide: Vec<u8> =
        format!("\u{feff}{text}").encode_utf16().flat_map(u16::to_be_bytes).collect();
    for (file, label) in [(latin, "windows-1252"), (packed, "latin1"), (wide, "auto")] {
        let fixture = Fixture::new();
        let encoding = TextEncoding::parse(label).unwrap();
        let reading = ImportReading { encoding, ..ImportReading::default() };
        let length = file.len();
        let file = Cursor::new(file);
        let done = fixture.try_import_read(file, 1, ColumnWishes::default(), reading).unwrap();
        assert_eq!((done.summary.rows, done.summary.rejected), (2, 1), "{label}");
        assert_eq!(fixture.contact("ann@x.org").unwrap(), "ann@x.org name=R\u{e9}n\u{e9}");
        assert_eq!(done.rejected()[0][3], "nobody,\u{e9}", "in UTF-8, whatever the file was in");
        assert_eq!(done.summary.bytes_read, length as u64, "{label}");
    }
    let broken = b"email,name\nann@x.org,a\x81 b\n";
    let encoding = TextEncoding::parse("shift_jis").unwrap();
    let reading = ImportReading { encoding, ..ImportReading::default() };
    let wishes = ColumnWishes::default();
    let done = Fixture::new().try_import_read(Cursor::new(broken), 1, wishes, reading).unwrap();
    assert_eq!(done.rejected()[0][1..3], ["name", "character 2 can't be read as Shift_JIS"]);
}
