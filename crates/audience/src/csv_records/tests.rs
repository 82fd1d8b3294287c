use std::io::Write as _;
use std::process::{Command, Stdio};

use proptest::prelude::*;
use proptest::strategy::ValueTree as _;

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

/// A record of which nothing is borrowed, with the rest of its line.
struct Owned {
    line: u64,
    raw: Vec<u8>,
    fields: Result<Vec<String>, UnreadableLine>,
}

fn records(bytes: &[u8]) -> Vec<Owned> {
    let mut records = Records::new(Trickle(bytes, 7));
    let mut all = Vec::new();
    while let Some(record) = records.next().unwrap() {
        let fields = record.fields.map(|fields| {
            fields.iter().map(|field| String::from_utf8_lossy(field).into_owned()).collect()
        });
        let (line, mut raw, in_parts) = (record.line, record.raw.to_vec(), record.in_parts);
        while in_parts && let Some(part) = records.next_part().unwrap() {
            raw.extend_from_slice(part);
        }
        all.push(Owned { line, raw, fields });
    }
    assert_eq!(records.place().bytes, bytes.len() as u64);
    all
}

/// Line and fields of every record; what is unreadable is one field that says so.
fn read(bytes: &[u8]) -> Vec<(u64, Vec<String>)> {
    let fields = |record: Owned| record.fields.unwrap_or_else(|why| vec![format!("{why:?}")]);
    records(bytes).into_iter().map(|record| (record.line, fields(record))).collect()
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
    check("a\r\r\rb\rc", &[(1, &["a"]), (4, &["b"]), (5, &["c"])]);
    check("\n\na,\"x\ny\",b\nc\n", &[(3, &["a", "x\ny", "b"]), (5, &["c"])]);
    check("a,\"x\ry\r\nz\"\rc\r", &[(1, &["a", "x\ry\r\nz"]), (4, &["c"])]);
    check("", &[]);
    check("\n\r\n", &[]);
}

#[test]
fn quotes_hold_separators_quotes_and_line_ends() {
    check(
        "\"a,b\",\"say \"\"hi\"\"\",\"1\r\n2\"\r\nc",
        &[(1, &["a,b", "say \"hi\"", "1\r\n2"]), (3, &["c"])],
    );
    check("\"a\" ,\"b\"  \nc", &[(1, &["a", "b"]), (2, &["c"])]);
    check("5\" pipe,a \"b\" c\n", &[(1, &["5\" pipe", "a \"b\" c"])]);
}

#[test]
fn a_quote_left_open_at_the_end_of_the_file_costs_its_line_alone() {
    check(
        "a@x,Ann\nq5@x,\"Ann\nb@x,Bob\nc@x,Cid\n",
        &[(1, &["a@x", "Ann"]), (2, &["OpenAtEnd(2)"]), (3, &["b@x", "Bob"]), (4, &["c@x", "Cid"])],
    );
    check("a,\"", &[(1, &["OpenAtEnd(2)"])]);
    check("\"\n\"\n\"", &[(1, &["\n"]), (3, &["OpenAtEnd(1)"])]);
}

#[test]
fn text_after_a_closing_quote_costs_the_first_line_alone() {
    check(
        "q5@x,\"Ann\nb@x,Bob\nc@x,\"Smith, Cid\"\n",
        &[(1, &["TextAfterQuote(2)"]), (2, &["b@x", "Bob"]), (3, &["c@x", "Smith, Cid"])],
    );
    check("a,\"b\"c\nd,e\n", &[(1, &["TextAfterQuote(2)"]), (2, &["d", "e"])]);
}

#[test]
fn a_quoted_field_runs_over_a_hundred_lines_and_no_further() {
    let lines = |count: usize| "x\n".repeat(count);
    let text = format!("a,\"{}\"\nb,c\n", lines(MAX_FIELD_LINES));
    check(&text, &[(1, &["a", &lines(MAX_FIELD_LINES)]), (102, &["b", "c"])]);
    let text = format!("a,\"{}\"\nb,c\n", lines(MAX_FIELD_LINES + 1));
    let all = read(text.as_bytes());
    assert_eq!(all[0], (1, vec!["OpenTooLong(2)".to_owned()]));
    assert_eq!(all.last(), Some(&(103, vec!["b".to_owned(), "c".to_owned()])));
}

