//! Certificates for servers that use TLS.

use std::path::{Path, PathBuf};
use std::process::Command;

/// Makes a key and a certificate for 127.0.0.1 and localhost that vouches for itself, as files
/// `NAME.key` and `NAME.pem` in the folder; good for two days.
pub fn certificate(folder: &Path, name: &str) -> (PathBuf, PathBuf) {
    certificate_for(folder, name, &["localhost"])
}

/// The same for 127.0.0.1 and these hosts.
pub fn certificate_for(folder: &Path, name: &str, hosts: &[&str]) -> (PathBuf, PathBuf) {
    let (key, certificate) =
        (folder.join(format!("{name}.key")), folder.join(format!("{name}.pem")));
    let mut openssl = Command::new("openssl");
    openssl.args(["req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1"]);
    openssl.args(["-nodes", "-days", "2", "-subj", "/CN=localhost", "-addext"]);
    let hosts: String = hosts.iter().map(|host| format!(",DNS:{host}")).collect();
    openssl.arg(format!("subjectAltName=IP:127.0.0.1{hosts}")).arg("-keyout").arg(&key);
    openssl.args(["-addext", "basicConstraints=critical,CA:FALSE", "-out"]).arg(&certificate);
    let output = openssl.output().expect("openssl, of the Debian package of that name");
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    (key, certificate)
}
