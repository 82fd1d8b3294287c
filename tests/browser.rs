//! The demo as a person meets it: the pages in a real browser, and the whole of it as one command.

use std::fs;
use std::io::{BufRead as _, BufReader};
use std::path::Path;
use std::process::{Child, Command, Stdio};

use serde_json::Value;
use testkit::{Dns, DnsRecord, free_port};

use harness::browser::walk;
use harness::pharos::left_open;
use harness::{Pharos, Session, Sink, binary, http, wait};

/// A demo that stays up until it is dropped.
struct Demo {
    child: Child,
    admin: String,
    /// The address that signs its owner in, once.
    open: String,
    owner: Session,
}

impl Demo {
    fn start(contacts: usize) -> Self {
        let port = free_port();
        let mut child = Command::new(binary::pharos())
            .args(["demo", "--contacts", &contacts.to_string(), "--port", &port.to_string()])
            .stderr(Stdio::piped())
            .spawn()
            .expect("the demo starts");
        let mut said = BufReader::new(child.stderr.take().expect("a pipe")).lines();
        let mut told = |beginning: &str| {
            let mut lines = said.by_ref().map(|line| line.expect("text"));
            lines.find_map(|line| line.split_once(beginning).map(|it| it.1.to_owned()))
        };
        let open = told("Open    ").expect("the demo says how to get in");
        let password = told(", password ").expect("and how to get in again");
        // It goes on talking.
        std::thread::spawn(move || said.for_each(drop));
        let admin = format!("http://127.0.0.1:{port}");
        let password = password.trim_end_matches(')');
        let owner = wait::until("the demo's pages", || {
            let up = http::request("GET", &format!("{admin}/healthz"), &[], "").is_ok();
            up.then(|| Session::sign_in(&admin, "owner@demo.example", password))
        });
        let demo = Self { child, admin, open, owner };
        wait::until("the demo's campaign to finish", || {
            let report = demo.owner.get("/admin/campaigns/1/report.json");
            let report: Value = serde_json::from_slice(&report.body).ok()?;
            (report["campaign"]["state"] == "finished").then_some(())
        });
        demo
    }

    /// Runs a command on it.
    fn command(&self, args: &[&str]) {
        let system = self.owner.get("/admin/system").text();
        let data = system.split("<dt>Data folder</dt><dd>").nth(1);
        let data = data.and_then(|it| it.split('<').next()).expect("a data folder");
        let config = Path::new(data).with_file_name("pharos.toml");
        let done = Command::new(binary::pharos()).arg("--config").arg(config).args(args).output();
        let done = done.expect("the command runs");
        assert!(done.status.success(), "{}", String::from_utf8_lossy(&done.stderr));
    }
}

impl Drop for Demo {
    fn drop(&mut self) {
        let _ = Command::new("kill").arg(self.child.id().to_string()).status();
        let _ = self.child.wait();
    }
}

#[test]
fn a_person_reads_a_mail_and_sees_the_report_move() {
    let demo = Demo::start(30);
    let seen = walk("story.mjs", &demo.admin, &[&demo.open]);
    assert_eq!(
        seen["title"].as_str().map(|it| it.starts_with("Aurora 4.2")),
        Some(true),
        "{seen:#}"
    );
    assert!(seen["messages"].as_i64() >= Some(20), "{seen:#}");
    assert_eq!(seen["heading"], "Aurora 4.2 is here");
    let pictures = seen["pictures"].as_array().expect("pictures");
    assert!(
        pictures.len() >= 2 && pictures.iter().all(|width| width.as_i64() > Some(0)),
        "{seen:#}"
    );
    assert!(!seen["sandbox"].as_str().expect("a sandbox").contains("allow-scripts"));
    assert_eq!(seen["viewsBefore"], "0");
    assert_eq!(seen["viewsAfter"], "1", "the view of that mail, and it alone");
    assert!(seen["narrow"].as_i64() <= Some(320), "{seen:#}");
    assert_eq!(seen["leaving"], "Stop these emails?");
    assert_ne!(seen["left"], seen["leaving"]);
    assert_eq!(seen["outside"], serde_json::json!([]), "nothing is fetched from elsewhere");
    assert_eq!(seen["errors"], serde_json::json!([]));
}

