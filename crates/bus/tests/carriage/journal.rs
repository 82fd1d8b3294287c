//! One node: the recorder reads the journal itself.

use std::sync::Arc;

use bus::{BusError, HitSource, JournalHits};
use journal::Position;
use tokio_util::sync::CancellationToken;

use crate::house::{Node, SourceOf, Store, until};

fn hit_source(node: &Node, from: Position) -> HitSource {
    HitSource::Journal(JournalHits::new(node.dir(), node.number, from, node.journal.durable()))
}

fn recorder(node: &Node) -> SourceOf {
    SourceOf {
        hit_source: hit_source(node, Position::START),
        metrics: Arc::default(),
        node: node.number,
    }
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
    let mut hit_source = hit_source(&node, Position::START);
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
    let mut hit_source = hit_source(&node, Position::START);
    let first = hit_source.next(&stop).await.unwrap().unwrap().chunks;
    hit_source.rewind(None);
    let again = hit_source.next(&stop).await.unwrap().unwrap().chunks;
    assert_eq!(first, again);
    hit_source.rewind(Some(first[0].to));
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
    let mut hit_source = hit_source(&node, Position::START);
    let parcel = hit_source.next(&stop).await.unwrap().unwrap();
    let chunks: Vec<_> = parcel.chunks.iter().map(|it| (it.hits.len(), it.to)).collect();
    assert_eq!(chunks, [(3, newer)]);
    hit_source.done(parcel).await.unwrap();
    for _ in 0..3 {
        let problem = hit_source.next(&stop).await.unwrap_err();
        assert!(matches!(problem, BusError::Newer { kind: 7, .. }), "{problem}");
        assert!(problem.to_string().contains(&newer.to_string()), "{problem}");
        hit_source.rewind(Some(newer));
    }
    assert_eq!(node.oldest_segment(), newer.segment);
}
