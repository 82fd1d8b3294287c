//! Whatever happens to an address in whatever order, nobody is mailed whose last word was no.

use std::collections::BTreeMap;

use model::{AddressCode, ContactId, EmailAddress, Removal};
use proptest::prelude::*;
use proptest::strategy::ValueTree;
use proptest::test_runner::TestRunner;

use super::forms::join;
use super::world::{World, email, later, row};
use crate::{ImportRow, ImportStanding, Join, NewContact, Scope, Store, StoreError};

/// What happens to one address.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Act {
    /// Whoever runs the installation imports, adds, subscribes, or lifts a suppression.
    Import,
    ImportAsLeft,
    ImportUnconfirmed,
    Add,
    Subscribe,
    Lift,
    /// The person leaves the topic, or everything, also by a link of mail from before they were erased.
    LeaveTopic,
    LeaveAll,
    LeaveByOldLink,
    /// The person comes back by the page, or by a form and its mailed link.
    Return,
    Join,
    /// A form is filled in for them, and nobody confirms it.
    JoinUnconfirmed,
    Erase,
    ComplainAboutMail,
}

const ACTS: [Act; 14] = [
    Act::Import,
    Act::ImportAsLeft,
    Act::ImportUnconfirmed,
    Act::Add,
    Act::Subscribe,
    Act::Lift,
    Act::LeaveTopic,
    Act::LeaveAll,
    Act::LeaveByOldLink,
    Act::Return,
    Act::Join,
    Act::JoinUnconfirmed,
    Act::Erase,
    Act::ComplainAboutMail,
];

/// What the person has said last, as far as this test follows it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Word {
    None,
    Yes,
    No,
    /// Has complained: their own yes by a page brings no mail either.
    Never,
}

/// An address and what is known of its person.
struct Person {
    address: EmailAddress,
    hash: [u8; 32],
    word: Word,
    /// Nothing more is noted about them, so no complaint either.
    erased: bool,
}

impl Person {
    fn new(number: usize) -> Self {
        let mut hash = [9; 32];
        hash[..8].copy_from_slice(&number.to_le_bytes());
        Self { address: email(&format!("p{number}@x.org")), hash, word: Word::None, erased: false }
    }

    fn key(&self) -> String {
        self.address.key()
    }

    fn says(&mut self, word: Word) {
        if self.word != Word::Never {
            self.word = word;
        }
    }

    async fn contact(&self, store: &Store) -> Option<ContactId> {
        store.contact_by_email(self.address.clone()).await.unwrap().map(|it| it.id)
    }

    async fn import(&self, world: &World, standing: ImportStanding, minute: i64) {
        let contact = row(self.address.as_str()).into();
        let import = ImportRow { address_hash: self.hash, standing, ..contact };
        let (topic, at) = (Some(world.topic), later(minute));
        world.store.contacts_import(vec![import], topic, "list".into(), at).await.unwrap();
    }

    async fn leave(&mut self, world: &World, scope: Scope, removal: Removal, minute: i64) {
        let Some(id) = self.contact(&world.store).await else { return };
        let at = later(minute);
        world.store.contact_leave(id, scope, removal, None, self.hash, at).await.unwrap();
        self.says(Word::No);
    }

    async fn join(&mut self, world: &World, token: [u8; 32], minute: i64, confirms: bool) {
        let topics = vec![world.topic];
        let (at, ends_at) = (later(minute), later(minute + 60));
        let typed = Join { topics, at, ends_at, ..join("news", self.address.clone()) };
        world.store.join_add(token, typed).await.unwrap();
        if confirms {
            let done = world.store.join_confirm(token, self.hash, later(minute)).await.unwrap();
            assert!(done.is_some());
            self.erased = false;
            self.says(Word::Yes);
        }
    }

    /// Somebody else says that they agree: good while they have said nothing themselves.
    fn is_said<T>(&mut self, done: Result<T, StoreError>) {
        match done {
            Ok(_) if self.word == Word::None => self.word = Word::Yes,
            Ok(_) | Err(StoreError::Contact(_)) => {}
            Err(error) => panic!("{error}"),
        }
    }

