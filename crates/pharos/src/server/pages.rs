//! The listeners for people and programs: recipients' pages, the admin side, health and metrics.

use std::net::TcpListener;
use std::num::NonZeroU32;
use std::pin::Pin;
use std::sync::Arc;
use std::time::Duration;

use access::{PasswordHasher, SignIn};
use actions::Resources;
use audience::RemovalJournal;
use bus::KeyedLimit;
use listener::ClientLimits;
use token::Keyring;
use tokio::task::JoinHandle as Task;
use tokio_util::sync::CancellationToken;
use web::inbox::Inbox;
use web::{Accounts, DemoOwner};

use crate::config::{Bus, Config, Listen};
use crate::installation::Installation;
use crate::metrics::Metrics;
use crate::readiness::Readiness;
use crate::storage::surroundings;

/// Connections for recipient pages, and for report pages.
const PAGE_CONNECTIONS: usize = 512;

/// Requests to the API without a good token that a client network may send.
const FAILURES_PER_MINUTE: NonZeroU32 = NonZeroU32::MIN.saturating_add(299);

/// The listeners whose requests the router of a page answers.
pub(super) struct PageListeners {
    pub(super) public: Option<TcpListener>,
    pub(super) admin: Option<TcpListener>,
    pub(super) ops: Option<TcpListener>,
}

/// What only the demo's pages have.
pub(crate) struct DemoPages {
    /// The mail that it has caught.
    pub(crate) inbox: Arc<Inbox>,
    pub(crate) owner: Arc<DemoOwner>,
}

/// What clients of a listener for pages may take.
pub(super) fn page_limits(drain: Duration) -> ClientLimits {
    ClientLimits { connections: PAGE_CONNECTIONS, drain, ..ClientLimits::default() }
}

pub(super) fn start_pages(
    installation: &Installation,
    listeners: PageListeners,
    removals: RemovalJournal,
    demo: Option<DemoPages>,
    metrics: &Arc<Metrics>,
    shutdown: &CancellationToken,
) -> anyhow::Result<Vec<Task<()>>> {
    let config = &installation.config;
    let (shown, clients) = (Arc::clone(metrics), Arc::clone(&metrics.pages));
    let (served, api) = (Arc::clone(&metrics.public), Arc::clone(&metrics.api));
    let (limits, streams) = (web::StreamLimits::default(), Arc::clone(&metrics.streams));
    let live = web::LiveStreams::new(limits, streams, shutdown.clone());
    let (inbox, owner) = demo.map(|demo| (demo.inbox, demo.owner)).unzip();
    let accounts = accounts(installation, owner, &metrics.sign_ins);
    let readiness = Readiness { metrics: Arc::clone(metrics), removals: removals.clone() };
    let readiness: Arc<dyn Fn() -> Vec<String> + Send + Sync> =
        Arc::new(move || readiness.reasons());
    let text: Arc<dyn Fn() -> String + Send + Sync> = Arc::new(move || shown.text());
    let health = |Listen(address)| web::HealthParts {
        store: installation.store.clone(),
        this_machine_only: address.ip().is_loopback(),
        metrics: Arc::clone(&text),
        readiness: Arc::clone(&readiness),
    };
    let has_pages = listeners.public.is_some();
    let mut routers = Vec::with_capacity(3);
    if let Some(public) = listeners.public {
        let parts = public_parts(installation, removals, served)?;
        routers.push((public, web::public_router(parts)));
    }
    if let Some(admin) = listeners.admin {
        let health = health(config.admin);
        let router = match has_pages {
            true => {
                let store = installation.store.for_reports();
                let health = web::HealthParts { store, ..health };
                let resources = installation.resources_counting(Arc::clone(&metrics.messages))?;
                let (process, api) = (process_facts(config), (resources.clone(), api, shutdown));
                let api = web::api_router(api_parts(installation, &health, inbox.clone(), api)?);
                let mut parts = web::AdminParts::new(health, resources, inbox, process, accounts);
                parts.live = live;
                web::admin_router(parts).merge(api)
            }
            false => web::health_router(health),
        };
        routers.push((admin, router));
    }
    if let (Some(ops), Some(listen)) = (listeners.ops, config.ops) {
        routers.push((ops, web::health_router(health(listen))));
    }
    let limits = page_limits(config.shutdown_timeout / 2);
    let mut pages = Vec::with_capacity(routers.len());
    for (listener, router) in routers {
        let listener = tokio::net::TcpListener::from_std(listener)?;
        pages.push(tokio::spawn(web::serve(
            listener,
            router,
            limits,
            Arc::clone(&clients),
            shutdown.clone(),
        )));
    }
    Ok(pages)
}

