//! What a forecast says.

use super::*;

/// Day 20,000, at noon.
const NOW: Timestamp = Timestamp(20_000 * DAY + DAY / 2);

fn around(store_bytes: Option<u64>, events_days: Option<u64>) -> StorageSurroundings {
    let events = events_days.map(|days| Duration::from_secs(days * 24 * 60 * 60));
    StorageSurroundings {
        store_bytes,
        free_bytes: Some(100_000_000),
        journal_bytes: 5_000,
        retention: Retention { events, ..Retention::default() },
    }
}

/// So many hits on each of the last days before today, the latest first.
fn amounts(hits_a_day: i64, days: i64, bytes: Option<i64>) -> StoredAmounts {
    StoredAmounts {
        bytes: bytes.map(|bytes| BTreeMap::from([(StoredKind::Events, bytes)])),
        rows: BTreeMap::from([(StoredKind::Engagements, hits_a_day * days / 2)]),
        hits_by_day: (1..=days).map(|ago| (20_000 - ago, hits_a_day)).collect(),
        deliveries_by_day: Vec::new(),
    }
}

fn events(report: &StorageReport) -> &StorageLine {
    report.lines.iter().find(|line| line.kind == "events").unwrap()
}

#[test]
fn without_a_set_time_the_store_grows_by_its_pace() {
    let report = StorageReport::new(&amounts(1_000, 100, Some(100_000)), &around(None, None), NOW);
    let line = events(&report);
    assert_eq!((line.bytes, line.per_day_7, line.per_day_28), (100_000, Some(1_000), Some(1_000)));
    assert_eq!((line.in_30, line.in_90, line.in_365), (130_000, 190_000, 465_000));
    assert_eq!((line.freed_in_30, line.kept_days), (0, None));
    assert_eq!((report.free_bytes, report.full_in_days), (None, None), "the disk is a server's");
    assert!(!report.sizes_are_estimates);
}

#[test]
fn what_is_kept_for_a_set_time_stops_growing() {
    let around = around(None, Some(100));
    let report = StorageReport::new(&amounts(1_000, 100, Some(100_000)), &around, NOW);
    let line = events(&report);
    // As much goes as comes.
    assert_eq!((line.in_30, line.in_90, line.in_365), (100_000, 100_000, 100_000));
    assert_eq!((line.freed_in_30, line.kept_days), (30_000, Some(100)));
    // What has stopped coming is gone in the end.
    let mut over = amounts(1_000, 100, Some(50_000));
    over.hits_by_day.drain(..50);
    let report = StorageReport::new(&over, &around, NOW);
    let line = events(&report);
    assert_eq!((line.per_day_28, line.in_30, line.in_365), (Some(0), 20_000, 0));
}

#[test]
fn a_young_store_has_the_pace_of_its_days() {
    let report = StorageReport::new(&amounts(1_000, 4, Some(4_000)), &around(None, None), NOW);
    assert_eq!(events(&report).per_day_28, Some(1_000));
    let empty = StorageReport::new(&amounts(0, 0, Some(0)), &around(None, None), NOW);
    assert_eq!((events(&empty).per_day_7, events(&empty).in_365), (Some(0), 0));
}

#[test]
fn on_a_file_the_kinds_add_up_to_it() {
    let around = around(Some(20_000_000), None);
    let report = StorageReport::new(&amounts(1_000, 50, None), &around, NOW);
    assert!(report.sizes_are_estimates);
    let (total, kinds) = report.lines.split_last().unwrap();
    assert_eq!(total.bytes, 20_000_000 + 5_000);
    assert_eq!(kinds.iter().map(|line| line.bytes).sum::<i64>(), total.bytes);
    assert_eq!(events(&report).bytes, 50_000 * 170);
    // 100 MB, at some 200 kB a day.
    let a_day = total.per_day_28.unwrap();
    let full = report.full_in_days.unwrap();
    assert!((full - 100_000_000 / a_day).abs() <= 30, "{full} at {a_day}");
    // Rows that would be larger than their file are not.
    let small = StorageSurroundings { store_bytes: Some(1_000_000), ..around };
    let report = StorageReport::new(&amounts(1_000, 50, None), &small, NOW);
    assert!(report.lines.last().unwrap().bytes <= 1_005_000);
    assert!(report.to_table().contains("Estimates, by the pace of the last 28 days; what"));
}

#[test]
fn sizes_are_for_people() {
    let texts = [0, 999, 1_000, 1_540_000, 2_000_000_000, 3_100_000_000_000].map(size_text);
    assert_eq!(texts, ["0 B", "999 B", "1.0 kB", "1.5 MB", "2.0 GB", "3.1 TB"]);
}

#[test]
fn on_its_first_day_a_store_grows_by_what_has_come_so_far() {
    let mut first = amounts(0, 0, Some(50_000));
    first.hits_by_day = vec![(20_000, 500)];
    let report = StorageReport::new(&first, &around(None, None), NOW);
    let line = events(&report);
    assert_eq!((line.per_day_28, line.in_30), (Some(50_000), 1_550_000));
}
