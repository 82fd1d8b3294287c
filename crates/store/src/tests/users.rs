//! Users and what changes them.

use model::{Role, SessionId, TopicId, UserId};

use super::sessions::{IDLE, begun, hash, session};
use super::world::{AT, email, later};
use crate::{FactorProof, FirstPassword, NewInvitation, NewUser, Store, StoreError, User};

pub(super) fn new_user(address: &str, role: Role) -> NewUser {
    NewUser {
        email: email(address),
        name: "Zoë".into(),
        role,
        topics: Vec::new(),
        how: FirstPassword::Hash(format!("hash of {address}")),
    }
}

pub(super) async fn added(store: &Store, address: &str, role: Role) -> UserId {
    store.user_add(new_user(address, role), AT).await.unwrap()
}

async fn found(store: &Store, id: UserId) -> User {
    store.user_find(id).await.unwrap().unwrap()
}

async fn topics(store: &Store) -> [TopicId; 2] {
    let ensure = |slug: &str| store.topic_ensure(slug.to_owned(), slug.to_owned());
    [ensure("a").await.unwrap(), ensure("b").await.unwrap()]
}

pub(super) async fn a_user_is_found_by_address_whatever_its_case(store: Store) {
    let [a, b] = topics(&store).await;
    let new = NewUser { topics: vec![b, a], ..new_user("Ann@X.org", Role::Marketer) };
    let id = store.user_add(new, AT).await.unwrap();
    let user = store.user_by_email(email("aNN@x.org")).await.unwrap().unwrap();
    let expect = User {
        id,
        email: "Ann@x.org".into(),
        name: "Zoë".into(),
        role: Role::Marketer,
        topics: vec![a, b],
        has_password: true,
        has_second_factor: false,
        passkeys: 0,
        created_at: AT,
        disabled_at: None,
    };
    assert_eq!(user, expect);
    assert_eq!(found(&store, id).await, expect);
    let other = added(&store, "bob@x.org", Role::Author).await;
    let list = store.users_list().await.unwrap();
    assert_eq!(list.iter().map(|user| user.id).collect::<Vec<_>>(), [id, other]);
    assert_eq!(list[0], expect);
    assert_eq!(store.user_by_email(email("eve@x.org")).await.unwrap(), None);
    assert_eq!(store.user_find(UserId(99)).await.unwrap(), None);
    let secrets = store.user_secrets(id).await.unwrap().unwrap();
    assert_eq!(secrets.password_hash.as_deref(), Some("hash of Ann@X.org"));
    assert!(!format!("{secrets:?}").contains("hash of"));
}

pub(super) async fn an_address_belongs_to_one_user(store: Store) {
    added(&store, "ann@x.org", Role::Author).await;
    let again = store.user_add(new_user("ANN@x.org", Role::Owner), AT).await;
    assert!(matches!(again, Err(StoreError::Exists("user"))), "{again:?}");
    assert_eq!(store.users_list().await.unwrap().len(), 1);
}

pub(super) async fn a_change_is_refused_when_another_came_first(store: Store) {
    let [a, b] = topics(&store).await;
    let id = added(&store, "ann@x.org", Role::Author).await;
    store.user_role_set(id, Role::Author, Role::Marketer).await.unwrap();
    let late = store.user_role_set(id, Role::Author, Role::Auditor).await;
    assert!(matches!(late, Err(StoreError::Changed("user"))), "{late:?}");
    assert_eq!(found(&store, id).await.role, Role::Marketer);
    store.user_topics_set(id, vec![], vec![a]).await.unwrap();
    let late = store.user_topics_set(id, vec![], vec![b]).await;
    assert!(matches!(late, Err(StoreError::Changed("user"))), "{late:?}");
    assert_eq!(found(&store, id).await.topics, [a]);
    store.user_topics_set(id, vec![a], vec![]).await.unwrap();
    assert_eq!(found(&store, id).await.topics, []);
    let nobody = store.user_role_set(UserId(99), Role::Author, Role::Owner).await;
    assert!(matches!(nobody, Err(StoreError::NotFound("user"))), "{nobody:?}");
    let nobody = store.user_topics_set(UserId(99), vec![], vec![a]).await;
    assert!(matches!(nobody, Err(StoreError::NotFound("user"))), "{nobody:?}");
    store.user_disable(id, later(1)).await.unwrap();
    assert!(matches!(store.user_disable(id, AT).await, Err(StoreError::Changed("user"))));
    assert_eq!(found(&store, id).await.disabled_at, Some(later(1)));
    store.user_enable(id).await.unwrap();
    assert!(matches!(store.user_enable(id).await, Err(StoreError::Changed("user"))));
    assert_eq!(found(&store, id).await.disabled_at, None);
}