#[test]
fn a_page_keeps_up_by_one_stream_and_by_asking_where_streams_are_cut() {
    let demo = Demo::start(30);
    let seen = walk("live.mjs", &demo.admin, &[&demo.open]);
    assert_eq!(seen["errors"], serde_json::json!([]));
    assert_eq!(seen["before"], "0");
    assert_eq!(seen["moved"], serde_json::json!({ "streams": 1, "polls": 0 }), "{seen:#}");
    assert_eq!((&seen["open"], &seen["focused"]), (&true.into(), &"SUMMARY".into()), "{seen:#}");
    let paused = seen["paused"].as_str().expect("words");
    assert!(paused.starts_with("Paused at ") && paused.len() == 15, "{paused}");
    assert_eq!((&seen["pressed"], &seen["whilePaused"]), (&"true".into(), &"1".into()));
    assert_eq!(seen["stillOne"], 1);
    assert_eq!(seen["afterwards"], serde_json::json!({ "streams": 2, "polls": 0 }), "{seen:#}");
    assert!(seen["cuts"].as_i64() >= Some(2), "{seen:#}");
    assert_eq!(seen["fallback"]["polls"], true, "{seen:#}");
    assert_eq!(seen["fallback"]["unchanged"], true, "{seen:#}");
    assert!(seen["narrow"].as_i64() <= Some(320), "{seen:#}");
    let plain = seen["plain"].as_str().expect("words");
    assert!(plain.starts_with("As of ") && !plain.contains("Pause"), "{plain}");
    assert_eq!(seen["refreshed"], "/admin/campaigns/1");
}

#[test]
fn every_admin_page_is_reached_by_keyboard_and_looks_right_everywhere() {
    let demo = Demo::start(60);
    let here = Path::new(env!("CARGO_MANIFEST_DIR"));
    let picture = here.join("../crates/web/assets/sample-picture.png");
    demo.command(&["media", "add", picture.to_str().expect("a path")]);
    let words = "---\nsubject: Your code is {{ code }}\nfrom: News <news@demo.example>\n\
        topic: release-notices\nname: Code\n---\nIt is {{ code }}.\n";
    let file = tempfile::NamedTempFile::new().expect("a file");
    fs::write(&file, words).expect("an announcement");
    let file = file.path().to_str().expect("a path");
    demo.command(&["campaign", "create", "--file", file]);
    demo.command(&["message", "send", "Code", "ada@own.example", "--set", "code=48213"]);
    let seen = walk("admin.mjs", &demo.admin, &[&demo.open]);
    assert_eq!(seen["wrong"], serde_json::json!([]), "{seen:#}");
    assert_eq!(seen["errors"], serde_json::json!([]));
    assert_eq!(seen["outside"], serde_json::json!([]), "nothing is fetched from elsewhere");
    assert_eq!(seen["pages"]["contacts"], "/admin/contacts");
    assert!(seen["pages"].as_object().is_some_and(|pages| pages.len() >= 26), "{seen:#}");
}

