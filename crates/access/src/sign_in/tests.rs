//! Signing in, and keeping guessers out without keeping anybody else out.

use model::Role;

use super::*;
use crate::fixture::{AT, PASSWORD, added, from, keys, later, log, on_both, permit, system};
use crate::second_factor::code_at;
use crate::{
    Actor, SESSION_IDLE, own_second_factor_begin, own_second_factor_confirm, session_authenticate,
    session_end, user_disable, user_second_factor_reset,
};
use model::Right;

const HOME: &str = "198.51.100.1";
const ELSEWHERE: &str = "203.0.113.9";

fn sign_in(store: &Store) -> SignIn {
    SignIn::new(store.clone(), PasswordHasher::default(), keys())
}

async fn attempt(
    sign_in: &SignIn,
    who: &str,
    password: &str,
    client: &str,
    now: Timestamp,
) -> Result<SignedIn, SignInRefusal> {
    sign_in.with_password(who, password, None, from(client, now)).await
}

fn token(done: Result<SignedIn, SignInRefusal>) -> String {
    match done.unwrap() {
        SignedIn::Complete { token, .. } | SignedIn::CodeNeeded { token, .. } => {
            token.reveal().to_owned()
        }
    }
}

async fn user_of(store: &Store, token: &str, now: Timestamp) -> Option<UserId> {
    let found = session_authenticate(store, token, now).await.unwrap();
    found.map(|it| it.user.id())
}

#[test]
fn an_address_and_its_password_sign_in() {
    on_both(async |store| {
        let ann = added(&store, "ann@x.org", Role::Author, &[]).await;
        let sign_in = sign_in(&store);
        let done = attempt(&sign_in, " ANN@x.org ", PASSWORD, HOME, AT).await;
        let token = token(done);
        assert_eq!(user_of(&store, &token, AT).await, Some(ann));
        assert_eq!(user_of(&store, &token, later(60)).await, Some(ann));
        let idle = AT.after(SESSION_IDLE);
        assert_eq!(user_of(&store, &token, Timestamp(idle.0 + 59_000_000)).await, Some(ann));
        assert_eq!(user_of(&store, &token, idle.after(SESSION_IDLE * 2)).await, None);
        for wrong in ["", "x", &token[1..], &format!("{token}A")] {
            assert_eq!(user_of(&store, wrong, AT).await, None);
        }
        session_end(&store, &token).await.unwrap();
        assert_eq!(user_of(&store, &token, AT).await, None);
        assert_eq!(log(&store).await, ["ann user.add 1", "Zoë session.begin 1"]);
        assert_eq!(sign_in.counts().complete.load(Ordering::Relaxed), 1);
    });
}

#[test]
fn unknown_disabled_and_wrong_look_the_same() {
    on_both(async |store| {
        added(&store, "owner@x.org", Role::Owner, &[]).await;
        let ann = added(&store, "ann@x.org", Role::Author, &[]).await;
        user_disable(&store, &permit(&system(), Right::UsersWrite), ann, AT).await.unwrap();
        let sign_in = sign_in(&store);
        let cases = [
            ("owner@x.org", "wrong horse!"),
            ("ann@x.org", PASSWORD),
            ("nobody@x.org", "nobody's password"),
            ("no address", PASSWORD),
            ("owner@x.org", ""),
        ];
        for (who, password) in cases {
            let refused = attempt(&sign_in, who, password, HOME, AT).await.unwrap_err();
            assert!(matches!(refused, SignInRefusal::Wrong), "{who}: {refused:?}");
        }
        assert_eq!(log(&store).await.len(), 3, "guesses do not fill the log");
    });
}

