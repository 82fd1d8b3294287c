use super::*;
use model::Timestamp;
use report::{
    CampaignFacts, ClassLine, Clicks, Deliveries, Evidence, GapLine, HourLine, LinkLine,
    OriginBreakdown, OriginLine, OriginNumbers, Origins, ReportReason, Tracking, Views,
};

fn origin(name: &'static str, contacts: i64, clickers: i64) -> OriginLine {
    let views = contacts + 100;
    let numbers = OriginNumbers { contacts, clickers, views, ..OriginNumbers::default() };
    OriginLine { origin: name.to_lowercase().into(), name: name.into(), numbers }
}

fn origins() -> Origins {
    let uncounted = OriginNumbers { contacts: 59, views: 200, ..OriginNumbers::default() };
    let mut gmail = origin("Gmail", 1_903, 0);
    gmail.numbers.machines = 600;
    let lines = vec![gmail, origin("Apple <Mail>", 1_638, 912)];
    Origins { clients: OriginBreakdown { lines, uncounted }, ..Origins::default() }
}

const START: Timestamp = Timestamp(1_795_428_000_000_000);

#[expect(clippy::too_many_lines, reason = "one table of figures")]
fn report() -> CampaignReport {
    let hour = |after, views, clicks| HourLine {
        from: Timestamp(START.0 + after * Timestamp::HOUR),
        views,
        clicks,
    };
    let class = |class, views, clicks| ClassLine { class, views, clicks };
    let reason = |state, code, text: &str, contacts| ReportReason {
        state,
        code,
        text: text.to_owned(),
        contacts,
    };
    CampaignReport {
        campaign: CampaignFacts {
            id: model::CampaignId(3),
            name: "Aurora <4.2>".to_owned(),
            state: "finished",
            topic: "Release notices".to_owned(),
            topic_id: model::TopicId(1),
            subject: "Aurora 4.2 is here".to_owned(),
            created_at: START,
            started_at: Some(START),
            finished_at: Some(Timestamp(START.0 + 240_000_000)),
        },
        made_at: Timestamp(START.0 + 2 * Timestamp::HOUR),
        rules_version: "2026-11-23".to_owned(),
        earlier_rules: Vec::new(),
        audience: 10_000,
        deliveries: Deliveries {
            queued: 0,
            leased: 0,
            sent: 9_811,
            failed: 121,
            suppressed: 41,
            skipped: 26,
            in_doubt: 1,
        },
        reasons: vec![
            reason("sent", None, "", 9_811),
            reason("failed", Some(550), "550 5.1.1 <b>unknown</b>", 97),
            reason("failed", None, "", 24),
            reason("suppressed", None, "", 41),
            reason("skipped", None, "no value for first_name", 26),
            reason("in doubt", None, "", 1),
        ],
        tracking: Tracking {
            identified: 9_811,
            anonymous: 0,
            off: 0,
            anonymous_views: 0,
            anonymous_clicks: 0,
            withheld_views: 0,
            withheld_clicks: 0,
        },
        views: Views { total: 5_100, unique: 4_200, with_cookie: 1_100, without_cookie: 4_000 },
        clicks: Clicks { total: 1_506, unique: 1_098, floor: 810, ceiling: 816, machine_only: 282 },
        visitors: 900,
        unsubscribes: 29,
        heads: 12,
        classes: vec![
            class("person", 2_000, 1_300),
            class("proxied", 1_500, 0),
            class("unknown", 600, 6),
            class("prefetch", 400, 0),
            class("scanner", 600, 200),
        ],
        evidence: Evidence {
            denominator: 9_812,
            person: 2_738,
            proxied: 903,
            repeat: 0,
            unknown: 500,
            machine_only: 600,
            not_opened: 5_071,
            floor: 2_738,
            ceiling: 4_141,
        },
        hours: vec![hour(0, 4_000, 1_200), hour(1, 1_100, 306)],
        hours_by_day_until: None,
        engagements_removed_at: None,
        links: vec![LinkLine {
            slot: 0,
            url: "https://aurora.example/?a=1&b=2".to_owned(),
            label: "Read the release notes".to_owned(),
            clicks: 1_506,
            contacts: 1_098,
        }],
        origins: origins(),
        gaps: vec![GapLine { from: START, to: Timestamp(START.0 + 5_000_000), hits: 12 }],
        on_the_way: 0,
        stray_hits: 0,
    }
}

