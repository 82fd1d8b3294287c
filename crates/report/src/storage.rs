//! What the store takes on disk, and what it will take at the pace of the last weeks.
//!
//! Everything here is an estimate: on SQLite sizes come from the number of rows and what a row takes on
//! the average, on PostgreSQL from the database; what will be comes from views, clicks and deliveries of
//! the last 28 days, and from how long what is kept. Contacts and messages are taken to stay as many as
//! they are.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::time::Duration;

use model::Timestamp;
use serde::{Deserialize, Serialize};
use store::{Store, StoredAmounts, StoredKind};

use crate::retention::Retention;
use crate::{ReportError, file_text};

/// Days of the pace that a forecast is by.
const PACE_DAYS: i64 = 28;
/// Years ahead that are looked at for a full disk.
const MOST_DAYS: i64 = 3_650;
/// What a row takes on SQLite with its indexes, on the average.
const ROW_BYTES: [(StoredKind, i64); 7] = [
    (StoredKind::Events, 170),
    (StoredKind::Engagements, 75),
    (StoredKind::Visitors, 90),
    (StoredKind::Rollups, 45),
    (StoredKind::Deliveries, 70),
    (StoredKind::Messages, 500),
    (StoredKind::Contacts, 350),
];
/// Microseconds.
const DAY: i64 = 24 * Timestamp::HOUR;

/// What is around the store: its file, its disk, and what is kept for how long.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct StorageSurroundings {
    /// Bytes of the store's file, if it is one.
    pub store_bytes: Option<u64>,
    /// Bytes that may still be written beside it.
    pub free_bytes: Option<u64>,
    /// Bytes of this node's journals.
    pub journal_bytes: u64,
    pub retention: Retention,
}

/// What one kind of records takes.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct StorageLine {
    /// events, engagements, visitors, rollups, deliveries, messages, contacts, other, journal or total.
    pub kind: String,
    pub bytes: i64,
    /// For how many days it is kept; null for ever, or as many as there are.
    pub kept_days: Option<i64>,
    /// Bytes a day that came in the last 7 days; null when that is not known.
    pub per_day_7: Option<i64>,
    /// The same of the last 28 days.
    pub per_day_28: Option<i64>,
    /// Of what there is now, bytes that will have been removed in 30 days because of their age.
    pub freed_in_30: i64,
    pub in_30: i64,
    pub in_90: i64,
    pub in_365: i64,
}

/// What the store takes on disk, and what it will take.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct StorageReport {
    pub made_at: String,
    /// Whether the sizes of today are estimates, too.
    pub sizes_are_estimates: bool,
    /// By kind; the last line is the total.
    pub lines: Vec<StorageLine>,
    /// Bytes that may still be written to the disk of the store; null when that is not known.
    pub free_bytes: Option<u64>,
    /// Days until that disk is full at this pace; null when that is not known, or in ten years.
    pub full_in_days: Option<i64>,
}

/// What the store takes as of `now`, and will take.
pub async fn storage_report(
    store: &Store,
    around: &StorageSurroundings,
    now: Timestamp,
) -> Result<StorageReport, ReportError> {
    Ok(StorageReport::new(&store.stored_amounts().await?, around, now))
}

/// One kind with all that its future depends on.
struct Kind<'a> {
    kind: &'static str,
    bytes: i64,
    kept_days: Option<i64>,
    /// What it grows by, by day, the latest first; nothing for what does not grow by any of these.
    causes: Option<&'a [(i64, i64)]>,
    today: i64,
}

impl Kind<'_> {
    /// The first day of which anything is kept, in so many days.
    fn first_kept(&self, in_days: i64) -> i64 {
        self.kept_days.map_or(i64::MIN, |kept| self.today + in_days - kept)
    }

    /// How many causes there were on these days.
    fn causes_from(&self, first: i64) -> i64 {
        let causes = self.causes.unwrap_or_default();
        causes.iter().filter(|(day, _)| *day >= first).map(|(_, count)| count).sum()
    }

    /// Causes a day in the last `days` whole days, or in as many as there are any.
    fn pace(&self, days: i64) -> f64 {
        let causes = self.causes.unwrap_or_default();
        let first = causes.last().map_or(self.today, |(day, _)| *day);
        let days = days.min(self.today - first).max(1);
        // A store that was begun today has no whole day.
        let end = if first == self.today { self.today + 1 } else { self.today };
        let recent = |(day, _): &&(i64, i64)| *day >= end - days && *day < end;
        let count: i64 = causes.iter().filter(recent).map(|(_, count)| count).sum();
        real(count) / real(days)
    }

    /// Bytes of one cause.
    fn bytes_each(&self) -> f64 {
        real(self.bytes) / real(self.causes_from(self.first_kept(0)).max(1))
    }

    fn per_day(&self, days: i64) -> Option<i64> {
        self.causes.map(|_| whole(self.bytes_each() * self.pace(days)))
    }

    /// Of what there is now, what will have been removed.
    fn freed(&self, in_days: i64) -> i64 {
        let (now, then) = (self.first_kept(0), self.first_kept(in_days));
        whole(self.bytes_each() * real(self.causes_from(now) - self.causes_from(then)))
    }

    fn bytes_in(&self, days: i64) -> i64 {
        if self.causes.is_none() {
            return self.bytes;
        }
        let new_days = self.kept_days.map_or(days, |kept| kept.min(days));
        let new = self.bytes_each() * self.pace(PACE_DAYS) * real(new_days);
        (self.bytes - self.freed(days)).max(0).saturating_add(whole(new))
    }

    fn line(&self) -> StorageLine {
        StorageLine {
            kind: self.kind.to_owned(),
            bytes: self.bytes,
            kept_days: self.kept_days,
            per_day_7: self.per_day(7),
            per_day_28: self.per_day(PACE_DAYS),
            freed_in_30: self.freed(30),
            in_30: self.bytes_in(30),
            in_90: self.bytes_in(90),
            in_365: self.bytes_in(365),
        }
    }
}