#[test]
fn an_owner_is_set_up_and_invites_somebody_who_sees_what_the_role_may() {
    let mut pharos = Pharos::new(Sink::start().port);
    pharos.serve();
    let set_up = wait::until("the set-up address", || {
        let log = pharos.log();
        log.split_whitespace().find(|word| word.contains("/admin/setup/")).map(str::to_owned)
    });
    let seen = walk("sign_in.mjs", &pharos.admin, &[&set_up]);
    assert_eq!(seen["wrong"], serde_json::json!([]), "{seen:#}");
    assert_eq!(seen["errors"], serde_json::json!([]));
    assert_eq!(seen["outside"], serde_json::json!([]), "nothing is fetched from elsewhere");
    let nothing_more = ["Campaigns", "Announcements", "Topics", "Media", "Inbox"];
    assert_eq!(seen["entries"], serde_json::json!(nothing_more), "what an author may see");
    assert_eq!(seen["forbidden"], 403);
    assert_eq!(seen["again"], 404, "the set-up address works once");
    assert_eq!(seen["expired"], "/admin/sign-in?next=%2Fadmin%2Fcampaigns");
    let actions = pharos.ok(&["audit", "export"]);
    for action in ["user.set_up", "user.second_factor_set", "user.add", "user.invitation_accept"] {
        assert!(actions.contains(action), "{action}: {actions}");
    }
    assert!(!pharos.log().contains("horse"));
}

#[test]
fn a_passkey_signs_in_alone_and_in_place_of_a_code() {
    let mut pharos = Pharos::new(Sink::start().port);
    pharos.serve();
    // Browsers have no passkeys for addresses of numbers.
    let by_name = |address: &str| address.replace("127.0.0.1", "localhost");
    let set_up = wait::until("the set-up address", || {
        let log = pharos.log();
        log.split_whitespace().find(|word| word.contains("/admin/setup/")).map(by_name)
    });
    let seen = walk("passkeys.mjs", &by_name(&pharos.admin), &[&set_up]);
    assert_eq!(seen["wrong"], serde_json::json!([]), "{seen:#}");
    assert_eq!(seen["errors"], serde_json::json!([]));
    assert_eq!(seen["outside"], serde_json::json!([]), "nothing is fetched from elsewhere");
    assert_eq!(seen["credentials"], serde_json::json!([["localhost", true, "zoe@team.example"]]));
    let said = |name: &str, words: &str| {
        assert!(seen[name].as_str().is_some_and(|it| it.contains(words)), "{name}: {seen:#}");
    };
    said("suggested", "Chrom");
    said("added", "The passkey is added");
    said("twice", "has a passkey for your account already");
    said("back", "/admin/setup/sender");
    said("cancelled", "cancelled");
    said("code", "/admin/sign-in/code");
    said("used", "UTC");
    said("removed", "The passkey is removed");
    said("gone", "not known here");
    assert_eq!(seen["alone"], "/admin/media");
    assert_eq!(seen["factor"], "/admin/campaigns");
    for name in ["plain", "plainCode", "number"] {
        assert_eq!(seen[name], serde_json::json!(["Sign in"]), "{name}");
    }
    let log = pharos.ok(&["audit", "export"]);
    for words in ["passkey.add", "passkey.remove", r#""by":"passkey""#, "password and passkey"] {
        assert!(log.contains(words), "{words}: {log}");
    }
    assert!(!log.contains("horse") && !pharos.log().contains("horse"));
}

