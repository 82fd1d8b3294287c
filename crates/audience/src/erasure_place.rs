//! Where the next step of an erasure begins.
//!
//! A list is looked through, then everybody in it is erased, then what they did is removed; a rehearsal
//! looks through it and counts what they did.

use serde_json::{Value, json};

use crate::place::Place;

/// What is being done.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(crate) enum ErasurePhase {
    #[default]
    Look,
    Erase,
    Events,
}

impl ErasurePhase {
    const ALL: [Self; 3] = [Self::Look, Self::Erase, Self::Events];

    const fn as_str(self) -> &'static str {
        match self {
            Self::Look => "look",
            Self::Erase => "erase",
            Self::Events => "events",
        }
    }
}

/// How far an erasure is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(crate) struct ErasurePlace {
    pub(crate) phase: ErasurePhase,
    pub(crate) list: Place,
    /// Lines of the list that are not blank.
    pub(crate) rows: u64,
    /// Of them, those that are no address.
    pub(crate) rejected: u64,
    pub(crate) rejects_bytes: u64,
    /// Views and clicks up to then are looked at, in microseconds since 1970.
    pub(crate) events: i64,
}

impl ErasurePlace {
    /// What [`Self::to_json`] wrote; the beginning for an empty text.
    pub(crate) fn from_json(text: &str) -> Self {
        let value: Value = serde_json::from_str(text).unwrap_or_default();
        let number = |name: &str| value.get(name).and_then(Value::as_u64).unwrap_or_default();
        let phase = value.get("phase").and_then(Value::as_str).unwrap_or_default();
        let phase = ErasurePhase::ALL.into_iter().find(|it| it.as_str() == phase);
        Self {
            phase: phase.unwrap_or_default(),
            list: Place {
                part: 0,
                line: number("line"),
                bytes: number("bytes"),
                after_cr: value.get("after_cr").and_then(Value::as_bool).unwrap_or_default(),
            },
            rows: number("rows"),
            rejected: number("rejected"),
            rejects_bytes: number("rejects_bytes"),
            events: value.get("events").and_then(Value::as_i64).unwrap_or_default(),
        }
    }

    pub(crate) fn to_json(self) -> String {
        json!({
            "phase": self.phase.as_str(),
            "line": self.list.line,
            "bytes": self.list.bytes,
            "after_cr": self.list.after_cr,
            "rows": self.rows,
            "rejected": self.rejected,
            "rejects_bytes": self.rejects_bytes,
            "events": self.events,
        })
        .to_string()
    }

    /// How much of `total` bytes that is, about: erasing takes most of the time.
    pub(crate) fn done(self, total: i64, rehearsal: bool) -> i64 {
        let read = i64::try_from(self.list.bytes).unwrap_or(i64::MAX).min(total);
        let (of_look, of_erase) = if rehearsal { (90, 0) } else { (20, 70) };
        let share = |of: i64, percent: i64| of.saturating_mul(percent) / 100;
        match self.phase {
            ErasurePhase::Look => share(read, of_look),
            ErasurePhase::Erase => share(total, of_look) + share(read, of_erase),
            ErasurePhase::Events => share(total, 95),
        }
    }
}
