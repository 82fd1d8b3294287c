//! The disclosure register: an entry before anything leaves, its chain, whose data it was.

use model::{
    ContactId, DisclosedField, DisclosureBasis, DisclosureKind, DisclosureRefused, JobId, Timestamp,
};

use super::jobs::{claim, step};
use super::world::{AT, World, later};
use crate::engine::sql::texts;
use crate::{
    ActorKind, ActorRecord, ChainBreak, ChainPoint, DisclosedMembers, DisclosedTo, DisclosureEntry,
    ExportedContacts, Job, JobState, NewDisclosure, NewJob, OWN_USE, PersonalRead, Processor,
    Store, StoreError, Undisclosed, Verified,
};

texts! {
    PURPOSE_FORGE = "UPDATE disclosures SET purpose = $2 WHERE seq = $1";
    ENTRY_CUT = "DELETE FROM disclosures WHERE seq = $1";
}

const DAY: i64 = 24 * 60;

fn actor(name: &str) -> ActorRecord {
    ActorRecord { kind: ActorKind::ApiToken, id: Some(7), name: name.into() }
}

pub(crate) fn new_disclosure(recipient: Option<&str>, purpose: &str) -> NewDisclosure {
    NewDisclosure {
        actor: actor("Nightly"),
        kind: DisclosureKind::ContactsFile,
        recipient: recipient.map(str::to_owned),
        purpose: purpose.into(),
        about: r#"{"topic":"news"}"#.into(),
        notice: None,
        at: AT,
    }
}

pub(crate) fn processor(name: &str, basis: DisclosureBasis) -> Processor {
    Processor {
        name: name.into(),
        country: "DE".into(),
        basis,
        purposes: vec!["printing".into(), "posting letters".into()],
        fields: vec![DisclosedField::Address, DisclosedField::Attributes, DisclosedField::Standing],
        changed_at: AT,
    }
}

fn read(kind: DisclosureKind, at: Timestamp) -> PersonalRead {
    PersonalRead { actor: actor("Nightly"), kind, at }
}

async fn entries(store: &Store) -> Vec<DisclosureEntry> {
    store.disclosures_after(0).await.unwrap()
}

async fn verified(store: &Store) -> Verified {
    store.disclosures_verify(None).await.unwrap()
}

/// The numbers of the entries that hold a contact, the newest first.
async fn held(store: &Store, contact: ContactId) -> Vec<i64> {
    let held = store.disclosures_of(contact).await.unwrap();
    held.entries.iter().map(|it| it.seq).collect()
}

/// A file of these contacts, for own use.
async fn file_of(store: &Store, contacts: &[ContactId]) -> i64 {
    let set = store.disclosure_set_make(AT).await.unwrap();
    for part in contacts.chunks(2) {
        store.disclosure_set_add(set, part.to_vec()).await.unwrap();
    }
    store.disclosure_enter(new_disclosure(None, OWN_USE), set).await.unwrap().seq()
}

pub(super) async fn entries_follow_one_another_and_a_changed_one_is_found(store: Store) {
    let world = World::with_contacts(store, 3).await;
    assert_eq!(verified(&world.store).await, Verified { end: ChainPoint::START, broken: None });
    for count in [1, 3, 2] {
        file_of(&world.store, &world.contacts[..count]).await;
    }
    let all = entries(&world.store).await;
    let told: Vec<_> = all.iter().map(|it| (it.seq, it.persons, it.recipient.as_str())).collect();
    let nightly = "Nightly";
    assert_eq!(told, [(1, Some(1), nightly), (2, Some(3), nightly), (3, Some(2), nightly)]);
    assert!(all.iter().all(|it| it.basis == DisclosureBasis::OwnUse && it.closes.is_none()));
    let good = verified(&world.store).await;
    assert_eq!((good.end.seq, good.broken), (3, None));
    let point = ChainPoint { seq: 2, hash: [9; 32] };
    let noted = world.store.disclosures_verify(Some(point)).await.unwrap();
    assert_eq!(noted.broken, Some(ChainBreak::NotAsNoted(2)));
    let forge = |purpose: &'static str| {
        world.store.write(move |tx| tx.execute(PURPOSE_FORGE, (2, purpose)).map(drop))
    };
    forge("own usf").await.unwrap();
    let broken = verified(&world.store).await;
    assert_eq!((broken.end.seq, broken.broken), (1, Some(ChainBreak::Changed(2))));
    forge(OWN_USE).await.unwrap();
    assert_eq!(verified(&world.store).await.broken, None);
    world.store.write(|tx| tx.execute(ENTRY_CUT, [3_i64]).map(drop)).await.unwrap();
    let cut = verified(&world.store).await;
    assert_eq!(cut.broken, Some(ChainBreak::Cut { from: 3, to: 3 }));
}