/// What grafana#7616 and gitea#21906 are about.
#[test]
fn whoever_guesses_from_elsewhere_locks_nobody_out() {
    on_both(async |store| {
        added(&store, "ann@x.org", Role::Owner, &[]).await;
        added(&store, "bob@x.org", Role::Author, &[]).await;
        let sign_in = sign_in(&store);
        let (mut wrong, mut throttled) = (0, 0);
        for number in 0..40 {
            // Each from an address of its own, in one network.
            let client = format!("203.0.113.{number}");
            match attempt(&sign_in, "ann@x.org", "wrong horse!", &client, AT).await {
                Err(SignInRefusal::Wrong) => wrong += 1,
                Err(SignInRefusal::TooMany(wait)) => {
                    assert!(wait <= Duration::from_secs(60), "{wait:?}");
                    throttled += 1;
                }
                other => panic!("{other:?}"),
            }
        }
        assert_eq!((wrong, throttled), (6, 34));
        let right = attempt(&sign_in, "ann@x.org", PASSWORD, ELSEWHERE, AT).await;
        assert!(matches!(right, Err(SignInRefusal::TooMany(_))), "not even if it is right");
        attempt(&sign_in, "ann@x.org", PASSWORD, HOME, AT).await.unwrap();
        attempt(&sign_in, "bob@x.org", PASSWORD, ELSEWHERE, AT).await.unwrap();
        // After a minute there is another try.
        attempt(&sign_in, "ann@x.org", PASSWORD, ELSEWHERE, later(60)).await.unwrap();
        assert_eq!(sign_in.counts().throttled.load(Ordering::Relaxed), 35);
    });
}

#[test]
fn one_network_can_t_go_through_all_accounts() {
    on_both(async |store| {
        added(&store, "ann@x.org", Role::Owner, &[]).await;
        let sign_in = sign_in(&store);
        let mut looked = 0;
        for number in 0..80 {
            let who = format!("u{number}@x.org");
            let refused = attempt(&sign_in, &who, "x", ELSEWHERE, AT).await.unwrap_err();
            looked += usize::from(matches!(refused, SignInRefusal::Wrong));
        }
        assert_eq!(looked, 60);
        assert!(attempt(&sign_in, "ann@x.org", PASSWORD, ELSEWHERE, AT).await.is_err());
        attempt(&sign_in, "ann@x.org", PASSWORD, HOME, AT).await.unwrap();
    });
}

#[test]
fn who_signs_in_gets_the_attempts_back() {
    on_both(async |store| {
        added(&store, "ann@x.org", Role::Owner, &[]).await;
        let sign_in = sign_in(&store);
        for _ in 0..3 {
            for _ in 0..5 {
                attempt(&sign_in, "ann@x.org", "wrong horse!", HOME, AT).await.unwrap_err();
            }
            attempt(&sign_in, "ann@x.org", PASSWORD, HOME, AT).await.unwrap();
        }
    });
}

#[test]
fn a_session_that_was_planted_before_is_not_the_one_after() {
    on_both(async |store| {
        let ann = added(&store, "ann@x.org", Role::Author, &[]).await;
        let eve = added(&store, "eve@x.org", Role::Author, &[]).await;
        let sign_in = sign_in(&store);
        let planted = token(attempt(&sign_in, "eve@x.org", PASSWORD, ELSEWHERE, AT).await);
        assert_eq!(user_of(&store, &planted, AT).await, Some(eve));
        let here = from(HOME, AT);
        let done = sign_in.with_password("ann@x.org", PASSWORD, Some(&planted), here).await;
        let fresh = token(done);
        assert_ne!(fresh, planted);
        assert_eq!(user_of(&store, &fresh, AT).await, Some(ann));
        assert_eq!(user_of(&store, &planted, AT).await, None);
    });
}

