//! Finding contacts, deliveries and campaigns among many.

use std::collections::BTreeMap;

use model::campaign::CampaignAction;
use model::{
    AnnouncementId, CampaignId, ContactId, DeliveryState, EmailAddress, Removal, SubscriptionState,
    Timestamp, TopicId, TopicScope,
};

use super::world::{AT, World, hash_of};
use crate::engine::sql::texts;
use crate::{
    CampaignTab, ContactQuery, ContactRow, ContactState, DeliveryQuery, NewAnnouncement, Outcome,
    Scope, Settled, Store, TestMessageRow, TestOf,
};

texts! {
    PAGES_OF_ADDRESS = "SELECT last_id FROM address_pages WHERE addresses LIKE $1";
    PAGES_COUNT = "SELECT count(*) FROM address_pages";
}

/// More than eight pages.
const MANY: usize = 4_100;

async fn import_many(world: &World) {
    let row = |number: usize| ContactRow {
        email: EmailAddress::parse(&format!(
            "P{:04}.{}@{}.example",
            number,
            ["ortega", "smith", "novak"][number % 3],
            ["lumen", "aurora"][number % 2]
        ))
        .unwrap(),
        attributes: BTreeMap::new(),
    };
    let rows: Vec<ContactRow> = (0..MANY).map(row).collect();
    let (topic, source) = (Some(world.topic), "many".to_owned());
    world.store.contacts_import(rows, topic, source, AT).await.unwrap();
}

fn part(text: &str) -> ContactQuery {
    ContactQuery { address_part: Some(text.to_owned()), ..ContactQuery::default() }
}

/// Every contact that matches, over pages of `limit`.
async fn all(store: &Store, query: &ContactQuery, limit: usize) -> Vec<String> {
    let (mut found, mut before) = (Vec::new(), ContactId(i64::MAX));
    loop {
        let page =
            store.contacts_find(query.clone(), TopicScope::All, before, limit).await.unwrap();
        assert!(page.contacts.len() == limit || page.next.is_none() || page.unfinished);
        found.extend(page.contacts.iter().map(|contact| contact.email.to_lowercase()));
        match page.next {
            Some(next) => before = next,
            None => return found,
        }
    }
}

async fn pages(store: &Store) -> i64 {
    store.read(|tx| tx.one(PAGES_COUNT, (), |row| row.get(0))).await.unwrap()
}

pub(super) async fn a_part_of_an_address_finds_the_same_with_and_without_pages(store: Store) {
    let world = World::with_contacts(store, 0).await;
    import_many(&world).await;
    let parts = [
        "ORTEGA",
        "smith@au",
        "p0123",
        "4099.",
        "@",
        "zzz",
        "a",
        "@lumen.example",
        "x@y@",
        "h@a",
        "tega@",
        "z@a",
        "h.@a",
        "a@lumen.e",
        "e\np",
        "e.*",
        "\0",
    ];
    let mut before = Vec::new();
    for text in parts {
        before.push(all(&world.store, &part(text), 500).await);
    }
    while world.store.address_pages_fill().await.unwrap() {}
    assert_eq!(pages(&world.store).await, 8);
    assert!(!world.store.address_pages_fill().await.unwrap());
    for (text, before) in parts.into_iter().zip(before) {
        assert_eq!(all(&world.store, &part(text), 500).await, before, "{text}");
        assert_eq!(all(&world.store, &part(text), 29).await.len(), before.len(), "{text}");
    }
    let newest = all(&world.store, &part("ortega"), 50).await;
    let mut sorted = newest.clone();
    sorted.sort();
    sorted.reverse();
    assert_eq!(newest, sorted, "ids rise with addresses within a batch");
    assert_eq!(newest.len(), MANY.div_ceil(3));
    assert_eq!(all(&world.store, &part("p0007.smith@aurora.example"), 5).await.len(), 1);
}

