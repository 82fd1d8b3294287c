//! API tokens.

use model::{ApiTokenId, Right, Role, UserId};

use super::sessions::hash;
use super::users::added;
use super::world::{AT, later};
use crate::{ApiToken, ApiTokenOwner, NewApiToken, Store, StoreError};

fn token(number: u8, owner: Option<UserId>) -> NewApiToken {
    NewApiToken {
        name: "Nightly".into(),
        prefix: "ph_live_Ab3d".into(),
        token_hash: hash(number),
        live: true,
        scopes: vec![Right::CampaignsRead, Right::CampaignsSend],
        topics: Vec::new(),
        owner,
        ends_at: Some(later(60)),
    }
}

pub(super) async fn a_token_is_found_by_its_hash_with_its_owner(store: Store) {
    let ensure = |slug: &str| store.topic_ensure(slug.to_owned(), slug.to_owned());
    let [a, b] = [ensure("a").await.unwrap(), ensure("b").await.unwrap()];
    let ann = added(&store, "ann@x.org", Role::Marketer).await;
    store.user_topics_set(ann, vec![], vec![a, b]).await.unwrap();
    let new = NewApiToken { topics: vec![b], live: false, ..token(1, Some(ann)) };
    let id = store.api_token_add(new, AT).await.unwrap();
    let found = store.api_token_by_hash(hash(1), AT).await.unwrap().unwrap();
    let owner = ApiTokenOwner { id: ann, role: Role::Marketer, topics: vec![a, b] };
    let expect = ApiToken {
        id,
        name: "Nightly".into(),
        prefix: "ph_live_Ab3d".into(),
        live: false,
        scopes: vec![Right::CampaignsRead, Right::CampaignsSend],
        topics: vec![b],
        owner: Some(owner),
        created_at: AT,
        ends_at: Some(later(60)),
        last_used_at: None,
        revoked_at: None,
    };
    assert_eq!(found, expect);
    assert_eq!(store.api_token_find(id).await.unwrap(), Some(expect));
    assert_eq!(store.api_token_by_hash(hash(2), AT).await.unwrap(), None);
    for minutes in [5, 3] {
        store.api_token_seen(id, later(minutes)).await.unwrap();
    }
    let found = store.api_token_find(id).await.unwrap().unwrap();
    assert_eq!(found.last_used_at, Some(later(5)));
    // Whatever its owner loses, it loses at the same moment.
    store.user_role_set(ann, Role::Marketer, Role::Reporter).await.unwrap();
    let found = store.api_token_by_hash(hash(1), AT).await.unwrap().unwrap();
    assert_eq!(found.owner.unwrap().role, Role::Reporter);
}

pub(super) async fn a_token_ends_by_time_revocation_or_its_owner(store: Store) {
    let ann = added(&store, "ann@x.org", Role::Marketer).await;
    let id = store.api_token_add(token(1, Some(ann)), AT).await.unwrap();
    let free = NewApiToken { ends_at: None, ..token(2, None) };
    let free = store.api_token_add(free, AT).await.unwrap();
    let good = async |number, minutes| {
        store.api_token_by_hash(hash(number), later(minutes)).await.unwrap().is_some()
    };
    assert!(good(1, 59).await && !good(1, 60).await && good(2, 999_999).await);
    store.user_disable(ann, AT).await.unwrap();
    assert!(!good(1, 1).await && good(2, 1).await);
    store.user_enable(ann).await.unwrap();
    assert!(good(1, 1).await);
    for token in [id, free] {
        store.api_token_revoke(token, later(2)).await.unwrap();
    }
    assert!(!good(1, 1).await && !good(2, 1).await);
    let again = store.api_token_revoke(id, later(3)).await;
    assert!(matches!(again, Err(StoreError::Changed("token"))), "{again:?}");
    let none = store.api_token_revoke(ApiTokenId(99), AT).await;
    assert!(matches!(none, Err(StoreError::NotFound("token"))), "{none:?}");
    let kept = store.api_token_find(id).await.unwrap().unwrap();
    assert_eq!(kept.revoked_at, Some(later(2)));
}

pub(super) async fn tokens_are_listed_newest_first(store: Store) {
    let topic = store.topic_ensure("a".into(), "A".into()).await.unwrap();
    let one = store.api_token_add(token(1, None), AT).await.unwrap();
    let narrowed = NewApiToken { topics: vec![topic], ..token(2, None) };
    let two = store.api_token_add(narrowed, AT).await.unwrap();
    store.api_token_revoke(one, AT).await.unwrap();
    let all = store.api_tokens_list().await.unwrap();
    assert_eq!(all.iter().map(|token| token.id).collect::<Vec<_>>(), [two, one]);
    assert_eq!((all[0].topics.as_slice(), all[1].topics.as_slice()), (&[topic][..], &[][..]));
    assert!(store.api_token_add(token(2, None), AT).await.is_err(), "a secret belongs to one");
}
