//! Postfix's `smtp-sink`: a real relay with faults on demand.

use std::net::{TcpListener, TcpStream};
use std::os::unix::fs::{MetadataExt as _, PermissionsExt as _};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use model::DeliveryState::{Failed, InDoubt, Queued, Sent};
use model::InDoubtPolicy;
use tempfile::TempDir;

use crate::world::{World, assert_no_double, count, relay};

pub(crate) struct Sink {
    child: Child,
    pub(crate) port: u16,
    dump: TempDir,
}

impl Sink {
    pub(crate) fn start(options: &[&str]) -> Self {
        let dump = TempDir::new().unwrap();
        std::fs::set_permissions(dump.path(), std::fs::Permissions::from_mode(0o777)).unwrap();
        let port = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
        let mut command = Command::new("/usr/sbin/smtp-sink");
        // It insists on giving up root.
        if dump.path().metadata().unwrap().uid() == 0 {
            command.args(["-u", "nobody"]);
        }
        let child = command
            .args(options)
            .arg("-D")
            .arg(dump.path().join("taken"))
            .args([&format!("127.0.0.1:{port}"), "100"])
            .stderr(Stdio::null())
            .spawn()
            .expect("smtp-sink (package postfix) is needed for this test");
        let sink = Self { child, port, dump };
        let began = Instant::now();
        while TcpStream::connect(("127.0.0.1", port)).is_err() {
            assert!(began.elapsed() < Duration::from_secs(10), "smtp-sink does not listen");
            std::thread::yield_now();
        }
        sink
    }

    /// Recipients of the messages it took, once per message.
    pub(crate) fn taken(&self) -> Vec<String> {
        let text = std::fs::read_to_string(self.dump.path().join("taken")).unwrap_or_default();
        let recipients = text.lines().filter_map(|line| line.strip_prefix("X-Rcpt-Args: <"));
        recipients.filter_map(|line| line.split('>').next()).map(ToOwned::to_owned).collect()
    }
}

impl Sink {
    /// The messages it took, each behind lines of its own.
    pub(crate) fn messages(&self) -> Vec<String> {
        let text = std::fs::read_to_string(self.dump.path().join("taken")).unwrap_or_default();
        text.split("X-Client-Addr:").skip(1).map(|it| format!("X-Client-Addr:{it}")).collect()
    }
}

impl Drop for Sink {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

async fn everybody_is_mailed_once(options: &[&str]) {
    let (sink, world) = (Sink::start(options), World::with_contacts(250).await);
    let campaign = world.start_campaign(InDoubtPolicy::NeverResend).await;
    let mailer = world.mailer(relay(sink.port));
    let counts = world.until_finished(campaign).await;
    assert_eq!(count(&counts, Sent), 250, "{counts:?}");
    mailer.stop().await;
    let taken = sink.taken();
    assert_eq!(taken.len(), 250);
    assert_no_double(&taken);
}

#[tokio::test]
async fn everybody_is_mailed_once_by_a_pipelining_relay() {
    everybody_is_mailed_once(&[]).await;
}

#[tokio::test]
async fn everybody_is_mailed_once_in_lock_step() {
    everybody_is_mailed_once(&["-p"]).await;
}

#[tokio::test]
async fn everybody_is_mailed_once_by_a_slow_relay() {
    everybody_is_mailed_once(&["-W", ".:1:2"]).await;
}

#[tokio::test]
async fn connections_are_replaced_after_their_share() {
    let (sink, world) = (Sink::start(&[]), World::with_contacts(60).await);
    let campaign = world.start_campaign(InDoubtPolicy::NeverResend).await;
    let mut relay = relay(sink.port);
    relay.messages_per_connection = 3;
    let mailer = world.mailer(relay);
    assert_eq!(count(&world.until_finished(campaign).await, Sent), 60);
    mailer.stop().await;
    assert_eq!(sink.taken().len(), 60);
}

#[tokio::test]
async fn two_campaigns_are_sent_side_by_side() {
    let (sink, world) = (Sink::start(&[]), World::with_contacts(100).await);
    let first = world.start_campaign(InDoubtPolicy::NeverResend).await;
    let second = world.start_campaign(InDoubtPolicy::NeverResend).await;
    let mailer = world.mailer(relay(sink.port));
    assert_eq!(count(&world.until_finished(first).await, Sent), 100);
    assert_eq!(count(&world.until_finished(second).await, Sent), 100);
    mailer.stop().await;
    assert_eq!(sink.taken().len(), 200);
}

#[tokio::test]
async fn a_connection_lost_at_the_dot_leaves_doubt_and_no_double() {
    let (sink, world) = (Sink::start(&["-q", "."]), World::with_contacts(6).await);
    let campaign = world.start_campaign(InDoubtPolicy::NeverResend).await;
    let mailer = world.mailer(relay(sink.port));
    let counts = world.until_finished(campaign).await;
    assert_eq!(count(&counts, InDoubt), 6, "{counts:?}");
    mailer.stop().await;
}

#[tokio::test]
async fn a_recipient_refused_for_now_is_tried_again_and_then_given_up() {
    for options in [["-r", "RCPT"], ["-r", "."]] {
        let (sink, world) = (Sink::start(&options), World::with_contacts(5).await);
        let campaign = world.start_campaign(InDoubtPolicy::NeverResend).await;
        let mailer = world.mailer(relay(sink.port));
        let counts = world.until_finished(campaign).await;
        assert_eq!(count(&counts, Failed), 5, "{options:?}: {counts:?}");
        let reasons = world.store.deliveries_reasons(campaign).await.unwrap();
        assert!(reasons[0].reply.starts_with("given up"), "{reasons:?}");
        let retried = mailer.metrics.retried.load(std::sync::atomic::Ordering::Relaxed);
        assert!(retried >= 5, "{retried} retries");
        mailer.stop().await;
    }
}

#[tokio::test]
async fn a_relay_that_closes_costs_no_recipient_anything() {
    for options in [["-Q", "RCPT"], ["-Q", "MAIL"], ["-q", "EHLO"], ["-q", "DATA"]] {
        let world = World::with_contacts(6).await;
        let campaign = world.start_campaign(InDoubtPolicy::NeverResend).await;
        let bad = Sink::start(&options);
        let mailer = world.mailer(relay(bad.port));
        let trouble = mailer.until_trouble().await;
        assert!(!trouble.contains("person"), "{trouble}");
        mailer.stop().await;
        let counts = world.until(campaign, |counts| count(counts, Queued) == 6).await;
        assert_eq!(count(&counts, Failed), 0);
        let good = Sink::start(&[]);
        let mailer = world.mailer(relay(good.port));
        assert_eq!(count(&world.until_finished(campaign).await, Sent), 6, "{options:?}");
        mailer.stop().await;
        assert_no_double(&good.taken());
    }
}
