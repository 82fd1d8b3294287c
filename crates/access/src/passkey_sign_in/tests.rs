//! Signing in with a passkey, and with what only looks like one.

use std::sync::atomic::Ordering;

use model::{Role, Timestamp, UserId};
use store::{KnownPasskey, Store};
use testkit::{Authenticator, AuthenticatorKeyKind, Ceremony, SignedAnswer};

use super::*;
use crate::fixture::{
    AT, PASSWORD, added, from, keys, later, log, on_both, permit, signed_in, system,
};
use crate::second_factor::code_at;
use crate::{
    Actor, CHALLENGE_ENDS, CreatedPasskey, PasswordHasher, UserActor, own_passkey_add,
    own_passkey_begin, own_passkey_remove, own_passkeys, own_second_factor_begin,
    own_second_factor_confirm, session_authenticate, user_disable, user_second_factor_reset,
};
use model::Right;

const HOME: &str = "198.51.100.1";
const ELSEWHERE: &str = "203.0.113.9";
const ORIGIN: &str = "https://pharos.example";

fn site() -> RelyingParty {
    RelyingParty::at(ORIGIN).unwrap()
}

fn sign_in(store: &Store) -> SignIn {
    SignIn::new(store.clone(), PasswordHasher::default(), keys())
}

fn parts(signed: &SignedAnswer) -> PasskeyAnswer<'_> {
    PasskeyAnswer {
        credential_id: &signed.credential_id,
        client_data: &signed.client_data,
        authenticator_data: &signed.authenticator_data,
        signature: &signed.signature,
        user_handle: &signed.user_handle,
    }
}

async fn me(store: &Store, address: &str) -> UserActor {
    let (_, Actor::User(me)) = signed_in(store, address).await else { panic!("a user") };
    me
}

/// A user's authenticator that is known.
async fn registered(store: &Store, me: &UserActor) -> Authenticator {
    let asked = own_passkey_begin(store, me, &site(), AT).await.unwrap();
    let authenticator = Authenticator::new(AuthenticatorKeyKind::Es256, &asked.user_handle);
    let made = authenticator.register(&Ceremony::create(&asked.challenge, ORIGIN));
    let created = CreatedPasskey {
        client_data: &made.client_data,
        attestation: &made.attestation,
        name: "Phone",
    };
    own_passkey_add(store, me, &site(), created, AT).await.unwrap();
    authenticator
}

async fn challenge(sign_in: &SignIn, now: Timestamp) -> String {
    sign_in.passkey_begin(&site(), from(HOME, now)).await.unwrap().challenge
}

async fn tried(
    sign_in: &SignIn,
    signed: &SignedAnswer,
    now: Timestamp,
) -> Result<SignedIn, SignInRefusal> {
    sign_in.with_passkey(&site(), parts(signed), None, from(HOME, now)).await
}

/// Answers a fresh question honestly.
async fn honest(
    sign_in: &SignIn,
    authenticator: &Authenticator,
    count: u32,
) -> Result<SignedIn, SignInRefusal> {
    let challenge = challenge(sign_in, AT).await;
    tried(sign_in, &authenticator.sign(&Ceremony::get(&challenge, ORIGIN, count)), AT).await
}

async fn user_of(store: &Store, done: Result<SignedIn, SignInRefusal>) -> Option<UserId> {
    let SignedIn::Complete { token, .. } = done.unwrap() else { panic!("a code is asked for") };
    let found = session_authenticate(store, token.reveal(), AT).await.unwrap();
    found.map(|it| it.user.id())
}

fn why(refused: Result<SignedIn, SignInRefusal>) -> PasskeyProblem {
    match refused {
        Err(SignInRefusal::WrongPasskey(problem)) => problem,
        Err(SignInRefusal::TooLate) => PasskeyProblem::Challenge,
        other => panic!("{other:?}"),
    }
}

