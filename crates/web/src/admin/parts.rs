//! What every admin page needs: what it is made from, the frame around it, and the page for unknown
//! addresses.

use std::sync::{Arc, Mutex, PoisonError};

use access::{Actor, TopicScope};
use actions::Resources;
use askama::Template;
use axum::extract::{FromRef, Request};
use axum::http::StatusCode;
use axum::middleware::Next;
use axum::response::Response;
use media::FileStore;
use model::Right;
use report::{Retention, StorageSurroundings};
use store::Store;

use crate::admin::accounts::Accounts;
use crate::admin::inbox::Inbox;
use crate::admin::kept_topics::KeptTopics;
use crate::admin::streams::LiveStreams;
use crate::listen::respond;
use crate::ops::health::HealthParts;

/// What the admin pages are made from.
#[derive(Clone)]
pub struct AdminParts {
    pub store: Store,
    /// Where the media library's bytes are.
    pub files: FileStore,
    /// Caught mail to look at; otherwise the inbox shows test messages.
    pub inbox: Option<Arc<Inbox>>,
    /// Answer only requests whose `Host` is this machine: for a listener on loopback.
    pub this_machine_only: bool,
    /// The process's metrics in Prometheus' text format.
    pub metrics: Arc<dyn Fn() -> String + Send + Sync>,
    /// Why this node does not do what it is there for; empty when it does.
    pub readiness: Arc<dyn Fn() -> Vec<String> + Send + Sync>,
    /// What this process is and where it works.
    pub process: Arc<dyn Fn() -> ProcessFacts + Send + Sync>,
    pub accounts: Accounts,
    /// What is done here is done with these; their store is not the one for reports.
    pub resources: Resources,
    /// Pages that keep themselves up to date.
    pub live: LiveStreams,
    /// The topics' numbers as they were last counted.
    pub(crate) topics: Arc<Mutex<Option<KeptTopics>>>,
}

/// A process and the machine that it runs on.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct ProcessFacts {
    /// Of Pharos.
    pub version: String,
    /// Where the store is, without a password.
    pub store: String,
    /// The data folder.
    pub data_folder: String,
    /// Bytes that may still be written there; None when that is not known.
    pub free_bytes: Option<u64>,
    /// Bytes of the store's file, if it is one.
    pub store_bytes: Option<u64>,
    /// Bytes of this node's journals.
    pub journal_bytes: u64,
    /// How long what is kept.
    pub retention: Retention,
}

impl ProcessFacts {
    /// What a forecast of the store's size needs to know.
    pub(crate) fn around_the_store(&self) -> StorageSurroundings {
        StorageSurroundings {
            store_bytes: self.store_bytes,
            free_bytes: self.free_bytes,
            journal_bytes: self.journal_bytes,
            retention: self.retention,
        }
    }
}

impl AdminParts {
    /// Why nothing can be sent, in words for a page.
    pub(crate) fn cannot_send(&self) -> Option<String> {
        let why = self.resources.can_send().err()?;
        Some(why.words.replace('`', ""))
    }

    /// Admin pages for the listener that `health` is for; `inbox` is the demo's.
    #[must_use]
    pub fn new(
        health: HealthParts,
        resources: Resources,
        inbox: Option<Arc<Inbox>>,
        process: Arc<dyn Fn() -> ProcessFacts + Send + Sync>,
        accounts: Accounts,
    ) -> Self {
        let HealthParts { store, this_machine_only, metrics, readiness } = health;
        let (files, topics) = (resources.files.clone(), Arc::default());
        Self {
            store,
            files,
            inbox,
            this_machine_only,
            metrics,
            readiness,
            process,
            accounts,
            resources,
            live: LiveStreams::default(),
            topics,
        }
    }
}

impl AdminParts {
    /// Counts topics anew when they are shown next: one was added or changed.
    pub(crate) fn forget_topics(&self) {
        *self.topics.lock().unwrap_or_else(PoisonError::into_inner) = None;
    }
}

