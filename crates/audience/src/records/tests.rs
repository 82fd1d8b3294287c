use proptest::prelude::*;

use super::*;

/// Hands out a few bytes at a time, as a pipe would.
struct Trickle<'b>(&'b [u8], usize);

impl Read for Trickle<'_> {
    fn read(&mut self, out: &mut [u8]) -> std::io::Result<usize> {
        let length = self.1.min(self.0.len()).min(out.len());
        let (now, later) = self.0.split_at(length);
        out[..length].copy_from_slice(now);
        self.0 = later;
        Ok(length)
    }
}

/// Line and fields of every record; what is unreadable is one field that says so.
fn read(bytes: &[u8]) -> Vec<(u64, Vec<String>)> {
    let mut records = Records::new(Trickle(bytes, 7));
    let mut all = Vec::new();
    while let Some(record) = records.next().unwrap() {
        let fields = match record.fields {
            Ok(fields) => fields.iter().map(|f| String::from_utf8_lossy(f).into_owned()).collect(),
            Err(why) => vec![format!("{why:?}")],
        };
        all.push((record.line, fields));
    }
    assert_eq!(records.bytes(), bytes.len() as u64);
    all
}

fn check(text: &str, expect: &[(u64, &[&str])]) {
    let expect: Vec<(u64, Vec<String>)> = expect
        .iter()
        .map(|(line, fields)| (*line, fields.iter().map(|f| (*f).to_owned()).collect()))
        .collect();
    assert_eq!(read(text.as_bytes()), expect, "{text:?}");
}

#[test]
fn line_numbers_are_those_of_an_editor() {
    check("a,b\nc,d\n", &[(1, &["a", "b"]), (2, &["c", "d"])]);
    check("a\r\n\r\n\r\nb\r\nc", &[(1, &["a"]), (4, &["b"]), (5, &["c"])]);
    check("\n\na,\"x\ny\",b\nc\n", &[(3, &["a", "x\ny", "b"]), (5, &["c"])]);
    check("", &[]);
    check("\n\r\n", &[]);
}

#[test]
fn quotes_hold_separators_quotes_and_line_ends() {
    check(
        "\"a,b\",\"say \"\"hi\"\"\",\"1\r\n2\"\r\nc",
        &[(1, &["a,b", "say \"hi\"", "1\r\n2"]), (3, &["c"])],
    );
}

#[test]
fn a_quote_that_is_left_open_costs_its_line_and_not_the_file() {
    let mut text = "a,\"b\n".to_owned();
    for row in 0..20_000 {
        text.push_str(&format!("c{row},d{row}\n"));
    }
    let all = read(text.as_bytes());
    assert_eq!(all.len(), 20_001);
    assert_eq!(all[0], (1, vec!["TooLong".to_owned()]));
    assert_eq!(all[1], (2, vec!["c0".to_owned(), "d0".to_owned()]));
    assert_eq!(all[20_000].0, 20_001);
}

#[test]
fn a_huge_field_is_passed_over_in_bounded_memory() {
    let mut text = "a,".to_owned();
    text.push_str(&"x".repeat(3 * BUFFER_BYTES));
    text.push_str("\nb,c\n");
    let all = read(text.as_bytes());
    assert_eq!(all.last(), Some(&(2, vec!["b".to_owned(), "c".to_owned()])));
    assert!(
        all[..all.len() - 1]
            .iter()
            .all(|(_, fields)| fields[0] == "TooLong" || fields[0].starts_with('x'))
    );
}

#[test]
fn a_record_may_be_just_as_long_as_allowed() {
    let longest = "x".repeat(MAX_RECORD_BYTES - 1);
    assert_eq!(read(format!("{longest}\n").as_bytes()), [(1, vec![longest.clone()])]);
    assert_eq!(read(format!("{longest}xx\n").as_bytes()), [(1, vec!["TooLong".to_owned()])]);
}

#[test]
fn a_record_of_too_many_fields_is_named_and_passed_over() {
    let text = format!("{}\nb\n", ",".repeat(3 * MAX_FIELDS));
    check(&text, &[(1, &["TooManyFields"]), (2, &["b"])]);
}

proptest! {
    #[test]
    fn what_a_csv_writer_wrote_is_read_back(
        rows in prop::collection::vec(prop::collection::vec("[a-c,\"\r\n é]{0,6}", 2..5), 0..12)
    ) {
        let mut writer = csv::WriterBuilder::new().flexible(true).from_writer(Vec::new());
        for row in &rows {
            writer.write_record(row).unwrap();
        }
        let text = writer.into_inner().unwrap();
        let back: Vec<Vec<String>> = read(&text).into_iter().map(|(_, fields)| fields).collect();
        prop_assert_eq!(back, rows);
    }

    #[test]
    fn no_bytes_panic_and_every_byte_is_taken(
        bytes in prop::collection::vec(prop_oneof![Just(b'"'), Just(b','), Just(b'\n'), Just(b'\r'), any::<u8>()], 0..300)
    ) {
        let _ = read(&bytes);
    }
}
