//! What people ask about their data, and the time by which it must be answered.

use model::{RequestKind, RequestState, Timestamp, request_due};

use super::world::{AT, World, email, later};
use crate::{NewRequest, RequestClosing, Store, StoreError};

pub(crate) fn new_request(address: &str, at: Timestamp) -> NewRequest {
    NewRequest {
        kind: RequestKind::Access,
        contact: None,
        email: email(address),
        channel: "staff",
        text: "A copy, please.".into(),
        received_at: at,
    }
}

fn closing(state: RequestState) -> RequestClosing {
    RequestClosing { state, outcome: "Sent by post.".into(), by: "ann".into(), at: later(9) }
}

async fn open(store: &Store) -> Vec<i64> {
    let open = store.requests_open((Timestamp(i64::MIN), 0), 100).await.unwrap();
    open.iter().map(|it| it.id).collect()
}

pub(super) async fn a_request_is_due_after_a_month_and_extended_and_closed_once(store: Store) {
    let first = store.request_add(new_request("ann@x.org", later(5))).await.unwrap();
    let second = store.request_add(new_request("bob@x.org", AT)).await.unwrap();
    assert_eq!(open(&store).await, [second, first], "what is due first comes first");
    let found = store.request_find(second).await.unwrap().unwrap();
    assert_eq!((found.due_at, found.state), (request_due(AT, false), RequestState::Open));
    assert_eq!(found.days_left(AT), Some(30));
    assert_eq!(store.requests_waiting(AT).await.unwrap(), (2, 0));
    let late = Timestamp(request_due(AT, false).0 + 1);
    assert_eq!(store.requests_waiting(late).await.unwrap(), (2, 1));
    store.request_extend(second, "many files".into(), "ann".into()).await.unwrap();
    let again = store.request_extend(second, "many files".into(), "ann".into()).await;
    assert!(matches!(again, Err(StoreError::Changed(_))), "once: {again:?}");
    assert_eq!(open(&store).await, [first, second]);
    let found = store.request_find(second).await.unwrap().unwrap();
    assert_eq!(
        (found.due_at, found.extension.as_deref()),
        (request_due(AT, true), Some("many files"))
    );
    store.request_close(first, closing(RequestState::Answered)).await.unwrap();
    let again = store.request_close(first, closing(RequestState::Refused)).await;
    assert!(matches!(again, Err(StoreError::Changed(_))), "{again:?}");
    let late = store.request_extend(first, "many files".into(), "ann".into()).await;
    assert!(matches!(late, Err(StoreError::Changed(_))), "{late:?}");
    let none = store.request_close(99, closing(RequestState::Answered)).await;
    assert!(matches!(none, Err(StoreError::NotFound("request"))), "{none:?}");
    let found = store.request_find(first).await.unwrap().unwrap();
    assert_eq!((found.state, found.closed_at), (RequestState::Answered, Some(later(9))));
    assert_eq!((found.days_left(AT), found.handled_by.as_deref()), (None, Some("ann")));
    assert_eq!(open(&store).await, [second]);
    let all = store.requests_page(i64::MAX, 10).await.unwrap();
    assert_eq!(all.iter().map(|it| it.id).collect::<Vec<_>>(), [second, first]);
}

pub(super) async fn one_address_has_so_many_open_requests_and_no_more(store: Store) {
    for _ in 0..5 {
        store.request_add(new_request("ann@x.org", AT)).await.unwrap();
    }
    let more = store.request_add(new_request("ANN@x.org", AT)).await;
    assert!(matches!(more, Err(StoreError::Exists("request"))), "{more:?}");
    store.request_add(new_request("bob@x.org", AT)).await.unwrap();
    let first = open(&store).await[0];
    store.request_close(first, closing(RequestState::Withdrawn)).await.unwrap();
    store.request_add(new_request("ann@x.org", AT)).await.unwrap();
}

pub(super) async fn of_whoever_is_erased_their_requests_keep_times_alone(store: Store) {
    let world = World::with_contacts(store, 2).await;
    let store = &world.store;
    let of = |contact| NewRequest { contact, ..new_request("old@x.org", AT) };
    let by_number = store.request_add(of(Some(world.contacts[0]))).await.unwrap();
    let by_address = store.request_add(new_request("1@x.org", AT)).await.unwrap();
    let other = store.request_add(new_request("2@x.org", AT)).await.unwrap();
    store.request_close(by_number, closing(RequestState::Answered)).await.unwrap();
    assert_eq!(store.requests_of(world.contacts[0]).await.unwrap().len(), 1);
    store.address_erase("1@x.org".into(), [7; 32], later(1)).await.unwrap();
    for (id, state) in [(by_number, RequestState::Answered), (by_address, RequestState::Open)] {
        let found = store.request_find(id).await.unwrap().unwrap();
        assert_eq!((found.email, found.contact, found.outcome), (None, None, None));
        assert_eq!((found.text.as_str(), found.received_at, found.state), ("", AT, state));
    }
    let found = store.request_find(other).await.unwrap().unwrap();
    assert_eq!(found.email.as_deref(), Some("2@x.org"));
    // A stranger's as well.
    store.request_add(new_request("zed@x.org", AT)).await.unwrap();
    store.address_erase("zed@x.org".into(), [8; 32], later(1)).await.unwrap();
    let all = store.requests_page(i64::MAX, 10).await.unwrap();
    assert_eq!(all[0].email, None);
}
