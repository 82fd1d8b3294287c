//! TLS to the relay: whole conversations, and relays that cheat.

use std::path::Path;
use std::process::{Command, Stdio};
use std::sync::Arc;
use std::time::Duration;

use mailer::{Tls, TroubleKind};
use model::DeliveryState::Queued;
use model::InDoubtPolicy;
use rustls::pki_types::pem::PemObject as _;
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use tempfile::TempDir;
use tokio::io::{AsyncBufReadExt as _, AsyncRead, AsyncWrite, AsyncWriteExt as _, BufReader};
use tokio::net::TcpListener;
use tokio_rustls::TlsAcceptor;

use crate::fake::{Act, Fake, Script};
use crate::world::{World, count, relay};

async fn trouble_with(script: Script) -> (String, Vec<String>) {
    let fake = Fake::start(script);
    let world = World::with_contacts(2).await;
    let campaign = world.start_campaign(InDoubtPolicy::NeverResend).await;
    let mut relay = relay(fake.port);
    relay.tls = Tls::StartTls;
    relay.auth = Some(("ann".into(), "s3cret".into()));
    let mailer = world.mailer(relay);
    let trouble = mailer.until_trouble().await;
    mailer.stop().await;
    world.until(campaign, |counts| count(counts, Queued) == 2).await;
    let commands = fake.seen.lock().unwrap().commands.clone();
    (trouble, commands)
}

#[tokio::test]
async fn a_relay_that_waits_for_tls_is_told_of_long_before_the_time_out() {
    let silent = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let mut relay = relay(silent.local_addr().unwrap().port());
    relay.connect_timeout = Duration::from_secs(60);
    let world = World::with_contacts(2).await;
    let campaign = world.start_campaign(InDoubtPolicy::NeverResend).await;
    let mailer = world.mailer(relay);
    // Within what the test's patience is, which is half of the time-out.
    let trouble = mailer.until_trouble().await;
    assert!(trouble.contains("set tls = \"implicit\""), "{trouble}");
    let kept = world.setting(format!("{}/1", TroubleKind::Relay.key())).await;
    assert!(kept.contains("set tls"), "campaign status tells it: {kept}");
    // Those who wait for its greeting are let go.
    drop(silent);
    mailer.stop().await;
    world.until(campaign, |counts| count(counts, Queued) == 2).await;
}

#[tokio::test]
async fn r24_nothing_is_said_in_plain_text_to_a_relay_without_starttls() {
    let (trouble, commands) = trouble_with(|_, _| None).await;
    assert!(trouble.contains("does not offer STARTTLS"), "{trouble}");
    assert!(commands.iter().all(|command| command.starts_with("EHLO")), "{commands:?}");
}

#[tokio::test]
async fn plain_text_injected_behind_starttls_ends_the_connection() {
    let (trouble, commands) = trouble_with(|command, _| match command.split(' ').next()? {
        "EHLO" => Some(Act::Say("250-fake\r\n250 STARTTLS\r\n")),
        "STARTTLS" => Some(Act::Say("220 go on\r\n250 injected\r\n")),
        _ => None,
    })
    .await;
    assert!(trouble.contains("sent unexpected data before TLS"), "{trouble}");
    assert!(!commands.iter().any(|command| command.starts_with("AUTH")), "{commands:?}");
}

fn openssl(dir: &Path, arguments: &str) {
    let made = Command::new("openssl")
        .args(arguments.split(' '))
        .current_dir(dir)
        .stderr(Stdio::null())
        .status()
        .expect("openssl is needed for this test");
    assert!(made.success(), "openssl {arguments}");
}

/// As most people make one: it calls itself an authority, too.
fn self_signed(dir: &Path) {
    let key = "-newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -keyout key.pem";
    let name = "-subj /CN=localhost -addext subjectAltName=DNS:localhost";
    openssl(dir, &format!("req -x509 {key} -out cert.pem -days 2 {name}"));
}

/// A certificate for `localhost` and the authority that signed it, made by openssl.
fn certificates(dir: &Path) {
    let openssl = |arguments: &str| openssl(dir, arguments);
    let key = "-newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes";
    openssl(&format!("req -x509 {key} -keyout ca.key -out ca.pem -days 2 -subj /CN=ca"));
    openssl(&format!("req {key} -keyout key.pem -out csr.pem -subj /CN=localhost"));
    std::fs::write(dir.join("ext"), "subjectAltName=DNS:localhost").unwrap();
    let ca = "-CA ca.pem -CAkey ca.key -CAcreateserial -extfile ext";
    openssl(&format!("x509 -req -in csr.pem -out cert.pem -days 2 {ca}"));
}

fn acceptor(dir: &Path) -> TlsAcceptor {
    let chain = CertificateDer::pem_file_iter(dir.join("cert.pem")).unwrap();
    let chain = chain.collect::<Result<Vec<_>, _>>().unwrap();
    let key = PrivateKeyDer::from_pem_file(dir.join("key.pem")).unwrap();
    let provider = Arc::new(rustls::crypto::aws_lc_rs::default_provider());
    let config = rustls::ServerConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .unwrap()
        .with_no_client_auth()
        .with_single_cert(chain, key)
        .unwrap();
    TlsAcceptor::from(Arc::new(config))
}