#[test]
fn a_quote_that_is_left_open_costs_its_line_and_not_the_file() {
    let mut text = "a,\"b\n".to_owned();
    for row in 0..20_000 {
        text.push_str(&format!("c{row},d{row}\n"));
    }
    let all = read(text.as_bytes());
    assert_eq!(all.len(), 20_001);
    assert_eq!(all[0], (1, vec!["OpenTooLong(2)".to_owned()]));
    assert_eq!(all[1], (2, vec!["c0".to_owned(), "d0".to_owned()]));
    assert_eq!(all[20_000].0, 20_001);
}

#[test]
fn a_line_of_any_length_is_handed_out_whole_in_bounded_memory() {
    for first in ["a,", "a,\""] {
        let mut text = first.to_owned();
        text.push_str(&"x".repeat(3 * BUFFER_BYTES));
        let long = text.clone();
        text.push_str("\r\nb,c\n");
        let all = records(text.as_bytes());
        assert_eq!(all.len(), 2);
        assert_eq!((all[0].line, all[0].fields.clone()), (1, Err(UnreadableLine::TooLong)));
        assert!(all[0].raw == long.as_bytes());
        assert_eq!((all[1].line, all[1].raw.as_slice()), (2, b"b,c".as_slice()));
    }
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

/// What Python's reader makes of the texts, each as rows of cells.
fn python(texts: &[String]) -> Vec<Vec<Vec<String>>> {
    const SCRIPT: &str = "import csv, io, json, sys
json.dump([[row for row in csv.reader(io.StringIO(text, newline='')) if row]
           for text in json.load(sys.stdin)], sys.stdout)";
    let mut python = Command::new("python3")
        .args(["-c", SCRIPT])
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .expect("python3 is needed for this test");
    let texts = serde_json::to_vec(texts).unwrap();
    python.stdin.take().unwrap().write_all(&texts).unwrap();
    let output = python.wait_with_output().unwrap();
    assert!(output.status.success());
    serde_json::from_slice(&output.stdout).unwrap()
}

#[test]
fn well_formed_files_are_read_as_python_reads_them() {
    let cell = "([a-c \"\u{e9}]|,|\n|\r\n|\r){0,6}";
    let rows = prop::collection::vec(prop::collection::vec(cell, 2..5), 0..8);
    let mut runner = proptest::test_runner::TestRunner::deterministic();
    let texts: Vec<String> = (0..500)
        .map(|number| {
            let rows = rows.new_tree(&mut runner).unwrap().current();
            let style =
                if number % 3 == 0 { csv::QuoteStyle::Always } else { csv::QuoteStyle::Necessary };
            let end =
                if number % 2 == 0 { csv::Terminator::CRLF } else { csv::Terminator::Any(b'\n') };
            let mut writer = csv::WriterBuilder::new()
                .flexible(true)
                .quote_style(style)
                .terminator(end)
                .from_writer(Vec::new());
            for row in &rows {
                writer.write_record(row).unwrap();
            }
            String::from_utf8(writer.into_inner().unwrap()).unwrap()
        })
        .collect();
    for (text, expect) in texts.iter().zip(python(&texts)) {
        let ours: Vec<Vec<String>> =
            read(text.as_bytes()).into_iter().map(|(_, fields)| fields).collect();
        assert_eq!(ours, expect, "{text:?}");
    }
}

fn without_line_ends(bytes: &[u8]) -> Vec<u8> {
    bytes.iter().copied().filter(|byte| !matches!(byte, b'\r' | b'\n')).collect()
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
    fn every_byte_of_any_file_is_in_exactly_one_record(
        bytes in prop::collection::vec(prop_oneof![Just(b'"'), Just(b','), Just(b'\n'), Just(b'\r'), Just(b'a'), any::<u8>()], 0..300)
    ) {
        let all = records(&bytes);
        let taken: Vec<u8> = all.iter().flat_map(|record| record.raw.clone()).collect();
        prop_assert_eq!(without_line_ends(&taken), without_line_ends(&bytes));
        let first_lines = all.iter().filter(|record| record.fields.is_err());
        for record in first_lines {
            prop_assert_eq!(without_line_ends(&record.raw), record.raw.clone());
        }
        // Whatever is wrong with a line, the line after it is read as if it stood alone.
        for pair in all.windows(2) {
            prop_assert!(pair[0].line < pair[1].line);
        }
    }
}
