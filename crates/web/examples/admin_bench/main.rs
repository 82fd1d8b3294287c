//! How fast the admin pages are over a large store; `scripts/bench-admin` puts it to use.
//!
//! ```text
//! admin_bench STORE CONTACTS CAMPAIGNS
//! ```
//!
//! STORE is `sqlite:PATH` or `postgres://USER@HOST:PORT/DATABASE`. An empty one is filled: CONTACTS
//! contacts of one topic, every hundredth of another, CAMPAIGNS campaigns (one to everybody, the
//! others to the other topic in turn draft or started), and one more draft to everybody. Each page
//! is asked for 100 times, each search five times, each list of the API by 1,000 pages. The output
//! is for machines: `PAGE path milliseconds KiB` with the p95, `LIST path calls/s`, and RESULT.

#![expect(clippy::print_stdout, reason = "a benchmark prints its figures")]

mod fill;
mod programs;
#[path = "../../tests/fixture/set_up.rs"]
mod set_up;

use std::net::Ipv4Addr;
use std::path::Path;
use std::sync::Arc;
use std::time::Instant;

use access::{Attempt, Password, PasswordHasher, SignIn, SignedIn};
use actions::{MessageSender, SendFailure, Sending};
use axum::Router;
use axum::body::{Body, to_bytes};
use axum::http::header::{COOKIE, HeaderValue};
use axum::http::{Request, StatusCode};
use axum::middleware::map_request;
use hyper::service::Service as _;
use hyper_util::service::TowerToHyperService;
use model::{EmailAddress, Role, Timestamp};
use store::{FirstPassword, Location, NewUser, Store, StoreOptions};
use web::{Accounts, AdminParts, HealthParts, ProcessFacts, admin_router};

type Failure = Box<dyn std::error::Error>;

const USAGE: &str = "usage: admin_bench STORE CONTACTS CAMPAIGNS";
const ROUNDS: usize = 100;
const CHECKS: usize = 5;
/// What people type: common, rare, of one person, of nobody, across the @.
const SEARCHES: [&str; 24] = [
    "gmail",
    "ortega",
    "smith99",
    "rtega12345",
    "lumen.example",
    "zzqq",
    "a.ortega9",
    "@web.de",
    "999999",
    "ann.smith",
    "com",
    "nora.hall1",
    "lmaig",
    "mia.ortega77",
    "x@y",
    "kim500000",
    "@aurora.example",
    "12@lumen",
    "novak7777@",
    "jon.walker",
    "nobody.at.all",
    "q",
    "e.e",
    "31415",
];

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Failure> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let [store, contacts, campaigns] = arguments.as_slice() else { return Err(USAGE.into()) };
    let location = Location::parse(store, Path::new(""), None, None)?;
    let store = Store::open(location, StoreOptions { upgrade: true, ..StoreOptions::default() })?;
    if store.contacts_count().await? == 0 {
        fill::fill(&store, contacts.parse()?, campaigns.parse()?).await?;
    }
    // An older release's store that was upgraded has none.
    while store.address_pages_fill().await? {}
    let resources = resources(&store)?;
    measure(store, resources.clone()).await?;
    programs::measure(resources).await
}

/// Adds an owner; the cookie of their session.
async fn owner(store: &Store, accounts: &Accounts) -> Result<HeaderValue, Failure> {
    const PASSWORD: &str = "a bench in the park";
    let email = format!("owner-{}@bench.example", std::process::id());
    let hash = accounts.hasher.hash(Password::choose(PASSWORD, &[])?).await?;
    let new = NewUser {
        email: EmailAddress::parse(&email)?,
        name: "Owner".into(),
        role: Role::Owner,
        topics: Vec::new(),
        how: FirstPassword::Hash(hash),
    };
    let now = Timestamp::from_system(std::time::SystemTime::now());
    store.user_add(new, now).await?;
    let from = Attempt { client: Ipv4Addr::LOCALHOST.into(), agent: "", now };
    match accounts.sign_in.with_password(&email, PASSWORD, None, from).await? {
        SignedIn::Complete { token, .. } => {
            Ok(HeaderValue::try_from(format!("__Host-pharos_session={}", token.reveal()))?)
        }
        SignedIn::CodeNeeded { .. } => Err("the owner has no second factor".into()),
    }
}

fn resources(store: &Store) -> Result<actions::Resources, Failure> {
    let folder = std::env::temp_dir().join(format!("admin-bench-{}", std::process::id()));
    let files = media::FileStore::open(&media::FileStoreLocation::Folder(folder))?;
    let keys = Arc::new(token::Keyring::generate()?);
    let sender = campaign::Sender {
        organisation: "Bench".into(),
        postal_address: "1 Harbour Road".into(),
        domain: "bench.example".into(),
        beacon_url: "https://t.bench.example".into(),
        web_url: "https://www.bench.example".into(),
        brand: campaign::Brand::default(),
        attachments: campaign::AttachmentLimits::default(),
        honeypot_link: false,
    };
    let settings = actions::LiveSettings::fixed(sender, set_up::of_team(), Arc::new(NoRelay));
    let messages = Arc::new(campaign::SingleMessages::new(store.clone()));
    Ok(actions::Resources {
        store: store.clone(),
        keys,
        files,
        messages,
        settings,
        uploads: actions::UploadSpace::default(),
        domains: Default::default(),
    })
}

/// The benchmark sends nothing.
struct NoRelay;

