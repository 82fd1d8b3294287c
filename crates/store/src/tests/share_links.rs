//! Links for outsiders.

use model::CampaignId;

use super::world::{AT, World, later};
use crate::{NewShareLink, Store, StoreError};

pub(crate) fn new_link(campaign: CampaignId, hash: u8) -> NewShareLink {
    NewShareLink {
        campaign,
        name: "The printer".into(),
        token_hash: [hash; 32],
        created_by: "Ann".into(),
        ends_at: later(10),
    }
}

pub(super) async fn a_link_is_found_until_it_ends_or_is_revoked(store: Store) {
    let world = World::with_contacts(store, 1).await;
    let (one, other) = (world.started().await, world.started().await);
    let store = &world.store;
    let first = store.share_link_add(new_link(one, 1), AT).await.unwrap();
    let second = store.share_link_add(new_link(one, 2), AT).await.unwrap();
    let found = |hash: u8, minutes| store.share_link_by_hash([hash; 32], later(minutes));
    assert_eq!(found(1, 9).await.unwrap().unwrap().id, first);
    assert_eq!(found(1, 10).await.unwrap(), None, "it is over");
    assert_eq!(found(3, 0).await.unwrap(), None);

    store.share_link_used(first, later(1)).await.unwrap();
    let used = found(1, 1).await.unwrap().unwrap().last_used.unwrap();
    assert_eq!((used.day(), used.0 % (24 * model::Timestamp::HOUR)), (AT.day(), 0));

    let foreign = store.share_link_revoke(other, first, AT).await;
    assert!(matches!(foreign, Err(StoreError::NotFound(_))), "{foreign:?}");
    store.share_link_revoke(one, first, AT).await.unwrap();
    let again = store.share_link_revoke(one, first, AT).await;
    assert!(matches!(again, Err(StoreError::Changed(_))), "{again:?}");
    assert_eq!(found(1, 0).await.unwrap(), None, "it is revoked");
    let ids: Vec<i64> = store.share_links_of(one).await.unwrap().iter().map(|it| it.id).collect();
    assert_eq!(ids, [second, first]);
    assert!(store.share_links_of(other).await.unwrap().is_empty());
}