#[test]
fn an_installation_is_set_up_screen_by_screen() {
    let dns = Dns::start();
    dns.host("aurora-news.org", &["192.0.2.7"]);
    let text = |text: &str| DnsRecord::Text(text.to_owned());
    dns.add("s1._domainkey.aurora-news.org", text("v=DKIM1; k=rsa; p=MIGf"));
    dns.add("_dmarc.aurora-news.org", text("v=DMARC1; p=quarantine"));
    let port = free_port();
    let mut pharos = Pharos::with(port, |text| {
        let servers = format!("dns_servers = [\"{}\"]", dns.address());
        text.replace("aurora.example", "aurora-news.org")
            .replace("# dns_servers = [\"192.0.2.53\"]", &servers)
    });
    pharos.serve();
    let set_up = wait::until("the set-up address", || {
        let log = pharos.log();
        log.split_whitespace().find(|word| word.contains("/admin/setup/")).map(str::to_owned)
    });
    let failed = Path::new(env!("CARGO_MANIFEST_DIR")).join("../target/pictures/set-up-failed");
    let _ = std::fs::remove_file(&failed);
    // The relay is not there before a first message has failed.
    let relay = std::thread::spawn(move || {
        wait::until("the first test message", || failed.exists().then_some(()));
        Sink::start_at(port)
    });
    let seen = walk("set_up.mjs", &pharos.admin, &[&set_up, &port.to_string()]);
    let sink = relay.join().expect("the relay");
    assert_eq!(seen["wrong"], serde_json::json!([]), "{seen:#}");
    assert_eq!(seen["errors"], serde_json::json!([]));
    assert_eq!(seen["outside"], serde_json::json!([]), "nothing is fetched from elsewhere");
    assert_eq!(seen["second"], "/admin/setup/sender");
    assert_eq!(seen["to"], "zoe@aurora-news.org", "to oneself, unless something else is typed");
    assert!(seen["meaning"].as_str().is_some_and(|it| it.contains("relay.port")), "{seen:#}");
    let taken = seen["taken"].as_array().expect("a conversation");
    for line in ["MAIL FROM:<postmaster@aurora-news.org>", "RCPT TO:<zoe@aurora-news.org>", "354"] {
        let said = |it: &Value| it.as_str().is_some_and(|it| it.starts_with(line));
        assert!(taken.iter().any(said), "{line}: {seen:#}");
    }
    assert_eq!(sink.files().len(), 1, "one real message");
    assert_eq!(seen["reminder"], "Set-up: 2 of 4 done. Go on");
    assert_eq!(seen["standing"], serde_json::json!(["missing", "in place", "in place"]));
    assert_eq!(seen["copied"], "v=spf1 a mx ~all");
    assert_eq!(seen["fourth"], "/admin/setup/start");
    assert_eq!(seen["draft"], "Sample announcement");
    assert_eq!(seen["removed"], "The sample data is gone.");
    assert_eq!((&seen["end"], &seen["reminded"]), (&"/admin/campaigns".into(), &0.into()));
    let actions = pharos.ok(&["audit", "export"]);
    for action in ["user.set_up", "relay.test", "set_up.done", "sample.add", "sample.remove"] {
        assert!(actions.contains(action), "{action}: {actions}");
    }
}

#[test]
fn what_the_configuration_leaves_out_is_typed_on_the_pages() {
    let dns = Dns::start();
    dns.host("aurora-news.org", &["192.0.2.7"]);
    dns.add("s1._domainkey.aurora-news.org", DnsRecord::Text("v=DKIM1; k=rsa; p=MIGf".into()));
    let port = free_port();
    let mut pharos = Pharos::with(port, |text| {
        let servers = format!("dns_servers = [\"{}\"]", dns.address());
        left_open(&text).replace("[check]\n", &format!("[check]\n{servers}\n"))
    });
    pharos.serve();
    let set_up = wait::until("the set-up address", || {
        let log = pharos.log();
        log.split_whitespace().find(|word| word.contains("/admin/setup/")).map(str::to_owned)
    });
    let failed =
        Path::new(env!("CARGO_MANIFEST_DIR")).join("../target/pictures/set-up-typed-failed");
    let _ = std::fs::remove_file(&failed);
    let relay = std::thread::spawn(move || {
        wait::until("the first test message", || failed.exists().then_some(()));
        Sink::start_at(port)
    });
    let seen = walk("set_up.mjs", &pharos.admin, &[&set_up, &port.to_string(), "typed"]);
    let sink = relay.join().expect("the relay");
    assert_eq!(seen["wrong"], serde_json::json!([]), "{seen:#}");
    assert_eq!(seen["errors"], serde_json::json!([]));
    assert_eq!(seen["without"], 1, "nothing to test yet: {seen:#}");
    let refused = seen["refused"].as_str().expect("words");
    assert!(refused.contains("`relay.port` should be a number"), "{refused}");
    assert_eq!(seen["kept"], "Kept. It holds from now on.");
    let taken = seen["taken"].as_array().expect("a conversation");
    let from = |it: &Value| it == "MAIL FROM:<postmaster@aurora-news.org>";
    assert!(taken.iter().any(from), "{seen:#}");
    assert_eq!(seen["copied"], "v=spf1 a mx ~all", "of the domain that was typed");
    assert_eq!(seen["end"], "/admin/campaigns");
    assert_eq!(sink.files().len(), 1, "one real message");
    // And it sends, with the server that was started without anything.
    pharos.import_readers(2);
    pharos.start_campaign();
    pharos.finished();
    // The test message has one part, and is none of these.
    assert_eq!(sink.letters().len(), 2);
}

