//! The set-up: what it asks others, how far it is, sample data.

use std::time::Duration;

use super::{FIRST, World, code};
use campaign::DomainRecords;
use model::{EmailAddress, Timestamp};

use crate::{
    ContactWish, DomainProbe, Probing, RelayProbe, RelayReport, RelayTestWish, SetUp, SetUpStep,
    SetUpSteps,
};

/// Takes what comes from the domain, and refuses the rest.
struct Scripted;

impl RelayProbe for Scripted {
    fn send<'p>(
        &'p self,
        from: &'p EmailAddress,
        _: &'p EmailAddress,
        _: Timestamp,
    ) -> Probing<'p, RelayReport> {
        let is_accepted = from.as_str().ends_with("@aurora.example");
        Box::pin(async move {
            RelayReport {
                is_accepted,
                result: String::new(),
                meaning: String::new(),
                conversation: Vec::new(),
                took: Duration::ZERO,
            }
        })
    }
}

impl DomainProbe for Scripted {
    fn look<'p>(&'p self, selector: &'p str) -> Probing<'p, DomainRecords> {
        let domain = selector.to_owned();
        Box::pin(async move { DomainRecords { domain, trouble: None, records: Vec::new() } })
    }
}

pub(super) fn unreachable() -> SetUp {
    SetUp {
        file: "pharos.toml".into(),
        sender: Vec::new(),
        relay: Vec::new(),
        from: EmailAddress::parse("postmaster@aurora.example").ok(),
        admin_site: None,
        relay_probe: Box::new(Scripted),
        domain_probe: Box::new(Scripted),
    }
}

async fn steps(world: &World) -> Option<SetUpSteps> {
    crate::set_up_open_steps(&world.resources.store).await.unwrap()
}

#[tokio::test]
async fn a_test_message_is_logged_without_the_address_and_notes_that_the_relay_works() {
    let world = World::new().await;
    let (ops, mia) = (world.operator(), world.marketer().await);
    let wish = |from: &str| RelayTestWish { to: "ann@x.org".into(), from: from.into() };
    let test = async |call, wish| crate::relay_test(&world.resources, call, wish).await;
    assert_eq!(code(test(&mia, wish("")).await), "not_allowed");
    let no_address = RelayTestWish { to: "ann".into(), ..RelayTestWish::default() };
    assert_eq!(code(test(&ops, no_address).await), "address_syntax");
    assert!(!test(&ops, wish("me@other.example")).await.unwrap().is_accepted);
    assert!(!steps(&world).await.unwrap().sender);
    assert!(test(&ops, wish("")).await.unwrap().is_accepted);
    assert!(steps(&world).await.unwrap().sender);
    let log = world.resources.store.audit_after(0).await.unwrap();
    let tests = log.iter().filter(|it| it.action == "relay.test").count();
    assert_eq!(tests, 2);
    assert!(!format!("{log:?}").contains("ann@x.org"));
    let mut refused = "done";
    for _ in 0..10 {
        refused = code(test(&ops, wish("")).await);
    }
    assert_eq!(refused, "too_many_attempts");
}

#[tokio::test]
async fn a_selector_is_a_name_in_dns() {
    let world = World::new().await;
    let ops = world.operator();
    for (selector, expect) in
        [("", "done"), (" s1.news ", "done"), ("a b", "selector"), ("a..b", "selector")]
    {
        let looked = crate::sender_domain(&world.resources, &ops, selector).await;
        assert_eq!(code(looked), expect, "{selector}");
    }
}

#[tokio::test]
async fn somebody_is_reminded_until_all_is_done_dismissed_or_sent() {
    let world = World::new().await;
    let (resources, ops) = (&world.resources, world.operator());
    assert_eq!(steps(&world).await.map(SetUpSteps::done), Some(1));
    crate::set_up_done(resources, &ops, SetUpStep::Domain).await.unwrap();
    world.contact(&ops, "ann@x.org", "news").await.unwrap();
    assert_eq!(steps(&world).await.map(SetUpSteps::done), Some(3));
    crate::relay_test(resources, &ops, RelayTestWish { to: "a@x.org".into(), from: String::new() })
        .await
        .unwrap();
    assert_eq!(steps(&world).await, None);

    let dismissed = World::new().await;
    let ops = dismissed.operator();
    crate::set_up_done(&dismissed.resources, &ops, SetUpStep::Dismissed).await.unwrap();
    assert_eq!(steps(&dismissed).await, None);
}

#[tokio::test]
async fn sample_data_comes_whole_and_goes_without_a_trace() {
    let world = World::new().await;
    let (resources, ops) = (&world.resources, world.operator());
    let own = world.contact(&ops, "own@x.org", "news").await.unwrap();
    assert_eq!(code(crate::sample_add(resources, &world.marketer().await).await), "not_allowed");
    for _ in 0..2 {
        let added = crate::sample_add(resources, &ops).await.unwrap();
        assert_eq!((added.contacts, added.campaign), (12, Some(FIRST)), "also a second time");
    }
    let id = resources.store.campaign_by_number(FIRST).await.unwrap().unwrap();
    let checked = campaign::check(&resources.store, &resources.sender(), id).await;
    let errors: Vec<_> = checked.unwrap().findings;
    assert!(errors.iter().all(|it| it.severity != campaign::Severity::Error), "{errors:?}");
    // Somebody's own contact in a sample topic keeps that.
    crate::contact_subscribe(resources, &ops, own, "sample-offers", "asked").await.unwrap();
    let removed = crate::sample_remove(resources, &ops).await.unwrap();
    assert_eq!((removed.contacts, removed.topics, removed.campaigns.len()), (12, 1, 1));
    assert_eq!(resources.store.contacts_count().await.unwrap(), 1);
    assert!(crate::reach::topic(&resources.store, "sample-offers").await.is_ok());
    let again = crate::sample_add(resources, &ops).await.unwrap();
    assert_eq!(again.contacts, 12, "it may come again");
}

#[tokio::test]
async fn sample_data_that_was_sent_stays_and_none_comes_once_anything_was() {
    let world = World::new().await;
    let (resources, ops) = (&world.resources, world.operator());
    let added = crate::sample_add(resources, &ops).await.unwrap();
    let wish = ContactWish {
        email: "me@x.org".into(),
        topics: vec!["sample-news".into()],
        proof: "me".into(),
        ..ContactWish::default()
    };
    crate::contact_add(resources, &ops, wish).await.unwrap();
    let id = resources.store.campaign_by_number(added.campaign.unwrap()).await.unwrap().unwrap();
    let allow = campaign::Allow { warnings: true, ..campaign::Allow::default() };
    let ready =
        campaign::preflight(&resources.store, &resources.sender(), &resources.files, id, allow)
            .await;
    campaign::start(&resources.store, ready.unwrap(), super::NOW, |_, _| {}).await.unwrap();
    assert_eq!(code(crate::sample_remove(resources, &ops).await), "sample_in_use");
    assert_eq!(code(crate::sample_add(resources, &ops).await), "sample_too_late");
    assert_eq!(resources.store.contacts_count().await.unwrap(), 13);
    assert!(!world.logged().await.iter().any(|(_, action)| action == "sample.remove"));
}
