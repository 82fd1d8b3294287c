//! Passkeys and the challenges that they answer.

use model::{PasskeyId, Role, SessionId, UserId};

use super::sessions::{IDLE, begun, hash, session};
use super::users::added;
use super::world::{AT, later};
use crate::{
    ChallengePurpose, FactorProof, NewChallenge, NewPasskey, NewSession, PASSKEYS_OF_USER,
    PasskeyUse, Store, StoreError, TakenChallenge,
};

fn passkey(user: UserId, credential: u8, sign_count: u32) -> NewPasskey {
    NewPasskey {
        user,
        rp_id: "pharos.example".into(),
        user_handle: vec![8; 32],
        credential_id: vec![credential; 16],
        public_key: vec![9; 77],
        sign_count,
        name: "Phone".into(),
    }
}

async fn by_passkey(
    store: &Store,
    user: UserId,
    number: u8,
    used: PasskeyUse,
) -> Option<SessionId> {
    store.session_begin_by_passkey(session(user, number), used, None).await.unwrap()
}

pub(super) async fn a_passkey_is_added_listed_and_removed_by_its_owner(store: Store) {
    let ann = added(&store, "ann@x.org", Role::Author).await;
    let eve = added(&store, "eve@x.org", Role::Author).await;
    let id = store.passkey_add(passkey(ann, 1, 3), AT).await.unwrap();
    let again = store.passkey_add(passkey(eve, 1, 0), AT).await;
    assert!(matches!(again, Err(StoreError::Exists("passkey"))), "{again:?}");
    let listed = store.passkeys_of(ann).await.unwrap().remove(0);
    assert_eq!((listed.id, listed.rp_id.as_str()), (id, "pharos.example"));
    assert_eq!((listed.name.as_str(), listed.created_at, listed.last_used_at), ("Phone", AT, None));
    assert_eq!(store.passkeys_of(eve).await.unwrap(), []);
    assert_eq!(store.user_find(ann).await.unwrap().unwrap().passkeys, 1);
    assert_eq!(store.users_list().await.unwrap()[1].passkeys, 0);
    let found = store.passkey_find(vec![1; 16]).await.unwrap().unwrap();
    assert_eq!((found.id, found.user, found.public_key), (id, ann, vec![9; 77]));
    assert_eq!((found.user_handle, found.user_name.as_str()), (vec![8; 32], "Zoë"));
    assert_eq!(store.passkey_find(vec![1; 15]).await.unwrap(), None);
    store.user_disable(ann, AT).await.unwrap();
    assert_eq!(store.passkey_find(vec![1; 16]).await.unwrap(), None, "disabled");
    store.user_enable(ann).await.unwrap();
    let foreign = store.passkey_remove(id, eve).await;
    assert!(matches!(foreign, Err(StoreError::NotFound("passkey"))), "{foreign:?}");
    store.passkey_remove(id, ann).await.unwrap();
    assert_eq!(store.passkey_find(vec![1; 16]).await.unwrap(), None);
    let nobody = store.passkey_add(passkey(UserId(99), 2, 0), AT).await;
    assert!(matches!(nobody, Err(StoreError::NotFound("user"))), "{nobody:?}");
}

pub(super) async fn a_counter_never_goes_back(store: Store) {
    let ann = added(&store, "ann@x.org", Role::Author).await;
    let eve = added(&store, "eve@x.org", Role::Author).await;
    let id = store.passkey_add(passkey(ann, 1, 3), AT).await.unwrap();
    let uses = |sign_count| PasskeyUse { id, sign_count };
    for (number, count) in [(1, 3), (2, 2), (3, 0)] {
        assert_eq!(by_passkey(&store, ann, number, uses(count)).await, None, "{count}");
    }
    assert_eq!(by_passkey(&store, eve, 4, uses(9)).await, None, "somebody else's");
    let before = begun(&store, NewSession { signed_in: false, ..session(ann, 9) }).await;
    let begin = store.session_begin_by_passkey(session(ann, 1), uses(4), Some(hash(9)));
    let here = begin.await.unwrap().unwrap();
    assert!(here != before && store.session_find(hash(9), AT, IDLE).await.unwrap().is_none());
    assert_eq!(store.passkeys_of(ann).await.unwrap()[0].last_used_at, Some(AT));

    // The same in place of a code: the session waits on when it is not right.
    begun(&store, NewSession { signed_in: false, ..session(ann, 5) }).await;
    for (count, done) in [(4, false), (5, true)] {
        let proof = FactorProof::Passkey(uses(count));
        let complete = store.session_complete(hash(5), proof, session(ann, 6)).await.unwrap();
        assert_eq!(complete.is_some(), done, "{count}");
    }

    // And to prove it again.
    let since = later(1);
    for (count, done) in [(5, false), (6, true)] {
        let confirm = store.session_confirm_by_passkey(here, ann, uses(count), later(2));
        assert_eq!(confirm.await.unwrap(), done, "{count}");
        assert_eq!(store.session_confirmed(here, since).await.unwrap(), done);
    }

    // An authenticator that does not count.
    let id = store.passkey_add(passkey(ann, 2, 0), AT).await.unwrap();
    let uses = |sign_count| PasskeyUse { id, sign_count };
    for (number, count, done) in [(10, 0, true), (11, 0, true), (12, 1, true), (13, 0, false)] {
        assert_eq!(by_passkey(&store, ann, number, uses(count)).await.is_some(), done, "{number}");
    }
    let gone = PasskeyUse { id: PasskeyId(99), sign_count: 7 };
    assert_eq!(by_passkey(&store, ann, 14, gone).await, None);
}