pub(super) async fn nothing_of_a_removed_contact_stays_in_a_page(store: Store) {
    let world = World::with_contacts(store, 0).await;
    import_many(&world).await;
    while world.store.address_pages_fill().await.unwrap() {}
    let gone = EmailAddress::parse("p0005.novak@aurora.example").unwrap();
    let contact = world.store.contact_by_email(gone.clone()).await.unwrap().unwrap().id;
    let hash = hash_of(contact);
    world.store.address_erase(gone.key(), hash, AT).await.unwrap();
    let left =
        world.store.read(|tx| tx.all(PAGES_OF_ADDRESS, ["%p0005.novak%"], |row| row.get::<i64>(0)));
    assert_eq!(left.await.unwrap(), Vec::<i64>::new());
    assert_eq!(pages(&world.store).await, 7);
    assert_eq!(all(&world.store, &part("p0005"), 5).await, Vec::<String>::new());
    assert_eq!(all(&world.store, &part("novak"), 50).await.len(), MANY / 3 - 1);
    // The page is made anew, without them.
    while world.store.address_pages_fill().await.unwrap() {}
    assert_eq!(pages(&world.store).await, 8);
    assert_eq!(all(&world.store, &part("novak"), 50).await.len(), MANY / 3 - 1);
}

pub(super) async fn contacts_are_found_by_topic_and_state(store: Store) {
    let world = World::with_contacts(store, 5).await;
    let offers = world.store.topic_ensure("offers".into(), "Offers".into()).await.unwrap();
    world.store.contact_return(world.contacts[0], offers, AT).await.unwrap();
    world.leave(world.contacts[1], Scope::Topic(world.topic), None).await;
    world.leave(world.contacts[2], Scope::Everything, None).await;
    let key = "4@x.org".to_owned();
    let hash = hash_of(world.contacts[3]);
    world.store.address_suppress(key, Removal::HardBounce, hash, AT).await.unwrap();
    let subscription = |state| Some(ContactState::Subscription(state));
    let query = |topic: Option<&str>, state| ContactQuery {
        address_part: None,
        topic: topic.map(str::to_owned),
        state,
        ..ContactQuery::default()
    };
    let (subscribed, left) = (SubscriptionState::Subscribed, SubscriptionState::Unsubscribed);
    let cases = [
        (query(None, None), "5 4 3 2 1"),
        (query(Some("offers"), None), "1"),
        (query(Some("nothing"), None), ""),
        (query(Some("release-notices"), subscription(subscribed)), "5 1"),
        (query(Some("release-notices"), subscription(left)), "4 3 2"),
        (query(None, subscription(left)), "4 3 2"),
        (query(None, subscription(SubscriptionState::Pending)), ""),
        (query(None, Some(ContactState::Suppressed)), "4 3"),
        (query(Some("offers"), Some(ContactState::Suppressed)), ""),
        (ContactQuery { state: subscription(left), ..part("x.ORG") }, "4 3 2"),
        (ContactQuery { topic: Some("offers".into()), ..part("@x") }, "1"),
    ];
    for (query, wanted) in cases {
        for limit in [1, 2, 50] {
            let found = all(&world.store, &query, limit).await.join(" ").replace("@x.org", "");
            assert_eq!(found, wanted, "{query:?}");
        }
    }
}

pub(super) async fn deliveries_are_found_by_address_state_and_code(store: Store) {
    let world = World::with_contacts(store, 6).await;
    let campaign = world.started().await;
    let claimed = world.claim(campaign, 4).await;
    let outcomes = [
        Outcome::Sent { reply: "250 ok".into() },
        Outcome::Failed { code: 550, reply: "550 no".into() },
        Outcome::Failed { code: 554, reply: "554 never".into() },
        Outcome::Skipped { reason: "no value".into() },
    ];
    let settled = claimed.iter().zip(outcomes).map(|(claimed, outcome)| Settled {
        contact: claimed.contact,
        epoch: claimed.epoch,
        outcome,
    });
    world.store.deliveries_settle(campaign, settled.collect(), AT, None).await.unwrap();
    let query = |part: Option<&str>, state, code| DeliveryQuery {
        address_part: part.map(str::to_owned),
        state,
        code,
    };
    use DeliveryState as S;
    let cases = [
        (query(None, None, None), "6 5 4 3 2 1"),
        (query(None, Some(S::Sent), None), "1"),
        (query(None, Some(S::Failed), None), "3 2"),
        (query(None, Some(S::Failed), Some(554)), "3"),
        (query(None, None, Some(550)), "2"),
        (query(None, Some(S::Skipped), None), "4"),
        (query(None, Some(S::Queued), None), "6 5"),
        (query(None, Some(S::Leased), None), ""),
        (query(Some("3@"), None, None), "3"),
        (query(Some("x.org"), Some(S::Failed), None), "3 2"),
        (query(Some("3@"), Some(S::Sent), None), ""),
    ];
    for (query, wanted) in cases {
        for limit in [1, 50] {
            let (mut found, mut before) = (Vec::new(), ContactId(i64::MAX));
            loop {
                let page = world.store.deliveries_find(campaign, query.clone(), before, limit);
                let page = page.await.unwrap();
                found.extend(page.deliveries.into_iter().filter_map(|it| it.email));
                let Some(next) = page.next else { break };
                before = next;
            }
            assert_eq!(found.join(" ").replace("@x.org", ""), wanted, "{query:?} by {limit}");
        }
    }
    let one = world.store.delivery_find(campaign, claimed[1].contact).await.unwrap().unwrap();
    assert_eq!((one.listed.code, one.listed.attempts), (Some(550), 1));
    assert_eq!(one.listed.ended_at, Some(AT));
    assert_eq!(world.store.delivery_find(campaign, ContactId(1)).await.unwrap(), None);
}

