//! The command line against a server elsewhere: what it prints is what the same command prints on the
//! server's own machine.

mod commands;
mod lost;
mod refused;

use std::fs;
use std::os::unix::fs::PermissionsExt as _;
use std::path::PathBuf;

use harness::{Pharos, Said, Sink, wait};

use commands::{CHANGES, Change, LOOKS, ON_THIS_MACHINE, leaves};

/// Everything but the ownership.
const SCOPES: &[&str] = &[
    "announcements:read",
    "announcements:write",
    "audit:read",
    "campaigns:read",
    "campaigns:send",
    "campaigns:write",
    "contacts:read",
    "contacts:write",
    "deliveries:read",
    "inbox:read",
    "media:read",
    "media:write",
    "messages:send",
    "reports:read",
    "settings:read",
    "settings:write",
    "system:read",
    "topics:read",
    "topics:write",
    "users:read",
    "users:write",
];

/// How often two commands may be asked before they agree: a minute may end between them.
const ASKED: usize = 3;

/// A token in a file that only its owner can read.
fn token_file(pharos: &Pharos, name: &str, token: &str) -> PathBuf {
    let path = pharos.write(name, token);
    fs::set_permissions(&path, fs::Permissions::from_mode(0o600)).expect("a mode");
    path
}

/// A new token with these scopes, in a file.
fn token(pharos: &Pharos, name: &str, scopes: &[&str]) -> PathBuf {
    let mut command = vec!["token", "create", "--name", name];
    scopes.iter().for_each(|scope| command.extend(["--scope", scope]));
    let said = pharos.ok(&command);
    token_file(pharos, name, &said)
}

/// Runs a command against the server at this address.
fn remotely(pharos: &Pharos, server: &str, token: &str, args: &[&str]) -> Said {
    let mut command = vec!["--server", server, "--token-file", token];
    command.extend(args);
    pharos.run(&command)
}

fn sorted(text: &str) -> String {
    let mut lines: Vec<&str> = text.lines().collect();
    lines.sort_unstable();
    lines.join("\n")
}

/// Waits until the first two jobs are in this state.
fn jobs_are(pharos: &Pharos, state: &str) {
    for job in ["1", "2"] {
        wait::until("a job to go on", || {
            pharos.ok(&["job", "show", job]).contains(state).then_some(())
        });
    }
}

/// What a command said, without what is another each time.
fn shown(said: &Said, names: &str) -> String {
    let text = format!("{}\n--- {}\n--- code{}", said.out, said.err, said.code);
    let mut words = Vec::new();
    let mut rest = text.as_str();
    while !rest.is_empty() {
        let is_word = |it: char| it.is_alphanumeric() || it == '_';
        let end = rest.find(|it| !is_word(it)).unwrap_or(rest.len());
        let (word, after) = rest.split_at(end);
        let is_secret = word.starts_with("ph_live_") && word.len() > 20;
        words.push(match word {
            _ if is_secret => "TOKEN".to_owned(),
            word if names.split(' ').any(|name| name == word && !name.is_empty()) => {
                "THIS".to_owned()
            }
            word => word.to_owned(),
        });
        let next = after.chars().next().map_or(0, char::len_utf8);
        words.push(after[..next].to_owned());
        rest = &after[next..];
    }
    without_moments(&words.concat())
}

/// Without `14:27` at the end.
fn before_the_time(text: &str) -> &str {
    let start = text.len().saturating_sub("14:27".len());
    match text.get(start..) {
        Some(time) if time.chars().all(|it| it.is_ascii_digit() || it == ':') => &text[..start],
        _ => text,
    }
}

/// Without links that are made once, and when a report was made.
fn without_moments(text: &str) -> String {
    let mut lines: Vec<String> = Vec::new();
    for line in text.lines() {
        let line = line.split("/admin/invitation/").next().unwrap_or_default();
        let line = line.split("/admin/inbox/").next().unwrap_or_default();
        let line = line.split("/r/").next().unwrap_or_default();
        let line = line.split(", until 20").next().unwrap_or_default();
        // Each has saved it.
        let line = line.split(", saved by ").next().unwrap_or_default();
        // One did it in another minute than the other.
        let line = line.split(" UTC").map(before_the_time).collect::<Vec<_>>().join(" UTC");
        let line = line.as_str();
        // Of a conversation with the relay: how long it took, and what messages are called.
        if line.starts_with("Job ") || line.contains("pharos job ") {
            // Whatever made jobs before.
            lines.push(line.chars().filter(|it| !it.is_ascii_digit()).collect());
            continue;
        }
        if line.contains(" ms  ") || line.contains(" ms.") {
            continue;
        }
        if !line.contains("\"made_at\"") && !line.starts_with("made_at,") {
            lines.push(line.to_owned());
        }
    }
    lines.join("\n")
}