#[test]
fn a_draft_is_sent_and_taken_back_and_a_contact_changed_and_erased() {
    let demo = Demo::start(30);
    let folder = tempfile::tempdir().expect("a folder");
    let draft = folder.path().join("draft.md");
    let text =
        "---\nsubject: Aurora 4.3\nfrom: a@aurora.example\ntopic: release-notices\n---\n# Hi\n";
    std::fs::write(&draft, text).expect("a draft");
    demo.command(&["campaign", "create", "--file", draft.to_str().expect("a path")]);
    let seen = walk("admin_forms.mjs", &demo.admin, &[&demo.open, "2"]);
    assert_eq!(seen["wrong"], serde_json::json!([]), "{seen:#}");
    assert_eq!(seen["errors"], serde_json::json!([]));
    assert_eq!(seen["outside"], serde_json::json!([]), "nothing is fetched from elsewhere");
    assert_eq!(seen["button"], "Send to 30");
    assert_eq!(seen["zone"], "Europe/Madrid", "as the browser has told");
    assert_eq!(seen["merged"], "city: Berlin\nplan: pro\nseats: 9");
    let said = seen["said"].as_array().expect("what was said");
    let expected =
        ["It starts in 60", "It is a draft", "", "Somebody else", "The contact is changed"];
    for (said, expected) in said.iter().zip(expected) {
        assert!(said.as_str().expect("words").starts_with(expected), "{seen:#}");
    }
    assert_eq!(said.len(), 8, "{seen:#}");
    assert!(said[7].as_str().is_some_and(|it| it.starts_with("The draft is deleted")), "{seen:#}");
}

#[test]
fn an_announcement_without_a_campaign_is_written_sent_to_one_and_deleted() {
    let demo = Demo::start(30);
    let seen = walk("own_announcement.mjs", &demo.admin, &[&demo.open]);
    assert_eq!(seen["wrong"], serde_json::json!([]), "{seen:#}");
    assert_eq!(seen["errors"], serde_json::json!([]));
    assert_eq!(seen["focused"], "name");
    assert_ne!(seen["missing"], serde_json::json!([]));
    assert_eq!(seen["heading"], "password-reset", "its name, not its subject");
    assert_eq!(seen["notes"], serde_json::json!(["This text is not in use yet."]));
    let both = seen["both"].as_array().expect("two texts and where they differ");
    let words = ["subject: Theirs", "subject: Your code, once", "+subject: Your code, once"];
    for (text, word) in both.iter().zip(words) {
        assert!(text.as_str().is_some_and(|text| text.contains(word)), "{seen:#}");
    }
    assert_eq!(seen["chosen"], "Your code, once");
    let text = |name: &str| seen[name].as_str().expect(name).to_owned();
    assert!(text("used").starts_with("It is in use"), "{seen:#}");
    assert!(text("sent").contains("password-reset"), "{seen:#}");
    assert!(text("read").contains("It is 48213"), "{seen:#}");
    assert!(text("deleted").starts_with("The announcement is deleted"), "{seen:#}");
    assert!(!text("left").contains("password-reset"), "{seen:#}");
}

