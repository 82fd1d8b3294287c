//! The tables: which commands look, which change something, and which need the machine.

use harness::Pharos;

/// A command that changes something, or what happens between two.
pub(super) enum Change {
    /// On two things that are alike: `THIS` in its words is the one here, then the one there. Behind
    /// what they are called, separated by a blank, may stand their numbers.
    Twice { args: &'static [&'static str], here: &'static str, there: &'static str },
    /// No message is accepted any more, so campaigns keep sending.
    RelayEnds,
}

impl Change {
    pub(super) fn args(&self) -> Option<&'static [&'static str]> {
        match self {
            Self::Twice { args, .. } => Some(args),
            Self::RelayEnds => None,
        }
    }
}

const fn twice(here: &'static str, there: &'static str, args: &'static [&'static str]) -> Change {
    Change::Twice { args, here, there }
}

/// Commands that change nothing.
pub(super) const LOOKS: &[&[&str]] = &[
    &["topic", "list"],
    &["settings", "show"],
    &["campaign", "status"],
    &["campaign", "status", "1"],
    &["campaign", "status", "2"],
    &["campaign", "status", "1", "--watch"],
    &["campaign", "check", "2", "--offline"],
    &["campaign", "check", "2", "--offline", "--json"],
    &["campaign", "who", "1", "--sent"],
    &["campaign", "who", "1", "--sent", "--csv"],
    &["campaign", "who", "1", "--failed", "--code", "550"],
    &["campaign", "who", "1", "--in-doubt"],
    &["report", "opens", "1"],
    &["report", "opens", "1", "--format", "json"],
    &["report", "opens", "1", "--format", "csv"],
    &["report", "opens", "1", "--rules", "2026-11-25"],
    &["report", "opens", "1", "--rules", "2020-01-01"],
    &["report", "explain", "1", "reader1@reader.example"],
    &["report", "explain", "1", "reader1@reader.example", "--rules", "2026-11-25"],
    &["report", "explain", "1", "nobody@gone.example"],
    &["report", "rules"],
    &["report", "rules", "2026-11-27"],
    &["report", "reclassify", "--rules", "2026-11-25", "--dry-run"],
    &["contacts", "list"],
    &["contacts", "list", "--limit", "2"],
    &["contacts", "list", "--topic", "release-notices", "--only", "mailed"],
    &["contacts", "list", "--only", "not-mailed"],
    &["contacts", "show", "READER1@reader.example"],
    &["contacts", "show", "zed@gone.example"],
    &["contacts", "show", "nobody@gone.example"],
    &["announcement", "layouts"],
    &["announcement", "blocks", "blocks.md"],
    &["announcement", "list"],
    &["announcement", "list", "Workshop"],
    &["announcement", "show", "Workshop"],
    &["announcement", "show", "Workshop", "--version", "1"],
    &["announcement", "show", "Nothing"],
    &["announcement", "diff", "Workshop", "--file", "announcement.md"],
    &["announcement", "preview", "Workshop", "--part", "text", "--value", "first_name=Bo"],
    &["announcement", "preview", "Nothing"],
    &["contacts", "export"],
    &["contacts", "export", "--topic", "release-notices"],
    &["campaign", "text", "2"],
    &["campaign", "preview", "2", "--part", "text"],
    &[
        "campaign",
        "preview",
        "2",
        "--part",
        "html",
        "--value",
        "first_name=Bo",
        "--layout",
        "letter",
    ],
    &["campaign", "preview", "2", "--part", "text", "--contact", "reader1@reader.example"],
    &["campaign", "preview", "2", "--part", "public", "--value", "first_name=reader"],
    &["campaign", "preview", "2", "--contact", "nobody@gone.example"],
    &["visitor", "show", "7f7f-7f7f-7f7f-7f7f-7f7f-7f7f"],
    &["visitor", "show", "7F7F7F7F7F7F7F7F7F7F7F7F", "--json"],
    &["job", "list"],
    &["job", "show", "1"],
    &["job", "rejects", "1"],
    &["job", "show", "99"],
    &["sample", "add"],
    &["message", "list"],
    &["message", "list", "--state", "in-doubt", "--json"],
    &["message", "show", "99"],
    &["media", "list"],
    &["media", "list", "--json"],
    &["media", "show", "notes.txt"],
    &["media", "show", "notes.txt", "--json"],
    &["user", "list"],
    &["user", "list", "--json"],
    &["user", "sessions", "ann@aurora.example"],
    &["user", "sessions", "owner@team.example"],
    &["user", "sessions", "nobody@aurora.example"],
    &["token", "list"],
    &["token", "list", "--all", "--json"],
    &["audit", "list"],
    &["audit", "list", "--json", "--last", "1000"],
    &["audit", "list", "--object", "campaign 1"],
    &["audit", "list", "--actor", "nobody"],
];

