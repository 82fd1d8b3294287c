//! Tags of contacts, and what was changed about a contact.

use std::collections::BTreeMap;

use model::{ContactId, ContactRefused, TagName, Timestamp, TopicScope};

use super::jobs::step;
use super::world::{AT, World, email, later, row};
use crate::{
    ActorKind, ActorRecord, AuditObject, ContactChange, ContactQuery, CountedTag, ImportReach,
    NewJob, Store, StoreError, TagChange,
};

fn tag(name: &str) -> TagName {
    TagName::parse(name).unwrap()
}

fn tags(names: &[&str]) -> Vec<TagName> {
    names.iter().map(|name| tag(name)).collect()
}

async fn change(
    store: &Store,
    id: ContactId,
    add: &[&str],
    remove: &[&str],
) -> Result<bool, StoreError> {
    let change = TagChange { add: tags(add), remove: tags(remove) };
    store.contact_tags_change(id, change, later(1)).await
}

/// `field: before > after, by whom`, the newest first.
async fn history(store: &Store, id: ContactId) -> Vec<String> {
    let found = store.contact_history(id, i64::MAX, 2_000).await.unwrap();
    let value = |it: &Option<String>| it.clone().unwrap_or_else(|| "-".to_owned());
    let told = found.iter().map(|it| {
        format!("{}: {} > {}, by {}", it.field, value(&it.before), value(&it.after), it.actor)
    });
    told.collect()
}

pub(super) async fn a_tag_is_one_regardless_of_case(store: Store) {
    let world = World::with_contacts(store, 2).await;
    let (one, two) = (world.contacts[0], world.contacts[1]);
    assert!(change(&world.store, one, &["VIP", "early bird"], &[]).await.unwrap());
    assert!(change(&world.store, two, &["vip"], &[]).await.unwrap());
    assert!(!change(&world.store, two, &["Vip"], &["nothing"]).await.unwrap(), "it was so");
    assert_eq!(world.store.contact_tags(two).await.unwrap(), ["VIP"], "as it was first written");
    let counted = |name: &str, contacts| CountedTag { name: name.to_owned(), contacts };
    let all = world.store.tags_counted().await.unwrap();
    assert_eq!(all, [counted("early bird", 1), counted("VIP", 2)]);
    let taken = world.store.tag_rename(tag("vip"), tag("EARLY BIRD")).await;
    assert!(matches!(taken, Err(StoreError::Exists("tag"))), "{taken:?}");
    world.store.tag_rename(tag("vip"), tag("Vip")).await.unwrap();
    world.store.tag_rename(tag("VIP"), tag("gold")).await.unwrap();
    assert_eq!(world.store.contact_tags(one).await.unwrap(), ["early bird", "gold"]);
    let cleared = world.store.tag_clear(tag("Gold"), "ann".into(), later(2)).await.unwrap();
    assert_eq!((cleared, world.store.contact_tags(two).await.unwrap()), (2, vec![]));
    assert_eq!(world.store.tag_clear(tag("Gold"), "ann".into(), later(2)).await.unwrap(), 0);
    world.store.tag_remove(tag("gold"), later(2)).await.unwrap();
    let gone = world.store.tag_remove(tag("gold"), later(2)).await;
    assert!(matches!(gone, Err(StoreError::NotFound("tag"))), "{gone:?}");
    let told = history(&world.store, two).await;
    assert_eq!(told, ["tag gold: gold > -, by ann", "tag VIP: - > VIP, by a server"]);
    let missing = change(&world.store, ContactId(7), &["x"], &[]).await;
    assert!(matches!(missing, Err(StoreError::NotFound("contact"))), "{missing:?}");
}

