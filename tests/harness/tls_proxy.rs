//! nginx in front, as `docs/visitors.md` shows it: TLS, one host for beacon and pages, and hosts of
//! other people's web pages beside it.

use std::path::Path;
use std::process::{Child, Command, Stdio};

use tempfile::TempDir;
use testkit::{certificate, free_port};

use super::{http, wait};

/// A running nginx that speaks TLS with a certificate that vouches for itself.
pub struct TlsProxy {
    folder: TempDir,
    server: Option<Child>,
    pub port: u16,
}

impl TlsProxy {
    /// A free port for it; it does not run yet.
    pub fn prepare() -> Self {
        let folder = tempfile::tempdir().expect("a folder");
        Self { folder, server: None, port: free_port() }
    }

    /// Leads `/o/` and `/c/` of `host` to the beacon and everything else of it to the pages; every other
    /// host shows `page`.
    pub fn start(&mut self, host: &str, beacon: &str, web: &str, page: &str) {
        let folder = self.folder.path();
        let (key, pem) = certificate(folder, "proxy");
        std::fs::create_dir_all(folder.join("pages")).expect("a folder");
        std::fs::write(folder.join("pages/index.html"), page).expect("a page");
        let config = config(folder, self.port, host, [beacon, web], [&key, &pem]);
        std::fs::write(folder.join("nginx.conf"), config).expect("a configuration");
        let server = Command::new("nginx")
            .arg("-c")
            .arg(folder.join("nginx.conf"))
            .arg("-p")
            .arg(folder)
            .arg("-e")
            .arg(folder.join("errors"))
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn();
        self.server = Some(server.expect("nginx; scripts/test installs it"));
        let port = self.port;
        wait::until("nginx to listen", || {
            // Whatever it says to a request without TLS.
            http::request("GET", &format!("http://127.0.0.1:{port}/"), &[], "").ok()
        });
    }
}

fn config(
    folder: &Path,
    port: u16,
    host: &str,
    [beacon, web]: [&str; 2],
    [key, pem]: [&Path; 2],
) -> String {
    let (folder, key, pem) = (folder.display(), key.display(), pem.display());
    format!(
        "daemon off; worker_processes 1; pid {folder}/pid;
        events {{ worker_connections 64; }}
        http {{
            access_log off;
            client_body_temp_path {folder}/body; proxy_temp_path {folder}/proxied;
            fastcgi_temp_path {folder}/f; uwsgi_temp_path {folder}/u; scgi_temp_path {folder}/s;
            ssl_certificate {pem}; ssl_certificate_key {key};
            server {{
                listen 127.0.0.1:{port} ssl; server_name {host};
                proxy_set_header Host $http_host;
                location ~ ^/[oc]/ {{ proxy_pass {beacon}; }}
                location / {{ proxy_pass {web}; }}
            }}
            server {{
                listen 127.0.0.1:{port} ssl default_server; server_name _;
                root {folder}/pages; default_type text/html;
            }}
        }}"
    )
}

impl Drop for TlsProxy {
    fn drop(&mut self) {
        if let Some(mut server) = self.server.take() {
            let _ = Command::new("kill").arg(server.id().to_string()).status();
            let _ = server.wait();
        }
    }
}