pub(super) async fn somebody_who_can_sign_in_as_an_owner_is_always_left(store: Store) {
    let ann = added(&store, "ann@x.org", Role::Owner).await;
    // Who was only invited can't help anybody out.
    let invitation = NewInvitation { token_hash: hash(1), ends_at: later(9) };
    let how = FirstPassword::Invitation(invitation);
    let bob = NewUser { how, ..new_user("bob@x.org", Role::Owner) };
    let bob = store.user_add(bob, AT).await.unwrap();
    assert_eq!(store.owners_count().await.unwrap(), 1);
    let demoted = store.user_role_set(ann, Role::Owner, Role::Author).await;
    assert!(matches!(demoted, Err(StoreError::LastOwner)), "{demoted:?}");
    assert!(matches!(store.user_disable(ann, AT).await, Err(StoreError::LastOwner)));
    store.user_role_set(bob, Role::Owner, Role::Author).await.unwrap();
    store.user_role_set(bob, Role::Author, Role::Owner).await.unwrap();
    assert_eq!(store.invitation_accept(hash(1), "h".into(), later(1)).await.unwrap(), bob);
    assert_eq!(store.owners_count().await.unwrap(), 2);
    store.user_disable(ann, AT).await.unwrap();
    assert!(matches!(store.user_disable(bob, AT).await, Err(StoreError::LastOwner)));
}

pub(super) async fn of_two_owners_who_demote_each_other_one_stays(store: Store) {
    let mut last = added(&store, "owner@x.org", Role::Owner).await;
    for round in 0..10 {
        let next = added(&store, &format!("{round}@x.org"), Role::Owner).await;
        let demote = |id| store.user_role_set(id, Role::Owner, Role::Author);
        let (one, other) = tokio::join!(demote(last), demote(next));
        assert!(one.is_err() != other.is_err(), "{one:?} {other:?}");
        assert_eq!(store.owners_count().await.unwrap(), 1);
        last = if one.is_err() { last } else { next };
    }
}

pub(super) async fn an_invitation_works_once_and_only_in_time(store: Store) {
    let invitation =
        |number, minutes| NewInvitation { token_hash: hash(number), ends_at: later(minutes) };
    let how = FirstPassword::Invitation(invitation(1, 10));
    let new = NewUser { how, ..new_user("ann@x.org", Role::Author) };
    let id = store.user_add(new, AT).await.unwrap();
    assert!(!found(&store, id).await.has_password);
    assert_eq!(store.invitation_find(hash(1), later(9)).await.unwrap(), Some(id));
    assert_eq!(store.invitation_find(hash(1), later(10)).await.unwrap(), None);
    let late = store.invitation_accept(hash(1), "h".into(), later(10)).await;
    assert!(matches!(late, Err(StoreError::NotFound("invitation"))), "{late:?}");
    // A new link ends the one before.
    store.user_invite(id, invitation(2, 20), later(10)).await.unwrap();
    assert_eq!(store.invitation_find(hash(1), later(1)).await.unwrap(), None);
    assert_eq!(store.invitation_accept(hash(2), "h".into(), later(11)).await.unwrap(), id);
    assert!(found(&store, id).await.has_password);
    let again = store.invitation_accept(hash(2), "other".into(), later(11)).await;
    assert!(matches!(again, Err(StoreError::NotFound("invitation"))), "{again:?}");
    let secrets = store.user_secrets(id).await.unwrap().unwrap();
    assert_eq!(secrets.password_hash.as_deref(), Some("h"));
    let nobody = store.user_invite(UserId(99), invitation(3, 1), AT).await;
    assert!(matches!(nobody, Err(StoreError::NotFound("user"))), "{nobody:?}");
    // A password that was set otherwise ends a link, too.
    store.user_invite(id, invitation(4, 30), later(12)).await.unwrap();
    store.user_password_set(id, "third".into(), None).await.unwrap();
    assert_eq!(store.invitation_find(hash(4), later(13)).await.unwrap(), None);
}

pub(super) async fn who_is_disabled_has_no_session_and_no_invitation(store: Store) {
    added(&store, "owner@x.org", Role::Owner).await;
    let id = added(&store, "ann@x.org", Role::Author).await;
    begun(&store, session(id, 1)).await;
    let invitation = NewInvitation { token_hash: hash(9), ends_at: later(10) };
    store.user_invite(id, invitation, AT).await.unwrap();
    store.user_disable(id, later(1)).await.unwrap();
    assert_eq!(store.session_find(hash(1), later(1), IDLE).await.unwrap(), None);
    assert_eq!(store.invitation_find(hash(9), later(1)).await.unwrap(), None);
    let refused = store.user_invite(id, invitation, AT).await;
    assert!(matches!(refused, Err(StoreError::Changed("user"))), "{refused:?}");
    // One that is begun all the same, by a sign-in that was under way, is not found.
    begun(&store, session(id, 2)).await;
    assert_eq!(store.session_find(hash(2), later(1), IDLE).await.unwrap(), None);
    store.user_enable(id).await.unwrap();
    assert_eq!(store.session_find(hash(1), later(1), IDLE).await.unwrap(), None);
}

