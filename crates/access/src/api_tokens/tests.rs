//! API tokens.

use model::Role;
use proptest::prelude::*;
use store::{Repeated, StoreError};

use super::*;
use crate::fixture::{AT, added, later, log, on_both, permit, signed_in, system, topics};
use crate::{AccessRefusal, user_disable, user_role_set};

fn create(scopes: &[Right]) -> CreateToken {
    CreateToken {
        name: "Nightly".into(),
        live: true,
        scopes: scopes.to_vec(),
        topics: Vec::new(),
        ends_at: None,
        request: None,
    }
}

proptest! {
    #[test]
    fn a_mistyped_token_is_refused_without_asking(
        at in 0_usize..57, to in "[0-9A-Za-z]", live: bool,
    ) {
        let token = random_token(live).unwrap();
        let text = token.reveal();
        prop_assert_eq!(text.len(), 57);
        let kind = if live { LIVE } else { TEST };
        prop_assert!(text.starts_with(kind));
        prop_assert!(is_token(text));
        let mut other = text.to_owned();
        other.replace_range(at..=at, &to);
        prop_assert_eq!(is_token(&other), other == text);
        let mut swapped = text.as_bytes().to_vec();
        swapped.swap(at, (at + 1) % 57);
        let swapped = String::from_utf8(swapped).unwrap();
        prop_assert_eq!(is_token(&swapped), swapped == text);
        prop_assert!(!is_token(&text[..56]));
    }

    #[test]
    fn no_text_breaks_the_reading_of_tokens(text in "(ph_live_)?.{0,60}") {
        prop_assert!(!is_token(&text));
    }
}

#[test]
fn the_form_of_a_token_never_changes() {
    // Scanners know it, and so do tokens that are out there.
    let random = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefg";
    assert_eq!(checksum(&format!("ph_live_{random}")), "2ZYQVk");
}

#[test]
fn a_token_acts_until_it_is_revoked() {
    on_both(async |store| {
        let wish = create(&[Right::ReportsRead]);
        let created = token_create(&store, &system(), wish, AT).await.unwrap();
        let text = created.token.reveal();
        let actor = token_authenticate(&store, text, later(5)).await.unwrap().unwrap();
        let Actor::Program(program) = &actor else { panic!("{actor:?}") };
        assert!(program.is_live() && program.id() == created.id);
        assert!(actor.may(Right::ReportsRead, Object::Installation).is_ok());
        assert!(actor.may(Right::CampaignsRead, Object::Installation).is_err());
        let listed = tokens_list(&store, &permit(&system(), Right::UsersRead)).await.unwrap();
        assert_eq!(listed[0].last_used_at, Some(later(5)));
        assert_eq!((listed[0].prefix.len(), text.starts_with(&listed[0].prefix)), (12, true));
        for wrong in ["", "ph_live_", random_token(true).unwrap().reveal()] {
            assert!(token_authenticate(&store, wrong, AT).await.unwrap().is_none());
        }
        token_revoke(&store, &system(), created.id, AT).await.unwrap();
        assert!(token_authenticate(&store, text, AT).await.unwrap().is_none());
        let again = token_revoke(&store, &system(), created.id, AT).await;
        assert!(matches!(again, Err(AccessError::RevokedBefore)), "{again:?}");
        assert_eq!(log(&store).await, ["ann token.create 1", "ann token.revoke 1"]);
        let entry = store.audit_after(0).await.unwrap().remove(0).after.unwrap();
        assert!(!entry.contains(text) && entry.contains("reports:read"), "{entry}");
    });
}

#[test]
fn a_form_that_is_sent_twice_makes_one_token() {
    on_both(async |store| {
        let (key, what) = ("k".to_owned(), "POST /admin/tokens".to_owned());
        let request = IdempotentRequest { key, request: what, body_hash: [1; 32] };
        let wish = || {
            let request = Some(request.clone());
            CreateToken { request, ..create(&[Right::ReportsRead]) }
        };
        let created = token_create(&store, &system(), wish(), AT).await.unwrap();
        let again = token_create(&store, &system(), wish(), later(1)).await;
        let Err(AccessError::Store(StoreError::Repeated(known))) = again else {
            panic!("{again:?}")
        };
        let made = Some(created.id.to_string());
        assert_eq!(known, Repeated::Unanswered { made, at: AT });
        assert_eq!(store.api_tokens_list().await.unwrap().len(), 1);
    });
}

