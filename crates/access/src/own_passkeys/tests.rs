//! One's own passkeys: added, used to prove who one is, removed.

use model::{Role, SessionId, Timestamp};
use store::Store;
use testkit::{Authenticator, AuthenticatorKeyKind, Ceremony, SignedAnswer};

use super::*;
use crate::fixture::{AT, PASSWORD, added, later, log, on_both, signed_in};
use crate::{Actor, PasskeyProblem};

const ORIGIN: &str = "https://pharos.example";

fn site() -> RelyingParty {
    RelyingParty::at(ORIGIN).unwrap()
}

async fn user(store: &Store, address: &str) -> UserActor {
    added(store, address, Role::Author, &[]).await;
    again(store, address).await
}

async fn again(store: &Store, address: &str) -> UserActor {
    let (_, Actor::User(me)) = signed_in(store, address).await else { panic!("a user") };
    me
}

fn created(made: &SignedAnswer) -> CreatedPasskey<'_> {
    CreatedPasskey {
        client_data: &made.client_data,
        attestation: &made.attestation,
        name: " Phone\u{7} ",
    }
}

async fn add(store: &Store, me: &UserActor, now: Timestamp) -> Result<Authenticator, AccessError> {
    let asked = own_passkey_begin(store, me, &site(), now).await?;
    let authenticator = Authenticator::new(AuthenticatorKeyKind::EdDsa, &asked.user_handle);
    let made = authenticator.register(&Ceremony::create(&asked.challenge, ORIGIN));
    own_passkey_add(store, me, &site(), created(&made), now).await?;
    Ok(authenticator)
}

#[test]
fn a_passkey_is_added_once_in_the_session_that_asked_for_it() {
    on_both(async |store| {
        let me = user(&store, "ann@x.org").await;
        let eve = user(&store, "eve@x.org").await;
        let asked = own_passkey_begin(&store, &me, &site(), AT).await.unwrap();
        assert_eq!((asked.user_email.as_str(), asked.known.len()), ("ann@x.org", 0));
        let phone = Authenticator::new(AuthenticatorKeyKind::Es256, &asked.user_handle);
        let made = phone.register(&Ceremony::create(&asked.challenge, ORIGIN));
        // Who gets hold of the answer can't make it their own, and it is used up with that.
        let stolen = own_passkey_add(&store, &eve, &site(), created(&made), AT).await;
        assert!(matches!(stolen, Err(AccessError::Passkey(PasskeyProblem::Challenge))));
        let replayed = own_passkey_add(&store, &me, &site(), created(&made), AT).await;
        assert!(matches!(replayed, Err(AccessError::Passkey(PasskeyProblem::Challenge))));
        let asked = own_passkey_begin(&store, &me, &site(), AT).await.unwrap();
        let made = phone.register(&Ceremony::create(&asked.challenge, ORIGIN));
        let nameless = CreatedPasskey { name: " ", ..created(&made) };
        let refused = own_passkey_add(&store, &me, &site(), nameless, AT).await;
        assert!(matches!(refused, Err(AccessError::NameNeeded(_))), "{refused:?}");
        own_passkey_add(&store, &me, &site(), created(&made), AT).await.unwrap();
        let asked = own_passkey_begin(&store, &eve, &site(), AT).await.unwrap();
        let made = phone.register(&Ceremony::create(&asked.challenge, ORIGIN));
        let known = own_passkey_add(&store, &eve, &site(), created(&made), AT).await;
        assert!(matches!(known, Err(AccessError::PasskeyExists)), "{known:?}");
        let listed = own_passkeys(&store, &me).await.unwrap();
        assert_eq!((listed.len(), listed[0].name.as_str()), (1, "Phone"));
        assert_eq!(own_passkeys(&store, &eve).await.unwrap(), []);
        let second = own_passkey_begin(&store, &me, &site(), AT).await.unwrap();
        assert_eq!(second.known.len(), 1, "so that the same authenticator makes no other one");
    });
}

