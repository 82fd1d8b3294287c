use proptest::prelude::*;

use super::*;
use crate::{
    CampaignNumber, Domain, LinkSlot, SubscriptionState, TagName, TopicSlug, TrackingMode,
};

fn read(text: &str) -> SegmentRule {
    SegmentRule::parse(text).unwrap_or_else(|problem| panic!("{text}: {problem}"))
}

/// The text is read, and printed as `expect`.
fn check(text: &str, expect: &str) {
    let rule = read(text);
    assert_eq!(rule.to_string(), expect);
    assert_eq!(read(expect), rule, "{expect}");
}

fn problem(text: &str) -> String {
    SegmentRule::parse(text).unwrap_err().to_string()
}

#[test]
fn every_condition_has_a_text() {
    for text in [
        "everybody",
        "attribute plan = pro",
        "attribute plan in (pro, \"big team\")",
        "attribute city contains \"new \\\"york\\\"\"",
        "attribute name begins with An",
        "attribute plan is set",
        "attribute age >= 18",
        "attribute score < -2.5",
        "attribute renewal before 2026-01-31",
        "attribute renewal within 30 days",
        "tag = vip",
        "tag = \"early bird\"",
        "topic = offers",
        "topic = offers pending",
        "topic = offers unsubscribed after 2026-01-31",
        "topic = offers within 1 day",
        "tracking = identified",
        "added before 2026-01-31",
        "domain = news.example.com",
        "language = pt-BR",
        "suppressed",
        "got campaign 12",
        "failed campaign 12",
        "left campaign 12",
        "viewed",
        "viewed by person within 30 days",
        "clicked campaign 12 link 0 by reader within 7 days",
        "clicked campaign 12",
        "no view of last 5 by person",
        "segment = \"big spenders\"",
    ] {
        check(text, text);
    }
}

#[test]
fn words_group_as_they_are_read() {
    check("TAG = a AND Tag = b", "tag = a and tag = b");
    check("tag = a or tag = b and tag = c", "tag = a or (tag = b and tag = c)");
    check("(tag = a or tag = b) and tag = c", "(tag = a or tag = b) and tag = c");
    check("not (tag = a)\n and not not suppressed", "not tag = a and not not suppressed");
    check("not (tag = a or tag = b)", "not (tag = a or tag = b)");
    check("topic = offers subscribed", "topic = offers");
    check("viewed by anything", "viewed");
    check("attribute plan in (pro)", "attribute plan = pro");
    check("attribute plan = \"and\"", "attribute plan = \"and\"");
}

#[test]
fn a_mistake_is_shown_with_its_place_and_what_would_be_right() {
    let starts = |text: &str, words: &str| {
        let told = problem(text);
        assert!(told.starts_with(words), "{text:?}: {told}");
    };
    starts("", "line 1, column 1: the end is not expected here, but a condition: attribute, tag");
    starts("tag = a or", "line 1, column 11: the end is not expected here, but a condition");
    starts("tag = a\n  and colour = red", "line 2, column 7: \"colour\" begins no condition");
    starts("tag vip", "line 1, column 5: \"vip\" is not expected here, but \"=\"");
    starts("tag != vip", "line 1, column 5: there is no \"!\": write not in front");
    starts("tag = 'vip'", "line 1, column 7: a text stands between straight double quotes");
    starts("tag = \"vip", "line 1, column 7: the quoted text does not end");
    starts("tag = and", "line 1, column 7: \"and\" has a meaning of its own");
    starts("(tag = a", "line 1, column 9: the end is not expected here, but and, or, or a closing");
    starts("tag = a)", "line 1, column 8: no parenthesis is open here");
    starts("topic = Offers", "line 1, column 9: the name of a topic should be 1 to 63");
    starts("attribute plan", "line 1, column 15: the end is not expected here, but what is asked");
    starts("attribute age > old", "line 1, column 17: a number should be written with digits");
    starts(
        "added before 31.1.2026",
        "line 1, column 14: \"31.1.2026\" is not expected here, but a day",
    );
    starts(
        "added within 0 days",
        "line 1, column 14: \"0\" is not expected here, but a number of days",
    );
    starts("viewed campaign x", "line 1, column 17: \"x\" is not expected here, but the number of");
    starts("viewed by robots", "line 1, column 11: \"robots\" is not expected here, but person");
    starts("viewed campaign 3 link 1", "line 1, column 19: \"link\" is not expected here, but and");
    starts(
        "no view of last 21",
        "line 1, column 17: \"21\" is not expected here, but a number of camp",
    );
    starts("domain = localhost", "line 1, column 10: the domain has no dot");
    starts("language = German", "line 1, column 12: it is no language");
}