/// One finished campaign, one draft, and a thing of each kind.
fn world(sink: &Sink) -> Pharos {
    let mut pharos = Pharos::new(sink.port);
    pharos.import_readers(12);
    pharos.serve().start_campaign();
    pharos.finished();
    pharos.write("draft.md", DRAFT);
    pharos.write("blocks.md", DRAFT);
    pharos.write("other.md", DRAFT.replace("Hello", "Good morning"));
    pharos.write("notes.txt", "What is new.\n");
    for name in ["one", "two"] {
        let lines: String = (10..19).map(|it| format!("{name}{it}@file.example,pro\n")).collect();
        pharos.write(&format!("{name}.csv"), format!("email,plan\n{lines}x,y\nx,y\nx,y\n"));
    }
    for name in ["one.csv", "two.csv"] {
        pharos.ok(&["contacts", "import", name, "--as-job", "--rehearse"]);
    }
    jobs_are(&pharos, "waiting");
    pharos.ok(&["campaign", "create", "--file", "draft.md"]);
    pharos.ok(&["media", "add", "notes.txt", "--alt", "Notes"]);
    pharos.ok(&["user", "add", "ann@aurora.example", "--role", "reporter"]);
    pharos.owner();
    pharos.ok(&["contacts", "suppress", "zed@gone.example", "--yes"]);
    pharos
}

#[test]
fn a_command_prints_the_same_here_and_there() {
    let sink = Sink::start();
    let pharos = world(&sink);
    let token = token(&pharos, "Elsewhere", SCOPES);
    let token = token.to_str().expect("a path");
    let mut differences = Vec::new();
    for args in LOOKS {
        let mut asked = 0;
        loop {
            let mut there = shown(&remotely(&pharos, &pharos.admin, token, args), "");
            let mut here = shown(&pharos.run(args), "");
            if args.starts_with(&["contacts", "export"]) {
                // A server writes the newest first.
                (here, there) = (sorted(&here), sorted(&there));
            }
            asked += 1;
            if here == there {
                break;
            }
            if asked == ASKED {
                differences.push(format!("pharos {args:?}\nhere:\n{here}\n\nthere:\n{there}"));
                break;
            }
        }
    }
    let mut sink = Some(sink);
    for change in CHANGES {
        if matches!(change, Change::RelayEnds) {
            sink = None;
        }
        let Change::Twice { args, here, there } = change else { continue };
        let named = |name: &str| -> Vec<String> {
            let name = name.split(' ').next().unwrap_or_default();
            args.iter().map(|word| word.replace("THIS", name)).collect()
        };
        let (local, remote) = (named(here), named(there));
        let local: Vec<&str> = local.iter().map(String::as_str).collect();
        let remote: Vec<&str> = remote.iter().map(String::as_str).collect();
        let local = shown(&pharos.run(&local), here);
        let remote = shown(&remotely(&pharos, &pharos.admin, token, &remote), there);
        if local != remote {
            differences.push(format!("pharos {args:?}\nhere:\n{local}\n\nthere:\n{remote}"));
        }
        if args.starts_with(&["job", "start"]) {
            jobs_are(&pharos, "done");
        }
        if args.starts_with(&["campaign", "start"]) && sink.is_some() {
            pharos.ok(&["campaign", "status", here, "--watch"]);
            pharos.ok(&["campaign", "status", there, "--watch"]);
        }
    }
    assert!(differences.is_empty(), "{}", differences.join("\n\n"));
    let secret = fs::read_to_string(token).expect("a token");
    assert!(!pharos.log().contains(secret.trim()), "the token stands in no log");
}

/// A command that is new has to be put into one of the tables.
#[test]
fn every_command_is_in_a_table() {
    let pharos = Pharos::new(1);
    let is_told = |leaf: &[String], args: &[&str]| {
        leaf.len() <= args.len() && leaf.iter().zip(args).all(|(one, other)| one == other)
    };
    let changes = CHANGES.iter().filter_map(Change::args);
    let rows: Vec<&[&str]> =
        LOOKS.iter().copied().chain(changes).chain(ON_THIS_MACHINE.iter().map(|it| it.0)).collect();
    let leaves = leaves(&pharos, &[]);
    assert!(leaves.len() > 50, "{leaves:?}");
    for leaf in leaves {
        assert!(rows.iter().any(|args| is_told(&leaf, args)), "{leaf:?} is in no table");
    }
}

#[test]
fn what_needs_the_machine_says_so() {
    let pharos = Pharos::new(1);
    let token = token_file(&pharos, "token", "ph_live_x");
    let token = token.to_str().expect("a path");
    for (args, name) in ON_THIS_MACHINE {
        let said = remotely(&pharos, "http://127.0.0.1:1", token, args);
        let words = format!(
            "pharos: `pharos {name}` works on this machine only; leave out --server (and \
             PHAROS_SERVER)\n"
        );
        assert_eq!((said.code, said.err), (1, words), "{args:?}: {}", said.out);
    }
}

const DRAFT: &str = "---
subject: News from the workshop
from: Aurora News <news@aurora.example>
topic: release-notices
name: Workshop
---

Hello {{ first_name }}, [read on](https://aurora.example/workshop).
";
