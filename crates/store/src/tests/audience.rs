//! Importing contacts.

use model::{ConsentBasis, ContactId, Removal, SubscriptionState, TopicId};

use super::world::{AT, World, email, hash_of, later, row};
use crate::{
    ContactRow, ImportBasis, ImportCounts, ImportReach, ImportRow, ImportStanding, RowEvidence,
    Scope, Store, StoreError,
};

/// The batch of an import that began so many minutes after [`AT`].
async fn import_at(world: &World, minutes: i64, rows: Vec<ImportRow>) -> ImportCounts {
    let (topic, source) = (Some(world.topic), "import of a.csv".to_owned());
    world.store.contacts_import(rows, topic, source, later(minutes)).await.unwrap()
}

async fn import(world: &World, minutes: i64, rows: &[&str]) -> ImportCounts {
    import_at(world, minutes, rows.iter().map(|text| row(text).into()).collect()).await
}

fn left(text: &str, removal: Removal) -> ImportRow {
    let address_hash = hash_of(ContactId(text.bytes().map(i64::from).sum()));
    ImportRow {
        contact: row(text),
        standing: ImportStanding::Left(removal),
        address_hash,
        evidence: None,
        tags: Vec::new(),
    }
}

async fn attributes(world: &World, address: &str) -> String {
    let contact = world.store.contact_by_email(email(address)).await.unwrap().unwrap();
    let pairs = contact.attributes.iter().map(|(name, value)| format!("{name}={value}"));
    pairs.collect::<Vec<_>>().join(" ")
}

pub(super) async fn a_new_contact_is_subscribed_with_a_consent_entry(store: Store) {
    let world = World::with_contacts(store, 0).await;
    let counts = import(&world, 0, &["Ann@x.org name=Ann", "bob@x.org"]).await;
    assert_eq!(counts, ImportCounts { added: 2, subscribed: 2, ..ImportCounts::default() });
    let ann = world.store.contact_by_email(email("aNN@x.org")).await.unwrap().unwrap();
    assert_eq!((ann.email.as_str(), ann.created_at), ("Ann@x.org", AT));
    let state = world.store.subscription_state(ann.id, world.topic).await.unwrap();
    assert_eq!(state, Some(SubscriptionState::Subscribed));
    let ledger = world.store.contact_consents(ann.id).await.unwrap();
    assert_eq!(ledger.len(), 1);
    assert_eq!((ledger[0].topic, ledger[0].granted), (Some(world.topic), true));
    assert_eq!((ledger[0].source.as_str(), ledger[0].at), ("import of a.csv", AT));
    assert_eq!(world.store.contacts_count().await.unwrap(), 2);
    assert_eq!(world.store.topic_subscribers(world.topic).await.unwrap(), 2);
}

pub(super) async fn the_right_and_how_each_agreed_are_in_the_ledger(store: Store) {
    let world = World::with_contacts(store, 0).await;
    let evidence = RowEvidence {
        given_at: Some(later(-60)),
        ip: Some("192.0.2.7".into()),
        form: Some("footer".into()),
    };
    let with = |text: &str| ImportRow {
        evidence: Some(Box::new(evidence.clone())),
        ..ImportRow::from(row(text))
    };
    let basis = ImportBasis {
        basis: ConsentBasis::Consent,
        notice: Some("2026-11".into()),
        proof: Some("the shop's log".into()),
    };
    let (topic, basis) = (Some(world.topic), Some(basis));
    let reach = ImportReach { topic, basis, ..ImportReach::default() };
    // What a later row says of the same person counts.
    let rows = vec![
        with("ann@x.org"),
        row("bob@x.org").into(),
        row("cid@x.org").into(),
        with("cid@x.org"),
    ];
    world.store.contacts_import_by(rows, reach, "import of a.csv".into(), AT).await.unwrap();
    let entry = async |address: &str| {
        let contact = world.store.contact_by_email(email(address)).await.unwrap().unwrap();
        world.store.contact_consents(contact.id).await.unwrap().remove(0)
    };
    for (address, is_given) in [("ann@x.org", true), ("bob@x.org", false), ("cid@x.org", true)] {
        let entry = entry(address).await;
        assert_eq!(entry.basis, Some(ConsentBasis::Consent));
        assert_eq!(entry.notice.as_deref(), Some("2026-11"));
        assert_eq!(entry.proof.as_deref(), Some("the shop's log"));
        let given = (entry.given_at, entry.given_ip.as_deref(), entry.given_form.as_deref());
        let expected = (evidence.given_at, Some("192.0.2.7"), Some("footer"));
        assert_eq!(given, if is_given { expected } else { (None, None, None) }, "{address}");
    }
    let told = entry("ann@x.org").await.basis_told().unwrap();
    assert!(
        told.starts_with("basis consent, notice 2026-11, proof: the shop's log, given "),
        "{told}"
    );
    import(&world, 1, &["dan@x.org"]).await;
    assert_eq!(entry("dan@x.org").await.basis_told(), None, "nothing was said");
}

