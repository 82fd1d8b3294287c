//! Looking after users, and after one's own account.

use store::StoreError;

use super::*;
use crate::fixture::{
    AT, PASSWORD, added, email, from, keys, later, log, on_both, permit, signed_in, system, topics,
};
use crate::{
    Actor, Password, PasswordHasher, SignIn, own_password_change, own_session_end, own_sessions,
    own_sessions_end_others, session_authenticate,
};

fn write(actor: &Actor) -> Permit {
    permit(actor, Right::UsersWrite)
}

fn invited(address: &str, role: Role) -> AddUser {
    let (topics, password_hash) = (Vec::new(), None);
    AddUser { email: email(address), name: " Bob ".into(), role, topics, password_hash }
}

async fn hash(password: &str) -> String {
    let password = Password::choose(password, &[]).unwrap();
    PasswordHasher::default().hash(password).await.unwrap()
}

#[test]
fn a_user_is_invited_and_chooses_a_password() {
    on_both(async |store| {
        let permit = write(&system());
        let added = user_add(&store, &permit, invited("bob@x.org", Role::Author), AT);
        let added = added.await.unwrap();
        let (link, ends_at) = added.invitation.unwrap();
        assert_eq!(ends_at, AT.after(INVITATION_ENDS));
        let sign_in = SignIn::new(store.clone(), PasswordHasher::default(), keys());
        assert!(sign_in.with_password("bob@x.org", "", None, from("192.0.2.1", AT)).await.is_err());
        let user = invitation_user(&store, link.reveal(), later(1)).await.unwrap();
        assert_eq!((user.id, user.name.as_str()), (added.id, "Bob"));
        for (link, at) in [("x", AT), (link.reveal(), ends_at)] {
            let over = invitation_user(&store, link, at).await;
            assert!(matches!(over, Err(AccessError::InvitationOver)), "{over:?}");
        }
        let accept = async || {
            invitation_accept(&store, link.reveal(), hash("battery staple").await, later(1)).await
        };
        assert_eq!(accept().await.unwrap(), added.id);
        assert!(matches!(accept().await, Err(AccessError::InvitationOver)));
        let here = from("192.0.2.1", later(1));
        sign_in.with_password("bob@x.org", "battery staple", None, here).await.unwrap();
        let (again, _) = user_invite(&store, &permit, added.id, AT).await.unwrap();
        assert_ne!(again, link);
        let log = log(&store).await;
        let expect = [
            "ann user.add 1",
            "Bob user.invitation_accept 1",
            "Bob session.begin 1",
            "ann user.invite 1",
        ];
        assert_eq!(log, expect);
        let first = store.audit_after(0).await.unwrap().remove(0);
        assert_eq!(
            first.after.as_deref(),
            Some(r#"{"invited":true,"name":"Bob","role":"author","topics":[]}"#)
        );
        let twice = user_add(&store, &permit, invited("BOB@x.org", Role::Author), AT).await;
        assert!(matches!(twice, Err(AccessError::UserExists)), "{twice:?}");
    });
}

#[test]
fn only_owners_make_and_touch_owners() {
    on_both(async |store| {
        let owner = added(&store, "owner@x.org", Role::Owner, &[]).await;
        added(&store, "admin@x.org", Role::Administrator, &[]).await;
        let author = added(&store, "author@x.org", Role::Author, &[]).await;
        let (_, admin) = signed_in(&store, "admin@x.org").await;
        let permit = write(&admin);
        let refused: Vec<Result<(), AccessError>> = vec![
            user_add(&store, &permit, invited("e@x.org", Role::Owner), AT).await.map(drop),
            user_role_set(&store, &permit, author, Role::Owner, AT).await,
            user_role_set(&store, &permit, owner, Role::Author, AT).await,
            user_topics_set(&store, &permit, owner, vec![], AT).await,
            user_disable(&store, &permit, owner, AT).await,
            user_enable(&store, &permit, owner, AT).await,
            user_invite(&store, &permit, owner, AT).await.map(drop),
            user_password_set(&store, &permit, owner, "h".into(), AT).await,
            user_second_factor_reset(&store, &permit, owner, AT).await,
            user_session_end(&store, &permit, owner, SessionId(1), AT).await,
            user_sessions_end(&store, &permit, owner, AT).await.map(drop),
        ];
        for (number, refused) in refused.into_iter().enumerate() {
            assert!(matches!(refused, Err(AccessError::OwnersOnly)), "{number}: {refused:?}");
        }
        user_role_set(&store, &permit, author, Role::Marketer, AT).await.unwrap();
        let (_, owner) = signed_in(&store, "owner@x.org").await;
        user_role_set(&store, &write(&owner), author, Role::Owner, AT).await.unwrap();
    });
}

#[test]
fn a_permit_for_something_else_changes_no_user() {
    on_both(async |store| {
        let id = added(&store, "ann@x.org", Role::Author, &[]).await;
        let other = permit(&system(), Right::UsersRead);
        let refused = user_role_set(&store, &other, id, Role::Auditor, AT).await;
        assert!(matches!(refused, Err(AccessError::Refused(_))), "{refused:?}");
        let refused = users_list(&store, &write(&system())).await;
        assert!(matches!(refused, Err(AccessError::Refused(_))), "{refused:?}");
        assert_eq!(users_list(&store, &other).await.unwrap().len(), 1);
    });
}

#[test]
fn what_changes_a_user_is_logged_with_what_was_before() {
    on_both(async |store| {
        let [a, _] = topics(&store).await;
        let id = added(&store, "ann@x.org", Role::Author, &[]).await;
        let permit = write(&system());
        user_role_set(&store, &permit, id, Role::Reporter, AT).await.unwrap();
        user_topics_set(&store, &permit, id, vec![a, a], AT).await.unwrap();
        user_disable(&store, &permit, id, AT).await.unwrap();
        let again = user_disable(&store, &permit, id, AT).await;
        assert!(matches!(again, Err(AccessError::Store(StoreError::Changed(_)))), "{again:?}");
        user_enable(&store, &permit, id, AT).await.unwrap();
        let entries = store.audit_after(1).await.unwrap();
        let said: Vec<_> = entries
            .iter()
            .map(|it| {
                let [before, after] =
                    [&it.before, &it.after].map(|it| it.as_deref().unwrap_or("-"));
                format!("{} {before} {after}", it.action)
            })
            .collect();
        let topics = format!(r#"user.topics {{"topics":[]}} {{"topics":[{a}]}}"#);
        assert_eq!(
            said,
            [
                r#"user.role {"role":"author"} {"role":"reporter"}"#,
                &topics,
                r#"user.disable {"disabled":false} {"disabled":true}"#,
                r#"user.enable {"disabled":true} {"disabled":false}"#,
            ]
        );
        let none = user_disable(&store, &permit, UserId(99), AT).await;
        assert!(matches!(none, Err(AccessError::NoUser)), "{none:?}");
    });
}

#[test]
fn a_user_changes_the_own_password_and_looks_after_sessions() {
    on_both(async |store| {
        let ann = added(&store, "ann@x.org", Role::Author, &[]).await;
        added(&store, "bob@x.org", Role::Author, &[]).await;
        let (other, _) = signed_in(&store, "ann@x.org").await;
        let (mine, actor) = signed_in(&store, "ann@x.org").await;
        let (_, bob) = signed_in(&store, "bob@x.org").await;
        let (me, bob) = (actor.user().unwrap(), bob.user().unwrap());
        assert_eq!(own_sessions(&store, me, AT).await.unwrap().len(), 2);
        let foreign = own_session_end(&store, me, bob.session(), AT).await;
        assert!(matches!(foreign, Err(AccessError::NoSession)), "{foreign:?}");

        let hasher = PasswordHasher::default();
        let change =
            async |current, new| own_password_change(&store, &hasher, me, (current, new), AT).await;
        let wrong = change("wrong horse!", "battery staple").await;
        assert!(matches!(wrong, Err(AccessError::WrongPassword)), "{wrong:?}");
        let weak = change(PASSWORD, "short").await;
        assert!(matches!(weak, Err(AccessError::Password(_))), "{weak:?}");
        change(PASSWORD, "battery staple").await.unwrap();
        assert!(session_authenticate(&store, &other, AT).await.unwrap().is_none());
        let kept = session_authenticate(&store, &mine, AT).await.unwrap().unwrap();
        assert_eq!(kept.user.id(), ann);
        assert!(kept.fresh_token.is_some());
        for _ in 0..6 {
            change("wrong horse!", "battery staples").await.unwrap_err();
        }
        let guessed = change("battery staple", "battery staples").await;
        assert!(matches!(guessed, Err(AccessError::TooMany(_))), "{guessed:?}");
        assert_eq!(own_sessions_end_others(&store, me, AT).await.unwrap(), 0);
        own_session_end(&store, me, me.session(), AT).await.unwrap();
        assert_eq!(own_sessions(&store, me, AT).await.unwrap(), []);
        assert_eq!(own_sessions(&store, bob, AT).await.unwrap().len(), 1);
    });
}