#[test]
fn a_passkey_alone_signs_in_and_each_answer_once() {
    on_both(async |store| {
        let ann = added(&store, "ann@x.org", Role::Author, &[]).await;
        let me = me(&store, "ann@x.org").await;
        let phone = registered(&store, &me).await;
        let sign_in = sign_in(&store);
        let asked = challenge(&sign_in, AT).await;
        let signed = phone.sign(&Ceremony::get(&asked, ORIGIN, 1));
        assert_eq!(user_of(&store, tried(&sign_in, &signed, AT).await).await, Some(ann));
        assert_eq!(why(tried(&sign_in, &signed, AT).await), PasskeyProblem::Challenge, "replayed");
        let made_up = phone.sign(&Ceremony::get(&"A".repeat(43), ORIGIN, 2));
        assert_eq!(why(tried(&sign_in, &made_up, AT).await), PasskeyProblem::Challenge);
        let late = phone.sign(&Ceremony::get(&challenge(&sign_in, AT).await, ORIGIN, 2));
        let end = AT.after(CHALLENGE_ENDS);
        assert_eq!(why(tried(&sign_in, &late, end).await), PasskeyProblem::Challenge);
        let expect = ["ann user.add 1", "Zoë session.begin 1", "Zoë passkey.add 1"];
        let log = log(&store).await;
        assert_eq!(log[..3], expect);
        assert_eq!(log[3..], ["Zoë session.begin 1"]);
        let entry = store.audit_after(3).await.unwrap().remove(0);
        assert_eq!(entry.after.as_deref(), Some(r#"{"by":"passkey","network":"198.51.100.0/24"}"#));
        assert_eq!(sign_in.counts().complete.load(Ordering::Relaxed), 1);
    });
}

#[test]
fn what_is_forged_signs_nobody_in_and_uses_the_question_up() {
    on_both(async |store| {
        added(&store, "ann@x.org", Role::Author, &[]).await;
        added(&store, "eve@x.org", Role::Author, &[]).await;
        let ann = registered(&store, &me(&store, "ann@x.org").await).await;
        let eve = registered(&store, &me(&store, "eve@x.org").await).await;
        let stranger = Authenticator::new(AuthenticatorKeyKind::Es256, "");
        let sign_in = sign_in(&store);
        user_of(&store, honest(&sign_in, &ann, 5).await).await.unwrap();
        let get = |challenge: &str| Ceremony::get(challenge, ORIGIN, 6);
        type Forgery<'a> = (PasskeyProblem, &'a dyn Fn(&str) -> SignedAnswer);
        let evil = |it: &str| Ceremony { origin: "https://evil.example".into(), ..get(it) };
        let hash = |it: &str| Ceremony { relying_party: "evil.example".into(), ..get(it) };
        let with_handle = |handle: &str, it: &str| SignedAnswer {
            user_handle: handle.into(),
            ..ann.sign(&get(it))
        };
        let of_eve = eve.sign(&get(&"A".repeat(43))).user_handle;
        let forgeries: [Forgery<'_>; 11] = [
            (PasskeyProblem::Origin, &|it| ann.sign(&evil(it))),
            (PasskeyProblem::RelyingParty, &|it| ann.sign(&hash(it))),
            (PasskeyProblem::NotVerified, &|it| ann.sign(&Ceremony { flags: 1, ..get(it) })),
            (PasskeyProblem::Purpose, &|it| {
                ann.sign(&Ceremony { kind: "webauthn.create".into(), ..get(it) })
            }),
            (PasskeyProblem::Counter, &|it| ann.sign(&Ceremony { count: 5, ..get(it) })),
            (PasskeyProblem::Counter, &|it| ann.sign(&Ceremony { count: 0, ..get(it) })),
            (PasskeyProblem::Unknown, &|it| stranger.sign(&get(it))),
            // Eve's signature in Ann's name, and the other way about.
            (PasskeyProblem::Signature, &|it| {
                let named = ann.sign(&get(it));
                SignedAnswer { signature: eve.sign(&get(it)).signature, ..named }
            }),
            (PasskeyProblem::Foreign, &|it| with_handle(&of_eve, it)),
            (PasskeyProblem::Foreign, &|it| with_handle("", it)),
            (PasskeyProblem::Foreign, &|it| SignedAnswer {
                user_handle: ann.sign(&get(it)).user_handle,
                ..eve.sign(&get(it))
            }),
        ];
        for (number, (problem, forged)) in forgeries.into_iter().enumerate() {
            // Of networks of their own, so that none is refused for the attempts before.
            let client = format!("192.0.{number}.1");
            let asked = sign_in.passkey_begin(&site(), from(&client, AT)).await.unwrap().challenge;
            let forged = forged(&asked);
            let from = from(&client, AT);
            let refused = sign_in.with_passkey(&site(), parts(&forged), None, from).await;
            assert_eq!(why(refused), problem, "{number}");
            let right = ann.sign(&get(&asked));
            let late = sign_in.with_passkey(&site(), parts(&right), None, from).await;
            assert_eq!(why(late), PasskeyProblem::Challenge, "{number}");
        }
        let other = RelyingParty::at("https://other.example").unwrap();
        let asked = sign_in.passkey_begin(&other, from(HOME, AT)).await.unwrap().challenge;
        let signed = ann.sign(&Ceremony::get(&asked, "https://other.example", 6));
        let refused = sign_in.with_passkey(&other, parts(&signed), None, from(HOME, AT)).await;
        assert_eq!(why(refused), PasskeyProblem::RelyingParty, "made for another site");
        user_of(&store, honest(&sign_in, &ann, 6).await).await.unwrap();
        assert_eq!(sign_in.counts().wrong.load(Ordering::Relaxed), 12);
    });
}

#[test]
fn a_passkey_that_was_removed_or_whose_user_is_kept_out_signs_nobody_in() {
    on_both(async |store| {
        added(&store, "owner@x.org", Role::Owner, &[]).await;
        let ann = added(&store, "ann@x.org", Role::Author, &[]).await;
        let me = me(&store, "ann@x.org").await;
        let sign_in = sign_in(&store);
        let write = permit(&system(), Right::UsersWrite);
        let phone = registered(&store, &me).await;
        let id = own_passkeys(&store, &me).await.unwrap()[0].id;
        own_passkey_remove(&store, &me, id, AT).await.unwrap();
        assert_eq!(why(honest(&sign_in, &phone, 1).await), PasskeyProblem::Unknown, "removed");
        let phone = registered(&store, &me).await;
        user_second_factor_reset(&store, &write, ann, AT).await.unwrap();
        assert_eq!(why(honest(&sign_in, &phone, 1).await), PasskeyProblem::Unknown, "reset");
        let (_, Actor::User(me)) = signed_in(&store, "ann@x.org").await else { panic!("a user") };
        let phone = registered(&store, &me).await;
        user_disable(&store, &write, ann, AT).await.unwrap();
        assert_eq!(why(honest(&sign_in, &phone, 1).await), PasskeyProblem::Unknown, "disabled");
        let log = log(&store).await;
        assert!(log.contains(&"Zoë passkey.remove 1".to_owned()), "{log:?}");
    });
}

#[test]
fn a_passkey_stands_in_for_a_code() {
    on_both(async |store| {
        let ann = added(&store, "ann@x.org", Role::Author, &[]).await;
        added(&store, "eve@x.org", Role::Author, &[]).await;
        let me_here = me(&store, "ann@x.org").await;
        let phone = registered(&store, &me_here).await;
        let of_eve = registered(&store, &me(&store, "eve@x.org").await).await;
        let factor = own_second_factor_begin(&store, &me_here).await.unwrap();
        let secret = factor.secret.reveal();
        let proof = (PASSWORD, secret, &*code_at(secret, AT));
        let sealing = (&PasswordHasher::default(), &*keys());
        own_second_factor_confirm(&store, sealing, &me_here, proof, AT).await.unwrap();

        let sign_in = sign_in(&store);
        let waits = sign_in.with_password("ann@x.org", PASSWORD, None, from(HOME, AT)).await;
        let Ok(SignedIn::CodeNeeded { token, .. }) = waits else { panic!("{waits:?}") };
        let (token, home) = (token.reveal(), from(HOME, AT));
        assert!(sign_in.passkey_may_follow(token, &site(), home).await.unwrap());
        let asked = async || sign_in.passkey_factor_begin(token, &site(), home).await.unwrap();
        let first = asked().await;
        assert_eq!(first.allowed.len(), 1, "hers and no other");
        let get = |challenge: &str| Ceremony::get(challenge, ORIGIN, 1);
        let tried = async |signed: &SignedAnswer| {
            sign_in.with_passkey_factor(token, &site(), parts(signed), home).await
        };
        // A question for signing in alone is another one.
        let alone = phone.sign(&get(&challenge(&sign_in, AT).await));
        assert_eq!(why(tried(&alone).await), PasskeyProblem::Challenge);
        let foreign = of_eve.sign(&get(&first.challenge));
        assert_eq!(why(tried(&foreign).await), PasskeyProblem::Foreign);
        let other = sign_in.with_password("ann@x.org", PASSWORD, None, home).await;
        let Ok(SignedIn::CodeNeeded { token: other, .. }) = other else { panic!("{other:?}") };
        let elsewhere = sign_in.passkey_factor_begin(other.reveal(), &site(), home).await.unwrap();
        let moved = phone.sign(&get(&elsewhere.challenge));
        assert_eq!(why(tried(&moved).await), PasskeyProblem::Challenge, "another session's");
        let signed = phone.sign(&get(&asked().await.challenge));
        assert_eq!(user_of(&store, tried(&signed).await).await, Some(ann));
        let entry = store.audit_after(0).await.unwrap().pop().unwrap();
        assert!(entry.after.unwrap().contains(r#""by":"password and passkey""#));
        // The password was used up with it.
        let late = sign_in.passkey_factor_begin(token, &site(), home).await;
        assert!(matches!(late, Err(SignInRefusal::TooLate)), "{late:?}");
        assert!(!sign_in.passkey_may_follow(token, &site(), home).await.unwrap());
    });
}

#[test]
fn wrong_passkeys_are_counted_as_wrong_passwords_are() {
    on_both(async |store| {
        added(&store, "ann@x.org", Role::Author, &[]).await;
        let phone = registered(&store, &me(&store, "ann@x.org").await).await;
        let sign_in = sign_in(&store);
        for attempt in 0..6 {
            let asked = challenge(&sign_in, AT).await;
            let wrong = phone.sign(&Ceremony { flags: 1, ..Ceremony::get(&asked, ORIGIN, 9) });
            let refused = tried(&sign_in, &wrong, AT).await;
            assert_eq!(why(refused), PasskeyProblem::NotVerified, "{attempt}");
        }
        let refused = honest(&sign_in, &phone, 1).await;
        assert!(matches!(refused, Err(SignInRefusal::TooMany(_))), "{refused:?}");
        let refused = sign_in.with_password("ann@x.org", PASSWORD, None, from(HOME, AT)).await;
        assert!(matches!(refused, Err(SignInRefusal::TooMany(_))), "one allowance for both");
        let away = from(ELSEWHERE, AT);
        let asked = sign_in.passkey_begin(&site(), away).await.unwrap().challenge;
        let right = phone.sign(&Ceremony::get(&asked, ORIGIN, 1));
        sign_in.with_passkey(&site(), parts(&right), None, away).await.unwrap();
        let asked = challenge(&sign_in, later(60)).await;
        let right = phone.sign(&Ceremony::get(&asked, ORIGIN, 2));
        tried(&sign_in, &right, later(60)).await.unwrap();

        // Nor can questions be had without end.
        let questions = async |client| {
            let mut asked = 0;
            while sign_in.passkey_begin(&site(), from(client, AT)).await.is_ok() {
                asked += 1;
            }
            asked
        };
        assert_eq!(questions("192.0.2.1").await, 60);
    });
}

#[test]
fn of_two_answers_with_the_same_count_one_signs_in() {
    on_both(async |store| {
        added(&store, "ann@x.org", Role::Author, &[]).await;
        let phone = registered(&store, &me(&store, "ann@x.org").await).await;
        let sign_in = sign_in(&store);
        let (one, other) = tokio::join!(honest(&sign_in, &phone, 1), honest(&sign_in, &phone, 1));
        assert!(one.is_ok() != other.is_ok(), "{one:?} {other:?}");
        let found: Option<KnownPasskey> =
            store.passkey_find(phone.credential_id.clone()).await.unwrap();
        assert!(found.is_some());
    });
}
