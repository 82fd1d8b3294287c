use super::*;
use proptest::prelude::*;

const SECOND: i64 = 1_000_000;

fn hit(at: i64, slot: Option<u16>, rules: &[Rule]) -> EngagementHit {
    let rules = rules.iter().copied().collect();
    EngagementHit { at: Timestamp(at), slot: slot.map(LinkSlot), rules }
}

fn of(hits: &[EngagementHit]) -> (Engagement, SeenCounts) {
    let (mut engagement, mut counts) = (Engagement::default(), SeenCounts::new());
    engagement.add(hits.iter().copied(), &mut counts);
    (engagement, counts)
}

fn shown(hits: &[EngagementHit]) -> Vec<Vec<&'static str>> {
    let ids = |hit: EngagementHit| hit.rules.rules().map(|rule| rule.id).collect();
    of(hits).0.hits().into_iter().map(ids).collect()
}

#[test]
fn three_links_within_two_seconds_are_a_burst_and_touch_what_is_near() {
    let view = hit(0, None, &[]);
    let clicks = [2, 3, 4].map(|at| hit(at * SECOND, u16::try_from(at).ok(), &[]));
    let later = hit(60 * SECOND, Some(2), &[]);
    let all = [view, clicks[0], clicks[1], clicks[2], later];
    let burst = ["links-burst"];
    assert_eq!(shown(&all), [&["near-burst"][..], &burst, &burst, &burst, &[]]);
    // A view at the moment of a click is none.
    let at_once = hit(2 * SECOND, None, &[]);
    let rules = shown(&[at_once, clicks[0], clicks[1], clicks[2]]);
    assert_eq!(rules, [&["near-burst"][..], &burst, &burst, &burst]);
    // Two links, or three in a longer time, are a person's.
    assert_eq!(shown(&all[..3]), [[""; 0]; 3]);
    let slow = [2, 4, 6].map(|at| hit(at * SECOND, u16::try_from(at).ok(), &[]));
    assert_eq!(shown(&slow), [[""; 0]; 3]);
    let same = [2, 3, 4].map(|at| hit(at * SECOND, Some(7), &[]));
    assert_eq!(shown(&same), [&[][..], &["repeated"], &["repeated"]]);
}

#[test]
fn ten_of_the_same_within_a_minute_are_a_flood_the_first_among_them() {
    let views = |every: i64, many: i64| -> Vec<EngagementHit> {
        (0..many).map(|number| hit(number * every * SECOND, None, &[])).collect()
    };
    let floods = |hits: &[EngagementHit]| {
        of(hits).0.hits().iter().filter(|hit| hit.rules.has(Rule::FLOOD)).count()
    };
    assert_eq!((floods(&views(5, 10)), floods(&views(5, 9)), floods(&views(7, 20))), (10, 0, 0));
}

#[test]
fn four_links_within_ten_seconds_are_quick() {
    let clicks = [0, 3, 6, 10].map(|at| hit(at * SECOND, u16::try_from(at).ok(), &[]));
    assert_eq!(shown(&clicks), [["links-quick"]; 4]);
    assert_eq!(shown(&clicks[..3]), [[""; 0]; 3]);
    let view = hit(-9 * SECOND, None, &[]);
    let all = [view, clicks[0], clicks[1], clicks[2], clicks[3]];
    assert_eq!(shown(&all)[0], ["near-burst"]);
}

#[test]
fn a_link_that_nobody_sees_touches_what_is_near() {
    let honeypot = hit(20 * SECOND, Some(LinkSlot::HONEYPOT.0), &[Rule::HONEYPOT_LINK]);
    let clicks = [(11, 0), (30, 1), (31, 1)].map(|(at, slot)| hit(at * SECOND, Some(slot), &[]));
    let all = [hit(0, None, &[]), clicks[0], honeypot, clicks[1], clicks[2]];
    assert_eq!(
        shown(&all),
        [&[][..], &["near-honeypot"], &["honeypot-link"], &["near-honeypot"], &["repeated"]]
    );
}

#[test]
fn a_request_is_repeated_though_the_first_came_sooner_after_the_delivery() {
    let soon = [Rule::SOON_AFTER_DELIVERY, Rule::QUICK_AFTER_DELIVERY];
    let views =
        [hit(0, None, &soon), hit(3 * SECOND, None, &soon[1..]), hit(9 * SECOND, None, &[])];
    let repeated = shown(&views).iter().filter(|rules| rules.contains(&"repeated")).count();
    assert_eq!(repeated, 2);
}

#[test]
fn a_burst_that_is_seen_later_takes_back_what_was_counted() {
    let (mut engagement, mut counts) = of(&[hit(0, Some(0), &[]), hit(SECOND, Some(1), &[])]);
    assert_eq!(counts, SeenCounts::from([((true, RulesSeen::NONE), 2)]));
    engagement.add([hit(2 * SECOND, Some(2), &[])], &mut counts);
    let burst = RulesSeen::NONE.with(Rule::LINKS_BURST);
    assert_eq!(counts, SeenCounts::from([((true, burst), 3)]));
    assert_eq!(engagement.evidence().clicks, BTreeSet::from([burst]));
}