pub(super) async fn there_are_so_many_tags_and_no_more(store: Store) {
    let world = World::with_contacts(store, 2).await;
    let (one, two) = (world.contacts[0], world.contacts[1]);
    let names: Vec<String> = (0..100).map(|number| format!("tag {number}")).collect();
    let all: Vec<&str> = names.iter().map(String::as_str).collect();
    assert!(change(&world.store, one, &all, &[]).await.unwrap());
    let refused = change(&world.store, one, &["more"], &[]).await;
    let too_many = |it: &Result<bool, StoreError>, why: ContactRefused| matches!(it, Err(StoreError::Contact(refused)) if *refused == why);
    assert!(too_many(&refused, ContactRefused::TooManyTags), "{refused:?}");
    assert_eq!(world.store.contact_tags(one).await.unwrap().len(), 100);
    assert!(change(&world.store, one, &["more"], &["tag 7"]).await.unwrap(), "one for another");
    for part in 0..9 {
        let names: Vec<String> = (0..100).map(|number| format!("{part} {number}")).collect();
        let all: Vec<&str> = names.iter().map(String::as_str).collect();
        let last = part == 8;
        let done = change(&world.store, two, &all, &[]).await;
        assert_eq!(too_many(&done, ContactRefused::TooManyTagsInAll), last, "{part} {done:?}");
        if !last {
            assert!(change(&world.store, two, &[], &all).await.unwrap());
        }
    }
    assert_eq!(world.store.tags_list().await.unwrap().len(), 901);
}

pub(super) async fn contacts_are_found_by_their_tag_within_a_scope(store: Store) {
    let world = World::with_contacts(store, 4).await;
    let other = world.store.topic_ensure("offers".into(), "Offers".into()).await.unwrap();
    let stranger = row("z@x.org");
    world.store.contacts_import(vec![stranger], Some(other), "x".into(), AT).await.unwrap();
    let stranger = world.store.contact_by_email(email("z@x.org")).await.unwrap().unwrap().id;
    for id in [world.contacts[0], world.contacts[2], stranger] {
        change(&world.store, id, &["vip"], &[]).await.unwrap();
    }
    let find = async |query: ContactQuery, scope| {
        let found = world.store.contacts_find(query, scope, ContactId(i64::MAX), 10).await;
        let found = found.unwrap().contacts;
        assert!(found.iter().all(|it| it.tags == ["vip"]));
        found.into_iter().map(|it| it.email).collect::<Vec<_>>()
    };
    let vips = ContactQuery { tag: Some(tag("VIP")), ..ContactQuery::default() };
    let all = find(vips.clone(), TopicScope::All).await;
    assert_eq!(all, ["z@x.org", "3@x.org", "1@x.org"]);
    let own = find(vips.clone(), TopicScope::These(vec![world.topic])).await;
    assert_eq!(own, ["3@x.org", "1@x.org"]);
    let part = ContactQuery { address_part: Some("3@".into()), ..vips.clone() };
    assert_eq!(find(part, TopicScope::All).await, ["3@x.org"]);
    let topic = ContactQuery { topic: Some("offers".into()), ..vips };
    assert_eq!(find(topic, TopicScope::All).await, ["z@x.org"]);
    let none = ContactQuery { tag: Some(tag("other")), ..ContactQuery::default() };
    assert_eq!(find(none, TopicScope::All).await, [""; 0]);
    let page = world.store.contacts_page(ContactId(0), 10).await.unwrap();
    assert_eq!(page.iter().filter(|it| it.tags == ["vip"]).count(), 3);
}

fn acting(name: &str) -> crate::Acting {
    crate::Acting {
        actor: ActorRecord { kind: ActorKind::User, id: Some(1), name: name.into() },
        action: "contact.edit",
        object: AuditObject::of_kind("contact"),
        before: None,
        after: None,
        at: AT,
        request: None,
    }
}