pub(super) async fn a_new_password_ends_other_sessions(store: Store) {
    let id = added(&store, "ann@x.org", Role::Author).await;
    let other = added(&store, "bob@x.org", Role::Author).await;
    let mine = begun(&store, session(id, 1)).await;
    begun(&store, session(id, 2)).await;
    begun(&store, session(other, 3)).await;
    store.user_password_set(id, "new".into(), Some(mine)).await.unwrap();
    let kept = store.session_find(hash(1), AT, IDLE).await.unwrap().unwrap();
    assert!(kept.must_rotate);
    assert_eq!(store.session_find(hash(2), AT, IDLE).await.unwrap(), None);
    assert!(store.session_find(hash(3), AT, IDLE).await.unwrap().is_some());
    store.user_password_set(id, "newer".into(), None).await.unwrap();
    assert_eq!(store.session_find(hash(1), AT, IDLE).await.unwrap(), None);
    let nobody = store.user_password_set(UserId(99), "x".into(), None).await;
    assert!(matches!(nobody, Err(StoreError::NotFound("user"))), "{nobody:?}");
}

/// Somebody who has given the right password, and a session that waits for the second factor.
async fn half_signed_in(store: &Store, number: u8) -> UserId {
    let id = added(store, &format!("u{number}@x.org"), Role::Author).await;
    let codes = vec![hash(200), hash(201)];
    store.second_factor_set(id, vec![5; 20], 100, codes, None).await.unwrap();
    waiting(store, id, number).await;
    id
}

async fn waiting(store: &Store, id: UserId, number: u8) {
    begun(store, crate::NewSession { signed_in: false, ..session(id, number) }).await;
}

async fn complete(store: &Store, id: UserId, pending: u8, proof: FactorProof) -> Option<SessionId> {
    let fresh = session(id, pending + 100);
    store.session_complete(hash(pending), proof, fresh).await.unwrap()
}

fn step(step: i64) -> FactorProof {
    FactorProof::TotpStep { kept: vec![5; 20], fresh: vec![5; 20], step }
}

pub(super) async fn a_code_works_once(store: Store) {
    let id = half_signed_in(&store, 1).await;
    let half = store.session_find(hash(1), AT, IDLE).await.unwrap().unwrap();
    assert!(!half.signed_in);
    assert_eq!(complete(&store, id, 1, step(100)).await, None, "the one that set it up");
    assert_eq!(complete(&store, id, 1, step(99)).await, None);
    let other_secret = FactorProof::TotpStep { kept: vec![6; 20], fresh: vec![6; 20], step: 101 };
    assert_eq!(complete(&store, id, 1, other_secret).await, None, "set anew in the meantime");
    let done = complete(&store, id, 1, step(101)).await.unwrap();
    let full = store.session_find(hash(101), AT, IDLE).await.unwrap().unwrap();
    assert_eq!((full.id, full.signed_in), (done, true));
    assert_eq!(store.session_find(hash(1), AT, IDLE).await.unwrap(), None, "not the same token");
    assert_eq!(complete(&store, id, 1, step(102)).await, None, "nothing waits any more");

    waiting(&store, id, 2).await;
    assert_eq!(complete(&store, id, 2, step(101)).await, None, "the same code again");
    // Somebody else's waiting session is no help.
    let other = half_signed_in(&store, 3).await;
    assert_eq!(complete(&store, other, 2, step(103)).await, None);
    // Two at once with the same code.
    waiting(&store, id, 4).await;
    let both = tokio::join!(complete(&store, id, 2, step(104)), complete(&store, id, 4, step(104)));
    assert_eq!(both.0.is_some() as u8 + both.1.is_some() as u8, 1);
    // A session that is complete can't be completed with a proof again.
    assert_eq!(complete(&store, id, 101, step(105)).await, None);
}

pub(super) async fn a_secret_is_kept_in_another_form_when_it_is_used(store: Store) {
    let id = half_signed_in(&store, 1).await;
    let renewing = |step| FactorProof::TotpStep { kept: vec![5; 20], fresh: vec![8; 40], step };
    let kept = async || store.user_secrets(id).await.unwrap().unwrap().totp_secret;
    assert_eq!(complete(&store, id, 1, renewing(100)).await, None, "used before");
    assert_eq!(kept().await, Some(vec![5; 20]), "and so nothing is changed");
    assert!(complete(&store, id, 1, renewing(101)).await.is_some());
    assert_eq!(kept().await, Some(vec![8; 40]));
}

