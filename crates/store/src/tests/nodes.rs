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
