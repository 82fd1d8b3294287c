//! Settings: who may change them, what is kept, what the log says, and what is refused without them.

use std::sync::Arc;

use store::Store;

use super::{FIRST, NOW, World, code, set_up::unreachable};
use crate::{
    Call, KeptSettings, LiveSettings, Refusal, Resources, SettingKey, SettingOrigin,
    SettingProblem, SettingsChange, SettingsInUse, SettingsSection, SettingsSource, ShownSetting,
    StartWish, settings_set,
};

/// A file in which only the domain stands. Hosts begin with `relay`.
struct DomainOnly(Arc<SettingsInUse>);

impl SettingsSource for DomainOnly {
    fn in_use(&self, kept: &KeptSettings) -> SettingsInUse {
        let needed = [SettingKey::Organisation, SettingKey::PostalAddress, SettingKey::Host];
        let lacks = needed.into_iter().filter(|key| kept.get(*key).is_none()).collect();
        let mut set_up = unreachable();
        set_up.sender.push(ShownSetting {
            key: Some(SettingKey::Domain),
            name: "Domain",
            file_key: "organisation.domain",
            value: "aurora.example".into(),
            typed: "aurora.example".into(),
            origin: SettingOrigin::File,
        });
        let sender = campaign::Sender {
            organisation: kept.get(SettingKey::Organisation).unwrap_or("nobody").into(),
            ..(*self.0.sender).clone()
        };
        let (sender, set_up) = (Arc::new(sender), Arc::new(set_up));
        SettingsInUse { sender, set_up, lacks, kept: kept.clone(), ..(*self.0).clone() }
    }

    fn check(&self, kept: &KeptSettings) -> Result<(), SettingProblem> {
        match kept.get(SettingKey::Host) {
            Some(host) if !host.starts_with("relay") => Err(SettingProblem {
                key: Some(SettingKey::Host),
                words: "should begin with relay".into(),
            }),
            _ => Ok(()),
        }
    }
}

async fn world() -> World {
    let mut world = World::new().await;
    let of_file = DomainOnly(world.resources.settings.now());
    world.resources.settings = LiveSettings::new(Arc::new(of_file), &KeptSettings::default());
    world
}

fn change(pairs: &[(SettingKey, &str)]) -> SettingsChange {
    pairs.iter().map(|(key, text)| (*key, Some((*text).to_owned()))).collect()
}

impl World {
    async fn set(
        &self,
        call: &Call,
        section: SettingsSection,
        pairs: &[(SettingKey, &str)],
    ) -> Result<i64, Refusal> {
        settings_set(&self.resources, call, section, change(pairs), None).await
    }
}

const SENDER: &[(SettingKey, &str)] =
    &[(SettingKey::Organisation, " Aurora "), (SettingKey::PostalAddress, "1 Harbour Road")];
const RELAY: &[(SettingKey, &str)] = &[
    (SettingKey::Host, "relay.example"),
    (SettingKey::Username, "ann@aurora.example"),
    (SettingKey::Password, "s3cret"),
];