#[test]
fn a_file_is_imported_undone_and_contacts_are_taken_away() {
    let demo = Demo::start(30);
    let folder = tempfile::tempdir().expect("a folder");
    let file = folder.path().join("people.csv");
    let text = "email,First Name,state\nzoe@new.example,Zo\u{eb},active\nmax@new.example,Max,gone\n\
        nobody,x,active\n";
    std::fs::write(&file, text).expect("a file");
    let seen = walk("import.mjs", &demo.admin, &[&demo.open, file.to_str().expect("a path")]);
    assert_eq!(seen["wrong"], serde_json::json!([]), "{seen:#}");
    assert_eq!(seen["errors"], serde_json::json!([]));
    assert_eq!(seen["outside"], serde_json::json!([]), "nothing is fetched from elsewhere");
    assert_eq!(seen["attribute"], "given_name", "what was said is kept");
    let rehearsed = &seen["figures"]["rehearsed"];
    assert_eq!((&rehearsed["Rows"], &rehearsed["Added"]), (&"3".into(), &"2".into()), "{seen:#}");
    assert_eq!(seen["figures"]["imported"], *rehearsed, "{seen:#}");
    assert!(seen["rejects"].as_str().expect("a file").contains("nobody"), "{seen:#}");
    let counted = &seen["figures"]["counted"];
    assert_eq!(counted["Contacts removed"], "1", "{seen:#}");
    assert_eq!(counted["Stay: they have left"], "1", "{seen:#}");
    assert_eq!(seen["figures"]["undone"], *counted, "{seen:#}");
    assert_eq!(seen["figures"]["exported"]["Contacts"], "30", "{seen:#}");
    assert_eq!(seen["lines"], 32, "with its first line, and an end: {seen:#}");
}

#[test]
fn a_list_is_erased_when_its_number_is_typed() {
    let demo = Demo::start(30);
    let seen = walk("erasure.mjs", &demo.admin, &[&demo.open]);
    for what in ["wrong", "errors", "outside"] {
        assert_eq!(seen[what], serde_json::json!([]), "{seen:#}");
    }
    let words = |name: &str| seen[name].as_str().expect("words").to_owned();
    assert_eq!(words("nothing"), "Paste a list or choose a file.");
    assert!(words("refused").starts_with("Nobody was erased: type 3"), "{seen:#}");
    let [counted, erased] = ["counted", "erased"].map(|name| &seen["figures"][name]);
    for (name, count) in [
        ("Contacts in the list", "3"),
        ("Unknown addresses", "1"),
        ("Repeated", "1"),
        ("Lines without an address", "1"),
    ] {
        assert_eq!((&counted[name], &erased[name]), (&count.into(), &count.into()), "{seen:#}");
    }
    assert_eq!(
        (&counted["Contacts erased"], &erased["Contacts erased"]),
        (&Value::Null, &"3".into())
    );
    assert_eq!((&seen["question"], &seen["left"]), (&0.into(), &0.into()), "{seen:#}");
}

