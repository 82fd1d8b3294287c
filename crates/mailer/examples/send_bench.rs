//! Measures sending without the rest of Pharos: `send_bench prepare FOLDER CONTACTS KILOBYTES`
//! makes a store; `send_bench send FOLDER PORT SESSIONS` sends one campaign from it and prints
//! `messages seconds peak_rss_kib message_bytes`. Called by `scripts/bench-send`.

#![expect(clippy::print_stdout, reason = "its result is for a script")]

use std::collections::BTreeMap;
use std::error::Error;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::{Duration, Instant, SystemTime};

use mailer::{MailerSettings, Metrics, Relay, RetrySchedule, Tls};
use media::{FileStore, FileStoreLocation};
use model::{ContactId, EmailAddress, InDoubtPolicy, Timestamp};
use render::{Announcement, Recipient, Sender, TopicName};
use store::{CampaignLink, ContactRow, NewAnnouncement, NewCampaign, Store, StoreOptions};
use token::Keyring;
use tokio_util::sync::CancellationToken;

type Done<T> = Result<T, Box<dyn Error>>;

fn main() -> Done<()> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let words: Vec<&str> = arguments.iter().map(String::as_str).collect();
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    match words.as_slice() {
        ["prepare", folder, contacts, kilobytes] => {
            runtime.block_on(prepare(Path::new(folder), contacts.parse()?, kilobytes.parse()?))
        }
        ["send", folder, port, sessions] => {
            runtime.block_on(send(Path::new(folder), port.parse()?, sessions.parse()?))
        }
        _ => Err("usage: send_bench prepare FOLDER CONTACTS KB | send FOLDER PORT SESSIONS".into()),
    }
}

fn now() -> Timestamp {
    Timestamp::from_system(SystemTime::now())
}

fn open(folder: &Path) -> Done<Store> {
    Ok(Store::open(&folder.join("store.db"), StoreOptions::default())?)
}

fn notice(folder: &Path) -> PathBuf {
    folder.join("notice.html")
}

async fn prepare(folder: &Path, contacts: usize, kilobytes: usize) -> Done<()> {
    std::fs::write(notice(folder), text(kilobytes * 1000))?;
    let store = open(folder)?;
    let topic = store.topic_ensure("releases".into(), "Releases".into()).await?;
    let numbers: Vec<usize> = (0..contacts).collect();
    for batch in numbers.chunks(10_000) {
        let mut rows = Vec::with_capacity(batch.len());
        for number in batch {
            rows.push(ContactRow {
                email: EmailAddress::parse(&format!("person{number}@example.com"))?,
                attributes: BTreeMap::from([("first_name".into(), format!("Ann {number}"))]),
            });
        }
        store.contacts_import(rows, Some(topic), "bench".into(), now()).await?;
    }
    Ok(())
}

fn text(bytes: usize) -> String {
    let mut text = String::from(
        "---\nsubject: Aurora 4.2 for {{ first_name }}\nfrom: Aurora <news@aurora.example>\n\
         format: html\n---\n<h1>Dear {{ first_name }}</h1>\n",
    );
    for link in 0..8 {
        text.push_str(&format!(
            "<p><a href=\"https://aurora.example/{link}\">Read {link}</a></p>\n"
        ));
    }
    while text.len() < bytes {
        text.push_str("<p style=\"margin:0\">Faster starts, calmer logs, and a quieter fan.</p>\n");
    }
    text
}