#[test]
fn nobody_gives_a_token_more_than_they_have() {
    on_both(async |store| {
        let [a, b] = topics(&store).await;
        added(&store, "ann@x.org", Role::Marketer, &[a]).await;
        let (_, ann) = signed_in(&store, "ann@x.org").await;
        let tried = async |create: CreateToken| token_create(&store, &ann, create, AT).await;
        let beyond = tried(create(&[Right::ReportsRead, Right::UsersWrite])).await;
        assert!(matches!(beyond, Err(AccessError::BeyondOwn(Right::UsersWrite))), "{beyond:?}");
        let foreign = CreateToken { topics: vec![a, b], ..create(&[Right::ReportsRead]) };
        assert!(matches!(tried(foreign).await, Err(AccessError::BeyondOwn(_))));
        assert!(matches!(tried(create(&[])).await, Err(AccessError::NoScope)));
        let past = CreateToken { ends_at: Some(AT), ..create(&[Right::ReportsRead]) };
        assert!(matches!(tried(past).await, Err(AccessError::EndsInThePast)));
        let nameless = CreateToken { name: "  ".into(), ..create(&[Right::ReportsRead]) };
        assert!(matches!(tried(nameless).await, Err(AccessError::NameNeeded(_))));
        let owning = token_create(&store, &system(), create(&[Right::OwnershipWrite]), AT).await;
        assert!(matches!(owning, Err(AccessError::NotForPrograms(_))), "{owning:?}");
        assert_eq!(store.api_tokens_list().await.unwrap(), []);

        // Also by way of a token that makes tokens.
        let narrow = CreateToken { topics: vec![a], ..create(&[Right::ReportsRead]) };
        let narrow = token_create(&store, &system(), narrow, AT).await.unwrap().token;
        let program = token_authenticate(&store, narrow.reveal(), AT).await.unwrap().unwrap();
        let child = token_create(&store, &program, create(&[Right::ReportsRead]), AT);
        let child = child.await.unwrap().token;
        let child = token_authenticate(&store, child.reveal(), AT).await.unwrap().unwrap();
        let foreign = child.may(Right::ReportsRead, Object::Topic(b));
        assert_eq!(foreign, Err(AccessRefusal::NotFound));
        let more = token_create(&store, &program, create(&[Right::CampaignsRead]), AT).await;
        assert!(matches!(more, Err(AccessError::BeyondOwn(_))), "{more:?}");
    });
}

/// What shynet#349 and outline#3735 are about.
#[test]
fn a_token_loses_what_its_owner_loses() {
    on_both(async |store| {
        added(&store, "owner@x.org", Role::Owner, &[]).await;
        let id = added(&store, "ann@x.org", Role::Marketer, &[]).await;
        let (_, ann) = signed_in(&store, "ann@x.org").await;
        let both = create(&[Right::ReportsRead, Right::CampaignsSend]);
        let created = token_create(&store, &ann, both, AT).await.unwrap();
        let actor = async || token_authenticate(&store, created.token.reveal(), AT).await.unwrap();
        assert!(actor().await.unwrap().can(Right::CampaignsSend));
        let permit = permit(&system(), Right::UsersWrite);
        user_role_set(&store, &permit, id, Role::Reporter, AT).await.unwrap();
        let now = actor().await.unwrap();
        assert!(!now.can(Right::CampaignsSend) && now.can(Right::ReportsRead));
        user_disable(&store, &permit, id, AT).await.unwrap();
        assert!(actor().await.is_none());
    });
}

#[test]
fn a_token_is_revoked_by_its_owner_or_who_may_write_users() {
    on_both(async |store| {
        added(&store, "ann@x.org", Role::Marketer, &[]).await;
        added(&store, "bob@x.org", Role::Marketer, &[]).await;
        added(&store, "eve@x.org", Role::Administrator, &[]).await;
        let (_, ann) = signed_in(&store, "ann@x.org").await;
        let (_, bob) = signed_in(&store, "bob@x.org").await;
        let (_, eve) = signed_in(&store, "eve@x.org").await;
        let make = async |actor: &Actor| {
            token_create(&store, actor, create(&[Right::ReportsRead]), AT).await.unwrap().id
        };
        let [one, two, systems] = [make(&ann).await, make(&ann).await, make(&system()).await];
        for hidden in [one, systems, ApiTokenId(99)] {
            let refused = token_revoke(&store, &bob, hidden, AT).await;
            assert!(matches!(refused, Err(AccessError::NoToken)), "{refused:?}");
        }
        token_revoke(&store, &ann, one, AT).await.unwrap();
        token_revoke(&store, &eve, two, AT).await.unwrap();
        token_revoke(&store, &eve, systems, AT).await.unwrap();
    });
}
