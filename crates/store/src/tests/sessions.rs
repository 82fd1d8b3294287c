//! Sessions, attempts to sign in, and what has ended.

use std::time::Duration;

use model::{Role, SessionId, UserId};

use super::audit::{acting, request};
use super::users::added;
use super::world::{AT, later};
use crate::{Acting, Allowance, AuditObject, NewInvitation, NewSession, Store, StoreError};

/// An hour.
pub(super) const IDLE: Duration = Duration::from_secs(3_600);

pub(super) fn hash(number: u8) -> [u8; 32] {
    [number; 32]
}

/// A session of two hours.
pub(super) fn session(user: UserId, number: u8) -> NewSession {
    NewSession {
        token_hash: hash(number),
        user,
        signed_in: true,
        at: AT,
        ends_at: later(120),
        agent: "Firefox".into(),
        network: format!("192.0.{number}.0/24"),
    }
}

pub(super) async fn begun(store: &Store, new: NewSession) -> SessionId {
    store.session_begin(new, None).await.unwrap()
}

pub(super) async fn a_session_is_found_until_it_ends(store: Store) {
    let ann = added(&store, "ann@x.org", Role::Marketer).await;
    let id = begun(&store, session(ann, 1)).await;
    let find = async |minutes| store.session_find(hash(1), later(minutes), IDLE).await.unwrap();
    let found = find(1).await.unwrap();
    assert_eq!((found.id, found.user, found.signed_in), (id, ann, true));
    assert_eq!((found.role, found.user_name.as_str()), (Role::Marketer, "Zoë"));
    assert_eq!((found.seen_at, found.ends_at), (AT, later(120)));
    assert_eq!((found.network.as_str(), found.must_rotate), ("192.0.1.0/24", false));
    assert_eq!(store.session_find(hash(2), AT, IDLE).await.unwrap(), None);
    assert!(find(59).await.is_some());
    assert!(find(60).await.is_none(), "unused for an hour");
    for minutes in [50, 100] {
        store.session_seen(id, later(minutes)).await.unwrap();
    }
    store.session_seen(id, later(10)).await.unwrap();
    assert!(find(119).await.is_some());
    assert!(find(120).await.is_none(), "over, however often it was used");
}

pub(super) async fn signing_in_replaces_what_the_browser_had(store: Store) {
    let ann = added(&store, "ann@x.org", Role::Author).await;
    begun(&store, session(ann, 1)).await;
    begun(&store, session(ann, 2)).await;
    store.session_begin(session(ann, 3), Some(hash(1))).await.unwrap();
    let find = async |number| store.session_find(hash(number), AT, IDLE).await.unwrap();
    assert!(find(1).await.is_none() && find(2).await.is_some() && find(3).await.is_some());
    assert!(store.user_knows_network(ann, "192.0.3.0/24".into()).await.unwrap());
    assert!(!store.user_knows_network(ann, "192.0.1.0/24".into()).await.unwrap());
    let same = store.session_begin(session(ann, 2), None).await;
    assert!(same.is_err(), "a token belongs to one session");
}

pub(super) async fn a_rotated_token_works_for_a_moment_longer(store: Store) {
    let ann = added(&store, "ann@x.org", Role::Author).await;
    let id = begun(&store, session(ann, 1)).await;
    assert!(store.session_rotate(hash(1), hash(2), later(1)).await.unwrap());
    let find = async |number, minutes| {
        let found = store.session_find(hash(number), later(minutes), IDLE).await.unwrap();
        found.map(|session| session.id)
    };
    assert_eq!([find(1, 0).await, find(2, 0).await], [Some(id); 2]);
    assert_eq!([find(1, 1).await, find(2, 1).await], [None, Some(id)]);
    assert!(!store.session_rotate(hash(1), hash(3), later(1)).await.unwrap(), "only once");
    // Who signs out with the token of a moment ago is signed out.
    store.session_end_token(hash(1)).await.unwrap();
    assert_eq!(find(2, 0).await, None);
}

pub(super) async fn changed_rights_ask_for_another_token_and_count_at_once(store: Store) {
    let ann = added(&store, "ann@x.org", Role::Author).await;
    let topic = store.topic_ensure("a".into(), "A".into()).await.unwrap();
    begun(&store, session(ann, 1)).await;
    store.user_role_set(ann, Role::Author, Role::Marketer).await.unwrap();
    let found = store.session_find(hash(1), AT, IDLE).await.unwrap().unwrap();
    assert_eq!((found.role, found.must_rotate), (Role::Marketer, true));
    store.session_rotate(hash(1), hash(2), later(1)).await.unwrap();
    assert!(!store.session_find(hash(2), AT, IDLE).await.unwrap().unwrap().must_rotate);
    store.user_topics_set(ann, vec![], vec![topic]).await.unwrap();
    let found = store.session_find(hash(2), AT, IDLE).await.unwrap().unwrap();
    assert_eq!((found.topics, found.must_rotate), (vec![topic], true));
    // The token before is not to be changed, or requests under way would fight over it.
    let before = store.session_find(hash(1), AT, IDLE).await.unwrap().unwrap();
    assert!(!before.must_rotate);
}

pub(super) async fn a_user_has_a_bounded_number_of_sessions(store: Store) {
    let ann = added(&store, "ann@x.org", Role::Author).await;
    let bob = added(&store, "bob@x.org", Role::Author).await;
    begun(&store, session(bob, 255)).await;
    for number in 0..52 {
        let at = later(i64::from(number));
        begun(&store, NewSession { at, ..session(ann, number) }).await;
    }
    let find = async |number| store.session_find(hash(number), AT, IDLE).await.unwrap();
    assert!(find(1).await.is_none() && find(2).await.is_some() && find(51).await.is_some());
    assert!(find(255).await.is_some());
}

