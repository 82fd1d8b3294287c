//! Many nodes: what must hold over a single server and over a cluster alike.

use std::sync::Arc;
use std::time::Duration;

use bus::{CHUNK_RECORDS, HitSource, PARCEL_CHUNKS, ShipperSettings};
use tokio_util::sync::CancellationToken;

use crate::house::{Node, SourceOf, Store, Stream, until};

macro_rules! suite {
    ($($story:ident)*) => {
        mod single {
            $(#[tokio::test] async fn $story() {
                super::$story(super::Stream::of_shared_server()).await;
            })*
        }
        mod cluster {
            $(#[tokio::test] async fn $story() {
                super::$story(super::Stream::of_shared_cluster()).await;
            })*
        }
    };
}

suite! {
    every_hit_of_every_node_is_recorded
    recorders_share_the_work
    what_a_dead_recorder_held_goes_to_another
    what_was_not_done_comes_again
    with_nobody_recording_the_window_is_kept
    with_nobody_recording_the_stream_is_bounded
    what_redis_forgot_is_shipped_again
    what_is_no_chunk_is_thrown_away
    what_a_later_release_shipped_is_left_for_it
    a_shipper_that_stops_ships_what_is_left
}

async fn every_hit_of_every_node_is_recorded(stream: Stream) {
    let store = Store::default();
    let (mut one, mut two) = (Node::new(1), Node::new(2));
    one.append(4_500);
    two.append(10);
    let (ship_one, ship_two) = (one.ship(&stream, &store), two.ship(&stream, &store));
    let recorder = store.recorder((&stream, "one"));
    store.until_all_of(&one).await;
    store.until_all_of(&two).await;
    for _ in 0..5 {
        one.append(3);
        two.append(1_000);
        store.until_all_of(&one).await;
    }
    store.until_all_of(&two).await;
    until("confirmation", || {
        ship_one.count(|it| &it.unconfirmed_chunks) + ship_two.count(|it| &it.unconfirmed_chunks)
            == 0
    })
    .await;
    assert_eq!(ship_two.count(|it| &it.shipped_records), 5_010);
    until("old segments to go", || one.oldest_segment() == one.journal.end().segment).await;
    ship_one.stop().await;
    ship_two.stop().await;
    recorder.stop().await;
    assert_eq!((store.again(), stream.entries().await), (0, 0));
}

async fn recorders_share_the_work(stream: Stream) {
    let store = Store::default();
    let mut node = Node::new(1);
    // More than one of them is given at a time.
    node.append(CHUNK_RECORDS * (PARCEL_CHUNKS + 1));
    let shipper = node.ship(&stream, &store);
    stream.until_entries(|entries| entries > PARCEL_CHUNKS).await;
    let (stop, mut given) = (CancellationToken::new(), Vec::new());
    let mut sources = ["one", "two"].map(|name| SourceOf::from((&stream, name)));
    for SourceOf { hit_source, .. } in &mut sources {
        given.push(hit_source.next(&stop).await.unwrap().unwrap().chunks[0].from);
    }
    assert_ne!(given[0], given[1], "each is given hits that the other one is not");
    let recorders = sources.map(|source| store.recorder(source));
    store.until_all_of(&node).await;
    shipper.stop().await;
    for recorder in recorders {
        recorder.stop().await;
    }
    assert_eq!(stream.entries().await, 0);
}

async fn what_a_dead_recorder_held_goes_to_another(stream: Stream) {
    let store = Store::default();
    let mut node = Node::new(1);
    node.append(2_500);
    let shipper = node.ship(&stream, &store);
    let stop = CancellationToken::new();
    let SourceOf { hit_source: mut dead, .. } = (&stream, "dead").into();
    let held = dead.next(&stop).await.unwrap().unwrap();
    assert!(!held.chunks[0].hits.is_empty());
    drop((dead, held));
    let recorder = store.recorder((&stream, "alive"));
    store.until_all_of(&node).await;
    assert!(recorder.count(|it| &it.claimed_chunks) > 0);
    shipper.stop().await;
    recorder.stop().await;
    assert_eq!(stream.entries().await, 0);
}

async fn what_was_not_done_comes_again(stream: Stream) {
    let store = Store::default();
    let mut node = Node::new(1);
    node.append(CHUNK_RECORDS * 3);
    let shipper = node.ship(&stream, &store);
    stream.until_entries(|entries| entries == 3).await;
    let stop = CancellationToken::new();
    // Nobody is taken for gone: it is its own list that it reads.
    let hit_source =
        || stream.hit_source("same", &Arc::default()).stale_after(Duration::from_secs(3_600));
    let mut restarted = HitSource::Stream(hit_source());
    let mut hit_source = HitSource::Stream(hit_source());
    let first = hit_source.next(&stop).await.unwrap().unwrap().chunks;
    hit_source.rewind(&std::collections::BTreeMap::new());
    let limit = Duration::from_secs(20);
    let again =
        tokio::time::timeout(limit, hit_source.next(&stop)).await.unwrap().unwrap().unwrap();
    assert_eq!(first, again.chunks);
    hit_source.done(again).await.unwrap();
    assert_eq!(stream.entries().await, 1);
    // The rest is held by the one that is gone; after a restart it bears the same name.
    let rest = restarted.next(&stop).await.unwrap().unwrap();
    assert_eq!(rest.chunks[0].from, first[1].to);
    restarted.done(rest).await.unwrap();
    assert_eq!(stream.entries().await, 0);
    stop.cancel();
    assert!(restarted.next(&stop).await.unwrap().is_none());
    shipper.stop().await;
}