/// Ann with a second factor: its secret, its recovery codes.
async fn with_factor(store: &Store) -> (UserId, String, Vec<String>) {
    let ann = added(store, "ann@x.org", Role::Author, &[]).await;
    let hasher = PasswordHasher::default();
    let token = token(attempt(&sign_in(store), "ann@x.org", PASSWORD, HOME, AT).await);
    let me = session_authenticate(store, &token, AT).await.unwrap().unwrap().user;
    let factor = own_second_factor_begin(store, &me).await.unwrap();
    let secret = factor.secret.reveal().to_owned();
    let code = code_at(&secret, AT);
    let wrong = (PASSWORD, secret.as_str(), "000000");
    let refused = own_second_factor_confirm(store, (&hasher, &keys()), &me, wrong, AT).await;
    assert!(matches!(refused, Err(AccessError::WrongCode)), "{refused:?}");
    let typed = (PASSWORD, secret.as_str(), code.as_str());
    let codes = own_second_factor_confirm(store, (&hasher, &keys()), &me, typed, AT).await.unwrap();
    (ann, secret, codes.iter().map(|code| code.reveal().to_owned()).collect())
}

#[test]
fn a_code_is_asked_for_and_works_once() {
    on_both(async |store| {
        let (ann, secret, _) = with_factor(&store).await;
        let sign_in = sign_in(&store);
        let half = async || token(attempt(&sign_in, "ann@x.org", PASSWORD, HOME, AT).await);
        let pending = half().await;
        assert_eq!(user_of(&store, &pending, AT).await, None, "half of it signs nobody in");
        let with = async |pending: &str, code: &str, now| {
            sign_in.with_code(pending, code, from(HOME, now)).await
        };
        let used = with(&pending, &code_at(&secret, AT), AT).await;
        assert!(matches!(used, Err(SignInRefusal::WrongCode)), "the one that set it up: {used:?}");
        let code = code_at(&secret, later(30));
        let full = token(with(&pending, &code, later(30)).await);
        assert_ne!(full, pending);
        assert_eq!(user_of(&store, &full, later(30)).await, Some(ann));
        let over = with(&pending, &code, later(30)).await;
        assert!(matches!(over, Err(SignInRefusal::TooLate)), "{over:?}");
        let again = half().await;
        let replay = with(&again, &code, later(31)).await;
        assert!(matches!(replay, Err(SignInRefusal::WrongCode)), "{replay:?}");
        let next = token(with(&again, &code_at(&secret, later(61)), later(61)).await);
        assert_eq!(user_of(&store, &next, later(61)).await, Some(ann));
        // A session that is complete is not half of one.
        let confused = with(&next, &code_at(&secret, later(91)), later(91)).await;
        assert!(matches!(confused, Err(SignInRefusal::TooLate)), "{confused:?}");
        let late = half().await;
        let late = with(&late, &code_at(&secret, later(601)), later(601)).await;
        assert!(matches!(late, Err(SignInRefusal::TooLate)), "{late:?}");
    });
}

#[test]
fn a_secret_is_stored_sealed_and_sealed_anew_at_the_next_use() {
    on_both(async |store| {
        let (ann, secret, _) = with_factor(&store).await;
        let bytes = crate::second_factor::secret_bytes(&secret).unwrap();
        let kept = async || store.user_secrets(ann).await.unwrap().unwrap().totp_secret.unwrap();
        let is_open = |kept: &[u8]| kept.windows(bytes.len()).any(|it| it == bytes);
        assert!(!is_open(&kept().await));
        let first = keys();
        let rotated = Arc::new(first.rotated().unwrap());
        let mut at = 30;
        let mut signs_in = async |keys: &Arc<Keyring>| {
            let sign_in = SignIn::new(store.clone(), PasswordHasher::default(), Arc::clone(keys));
            let pending = token(attempt(&sign_in, "ann@x.org", PASSWORD, HOME, later(at)).await);
            let code = code_at(&secret, later(at));
            let done = sign_in.with_code(&pending, &code, from(HOME, later(at))).await;
            at += 30;
            done.is_ok()
        };
        // As a release before has left it.
        let clear = (bytes.clone(), 0, Vec::new(), None);
        store.second_factor_set(ann, clear.0, clear.1, clear.2, clear.3).await.unwrap();
        assert!(is_open(&kept().await));
        assert!(signs_in(&first).await);
        let sealed = kept().await;
        assert!(!is_open(&sealed), "sealed by that use");
        assert!(signs_in(&first).await);
        assert_eq!(kept().await, sealed, "and left as it is");
        assert!(signs_in(&rotated).await, "the old key still opens");
        assert!(signs_in(&rotated).await);
        assert!(!signs_in(&first).await, "now it is sealed with the new one");
    });
}

