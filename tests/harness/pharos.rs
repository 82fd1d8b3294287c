//! An installation in a folder of its own, and the server that runs in it.

use std::path::PathBuf;
use std::process::{Child, Command, Stdio};

use serde_json::Value;
use tempfile::TempDir;
use testkit::free_port;

use super::binary::{self, Said};
use super::session::{OWNER, PASSWORD};
use super::{Backing, Letter, Session, Sink, http, wait};

/// The annotated example, in which everything stands that the pages could ask for.
pub(crate) const STANDALONE: &str = include_str!("../../config/standalone.toml");

/// One installation.
pub struct Pharos {
    folder: TempDir,
    backing: Backing,
    server: Option<Child>,
    pub beacon: String,
    pub web: String,
    pub admin: String,
}

impl Pharos {
    /// `pharos init` in a new folder on the chosen backing, with free ports and the given relay.
    pub fn new(relay_port: u16) -> Self {
        Self::with(relay_port, |text| text)
    }

    /// The same with a changed configuration.
    pub fn with(relay_port: u16, change: impl Fn(String) -> String) -> Self {
        Self::set_up(Backing::chosen(), relay_port, change)
    }

    /// The same on this backing, for a story that is told once.
    pub fn on(backing: Backing, relay_port: u16) -> Self {
        Self::set_up(backing, relay_port, |text| text)
    }

    /// The same with a changed configuration.
    pub fn told(backing: Backing, relay_port: u16, change: impl Fn(String) -> String) -> Self {
        Self::set_up(backing, relay_port, change)
    }

    fn set_up(backing: Backing, relay_port: u16, change: impl Fn(String) -> String) -> Self {
        let folder = tempfile::tempdir().expect("a folder");
        let [beacon, web, admin] = [(); 3].map(|()| format!("127.0.0.1:{}", free_port()));
        let pharos = Self {
            beacon: format!("http://{beacon}"),
            web: format!("http://{web}"),
            admin: format!("http://{admin}"),
            folder,
            backing,
            server: None,
        };
        pharos.ok(&["init"]);
        let path = pharos.path("pharos.toml");
        let text = STANDALONE
            .replace("127.0.0.1:8025", &beacon)
            .replace("127.0.0.1:8026", &web)
            .replace("127.0.0.1:8027", &admin)
            .replace("port = 25\n", &format!("port = {relay_port}\n"))
            // The same on every machine.
            .replace("# threads = 4\n", "threads = 1\n")
            // Its readers are quicker than people.
            .replace("soon_after_delivery = \"2s\"", "soon_after_delivery = \"off\"");
        let text = pharos.backing.settle(&text);
        std::fs::write(&path, change(text)).expect("the config is written");
        pharos
    }

    /// Whether it stands on PostgreSQL and Redis.
    pub fn is_cluster(&self) -> bool {
        matches!(self.backing, Backing::Cluster { .. })
    }

    /// Asks the store with another program than ours.
    pub fn query(&self, sql: &str) -> Vec<Vec<String>> {
        self.backing.query(&self.path("pharos-data"), sql)
    }

    /// On PostgreSQL: makes a copy of the database.
    pub fn keep_database(&self) {
        self.backing.keep_database();
    }

    /// Puts that copy in its place while the server runs.
    pub fn replace_database(&self) {
        self.backing.replace_database();
    }

    /// Puts that copy in its place.
    pub fn put_database_back(&self) {
        self.backing.put_database_back();
    }

    pub fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    /// Writes a file into the installation's folder.
    pub fn write(&self, name: &str, text: impl AsRef<[u8]>) -> PathBuf {
        let path = self.path(name);
        std::fs::write(&path, text).expect("a file is written");
        path
    }

    /// Writes a file that only its owner can read, and returns its path.
    pub fn secret(&self, name: &str, text: &str) -> String {
        use std::os::unix::fs::PermissionsExt as _;
        let path = self.write(name, text);
        let mode = std::fs::Permissions::from_mode(0o600);
        std::fs::set_permissions(&path, mode).expect("a mode");
        path.display().to_string()
    }

    fn command(&self, args: &[&str]) -> Command {
        binary::command(self.folder.path(), args)
    }

    /// Runs a command to its end.
    pub fn run(&self, args: &[&str]) -> Said {
        Said::of(self.command(args))
    }

    /// Starts a command that reads from a pipe.
    pub fn start(&self, args: &[&str]) -> Child {
        let mut command = self.command(args);
        let command = command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
        command.spawn().expect("pharos starts")
    }

    /// Runs a command that must succeed.
    pub fn ok(&self, args: &[&str]) -> String {
        self.run(args).succeeded(args)
    }

    /// Runs a command that must fail, and returns what it complained about.
    pub fn fails(&self, args: &[&str]) -> String {
        let said = self.run(args);
        assert_eq!(said.code, 1, "pharos {args:?}: {} {}", said.out, said.err);
        said.err
    }

    /// Starts the server and waits until every listener answers.
    pub fn serve(&mut self) -> &mut Self {
        let log = std::fs::File::options().create(true).append(true).open(self.path("log"));
        let log = log.expect("a log file");
        let server = self.command(&["serve"]).stdout(Stdio::null()).stderr(log).spawn();
        self.server = Some(server.expect("pharos serve starts"));
        self.wait_until_up();
        self
    }

