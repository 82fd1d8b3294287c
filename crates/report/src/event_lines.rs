//! Events as lines of JSON or CSV.
//!
//! Invariant: both have the same fields under the same names; a cell of CSV can't start a spreadsheet
//! formula.

use serde::Serialize;
use store::EventCursor;

use crate::ReportError;
use crate::events::Event;
use crate::export::tame;

/// Names of the fields, as JSON and CSV have them.
const FIELDS: [&str; 14] = [
    "id",
    "at",
    "at_us",
    "kind",
    "campaign",
    "contact",
    "link",
    "url",
    "class",
    "rules",
    "with_cookie",
    "client",
    "device",
    "country",
];
/// The last field, where it is asked for.
const CURSOR: &str = "cursor";

/// How a line is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum EventLines {
    /// An object of JSON in each line.
    Json,
    /// Comma-separated, with the rules of an event separated by blanks.
    Csv,
}

/// An event on the wire: ids are texts.
#[derive(Serialize)]
pub struct EventLine<'e> {
    id: String,
    /// To the second; `at_us` has the rest.
    at: String,
    at_us: i64,
    kind: &'static str,
    campaign: String,
    contact: Option<String>,
    link: Option<u16>,
    url: Option<&'e str>,
    class: &'e str,
    rules: &'e [std::borrow::Cow<'static, str>],
    with_cookie: bool,
    client: Option<&'e str>,
    device: Option<&'e str>,
    country: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    cursor: Option<String>,
}

impl Event {
    /// As it is written in JSON, with the cursor behind it if there is one.
    #[must_use]
    pub fn line(&self, cursor: Option<&EventCursor>) -> EventLine<'_> {
        EventLine {
            id: self.id.to_string(),
            at: self.at.rfc3339(),
            at_us: self.at.0,
            kind: self.kind.as_str(),
            campaign: self.campaign.to_string(),
            contact: self.contact.map(|it| it.to_string()),
            link: self.link,
            url: self.url.as_deref(),
            class: &self.class,
            rules: &self.rules,
            with_cookie: self.with_cookie,
            client: self.client.as_deref(),
            device: self.device.as_deref(),
            country: self.country.map(|it| it.to_string()),
            cursor: cursor.map(EventCursor::to_string),
        }
    }
}

impl EventLines {
    /// The line before all others, if there is one.
    ///
    /// # Errors
    /// Never, unless memory ends.
    pub fn header(self, with_cursor: bool) -> Result<Vec<u8>, ReportError> {
        match self {
            Self::Json => Ok(Vec::new()),
            Self::Csv => record(FIELDS.into_iter().chain(with_cursor.then_some(CURSOR))),
        }
    }

    /// One event with its end of line.
    ///
    /// # Errors
    /// As above.
    pub fn line(self, event: &Event, cursor: Option<&EventCursor>) -> Result<Vec<u8>, ReportError> {
        let line = event.line(cursor);
        if self == Self::Csv {
            return cells(&line);
        }
        let written = serde_json::to_vec(&line);
        let mut text =
            written.map_err(|it| ReportError::Write { form: "JSON", source: it.into() })?;
        text.push(b'\n');
        Ok(text)
    }
}

fn cells(line: &EventLine<'_>) -> Result<Vec<u8>, ReportError> {
    let (at_us, link) = (line.at_us.to_string(), line.link.map(|it| it.to_string()));
    let (url, rules) = (tame(line.url.unwrap_or_default()), line.rules.join(" "));
    let cells = [
        line.id.as_str(),
        &line.at,
        &at_us,
        line.kind,
        &line.campaign,
        line.contact.as_deref().unwrap_or_default(),
        link.as_deref().unwrap_or_default(),
        &url,
        line.class,
        &rules,
        if line.with_cookie { "true" } else { "false" },
        line.client.unwrap_or_default(),
        line.device.unwrap_or_default(),
        line.country.as_deref().unwrap_or_default(),
    ];
    record(cells.into_iter().chain(line.cursor.as_deref()))
}

fn record<'c>(cells: impl Iterator<Item = &'c str>) -> Result<Vec<u8>, ReportError> {
    let failed = |source: Box<dyn std::error::Error + Send + Sync>| ReportError::Write {
        form: "CSV",
        source,
    };
    let mut out = csv::Writer::from_writer(Vec::new());
    out.write_record(cells.collect::<Vec<_>>()).map_err(|it| failed(it.into()))?;
    out.into_inner().map_err(|it| failed(it.to_string().into()))
}

#[cfg(test)]
mod tests {
    use model::{CampaignNumber, ContactId, Country, Timestamp};
    use store::EventPosition;

    use super::*;
    use crate::events::EventKind;

    fn event(kind: EventKind, contact: Option<i64>) -> Event {
        Event {
            id: EventPosition { node: 1, segment: 1_795_428_245, offset: 17 },
            at: Timestamp(1_795_428_245_000_007),
            kind,
            campaign: CampaignNumber(3),
            contact: contact.map(ContactId),
            link: (kind == EventKind::Click).then_some(2),
            url: (kind == EventKind::Click).then(|| "=https://x.org/?a=1,2".into()),
            class: "person".into(),
            rules: vec!["agent-browser".into(), "cookie-returned".into()],
            with_cookie: true,
            client: Some("firefox".into()),
            device: Some("desktop".into()),
            country: Country::parse("DE"),
        }
    }

    fn text(lines: EventLines, event: &Event) -> String {
        String::from_utf8(lines.line(event, None).unwrap()).unwrap()
    }

    #[test]
    fn a_line_of_json_has_every_field() {
        let id = event(EventKind::View, None).id.to_string();
        let expect = format!(
            "{{\"id\":\"{id}\",\"at\":\"2026-11-23T10:04:05Z\",\"at_us\":1795428245000007,\
             \"kind\":\"click\",\"campaign\":\"3\",\"contact\":\"9\",\"link\":2,\
             \"url\":\"=https://x.org/?a=1,2\",\"class\":\"person\",\
             \"rules\":[\"agent-browser\",\"cookie-returned\"],\"with_cookie\":true,\
             \"client\":\"firefox\",\"device\":\"desktop\",\"country\":\"DE\"}}\n"
        );
        assert_eq!(text(EventLines::Json, &event(EventKind::Click, Some(9))), expect);
        let view = text(EventLines::Json, &event(EventKind::View, None));
        assert!(view.contains("\"contact\":null,\"link\":null,\"url\":null"), "{view}");
    }

    #[test]
    fn a_line_of_csv_has_the_same_and_no_formula() {
        let header = String::from_utf8(EventLines::Csv.header(true).unwrap()).unwrap();
        assert_eq!(header.trim_end().split(',').count(), FIELDS.len() + 1);
        let click = text(EventLines::Csv, &event(EventKind::Click, Some(9)));
        assert!(click.contains(",click,3,9,2,\"'=https://x.org/?a=1,2\",person,"), "{click}");
        let view = text(EventLines::Csv, &event(EventKind::View, None));
        assert!(
            view.contains(
                ",view,3,,,,person,agent-browser cookie-returned,true,firefox,desktop,DE"
            ),
            "{view}"
        );
    }
}
