//! A private rspamd: its rules about text alone, without neural networks, blocklists or learning.

use std::fs;

use crate::ports::free_port;
use crate::server_folder::ServerFolder;
use crate::wait;

/// Debian's rules without what needs the network. The short list of top-level domains saves a
/// minute of compiling patterns.
const CONFIG: &str = r#"
lua = "$RULESDIR/rspamd.lua"
.include "$CONFDIR/actions.conf"
.include "$CONFDIR/groups.conf"
modules { path = "${PLUGINSDIR}"; }
regexp { max_size = 1M; }
options {
  filters = "chartable,regexp";
  url_tld = "FOLDER/tld";
  disable_hyperscan = true;
  tempdir = "FOLDER";
  hs_cache_dir = "FOLDER";
  control_socket = "FOLDER/control";
  dns { nameserver = ["127.0.0.1:DNS_PORT"]; timeout = 0.1s; retransmits = 1; }
}
logging { type = "console"; level = "notice"; }
worker "normal" { bind_socket = "127.0.0.1:PORT"; count = 1; }
"#;

/// A running server.
pub struct Rspamd {
    _folder: ServerFolder,
    port: u16,
}

impl Rspamd {
    /// Takes some seconds: it reads its rules.
    pub fn start() -> Self {
        let mut folder = ServerFolder::new("rspamd");
        let path = folder.path().display().to_string();
        let port = free_port();
        let config = CONFIG
            .replace("FOLDER", &path)
            .replace("DNS_PORT", &free_port().to_string())
            .replace("PORT", &port.to_string());
        fs::write(folder.path().join("rspamd.conf"), config).expect("a configuration");
        fs::write(folder.path().join("tld"), "com\norg\nexample\n").expect("a list");
        let mut command = folder.command("rspamd");
        // In the foreground; also as root, as in a container.
        command.args(["-f", "-i", "-c", "rspamd.conf"]);
        for variable in ["DBDIR", "RUNDIR", "LOGDIR"] {
            command.arg("--var").arg(format!("{variable}={path}"));
        }
        folder.serve(&mut command, "rspamd");
        wait::until("rspamd to answer", || {
            assert!(!folder.has_ended(), "rspamd has ended: {}", folder.log());
            std::net::TcpStream::connect(("127.0.0.1", port)).ok()
        });
        Self { _folder: folder, port }
    }

    /// Where its normal worker is.
    pub fn url(&self) -> String {
        format!("http://127.0.0.1:{}", self.port)
    }
}