impl MessageSender for NoRelay {
    fn send<'a>(&'a self, _: &'a EmailAddress, _: &'a EmailAddress, _: &'a [u8]) -> Sending<'a> {
        let (relay, why) = (String::new(), String::from("there is no relay here"));
        Box::pin(async { Err(SendFailure::Unreachable { relay, why }) })
    }
}

async fn measure(store: Store, resources: actions::Resources) -> Result<(), Failure> {
    let health = HealthParts {
        store: store.for_reports(),
        this_machine_only: false,
        metrics: Arc::new(String::new),
        readiness: Arc::new(Vec::new),
    };
    let hasher = PasswordHasher::default();
    let sign_in = SignIn::new(store.clone(), hasher.clone(), Arc::clone(&resources.keys));
    let accounts = Accounts::new(store.clone(), sign_in, hasher);
    let cookie = owner(&store, &accounts).await?;
    let process = Arc::new(ProcessFacts::default);
    let router = admin_router(AdminParts::new(health, resources, None, process, accounts));
    let admin = router.layer(map_request(move |mut request: Request<Body>| {
        request.headers_mut().insert(COOKIE, cookie.clone());
        async move { request }
    }));
    let contact =
        store.contact_by_email(fill::row(7)?.email).await?.ok_or("contact 7 is missing")?.id;
    // The last one that was made: a draft to everybody.
    let draft = store.campaigns_list().await?.iter().map(|it| it.id.number().0).max();
    let draft = draft.ok_or("there is no draft")?;
    let pages = [
        "/admin/campaigns".to_owned(),
        "/admin/campaigns?tab=needs-you".to_owned(),
        "/admin/campaigns?tab=drafts".to_owned(),
        "/admin/campaigns/1".to_owned(),
        "/admin/campaigns/1/deliveries".to_owned(),
        "/admin/campaigns/1/deliveries?state=failed".to_owned(),
        "/admin/campaigns/1/deliveries?q=ortega12".to_owned(),
        format!("/admin/campaigns/{draft}"),
        "/admin/announcements".to_owned(),
        "/admin/contacts".to_owned(),
        "/admin/contacts?topic=offers&state=subscribed".to_owned(),
        format!("/admin/contacts/{contact}"),
        "/admin/topics".to_owned(),
        "/admin/system".to_owned(),
    ];
    let (mut slowest, mut heaviest) = (0.0_f64, 0.0_f64);
    for path in &pages {
        let (p95, kib) = page(&admin, path).await?;
        println!("PAGE {path} {p95:.1} {kib:.1}");
        (slowest, heaviest) = (slowest.max(p95), heaviest.max(kib));
    }
    let check = check(&admin, &format!("/admin/campaigns/{draft}/send")).await?;
    let searches = searches(&admin).await?;
    println!("RESULT page_p95_ms {slowest:.1} ms");
    println!("RESULT page_kib_max {heaviest:.1} KiB");
    println!("RESULT check_ms {check:.0} ms");
    println!("RESULT search_p95_ms {:.1} ms", p95(searches.into_iter()));
    Ok(())
}

/// The page that goes through everybody who would get a draft; the median of a few, in milliseconds.
async fn check(admin: &Router, path: &str) -> Result<f64, Failure> {
    let mut times = Vec::with_capacity(CHECKS);
    for _ in 0..CHECKS {
        times.push(ask(admin, path).await?.0);
    }
    times.sort_by(f64::total_cmp);
    Ok(times[CHECKS / 2])
}

/// How long each search took, in milliseconds.
async fn searches(admin: &Router) -> Result<Vec<f64>, Failure> {
    let mut searches = Vec::new();
    for _ in 0..5 {
        for text in SEARCHES {
            let path = format!("/admin/contacts?q={}", text.replace('@', "%40"));
            let took = ask(admin, &path).await?.0;
            searches.push((took, text));
        }
    }
    searches.sort_by(|a, b| a.0.total_cmp(&b.0));
    for (took, text) in searches.iter().rev().take(4) {
        println!("SEARCH {text} {took:.1}");
    }
    Ok(searches.into_iter().map(|it| it.0).collect())
}

/// The p95 in milliseconds and the weight in KiB.
async fn page(admin: &Router, path: &str) -> Result<(f64, f64), Failure> {
    let (mut times, mut kib) = (Vec::with_capacity(ROUNDS), 0.0);
    for _ in 0..ROUNDS {
        let (took, weight) = ask(admin, path).await?;
        times.push(took);
        kib = weight;
    }
    Ok((p95(times.into_iter()), kib))
}

fn p95(times: impl Iterator<Item = f64>) -> f64 {
    let mut times: Vec<f64> = times.collect();
    times.sort_by(f64::total_cmp);
    times.get(times.len() * 95 / 100).or(times.last()).copied().unwrap_or_default()
}

async fn ask(admin: &Router, path: &str) -> Result<(f64, f64), Failure> {
    let request = Request::get(path).body(Body::empty())?;
    let started = Instant::now();
    let answer = TowerToHyperService::new(admin.clone()).call(request).await?;
    let status = answer.status();
    let body = to_bytes(answer.into_body(), 64 << 20).await?;
    let took = started.elapsed().as_secs_f64() * 1_000.0;
    if status != StatusCode::OK {
        return Err(format!("{path} answered {status}").into());
    }
    Ok((took, body.len() as f64 / 1024.0))
}