async fn with_nobody_recording_the_window_is_kept(stream: Stream) {
    let settings = ShipperSettings { window: 4, ..ShipperSettings::default() };
    bounded(&stream, settings, 4).await;
}

async fn with_nobody_recording_the_stream_is_bounded(stream: Stream) {
    let settings = ShipperSettings { stream_entries: 3, ..ShipperSettings::default() };
    bounded(&stream, settings, 3).await;
}

async fn bounded(stream: &Stream, settings: ShipperSettings, most: usize) {
    let store = Store::default();
    let mut node = Node::new(1);
    node.append(CHUNK_RECORDS * 8);
    let oldest = node.oldest_segment();
    let shipper = node.ship_with(stream, &store, settings);
    stream.until_entries(|entries| entries == most).await;
    // A shipper that kept to no bound would bring the rest in a fraction of this time.
    for _ in 0..30 {
        tokio::time::sleep(Duration::from_millis(20)).await;
        assert_eq!(stream.entries().await, most);
    }
    assert_eq!(shipper.count(|it| &it.unconfirmed_chunks), most as u64);
    assert_eq!(node.oldest_segment(), oldest, "the journal keeps what is not confirmed");
    let recorder = store.recorder((stream, "late"));
    store.until_all_of(&node).await;
    shipper.stop().await;
    recorder.stop().await;
    assert_eq!((store.again(), stream.entries().await), (0, 0));
}

async fn what_redis_forgot_is_shipped_again(stream: Stream) {
    let store = Store::default();
    let mut node = Node::new(1);
    node.append(CHUNK_RECORDS * 3);
    let settings =
        ShipperSettings { lost_after: Duration::from_millis(300), ..ShipperSettings::default() };
    let shipper = node.ship_with(&stream, &store, settings);
    stream.until_entries(|entries| entries == 3).await;
    let _: usize = stream.command(&["DEL"], &[]).await;
    stream.until_entries(|entries| entries == 3).await;
    assert!(shipper.count(|it| &it.reshipped_chunks) >= 3);
    // Now under the eyes of a recorder, whose group is gone with the stream.
    let recorder = store.recorder((&stream, "one"));
    store.until_all_of(&node).await;
    let _: usize = stream.command(&["DEL"], &[]).await;
    node.append(10);
    store.until_all_of(&node).await;
    shipper.stop().await;
    recorder.stop().await;
}

async fn what_is_no_chunk_is_thrown_away(stream: Stream) {
    let store = Store::default();
    let _: String = stream.command(&["XADD"], &["*", "c", "rubbish"]).await;
    let _: String = stream.command(&["XADD"], &["*", "other", "field"]).await;
    let recorder = store.recorder((&stream, "one"));
    stream.until_entries(|entries| entries == 0).await;
    let mut node = Node::new(1);
    node.append(1);
    let shipper = node.ship(&stream, &store);
    store.until_all_of(&node).await;
    assert_eq!(recorder.count(|it| &it.undecodable_chunks), 2);
    shipper.stop().await;
    recorder.stop().await;
}

async fn what_a_later_release_shipped_is_left_for_it(stream: Stream) {
    let store = Store::default();
    let id: String = stream.command(&["XADD"], &["*", "c", "\u{2} of the next release"]).await;
    let recorder = store.recorder((&stream, "old"));
    let mut node = Node::new(1);
    node.append(10);
    let shipper = node.ship(&stream, &store);
    stream.until_entries(|entries| entries == 2).await;
    // A recorder of the next release finds it as it would find what a dead one left.
    let begun = std::time::Instant::now();
    loop {
        let claim = ["recorders", "new", "300", "0-0"];
        let taken: redis::Value = stream.command(&["XAUTOCLAIM"], &claim).await;
        if format!("{taken:?}").contains(&id) {
            break;
        }
        assert!(begun.elapsed() < Duration::from_secs(60), "the old recorder keeps it for itself");
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    assert!(!store.has_all_of(&node), "the old recorder is stopped");
    let _: usize = stream.command(&["XACK"], &["recorders", &id]).await;
    let _: usize = stream.command(&["XDEL"], &[&id]).await;
    store.until_all_of(&node).await;
    assert_eq!(recorder.count(|it| &it.undecodable_chunks), 0);
    shipper.stop().await;
    recorder.stop().await;
}

async fn a_shipper_that_stops_ships_what_is_left(stream: Stream) {
    let store = Store::default();
    let mut node = Node::new(1);
    node.append(CHUNK_RECORDS * 2 + 1);
    node.ship(&stream, &store).stop().await;
    assert_eq!(stream.entries().await, 3);
    let recorder = store.recorder((&stream, "one"));
    store.until_all_of(&node).await;
    recorder.stop().await;
    // The next start begins where the store is.
    node.append(1);
    node.ship(&stream, &store).stop().await;
    assert_eq!(stream.entries().await, 1);
}