#[test]
fn the_user_is_called_the_same_by_all_authenticators() {
    on_both(async |store| {
        let me = user(&store, "ann@x.org").await;
        let eve = user(&store, "eve@x.org").await;
        let handle = async |me: &UserActor| {
            let asked = own_passkey_begin(&store, me, &site(), AT).await.unwrap();
            assert_eq!(asked.user_handle.len(), 43);
            asked.user_handle
        };
        let phone = add(&store, &me, AT).await.unwrap();
        let key = add(&store, &me, AT).await.unwrap();
        assert_eq!(phone.user_handle, key.user_handle);
        assert_ne!(handle(&me).await, handle(&eve).await);
        for _ in 2..10 {
            add(&store, &me, later(100)).await.unwrap();
        }
        let full = own_passkey_begin(&store, &me, &site(), later(200)).await;
        assert!(matches!(full, Err(AccessError::PasskeysFull)), "{full:?}");
    });
}

#[test]
fn whoever_finds_an_open_browser_can_t_add_or_remove_one() {
    on_both(async |store| {
        let me = user(&store, "ann@x.org").await;
        let phone = add(&store, &me, AT).await.unwrap();
        let id = own_passkeys(&store, &me).await.unwrap()[0].id;
        let after = later(10 * 60);
        assert!(own_is_confirmed(&store, &me, later(10 * 60 - 1)).await.unwrap());
        assert!(!own_is_confirmed(&store, &me, after).await.unwrap());
        let refused = own_passkey_begin(&store, &me, &site(), after).await;
        assert!(matches!(refused, Err(AccessError::ConfirmFirst)), "{refused:?}");
        let refused = own_passkey_remove(&store, &me, id, after).await;
        assert!(matches!(refused, Err(AccessError::ConfirmFirst)), "{refused:?}");

        let hasher = PasswordHasher::default();
        let wrong = own_confirm_by_password(&store, &hasher, &me, "not it", after).await;
        assert!(matches!(wrong, Err(AccessError::WrongPassword)), "{wrong:?}");
        own_confirm_by_password(&store, &hasher, &me, PASSWORD, after).await.unwrap();
        assert!(own_is_confirmed(&store, &me, after).await.unwrap());
        let elsewhere = again(&store, "ann@x.org").await;
        assert_ne!(elsewhere.session(), SessionId(0));
        assert!(!own_is_confirmed(&store, &elsewhere, after).await.unwrap(), "not of that session");

        // By a passkey, which must be one's own.
        let eve = user(&store, "eve@x.org").await;
        let of_eve = add(&store, &eve, AT).await.unwrap();
        let ask = async || {
            let asked = own_confirm_passkey_begin(&store, &elsewhere, &site(), after).await;
            asked.unwrap().challenge
        };
        let confirm = async |signed: SignedAnswer| {
            let answer = PasskeyAnswer {
                credential_id: &signed.credential_id,
                client_data: &signed.client_data,
                authenticator_data: &signed.authenticator_data,
                signature: &signed.signature,
                user_handle: "",
            };
            own_confirm_by_passkey(&store, &elsewhere, &site(), answer, after).await
        };
        let get = |challenge: &str| Ceremony::get(challenge, ORIGIN, 1);
        let foreign = confirm(of_eve.sign(&get(&ask().await))).await;
        assert!(matches!(foreign, Err(AccessError::Passkey(PasskeyProblem::Foreign))));
        let lazy = confirm(phone.sign(&Ceremony { flags: 1, ..get(&ask().await) })).await;
        assert!(matches!(lazy, Err(AccessError::Passkey(PasskeyProblem::NotVerified))));
        assert!(!own_is_confirmed(&store, &elsewhere, after).await.unwrap());
        confirm(phone.sign(&get(&ask().await))).await.unwrap();
        assert!(own_is_confirmed(&store, &elsewhere, after).await.unwrap());
        let back = confirm(phone.sign(&get(&ask().await))).await;
        assert!(matches!(back, Err(AccessError::Passkey(PasskeyProblem::Counter))), "{back:?}");

        own_confirm_by_password(&store, &hasher, &eve, PASSWORD, after).await.unwrap();
        let foreign = own_passkey_remove(&store, &eve, id, after).await;
        assert!(matches!(foreign, Err(AccessError::NoPasskey)), "{foreign:?}");
        own_passkey_remove(&store, &elsewhere, id, after).await.unwrap();
        let none = own_confirm_passkey_begin(&store, &elsewhere, &site(), after).await;
        assert!(matches!(none, Err(AccessError::NoPasskey)), "{none:?}");
        assert_eq!(log(&store).await.last().unwrap(), "Zoë passkey.remove 1");
    });
}