    fn wait_until_up(&mut self) {
        let ask = [(&self.beacon, "healthz"), (&self.web, "robots.txt"), (&self.admin, "healthz")];
        for url in ask.map(|(base, path)| format!("{base}/{path}")) {
            wait::until("the server to answer", || {
                let server = self.server.as_mut().expect("a server");
                if let Some(status) = server.try_wait().expect("a status") {
                    panic!("pharos serve ended with {status}: {}", self.log());
                }
                http::request("GET", &url, &[], "").ok().filter(|answer| answer.status == 200)
            });
        }
    }

    pub fn log(&self) -> String {
        std::fs::read_to_string(self.path("log")).unwrap_or_default()
    }

    /// kill -9.
    pub fn kill(&mut self) {
        let mut server = self.server.take().expect("a server");
        server.kill().expect("a kill");
        server.wait().expect("an end");
    }

    fn signal(&self, signal: &str) {
        let pid = self.server.as_ref().expect("a server").id().to_string();
        let sent = Command::new("kill").args([signal, &pid]).status();
        assert!(sent.expect("kill runs").success(), "kill {signal}");
    }

    /// SIGTERM.
    pub fn terminate(&self) {
        self.signal("-TERM");
    }

    /// It does nothing more, and does not know it.
    pub fn freeze(&self) {
        self.signal("-STOP");
    }

    pub fn thaw(&self) {
        self.signal("-CONT");
    }

    /// Waits for the server's end and gives its exit code.
    pub fn ended(&mut self) -> Option<i32> {
        let mut server = self.server.take().expect("a server");
        wait::until("the server to end", || server.try_wait().expect("a status")).code()
    }

    /// SIGTERM, and waits for the orderly end.
    pub fn stop(&mut self) {
        self.terminate();
        assert_eq!(self.ended(), Some(0), "pharos serve: {}", self.log());
    }

    /// Adds an owner, and signs them in on the running server.
    pub fn owner(&self) -> Session {
        self.write("owner-password", PASSWORD);
        let add = ["user", "add", OWNER, "--role", "owner", "--password-file", "owner-password"];
        self.ok(&add);
        Session::sign_in(&self.admin, OWNER, PASSWORD)
    }

    /// Imports one row a reader, `email,first_name`.
    pub fn import(&self, rows: impl IntoIterator<Item = (String, String)>) -> String {
        let mut csv = String::from("email,first_name\n");
        for (email, name) in rows {
            csv.push_str(&format!("{email},{name}\n"));
        }
        self.write("contacts.csv", csv);
        self.ok(&["contacts", "import", "contacts.csv", "--topic", "release-notices"])
    }

    /// Readers 1 to `count` at reader.example.
    pub fn import_readers(&self, count: usize) {
        self.import(
            (1..=count).map(|n| (format!("reader{n}@reader.example"), format!("Reader {n}"))),
        );
    }

    /// Creates campaign 1 from a small announcement and starts it.
    pub fn start_campaign(&self) {
        self.create_campaign();
        self.ok(&["campaign", "start", "1"]);
    }

    pub fn create_campaign(&self) {
        self.write("announcement.md", ANNOUNCEMENT);
        self.ok(&["campaign", "create", "--file", "announcement.md"]);
    }

    /// Campaign 1's report.
    pub fn report(&self) -> Value {
        let text = self.ok(&["report", "opens", "1", "--format", "json"]);
        serde_json::from_str(&text).expect("JSON")
    }

    /// Waits until the report answers yes.
    pub fn report_when(&self, what: &str, mut yes: impl FnMut(&Value) -> bool) -> Value {
        wait::until(what, || Some(self.report()).filter(|report| yes(report)))
    }

    /// Waits until campaign 1 is finished.
    pub fn finished(&self) -> Value {
        self.report_when("the campaign to finish", |it| it["campaign"]["state"] == "finished")
    }
}

impl Drop for Pharos {
    fn drop(&mut self) {
        if let Some(server) = self.server.as_mut() {
            let _ = server.kill();
            let _ = server.wait();
        }
        if std::thread::panicking() {
            println!("the server's log:\n{}", self.log());
        }
    }
}

/// The example without a value of `[organisation]` and `[relay]`.
pub fn left_open(text: &str) -> String {
    let mut table = String::new();
    let lines = text.lines().filter(|line| {
        if line.starts_with('[') {
            (*line).clone_into(&mut table);
        }
        line.starts_with(['[', '#']) || !["[organisation]", "[relay]"].contains(&table.as_str())
    });
    lines.collect::<Vec<_>>().join("\n")
}

/// A running server whose campaign 1 has reached so many readers, and their letters.
pub fn mailed(count: usize) -> (Pharos, Vec<Letter>) {
    let sink = Sink::start();
    let mut pharos = Pharos::new(sink.port);
    pharos.import_readers(count);
    pharos.serve().start_campaign();
    pharos.finished();
    (pharos, sink.letters())
}

/// Two links, a merge tag in the subject and one with a default in the body.
pub const ANNOUNCEMENT: &str = r#"---
subject: Aurora 4.2 is here, {{ first_name | default("friend") }}
from: Aurora News <news@aurora.example>
preheader: Faster sync, calmer alerts
topic: release-notices
name: Aurora 4.2
---

# Aurora 4.2

Hello {{ first_name | default("friend") }}, this is *new*:

- [Read the release notes](https://aurora.example/notes?v=4.2&lang=en)
- [Download](https://aurora.example/download)

Grüße aus Dublin.
"#;