pub(super) async fn a_user_has_a_bounded_number_of_passkeys(store: Store) {
    let ann = added(&store, "ann@x.org", Role::Author).await;
    let add = |credential| store.passkey_add(passkey(ann, credential, 0), AT);
    for credential in 1..u8::try_from(PASSKEYS_OF_USER).unwrap() {
        add(credential).await.unwrap();
    }
    let (one, other) = tokio::join!(add(100), add(101));
    assert!(one.is_ok() != other.is_ok(), "{one:?} {other:?}");
    let full = add(102).await;
    assert!(matches!(full, Err(StoreError::Changed("passkeys"))), "{full:?}");
    assert_eq!(store.user_find(ann).await.unwrap().unwrap().passkeys, PASSKEYS_OF_USER);
    begun(&store, session(ann, 1)).await;
    store.second_factor_remove(ann).await.unwrap();
    assert_eq!(store.passkeys_of(ann).await.unwrap().len(), 10, "that was the app");
    store.second_factor_reset(ann).await.unwrap();
    assert_eq!(store.passkeys_of(ann).await.unwrap(), []);
    assert!(store.session_find(hash(1), AT, IDLE).await.unwrap().is_none());
}

pub(super) async fn a_challenge_is_good_for_one_answer_in_time(store: Store) {
    let new = |number, session| NewChallenge {
        hash: hash(number),
        purpose: ChallengePurpose::Add,
        session,
        user_handle: vec![number],
        ends_at: later(5),
    };
    let session = Some(SessionId(7));
    for (number, session) in [(1, session), (2, None), (3, None)] {
        store.passkey_challenge_put(new(number, session), AT, 9).await.unwrap();
    }
    let take = async |number, minutes| {
        store.passkey_challenge_take(hash(number), later(minutes)).await.unwrap()
    };
    let expect = TakenChallenge { purpose: ChallengePurpose::Add, session, user_handle: vec![1] };
    assert_eq!(take(1, 4).await, Some(expect));
    assert_eq!(take(1, 4).await, None, "it was answered");
    assert_eq!(take(2, 5).await, None, "too late");
    assert_eq!(take(2, 1).await, None, "and gone with that");
    assert_eq!(take(4, 1).await, None);
    assert!(store.access_expire(later(5), IDLE).await.unwrap() >= 1);
    assert_eq!(take(3, 1).await, None, "removed");

    // The oldest make room.
    for number in 11..=14 {
        let ends_at = later(i64::from(number));
        let new = NewChallenge { ends_at, ..new(number, None) };
        store.passkey_challenge_put(new, AT, 2).await.unwrap();
    }
    for (number, kept) in [(11, false), (12, false), (13, true), (14, true)] {
        assert_eq!(take(number, 1).await.is_some(), kept, "{number}");
    }
}

pub(super) async fn a_session_is_confirmed_by_signing_in_and_for_a_while(store: Store) {
    let ann = added(&store, "ann@x.org", Role::Author).await;
    let id = begun(&store, session(ann, 1)).await;
    let confirmed = async |minutes| store.session_confirmed(id, later(minutes)).await.unwrap();
    assert!(confirmed(-1).await && !confirmed(0).await);
    store.session_confirm(id, later(3)).await.unwrap();
    assert!(confirmed(2).await && !confirmed(3).await);
    let waits = begun(&store, NewSession { signed_in: false, ..session(ann, 2) }).await;
    store.session_confirm(waits, later(3)).await.unwrap();
    assert!(!store.session_confirmed(waits, later(-9)).await.unwrap(), "not signed in");
}