#[test]
fn the_demos_readers_are_counted_as_what_they_are() {
    let output = Command::new(binary::pharos())
        .args(["demo", "--contacts", "120", "--readers", "120", "--exit"])
        .output()
        .expect("the demo runs");
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let report: Value = serde_json::from_slice(&output.stdout).expect("standard output is JSON");
    assert_eq!(report["audience"], 120);
    assert_eq!(report["deliveries"]["sent"], 120);
    // 120 readers: every 33rd leaves (3), the others follow ten habits in turn.
    assert_eq!(report["unsubscribes"], 3, "{report:#}");
    let class = |name: &str| {
        let classes = report["classes"].as_array().expect("classes");
        classes.iter().find(|line| line["class"] == name).cloned().unwrap_or_default()
    };
    assert!(class("proxied")["views"].as_i64() > Some(0), "{report:#}");
    assert!(report["evidence"]["proxied"].as_i64() > Some(0));
    assert!(class("scanner")["clicks"].as_i64() > Some(0));
    assert!(class("unknown")["views"].as_i64() > Some(0));
    assert!(report["visitors"].as_i64() > Some(0));
    assert!(report["heads"].as_i64() > Some(0));
    assert!(report["evidence"]["machine_only"].as_i64() > Some(0));
    assert!(report["evidence"]["not_opened"].as_i64() > Some(0));
    let evidence = &report["evidence"];
    let parts = ["person", "proxied", "unknown", "repeat", "machine_only", "not_opened"];
    let sum: i64 = parts.iter().filter_map(|part| evidence[part].as_i64()).sum();
    assert_eq!(evidence["denominator"], sum);
    // What they did in truth lies between the bounds.
    let told = String::from_utf8_lossy(&output.stderr);
    let numbers = |start: &str| {
        let line = told.lines().find(|line| line.starts_with(start)).expect("a line");
        line.split(' ').filter_map(|word| word.parse().ok()).collect::<Vec<i64>>()
    };
    let (truth, report) = (numbers("In truth"), numbers("By the report"));
    assert_eq!((truth.len(), report.len()), (2, 4), "{told}");
    assert!(truth[0] > 60 && (report[0]..=report[1]).contains(&truth[0]), "{told}");
    assert!(truth[1] > 20 && (report[2]..=report[3]).contains(&truth[1]), "{told}");
}

#[test]
fn a_reader_chooses_and_joins_by_keyboard_on_a_narrow_screen_and_in_arabic() {
    let sink = Sink::start();
    let mut pharos = Pharos::new(sink.port);
    pharos.write(
        "people.csv",
        "email,first_name,language\nann@reader.example,Ann,en\nomar@reader.example,عمر,ar\n",
    );
    pharos.ok(&["contacts", "import", "people.csv", "--topic", "release-notices"]);
    pharos.serve().start_campaign();
    pharos.finished();
    let letters = sink.letters();
    let choices = |to: &str| {
        let letter = letters.iter().find(|letter| letter.to == to).expect("a letter");
        letter.unsubscribe.replace("/u/", "/p/")
    };
    let form = ["forms", "set", "letter", "--title", "Our letter", "--topic", "release-notices"];
    let shop = format!("http://127.0.0.1:{}", free_port());
    let more = ["--ask", "language", "--asks-age", "no", "--origin", &shop];
    let notice = ["--notice", "We write when there is a release."];
    pharos.ok(&[&form[..], &more, &notice].concat());
    let html = pharos.write("form.html", pharos.ok(&["forms", "show", "letter", "--html"]));
    let ann = choices("ann@reader.example");
    let site = ann.split("/p/").next().expect("a site");
    let (omar, join) = (choices("omar@reader.example"), format!("{site}/join/letter"));
    let html = html.display().to_string();
    let seen = walk("own_choices.mjs", site, &[&ann, &omar, &join, &html, &shop]);
    for what in ["wrong", "errors", "outside", "nameless", "unreached"] {
        assert_eq!(seen[what], serde_json::json!([]), "{what}: {seen:#}");
    }
    let rights = serde_json::json!({ "direction": "rtl", "language": "ar", "boxIsRight": true });
    assert_eq!((&seen["sides"], &seen["formSides"]), (&rights, &rights), "{seen:#}");
    assert_ne!(seen["choices"], seen["arabicChoices"], "in her own words");
    assert_eq!(
        (&seen["ticked"], &seen["joined"]),
        (&false.into(), &"Look into your mailbox".into())
    );
    let left = "SELECT s.state FROM subscriptions s JOIN contacts c ON c.id = s.contact_id
        WHERE c.email = 'ann@reader.example'";
    assert_eq!(pharos.query(left), [["unsubscribed"]]);
    let waits = pharos.query("SELECT lower(email) FROM joins ORDER BY 1").concat();
    assert_eq!(waits, ["by.keyboard@reader.example", "by.shop@reader.example"]);
}
