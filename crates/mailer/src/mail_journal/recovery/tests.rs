//! Starts after kills and harm: nobody gets a second copy, and who was not begun waits for nobody.

mod harmed_node;

use harmed_node::{Event, Harm, HarmedNode, KnownState, PEOPLE};
use proptest::prelude::*;

fn play(events: impl IntoIterator<Item = Event>) -> Vec<KnownState> {
    play_after(Release::This, events)
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Release {
    This,
    Earlier,
}

fn play_after(release: Release, events: impl IntoIterator<Item = Event>) -> Vec<KnownState> {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    runtime.block_on(async {
        let mut node = HarmedNode::new().await;
        if release == Release::Earlier {
            node.as_an_earlier_release().await;
        }
        for event in events {
            node.after(event).await;
        }
        node.after(Event::Start(None)).await;
        node.known
    })
}

/// How many are in doubt at the end.
fn in_doubt(events: &[Event]) -> usize {
    play(events.iter().copied()).iter().filter(|known| **known == KnownState::InDoubt).count()
}

#[test]
fn a_journal_without_a_message_is_told_from_a_lost_one() {
    use Event::{Begin, Claim, Kill, Start};
    let first = [Start(None), Claim(4)];
    for (harm, doubtful) in [
        (Harm::None, 0),
        (Harm::FolderLost, 4),
        (Harm::SegmentsLost, 4),
        (Harm::NewestLost, 4),
        (Harm::Copied, 4),
        (Harm::Torn, 4),
    ] {
        let events = [&first[..], &[Kill(harm)]].concat();
        assert_eq!(in_doubt(&events), doubtful, "{harm:?}");
        // A mailer that had been here before leaves segments of its own.
        let events = [&[Start(None), Start(None)][..], &events].concat();
        assert_eq!(in_doubt(&events), doubtful, "{harm:?} after starts");
    }
    assert_eq!(in_doubt(&[&first[..], &[Begin(1)]].concat()), 1, "the other three were not begun");
}

#[test]
fn a_lost_segment_is_missed_though_earlier_ones_are_there() {
    use Event::{Begin, Claim, End, Kill, Settle, Start};
    let earlier = [Start(None), Claim(1), Begin(0), End(0), Settle, Start(None)];
    let events = [&earlier[..], &[Claim(3), Begin(1), Kill(Harm::NewestLost)]].concat();
    assert_eq!(in_doubt(&events), 3);
}

#[test]
fn a_start_that_was_torn_or_killed_puts_nobody_in_doubt_whom_the_next_one_claims() {
    use Event::{Claim, Kill, Start};
    for killed_at in 0..12 {
        for harm in [Harm::None, Harm::Torn, Harm::SegmentsLost, Harm::FolderLost] {
            let events = [Start(Some(killed_at)), Kill(harm), Start(None), Claim(4)];
            assert_eq!(in_doubt(&events), 0, "{killed_at} {harm:?}");
        }
    }
}

#[test]
fn what_is_wrong_with_a_journal_is_not_forgotten_by_the_start_after_a_killed_one() {
    use Event::{Begin, Claim, Kill, Start};
    for killed_at in 0..12 {
        for harm in [Harm::SegmentsLost, Harm::FolderLost, Harm::Torn, Harm::LastDamaged] {
            let lost = [Start(None), Claim(4), Begin(0), Kill(harm)];
            let events = [&lost[..], &[Start(Some(killed_at))]].concat();
            assert_eq!(in_doubt(&events), 4, "{harm:?}, killed at wait {killed_at}");
        }
    }
}

#[test]
fn what_an_earlier_release_has_left_is_believed_if_it_has_begun_something() {
    use Event::{Begin, Claim, Kill};
    for (events, doubtful) in [
        (vec![Claim(4)], 4),
        (vec![Claim(4), Begin(1)], 1),
        (vec![Claim(4), Begin(1), Kill(Harm::SegmentsLost)], 4),
        (vec![Claim(4), Begin(1), Kill(Harm::FolderLost)], 4),
    ] {
        let known = play_after(Release::Earlier, events.iter().copied());
        let in_doubt = known.iter().filter(|known| **known == KnownState::InDoubt).count();
        assert_eq!(in_doubt, doubtful, "{events:?}");
    }
}

fn event() -> impl Strategy<Value = Event> {
    let harm = prop_oneof![
        4 => Just(Harm::None),
        1 => Just(Harm::FolderLost),
        1 => Just(Harm::SegmentsLost),
        1 => Just(Harm::NewestLost),
        1 => Just(Harm::Copied),
        1 => Just(Harm::Torn),
        1 => Just(Harm::LastDamaged),
    ];
    prop_oneof![
        3 => (1..4_usize).prop_map(Event::Claim),
        4 => (0..PEOPLE).prop_map(Event::Begin),
        3 => (0..PEOPLE).prop_map(Event::End),
        1 => Just(Event::Settle),
        2 => harm.prop_map(Event::Kill),
        3 => prop::option::of(0..12_usize).prop_map(Event::Start),
    ]
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn nobody_gets_a_second_copy_and_who_was_not_begun_waits_for_nobody(
        events in prop::collection::vec(event(), 1..40),
    ) {
        play(std::iter::once(Event::Start(None)).chain(events));
    }
}
