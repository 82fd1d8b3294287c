//! One node: the recorder reads its journals itself.

use std::collections::BTreeMap;
use std::sync::Arc;

use bus::{BusError, FollowedJournal, HitSource, JournalHits};
use journal::Position;
use tokio_util::sync::CancellationToken;

use crate::house::{Node, SourceOf, Store, until};

/// Several journals stand for the threads of one node.
fn hit_source<const N: usize>(nodes: [&Node; N]) -> HitSource {
    HitSource::Journal(JournalHits::new(nodes.map(|node| FollowedJournal {
        number: node.number,
        dir: node.dir(),
        durable: node.journal.durable(),
    })))
}

/// The journal of node 1 is in the store up to here.
fn up_to(place: Position) -> BTreeMap<u16, Position> {
    BTreeMap::from([(1, place)])
}

fn recorder(node: &Node) -> SourceOf {
    SourceOf { hit_source: hit_source([node]), metrics: Arc::default() }
}

#[tokio::test]
async fn every_hit_is_recorded_and_its_segment_removed() {
    let (mut node, store) = (Node::new(1), Store::default());
    node.append(4_500);
    let recorder = store.recorder(recorder(&node));
    store.until_all_of(&node).await;
    node.append(1);
    recorder.stop().await;
    assert!(store.has_all_of(&node));
    assert_eq!(store.again(), 0);
    assert_eq!(node.oldest_segment(), node.journal.end().segment);
}

#[tokio::test]
async fn after_a_stop_everything_durable_is_given_out_and_then_nothing() {
    let mut node = Node::new(1);
    node.append(4_500);
    let stop = CancellationToken::new();
    stop.cancel();
    let mut hit_source = hit_source([&node]);
    let mut sizes = Vec::new();
    while let Some(parcel) = hit_source.next(&stop).await.unwrap() {
        sizes.extend(parcel.chunks.iter().map(|chunk| chunk.hits.len()));
        hit_source.done(parcel).await.unwrap();
    }
    assert_eq!(sizes, [2_000, 2_000, 500]);
    assert!(hit_source.next(&stop).await.unwrap().is_none());
}

#[tokio::test]
async fn a_parcel_that_was_not_recorded_comes_again() {
    let mut node = Node::new(1);
    node.append(2_500);
    let stop = CancellationToken::new();
    let mut hit_source = hit_source([&node]);
    let first = hit_source.next(&stop).await.unwrap().unwrap().chunks;
    hit_source.rewind(&BTreeMap::new());
    let again = hit_source.next(&stop).await.unwrap().unwrap().chunks;
    assert_eq!(first, again);
    hit_source.rewind(&up_to(first[0].to));
    let next = hit_source.next(&stop).await.unwrap().unwrap().chunks;
    assert_eq!((next[0].from, next[0].hits.len()), (first[0].to, 500));
}

#[tokio::test]
async fn a_store_that_is_away_delays_and_loses_nothing() {
    let (mut node, store) = (Node::new(1), Store::default());
    store.fail(true);
    node.append(100);
    let recorder = store.recorder(recorder(&node));
    until("a refusal", || store.refusals() > 0).await;
    store.fail(false);
    store.until_all_of(&node).await;
    recorder.stop().await;
    assert_eq!(store.again(), 0);
}

#[tokio::test]
async fn hits_of_a_later_release_block_and_stay_in_the_journal() {
    let mut node = Node::new(1);
    node.append(3);
    let newer = node.journal.append(b"\x07 hit of the next release").unwrap();
    node.append(2);
    let stop = CancellationToken::new();
    let mut hit_source = hit_source([&node]);
    let parcel = hit_source.next(&stop).await.unwrap().unwrap();
    let chunks: Vec<_> = parcel.chunks.iter().map(|it| (it.hits.len(), it.to)).collect();
    assert_eq!(chunks, [(3, newer)]);
    hit_source.done(parcel).await.unwrap();
    for _ in 0..3 {
        let problem = hit_source.next(&stop).await.unwrap_err();
        assert!(matches!(problem, BusError::Newer { kind: 7, .. }), "{problem}");
        assert!(problem.to_string().contains(&newer.to_string()), "{problem}");
        hit_source.rewind(&up_to(newer));
    }
    assert_eq!(node.oldest_segment(), newer.segment);
}

