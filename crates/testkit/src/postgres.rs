//! A private PostgreSQL server.
//!
//! It can be killed and comes back in the same folder and on the same port. Its content is read
//! through psql, so that the ground truth does not come from the code under test.

use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::OnceLock;
use std::sync::atomic::{AtomicU64, Ordering};

use crate::server_folder::{self, ServerFolder};
use crate::{ports, wait};

const PACKAGE: &str = "postgresql";
const ATTEMPTS: usize = 5;

/// A killed server leaves a segment of System V shared memory, which outlives every process. The
/// seventh line of its pid file ends with the segment's id.
const FREE_SHARED_MEMORY: &str = r#"
  segment=$(sed -n '7s/.* //p' data/postmaster.pid 2>/dev/null)
  [ -z "$segment" ] || ipcrm -m "$segment""#;

// Nobody writes these into a table.
const BETWEEN_FIELDS: &str = "\u{1f}";
const BETWEEN_ROWS: &str = "\u{1e}";

/// What survives of a commit when the whole machine fails.
#[derive(Clone, Copy)]
enum Durability {
    Full,
    /// Survives only the server's death; for tests that never kill it.
    Fast,
}

/// A private PostgreSQL server for user `pharos`, who may do everything and needs no password. As
/// root, it runs as user `postgres`.
pub struct Postgres {
    server_folder: ServerFolder,
    programs: PathBuf,
    port: u16,
    durability: Durability,
    databases: AtomicU64,
}

impl Postgres {
    /// Starts a server whose commits are durable.
    pub fn start() -> Self {
        Self::start_with(Durability::Full)
    }