#[test]
fn the_file_of_the_database_has_no_secret_in_it() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("store.sqlite");
    let runtime = tokio::runtime::Runtime::new().unwrap();
    let secret = runtime.block_on(async {
        let location = store::Location::Sqlite(path.clone());
        let store = Store::open(location, store::StoreOptions::default()).unwrap();
        let (_, secret, _) = with_factor(&store).await;
        crate::second_factor::secret_bytes(&secret).unwrap()
    });
    let mut looked_at = 0;
    for file in std::fs::read_dir(folder.path()).unwrap() {
        let bytes = std::fs::read(file.unwrap().path()).unwrap();
        assert!(!bytes.windows(secret.len()).any(|it| it == secret));
        looked_at += usize::from(bytes.windows(9).any(|it| it == b"ann@x.org"));
    }
    assert!(looked_at > 0, "the user is in one of them");
}

#[test]
fn a_recovery_code_signs_in_once() {
    on_both(async |store| {
        let (ann, _, codes) = with_factor(&store).await;
        let sign_in = sign_in(&store);
        for (code, good) in [(&codes[0], true), (&codes[0], false), (&codes[1], true)] {
            let pending = token(attempt(&sign_in, "ann@x.org", PASSWORD, HOME, AT).await);
            let done = sign_in.with_code(&pending, &code.to_uppercase(), from(HOME, AT)).await;
            assert_eq!(done.is_ok(), good, "{done:?}");
            if good {
                assert_eq!(user_of(&store, &token(done), AT).await, Some(ann));
            }
        }
        assert_eq!(store.recovery_codes_left(ann).await.unwrap(), 8);
    });
}

#[test]
fn codes_can_t_be_guessed_and_the_owner_is_not_locked_out() {
    on_both(async |store| {
        let (_, secret, _) = with_factor(&store).await;
        let sign_in = sign_in(&store);
        // Somebody has the password and many networks.
        let mut looked = 0;
        for network in 0..40 {
            let client = format!("203.0.{network}.1");
            let pending = token(attempt(&sign_in, "ann@x.org", PASSWORD, &client, AT).await);
            for _ in 0..8 {
                let guess = sign_in.with_code(&pending, "000000", from(&client, AT)).await;
                looked += usize::from(matches!(guess, Err(SignInRefusal::WrongCode)));
            }
        }
        assert_eq!(looked, 100);
        let pending = token(attempt(&sign_in, "ann@x.org", PASSWORD, HOME, AT).await);
        let code = code_at(&secret, later(30));
        sign_in.with_code(&pending, &code, from(HOME, later(30))).await.unwrap();
    });
}

/// What WordPress/two-factor#577 and mastodon#24889 ask for.
#[test]
fn a_second_factor_ends_the_other_sessions_and_a_reset_all() {
    on_both(async |store| {
        let ann = added(&store, "ann@x.org", Role::Author, &[]).await;
        let sign_in = sign_in(&store);
        let thief = token(attempt(&sign_in, "ann@x.org", PASSWORD, ELSEWHERE, AT).await);
        let mine = token(attempt(&sign_in, "ann@x.org", PASSWORD, HOME, AT).await);
        let me = session_authenticate(&store, &mine, AT).await.unwrap().unwrap().user;
        let factor = own_second_factor_begin(&store, &me).await.unwrap();
        let secret = factor.secret.reveal();
        let typed = (PASSWORD, secret, &*code_at(secret, AT));
        let hasher = PasswordHasher::default();
        own_second_factor_confirm(&store, (&hasher, &keys()), &me, typed, AT).await.unwrap();
        assert_eq!(user_of(&store, &thief, AT).await, None);
        let kept = session_authenticate(&store, &mine, AT).await.unwrap().unwrap();
        let fresh = kept.fresh_token.unwrap();
        assert_eq!(user_of(&store, fresh.reveal(), AT).await, Some(ann));
        let permit = permit(&system(), Right::UsersWrite);
        user_second_factor_reset(&store, &permit, ann, AT).await.unwrap();
        assert_eq!(user_of(&store, fresh.reveal(), AT).await, None);
        token(attempt(&sign_in, "ann@x.org", PASSWORD, HOME, AT).await);
    });
}

