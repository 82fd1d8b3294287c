//! Python's `email` package as a second opinion on messages with awkward subjects and values.

use std::path::Path;
use std::process::Command;

use super::messages::{NOTICE, ann};
use super::{Reader, compiled, markdown};
use crate::Compiled;

const SUBJECTS: [&str; 8] = [
    "Plain",
    "Grüße aus Köln",
    "🎉🎉🎉 party 👩‍👩‍👧‍👦 with a family that is longer than one encoded word can hold, surely",
    "a subject of ASCII words that is long enough to be folded over more than one line of header",
    "=?utf-8?q?not_encoded?=",
    "quotes \" and <angles>, commas; [brackets] (and more)",
    "日本語の件名はとても長いので複数のエンコード語に分割される必要があります",
    "x: y; z",
];

fn write(folder: &Path, name: &str, reader: &Reader, compiled: &Compiled, subject: &str) {
    let message = reader.message(compiled).unwrap();
    let expected = serde_json::json!({
        "subject": subject,
        "from": compiled.from().as_str(),
        "to": reader.recipient().email.as_str(),
        "text": reader.text(compiled),
        "html": reader.page(compiled),
    });
    std::fs::write(folder.join(format!("{name}.eml")), message).unwrap();
    std::fs::write(folder.join(format!("{name}.json")), expected.to_string()).unwrap();
}

#[test]
fn python_reads_every_message_as_it_was_meant() {
    let folder = tempfile::tempdir().unwrap();
    write(folder.path(), "notice", &ann(), &compiled(NOTICE), "Hallo Zoë, Größe 2.0 ist da 🎉");
    for (number, subject) in SUBJECTS.into_iter().enumerate() {
        let note = "a\r\n.\r\n--=_x\r\n\0 ü\t \r\nFrom x = y ";
        let reader = Reader::new("o'brien+x@b.example", &[("name", subject), ("note", note)]);
        let body = "{{ note }}\n\n.{{ name }} [a](https://a.example/{{ note }})\n\n    {{ note }}";
        for (kind, tag) in [("fixed", subject), ("filled", "{{ name }}")] {
            let quoted = tag.replace('"', "\\\"");
            let text = markdown(body).replace("subject: News", &format!("subject: \"{quoted}\""));
            write(folder.path(), &format!("{kind}-{number}"), &reader, &compiled(&text), subject);
        }
    }
    let script = concat!(env!("CARGO_MANIFEST_DIR"), "/../../scripts/check-messages.py");
    let output = Command::new("python3").arg(script).arg(folder.path()).output().unwrap();
    let said = String::from_utf8_lossy(&output.stdout);
    assert!(output.status.success(), "{said}{}", String::from_utf8_lossy(&output.stderr));
    assert_eq!(said.trim(), "17 messages are as they were meant");
}