/// Talks SMTP until `until` is said, and returns the commands.
async fn talk(stream: &mut (impl AsyncRead + AsyncWrite + Unpin), until: &str) -> Vec<String> {
    let mut stream = BufReader::new(stream);
    let mut commands: Vec<String> = Vec::new();
    let mut line = String::new();
    let mut in_message = false;
    while stream.read_line(&mut line).await.unwrap() > 0 {
        let command = std::mem::take(&mut line).trim_end().to_owned();
        if in_message && command != "." {
            continue;
        }
        in_message = command == "DATA";
        let reply = match command.split(' ').next().unwrap() {
            "EHLO" => "250-relay\r\n250-STARTTLS\r\n250-PIPELINING\r\n250 AUTH PLAIN\r\n",
            "AUTH" => "235 welcome\r\n",
            "STARTTLS" => "220 go on\r\n",
            "DATA" => "354 go on\r\n",
            _ => "250 ok\r\n",
        };
        stream.write_all(reply.as_bytes()).await.unwrap();
        stream.flush().await.unwrap();
        commands.push(command);
        if commands.last().is_some_and(|command| command == until) {
            break;
        }
    }
    commands
}

/// What a relay hears in plain text and behind TLS.
async fn heard_by_a_relay(tls: Tls, name: &str) -> (Vec<String>, Vec<String>, Result<(), String>) {
    let dir = TempDir::new().unwrap();
    certificates(dir.path());
    heard_by_a_relay_with(&dir, Some("ca.pem"), tls, name).await
}

async fn heard_by_a_relay_with(
    dir: &TempDir,
    ca_file: Option<&str>,
    tls: Tls,
    name: &str,
) -> (Vec<String>, Vec<String>, Result<(), String>) {
    let acceptor = acceptor(dir.path());
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let mut relay = relay(listener.local_addr().unwrap().port());
    relay.host = name.into();
    relay.tls = tls;
    relay.auth = Some(("ann".into(), "s3cret".into()));
    relay.ca_file = ca_file.map(|file| dir.path().join(file));
    let serving = async {
        let (mut stream, _) = listener.accept().await.unwrap();
        let mut plain = Vec::new();
        if tls == Tls::StartTls {
            stream.write_all(b"220 hello\r\n").await.unwrap();
            plain = talk(&mut stream, "STARTTLS").await;
        }
        let Ok(mut stream) = acceptor.accept(stream).await else { return (plain, Vec::new()) };
        if tls == Tls::Implicit {
            stream.write_all(b"220 hello\r\n").await.unwrap();
        }
        (plain, talk(&mut stream, "QUIT").await)
    };
    let (from, to) = ("news@aurora.example".parse().unwrap(), "ann@example.com".parse().unwrap());
    // Larger than a TLS record and than what a socket takes at once.
    let message =
        format!("Subject: Hello\r\n\r\n{}", "seventy bytes or so of text\r\n".repeat(40_000));
    let sending = mailer::send_one(&relay, &from, &to, message.as_bytes());
    let ((plain, encrypted), sent) = tokio::join!(serving, sending);
    (plain, encrypted, sent.map(drop).map_err(|error| error.to_string()))
}

#[tokio::test]
async fn with_starttls_nothing_but_the_greeting_is_in_plain_text() {
    let (plain, encrypted, sent) = heard_by_a_relay(Tls::StartTls, "localhost").await;
    assert_eq!(sent, Ok(()));
    assert_eq!(plain, ["EHLO mailer.example", "STARTTLS"]);
    assert!(encrypted.iter().any(|command| command.starts_with("AUTH PLAIN")), "{encrypted:?}");
    assert!(encrypted.contains(&"RCPT TO:<ann@example.com>".to_owned()), "{encrypted:?}");
}

#[tokio::test]
async fn with_implicit_tls_everything_is_encrypted() {
    let (plain, encrypted, sent) = heard_by_a_relay(Tls::Implicit, "localhost").await;
    assert_eq!((sent, plain.len()), (Ok(()), 0));
    assert!(encrypted.contains(&"RCPT TO:<ann@example.com>".to_owned()), "{encrypted:?}");
}

#[tokio::test]
async fn a_certificate_for_another_name_is_refused() {
    let (_, encrypted, sent) = heard_by_a_relay(Tls::Implicit, "127.0.0.1").await;
    let told = sent.unwrap_err();
    assert!(told.contains("no TLS with 127.0.0.1"), "{told}");
    assert!(encrypted.is_empty(), "{encrypted:?}");
}

#[tokio::test]
async fn a_self_signed_certificate_that_the_operator_named_is_taken_under_its_name() {
    let dir = TempDir::new().unwrap();
    self_signed(dir.path());
    let with =
        async |ca_file, name| heard_by_a_relay_with(&dir, ca_file, Tls::Implicit, name).await.2;
    assert_eq!(with(Some("cert.pem"), "localhost").await, Ok(()));
    let other_name = with(Some("cert.pem"), "127.0.0.1").await.unwrap_err();
    assert!(other_name.contains("set `host` to a name in the certificate"), "{other_name}");
    let not_named = with(None, "localhost").await.unwrap_err();
    assert!(not_named.contains("into `ca_file`"), "{not_named}");
    let other = TempDir::new().unwrap();
    self_signed(other.path());
    std::fs::copy(other.path().join("cert.pem"), dir.path().join("other.pem")).unwrap();
    assert!(with(Some("other.pem"), "localhost").await.is_err(), "another certificate was taken");
}

#[tokio::test]
async fn a_port_that_begins_in_plain_text_is_named() {
    let fake = Fake::start(|_, _| None);
    let mut relay = relay(fake.port);
    relay.tls = Tls::Implicit;
    let told = mailer::probe(&relay).await.unwrap_err().to_string();
    assert!(told.contains("plain text") && told.contains("tls = \"starttls\""), "{told}");
}
