//! How somebody agreed to mail, as columns of a file say it.

use std::net::IpAddr;

use model::Timestamp;
use store::RowEvidence;

/// Characters of the name of a form.
const FORM_CHARS: usize = 200;

/// What a column says about it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum EvidenceKind {
    /// When they agreed.
    Time,
    /// From which network address.
    Ip,
    /// By which form, page or event.
    Form,
}

impl EvidenceKind {
    pub const ALL: [Self; 3] = [Self::Time, Self::Ip, Self::Form];

    /// What such a column is mapped to. No attribute is called so.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Time => "@consent-time",
            Self::Ip => "@consent-ip",
            Self::Form => "@consent-form",
        }
    }

    #[must_use]
    pub fn from_word(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|it| it.as_str() == word.trim())
    }

    /// Adds what a cell says; an empty one says nothing.
    pub(crate) fn read(self, cell: &str, into: &mut RowEvidence) -> Result<(), String> {
        if cell.is_empty() {
            return Ok(());
        }
        match self {
            Self::Time => {
                let at = time(cell).ok_or(
                    "it is not a time such as 2026-05-01, 2026-05-01 10:00:00 or \
                     2026-05-01T10:00:00+02:00",
                )?;
                into.given_at = Some(at);
            }
            Self::Ip => {
                let ip: IpAddr = cell.parse().map_err(|_| "it is not a network address")?;
                into.ip = Some(ip.to_string());
            }
            Self::Form => into.form = Some(cell.chars().take(FORM_CHARS).collect()),
        }
        Ok(())
    }
}

/// A day, or a time in UTC unless it has an offset.
fn time(cell: &str) -> Option<Timestamp> {
    if cell.len() == 10 {
        return Timestamp::parse_day(cell);
    }
    let cell = cell.strip_suffix(" UTC").unwrap_or(cell);
    let (day, rest) = cell.split_at_checked(10)?;
    let rest = rest.strip_prefix([' ', 'T'])?;
    let rest = rest.strip_suffix(" +0000").unwrap_or(rest);
    let has_offset = rest.ends_with('Z') || rest.contains(['+', '-']);
    // Hours and minutes are a time, too.
    let seconds = if rest.len() == 5 { ":00" } else { "" };
    let offset = if has_offset { "" } else { "Z" };
    Timestamp::parse_rfc3339(&format!("{day}T{rest}{seconds}{offset}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_are_read_as_exports_write_them() {
        for (cell, told) in [
            ("2026-05-01", "2026-05-01T00:00:00Z"),
            ("2026-05-01 10:00", "2026-05-01T10:00:00Z"),
            ("2026-05-01 10:00:07", "2026-05-01T10:00:07Z"),
            ("2026-05-01 10:00:07.25 +0000 UTC", "2026-05-01T10:00:07Z"),
            ("2026-05-01T10:00:07+02:00", "2026-05-01T08:00:07Z"),
            ("2026-05-01T10:00:07Z", "2026-05-01T10:00:07Z"),
        ] {
            assert_eq!(time(cell).map(Timestamp::rfc3339).as_deref(), Some(told), "{cell}");
        }
        for cell in
            ["05/01/2026", "yesterday", "2026-13-01", "2026-05-01 25:00", "\u{e9}2026-05-01"]
        {
            assert_eq!(time(cell), None, "{cell}");
        }
    }

    #[test]
    fn what_is_no_evidence_is_refused() {
        let mut evidence = RowEvidence::default();
        assert!(EvidenceKind::Ip.read("192.0.2.300", &mut evidence).is_err());
        assert!(EvidenceKind::Time.read("soon", &mut evidence).is_err());
        EvidenceKind::Time.read("", &mut evidence).unwrap();
        assert!(evidence.is_empty());
        EvidenceKind::Ip.read("2001:db8:0::7", &mut evidence).unwrap();
        assert_eq!(evidence.ip.as_deref(), Some("2001:db8::7"));
    }
}