pub(super) async fn a_change_is_noted_with_who_made_it(store: Store) {
    let world = World::with_contacts(store, 1).await;
    let id = world.contacts[0];
    assert_eq!(history(&world.store, id).await, [""; 0], "the import is their origin");
    let named = world.store.acting(acting("Ann"));
    let pairs = [("plan", "pro"), ("name", "")];
    let attributes: BTreeMap<String, String> =
        pairs.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect();
    let wish = ContactChange { email: Some((email("New@x.org"), [3; 32])), attributes };
    named.contact_change(id, None, wish.clone(), later(1)).await.unwrap();
    let expect = [
        "attribute plan: - > pro, by Ann",
        "attribute name: N1 > -, by Ann",
        "email: 1@x.org > New@x.org, by Ann",
    ];
    assert_eq!(history(&world.store, id).await, expect);
    world.store.acting(acting("Bo")).contact_change(id, None, wish, later(2)).await.unwrap();
    assert_eq!(history(&world.store, id).await, expect, "nothing was different");
    let long = "ü".repeat(3_000);
    let wish = ContactChange {
        email: None,
        attributes: BTreeMap::from([("note".to_owned(), long.clone())]),
    };
    named.contact_change(id, None, wish, later(3)).await.unwrap();
    let newest = world.store.contact_history(id, i64::MAX, 1).await.unwrap();
    assert_eq!(newest[0].after.as_ref().map(|it| it.chars().count()), Some(1_001), "shortened");
    assert_eq!(newest[0].at, later(3));
    let before = world.store.contact_history(id, newest[0].id, 2).await.unwrap();
    assert_eq!(before.len(), 2);
}

pub(super) async fn an_import_notes_what_it_changes_and_tags(store: Store) {
    let world = World::with_contacts(store, 2).await;
    let actor = ActorRecord { kind: ActorKind::System, id: None, name: "ops".into() };
    let (title, spec) = ("people.csv".to_owned(), "{}".to_owned());
    let new = NewJob { kind: "import", actor, topic: None, title, spec, of: None };
    let id = world.store.job_ask(new, 3, AT).await.unwrap();
    let job = world.store.job_take(id, later(1), later(9)).await.unwrap().unwrap();
    let reach = ImportReach { tags: tags(&["Fair", "new"]), ..ImportReach::default() };
    let rows: Vec<_> =
        ["1@x.org name=Ann plan=pro", "2@x.org name=N2", "9@x.org name=New"].map(row).into();
    let rows: Vec<crate::ImportRow> = rows.into_iter().map(Into::into).collect();
    let at = later(1);
    let import = async |rows| {
        let step = step(&job, 3, later(1));
        let source = "import of people.csv".to_owned();
        world.store.contacts_import_step(rows, reach.clone(), source, at, step).await.unwrap()
    };
    import(rows.clone()).await;
    let new = world.store.contact_by_email(email("9@x.org")).await.unwrap().unwrap().id;
    for id in [world.contacts[0], world.contacts[1], new] {
        assert_eq!(world.store.contact_tags(id).await.unwrap(), ["Fair", "new"]);
    }
    let by = format!("by import {id}");
    let mut expect = vec![
        format!("attribute name: N1 > Ann, {by}"),
        format!("attribute plan: - > pro, {by}"),
        format!("tag Fair: - > Fair, {by}"),
        format!("tag new: - > new, {by}"),
    ];
    let mut told = history(&world.store, world.contacts[0]).await;
    expect.sort();
    told.sort();
    assert_eq!(told, expect);
    assert_eq!(history(&world.store, world.contacts[1]).await.len(), 2, "only tags");
    assert_eq!(history(&world.store, new).await, [""; 0], "the import is their origin");
    import(rows).await;
    assert_eq!(history(&world.store, world.contacts[0]).await.len(), 4, "nothing was different");
    // And taken back.
    let parts = world.store.job_part(id, crate::JobFile::Changes, 0).await.unwrap().unwrap();
    let changes = crate::ImportChanges::from_bytes(&parts).unwrap().into_list();
    let undo = crate::ImportUndo {
        topic: None,
        imported_at: at,
        source: "undoing the import of people.csv".into(),
        at: later(2),
    };
    let counts = {
        let actor = ActorRecord { kind: ActorKind::System, id: None, name: "ops".into() };
        let (title, spec) = ("people.csv".to_owned(), "{}".to_owned());
        let new = NewJob { kind: "undo", actor, topic: None, title, spec, of: Some(id) };
        let id = world.store.job_ask(new, 3, AT).await.unwrap();
        let job = world.store.job_take(id, later(2), later(9)).await.unwrap().unwrap();
        world.store.contacts_undo_step(changes, undo, step(&job, 3, later(2))).await.unwrap()
    };
    assert_eq!((counts.removed, counts.restored), (1, 1));
    assert_eq!(world.store.contact_tags(world.contacts[0]).await.unwrap(), [""; 0]);
    assert_eq!(history(&world.store, world.contacts[0]).await.len(), 8);
    assert_eq!(world.store.contact_tags(new).await.unwrap(), [""; 0]);
}

