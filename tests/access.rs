//! Who may work with an installation, and the log of what they did: every command that changes
//! something leaves an entry, no entry holds an address or a secret, and a log that was tampered
//! with is found out.

use harness::{Pharos, Sink};
use serde_json::Value;

fn log(pharos: &Pharos) -> Vec<Value> {
    let text = pharos.ok(&["audit", "export"]);
    text.lines().map(|line| serde_json::from_str(line).expect("JSON")).collect()
}

fn actions(pharos: &Pharos) -> Vec<String> {
    let action = |entry: &Value| entry["action"].as_str().expect("a word").to_owned();
    log(pharos).iter().map(action).collect()
}

/// What an installation goes through, command by command, and what the log says of each.
const COMMANDS: &[(&[&str], &[&str])] = &[
    (
        &["contacts", "import", "people.csv", "--topic", "release-notices"],
        &["contacts.import", "contacts.imported"],
    ),
    (&["media", "add", "note.txt"], &["media.add"]),
    (&["media", "remove", "note.txt"], &["media.remove"]),
    (&["campaign", "create", "--file", "announcement.md"], &["campaign.create"]),
    (&["campaign", "create", "--file", "missing.md"], &[]),
    (
        &["announcement", "add", "--name", "code", "--file", "announcement.md"],
        &["announcement.add"],
    ),
    (&["announcement", "add", "--name", "code", "--file", "announcement.md"], &[]),
    (
        &["announcement", "write", "code", "--file", "announcement.md", "--subject", "Other"],
        &["announcement.write"],
    ),
    (&["announcement", "delete", "code"], &["announcement.delete"]),
    (&["announcement", "delete", "code"], &[]),
    (&["campaign", "pause", "1"], &[]),
    (&["campaign", "start", "1"], &["campaign.start"]),
    (&["campaign", "pause", "1"], &["campaign.pause"]),
    (&["campaign", "resume", "1"], &["campaign.resume"]),
    (&["campaign", "status", "1"], &[]),
    (&["campaign", "publish", "1"], &["campaign.publish"]),
    (&["campaign", "withdraw", "1"], &["campaign.withdraw"]),
    (&["topic", "archive", "release-notices", "open"], &["topic.archive"]),
    (&["contacts", "suppress", "ann@reader.example", "--yes"], &["contact.suppress"]),
    (&["contacts", "unsuppress", "ann@reader.example", "--yes"], &["contact.unsuppress"]),
    (
        &["contacts", "unsubscribe", "bob@reader.example", "--everything", "--yes"],
        &["contact.unsubscribe"],
    ),
    (&["contacts", "erase", "bob@reader.example", "--yes"], &["contact.erase"]),
    (&["contacts", "erase", "nobody@reader.example", "--yes"], &["contact.erase"]),
    (&["keys", "rotate"], &["keys.rotate"]),
    (&["user", "add", "zoe@team.example", "--role", "owner"], &["user.add"]),
    (&["user", "role", "zoe@team.example", "auditor"], &["user.role"]),
    (&["user", "topics", "zoe@team.example", "release-notices"], &["user.topics"]),
    (&["user", "password", "zoe@team.example", "--link"], &["user.invite"]),
    (&["user", "password", "zoe@team.example", "--password-file", "secret"], &["user.password"]),
    (&["user", "end-sessions", "zoe@team.example"], &["user.sessions_end"]),
    (&["user", "disable", "zoe@team.example"], &["user.disable"]),
    (&["user", "enable", "zoe@team.example"], &["user.enable"]),
    (&["user", "list"], &[]),
    (&["token", "create", "--name", "Nightly", "--scope", "reports:read"], &["token.create"]),
    (&["token", "revoke", "1"], &["token.revoke"]),
    (&["token", "revoke", "1"], &[]),
    (&["audit", "verify"], &[]),
];

fn set_up() -> Pharos {
    let pharos = Pharos::new(Sink::start().port);
    pharos
        .write("people.csv", "email,first_name\nann@reader.example,Ann\nbob@reader.example,Bob\n");
    pharos.write("announcement.md", harness::pharos::ANNOUNCEMENT);
    pharos.write("note.txt", "Read me.");
    pharos.write("secret", "correct horse\n");
    pharos
}

