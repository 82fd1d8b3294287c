use std::collections::BTreeMap;
use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::net::TcpListener;
use std::sync::Arc;
use std::time::Duration;

use journal::{GroupCommit, Journal, Options};
use model::{CampaignId, ContactId, EmailAddress};
use render::{Announcement, Sender, TopicName};
use store::{Claimed, StoreOptions};
use tokio::time::Instant;

use super::*;
use crate::delivery::queue::SendingCampaign;
use crate::retry_schedule::RetrySchedule;
use crate::settings::{Relay, Tls};

/// A relay that agrees to everything and returns what follows its 354.
fn relay_that_listens() -> (u16, std::thread::JoinHandle<Vec<u8>>) {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let port = listener.local_addr().unwrap().port();
    let thread = std::thread::spawn(move || {
        let (mut stream, _) = listener.accept().unwrap();
        let mut reader = BufReader::new(stream.try_clone().unwrap());
        stream.write_all(b"220 hello\r\n").unwrap();
        let mut line = String::new();
        while !line.starts_with("DATA") {
            line.clear();
            reader.read_line(&mut line).unwrap();
            let reply: &[u8] =
                if line.starts_with("DATA") { b"354 go on\r\n" } else { b"250 ok\r\n" };
            stream.write_all(reply).unwrap();
        }
        let mut rest = Vec::new();
        reader.read_to_end(&mut rest).unwrap();
        rest
    });
    (port, thread)
}

fn settings(port: u16, journal_dir: &std::path::Path) -> MailerSettings {
    let second = Duration::from_secs(1);
    MailerSettings {
        relay: Relay {
            host: "127.0.0.1".to_owned(),
            port,
            tls: Tls::None,
            auth: None,
            hello_name: "mailer.example".to_owned(),
            connections: 1,
            messages_per_connection: 10,
            connect_timeout: second * 5,
            reply_timeout: second * 5,
            data_timeout: second * 5,
            ca_file: None,
        },
        lease: second * 60,
        batch: 10,
        retry: RetrySchedule { first: second, max: second, give_up_after: second * 60 },
        return_path: None,
        journal_dir: journal_dir.to_path_buf(),
        after_segment: 0,
        store_was_put_back: false,
        node: 1,
        files: files(journal_dir),
        throttle: None,
    }
}

fn files(beside: &std::path::Path) -> media::FileStore {
    let folder = beside.with_file_name("media");
    media::FileStore::open(&media::FileStoreLocation::Folder(folder)).unwrap()
}

fn delivery() -> ClaimedDelivery {
    let text = "---\nsubject: Hello\nfrom: A <a@example.com>\n---\nHello\n";
    let sender = Sender {
        organisation: "A".to_owned(),
        postal_address: "B".to_owned(),
        domain: "example.com".to_owned(),
        beacon_url: "http://t.example.com".to_owned(),
        web_url: "http://www.example.com".to_owned(),
        brand: Default::default(),
        attachments: render::AttachmentLimits::default(),
        honeypot_link: false,
    };
    let topic = TopicName { slug: "news", name: "News" };
    let compiled = render::compile(&Announcement::parse(text).unwrap(), &sender, &topic).unwrap();
    let sending = SendingCampaign {
        campaign: CampaignId(1),
        from: compiled.from().clone(),
        compiled,
        endings: vec![b".\r\n"[..].into()],
        policy: InDoubtPolicy::NeverResend,
        evidence: RefusalEvidence::default(),
        rests: Cell::new(0),
    };
    let claimed = Claimed {
        contact: ContactId(1),
        email: EmailAddress::parse("ann@example.com").unwrap(),
        attributes: BTreeMap::new(),
        epoch: 1,
        attempts: 0,
        first_attempt_at: clock(),
        last_code: None,
        tracking: model::TrackingMode::Identified,
    };
    let valid_until = Instant::now() + Duration::from_secs(60);
    ClaimedDelivery { sending: Rc::new(sending), claimed, removal_epoch: 0, valid_until }
}

#[tokio::test]
async fn without_room_for_its_intent_no_dot_leaves_and_the_delivery_is_given_back() {
    let dir = tempfile::TempDir::new().unwrap();
    let (port, relay) = relay_that_listens();
    let settings = settings(port, &dir.path().join("journal"));
    let store = Store::open(&dir.path().join("store.db"), StoreOptions::default()).unwrap();
    let options = Options { segment_bytes: 1 << 20, max_bytes: 1 << 20 };
    let journal = Journal::open(&settings.journal_dir, options).unwrap();
    // A journal whose committing end is gone takes nothing, like one on a full disk.
    let (commit, driver) = GroupCommit::new(journal);
    drop(driver);
    let relay_settings = Arc::new(settings.relay.clone());
    let mut delivery = delivery();
    delivery.removal_epoch = store.removal_epoch();
    let deliverer = Deliverer {
        begin_fence: Rc::new(BeginFence::new(store.clone(), &settings)),
        store,
        keys: Arc::new(Keyring::generate().unwrap()),
        mail_journal: Rc::new(MailJournal::new(commit, &settings.journal_dir, 1)),
        settings: Rc::new(settings),
        evidence: Rc::default(),
    };
    let mut connection = Connection::open_telling(&relay_settings, None, |_| {}).await.unwrap();
    let delivered =
        deliverer.deliver(&mut delivery, &mut connection, &mut Vec::new(), &Cell::new(None)).await;
    drop(connection);
    assert_eq!(delivered.outcome, Outcome::Released);
    let RelayNews::Trouble(TroubleKind::Journal, what) = delivered.news else {
        panic!("{:?}", delivered.news)
    };
    assert!(!delivered.keep, "the relay waits for a message on this connection");
    assert!(what.starts_with("nothing is sent while the journal in "), "{what}");
    let heard = tokio::task::spawn_blocking(|| relay.join().unwrap()).await.unwrap();
    assert_eq!(String::from_utf8(heard).unwrap(), "");
}