pub(super) async fn the_newest_thousand_changes_are_kept(store: Store) {
    let world = World::with_contacts(store, 2).await;
    let (one, two) = (world.contacts[0], world.contacts[1]);
    change(&world.store, two, &["vip"], &[]).await.unwrap();
    let edit = async |number: i64| {
        let attributes = (0..200).map(|at| (format!("a{at}"), format!("{number}"))).collect();
        let wish = ContactChange { email: None, attributes };
        world.store.contact_change(one, None, wish, Timestamp(AT.0 + number)).await.unwrap();
    };
    for number in 1..=6 {
        edit(number).await;
    }
    let kept = world.store.contact_history(one, i64::MAX, 5_000).await.unwrap();
    assert_eq!(kept.len(), 1_000);
    assert_eq!((kept[0].at.0, kept[999].at.0), (AT.0 + 6, AT.0 + 2));
    assert_eq!(world.store.contact_history(two, i64::MAX, 9).await.unwrap().len(), 1);
}

pub(super) async fn tags_and_changes_go_with_the_contact(store: Store) {
    let world = World::with_contacts(store, 2).await;
    let (one, two) = (world.contacts[0], world.contacts[1]);
    for id in [one, two] {
        change(&world.store, id, &["vip"], &[]).await.unwrap();
    }
    world.store.address_erase("1@x.org".into(), [7; 32], later(2)).await.unwrap();
    assert_eq!(history(&world.store, one).await, [""; 0]);
    assert_eq!(world.store.contact_tags(one).await.unwrap(), [""; 0]);
    assert_eq!(history(&world.store, two).await.len(), 1, "others stay");
    assert_eq!(world.store.tags_counted().await.unwrap()[0].contacts, 1);
}

/// Every value of every table.
fn all_bytes(path: &std::path::Path) -> Vec<u8> {
    let database = rusqlite::Connection::open(path).unwrap();
    let tables = "SELECT name FROM sqlite_schema WHERE type = 'table'";
    let mut tables = database.prepare(tables).unwrap();
    let tables = tables.query_map([], |row| row.get::<_, String>(0)).unwrap();
    let mut bytes = Vec::new();
    for table in tables.map(Result::unwrap) {
        let mut rows = database.prepare(&format!("SELECT * FROM {table}")).unwrap();
        let columns = rows.column_count();
        let mut rows = rows.query([]).unwrap();
        while let Some(row) = rows.next().unwrap() {
            for column in 0..columns {
                match row.get_ref(column).unwrap() {
                    rusqlite::types::ValueRef::Text(text) => bytes.extend_from_slice(text),
                    rusqlite::types::ValueRef::Blob(blob) => bytes.extend_from_slice(blob),
                    _ => {}
                }
                bytes.push(0);
            }
        }
    }
    bytes
}

#[test]
fn no_value_of_an_erased_person_is_left_in_any_table() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("store.sqlite");
    let store = Store::open(&path, crate::StoreOptions::default()).unwrap();
    super::run(async {
        let world = World::with_contacts(store, 2).await;
        let id = world.contacts[0];
        for value in ["first-secret", "second-secret"] {
            let attributes = BTreeMap::from([("note".to_owned(), value.to_owned())]);
            let email = Some((email(&format!("{value}@x.org")), [3; 32]));
            let wish = ContactChange { email, attributes };
            world.store.contact_change(id, None, wish, later(1)).await.unwrap();
        }
        let holds = |bytes: &[u8], what: &str| {
            bytes.windows(what.len()).filter(|it| *it == what.as_bytes()).count()
        };
        let before = all_bytes(&path);
        assert!(holds(&before, "first-secret") >= 4, "in the history");
        let key = "second-secret@x.org".to_owned();
        world.store.address_erase(key, [3; 32], later(2)).await.unwrap();
        let after = all_bytes(&path);
        assert_eq!((holds(&after, "-secret"), holds(&after, "1@x.org")), (0, 0));
        assert!(holds(&after, "2@x.org") > 0, "others stay");
    });
}