#[test]
fn every_command_that_changes_something_leaves_an_entry() {
    let pharos = set_up();
    let mut expect: Vec<String> = Vec::new();
    let mut printed = String::new();
    for (command, entries) in COMMANDS {
        let said = pharos.run(command);
        printed.push_str(&said.out);
        expect.extend(entries.iter().map(|action| (*action).to_owned()));
        assert_eq!(actions(&pharos), expect, "{command:?}: {said:?}");
    }
    let all = pharos.ok(&["audit", "export"]);
    let token = printed.lines().find(|line| line.starts_with("ph_live_")).expect("a token");
    let link = printed.split("/admin/invitation/").nth(1).expect("a link");
    for secret in [token, &link[..43], "@", ".example", "correct horse", "argon2"] {
        let lower = all.to_lowercase();
        assert!(!lower.contains(&secret.to_lowercase()), "{secret} in {all}");
    }
    let entries = log(&pharos);
    assert!(entries.iter().all(|it| it["actor"]["kind"] == "system"));
    let name = entries[0]["actor"]["name"].as_str().expect("a name");
    assert!(name.ends_with(" (command line)"), "{name}");
    let about = pharos.ok(&["audit", "list", "--object", "campaign 1"]);
    assert!(about.contains("campaign.create") && about.contains("campaign 1"), "{about}");
    assert!(!about.contains("user.add"), "{about}");
    let by = pharos.ok(&["audit", "list", "--actor", name, "--last", "2", "--json"]);
    assert_eq!(by.lines().count(), 2, "{by}");
}

#[test]
fn a_log_that_was_tampered_with_is_found_out() {
    let pharos = set_up();
    pharos.ok(&["user", "add", "zoe@team.example", "--role", "owner", "--name", "Zoe"]);
    for role in ["auditor", "author"] {
        pharos.ok(&["user", "role", "zoe@team.example", role]);
    }
    let said = pharos.ok(&["audit", "verify"]);
    assert!(said.starts_with("3 entries, none changed"), "{said}");
    let noted = said.split("The last one is ").nth(1).expect("a point").trim().to_owned();
    pharos.ok(&["user", "role", "zoe@team.example", "marketer"]);
    pharos.ok(&["audit", "verify", "--noted", &noted]);
    let other = noted.replacen("3:", "2:", 1);
    assert!(pharos.fails(&["audit", "verify", "--noted", &other]).contains("made anew"));
    assert_eq!(pharos.run(&["audit", "verify", "--noted", "3"]).code, 2);

    pharos.query("UPDATE audit_log SET actor_name = 'nobody' WHERE seq = 2");
    let broken = pharos.fails(&["audit", "verify"]);
    assert!(broken.contains("entry 2 was changed") && broken.contains("up to entry 1"), "{broken}");
    pharos.query("DELETE FROM audit_log WHERE seq >= 2");
    let broken = pharos.fails(&["audit", "verify"]);
    assert!(broken.contains("the end was cut off: entries 2 to 4 are missing"), "{broken}");
}

#[test]
fn the_last_owner_stays_and_mistakes_are_explained() {
    let pharos = set_up();
    let owner = ["user", "add", "zoe@team.example", "--role", "owner", "--password-file", "secret"];
    pharos.ok(&owner);
    assert!(pharos.fails(&owner).contains("there is already a user"));
    for change in [
        &["user", "role", "zoe@team.example", "author"][..],
        &["user", "disable", "zoe@team.example"],
    ] {
        assert!(pharos.fails(change).contains("make somebody else an owner first"));
    }
    pharos.write("weak", "password1234\n");
    let weak = ["user", "password", "zoe@team.example", "--password-file", "weak"];
    assert!(pharos.fails(&weak).contains("tried first"), "the common ones are refused");
    let nobody = pharos.fails(&["user", "role", "max@team.example", "author"]);
    assert!(nobody.contains("there is no user max@team.example"), "{nobody}");
    let role = pharos.run(&["user", "role", "zoe@team.example", "boss"]);
    assert!(role.code == 2 && role.err.contains("owner, administrator"), "{role:?}");
    let list = pharos.ok(&["user", "list", "--json"]);
    let list: Value = serde_json::from_str(&list).expect("JSON");
    assert_eq!(list[0]["role"], "owner");
    assert!(!list.to_string().contains("argon2"), "{list}");
}
