//! An installation on many nodes: each a process of the real binary with a folder, ports and a
//! name of its own, over one PostgreSQL and one Redis.

use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::OnceLock;
use std::time::Duration;

use model::{CampaignId, ContactId, LinkSlot};
use tempfile::TempDir;
use testkit::{Postgres, free_port};
use token::{Addressee, Claims, Keyring, Purpose};

use super::binary::{self, Said};
use super::pharos::ANNOUNCEMENT;
use super::session::{OWNER, PASSWORD};
use super::{Session, http, wait};

/// What a beginning mailer may take on a busy machine.
const UP: Duration = Duration::from_secs(60);

/// A node that is killed finds its port free again: nobody who knocks meanwhile is given it.
fn address() -> String {
    format!("127.0.0.1:{}", free_port())
}

/// What the nodes of one installation share.
pub struct Cluster {
    /// The URL of the database.
    pub database: String,
    /// The URL of Redis.
    pub bus: String,
    /// Where messages are handed over.
    pub relay_port: u16,
    /// The beacon that messages lead to.
    beacon: String,
    /// The web node that messages lead to.
    web: String,
    /// Changes to the configuration of every node: a line, and what stands there instead.
    changes: Vec<(&'static str, &'static str)>,
    keys: String,
    /// Of the campaign, and the one before the first contact's.
    ids: OnceLock<(i64, i64)>,
}

impl Cluster {
    /// Not running yet.
    pub fn new(
        database: String,
        bus: String,
        relay_port: u16,
        changes: &[(&'static str, &'static str)],
    ) -> Self {
        let keys = Keyring::generate().expect("random numbers").to_text().to_string();
        let (beacon, web) = (address(), address());
        Self {
            database,
            bus,
            relay_port,
            beacon,
            web,
            changes: changes.to_vec(),
            keys,
            ids: OnceLock::new(),
        }
    }

    /// A node of these roles, in a new folder and not running yet.
    pub fn node(&self, roles: &'static str) -> Node {
        self.node_on(roles, &self.database, &self.bus)
    }

    /// The same with ways of its own to database and bus.
    pub fn node_on(&self, roles: &'static str, database: &str, bus: &str) -> Node {
        let folder = tempfile::tempdir().expect("a folder");
        let node = Node {
            folder,
            roles,
            server: None,
            beacon: address(),
            web: address(),
            admin: address(),
        };
        node.settle(self, database, bus);
        node
    }

    /// The node that recipients' pages are on; the one whose folder commands are given in.
    pub fn web_node(&self) -> Node {
        let mut node = self.node("web");
        node.web.clone_from(&self.web);
        node.settle(self, &self.database, &self.bus);
        node
    }

    /// The pixel of a contact, counted from 1, made with the installation's own keys; the beacon goes
    /// before it.
    pub fn pixel(&self, contact: i64) -> String {
        format!("/o/{}.gif", self.token(Purpose::View, contact, 0))
    }

    /// A link of a contact's message, in the same way.
    pub fn click(&self, contact: i64, slot: u16) -> String {
        format!("/c/{}", self.token(Purpose::Click, contact, slot))
    }

    /// The page where a contact can unsubscribe.
    pub fn unsubscribe(&self, contact: i64) -> String {
        format!("/u/{}", self.token(Purpose::Unsubscribe, contact, 0))
    }

    fn token(&self, purpose: Purpose, contact: i64, slot: u16) -> String {
        let (campaign, before_first) = *self.ids.get_or_init(|| {
            let sql = "SELECT (SELECT id FROM campaigns), (SELECT min(id) - 1 FROM contacts)";
            let rows = Postgres::shared().query(&self.database, sql);
            let id = |column: usize| rows[0][column].parse().expect("an id");
            (id(0), id(1))
        });
        let keys = Keyring::parse(&self.keys).expect("a key ring");
        let (campaign, contact) = (CampaignId(campaign), ContactId(before_first + contact));
        let claims =
            Claims { campaign, addressee: Addressee::Contact(contact), slot: LinkSlot(slot) };
        keys.seal(purpose, claims).expect("small ids").as_str().to_owned()
    }
}

/// One process, or none at this moment.
pub struct Node {
    folder: TempDir,
    roles: &'static str,
    server: Option<Child>,
    beacon: String,
    web: String,
    admin: String,
}