fn public_parts(
    installation: &Installation,
    removals: RemovalJournal,
    counters: Arc<web::PublicCounters>,
) -> anyhow::Result<web::PublicParts> {
    let keys = Arc::clone(&installation.keys);
    let config = &installation.config;
    let account = config.accounts.then(|| {
        let (store, settings) = (installation.store.clone(), installation.settings.clone());
        let counts = Arc::clone(&counters.account);
        actions::RecipientAccounts::new(store, Arc::clone(&keys), settings, counts)
    });
    let (store, settings) = (installation.store.clone(), installation.settings.clone());
    let counts = Arc::clone(&counters.joins);
    let joins = actions::Joins::new(store, Arc::clone(&keys), settings, config.joins, counts);
    Ok(web::PublicParts {
        account,
        joins: Some(joins),
        trusted_proxies: config.trusted_proxies.as_slice().into(),
        store: Some(installation.store.clone()),
        cookie: browser_cookie(config, &keys),
        keys,
        removals,
        sender: sender_now(installation),
        files: installation.files()?,
        counters,
    })
}

/// The cookie that the beacons of this installation set.
pub(super) fn browser_cookie(config: &Config, keys: &Arc<Keyring>) -> web::BrowserCookie {
    web::BrowserCookie::new(config.cookie, config.cookie_scope, Arc::clone(keys))
}

/// Who sends, as it is set when somebody looks.
fn sender_now(installation: &Installation) -> Arc<dyn Fn() -> Arc<render::Sender> + Send + Sync> {
    let settings = installation.settings.clone();
    Arc::new(move || Arc::clone(&settings.now().sender))
}

fn api_parts(
    installation: &Installation,
    health: &web::HealthParts,
    inbox: Option<Arc<Inbox>>,
    (resources, counters, shutdown): (Resources, Arc<web::ApiCounters>, &CancellationToken),
) -> anyhow::Result<web::ApiParts> {
    let config = &installation.config;
    let limit = |name, per_minute| match &config.bus {
        Bus::Local => Ok(KeyedLimit::new(per_minute)),
        Bus::Redis(server) => KeyedLimit::shared(server, &installation.id, name, per_minute),
    };
    let limits = web::ApiLimits {
        requests: Arc::new(Limit(limit("api", config.api_requests_per_minute)?)),
        failures: Arc::new(Limit(limit("api-failures", FAILURES_PER_MINUTE)?)),
    };
    Ok(web::ApiParts {
        resources,
        reports: health.store.clone(),
        inbox,
        this_machine_only: health.this_machine_only,
        readiness: Arc::clone(&health.readiness),
        process: process_facts(config),
        trusted_proxies: config.admin_proxies.as_slice().into(),
        limits,
        counters,
        event_waits: web::EventWaits::new(shutdown.clone()),
        topics: web::KeptCounts::default(),
        document: Arc::default(),
    })
}

/// A limit of the bus, as the API asks it.
struct Limit(KeyedLimit);

impl web::ApiLimit for Limit {
    fn take(&self, key: u64) -> Pin<Box<dyn Future<Output = web::LimitState> + Send + '_>> {
        Box::pin(async move {
            let bus::Share { allowed, quota, window, left, wait } = self.0.take(key).await;
            web::LimitState { allowed, quota, window, left, wait }
        })
    }
}

/// Who may sign in, and how. Pages that others can reach wait for an owner.
fn accounts(
    installation: &Installation,
    demo: Option<Arc<DemoOwner>>,
    counts: &Arc<access::SignInCounts>,
) -> Accounts {
    let Installation { config, store, keys, .. } = installation;
    let hasher = PasswordHasher::default();
    let sign_in = SignIn::new(store.clone(), hasher.clone(), Arc::clone(keys));
    let sign_in = sign_in.counting(Arc::clone(counts));
    let mut accounts = Accounts::new(store.clone(), sign_in, hasher);
    accounts.trusted_proxies = config.admin_proxies.as_slice().into();
    accounts.site.clone_from(&config.admin_site);
    accounts.demo = demo;
    accounts.closed_without_owner = !config.admin.0.ip().is_loopback() && !config.admin_remote;
    accounts
}

/// What the system page says about this process, looked up when it is asked for.
fn process_facts(config: &Config) -> Arc<dyn Fn() -> web::ProcessFacts + Send + Sync> {
    let config = config.clone();
    Arc::new(move || {
        let around = surroundings(&config);
        web::ProcessFacts {
            version: env!("CARGO_PKG_VERSION").to_owned(),
            store: config.store.to_string(),
            data_folder: config.data.display().to_string(),
            free_bytes: around.free_bytes,
            store_bytes: around.store_bytes,
            journal_bytes: around.journal_bytes,
            retention: around.retention,
        }
    })
}