/// A page above the one that is shown.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Crumb {
    pub(crate) path: String,
    pub(crate) name: String,
}

/// The frame around every admin page.
#[derive(Debug, Clone)]
pub(crate) struct AdminFrame {
    /// The entries of the navigation.
    pub(crate) entries: Vec<NavigationEntry>,
    /// The pages above this one, from the outermost.
    pub(crate) above: Vec<Crumb>,
    /// Who is signed in.
    pub(crate) person: Option<String>,
    /// What was just done.
    pub(crate) message: Option<&'static str>,
}

/// An entry of the navigation.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct NavigationEntry {
    pub(crate) path: &'static str,
    pub(crate) name: &'static str,
    pub(crate) is_here: bool,
}

/// What leads where, and for whom.
const NAVIGATION: &[(&str, &str, &str, Right)] = &[
    ("campaigns", "/admin/campaigns", "Campaigns", Right::CampaignsRead),
    ("announcements", "/admin/announcements", "Announcements", Right::AnnouncementsRead),
    ("messages", "/admin/messages", "Messages", Right::DeliveriesRead),
    ("contacts", "/admin/contacts", "Contacts", Right::ContactsRead),
    ("topics", "/admin/topics", "Topics", Right::TopicsRead),
    ("media", "/admin/media", "Media", Right::MediaRead),
    ("inbox", "/admin/inbox", "Inbox", Right::InboxRead),
    ("users", "/admin/users", "Users", Right::UsersRead),
    ("audit", "/admin/audit", "Audit log", Right::AuditRead),
    ("system", "/admin/system", "System", Right::SystemRead),
];

impl AdminFrame {
    /// Around the page `here`, for whoever looks at it.
    pub(crate) fn of(
        here: &'static str,
        actor: Option<&Actor>,
        message: Option<&'static str>,
    ) -> Self {
        let may = |right| actor.is_some_and(|actor| actor.can(right));
        // Single messages belong to no topic.
        let is_of_all = actor.is_some_and(|actor| actor.topics() == TopicScope::All);
        let entries =
            NAVIGATION.iter().filter(|entry| may(entry.3) && (is_of_all || entry.0 != "messages"));
        Self {
            entries: entries
                .map(|&(word, path, name, _)| NavigationEntry { path, name, is_here: word == here })
                .collect(),
            above: Vec::new(),
            person: actor.and_then(Actor::user).map(|user| user.name().to_owned()),
            message,
        }
    }

    /// The same frame around a page below another.
    pub(crate) fn below(mut self, path: impl Into<String>, name: impl Into<String>) -> Self {
        self.above.push(Crumb { path: path.into(), name: name.into() });
        self
    }
}

#[derive(Template)]
#[template(path = "admin/notice.html")]
struct AdminNoticePage<'a> {
    frame: AdminFrame,
    title: &'a str,
    text: &'a str,
}

/// A page that says one thing, in place of another.
pub(crate) fn notice(frame: AdminFrame, status: StatusCode, title: &str, text: &str) -> Response {
    respond::page(status, &AdminNoticePage { frame, title, text })
}

/// Refuses addresses with a zero byte: PostgreSQL takes none in a text, and nothing that is kept
/// has one.
pub(crate) async fn no_nul(request: Request, next: Next) -> Response {
    let asked = request.uri().path_and_query().map_or("", |asked| asked.as_str());
    if asked.contains("%00") {
        let text = "It holds a zero byte, which no name and no address has.";
        let frame = AdminFrame::of("", None, None);
        return notice(frame, StatusCode::BAD_REQUEST, "This address does not work", text);
    }
    next.run(request).await
}

impl FromRef<AdminParts> for HealthParts {
    fn from_ref(parts: &AdminParts) -> Self {
        Self {
            store: parts.store.clone(),
            this_machine_only: parts.this_machine_only,
            metrics: Arc::clone(&parts.metrics),
            readiness: Arc::clone(&parts.readiness),
        }
    }
}