#[tokio::test]
async fn a_change_holds_at_once_and_is_logged_without_secrets_and_addresses() {
    let world = world().await;
    let (ops, mia) = (world.operator(), world.marketer().await);
    let settings = || world.resources.settings.now();
    let refused = world.set(&mia, SettingsSection::Sender, SENDER).await;
    assert_eq!(code(refused), "not_allowed");
    assert_eq!(world.set(&ops, SettingsSection::Sender, SENDER).await.unwrap(), 1);
    assert_eq!(settings().sender.organisation, "Aurora");
    assert_eq!(world.set(&ops, SettingsSection::Relay, RELAY).await.unwrap(), 1);
    assert!(settings().can_send().is_ok());
    assert_eq!(settings().kept.get(SettingKey::Password), Some("s3cret"));
    // The same once more is no change.
    assert_eq!(world.set(&ops, SettingsSection::Relay, RELAY).await.unwrap(), 1);
    let password = [(SettingKey::Password, "an0ther")];
    assert_eq!(world.set(&ops, SettingsSection::Relay, &password).await.unwrap(), 2);
    let log = world.resources.store.audit_after(0).await.unwrap();
    let log: Vec<_> = log.into_iter().filter(|it| it.action == "settings.set").collect();
    assert_eq!(log.len(), 3);
    let told = format!("{log:?}");
    for secret in ["s3cret", "an0ther", "ann@"] {
        assert!(!told.contains(secret), "{secret}: {told}");
    }
    let after = log[2].after.clone().unwrap();
    assert_eq!(after, r#"{"relay.password":"changed"}"#);
    assert!(told.contains("relay.example"), "{told}");
    let kept = kept_text(&world.resources.store, "settings/relay").await;
    assert!(!kept.contains("s3cret") && !kept.contains("an0ther"), "{kept}");
}

async fn kept_text(store: &Store, key: &str) -> String {
    store.setting_find(key).await.unwrap().unwrap()
}

#[tokio::test]
async fn what_stands_in_the_file_or_was_changed_meanwhile_is_refused() {
    let world = world().await;
    let ops = world.operator();
    let domain = |text| [(SettingKey::Domain, text)];
    let refused = world.set(&ops, SettingsSection::Sender, &domain("other.example")).await;
    let refused = refused.unwrap_err();
    assert_eq!(refused.fields[0].code, "setting_fixed");
    assert!(refused.words.contains("organisation.domain stands in pharos.toml"), "{refused}");
    // As it was read.
    world.set(&ops, SettingsSection::Sender, &domain("aurora.example")).await.unwrap();
    assert_eq!(world.set(&ops, SettingsSection::Sender, SENDER).await.unwrap(), 1);
    let late = change(&[(SettingKey::Organisation, "Borealis")]);
    let refused =
        settings_set(&world.resources, &ops, SettingsSection::Sender, late, Some(0)).await;
    assert_eq!(code(refused), "changed");
    let wrong = world.set(&ops, SettingsSection::Relay, &[(SettingKey::Host, "smtp")]).await;
    assert_eq!(wrong.unwrap_err().fields[0].pointer, "/host");
    assert_eq!(world.resources.settings.now().sender.organisation, "Aurora");
}

#[tokio::test]
async fn a_password_goes_to_no_other_server_unless_it_is_typed_again() {
    let world = world().await;
    let ops = world.operator();
    world.set(&ops, SettingsSection::Relay, RELAY).await.unwrap();
    let elsewhere = (SettingKey::Host, "relay.evil.example");
    for moved in [elsewhere, (SettingKey::Port, "26"), (SettingKey::Tls, "none")] {
        let refused = world.set(&ops, SettingsSection::Relay, &[moved]).await.unwrap_err();
        assert_eq!(refused.fields[0].code, "password_needed", "{moved:?}");
    }
    let again = [elsewhere, (SettingKey::Password, "an0ther")];
    world.set(&ops, SettingsSection::Relay, &again).await.unwrap();
}

#[tokio::test]
async fn of_two_who_change_at_once_one_is_told() {
    let world = world().await;
    let ops = world.operator();
    let set = |name| {
        let change = change(&[(SettingKey::Organisation, name)]);
        settings_set(&world.resources, &ops, SettingsSection::Sender, change, Some(0))
    };
    let (one, two) = tokio::join!(set("One"), set("Two"));
    let names = [one.map(|_| "One"), two.map(|_| "Two")];
    let kept: Vec<_> = names.iter().filter_map(|it| it.as_ref().ok()).collect();
    assert_eq!(kept.len(), 1, "{names:?}");
    assert_eq!(world.resources.settings.now().sender.organisation, *kept[0]);
}

#[tokio::test]
async fn nothing_is_sent_while_sender_or_relay_is_missing() {
    let world = world().await;
    let ops = world.operator();
    world.contact(&ops, "ann@x.example", "news").await.unwrap();
    world.campaign(&ops, "news").await.unwrap();
    let schedule = async || {
        let wish = StartWish {
            at: NOW,
            audience_at_most: None,
            checked: None,
            accept_warnings: true,
            links_to_this_machine: false,
            dry_run: false,
        };
        crate::campaign_schedule(&world.resources, &ops, FIRST, wish).await
    };
    let test = async || {
        let wish = crate::TestWish { to: vec!["me@x.example".into()], shown: Default::default() };
        crate::campaign_test_send(&world.resources, &ops, FIRST, &wish).await
    };
    let refused = schedule().await.unwrap_err();
    assert_eq!(refused.code, "sender_not_set");
    for part in
        ["organisation.name, organisation.postal_address are missing", "/admin/setup/sender"]
    {
        assert!(refused.words.contains(part), "{part}: {refused}");
    }
    assert_eq!(code(test().await), "sender_not_set");
    world.set(&ops, SettingsSection::Sender, SENDER).await.unwrap();
    assert_eq!(code(schedule().await), "relay_not_set");
    assert_eq!(code(test().await), "relay_not_set");
    assert_eq!(
        code(crate::relay_test(&world.resources, &ops, Default::default()).await),
        "relay_not_set"
    );
    world.set(&ops, SettingsSection::Relay, RELAY).await.unwrap();
    schedule().await.unwrap();
}

#[tokio::test]
async fn another_node_takes_over_what_was_changed() {
    let world = world().await;
    let Resources { store, keys, settings, .. } = &world.resources;
    let elsewhere = DomainOnly(settings.now());
    let elsewhere = LiveSettings::new(Arc::new(elsewhere), &KeptSettings::default());
    let mut changes = elsewhere.changes();
    world.set(&world.operator(), SettingsSection::Sender, SENDER).await.unwrap();
    assert_eq!(elsewhere.now().sender.organisation, "nobody");
    elsewhere.refresh(store, keys).await.unwrap();
    assert!(changes.has_changed().unwrap());
    assert_eq!(changes.borrow_and_update().sender.organisation, "Aurora");
    elsewhere.refresh(store, keys).await.unwrap();
    assert!(!changes.has_changed().unwrap(), "nothing has changed since");
}
