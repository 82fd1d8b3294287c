//! `pharos demo`: all of Pharos on this machine, with sample people and a sample announcement.
//!
//! It is the real server, wired as `pharos serve` wires it, with its own SMTP server in place of a
//! relay, so that nothing can leave the machine.

mod capture;
mod folder;
mod http;
mod letter;
mod owner;
mod readers;
mod sample;

use std::net::{Ipv4Addr, SocketAddr, TcpListener};
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use anyhow::Context as _;
use audience::{ColumnWishes, ImportOptions, ImportReading};
use campaign::{Allow, Create};
use indicatif::{HumanCount, ProgressBar, ProgressStyle};
use model::{CampaignId, CampaignState, ConsentBasis, InDoubtPolicy};
use store::ImportBasis;
use tokio::runtime::Handle;
use tokio_util::sync::CancellationToken;
use web::inbox::Inbox;

use crate::cli::DemoArgs;
use crate::config::{self, Listen, STANDALONE};
use crate::installation::{Installation, create_data_folder, create_keys, keys_path, now};
use crate::roles::Roles;
use crate::server::{DemoPages, Listeners, Prepared, Server};
use crate::telemetry::{note, say};
use crate::{shutdown, telemetry};
use folder::Folder;
use letter::Letter;

/// The demo's own page for reports and the inbox, if it is free.
const FAVOURITE_PORT: u16 = 8027;
/// The inbox keeps this much; the oldest messages give way.
const INBOX_MESSAGES: usize = 10_000;
const INBOX_BYTES: usize = 256 << 20;
const LOOK_AGAIN: Duration = Duration::from_millis(100);
/// What readers did is counted within a second or two.
const COUNTED_WITHIN: Duration = Duration::from_secs(15);
const TOPIC: &str = "release-notices";

pub(crate) async fn run(args: DemoArgs) -> anyhow::Result<()> {
    telemetry::start(tracing::Level::WARN, false);
    let stop = shutdown::on_signal()?;
    let folder = Folder::create(args.folder.as_deref())?;
    let inbox = Arc::new(Inbox::new(INBOX_MESSAGES, INBOX_BYTES));
    let capturing = CancellationToken::new();
    let capture = tokio::net::TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await?;
    let relay_port = capture.local_addr()?.port();
    tokio::spawn(capture::serve(capture, Arc::clone(&inbox), capturing.clone()));

    let (listeners, config) = settle_down(folder.path(), args.port, relay_port)?;
    let installation = Installation::with(config).await?;
    import(&installation, folder.path(), args.contacts).await?;
    let campaign = create(&installation).await?;
    let prepared = Prepared::new(&installation.config, &installation.keys)?;
    let owner = owner::add(&installation).await?;
    let pages = DemoPages { inbox: Arc::clone(&inbox), owner: Arc::clone(&owner.pages) };
    let pages = Some(pages);
    let server = Server::start(&installation, &Roles::all(), listeners, pages, prepared).await?;
    if !args.exit {
        owner.tell(installation.config.admin.0);
    }
    tokio::select! {
        shown = show(&installation, campaign, &inbox, &args, folder.path()) => shown?,
        () = stop.cancelled() => {}
    }
    if !args.exit {
        stop.cancelled().await;
    }
    server.stop(installation.config.shutdown_timeout).await?;
    capturing.cancel();
    if args.exit {
        let report = report::campaign_report(&installation.store, campaign, now()).await?;
        say(report.context("the campaign is gone")?.to_json()?);
    }
    folder.leave();
    Ok(())
}

/// Sends, lets the readers read, and says where to look.
async fn show(
    installation: &Installation,
    campaign: CampaignId,
    inbox: &Inbox,
    args: &DemoArgs,
    folder: &Path,
) -> anyhow::Result<()> {
    let admin = installation.config.admin.0;
    if !args.exit {
        note(format_args!(
            "Report  http://{admin}/admin/campaigns/{campaign}   (it changes as mail is read)"
        ));
        note(format_args!(
            "Inbox   http://{admin}/admin/inbox      (open a message: its images count as a view)"
        ));
    }
    send(installation, campaign).await?;
    read(installation, campaign, inbox, args.readers).await?;
    if !args.exit {
        note(format_args!(
            "Try     {} --config {} report opens {campaign}",
            std::env::current_exe()?.display(),
            folder.join("pharos.toml").display()
        ));
        note("Press Ctrl-C to end the demo.");
    }
    Ok(())
}

/// Binds the ports, then writes the configuration that names them, so that the command line works
/// beside the demo.
fn settle_down(
    folder: &Path,
    port: Option<u16>,
    relay_port: u16,
) -> anyhow::Result<(Listeners, config::Config)> {
    let listeners = Listeners {
        beacon: vec![free_port()?],
        web: Some(free_port()?),
        admin: Some(admin_port(port)?),
        ops: None,
    };
    let address = |listener: Option<&TcpListener>| {
        let listener = listener.context("the demo runs every role")?;
        listener.local_addr().map_err(anyhow::Error::from)
    };
    let beacon = address(listeners.beacon.first())?;
    let web = address(listeners.web.as_ref())?;
    let admin = address(listeners.admin.as_ref())?;
    let text = STANDALONE
        .replace("127.0.0.1:8025", &beacon.to_string())
        .replace("127.0.0.1:8026", &web.to_string())
        .replace("127.0.0.1:8027", &admin.to_string())
        .replace("port = 25\n", &format!("port = {relay_port}\n"))
        // Its readers are quicker than people.
        .replace("soon_after_delivery = \"2s\"", "soon_after_delivery = \"off\"");
    let path = folder.join("pharos.toml");
    std::fs::write(&path, &text)?;
    let config = config::parse(&path, &text)?;
    anyhow::ensure!(
        config.beacon == Listen(beacon),
        "the example configuration has lost its ports"
    );
    create_data_folder(&config.data)?;
    create_keys(&keys_path(&config), &token::Keyring::generate()?)?;
    Ok((listeners, config))
}