pub(super) async fn the_same_batch_again_changes_nothing(store: Store) {
    let world = World::with_contacts(store, 0).await;
    let rows = ["a@x.org n=1 m=", "B@x.org", "b@X.org n=2", "c@x.org n=ü\"\\"];
    import(&world, 0, &rows).await;
    let again = import(&world, 1, &rows).await;
    assert_eq!(again, ImportCounts { unchanged: 3, merged: 1, ..ImportCounts::default() });
    let contact = world.store.contact_by_email(email("a@x.org")).await.unwrap().unwrap();
    assert_eq!(world.store.contact_consents(contact.id).await.unwrap().len(), 1);
}

pub(super) async fn values_that_are_not_empty_overwrite_and_empty_ones_never_erase(store: Store) {
    let world = World::with_contacts(store, 0).await;
    import(&world, 0, &["a@x.org name=Ann city=Rome"]).await;
    let counts = import(&world, 1, &["a@x.org name= city=Oslo age=9"]).await;
    assert_eq!((counts.updated, counts.unchanged), (1, 0));
    assert_eq!(attributes(&world, "a@x.org").await, "age=9 city=Oslo name=Ann");
    let counts = import(&world, 2, &["a@x.org city=Oslo"]).await;
    assert_eq!((counts.updated, counts.unchanged), (0, 1));
}

pub(super) async fn the_last_row_about_a_contact_wins(store: Store) {
    let world = World::with_contacts(store, 0).await;
    let counts = import(&world, 0, &["a@x.org n=1 m=1", "b@x.org", "A@x.org n=2 m="]).await;
    assert_eq!((counts.added, counts.merged), (2, 1));
    assert_eq!(attributes(&world, "a@x.org").await, "m=1 n=2");
}

pub(super) async fn a_later_batch_of_an_import_knows_whom_it_has_named(store: Store) {
    let world = World::with_contacts(store, 1).await;
    import(&world, 1, &["a@x.org n=1", "1@x.org name=Ann"]).await;
    let counts = import(&world, 1, &["A@x.org n=2", "1@x.org", "b@x.org"]).await;
    assert_eq!((counts.added, counts.merged, counts.updated), (1, 2, 0));
    assert_eq!(attributes(&world, "a@x.org").await, "n=2");
}

pub(super) async fn whoever_has_left_elsewhere_is_not_subscribed(store: Store) {
    let world = World::with_contacts(store, 2).await;
    let before = world.store.removal_epoch();
    let rows = vec![
        left("1@x.org", Removal::Elsewhere),
        left("2@x.org", Removal::HardBounce),
        left("3@x.org a=1", Removal::Elsewhere),
        left("4@x.org", Removal::Operator),
        row("4@x.org").into(),
        row("5@x.org").into(),
    ];
    let counts = import_at(&world, 1, rows.clone()).await;
    assert_eq!((counts.added, counts.left, counts.subscribed), (3, 4, 1));
    assert!(world.store.removal_epoch() > before);
    assert_eq!(world.store.topic_subscribers(world.topic).await.unwrap(), 1);
    for (address, reason) in [
        ("1@x.org", None),
        ("2@x.org", Some("hard bounce")),
        ("3@x.org", None),
        ("4@x.org", Some("manual")),
    ] {
        let found = world.store.suppression_reason(address.to_owned()).await.unwrap();
        assert_eq!(found.as_deref(), reason, "{address}");
        let contact = world.store.contact_by_email(email(address)).await.unwrap().unwrap();
        let last = world.store.contact_consents(contact.id).await.unwrap().remove(0);
        assert_eq!((last.granted, last.source.as_str()), (false, "import of a.csv"), "{address}");
    }
    let epoch = world.store.removal_epoch();
    let again = import_at(&world, 2, rows).await;
    assert_eq!((again.unchanged, again.left, again.subscribed), (5, 4, 0));
    assert_eq!(world.store.removal_epoch(), epoch);
}