impl StorageReport {
    fn new(amounts: &StoredAmounts, around: &StorageSurroundings, now: Timestamp) -> Self {
        let (sizes, today) = (sizes(amounts, around, now), now.0.div_euclid(DAY));
        let mut kinds: Vec<Kind<'_>> = StoredKind::ALL
            .into_iter()
            .map(|kind| Kind {
                kind: kind.as_str(),
                bytes: sizes.get(&kind).copied().unwrap_or_default(),
                kept_days: kept_days(kind, &around.retention),
                causes: causes(kind, amounts),
                today,
            })
            .collect();
        kinds.push(Kind {
            kind: "journal",
            bytes: i64::try_from(around.journal_bytes).unwrap_or(i64::MAX),
            kept_days: None,
            causes: None,
            today,
        });
        let mut lines: Vec<StorageLine> = kinds.iter().map(Kind::line).collect();
        lines.push(total(&lines));
        // The disk of a database server is not known here.
        let free_bytes = around.free_bytes.filter(|_| amounts.bytes.is_none());
        Self {
            made_at: now.rfc3339(),
            sizes_are_estimates: amounts.bytes.is_none(),
            lines,
            free_bytes,
            full_in_days: free_bytes.and_then(|free| full_in(&kinds, free)),
        }
    }

    /// As indented JSON.
    pub fn to_json(&self) -> Result<String, ReportError> {
        file_text::json_text(self)
    }

    /// As CSV with a header line.
    pub fn to_csv(&self) -> Result<String, ReportError> {
        let header = [
            "kind",
            "bytes",
            "kept_days",
            "per_day_7",
            "per_day_28",
            "freed_in_30",
            "in_30",
            "in_90",
            "in_365",
        ];
        let figure = |number: Option<i64>| number.map(|it| it.to_string()).unwrap_or_default();
        let lines = self.lines.iter().map(|it| {
            [
                it.kind.clone(),
                it.bytes.to_string(),
                figure(it.kept_days),
                figure(it.per_day_7),
                figure(it.per_day_28),
                it.freed_in_30.to_string(),
                it.in_30.to_string(),
                it.in_90.to_string(),
                it.in_365.to_string(),
            ]
        });
        file_text::csv_text(std::iter::once(header.map(str::to_owned)).chain(lines))
    }

    /// As aligned text for a terminal.
    #[must_use]
    pub fn to_table(&self) -> String {
        let mut out = format!(
            "{:<12}{:>12}{:>10}{:>12}{:>12}{:>12}{:>12}{:>12}{:>12}\n",
            "kind",
            "now",
            "kept",
            "a day (7)",
            "a day (28)",
            "freed (30)",
            "in 30 d",
            "in 90 d",
            "in 365 d"
        );
        for line in &self.lines {
            let kept = line.kept_days.map_or("-".to_owned(), |days| format!("{days} d"));
            let grows = |bytes: Option<i64>| bytes.map_or("-".to_owned(), size_text);
            let _ = writeln!(
                out,
                "{:<12}{:>12}{:>10}{:>12}{:>12}{:>12}{:>12}{:>12}{:>12}",
                line.kind,
                size_text(line.bytes),
                kept,
                grows(line.per_day_7),
                grows(line.per_day_28),
                size_text(line.freed_in_30),
                size_text(line.in_30),
                size_text(line.in_90),
                size_text(line.in_365),
            );
        }
        let _ = writeln!(out, "\n{}", self.disk_words());
        out.push_str("Estimates, by the pace of the last 28 days");
        out.push_str(match self.sizes_are_estimates {
            true => "; what each kind takes now is one, too.\n",
            false => ".\n",
        });
        out
    }