/// In an order in which each can be done.
pub(super) const CHANGES: &[Change] = &[
    twice("beta", "gamma", &["topic", "set", "THIS", "Trials"]),
    twice("beta", "gamma", &["topic", "archive", "THIS", "open"]),
    twice("beta", "gamma", &["topic", "archive", "THIS", "closed"]),
    twice("leo", "rob", &["contacts", "add", "THIS@own.example", "--set", "plan=free"]),
    twice("leo", "rob", &["contacts", "edit", "THIS@own.example", "--set", "plan=pro"]),
    twice("leo", "rob", &["contacts", "edit", "THIS@own.example"]),
    twice(
        "leo",
        "rob",
        &[
            "contacts",
            "subscribe",
            "THIS@own.example",
            "--topic",
            "release-notices",
            "--proof",
            "asked",
        ],
    ),
    twice(
        "leo",
        "rob",
        &[
            "contacts",
            "subscribe",
            "THIS@own.example",
            "--topic",
            "release-notices",
            "--proof",
            "asked",
        ],
    ),
    twice("leo", "rob", &["contacts", "show", "THIS@other.example"]),
    twice("leo", "rob", &["contacts", "suppress", "THIS@own.example"]),
    twice("leo", "rob", &["contacts", "suppress", "THIS@own.example", "--yes"]),
    twice("leo", "rob", &["contacts", "suppress", "THIS@own.example", "--yes"]),
    twice("leo", "rob", &["contacts", "unsuppress", "THIS@own.example", "--yes"]),
    twice("7f7f", "6e6e", &["visitor", "remove", "THIS-THIS-THIS-THIS-THIS-THIS", "--yes"]),
    twice("leo", "rob", &["contacts", "unsuppress", "THIS@own.example", "--yes"]),
    twice(
        "leo",
        "rob",
        &["contacts", "unsubscribe", "THIS@own.example", "--topic", "release-notices", "--yes"],
    ),
    twice("leo", "rob", &["contacts", "unsubscribe", "THIS@own.example", "--yes"]),
    twice("leo", "rob", &["contacts", "erase", "THIS@own.example", "--yes"]),
    twice("leo", "rob", &["contacts", "erase", "THIS@own.example", "--yes"]),
    twice("one", "two", &["contacts", "import", "THIS.csv", "--topic", "release-notices"]),
    twice("one", "two", &["contacts", "import", "THIS.csv", "--topic", "release-notices"]),
    twice(
        "one",
        "two",
        &["contacts", "import", "THIS.csv", "--everyone-is", "blocked", "--ignore", "x"],
    ),
    twice("one", "two", &["contacts", "import", "no-THIS.csv"]),
    twice("1 one", "2 two", &["job", "start", "THIS"]),
    twice("1 one", "2 two", &["job", "start", "THIS"]),
    twice("1 one", "2 two", &["job", "show", "THIS"]),
    twice("1 one", "2 two", &["job", "undo", "THIS", "--dry-run"]),
    twice("1 one", "2 two", &["job", "stop", "THIS"]),
    twice("1", "2", &["job", "file", "THIS"]),
    twice("two", "two", &["contacts", "import", "THIS.csv", "--as-job"]),
    twice("two", "two", &["contacts", "export", "--as-job", "--state", "subscribed"]),
    twice("one", "two", &["contacts", "erase", "--file", "THIS.csv", "--dry-run"]),
    twice("one", "two", &["contacts", "erase", "--file", "THIS.csv"]),
    twice("one", "two", &["contacts", "erase", "--file", "THIS.csv", "--at-most", "8", "--yes"]),
    twice("one", "two", &["contacts", "erase", "--file", "THIS.csv", "--yes"]),
    twice("one", "two", &["contacts", "erase", "--file", "THIS.csv", "--yes"]),
    twice("one", "two", &["contacts", "erase", "--file", "no-THIS.csv", "--yes"]),
    twice("two", "two", &["contacts", "erase", "--file", "notes.txt", "--yes", "--as-job"]),
    twice(
        "lou 1",
        "ray 2",
        &["message", "send", "Workshop", "THIS@own.example", "--set", "first_name=A"],
    ),
    twice("lou", "ray", &["message", "send", "Workshop", "THIS@own.example", "--dry-run"]),
    twice("lou", "ray", &["message", "send", "Nothing", "THIS@own.example"]),
    twice("3", "4", &["campaign", "create", "--file", "draft.md"]),
    twice("reset", "code", &["announcement", "add", "--name", "THIS", "--file", "announcement.md"]),
    twice("reset", "code", &["announcement", "add", "--name", "THIS", "--file", "announcement.md"]),
    twice(
        "reset",
        "code",
        &["announcement", "write", "THIS", "--file", "announcement.md", "--subject", "Another"],
    ),
    twice(
        "reset",
        "code",
        &["announcement", "write", "THIS", "--file", "announcement.md", "--if-revision", "7"],
    ),
    twice("reset", "code", &["announcement", "list", "THIS"]),
    twice("reset", "code", &["announcement", "delete", "THIS"]),
    twice("reset", "code", &["announcement", "delete", "THIS"]),
    twice("Workshop", "Workshop", &["announcement", "delete", "THIS"]),
    twice("3", "4", &["campaign", "write", "THIS", "draft.md"]),
    twice("3", "4", &["campaign", "write", "THIS", "other.md", "--if-revision", "7"]),
    twice("3", "4", &["campaign", "write", "THIS", "other.md"]),
    twice("3", "4", &["campaign", "text", "THIS"]),
    twice("3", "4", &["campaign", "set-topic", "THIS", "release-notices"]),
    twice("3", "4", &["campaign", "set-topic", "THIS", "nothing"]),
    twice("3", "4", &["campaign", "write", "THIS", "draft.md"]),
    twice("3", "4", &["campaign", "test-send", "THIS", "--to", "THIS@test.example"]),
    twice(
        "plan",
        "list",
        &["media", "add", "notes.txt", "--name", "THIS.txt", "--alt", "The plan"],
    ),
    twice("plan", "list", &["media", "add", "notes.txt", "--name", "THIS.txt"]),
    twice("plan", "list", &["media", "remove", "THIS.txt"]),
    twice("plan", "list", &["media", "remove", "THIS.txt"]),
    twice("7", "7", &["relay", "test", "--to", "ann@test.example"]),
    twice("7", "8", &["settings", "set", "relay.messages_per_minute=1000THIS"]),
    twice("7", "8", &["settings", "set", "relay.hello_name=THIS.example", "relay.tls=maybe"]),
    twice("7", "8", &["settings", "set", "relay.host=THIS.example"]),
    twice("7", "8", &["settings", "set", "relay.port=THIS.example"]),
    twice("7", "8", &["settings", "set", "relay.colour=THIS"]),
    twice("7", "8", &["settings", "set", "relay.password=THIS"]),
    twice("7", "7", &["settings", "unset", "relay.messages_per_minute", "relay.password"]),
    twice("7", "7", &["sample", "remove"]),
    twice(
        "3",
        "4",
        &[
            "campaign",
            "schedule",
            "THIS",
            "--at",
            "2027-01-31 09:00",
            "--zone",
            "Europe/Madrid",
            "--links-to-this-machine",
            "--dry-run",
        ],
    ),
    twice(
        "3",
        "4",
        &[
            "campaign",
            "schedule",
            "THIS",
            "--at",
            "2027-01-31 09:00",
            "--zone",
            "Europe/Madrid",
            "--links-to-this-machine",
            "--audience-at-most",
            "40",
        ],
    ),
    twice("3", "4", &["campaign", "status", "THIS"]),
    twice("3", "4", &["campaign", "take-back", "THIS"]),
    twice("3", "4", &["campaign", "start", "THIS", "--links-to-this-machine", "--accept"]),
    twice("3", "4", &["campaign", "retry", "THIS", "--failed", "--yes"]),
    twice("3", "4", &["campaign", "publish", "THIS", "--value", "first_name=reader"]),
    twice("3", "4", &["campaign", "withdraw", "THIS"]),
    twice("3", "4", &["campaign", "withdraw", "THIS"]),
    Change::RelayEnds,
    twice("5", "6", &["campaign", "create", "--file", "draft.md"]),
    twice("5", "6", &["campaign", "write", "THIS", "other.md"]),
    twice("5", "6", &["campaign", "delete", "THIS"]),
    twice("5", "6", &["campaign", "delete", "THIS"]),
    twice("3", "4", &["campaign", "delete", "THIS"]),
    twice("5", "6", &["campaign", "create", "--file", "draft.md"]),
    twice("5", "6", &["campaign", "start", "THIS", "--links-to-this-machine", "--accept"]),
    twice("5", "6", &["campaign", "pause", "THIS"]),
    twice("5", "6", &["campaign", "resume", "THIS"]),
    twice("2", "3", &["token", "create", "--name", "More", "--scope", "reports:read"]),
    twice("2", "3", &["token", "revoke", "THIS"]),
    twice(
        "lea 3",
        "rik 4",
        &[
            "user",
            "add",
            "THIS@aurora.example",
            "--role",
            "reporter",
            "--topic",
            "release-notices",
            "--name",
            "New",
        ],
    ),
    twice("lea 3", "rik 4", &["user", "role", "THIS@aurora.example", "auditor"]),
    twice("lea 3", "rik 4", &["user", "topics", "THIS@aurora.example", "--all"]),
    twice("lea 3", "rik 4", &["user", "topics", "THIS@aurora.example", "release-notices"]),
    twice("lea 3", "rik 4", &["user", "password", "THIS@aurora.example", "--link"]),
    twice("lea 3", "rik 4", &["user", "reset-second-factor", "THIS@aurora.example"]),
    twice("lea 3", "rik 4", &["user", "end-sessions", "THIS@aurora.example"]),
    twice("lea 3", "rik 4", &["user", "disable", "THIS@aurora.example"]),
    twice("lea 3", "rik 4", &["user", "disable", "THIS@aurora.example"]),
    twice("lea 3", "rik 4", &["user", "enable", "THIS@aurora.example"]),
];