    async fn meets(&mut self, act: Act, world: &World, (number, minute): (usize, i64)) {
        let (store, at) = (&world.store, later(minute));
        match act {
            Act::Import => {
                self.import(world, ImportStanding::Subscribed, minute).await;
                if self.word == Word::None {
                    self.word = Word::Yes;
                }
            }
            Act::ImportAsLeft => {
                self.import(world, ImportStanding::Left(Removal::Elsewhere), minute).await;
                self.says(Word::No);
            }
            Act::ImportUnconfirmed => {
                self.import(world, ImportStanding::Unconfirmed, minute).await;
            }
            Act::Add => {
                let new = NewContact {
                    row: row(self.address.as_str()),
                    topics: vec![world.topic],
                    proof: "by telephone".to_owned(),
                    address_hash: self.hash,
                };
                self.is_said(store.contact_add(new, at).await);
            }
            Act::Subscribe => {
                let Some(id) = self.contact(store).await else { return };
                let proof = "by telephone".to_owned();
                self.is_said(store.contact_subscribe(id, world.topic, proof, at).await);
            }
            Act::Lift => {
                store.suppression_lift(self.key(), at).await.unwrap();
            }
            said => self.speaks(said, world, (number, minute)).await,
        }
    }

    async fn speaks(&mut self, act: Act, world: &World, (number, minute): (usize, i64)) {
        let (store, at) = (&world.store, later(minute));
        match act {
            Act::LeaveTopic => {
                self.leave(world, Scope::Topic(world.topic), Removal::OneClick, minute).await;
            }
            Act::LeaveAll => {
                self.leave(world, Scope::Everything, Removal::OneClick, minute).await;
            }
            Act::LeaveByOldLink => {
                let (code, how) = (AddressCode::of(&self.hash), Removal::OneClick);
                store.removal_keep(code, Scope::Everything, how, None, at).await.unwrap();
                // As the search among all contacts does soon after.
                if let Some(id) = self.contact(store).await {
                    store.kept_removals_apply(id, self.key(), self.hash).await.unwrap();
                }
                self.says(Word::No);
            }
            Act::Return => {
                let Some(id) = self.contact(store).await else { return };
                if store.contact_return(id, world.topic, at).await.unwrap() {
                    self.says(Word::Yes);
                }
            }
            Act::Join => self.join(world, token(number, minute), minute, true).await,
            Act::JoinUnconfirmed => self.join(world, token(number, minute), minute, false).await,
            Act::Erase => {
                store.address_erase(self.key(), self.hash, at).await.unwrap();
                self.says(Word::No);
                self.erased = true;
            }
            Act::ComplainAboutMail => {
                store
                    .address_suppress(self.key(), Removal::Complaint, self.hash, at)
                    .await
                    .unwrap();
                if !self.erased {
                    self.word = Word::Never;
                }
            }
            other => panic!("{other:?} is no word of theirs"),
        }
    }
}

fn token(number: usize, minute: i64) -> [u8; 32] {
    let mut token = [0; 32];
    token[..8].copy_from_slice(&number.to_le_bytes());
    token[8..16].copy_from_slice(&minute.to_le_bytes());
    token
}

pub(super) async fn whoever_said_no_last_is_never_mailed_whatever_came_before(store: Store) {
    let world = World::with_contacts(store, 0).await;
    let mut runner = TestRunner::deterministic();
    let acts = proptest::collection::vec(proptest::sample::select(&ACTS[..]), 1..10);
    let mut people = Vec::new();
    for number in 0..250 {
        let acts = acts.new_tree(&mut runner).unwrap().current();
        let mut person = Person::new(number);
        for (minute, act) in (1..).zip(&acts) {
            person.meets(*act, &world, (number, minute)).await;
        }
        people.push((person, acts));
    }
    let campaign = world.started().await;
    let mut mailed: BTreeMap<String, usize> = BTreeMap::new();
    loop {
        let claimed = world.claim(campaign, 100).await;
        if claimed.is_empty() {
            break;
        }
        claimed.iter().for_each(|it| *mailed.entry(it.email.key()).or_default() += 1);
    }
    let (mut yes, mut no) = (0, 0);
    for (person, acts) in &people {
        let times = mailed.get(&person.key()).copied().unwrap_or(0);
        match person.word {
            Word::Yes => {
                yes += 1;
                assert_eq!(times, 1, "said yes last: {acts:?}");
            }
            word => {
                no += 1;
                assert_eq!(times, 0, "{word:?}: {acts:?}");
            }
        }
    }
    assert!(yes > 30 && no > 100, "{yes} would be mailed, {no} not");
}