pub(super) async fn r19_a_recipient_gets_what_is_registered_and_nothing_else(store: Store) {
    let world = World::with_contacts(store, 1).await;
    let store = &world.store;
    store.processor_set(processor("Post House", DisclosureBasis::ServiceProvider)).await.unwrap();
    store.processor_set(processor("Friends", DisclosureBasis::Sharing)).await.unwrap();
    let ask = async |recipient: &str, purpose: &str, kind: DisclosureKind| {
        let set = store.disclosure_set_make(AT).await.unwrap();
        store.disclosure_set_add(set, world.contacts.clone()).await.unwrap();
        let new = NewDisclosure { kind, ..new_disclosure(Some(recipient), purpose) };
        match store.disclosure_enter(new, set).await {
            Ok(entered) => Ok(entered.seq()),
            Err(StoreError::Disclosure(why)) => Err(why),
            Err(other) => panic!("{other}"),
        }
    };
    let file = DisclosureKind::ContactsFile;
    assert_eq!(ask("post house", "Printing", file).await, Ok(1));
    let unknown = ask("Nobody", "printing", file).await;
    assert_eq!(unknown, Err(DisclosureRefused::UnknownRecipient("Nobody".into())));
    let purpose = ask("Post House", "curiosity", file).await;
    assert!(matches!(purpose, Err(DisclosureRefused::Purpose { .. })), "{purpose:?}");
    let field = ask("Post House", "printing", DisclosureKind::ReportFile).await;
    assert!(
        matches!(field, Err(DisclosureRefused::Field { field: DisclosedField::Deliveries, .. })),
        "{field:?}"
    );
    let sharing = ask("Friends", "printing", file).await;
    assert_eq!(sharing, Err(DisclosureRefused::SharingByNotice("Friends".into())));
    store.processor_remove("POST house".into()).await.unwrap();
    let gone = ask("Post House", "printing", file).await;
    assert_eq!(gone, Err(DisclosureRefused::UnknownRecipient("Post House".into())));
    assert!(matches!(
        store.processor_remove("Post House".into()).await,
        Err(StoreError::NotFound("recipient"))
    ));
    // What was refused has left no entry; what was done stays by name.
    let all = store.disclosures_page(Some("Post House".into()), i64::MAX, 9).await.unwrap();
    assert_eq!((all.len(), entries(store).await.len()), (1, 1));
    assert_eq!((all[0].country.as_str(), all[0].basis), ("DE", DisclosureBasis::ServiceProvider));
    let long = NewDisclosure { purpose: "x".repeat(201), ..new_disclosure(None, "") };
    let refused = store.disclosure_check(long).await;
    assert!(matches!(refused, Err(StoreError::Disclosure(DisclosureRefused::Wrong { .. }))));
}

pub(super) async fn the_reads_of_a_day_are_one_entry_that_the_next_day_closes(store: Store) {
    let world = World::with_contacts(store, 5).await;
    let (store, contacts) = (&world.store, &world.contacts);
    let (of, other) = (DisclosureKind::ContactsRead, DisclosureKind::DeliveriesRead);
    let day = |days: i64| later(days * DAY);
    for (kind, at, who) in [
        (of, day(0), &contacts[..2]),
        (of, later(3), &contacts[1..4]),
        (of, later(4), &contacts[1..4]),
        (other, later(4), &contacts[4..]),
        (of, day(1), &contacts[..1]),
    ] {
        store.read_disclose(read(kind, at), who.to_vec()).await.unwrap();
    }
    let opened: Vec<_> = entries(store).await.iter().map(|it| (it.kind, it.persons)).collect();
    assert_eq!(opened, [(of, None), (other, None), (of, None)]);
    assert!(store.disclosures_close(day(1)).await.unwrap());
    assert!(!store.disclosures_close(day(1)).await.unwrap(), "only what is over is closed");
    let all = entries(store).await;
    let closed: Vec<_> = all[3..].iter().map(|it| (it.kind, it.persons, it.closes)).collect();
    assert_eq!(closed, [(of, Some(4), Some(1)), (other, Some(1), Some(2))]);
    assert_eq!(verified(store).await.broken, None);
    assert_eq!(held(store, contacts[0]).await, [3, 1]);
    assert_eq!(held(store, contacts[3]).await, [1]);
    assert_eq!(held(store, contacts[4]).await, [2]);
    // One that was late opens the day again, so that no closed number is wrong.
    store.read_disclose(read(of, later(5)), contacts[4..].to_vec()).await.unwrap();
    assert_eq!(entries(store).await.len(), 6);
    assert!(store.disclosures_close(day(2)).await.unwrap());
    assert_eq!(held(store, contacts[4]).await, [6, 2]);
    assert_eq!(verified(store).await.end.seq, 8);
}