#[test]
fn however_many_hits_there_are_what_is_kept_is_bounded() {
    let seen = |number: i64| {
        let rule = |at: i64| Rule::ALL[usize::try_from(at).unwrap()];
        hit(number * 60 * SECOND, None, &[rule(number % 10), rule(15 + number / 10 % 10)])
    };
    let hits: Vec<EngagementHit> = (0..1_000).map(seen).collect();
    let (engagement, counts) = of(&hits);
    assert_eq!(counts.values().sum::<i64>(), 1_000);
    assert_eq!((engagement.log.len(), engagement.others.len()), (LOG, MOST_OTHERS));
    assert_eq!(engagement.evidence().hits.len(), MOST_SETS);
}

#[test]
fn evidence_leaves_out_what_says_less() {
    let browser = [Rule::AGENT_BROWSER];
    let soon = [Rule::AGENT_BROWSER, Rule::SOON_AFTER_DELIVERY];
    let hits =
        [hit(0, None, &soon), hit(90 * SECOND, None, &browser), hit(91 * SECOND, None, &browser)];
    let (engagement, _) = of(&hits);
    let evidence = engagement.evidence();
    assert_eq!(evidence.hits, BTreeSet::from([RulesSeen::NONE.with(Rule::AGENT_BROWSER)]));
    assert!(evidence.clicks.is_empty());
}

fn hits() -> impl Strategy<Value = Vec<EngagementHit>> {
    let rules = prop::sample::subsequence(Rule::ALL, 0..4);
    let one = (0_i64..40, prop::option::of(0_u16..5), rules);
    let one = one.prop_map(|(at, slot, rules)| hit(at * SECOND, slot, &rules));
    prop::collection::vec(one, 0..48)
}

proptest! {
    #[test]
    fn neither_order_nor_batches_matter(
        (hits, shuffled) in hits().prop_flat_map(|it| (Just(it.clone()), Just(it).prop_shuffle())),
        cut in any::<prop::sample::Index>(),
    ) {
        let (engagement, counts) = of(&hits);
        let (mut other, mut other_counts) = (Engagement::default(), SeenCounts::new());
        let (first, then) = shuffled.split_at(cut.index(shuffled.len() + 1));
        other.add(first.iter().copied(), &mut other_counts);
        for hit in then {
            other.add([*hit], &mut other_counts);
        }
        prop_assert_eq!(&other, &engagement);
        prop_assert_eq!(&other_counts, &counts);
        // Every hit is counted once.
        prop_assert_eq!(counts.values().sum::<i64>(), i64::try_from(hits.len()).unwrap());
        prop_assert!(counts.values().all(|count| *count > 0));
    }

    #[test]
    fn it_does_not_matter_when_a_network_becomes_known(
        hits in hits(),
        quick in prop::collection::btree_set(0_i64..40, 0..8),
        cut in any::<prop::sample::Index>(),
    ) {
        let rule = Rule::NETWORK_MANY_QUICK;
        let times: BTreeSet<i64> = quick.iter().map(|at| at * SECOND).collect();
        let quickly = |hit: &EngagementHit| {
            let rules = hit.rules.without(RulesSeen::NONE.with(rule));
            EngagementHit { rules: rules.with(Rule::QUICK_AFTER_DELIVERY), ..*hit }
        };
        let hits: Vec<EngagementHit> = hits.iter().take(LOG).map(quickly).collect();
        let (before, after) = hits.split_at(cut.index(hits.len() + 1));
        let known = after.iter().map(|hit| {
            let rules = if times.contains(&hit.at.0) { hit.rules.with(rule) } else { hit.rules };
            EngagementHit { rules, ..*hit }
        });
        let (mut engagement, mut counts) = of(before);
        engagement.mark_quick(&times, rule, &mut counts);
        engagement.add(known, &mut counts);
        let (mut other, mut other_counts) = of(&hits);
        other.mark_quick(&times, rule, &mut other_counts);
        prop_assert_eq!(&engagement, &other);
        prop_assert_eq!(counts, other_counts);
    }

    #[test]
    fn forgetting_times_keeps_every_hit_counted(hits in hits(), before in 0_i64..50) {
        let (mut engagement, mut counts) = of(&hits);
        let evidence = engagement.evidence();
        engagement.forget_times(Timestamp(before * SECOND), &mut counts);
        prop_assert!(engagement.hits().iter().all(|hit| hit.at.0 >= before * SECOND));
        prop_assert_eq!(counts.values().sum::<i64>(), i64::try_from(hits.len()).unwrap());
        prop_assert_eq!(evidence.hits.is_empty(), engagement.evidence().hits.is_empty());
        // With no time left, what was seen is the same as before.
        let (mut whole, _) = of(&hits);
        whole.forget_times(Timestamp(i64::MAX), &mut SeenCounts::new());
        prop_assert!(whole.hits().is_empty());
        prop_assert_eq!(whole.evidence(), evidence);
    }

    #[test]
    fn it_is_stored_and_read_back(hits in hits()) {
        let (engagement, _) = of(&hits);
        prop_assert_eq!(Engagement::from_bytes(&engagement.to_bytes()), Some(engagement.clone()));
        let evidence = engagement.evidence();
        prop_assert_eq!(sets_from_bytes(&sets_to_bytes(&evidence.hits)), Some(evidence.hits));
    }

    #[test]
    fn no_bytes_make_it_panic(bytes in prop::collection::vec(any::<u8>(), 0..64)) {
        let _ = (Engagement::from_bytes(&bytes), sets_from_bytes(&bytes));
    }
}