fn free_port() -> anyhow::Result<TcpListener> {
    listen((Ipv4Addr::LOCALHOST, 0).into())
}

fn admin_port(wanted: Option<u16>) -> anyhow::Result<TcpListener> {
    let at = |port: u16| SocketAddr::from((Ipv4Addr::LOCALHOST, port));
    match wanted {
        Some(port) => listen(at(port)),
        None => listen(at(FAVOURITE_PORT)).or_else(|_| free_port()),
    }
}

fn listen(address: SocketAddr) -> anyhow::Result<TcpListener> {
    let listener = TcpListener::bind(address)
        .with_context(|| format!("can't listen on {address}; try another --port"))?;
    listener.set_nonblocking(true)?;
    Ok(listener)
}

async fn import(installation: &Installation, folder: &Path, contacts: u32) -> anyhow::Result<()> {
    let path = folder.join("contacts.csv");
    std::fs::write(&path, sample::contacts_csv(contacts))?;
    let file = std::fs::File::open(&path)?;
    let store = installation.store.clone();
    let topic = store.topic_by_slug(TOPIC.to_owned()).await?.map(|topic| topic.id);
    let source = String::from("import of contacts.csv");
    let (columns, reading) = (ColumnWishes::default(), ImportReading::default());
    let basis = ImportBasis { basis: ConsentBasis::Consent, ..ImportBasis::default() };
    let options = ImportOptions {
        topic,
        source,
        basis,
        reading,
        columns,
        tracking: None,
        tags: Vec::new(),
        everyone: None,
        review: audience::ReviewWishes::default(),
        addresses: audience::AddressSources::default(),
        batch: 10_000,
    };
    let (keys, handle) = (installation.keys.clone(), Handle::current());
    let work = move || {
        let to = (&store, &*keys, &handle);
        audience::import(to, file, &options, (std::io::sink(), &mut Vec::new()), &mut |_| {}, now())
    };
    let summary = tokio::task::spawn_blocking(work).await??;
    note(format_args!(
        "Imported {} sample contacts from {}",
        HumanCount(summary.added),
        path.display()
    ));
    Ok(())
}

async fn create(installation: &Installation) -> anyhow::Result<CampaignId> {
    let picture = format!("http://{}/admin/inbox/picture.png", installation.config.admin.0);
    let text = sample::notice(&picture);
    let wish =
        Create { name: None, topic: Some(TOPIC.to_owned()), policy: InDoubtPolicy::NeverResend };
    let sender = &installation.config.sender;
    let created = campaign::create(&installation.store, sender, &text, wish, now()).await?;
    Ok(created.id)
}

async fn send(installation: &Installation, id: CampaignId) -> anyhow::Result<()> {
    let store = &installation.store;
    let ready = campaign::preflight(
        store,
        &installation.config.sender,
        &installation.files()?,
        id,
        Allow::default(),
    )
    .await?;
    let started = campaign::start(store, ready, now(), |_, _| {}).await?;
    let bar = bar(started.audience.try_into().unwrap_or(0), "Sending");
    loop {
        let status = campaign::status(store, id, now()).await?;
        bar.set_position(status.ended().try_into().unwrap_or(0));
        if status.campaign.state == CampaignState::Finished {
            bar.finish_and_clear();
            note(format_args!(
                "Sent {} messages over SMTP",
                HumanCount(started.queued.try_into().unwrap_or(0))
            ));
            return Ok(());
        }
        tokio::time::sleep(LOOK_AGAIN).await;
    }
}

/// Lets readers read, and holds what they did against what the report says of it.
async fn read(
    installation: &Installation,
    campaign: CampaignId,
    inbox: &Inbox,
    readers: u32,
) -> anyhow::Result<()> {
    if readers == 0 {
        return Ok(());
    }
    let letters: Vec<Letter> = inbox
        .list(None, readers as usize)
        .iter()
        .filter_map(|message| Letter::open(&message.raw))
        .collect();
    let count = letters.len();
    let bar = bar(count as u64, "Reading");
    let read = readers::read_all(letters, || bar.inc(1)).await;
    let truth = read.context("a simulated reader got stuck")?;
    bar.finish_and_clear();
    note(format_args!("{count} readers have read, clicked, scanned or left"));
    let counted = async {
        loop {
            let report = report::campaign_report(&installation.store, campaign, now()).await?;
            let report = report.context("the campaign is gone")?;
            let hits = report.views.total + report.clicks.total + report.heads;
            if usize::try_from(hits).is_ok_and(|hits| hits >= truth.hits) {
                return anyhow::Ok(report);
            }
            tokio::time::sleep(LOOK_AGAIN).await;
        }
    };
    let Ok(report) = tokio::time::timeout(COUNTED_WITHIN, counted).await else { return Ok(()) };
    let report = report?;
    let (opens, clicks) = (&report.evidence, &report.clicks);
    note(format_args!(
        "In truth {} people have opened it, and {} have followed a link",
        truth.opened, truth.clicked
    ));
    note(format_args!(
        "By the report at least {} and at most {} have opened it, and at least {} and at most {} have followed a link",
        opens.floor, opens.ceiling, clicks.floor, clicks.ceiling
    ));
    Ok(())
}

fn bar(length: u64, what: &'static str) -> ProgressBar {
    let bar = ProgressBar::new(length);
    if let Ok(style) =
        ProgressStyle::with_template("{msg} {bar:30} {pos} of {len}, {per_sec}, {eta} left")
    {
        bar.set_style(style);
    }
    bar.set_message(what);
    bar
}
