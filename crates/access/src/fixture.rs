//! What tests begin with: a store on each database, users, sessions.

use std::path::Path;
use std::sync::{Arc, OnceLock};

use model::{EmailAddress, Role, Timestamp, TopicId, UserId};
use store::{Location, Store, StoreOptions};
use token::Keyring;

use crate::{
    Actor, AddUser, Attempt, Object, Password, PasswordHasher, Permit, SignIn, SignedIn, user_add,
};
use model::Right;

pub(crate) const AT: Timestamp = Timestamp(1_795_428_245_000_000);
pub(crate) const PASSWORD: &str = "correct horse";

/// `seconds` after [`AT`].
pub(crate) fn later(seconds: i64) -> Timestamp {
    Timestamp(AT.0 + seconds * 1_000_000)
}

/// The keys of the installation, the same in all tests.
pub(crate) fn keys() -> Arc<Keyring> {
    static KEYS: OnceLock<Arc<Keyring>> = OnceLock::new();
    Arc::clone(KEYS.get_or_init(|| Arc::new(Keyring::generate().unwrap())))
}

/// Runs a behaviour over an empty store on SQLite, then on PostgreSQL.
pub(crate) fn on_both<F: Future<Output = ()>>(behaviour: impl Fn(Store) -> F) {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("store.sqlite");
    let url = testkit::Postgres::shared().database();
    let postgres = Location::parse(&url, Path::new("/"), None, None).unwrap();
    for location in [Location::Sqlite(path), postgres] {
        let store = Store::open(location, StoreOptions::default()).unwrap();
        let mut runtime = tokio::runtime::Builder::new_multi_thread();
        let runtime = runtime.worker_threads(2).enable_all().build().unwrap();
        runtime.block_on(behaviour(store));
    }
}

pub(crate) fn system() -> Actor {
    Actor::command_line("ann")
}

pub(crate) fn permit(actor: &Actor, right: Right) -> Permit {
    actor.may(right, Object::Installation).unwrap()
}

pub(crate) fn email(text: &str) -> EmailAddress {
    EmailAddress::parse(text).unwrap()
}

/// A user with [`PASSWORD`].
pub(crate) async fn added(store: &Store, address: &str, role: Role, topics: &[TopicId]) -> UserId {
    let password = Password::choose(PASSWORD, &[]).unwrap();
    let hash = PasswordHasher::default().hash(password).await.unwrap();
    let add = AddUser {
        email: email(address),
        name: "Zoë".into(),
        role,
        topics: topics.to_vec(),
        password_hash: Some(hash),
    };
    user_add(store, &permit(&system(), Right::UsersWrite), add, AT).await.unwrap().id
}

pub(crate) fn from(client: &str, now: Timestamp) -> Attempt<'_> {
    Attempt { client: client.parse().unwrap(), agent: "Firefox", now }
}

/// Signs in with [`PASSWORD`], from a network of one's own.
pub(crate) async fn signed_in(store: &Store, address: &str) -> (String, Actor) {
    let sign_in = SignIn::new(store.clone(), PasswordHasher::default(), keys());
    let done = sign_in.with_password(address, PASSWORD, None, from("198.51.100.1", AT)).await;
    let SignedIn::Complete { token, .. } = done.unwrap() else { panic!("a code is needed") };
    let found = crate::session_authenticate(store, token.reveal(), AT).await.unwrap().unwrap();
    (token.reveal().to_owned(), Actor::User(found.user))
}

pub(crate) async fn topics(store: &Store) -> [TopicId; 2] {
    let ensure = |slug: &str| store.topic_ensure(slug.to_owned(), slug.to_owned());
    [ensure("a").await.unwrap(), ensure("b").await.unwrap()]
}

/// Actions in the log, oldest first; the chain must hold.
pub(crate) async fn log(store: &Store) -> Vec<String> {
    assert_eq!(store.audit_verify(None).await.unwrap().broken, None);
    let entries = store.audit_after(0).await.unwrap();
    entries.iter().map(|it| format!("{} {} {}", it.actor_name, it.action, it.object_id)).collect()
}