    /// The server that the tests of one process share, without `fsync`. Started at first use.
    pub fn shared() -> &'static Self {
        static SHARED: OnceLock<Postgres> = OnceLock::new();
        SHARED.get_or_init(|| Self::start_with(Durability::Fast))
    }

    fn start_with(durability: Durability) -> Self {
        let programs = programs();
        let users = ["postgres", "nobody"];
        let server_folder = ServerFolder::with("postgres", FREE_SHARED_MEMORY, &users);
        let mut server =
            Self { server_folder, programs, port: 0, durability, databases: AtomicU64::new(0) };
        server.init();
        for _ in 0..ATTEMPTS {
            server.port = ports::free_port();
            if server.comes_up() {
                return server;
            }
        }
        panic!("PostgreSQL did not start: {}", server.server_folder.log());
    }

    fn init(&self) {
        let mut init = self.command("initdb");
        init.args(["--pgdata=data", "--username=pharos", "--auth=trust", "--encoding=UTF8"]);
        // What initdb writes need not survive the machine's fall.
        init.args(["--locale=C", "--no-sync"]);
        let done = init.status().unwrap_or_else(|why| server_folder::missing(&init, PACKAGE, &why));
        assert!(done.success(), "initdb: {}", self.server_folder.log());
    }

    /// Starts the server; false when it ended before it accepted connections.
    fn comes_up(&mut self) -> bool {
        let sync = match self.durability {
            Durability::Full => "on",
            Durability::Fast => "off",
        };
        let settings = [
            "listen_addresses=127.0.0.1".to_owned(),
            format!("port={}", self.port),
            format!("unix_socket_directories={}", self.server_folder.path().display()),
            "max_connections=200".to_owned(),
            "shared_buffers=32MB".to_owned(),
            // POSIX shared memory would stay behind when the server is killed.
            "dynamic_shared_memory_type=mmap".to_owned(),
            format!("fsync={sync}"),
            format!("full_page_writes={sync}"),
            format!("synchronous_commit={sync}"),
        ];
        let mut command = self.command("postgres");
        command.args(["-D", "data"]);
        for setting in settings {
            command.arg("-c").arg(setting);
        }
        self.server_folder.serve(&mut command, PACKAGE);
        wait::until("PostgreSQL to accept connections", || {
            if self.server_folder.has_ended() {
                Some(false)
            } else {
                self.is_ready().then_some(true)
            }
        })
    }

    /// Whether our server, and not one that took the port first, says that it is ready. `pg_ctl
    /// --wait` looks at the same two lines.
    fn is_ready(&self) -> bool {
        let file = self.server_folder.path().join("data/postmaster.pid");
        let text = std::fs::read_to_string(file).unwrap_or_default();
        let lines: Vec<&str> = text.lines().map(str::trim).collect();
        let id = lines.first().and_then(|line| line.parse().ok());
        id.is_some() && id == self.server_folder.server_id() && lines.get(7) == Some(&"ready")
    }

    fn command(&self, program: &str) -> Command {
        let mut command = self.server_folder.command(self.programs.join(program));
        // No setting of the user who runs the tests (`PGOPTIONS`, `LANG`, ...) may leak in.
        command.env_clear().env("LC_ALL", "C");
        command
    }

    /// Creates an empty database and gives its URL.
    pub fn database(&self) -> String {
        let name = format!("test_{}", self.databases.fetch_add(1, Ordering::Relaxed) + 1);
        self.query(&self.url("postgres"), &format!("CREATE DATABASE {name}"));
        self.url(&name)
    }

    fn url(&self, database: &str) -> String {
        format!("postgres://pharos@127.0.0.1:{}/{database}", self.port)
    }

    pub fn port(&self) -> u16 {
        self.port
    }

    /// The server's folder, in which its `log` lies.
    pub fn folder(&self) -> &Path {
        self.server_folder.path()
    }

    /// Lets clients speak TLS, with this key and certificate. Takes effect for the next connection.
    pub fn speak_tls(&self, key: &Path, certificate: &Path) {
        let folder = self.server_folder.path().join("data");
        for (from, name) in [(key, "server.key"), (certificate, "server.crt")] {
            let to = folder.join(name);
            std::fs::copy(from, &to).expect("a copy");
            // The server refuses a key that others could read, or that is another user's.
            let mode = std::os::unix::fs::PermissionsExt::from_mode(0o600);
            std::fs::set_permissions(&to, mode).expect("rights");
            let owner = Command::new("chown").arg("--reference").arg(&folder).arg(&to).status();
            assert!(owner.is_ok_and(|status| status.success()), "chown {}", to.display());
        }
        let url = self.url("postgres");
        self.query(&url, "ALTER SYSTEM SET ssl = on");
        self.query(&url, "SELECT pg_reload_conf()");
        wait::until("PostgreSQL to speak TLS", || {
            let shown = self.query(&url, "SHOW ssl");
            (shown == [["on"]]).then_some(())
        });
    }

    /// SIGKILL for the server and all its children at once.
    pub fn kill(&mut self) {
        self.server_folder.kill();
    }

    /// A fast shutdown: open transactions are rolled back, clients are sent away.
    pub fn stop(&mut self) {
        self.server_folder.end_by("-INT");
    }

    /// Starts a server again that was killed or stopped, in its folder and on its port, and waits
    /// until it has recovered and accepts connections.
    pub fn start_again(&mut self) {
        let up = (0..ATTEMPTS).any(|_| self.comes_up());
        assert!(up, "PostgreSQL did not start again: {}", self.server_folder.log());
    }

    /// Runs one statement through psql; a NULL comes out as an empty text. Panics when it fails.
    pub fn query(&self, database_url: &str, sql: &str) -> Vec<Vec<String>> {
        let output = self.psql(database_url, sql).output().expect("psql runs");
        let said = String::from_utf8_lossy(&output.stderr);
        assert!(output.status.success(), "psql: {sql}: {said}");
        let text = String::from_utf8(output.stdout).expect("UTF-8");
        // psql ends its output with a new line, whatever is between the rows.
        let Some(rows) = text.strip_suffix('\n') else { return Vec::new() };
        let fields = |row: &str| row.split(BETWEEN_FIELDS).map(str::to_owned).collect();
        rows.split(BETWEEN_ROWS).map(fields).collect()
    }

    /// Runs a statement that may be refused; something when it was not.
    pub fn try_query(&self, database_url: &str, sql: &str) -> Option<()> {
        let output = self.psql(database_url, sql).output().expect("psql runs");
        output.status.success().then_some(())
    }

    fn psql(&self, database_url: &str, sql: &str) -> Command {
        let mut psql = Command::new(self.programs.join("psql"));
        psql.args(["-X", "-q", "-A", "-t", "-v", "ON_ERROR_STOP=1"]);
        psql.args(["-F", BETWEEN_FIELDS, "-R", BETWEEN_ROWS, "-d", database_url, "-c", sql]);
        psql.env_clear().env("LC_ALL", "C").env("PGCLIENTENCODING", "UTF8");
        psql.env("PGCONNECT_TIMEOUT", "20").stdin(std::process::Stdio::null());
        psql
    }
}

/// The folder with the newest server's programs; Debian keeps them out of everybody's path.
fn programs() -> PathBuf {
    let versions = std::fs::read_dir("/usr/lib/postgresql").into_iter().flatten();
    let newest = versions
        .filter_map(|version| {
            let version = version.ok()?;
            let number: u32 = version.file_name().to_str()?.parse().ok()?;
            let programs = version.path().join("bin");
            programs.join("postgres").exists().then_some((number, programs))
        })
        .max();
    let (_, programs) = newest.expect(
        "/usr/lib/postgresql/*/bin/postgres is missing: it is in the Debian package postgresql, \
         which scripts/test installs",
    );
    programs
}
