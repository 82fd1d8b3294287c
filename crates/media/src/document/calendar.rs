//! Calendar files (RFC 5545), as mail programs take them for what they are (RFC 6047): the method in the
//! Content-Type is that in the file, lines end in CRLF.

use super::{Document, begins};
use crate::file_kind::FileKind;

/// How a calendar is sent when it does not say: to read, with nobody asked to answer (RFC 5546
/// section 1.4).
const PUBLISH: &str = "PUBLISH";
const METHODS: [&str; 8] =
    ["PUBLISH", "REQUEST", "CANCEL", "ADD", "REPLY", "REFRESH", "COUNTER", "DECLINECOUNTER"];

pub(super) fn read(content: &[u8]) -> Result<Document, String> {
    let text = std::str::from_utf8(content)
        .map_err(|_| "is no UTF-8, as calendars must be; export it again".to_owned())?;
    if !begins(text, "BEGIN:VCALENDAR") {
        return Err("is no calendar: it does not begin with BEGIN:VCALENDAR".to_owned());
    }
    let text = text.trim_start_matches('\u{feff}');
    let mut lines: Vec<&str> = text.lines().map(|line| line.trim_end_matches('\r')).collect();
    while lines.last().is_some_and(|line| line.trim().is_empty()) {
        lines.pop();
    }
    if !lines.last().is_some_and(|line| begins(line, "END:VCALENDAR")) {
        return Err("is cut off: it does not end with END:VCALENDAR".to_owned());
    }
    let value = |name: &str| {
        let prefix = format!("{name}:");
        let line = lines.iter().find(|line| begins(line, &prefix))?;
        line.split_once(':').map(|(_, value)| value.trim().to_ascii_uppercase())
    };
    if value("VERSION").as_deref() != Some("2.0") {
        return Err("has no line VERSION:2.0, without which Outlook opens no calendar".to_owned());
    }
    check_events(&lines)?;
    let method = value("METHOD");
    if let Some(unknown) = method.as_ref().filter(|it| !METHODS.contains(&it.as_str())) {
        return Err(format!("has the method {unknown}; use PUBLISH, REQUEST or CANCEL"));
    }
    let mut notes = Vec::new();
    let chosen = method.clone().unwrap_or_else(|| PUBLISH.to_owned());
    let mut bytes = String::with_capacity(text.len() + lines.len() + 32);
    for (number, line) in lines.iter().enumerate() {
        bytes.push_str(line);
        bytes.push_str("\r\n");
        if number == 0 && method.is_none() {
            bytes.push_str("METHOD:PUBLISH\r\n");
            notes.push(
                "it had no METHOD and got METHOD:PUBLISH, so that mail programs show it as an event"
                    .to_owned(),
            );
        }
    }
    if chosen == "REQUEST" {
        notes.push(
            "it asks for answers (METHOD:REQUEST): they go to its ORGANIZER, and Outlook asks only \
             people who are its ATTENDEE; for many readers METHOD:PUBLISH is right"
                .to_owned(),
        );
    }
    Ok(Document {
        kind: FileKind::Calendar,
        content_type: format!("text/calendar; charset=utf-8; method={chosen}"),
        bytes: bytes.into_bytes(),
        notes,
    })
}

/// Whether there is an event, with what calendars need of one.
fn check_events(lines: &[&str]) -> Result<(), String> {
    let mut inside = lines
        .iter()
        .skip_while(|line| !begins(line, "BEGIN:VEVENT") && !begins(line, "BEGIN:VTODO"))
        .peekable();
    if inside.peek().is_none() {
        return Err("has no event: there is no BEGIN:VEVENT in it".to_owned());
    }
    let inside: Vec<&&str> = inside.collect();
    for needed in ["UID", "DTSTAMP", "DTSTART"] {
        let has = |line: &&str| {
            begins(line, &format!("{needed}:")) || begins(line, &format!("{needed};"))
        };
        if !inside.iter().any(|line| has(line)) {
            return Err(format!(
                "has an event without {needed}, which calendars refuse; export it again"
            ));
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    const EVENT: &str = "BEGIN:VCALENDAR\nVERSION:2.0\nPRODID:-//x//y\nBEGIN:VEVENT\n\
        UID:1@aurora.example\nDTSTAMP:20261120T090000Z\nDTSTART;TZID=Europe/Dublin:20261201T100000\n\
        SUMMARY:Webinar\nEND:VEVENT\nEND:VCALENDAR\n";

    #[test]
    fn a_calendar_gets_the_line_ends_and_the_method_that_programs_need() {
        let read = read(EVENT.as_bytes()).unwrap();
        assert_eq!(read.content_type, "text/calendar; charset=utf-8; method=PUBLISH");
        let text = String::from_utf8(read.bytes).unwrap();
        assert!(text.starts_with("BEGIN:VCALENDAR\r\nMETHOD:PUBLISH\r\nVERSION:2.0\r\n"), "{text}");
        assert!(text.ends_with("END:VCALENDAR\r\n") && text.matches('\n').count() == 11, "{text}");
        assert_eq!(text.replace("\r\n", "").matches(['\r', '\n']).count(), 0);
    }

    #[test]
    fn its_own_method_stays() {
        let asked = EVENT.replace("PRODID", "METHOD:request\nPRODID").replace('\n', "\r\n");
        let read = read(asked.as_bytes()).unwrap();
        assert_eq!(read.content_type, "text/calendar; charset=utf-8; method=REQUEST");
        assert_eq!(String::from_utf8(read.bytes).unwrap(), asked);
        assert!(read.notes[0].contains("ATTENDEE"));
    }

    #[test]
    fn what_calendars_refuse_is_refused() {
        for (what, with, expect) in [
            ("BEGIN:VCALENDAR", "", "is no calendar"),
            ("END:VCALENDAR\n", "", "is cut off"),
            ("VERSION:2.0", "VERSION:1.0", "VERSION:2.0"),
            ("VEVENT", "VOTHER", "has no event"),
            ("UID:", "X:", "without UID"),
            ("DTSTAMP:", "X:", "without DTSTAMP"),
            ("DTSTART;", "X;", "without DTSTART"),
            ("PRODID", "METHOD:PUBLISH; boundary=x\nPRODID", "has the method PUBLISH; BOUNDARY=X"),
        ] {
            let refused = read(EVENT.replace(what, with).as_bytes()).err().unwrap();
            assert!(refused.contains(expect), "{what}: {refused}");
        }
    }
}