#[test]
fn the_size_is_bounded() {
    let nested = |levels: usize| format!("{}suppressed", "not ".repeat(levels - 1));
    assert!(SegmentRule::parse(&nested(MOST_DEPTH)).is_ok());
    assert!(problem(&nested(MOST_DEPTH + 1)).contains("nested more than 8 levels"));
    assert!(problem(&"(".repeat(10_000)).contains("too many parentheses"));
    let many = |count: usize| vec!["suppressed"; count].join(" and ");
    assert!(SegmentRule::parse(&many(MOST_CONDITIONS)).is_ok());
    assert!(problem(&many(MOST_CONDITIONS + 1)).contains("more than 100 conditions"));
    let long = format!("tag = \"{}\"", "x".repeat(MOST_TEXT_BYTES));
    assert!(problem(&long).contains("longer than 20000 bytes"));
    let one = SegmentRule::Is(SegmentCondition::Suppressed);
    assert_eq!(SegmentRule::All(vec![one]).check(), Err(SegmentTooLarge::Group));
    let none = AttributeTest::Is(Vec::new());
    let none = SegmentCondition::Attribute { name: "plan".to_owned(), test: none };
    assert_eq!(SegmentRule::Is(none).check(), Err(SegmentTooLarge::Choices));
}

#[test]
fn times_are_compared_by_whole_days_in_utc() {
    let at = |text: &str| crate::Timestamp::parse_rfc3339(text).unwrap();
    let day = |text: &str| SegmentDay::parse(text).unwrap();
    let now = at("2026-11-28T10:00:00Z");
    let times = TimeTest::After(day("2026-11-01")).times(now);
    assert_eq!(times, (Some(at("2026-11-02T00:00:00Z")), None));
    let times = TimeTest::Before(day("2026-11-01")).times(now);
    assert_eq!(times, (None, Some(at("2026-11-01T00:00:00Z"))));
    let times = TimeTest::Within(2).times(now);
    assert_eq!(times, (Some(at("2026-11-26T10:00:00Z")), None));
    let text = |it: &str| Some(it.to_owned());
    assert_eq!(TimeTest::Within(2).days(now), (text("2026-11-27"), text("2026-11-28")));
    assert_eq!(TimeTest::After(day("2026-11-01")).days(now), (text("2026-11-02"), None));
    assert_eq!(TimeTest::Before(day("2026-11-01")).days(now), (None, text("2026-10-31")));
    assert!(SegmentDay::parse("9999-12-31").is_err() && SegmentDay::parse("1.2.2026").is_err());
}

fn value() -> impl Strategy<Value = String> {
    prop_oneof![
        "[a-z]{1,8}",
        "[ -~]{1,12}",
        "\\PC{1,8}",
        Just("and".to_owned()),
        Just("Within".to_owned()),
        Just("a\nb\\\"".to_owned()),
    ]
}

fn reader() -> impl Strategy<Value = ReaderClass> {
    proptest::sample::select(&ReaderClass::ALL[..])
}

fn time_test() -> impl Strategy<Value = TimeTest> {
    let day = (1_i32..9_000, 1..13, 1..29).prop_map(|(year, month, day)| {
        SegmentDay::parse(&format!("{year:04}-{month:02}-{day:02}")).unwrap()
    });
    prop_oneof![
        day.clone().prop_map(TimeTest::Before),
        day.prop_map(TimeTest::After),
        (1..=MOST_DAYS).prop_map(TimeTest::Within),
    ]
}

fn attribute_test() -> impl Strategy<Value = AttributeTest> {
    let number = (-9_999_i64..9_999, 0..100)
        .prop_map(|(whole, part)| SegmentNumber::parse(&format!("{whole}.{part:02}")).unwrap());
    let comparison = proptest::sample::select(&NumberComparison::ALL[..]);
    prop_oneof![
        Just(AttributeTest::IsSet),
        proptest::collection::vec(value(), 1..4).prop_map(AttributeTest::Is),
        value().prop_map(AttributeTest::Contains),
        value().prop_map(AttributeTest::BeginsWith),
        (comparison, number).prop_map(|(how, number)| AttributeTest::Number(how, number)),
        time_test().prop_map(AttributeTest::Day),
    ]
}