/// Commands that need the machine, and what they are called in the refusal.
pub(super) const ON_THIS_MACHINE: &[(&[&str], &str)] = &[
    (&["init"], "init"),
    (&["serve"], "serve"),
    (&["check"], "check"),
    (&["upgrade"], "upgrade"),
    (&["migrate", "--from", "sqlite:a", "--to", "sqlite:b"], "migrate"),
    (&["backup", "copy"], "backup"),
    (&["restore", "copy"], "restore"),
    (&["keys", "rotate"], "keys rotate"),
    (&["demo"], "demo"),
    (&["campaign", "check", "1", "--accept"], "campaign check --accept"),
    (&["campaign", "resume", "1", "--recompile"], "campaign resume --recompile"),
    (&["audit", "verify"], "audit verify"),
    (&["audit", "export"], "audit export"),
    (
        &["user", "add", "a@b.example", "--role", "owner", "--password-file", "p"],
        "user add --password-file",
    ),
    (
        &["user", "password", "a@b.example", "--password-file", "p"],
        "user password` without `--link",
    ),
];

/// The commands that the help names below these words.
pub(super) fn leaves(pharos: &Pharos, words: &[String]) -> Vec<Vec<String>> {
    let mut args: Vec<&str> = words.iter().map(String::as_str).collect();
    args.push("-h");
    let help = pharos.ok(&args);
    let named = help.lines().skip_while(|line| *line != "Commands:").skip(1);
    let named = named.take_while(|line| !line.is_empty());
    let commands = named.filter_map(|line| {
        let name = line.strip_prefix("  ")?.split(' ').next()?;
        (!name.is_empty() && name != "help").then(|| name.to_owned())
    });
    let commands: Vec<String> = commands.collect();
    if commands.is_empty() {
        return vec![words.to_vec()];
    }
    let below = |name: String| leaves(pharos, &[words, &[name]].concat());
    commands.into_iter().flat_map(below).collect()
}