pub(super) async fn whoever_has_left_elsewhere_leaves_everything_without_a_topic(store: Store) {
    let world = World::with_contacts(store, 1).await;
    let rows = vec![left("1@x.org", Removal::Elsewhere)];
    world.store.contacts_import(rows, None, "x".to_owned(), later(1)).await.unwrap();
    let reason = world.store.suppression_reason("1@x.org".to_owned()).await.unwrap();
    assert_eq!(reason.as_deref(), Some("unsubscribed"));
    assert_eq!(world.store.topic_subscribers(world.topic).await.unwrap(), 0);
}

pub(super) async fn whoever_is_unconfirmed_is_kept_and_not_subscribed(store: Store) {
    let world = World::with_contacts(store, 0).await;
    let standing = ImportStanding::Unconfirmed;
    let contact = row("a@x.org");
    let rows = vec![ImportRow { standing, ..ImportRow::from(contact) }];
    let counts = import_at(&world, 1, rows).await;
    assert_eq!((counts.added, counts.unconfirmed, counts.subscribed), (1, 1, 0));
    assert_eq!(world.store.topic_subscribers(world.topic).await.unwrap(), 0);
}

pub(super) async fn an_import_without_a_topic_subscribes_nobody(store: Store) {
    let world = World::with_contacts(store, 0).await;
    let rows: Vec<ContactRow> = vec![row("a@x.org")];
    let counts = world.store.contacts_import(rows, None, "x".to_owned(), AT).await.unwrap();
    assert_eq!(counts, ImportCounts { added: 1, ..ImportCounts::default() });
    assert_eq!(world.store.topic_subscribers(world.topic).await.unwrap(), 0);
}

pub(super) async fn nobody_who_left_is_brought_back(store: Store) {
    let world = World::with_contacts(store, 2).await;
    world.leave(world.contacts[0], Scope::Topic(world.topic), None).await;
    world.leave(world.contacts[1], Scope::Everything, None).await;
    let counts = import(&world, 1, &["1@x.org name=N1", "2@x.org name=N2"]).await;
    let expect =
        ImportCounts { unchanged: 2, kept_unsubscribed: 1, suppressed: 1, ..Default::default() };
    assert_eq!(counts, expect);
    // Nor is whoever left everything subscribed to what they never heard of.
    let other = world.store.topic_ensure("offers".into(), "Offers".into()).await.unwrap();
    let rows = vec![row("1@x.org"), row("2@x.org")];
    let source = "x".to_owned();
    let counts = world.store.contacts_import(rows, Some(other), source, later(1)).await.unwrap();
    assert_eq!((counts.subscribed, counts.suppressed), (1, 1));
    assert_eq!(world.store.topic_subscribers(other).await.unwrap(), 1);
}

pub(super) async fn a_batch_that_fails_leaves_nothing_behind(store: Store) {
    let world = World::with_contacts(store, 1).await;
    let failed: Result<(), StoreError> = world
        .store
        .write(|tx| {
            tx.execute(crate::settings::SETTING_PUT, ("key", "value"))?;
            tx.bump_removals()?;
            Err(StoreError::NotFound("reason to go on"))
        })
        .await;
    assert!(failed.is_err());
    assert_eq!(world.store.setting_find("key").await.unwrap(), None);
    assert_eq!(world.store.removal_epoch(), 0);
    assert_eq!(world.store.topic_find(TopicId(world.topic.0 + 1)).await.unwrap(), None);
}

pub(super) async fn ids_never_fall_behind_the_clock(store: Store) {
    let world = World::with_contacts(store, 0).await;
    let import = async |text: &str, at| {
        let source = "test".to_owned();
        world.store.contacts_import(vec![row(text)], None, source, at).await?;
        Ok::<_, StoreError>(world.store.contact_by_email(row(text).email).await?.unwrap().id.0)
    };
    let first = import("ann@x.org", AT).await.unwrap();
    assert!(first > AT.0);
    assert_eq!(import("bob@x.org", AT).await.unwrap(), first + 1);
    // What was given out after a backup can't be given out again once it is restored: that is later.
    let restored = later(10);
    assert!(import("cyd@x.org", restored).await.unwrap() > restored.0);
    let clock_set_back = AT;
    assert_eq!(import("dee@x.org", clock_set_back).await.unwrap(), restored.0 + 2);
    let never = model::Timestamp(i64::MAX / 2);
    assert!(matches!(import("eve@x.org", never).await, Err(StoreError::OutOfRange(_))));
    assert_eq!(import("eve@x.org", AT).await.unwrap(), restored.0 + 3);
}