pub(super) async fn sessions_are_listed_and_ended(store: Store) {
    let ann = added(&store, "ann@x.org", Role::Author).await;
    let bob = added(&store, "bob@x.org", Role::Author).await;
    let [one, two] = [begun(&store, session(ann, 1)).await, begun(&store, session(ann, 2)).await];
    begun(&store, NewSession { signed_in: false, ..session(ann, 3) }).await;
    let his = begun(&store, session(bob, 4)).await;
    store.session_seen(one, later(5)).await.unwrap();
    let ids = async |minutes| -> Vec<SessionId> {
        let all = store.sessions_of(ann, later(minutes), IDLE).await.unwrap();
        all.iter().map(|session| session.id).collect()
    };
    assert_eq!(ids(6).await, [one, two]);
    assert_eq!(ids(61).await, [one]);
    let listed = store.sessions_of(ann, AT, IDLE).await.unwrap().remove(1);
    assert_eq!((listed.agent.as_str(), listed.network.as_str()), ("Firefox", "192.0.2.0/24"));
    assert_eq!((listed.created_at, listed.ends_at), (AT, later(120)));
    let foreign = store.session_end(his, ann).await;
    assert!(matches!(foreign, Err(StoreError::NotFound("session"))), "{foreign:?}");
    store.session_end(two, ann).await.unwrap();
    assert_eq!(ids(6).await, [one]);
    begun(&store, session(ann, 5)).await;
    assert_eq!(store.sessions_end_others(ann, one).await.unwrap(), 2);
    assert_eq!(ids(6).await, [one]);
    assert_eq!(store.sessions_end(ann).await.unwrap(), 1);
    assert!(store.session_find(hash(4), AT, IDLE).await.unwrap().is_some());
}

fn allowance(bucket: u8, attempts: u32) -> Allowance {
    Allowance { bucket: hash(bucket), attempts, interval: Duration::from_secs(60) }
}

pub(super) async fn an_allowance_is_spent_and_comes_back(store: Store) {
    let attempt =
        async |minutes| store.sign_in_attempt(vec![allowance(1, 3)], later(minutes)).await.unwrap();
    for _ in 0..3 {
        assert_eq!(attempt(0).await, Ok(()));
    }
    let minute = Duration::from_secs(60);
    assert_eq!(attempt(0).await, Err(minute));
    assert_eq!(attempt(0).await, Err(minute), "who asks again and again waits no longer");
    assert_eq!(attempt(1).await, Ok(()));
    assert_eq!(attempt(1).await, Err(minute));
    for _ in 0..3 {
        assert_eq!(attempt(100).await, Ok(()), "no more than a full bucket");
    }
    assert_eq!(attempt(100).await, Err(minute));
    store.sign_in_succeeded(hash(1), Vec::new()).await.unwrap();
    assert_eq!(attempt(100).await, Ok(()));
}

pub(super) async fn an_attempt_takes_from_all_allowances_or_none(store: Store) {
    let both = || vec![allowance(1, 9), allowance(2, 1)];
    let attempt = async |from| store.sign_in_attempt(from, AT).await.unwrap();
    assert_eq!(attempt(both()).await, Ok(()));
    for _ in 0..20 {
        assert!(attempt(both()).await.is_err());
    }
    for _ in 0..8 {
        assert_eq!(attempt(vec![allowance(1, 9)]).await, Ok(()), "refused ones cost nothing");
    }
    assert!(attempt(vec![allowance(1, 9)]).await.is_err());
    store.sign_in_succeeded(hash(9), vec![allowance(1, 9)]).await.unwrap();
    assert_eq!(attempt(vec![allowance(1, 9)]).await, Ok(()));
    assert!(attempt(vec![allowance(1, 9)]).await.is_err());
}

pub(super) async fn a_hundred_attempts_at_once_do_not_exceed_an_allowance(store: Store) {
    let mut tasks = tokio::task::JoinSet::new();
    for _ in 0..100 {
        let store = store.clone();
        tasks.spawn(async move { store.sign_in_attempt(vec![allowance(1, 5)], AT).await });
    }
    let mut taken = 0;
    while let Some(result) = tasks.join_next().await {
        taken += usize::from(result.unwrap().unwrap().is_ok());
    }
    assert_eq!(taken, 5);
}

pub(super) async fn what_has_ended_is_removed(store: Store) {
    let ann = added(&store, "ann@x.org", Role::Author).await;
    let invitation = NewInvitation { token_hash: hash(9), ends_at: later(10) };
    store.user_invite(ann, invitation, AT).await.unwrap();
    let (unused, used) =
        (begun(&store, session(ann, 1)).await, begun(&store, session(ann, 2)).await);
    assert!(unused < used);
    store.session_seen(used, later(30)).await.unwrap();
    store.sign_in_attempt(vec![allowance(1, 3)], AT).await.unwrap().unwrap();
    let object = AuditObject::of_kind("setting");
    let keyed = Acting { request: Some(request("k", 1)), ..acting("setting.put", object) };
    store.audit_append(keyed).await.unwrap();
    assert_eq!(store.access_expire(AT, IDLE).await.unwrap(), 0);
    assert_eq!(store.access_expire(later(9), IDLE).await.unwrap(), 1, "the attempt");
    assert_eq!(store.access_expire(later(59), IDLE).await.unwrap(), 1, "the invitation");
    assert_eq!(store.access_expire(later(60), IDLE).await.unwrap(), 1, "the unused session");
    assert_eq!(store.access_expire(later(120), IDLE).await.unwrap(), 1, "the other one");
    assert_eq!(store.access_expire(later(9 * 24 * 60), IDLE).await.unwrap(), 1, "the key");
    assert_eq!(store.audit_head().await.unwrap().seq, 1, "never the log");
}