#[tokio::test]
async fn a_busy_journal_holds_up_no_other_one() {
    let (mut busy, mut quiet) = (Node::new(1), Node::new(2));
    busy.append(40_000);
    quiet.append(5);
    let stop = CancellationToken::new();
    stop.cancel();
    let mut hit_source = hit_source([&busy, &quiet]);
    let mut parcels = Vec::new();
    while let Some(parcel) = hit_source.next(&stop).await.unwrap() {
        let of = |node: u16| {
            let chunks = parcel.chunks.iter().filter(move |chunk| chunk.node == node);
            chunks.map(|chunk| chunk.hits.len()).sum::<usize>()
        };
        parcels.push((of(1), of(2)));
        if parcels.len() == 2 {
            // More for the one that has waited.
            quiet.append(5);
        }
        assert!(parcel.chunks.len() <= 8, "a parcel is bounded");
        hit_source.done(parcel).await.unwrap();
    }
    assert_eq!(parcels[0].1, 5, "{parcels:?}");
    assert_eq!(parcels[2].1, 5, "{parcels:?}");
    let sum = |which: fn(&(usize, usize)) -> usize| parcels.iter().map(which).sum::<usize>();
    assert_eq!((sum(|it| it.0), sum(|it| it.1)), (40_000, 10));
    for node in [&busy, &quiet] {
        assert_eq!(node.oldest_segment(), node.journal.end().segment);
    }
}

#[tokio::test]
async fn each_journal_goes_on_where_the_store_has_it() {
    let (mut one, mut two) = (Node::new(1), Node::new(2));
    one.append(10);
    two.append(20);
    let marks = BTreeMap::from([(1, one.journal.end())]);
    one.append(3);
    let stop = CancellationToken::new();
    let mut hit_source = hit_source([&one, &two]);
    assert_eq!(hit_source.journals(), [1, 2]);
    hit_source.rewind(&marks);
    let parcel = hit_source.next(&stop).await.unwrap().unwrap();
    let mut found: Vec<_> = parcel.chunks.iter().map(|it| (it.node, it.hits.len())).collect();
    found.sort_unstable();
    assert_eq!(found, [(1, 3), (2, 20)]);
}

#[tokio::test]
async fn a_journal_that_stops_at_a_later_release_is_told_and_the_others_go_on() {
    let (mut stuck, mut other) = (Node::new(1), Node::new(2));
    let newer = stuck.journal.append(b"\x07 hit of the next release").unwrap();
    stuck.append(2);
    let stop = CancellationToken::new();
    let mut hit_source = hit_source([&stuck, &other]);
    for _ in 0..3 {
        other.append(4);
        let parcel = hit_source.next(&stop).await.unwrap().unwrap();
        assert!(parcel.chunks.iter().all(|it| it.node == 2));
        let marks = BTreeMap::from([(1, newer), (2, other.journal.end())]);
        hit_source.done(parcel).await.unwrap();
        let problem = hit_source.next(&stop).await.unwrap_err();
        assert!(matches!(problem, BusError::Newer { kind: 7, .. }), "{problem}");
        hit_source.rewind(&marks);
    }
}

#[tokio::test]
async fn what_a_killed_recorder_has_not_removed_is_removed_without_a_new_hit() {
    let mut node = Node::new(1);
    node.append(4_500);
    assert!(node.oldest_segment() < node.journal.end().segment);
    let stop = CancellationToken::new();
    stop.cancel();
    let mut hit_source = hit_source([&node]);
    hit_source.rewind(&up_to(node.journal.end()));
    assert!(hit_source.next(&stop).await.unwrap().is_none());
    assert_eq!(node.oldest_segment(), node.journal.end().segment);
}