#[test]
fn a_flood_from_one_network_leaves_others_their_turn() {
    on_both(async |store| {
        added(&store, "ann@x.org", Role::Author, &[]).await;
        let sign_in = sign_in(&store);
        let mut flood = tokio::task::JoinSet::new();
        for number in 0..60 {
            let sign_in = sign_in.clone();
            flood.spawn(async move {
                attempt(&sign_in, &format!("u{number}@x.org"), "x", ELSEWHERE, AT).await
            });
        }
        let mine = attempt(&sign_in, "ann@x.org", PASSWORD, HOME, AT).await;
        assert!(matches!(mine, Ok(SignedIn::Complete { .. })), "{mine:?}");
        let mut busy = 0;
        while let Some(done) = flood.join_next().await {
            busy += usize::from(matches!(done.unwrap(), Err(SignInRefusal::Busy)));
        }
        assert!(busy > 30, "{busy}");
    });
}

#[test]
fn a_weak_hash_is_renewed_when_its_password_is_seen() {
    use argon2::{Algorithm, Argon2, Params, PasswordHasher as _, Version};
    on_both(async |store| {
        let ann = added(&store, "ann@x.org", Role::Author, &[]).await;
        let weak =
            Argon2::new(Algorithm::Argon2id, Version::V0x13, Params::new(8, 1, 1, None).unwrap());
        let weak = weak.hash_password_with_salt(PASSWORD.as_bytes(), &[1; 16]).unwrap();
        store.user_password_set(ann, weak.to_string(), None).await.unwrap();
        let sign_in = sign_in(&store);
        attempt(&sign_in, "ann@x.org", "wrong horse!", HOME, AT).await.unwrap_err();
        let hash = async || store.user_secrets(ann).await.unwrap().unwrap().password_hash.unwrap();
        assert_eq!(hash().await, weak.to_string());
        attempt(&sign_in, "ann@x.org", PASSWORD, HOME, AT).await.unwrap();
        assert!(hash().await.contains("m=19456,t=2,p=1"), "{}", hash().await);
        attempt(&sign_in, "ann@x.org", PASSWORD, HOME, AT).await.unwrap();
    });
}

#[test]
fn changed_rights_give_the_browser_another_token() {
    on_both(async |store| {
        let ann = added(&store, "ann@x.org", Role::Author, &[]).await;
        let sign_in = sign_in(&store);
        let first = token(attempt(&sign_in, "ann@x.org", PASSWORD, HOME, AT).await);
        let permit = permit(&system(), Right::UsersWrite);
        crate::user_role_set(&store, &permit, ann, Role::Auditor, AT).await.unwrap();
        let found = session_authenticate(&store, &first, AT).await.unwrap().unwrap();
        let actor = Actor::User(found.user);
        assert!(actor.can(Right::AuditRead) && !actor.can(Right::AnnouncementsWrite));
        let second = found.fresh_token.unwrap();
        assert_eq!(user_of(&store, second.reveal(), later(61)).await, Some(ann));
        // Requests that were under way still bring the first one.
        let under_way = session_authenticate(&store, &first, later(59)).await.unwrap().unwrap();
        assert!(under_way.fresh_token.is_none());
        assert_eq!(user_of(&store, &first, later(60)).await, None);
    });
}
