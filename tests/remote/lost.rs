//! Answers that are lost: the request is sent again with its key, and nothing is done twice.

use std::io::{Read as _, Write as _};
use std::net::{TcpListener, TcpStream};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use harness::{Pharos, Sink};

use super::{SCOPES, remotely, token};

/// Passes requests on to a server, and loses as many answers as it is told.
struct Lossy {
    url: String,
    to_lose: Arc<AtomicUsize>,
    lost: Arc<AtomicUsize>,
}

impl Lossy {
    fn to(server: &str) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").expect("a port");
        let port = listener.local_addr().expect("an address").port();
        let target = server.trim_start_matches("http://").to_owned();
        let (to_lose, lost) = (Arc::<AtomicUsize>::default(), Arc::<AtomicUsize>::default());
        let lossy = Self {
            url: format!("http://127.0.0.1:{port}"),
            to_lose: to_lose.clone(),
            lost: lost.clone(),
        };
        std::thread::spawn(move || {
            for stream in listener.incoming().flatten() {
                let (target, to_lose, lost) = (target.clone(), to_lose.clone(), lost.clone());
                std::thread::spawn(move || pass_on(stream, &target, &to_lose, &lost));
            }
        });
        lossy
    }

    /// Loses the next answers to what changes something.
    fn lose(&self, answers: usize) {
        self.to_lose.store(answers, Ordering::SeqCst);
    }

    fn lost(&self) -> usize {
        self.lost.load(Ordering::SeqCst)
    }
}

fn pass_on(mut client: TcpStream, target: &str, to_lose: &AtomicUsize, lost: &AtomicUsize) {
    let Some(request) = read(&mut client) else { return };
    let is_change = !request.starts_with(b"GET ");
    let mut server = TcpStream::connect(target).expect("the server is there");
    server.write_all(&request).expect("a request is passed on");
    let mut answer = Vec::new();
    server.read_to_end(&mut answer).expect("an answer");
    let next = |left: usize| left.checked_sub(1);
    if is_change && to_lose.fetch_update(Ordering::SeqCst, Ordering::SeqCst, next).is_ok() {
        lost.fetch_add(1, Ordering::SeqCst);
        return;
    }
    let _ = client.write_all(&answer);
}

/// A whole request, made the last one of its connection.
fn read(client: &mut TcpStream) -> Option<Vec<u8>> {
    let (mut bytes, mut part) = (Vec::new(), [0; 4096]);
    let head = loop {
        let read = client.read(&mut part).ok().filter(|read| *read > 0)?;
        bytes.extend_from_slice(&part[..read]);
        if let Some(end) = bytes.windows(4).position(|it| it == b"\r\n\r\n") {
            break end;
        }
    };
    let text = String::from_utf8_lossy(&bytes[..head]).to_ascii_lowercase();
    let length = text.lines().find_map(|line| line.strip_prefix("content-length:"));
    let length: usize = length.map_or(0, |length| length.trim().parse().expect("a length"));
    while bytes.len() < head + 4 + length {
        let read = client.read(&mut part).ok().filter(|read| *read > 0)?;
        bytes.extend_from_slice(&part[..read]);
    }
    let mut request = bytes[..head].to_vec();
    request.extend_from_slice(b"\r\nConnection: close");
    request.extend_from_slice(&bytes[head..]);
    Some(request)
}

#[test]
fn a_change_whose_answers_are_lost_is_made_once() {
    let mut pharos = Pharos::new(Sink::start().port);
    pharos.import_readers(2);
    pharos.serve();
    let token = token(&pharos, "Elsewhere", SCOPES);
    let token = token.to_str().expect("a path");
    pharos.write("announcement.md", harness::pharos::ANNOUNCEMENT);
    pharos.ok(&["user", "add", "ann@aurora.example", "--role", "reporter"]);
    pharos.ok(&["token", "create", "--name", "Old", "--scope", "reports:read"]);
    let lossy = Lossy::to(&pharos.admin);
    let changes: &[(&[&str], &str, &str)] = &[
        (&["contacts", "add", "new@own.example"], "contact.add", "is a contact"),
        (
            &["contacts", "edit", "new@own.example", "--set", "plan=pro"],
            "contact.edit",
            "plan: pro",
        ),
        (
            &["contacts", "suppress", "new@own.example", "--yes"],
            "contact.suppress",
            "1 suppressed, 0 already",
        ),
        (
            &["campaign", "create", "--file", "announcement.md"],
            "campaign.create",
            "2 tracked links",
        ),
        (
            &["campaign", "schedule", "1", "--at", "2027-01-31 09:00", "--links-to-this-machine"],
            "campaign.schedule",
            "starts at",
        ),
        (&["campaign", "take-back", "1"], "campaign.take_back", "is a draft again"),
        (&["user", "disable", "ann@aurora.example"], "user.disable", "is disabled"),
        (&["token", "revoke", "2"], "token.revoke", "is revoked"),
        (&["topic", "set", "beta", "Trials"], "topic.set", "is called Trials"),
    ];
    for (number, (args, action, words)) in changes.iter().enumerate() {
        lossy.lose(2);
        let said = remotely(&pharos, &lossy.url, token, args);
        assert_eq!(said.code, 0, "{args:?}: {} {}", said.out, said.err);
        assert!(said.out.contains(words), "{args:?}: {}", said.out);
        assert_eq!(lossy.lost(), 2 * (number + 1), "{args:?}");
        let log = pharos.ok(&["audit", "export"]);
        let done = log.lines().filter(|line| line.contains(&format!("\"{action}\""))).count();
        assert_eq!(done, 1, "{args:?}: {log}");
    }
    // A server that never answers is not asked for ever, and the command does not say that all is well.
    lossy.lose(usize::MAX);
    let said = remotely(&pharos, &lossy.url, token, &["contacts", "add", "late@own.example"]);
    assert_eq!(said.code, 1, "{} {}", said.out, said.err);
    assert!(said.err.contains("not known whether the server has done it"), "{}", said.err);
    assert!(pharos.ok(&["contacts", "show", "late@own.example"]).contains("late@own.example"));
    pharos.stop();
}