impl Node {
    /// Writes the configuration and the keys.
    fn settle(&self, cluster: &Cluster, database: &str, bus: &str) {
        let path = self.path("pharos.toml");
        let _ = std::fs::remove_file(&path);
        self.ok(&["init"]);
        let text = super::pharos::STANDALONE.to_owned();
        let mut lines = vec![
            (r#"store = "sqlite:pharos-data/pharos.sqlite""#, format!("store = \"{database}\"")),
            (r#"bus = "local""#, format!("bus = \"{bus}\"")),
            (
                r#"beacon_url = "http://127.0.0.1:8025""#,
                format!("beacon_url = \"http://{}\"", cluster.beacon),
            ),
            (
                r#"web_url = "http://127.0.0.1:8026""#,
                format!("web_url = \"http://{}\"", cluster.web),
            ),
            (r#"listen = "127.0.0.1:8025""#, format!("listen = \"{}\"", self.beacon)),
            (r#"listen = "127.0.0.1:8026""#, format!("listen = \"{}\"", self.web)),
            (r#"listen = "127.0.0.1:8027""#, format!("listen = \"{}\"", self.admin)),
            ("port = 25\n", format!("port = {}\n", cluster.relay_port)),
        ];
        lines.extend(cluster.changes.iter().map(|(old, new)| (*old, (*new).to_owned())));
        let text = lines.into_iter().fold(text, |text, (old, new)| {
            assert!(text.contains(old), "the configuration has no {old}");
            text.replace(old, &new)
        });
        std::fs::write(&path, text).expect("the config is written");
        std::fs::write(self.path("pharos-data/keys"), &cluster.keys).expect("the keys are written");
    }

    pub fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    /// A link to another node's pages as one to this node's.
    pub fn own(&self, link: &str) -> String {
        let path = link.splitn(4, '/').nth(3).expect("a path");
        format!("http://{}/{path}", self.web)
    }

    /// Adds an owner, and signs them in on this node.
    pub fn owner(&self) -> Session {
        std::fs::write(self.path("owner-password"), PASSWORD).expect("a file is written");
        let add = ["user", "add", OWNER, "--role", "owner", "--password-file", "owner-password"];
        self.ok(&add);
        Session::sign_in(&format!("http://{}", self.admin), OWNER, PASSWORD)
    }

    /// A page of the node's own for whoever runs campaigns, or watches over it.
    pub fn admin(&self, path: &str) -> http::Answer {
        http::get(&format!("http://{}/{path}", self.admin))
    }

    /// Where its API listens.
    pub fn api(&self) -> String {
        format!("http://{}", self.admin)
    }

    /// Where its beacon listens, if it has one.
    pub fn beacon(&self) -> String {
        format!("http://{}", self.beacon)
    }

    /// Where its pages listen, if it has any.
    pub fn web(&self) -> String {
        format!("http://{}", self.web)
    }

    fn command(&self, args: &[&str]) -> Command {
        binary::command(self.folder.path(), args)
    }

    /// Runs a command to its end.
    pub fn run(&self, args: &[&str]) -> Said {
        Said::of(self.command(args))
    }

    /// Runs a command that must succeed.
    pub fn ok(&self, args: &[&str]) -> String {
        self.run(args).succeeded(args)
    }

    /// The server must refuse to start; gives what it said.
    pub fn is_refused(&self) -> String {
        let said = self.run(&["serve", "--role", self.roles]);
        assert_eq!(said.code, 1, "{}", said.err);
        said.err
    }

    /// Readers 1 to `count` at reader.example, and campaign 1 to them.
    pub fn create_campaign(&self, count: usize) {
        let row = |n| format!("reader{n}@reader.example,Reader {n}\n");
        let rows: String = (1..=count).map(row).collect();
        let csv = format!("email,first_name\n{rows}");
        std::fs::write(self.path("contacts.csv"), csv).expect("a file is written");
        std::fs::write(self.path("announcement.md"), ANNOUNCEMENT).expect("a file is written");
        self.ok(&["contacts", "import", "contacts.csv", "--topic", "release-notices"]);
        self.ok(&["campaign", "create", "--file", "announcement.md"]);
    }

    /// Campaign 1's report.
    pub fn report(&self) -> serde_json::Value {
        let text = self.ok(&["report", "opens", "1", "--format", "json"]);
        serde_json::from_str(&text).expect("JSON")
    }

    /// Starts the server and waits until every listener of its roles answers.
    pub fn serve(&mut self) -> &mut Self {
        self.begin();
        self.wait_until_up();
        self
    }

    /// Starts the server and waits until its beacon answers, or its pages where it has none.
    pub fn serve_without_store(&mut self) {
        self.begin();
        let public = if self.roles.contains("beacon") { &self.beacon } else { &self.web };
        let url = format!("http://{public}/healthz");
        self.wait_for(&url);
    }

    /// Starts the server.
    pub fn begin(&mut self) {
        assert!(self.server.is_none(), "it runs already");
        let log = std::fs::File::options().create(true).append(true).open(self.path("log"));
        let log = log.expect("a log file");
        let mut command = self.command(&["serve", "--role", self.roles]);
        let server = command.stdout(Stdio::null()).stderr(log).spawn();
        self.server = Some(server.expect("pharos serve starts"));
    }

    pub fn wait_until_up(&mut self) {
        // Without its store a node has health, and no metrics yet.
        let mut ask = vec![format!("http://{}/metrics", self.admin)];
        if self.roles.contains("beacon") {
            ask.push(format!("http://{}/healthz", self.beacon));
        }
        if self.roles.contains("web") {
            ask.push(format!("http://{}/robots.txt", self.web));
        }
        for url in ask {
            self.wait_for(&url);
        }
    }

    fn wait_for(&mut self, url: &str) {
        wait::until_within(UP, "the node to answer", || {
            let server = self.server.as_mut().expect("a server");
            if let Some(status) = server.try_wait().expect("a status") {
                panic!("pharos serve ended with {status}: {}", self.log());
            }
            http::request("GET", url, &[], "").ok().filter(|answer| answer.status == 200)
        });
    }

    /// The name in its data folder, by which the store knows its number.
    pub fn name(&self) -> String {
        let name = std::fs::read_to_string(self.path("pharos-data/node"));
        name.expect("it has run").trim().to_owned()
    }

    /// What it counts of something since its start.
    pub fn counts(&self, what: &str) -> u64 {
        let text = http::get(&format!("http://{}/metrics", self.admin)).text();
        let name = format!("pharos_{what}_total ");
        let value = text.lines().find_map(|line| line.strip_prefix(&name));
        value.and_then(|value| value.parse().ok()).unwrap_or_else(|| panic!("no {what}: {text}"))
    }

    pub fn is_running(&self) -> bool {
        self.server.is_some()
    }

    /// kill -9.
    pub fn kill(&mut self) {
        let mut server = self.server.take().expect("a server");
        server.kill().expect("a kill");
        server.wait().expect("an end");
    }

    fn signal(&self, signal: &str) {
        let id = self.server.as_ref().expect("a server").id().to_string();
        let sent = Command::new("kill").args([signal, &id]).status();
        assert!(sent.expect("kill runs").success(), "kill {signal}");
    }

    /// It does nothing more, and does not know it.
    pub fn freeze(&self) {
        self.signal("-STOP");
    }

    pub fn thaw(&self) {
        self.signal("-CONT");
    }

    /// SIGTERM, and waits for the orderly end.
    pub fn stop(&mut self) {
        self.signal("-TERM");
        let mut server = self.server.take().expect("a server");
        let ended = wait::until("the node to end", || server.try_wait().expect("a status"));
        assert_eq!(ended.code(), Some(0), "pharos serve: {}", self.log());
    }

    pub fn log(&self) -> String {
        std::fs::read_to_string(self.path("log")).unwrap_or_default()
    }
}

impl Drop for Node {
    fn drop(&mut self) {
        if let Some(server) = self.server.as_mut() {
            let _ = server.kill();
            let _ = server.wait();
        }
        if std::thread::panicking() {
            println!(
                "the log of {} in {}:\n{}",
                self.roles,
                self.folder.path().display(),
                self.log()
            );
        }
    }
}

/// Copies a folder that a server works in: what it removes meanwhile is left out.
pub fn copy_folder(from: &Path, to: &Path) {
    std::fs::create_dir_all(to).expect("a folder");
    for entry in std::fs::read_dir(from).expect("a folder") {
        let entry = entry.expect("an entry");
        let place = to.join(entry.file_name());
        if entry.path().is_dir() {
            copy_folder(&entry.path(), &place);
        } else if let Err(error) = std::fs::copy(entry.path(), place) {
            assert_eq!(error.kind(), std::io::ErrorKind::NotFound, "{}", entry.path().display());
        }
    }
}