async fn send(folder: &Path, port: u16, sessions: usize) -> Done<()> {
    let (store, keys) = (open(folder)?, Arc::new(Keyring::generate()?));
    let sender = Arc::new(Sender {
        organisation: "Aurora".into(),
        postal_address: "1 Harbour Road".into(),
        domain: "aurora.example".into(),
        beacon_url: "https://t.aurora.example".into(),
        web_url: "https://www.aurora.example".into(),
        brand: Default::default(),
        attachments: render::AttachmentLimits::default(),
        honeypot_link: false,
    });
    let source = std::fs::read_to_string(notice(folder))?;
    let bytes = message_bytes(&source, &sender, &keys)?;
    let links = links(&source, &sender)?;
    let topic = store.topic_by_slug("releases".into()).await?.ok_or("prepare first")?;
    let announcement =
        NewAnnouncement { name: "bench".into(), subject: "Aurora 4.2".into(), source };
    let announcement = store.announcement_save(announcement, now()).await?;
    let campaign = NewCampaign {
        name: "bench".into(),
        announcement,
        topic: topic.id,
        policy: InDoubtPolicy::NeverResend,
        links,
    };
    let id = store.campaign_create(campaign, now()).await?;
    let (metrics, shutdown) = (Arc::new(Metrics::default()), CancellationToken::new());
    let settings = settings(folder, port, sessions)?;
    let thread = mailer::spawn(
        store.clone(),
        keys,
        sender,
        settings,
        Arc::clone(&metrics),
        shutdown.clone(),
    )?;
    let began = Instant::now();
    let audience = u64::try_from(store.campaign_start(id, now()).await?.queued)?;
    while metrics.sent.load(Ordering::Relaxed) < audience {
        if began.elapsed() > Duration::from_secs(300) {
            return Err("not done after five minutes".into());
        }
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
    let seconds = began.elapsed().as_secs_f64();
    shutdown.cancel();
    thread.join().map_err(|_| "the mailer panicked")?;
    println!("{audience} {seconds:.3} {} {bytes}", peak_rss_kib()?);
    Ok(())
}

fn settings(folder: &Path, port: u16, sessions: usize) -> Done<MailerSettings> {
    Ok(MailerSettings {
        relay: Relay {
            host: "127.0.0.1".into(),
            port,
            tls: Tls::None,
            auth: None,
            hello_name: "localhost".into(),
            connections: sessions,
            messages_per_connection: 1_000_000,
            connect_timeout: Duration::from_secs(15),
            reply_timeout: Duration::from_secs(60),
            data_timeout: Duration::from_secs(600),
            ca_file: None,
        },
        lease: Duration::from_secs(1800),
        batch: 500,
        retry: RetrySchedule {
            first: Duration::from_secs(60),
            max: Duration::from_secs(600),
            give_up_after: Duration::from_secs(3600),
        },
        return_path: None,
        journal_dir: folder.join("journal"),
        after_segment: 0,
        store_was_put_back: false,
        node: 1,
        files: FileStore::open(&FileStoreLocation::Folder(folder.join("media")))?,
        throttle: None,
    })
}

fn compiled(source: &str, sender: &Sender) -> Done<render::Compiled> {
    let topic = TopicName { slug: "releases", name: "Releases" };
    Ok(render::compile(&Announcement::parse(source)?, sender, &topic)?)
}

fn links(source: &str, sender: &Sender) -> Done<Vec<CampaignLink>> {
    let link = |link: &render::TrackedLink| {
        let render::TrackedLink { slot, url, label } = link.clone();
        CampaignLink { slot, url, label }
    };
    Ok(compiled(source, sender)?.links().into_iter().map(link).collect())
}

fn message_bytes(source: &str, sender: &Sender, keys: &Keyring) -> Done<usize> {
    let compiled = compiled(source, sender)?;
    let email = EmailAddress::parse("person10000@example.com")?;
    let attributes = BTreeMap::from([("first_name".to_owned(), "Ann 10000".to_owned())]);
    let recipient =
        Recipient { contact: Some(ContactId(1)), ..Recipient::test(&email, &attributes) };
    let mut message = Vec::new();
    compiled.render(model::CampaignId(1), &recipient, keys, now(), &mut message)?;
    Ok(message.len())
}

fn peak_rss_kib() -> Done<u64> {
    let status = std::fs::read_to_string("/proc/self/status")?;
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:")).ok_or("no VmHWM")?;
    Ok(line.trim().trim_end_matches(" kB").trim().parse()?)
}