pub(super) async fn a_recovery_code_works_once(store: Store) {
    let id = half_signed_in(&store, 1).await;
    assert_eq!(store.recovery_codes_left(id).await.unwrap(), 2);
    let code = |number| FactorProof::RecoveryCode(hash(number));
    assert_eq!(complete(&store, id, 1, code(9)).await, None);
    assert!(complete(&store, id, 1, code(200)).await.is_some());
    assert_eq!(store.recovery_codes_left(id).await.unwrap(), 1);
    waiting(&store, id, 2).await;
    assert_eq!(complete(&store, id, 2, code(200)).await, None);
    store.recovery_codes_set(id, vec![hash(210)]).await.unwrap();
    assert_eq!(complete(&store, id, 2, code(201)).await, None, "replaced");
    assert!(complete(&store, id, 2, code(210)).await.is_some());
}

pub(super) async fn a_second_factor_is_reset(store: Store) {
    let id = half_signed_in(&store, 1).await;
    begun(&store, session(id, 2)).await;
    assert!(found(&store, id).await.has_second_factor);
    store.second_factor_reset(id).await.unwrap();
    assert!(!found(&store, id).await.has_second_factor);
    assert_eq!(store.recovery_codes_left(id).await.unwrap(), 0);
    for number in [1, 2] {
        assert_eq!(store.session_find(hash(number), AT, IDLE).await.unwrap(), None);
    }
    let secrets = store.user_secrets(id).await.unwrap().unwrap();
    assert_eq!((secrets.totp_secret, secrets.totp_step), (None, 0));
    let nobody = store.second_factor_reset(UserId(99)).await;
    assert!(matches!(nobody, Err(StoreError::NotFound("user"))), "{nobody:?}");
}

pub(super) async fn a_hash_is_renewed_only_over_the_same_one(store: Store) {
    let id = added(&store, "ann@x.org", Role::Author).await;
    let renew = |from: &str, to: &str| store.user_password_rehash(id, from.into(), to.into());
    assert!(renew("hash of ann@x.org", "better").await.unwrap());
    assert!(!renew("hash of ann@x.org", "worse").await.unwrap());
    let secrets = store.user_secrets(id).await.unwrap().unwrap();
    assert_eq!(secrets.password_hash.as_deref(), Some("better"));
}

fn link(number: u8, minutes: i64) -> NewInvitation {
    NewInvitation { token_hash: hash(number), ends_at: later(minutes) }
}

pub(super) async fn the_first_owner_is_added_once_and_only_while_there_is_no_user(store: Store) {
    let owner = || new_user("ann@x.org", Role::Owner);
    assert!(store.set_up_begin(link(1, 60)).await.unwrap());
    assert!(store.set_up_begin(link(2, 60)).await.unwrap());
    let gone = "the newer link has taken its place";
    assert!(!store.set_up_find(hash(1), AT).await.unwrap(), "{gone}");
    for (number, at) in [(1, AT), (2, later(60)), (3, AT)] {
        let refused = store.first_owner_add(hash(number), owner(), at).await;
        assert!(matches!(refused, Err(StoreError::NotFound("set-up"))), "{refused:?}");
    }
    assert!(store.set_up_find(hash(2), later(59)).await.unwrap());
    assert!(!store.users_exist().await.unwrap());
    let id = store.first_owner_add(hash(2), owner(), AT).await.unwrap();
    assert_eq!(found(&store, id).await.role, Role::Owner);
    assert!(store.users_exist().await.unwrap() && !store.set_up_find(hash(2), AT).await.unwrap());
    assert!(!store.set_up_begin(link(4, 60)).await.unwrap());
    let again = store.first_owner_add(hash(2), new_user("eve@x.org", Role::Owner), AT).await;
    assert!(matches!(again, Err(StoreError::NotFound("set-up"))), "{again:?}");
    assert_eq!(store.users_list().await.unwrap().len(), 1);
}

pub(super) async fn of_ten_who_use_the_link_at_once_one_becomes_the_owner(store: Store) {
    store.set_up_begin(link(1, 60)).await.unwrap();
    let tries: Vec<_> = (0..10)
        .map(|number| {
            let (store, new) = (store.clone(), new_user(&format!("{number}@x.org"), Role::Owner));
            async move { store.first_owner_add(hash(1), new, AT).await }
        })
        .map(tokio::spawn)
        .collect();
    let mut owners = 0;
    for one in tries {
        owners += usize::from(one.await.unwrap().is_ok());
    }
    assert_eq!((owners, store.users_list().await.unwrap().len()), (1, 1));
}