fn read_test() -> impl Strategy<Value = ReadTest> {
    let days = proptest::option::of(1..=MOST_DAYS);
    let campaign = proptest::option::of(1_i64..i64::MAX);
    (any::<bool>(), reader(), campaign, proptest::option::of(any::<u16>()), days).prop_map(
        |(clicked, reader, campaign, link, within_days)| ReadTest {
            act: if clicked { ReadAct::Clicked } else { ReadAct::Viewed },
            reader,
            campaign: campaign.map(CampaignNumber),
            link: link.filter(|_| clicked && campaign.is_some()).map(LinkSlot),
            within_days,
        },
    )
}

fn condition() -> impl Strategy<Value = SegmentCondition> {
    let slug = "[a-z]{1,6}(-[a-z0-9]{1,4})?".prop_map(|it| TopicSlug::parse(&it).unwrap());
    let state = proptest::sample::select(&SubscriptionState::ALL[..]);
    let outcome = proptest::sample::select(&CampaignOutcome::ALL[..]);
    let domain = "[a-z]{1,6}\\.example".prop_map(|it| Domain::parse(&it).unwrap());
    let tag = value().prop_filter_map("a tag", |it| TagName::parse(&it).ok());
    let name = value().prop_filter_map("a name", |it| SegmentName::parse(&it).ok());
    let language = proptest::sample::select(vec!["de", "pt-BR", "zh-Hant-TW"]);
    prop_oneof![
        Just(SegmentCondition::Everybody),
        Just(SegmentCondition::Suppressed),
        (value(), attribute_test())
            .prop_map(|(name, test)| SegmentCondition::Attribute { name, test }),
        tag.prop_map(SegmentCondition::Tag),
        (slug, state, proptest::option::of(time_test()))
            .prop_map(|(topic, state, changed)| SegmentCondition::Topic { topic, state, changed }),
        proptest::sample::select(&TrackingMode::ALL[..]).prop_map(SegmentCondition::Tracking),
        time_test().prop_map(SegmentCondition::Added),
        domain.prop_map(SegmentCondition::Domain),
        language.prop_map(|it| SegmentCondition::Language(it.to_owned())),
        (1_i64..i64::MAX, outcome).prop_map(|(campaign, outcome)| {
            SegmentCondition::Campaign { campaign: CampaignNumber(campaign), outcome }
        }),
        read_test().prop_map(SegmentCondition::Read),
        (1..=MOST_LAST, reader())
            .prop_map(|(last, reader)| SegmentCondition::Unread { last, reader }),
        name.prop_map(SegmentCondition::Segment),
    ]
}

fn rule() -> impl Strategy<Value = SegmentRule> {
    condition().prop_map(SegmentRule::Is).prop_recursive(5, 40, 4, |inner| {
        prop_oneof![
            proptest::collection::vec(inner.clone(), 2..4).prop_map(SegmentRule::All),
            proptest::collection::vec(inner.clone(), 2..4).prop_map(SegmentRule::Any),
            inner.prop_map(|rule| SegmentRule::Not(Box::new(rule))),
        ]
    })
}

proptest! {
    #[test]
    fn what_is_printed_is_read_as_the_same_tree(rule in rule()) {
        prop_assume!(rule.check().is_ok());
        let text = rule.to_string();
        prop_assert_eq!(SegmentRule::parse(&text), Ok(rule), "{}", text);
    }

    #[test]
    fn no_text_panics_and_what_is_read_is_read_again(
        text in prop_oneof![
            "\\PC{0,60}",
            "((not|and|or|tag|topic|viewed|by|person|within|[0-9]{1,4}|days|=|\\(|\\)|\"|[a-z]{1,3}|\n) ?){0,30}",
        ]
    ) {
        if let Ok(rule) = SegmentRule::parse(&text) {
            prop_assert!(rule.check().is_ok());
            prop_assert_eq!(SegmentRule::parse(&rule.to_string()), Ok(rule));
        }
    }
}