    /// When the disk is full, in words.
    #[must_use]
    pub fn disk_words(&self) -> String {
        let Some(free) = self.free_bytes else {
            return "The disk is the database server’s: how much is free there is not known here."
                .to_owned();
        };
        let free = size_text(i64::try_from(free).unwrap_or(i64::MAX));
        match self.full_in_days {
            Some(days) => {
                format!("{free} free: the disk is full in about {days} days at this pace.")
            }
            None => format!("{free} free: enough for ten years at this pace."),
        }
    }
}

/// Bytes for people, such as `1.5 GB`.
#[must_use]
pub fn size_text(bytes: i64) -> String {
    let mut size = real(bytes);
    for unit in ["B", "kB", "MB", "GB"] {
        if size < 1_000.0 {
            return match unit {
                "B" => format!("{bytes} B"),
                _ => format!("{size:.1} {unit}"),
            };
        }
        size /= 1_000.0;
    }
    format!("{size:.1} TB")
}

fn kept_days(kind: StoredKind, retention: &Retention) -> Option<i64> {
    let kept = match kind {
        StoredKind::Events => retention.events,
        StoredKind::Engagements => retention.engagements,
        StoredKind::Visitors => retention.visitors,
        _ => None,
    };
    kept.map(days)
}

fn days(time: Duration) -> i64 {
    i64::try_from(time.as_secs().div_ceil(24 * 60 * 60)).unwrap_or(i64::MAX)
}

fn causes(kind: StoredKind, amounts: &StoredAmounts) -> Option<&[(i64, i64)]> {
    match kind {
        StoredKind::Events
        | StoredKind::Engagements
        | StoredKind::Visitors
        | StoredKind::Rollups => Some(&amounts.hits_by_day),
        StoredKind::Deliveries => Some(&amounts.deliveries_by_day),
        StoredKind::Messages | StoredKind::Contacts | StoredKind::Other => None,
    }
}

/// What each takes now.
fn sizes(
    amounts: &StoredAmounts,
    around: &StorageSurroundings,
    now: Timestamp,
) -> BTreeMap<StoredKind, i64> {
    if let Some(bytes) = &amounts.bytes {
        return bytes.clone();
    }
    let whole_file = around.store_bytes.and_then(|bytes| i64::try_from(bytes).ok()).unwrap_or(0);
    let today = now.0.div_euclid(DAY);
    let mut sizes: BTreeMap<StoredKind, i64> = BTreeMap::new();
    for (kind, each) in ROW_BYTES {
        let mut rows = amounts.rows.get(&kind).copied().unwrap_or_default();
        if kind == StoredKind::Events {
            let first = around.retention.events.map_or(i64::MIN, |kept| today - days(kept));
            let kept = amounts.hits_by_day.iter().filter(|(day, _)| *day >= first);
            rows = kept.map(|(_, hits)| hits).sum();
        }
        sizes.insert(kind, rows.saturating_mul(each));
    }
    let sum: i64 = sizes.values().sum();
    if sum > whole_file {
        for size in sizes.values_mut() {
            *size = whole(real(*size) * real(whole_file) / real(sum));
        }
    }
    let known: i64 = sizes.values().sum();
    sizes.insert(StoredKind::Other, (whole_file - known).max(0));
    sizes
}

fn total(lines: &[StorageLine]) -> StorageLine {
    let sum = |figure: fn(&StorageLine) -> i64| lines.iter().map(figure).sum();
    let grows =
        |figure: fn(&StorageLine) -> Option<i64>| Some(lines.iter().filter_map(figure).sum());
    StorageLine {
        kind: "total".to_owned(),
        bytes: sum(|it| it.bytes),
        kept_days: None,
        per_day_7: grows(|it| it.per_day_7),
        per_day_28: grows(|it| it.per_day_28),
        freed_in_30: sum(|it| it.freed_in_30),
        in_30: sum(|it| it.in_30),
        in_90: sum(|it| it.in_90),
        in_365: sum(|it| it.in_365),
    }
}

/// The first day, as far as it is looked ahead, on which what is added has filled the disk.
fn full_in(kinds: &[Kind<'_>], free_bytes: u64) -> Option<i64> {
    let free = i64::try_from(free_bytes).unwrap_or(i64::MAX);
    let bytes = |days| kinds.iter().map(|kind| kind.bytes_in(days)).sum::<i64>();
    let now = bytes(0);
    // Each day of the first year, each month later.
    let days = (1..=365).chain((366..=MOST_DAYS).step_by(30));
    days.into_iter().find(|day| bytes(*day).saturating_sub(now) > free)
}

#[expect(clippy::cast_precision_loss, reason = "an estimate of bytes")]
const fn real(number: i64) -> f64 {
    number as f64
}

#[expect(clippy::cast_possible_truncation, reason = "saturates, and an estimate of bytes")]
const fn whole(number: f64) -> i64 {
    number as i64
}

#[cfg(test)]
mod tests;