pub(super) async fn campaigns_come_by_what_they_need(store: Store) {
    let world = World::with_contacts(store, 2).await;
    let draft = world.draft().await;
    let failed = world.started().await;
    let paused = world.started().await;
    let troubled = world.started().await;
    for campaign in [paused, troubled] {
        world.store.campaign_act(campaign, CampaignAction::Pause, AT).await.unwrap();
    }
    let key = format!("campaign_trouble/{troubled}");
    world.store.setting_put(key, "the relay refuses it").await.unwrap();
    let claimed = world.claim(failed, 2).await;
    let refused = || Outcome::Failed { code: 550, reply: "550 no".into() };
    let settled = claimed
        .iter()
        .map(|it| Settled { contact: it.contact, epoch: it.epoch, outcome: refused() })
        .collect();
    world.store.deliveries_settle(failed, settled, AT, None).await.unwrap();
    world.store.campaign_act(failed, CampaignAction::Finish, AT).await.unwrap();
    let needs = |since| CampaignTab::NeedsYou { since };
    let cases = [
        (CampaignTab::All, vec![troubled, paused, failed, draft]),
        (CampaignTab::Drafts, vec![draft]),
        (CampaignTab::Running, vec![troubled, paused]),
        (CampaignTab::Done, vec![failed]),
        (needs(Timestamp(0)), vec![troubled, failed]),
        (needs(AT), vec![troubled]),
    ];
    for (tab, wanted) in cases {
        let mut before = CampaignId(i64::MAX);
        let mut found = Vec::new();
        while let Some(tally) = world
            .store
            .campaign_tallies(tab, TopicScope::All, before, 1)
            .await
            .unwrap()
            .into_iter()
            .next()
        {
            before = tally.campaign.id;
            found.push(before);
        }
        assert_eq!(found, wanted, "{tab:?}");
        assert_eq!(
            world.store.campaigns_under(tab, TopicScope::All, 99).await.unwrap(),
            wanted.len()
        );
    }
}

pub(super) async fn announcements_come_by_name_with_their_versions(store: Store) {
    let world = World::with_contacts(store, 1).await;
    let campaign = world.draft().await;
    let save = |name: &str, source: &str| NewAnnouncement {
        name: name.into(),
        subject: format!("About {name}"),
        source: source.into(),
    };
    let second = save("3.2", "media:plan.png");
    let second = world.store.announcement_save(second, AT).await.unwrap();
    let other = world.store.announcement_save(save("offer", "hi"), AT).await.unwrap();
    let page =
        world.store.announcements_page(AnnouncementId(i64::MAX), TopicScope::All, 9).await.unwrap();
    let told: Vec<_> = page.iter().map(|it| (it.id, it.version, it.campaigns)).collect();
    assert_eq!(told, [(other, 1, 0), (second, 2, 1)]);
    let history = world.store.announcement_history(second, TopicScope::All).await.unwrap().unwrap();
    assert_eq!(history.versions.iter().map(|it| it.version).collect::<Vec<_>>(), [2, 1]);
    assert_eq!((history.uses[0].campaign, history.uses[0].version), (campaign, 1));
    assert_eq!(history.shown.source, "media:plan.png");
    let pharos =
        world.store.campaigns_mentioning("Pharos".into(), TopicScope::All, 9).await.unwrap();
    assert_eq!(pharos.len(), 1);
    assert!(
        world
            .store
            .campaigns_mentioning("plan.png".into(), TopicScope::All, 9)
            .await
            .unwrap()
            .is_empty()
    );
    let topics = world.store.topics_counted().await.unwrap();
    assert_eq!((topics[0].subscribed, topics[0].unsubscribed, topics[0].campaigns), (1, 0, 1));
}

