use super::*;

const LATE: Timestamp = Timestamp(i64::MAX);

fn hours(counts: &[(i64, i64, i64)]) -> Vec<HourLine> {
    let line = |&(hour, views, clicks): &(i64, i64, i64)| HourLine {
        from: Timestamp(hour * Timestamp::HOUR),
        views,
        clicks,
    };
    counts.iter().map(line).collect()
}

#[test]
fn an_axis_ends_at_a_round_number_above_the_most() {
    for (most, axis) in [(0, (1, 1)), (1, (1, 1)), (7, (2, 8)), (1_163, (200, 1_200))] {
        assert_eq!(nice_axis(most), axis, "{most}");
    }
}

#[test]
fn few_hours_are_columns_and_many_are_lines() {
    let few =
        Chart::new(&hours(&[(10, 5, 1)]), &[], Some(Timestamp(10 * Timestamp::HOUR + 5)), LATE);
    assert_eq!((few.columns.len(), few.rows.len()), (2, 1));
    let many = Chart::new(&hours(&[(10, 5, 1), (40, 1, 0)]), &[], None, LATE);
    assert!(many.columns.is_empty() && many.views.starts_with('M'));
    assert_eq!(many.rows.len(), 2);
}

#[test]
fn a_campaign_of_years_is_a_few_hundred_buckets_with_the_same_sum() {
    let lines: Vec<_> = (0..40_000).step_by(7).map(|hour| (hour, 2, 1)).collect();
    let chart = Chart::new(&hours(&lines), &[], None, LATE);
    assert!(chart.rows.len() <= 400);
    let views: i64 =
        chart.rows.iter().map(|row| row.views.replace(',', "").parse::<i64>().unwrap()).sum();
    assert_eq!(views, 2 * i64::try_from(lines.len()).unwrap());
}

#[test]
fn a_hit_of_a_wrong_clock_does_not_stretch_the_time_between() {
    let start = 490_000;
    let lines = [(0, 1, 0), (start, 5, 1), (start + 30, 2, 0), (9_000_000, 1, 1)];
    let now = Timestamp((start + 40) * Timestamp::HOUR);
    let chart = Chart::new(&hours(&lines), &[], Some(Timestamp(start * Timestamp::HOUR)), now);
    assert_eq!(chart.unit, "per hour");
    assert_eq!(chart.x.last().map(|tick| tick.label.as_str()), Some("36 h"));
    let views: Vec<&str> = chart.rows.iter().map(|row| row.views.as_str()).collect();
    assert_eq!(views, ["6", "2", "1"], "they count all the same");
}

#[test]
fn no_hit_is_no_chart() {
    assert!(Chart::new(&[], &[], None, LATE).is_empty());
}

#[test]
fn a_gap_is_a_mark_at_its_time_and_never_outside_of_the_chart() {
    let start = Timestamp(490_000 * Timestamp::HOUR);
    let lines: Vec<_> = (0..40).map(|hour| (490_000 + hour, 5, 1)).collect();
    let gap = |from: i64, to: i64| GapLine {
        from: Timestamp(start.0 + from),
        to: Timestamp(start.0 + to),
        hits: 3,
    };
    let hour = Timestamp::HOUR;
    let gaps = [
        gap(-5 * hour, -4 * hour),
        gap(-hour, 10),
        gap(13 * hour, 26 * hour),
        gap(26 * hour, 26 * hour),
        gap(39 * hour, 999 * hour),
        gap(999 * hour, 1_000 * hour),
    ];
    for (lines, drawn) in [(&lines[..], 4), (&lines[..2], 1)] {
        let chart = Chart::new(&hours(lines), &gaps, Some(start), LATE);
        assert_eq!(chart.gaps.len(), drawn);
        for mark in &chart.gaps {
            let (x, width): (f64, f64) = (mark.x.parse().unwrap(), mark.width.parse().unwrap());
            assert!(x >= LEFT && width >= GAP_WIDTH && x + width <= RIGHT + 0.1, "{x} {width}");
        }
    }
    let chart = Chart::new(&hours(&lines), &gaps, Some(start), LATE);
    let third = chart.gaps.get(1).unwrap();
    assert_eq!((third.x.as_str(), third.width.as_str()), ("353.3", "309.3"), "a third to two");
}
