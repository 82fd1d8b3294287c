//! Nodes and their numbers.

use super::world::{AT, later};
use crate::{Store, StoreError};

async fn enter(store: &Store, name: &str, host: &str, minute: i64) -> Result<u16, StoreError> {
    store.node_enter(name.to_owned(), host.to_owned(), later(minute)).await
}

pub(super) async fn a_name_has_its_number_for_ever(store: Store) {
    assert_eq!(enter(&store, "a", "one", 0).await.unwrap(), 1);
    let b = enter(&store, "b", "two", 0).await.unwrap();
    assert_ne!(b, 1);
    assert_eq!(enter(&store, "a", "one", 0).await.unwrap(), 1, "a restart at once");
    store.node_leave(1, "one".to_owned()).await.unwrap();
    let nodes = store.nodes_list(AT).await.unwrap();
    let alive: Vec<_> = nodes.iter().map(|node| (node.number, node.alive)).collect();
    assert_eq!(alive, [(1, false), (b, true)]);
    store.node_seen(1, "one".to_owned(), AT).await.unwrap();
    assert!(store.nodes_list(AT).await.unwrap()[0].alive);
}

pub(super) async fn a_further_journal_has_a_number_of_its_own_and_is_no_node(store: Store) {
    let node = enter(&store, "a", "one", 0).await.unwrap();
    let numbers = [("a", 1), ("a", 2), ("b", 1), ("a", 1)];
    let mut given = vec![node];
    for (name, journal) in numbers {
        given.push(store.node_journal(name, journal).await.unwrap());
    }
    assert_eq!(given[1], given[4], "for ever");
    given.pop();
    let distinct: std::collections::BTreeSet<u16> = given.iter().copied().collect();
    assert_eq!(distinct.len(), given.len(), "{given:?}");
    let nodes = store.nodes_list(AT).await.unwrap();
    assert_eq!(nodes.iter().map(|it| it.number).collect::<Vec<_>>(), [node]);
    store.hits_waiting_put(node, 7).await.unwrap();
    assert_eq!(store.hits_waiting().await.unwrap(), 7);
}

pub(super) async fn a_copied_data_folder_is_refused_while_the_other_is_at_work(store: Store) {
    enter(&store, "a", "one", 0).await.unwrap();
    let refused = enter(&store, "a", "two", 0).await.unwrap_err();
    assert!(matches!(&refused, StoreError::NodeTaken { node: 1, host } if host == "one"));
    store.node_leave(1, "one".to_owned()).await.unwrap();
    assert_eq!(enter(&store, "a", "two", 1).await.unwrap(), 1, "it has moved");
    // The first one was only frozen, and wakes up.
    let woken = store.node_seen(1, "one".to_owned(), later(1)).await.unwrap_err();
    assert!(matches!(&woken, StoreError::NodeTaken { node: 1, host } if host == "two"));
    store.node_leave(1, "one".to_owned()).await.unwrap();
    assert!(store.nodes_list(later(1)).await.unwrap()[0].alive, "not its to take away");
}