pub(super) async fn what_is_undisclosed_comes_out_with_its_people_in_the_register(store: Store) {
    let world = World::with_contacts(store, 2).await;
    let (store, contacts) = (&world.store, &world.contacts);
    let content = || Undisclosed::new("a click", vec![contacts[1]], 1);
    let reader = DisclosedTo::Reader(read(DisclosureKind::EventFeed, AT));
    assert_eq!(content().disclose(store, &reader).await.unwrap(), "a click");
    let new = NewDisclosure { kind: DisclosureKind::EventsFile, ..new_disclosure(None, OWN_USE) };
    let file = store.disclosure_open(new).await.unwrap();
    let to = DisclosedTo::File(file.clone());
    assert_eq!(content().disclose(store, &to).await.unwrap(), "a click");
    let nobody = Undisclosed::new("nobody's click", Vec::new(), 1);
    assert_eq!(nobody.disclose(store, &to).await.unwrap(), "nobody's click");
    store.disclosure_close(&file, later(1)).await.unwrap();
    store.disclosure_close(&file, later(1)).await.unwrap();
    let all = entries(store).await;
    let told: Vec<_> = all.iter().map(|it| (it.persons, it.closes)).collect();
    assert_eq!(told, [(None, None), (None, None), (Some(1), Some(2))]);
    assert_eq!(
        (held(store, contacts[1]).await, held(store, contacts[0]).await),
        (vec![2, 1], vec![])
    );
}

pub(super) async fn whoever_is_erased_vanishes_and_their_number_stays(store: Store) {
    let world = World::with_contacts(store, 3).await;
    let (store, contacts) = (&world.store, &world.contacts);
    file_of(store, contacts).await;
    file_of(store, &contacts[1..2]).await;
    file_of(store, &contacts[2..]).await;
    store.read_disclose(read(DisclosureKind::ContactsRead, AT), contacts.clone()).await.unwrap();
    assert_eq!(held(store, contacts[1]).await, [4, 2, 1]);
    let before = entries(store).await;
    store.address_erase("2@x.org".into(), [7; 32], later(1)).await.unwrap();
    assert_eq!(held(store, contacts[1]).await, Vec::<i64>::new());
    assert_eq!(held(store, contacts[2]).await, [4, 3, 1]);
    assert_eq!(entries(store).await, before, "no entry is changed");
    store.disclosures_close(later(2 * DAY)).await.unwrap();
    let closed = entries(store).await.pop().unwrap();
    assert_eq!((closed.persons, verified(store).await.broken), (Some(3), None));
}

async fn export(store: &Store) -> (JobId, Job) {
    let actor = actor("Nightly");
    let (title, spec) = ("contacts.csv".to_owned(), "{}".to_owned());
    let new = NewJob { kind: "export", actor, topic: None, title, spec, of: None };
    let id = store.job_ask(new, 0, AT).await.unwrap();
    (id, claim(store, 1, AT).await.unwrap())
}

pub(super) async fn a_step_of_an_export_is_stored_with_whom_it_has_written(store: Store) {
    let world = World::with_contacts(store, 4).await;
    let (store, contacts) = (&world.store, &world.contacts);
    let (id, job) = export(store).await;
    let exported = |contacts: &[ContactId], begins_anew| ExportedContacts {
        contacts: contacts.to_vec(),
        begins_anew,
    };
    let put = async |job: &Job, done, exported| {
        let step = crate::JobStep { part: None, ..step(job, done, AT) };
        store.job_export_step(step, String::new(), exported).await
    };
    put(&job, 1, exported(&contacts[..2], true)).await.unwrap();
    put(&job, 2, exported(&contacts[3..], true)).await.unwrap();
    put(&job, 3, exported(&contacts[2..3], false)).await.unwrap();
    let lost = Job { epoch: job.epoch - 1, ..job.clone() };
    let refused = put(&lost, 4, exported(&contacts[..1], false)).await;
    assert!(matches!(refused, Err(StoreError::Changed(_))), "{refused:?}");
    store.job_end((id, job.epoch), JobState::Done, None, AT).await.unwrap();
    assert_eq!(entries(store).await, [], "nothing has left");
    for _ in 0..2 {
        store.job_file_disclose(id, new_disclosure(None, OWN_USE)).await.unwrap();
    }
    let last = store.job_file_disclose(id, new_disclosure(None, "a look")).await.unwrap();
    let persons: Vec<_> = entries(store).await.iter().map(|it| it.persons).collect();
    assert_eq!(persons, [Some(2); 3], "each time that it is taken");
    assert_eq!(held(store, contacts[3]).await, [3, 2, 1]);
    assert_eq!(held(store, contacts[0]).await, Vec::<i64>::new());
    let mut members = DisclosedMembers::of(&last);
    assert!(members.has(store, contacts[2]).await.unwrap());
    assert!(!members.has(store, contacts[1]).await.unwrap());
}

pub(super) async fn what_was_planned_and_never_written_is_tidied_up(store: Store) {
    let world = World::with_contacts(store, 1).await;
    let store = &world.store;
    let set = store.disclosure_set_make(AT).await.unwrap();
    store.disclosure_set_add(set, world.contacts.clone()).await.unwrap();
    file_of(store, &world.contacts).await;
    assert!(!store.disclosure_sets_tidy(AT).await.unwrap(), "it may still be written");
    assert!(store.disclosure_sets_tidy(later(1)).await.unwrap());
    assert!(!store.disclosure_sets_tidy(later(1)).await.unwrap());
    assert_eq!(held(store, world.contacts[0]).await, [1], "what has left stays");
    let gone = store.disclosure_enter(new_disclosure(None, OWN_USE), set).await;
    assert!(gone.is_err(), "nothing leaves without its people: {gone:?}");
    assert_eq!(entries(store).await.len(), 1);
}