fn made(report: CampaignReport) -> MadeReport {
    let (beside, in_use) = (None, "2026-11-23");
    MadeReport { report, beside, in_use, progress: None, stamp: "finished-1-2-3-0".to_owned() }
}

#[test]
fn who_is_not_tracked_is_told_below_the_figures() {
    let mut report = report();
    assert_eq!(tracking_note(&report), None);
    report.tracking = Tracking { identified: 9_000, anonymous: 600, off: 400, ..report.tracking };
    report.tracking.withheld_views = 37;
    let note = "9,000 of 10,000 tracked; 600 anonymous, 400 not tracked; 37 views whose contact may \
                not be known are in “at most”.";
    assert_eq!(tracking_note(&report).as_deref(), Some(note));
    let page = ReportFragment::new(made(report.clone())).render().unwrap();
    assert!(page.contains(note), "{page}");
    report.tracking = Tracking { anonymous: 0, off: 0, withheld_views: 1, ..report.tracking };
    let note = "1 view whose contact may not be known is in “at most”.";
    assert_eq!(tracking_note(&report).as_deref(), Some(note));
}

#[test]
fn what_is_on_the_way_is_no_gap_and_no_zero() {
    let mut report = report();
    report.gaps.clear();
    report.views = Views { total: 0, unique: 0, with_cookie: 0, without_cookie: 0 };
    (report.visitors, report.heads, report.hours) = (0, 1, Vec::new());
    assert!(gap_note(&report).starts_with("No gaps"));
    report.on_the_way = 500;
    let page = ReportFragment::new(made(report)).render().unwrap();
    assert_eq!(page.matches("500 hits on the way").count(), 3, "{page}");
    assert!(!page.contains("No gaps") && !page.contains("No views yet"));
    assert!(page.contains("0 with our cookie, and 0 without"), "no browsers of no view");
    assert!(page.contains("1 HEAD request,"));
}

#[test]
fn what_is_kept_aside_is_said_with_its_reason() {
    let mut report = report();
    report.stray_hits = 3;
    let page = ReportFragment::new(made(report)).render().unwrap();
    assert!(page.contains("across all campaigns: 3 hits, on links"), "{page}");
    assert!(page.contains("in no rate"));
}

#[test]
fn a_gap_is_a_line_a_mark_and_a_row() {
    let page = ReportFragment::new(made(report())).render().unwrap();
    assert!(page.contains("12 hits of all campaigns could not be recorded"), "{page}");
    assert_eq!(page.matches("<rect class=\"gap\" x=").count(), 1);
    let row = "<td>2026-11-23 10:00:00</td><td>2026-11-23 10:00:05</td><td class=\"n\">12</td>";
    assert!(page.contains(row), "{page}");
    let mut whole = report();
    whole.gaps.clear();
    let page = ReportFragment::new(made(whole)).render().unwrap();
    assert!(!page.contains("class=\"gap\"") && !page.contains("could not be recorded"));
}

#[test]
fn a_report_reads_the_same_as_ever() {
    let fragment = ReportFragment::new(made(report())).render().unwrap();
    insta::assert_snapshot!(fragment);
}

#[test]
fn the_bar_is_as_wide_as_its_parts() {
    let bands = bands(&report());
    let end: f64 = bands
        .last()
        .map(|last| last.x.parse::<f64>().unwrap() + last.width.parse::<f64>().unwrap())
        .unwrap();
    assert!((99.9..=100.1).contains(&end), "{end}");
}

#[test]
fn where_readers_are_stands_in_tables_with_what_they_leave_out() {
    let mut report = report();
    let page = ReportFragment::new(made(report.clone())).render().unwrap();
    assert!(page.contains("<th scope=\"row\">Apple &#60;Mail&#62;</th>"), "{page}");
    let note = "Not in the table: 600 contacts reached by machines alone; 59 contacts and 200 views \
                of which this is not known.";
    assert!(page.contains(note), "{page}");
    assert!(page.contains("<code>country_file</code>"), "how to get countries is said");
    let countries = (0..25).map(|_| origin("DE", 10, 1)).collect();
    report.origins.countries.lines = countries;
    let page = ReportFragment::new(made(report)).render().unwrap();
    assert!(!page.contains("country_file") && page.contains(">5 others</th>"), "{page}");
}