pub(super) async fn a_profile_has_what_one_contact_did(store: Store) {
    let world = World::with_contacts(store, 2).await;
    let campaign = world.started().await;
    let contact = world.contacts[0];
    let mut click = super::hits::view(2, campaign, contact);
    click.hit.kind = model::HitKind::Click(model::LinkSlot(1));
    let hits = vec![
        super::hits::view(1, campaign, contact),
        click,
        super::hits::view(3, campaign, world.contacts[1]),
    ];
    let mark = crate::Mark { reader: "hits/1".to_owned(), segment: 1, offset: 9 };
    world.store.hits_record(super::world::batch(hits, mark)).await.unwrap();
    world.leave(contact, Scope::Topic(world.topic), Some(campaign)).await;
    let profile =
        world.store.contact_profile(contact, TopicScope::All, 10, 100).await.unwrap().unwrap();
    assert_eq!(profile.contact.email.as_str(), "1@x.org");
    assert_eq!(profile.subscriptions[0].name, "Notices");
    assert_eq!(profile.consents.len(), 2);
    assert_eq!(profile.topic_names[&world.topic], "Notices");
    assert_eq!((profile.messages.len(), profile.messages[0].left_at), (1, Some(AT)));
    assert_eq!(profile.messages[0].links, ["link 1"]);
    let clicks: Vec<_> = profile.hits.iter().map(|hit| hit.clicked.as_deref()).collect();
    assert_eq!(clicks, [Some("link 1"), None]);
    let none = world.store.contact_profile(contact, TopicScope::All, 0, 1).await.unwrap().unwrap();
    assert!(none.messages.is_empty() && none.hits.is_empty());
    assert_eq!(
        world.store.contact_profile(ContactId(1), TopicScope::All, 1, 1).await.unwrap(),
        None
    );
    let facts = world.store.database_facts().await.unwrap();
    assert!(facts.product.contains("SQL") && facts.schema > 0);
}

/// The first contact is in both topics, the second in the first only, the third in neither but the
/// second topic.
pub(super) async fn nothing_of_a_foreign_topic_is_listed(store: Store) {
    let world = World::with_contacts(store, 2).await;
    let store = &world.store;
    let offers = store.topic_ensure("offers".into(), "Offers".into()).await.unwrap();
    store.contact_return(world.contacts[0], offers, AT).await.unwrap();
    let row = super::world::row("3@x.org");
    store.contacts_import(vec![row], Some(offers), "test".into(), AT).await.unwrap();
    let notices = world.draft().await;
    let foreign = world.draft_of(offers).await;
    for campaign in [notices, foreign] {
        store.campaign_start(campaign, AT).await.unwrap();
        let test = super::test_messages::test_message(campaign, "a@x.org", 1);
        store.test_message_keep(test, AT).await.unwrap();
    }
    for (number, campaign) in [(1, notices), (2, foreign)] {
        let hits = vec![super::hits::view(number, campaign, world.contacts[0])];
        let mark = crate::Mark { reader: "hits/1".into(), segment: 1, offset: number };
        store.hits_record(super::world::batch(hits, mark)).await.unwrap();
    }
    for (scope, contacts, campaigns) in [
        (TopicScope::All, "3 2 1", vec![foreign, notices]),
        (TopicScope::These(vec![world.topic, offers]), "3 2 1", vec![foreign, notices]),
        (TopicScope::These(vec![world.topic]), "2 1", vec![notices]),
        (TopicScope::These(vec![offers]), "3 1", vec![foreign]),
        (TopicScope::These(vec![]), "", vec![]),
    ] {
        lists_contacts(store, &scope, contacts, offers).await;
        lists_campaigns(store, &scope, &campaigns).await;
        lists_what_belongs_to_campaigns(store, &scope, &campaigns).await;
        shows_of_a_contact(&world, &scope, &campaigns).await;
    }
}

async fn lists_contacts(store: &Store, scope: &TopicScope, contacts: &str, offers: TopicId) {
    for query in [ContactQuery::default(), part("@x")] {
        let before = ContactId(i64::MAX);
        let found = store.contacts_find(query, scope.clone(), before, 9).await.unwrap().contacts;
        let all: Vec<_> = found.iter().map(|it| it.email.replace("@x.org", "")).collect();
        assert_eq!(all.join(" "), contacts, "{scope:?}");
        if let TopicScope::These(own) = scope {
            assert!(found.iter().all(|it| it.subscriptions.len() <= own.len()), "{found:?}");
        }
    }
    let subscribed = Some(ContactState::Subscription(SubscriptionState::Subscribed));
    let query = ContactQuery { state: subscribed, ..ContactQuery::default() };
    let found = store.contacts_find(query, scope.clone(), ContactId(i64::MAX), 9).await.unwrap();
    assert_eq!(found.contacts.len(), contacts.split_whitespace().count(), "{scope:?}");
    let of_topic = ContactQuery { topic: Some("offers".into()), ..ContactQuery::default() };
    let found = store.contacts_find(of_topic, scope.clone(), ContactId(i64::MAX), 9).await;
    assert_eq!(found.unwrap().contacts.is_empty(), !scope.contains(offers));
}

async fn lists_campaigns(store: &Store, scope: &TopicScope, campaigns: &[CampaignId]) {
    for tab in [CampaignTab::All, CampaignTab::Running] {
        let tallies =
            store.campaign_tallies(tab, scope.clone(), CampaignId(i64::MAX), 9).await.unwrap();
        let ids: Vec<_> = tallies.iter().map(|it| it.campaign.id).collect();
        assert_eq!(ids, campaigns, "{scope:?}");
        let under = store.campaigns_under(tab, scope.clone(), 9).await.unwrap();
        assert_eq!(under, campaigns.len());
    }
    let needs = CampaignTab::NeedsYou { since: Timestamp(0) };
    for tab in [CampaignTab::Drafts, CampaignTab::Done, needs] {
        assert_eq!(store.campaigns_under(tab, scope.clone(), 9).await.unwrap(), 0);
    }
}

async fn lists_what_belongs_to_campaigns(
    store: &Store,
    scope: &TopicScope,
    campaigns: &[CampaignId],
) {
    let first = AnnouncementId(i64::MAX);
    let page = store.announcements_page(first, scope.clone(), 9).await.unwrap();
    assert_eq!((page.len(), page[0].campaigns), (1, i64::try_from(campaigns.len()).unwrap()));
    let history = store.announcement_history(page[0].id, scope.clone()).await.unwrap().unwrap();
    let used: Vec<_> = history.uses.iter().map(|it| it.campaign).collect();
    assert_eq!(used, campaigns);
    let named = store.campaigns_mentioning("Pharos".into(), scope.clone(), 9).await.unwrap();
    assert_eq!(named.len(), campaigns.len());
    let tests = store.test_messages(scope.clone(), None, 9, AT).await.unwrap();
    let campaign_of = |test: &TestMessageRow| match test.of {
        TestOf::Campaign(id) => id,
        TestOf::Message(..) => panic!("a single message"),
    };
    let of: Vec<_> = tests.iter().map(campaign_of).collect();
    assert_eq!(of, campaigns);
    let all = store.test_messages(TopicScope::All, None, 9, AT).await.unwrap();
    for test in &all {
        let found = store.test_message(test.id, scope.clone(), AT).await.unwrap();
        assert_eq!(found.is_some(), campaigns.contains(&campaign_of(test)));
        let beside = found.map(|it| it.older.is_some() || it.newer.is_some());
        assert_eq!(beside.unwrap_or_default(), campaigns.len() == 2 && !campaigns.is_empty());
    }
}

async fn shows_of_a_contact(world: &World, scope: &TopicScope, campaigns: &[CampaignId]) {
    let store = &world.store;
    let profile = store.contact_profile(world.contacts[0], scope.clone(), 9, 100).await.unwrap();
    let Some(profile) = profile else {
        assert!(campaigns.is_empty(), "{scope:?}");
        return;
    };
    let sent: Vec<_> = profile.messages.iter().map(|it| it.campaign).collect();
    assert_eq!(sent, campaigns);
    let mut seen: Vec<_> = profile.hits.iter().map(|it| it.campaign).collect();
    seen.sort_unstable_by(|a, b| b.cmp(a));
    assert_eq!(seen, campaigns);
    assert_eq!(profile.subscriptions.len(), campaigns.len());
    assert!(profile.consents.iter().all(|it| it.topic.is_none_or(|it| scope.contains(it))));
}
