//! Postfix's `smtp-sink`: takes every message and keeps it as a file, which is the ground truth
//! of what was sent.

use std::fs::DirEntry;
use std::net::TcpStream;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};

use tempfile::TempDir;
use testkit::free_port;

use super::Letter;
use super::wait;

/// A running `smtp-sink`.
pub struct Sink {
    child: Child,
    folder: TempDir,
    pub port: u16,
}

impl Sink {
    pub fn start() -> Self {
        Self::start_with(&[])
    }

    /// Starts it with more options, for example faults.
    pub fn start_with(options: &[&str]) -> Self {
        Self::start_on(free_port(), options)
    }

    /// Starts it on a port that another one has left.
    pub fn start_at(port: u16) -> Self {
        Self::start_on(port, &[])
    }

    fn start_on(port: u16, options: &[&str]) -> Self {
        let folder = tempfile::tempdir().expect("a folder");
        hand_to_nobody(folder.path());
        let child = Command::new("/usr/sbin/smtp-sink")
            .args(["-u", "nobody", "-R"])
            .arg(folder.path())
            .args(["-d", "%s."])
            .args(options)
            .arg(format!("127.0.0.1:{port}"))
            .arg("512")
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .expect("smtp-sink; scripts/test installs it with Postfix");
        wait::until("smtp-sink to listen", || TcpStream::connect(("127.0.0.1", port)).ok());
        Self { child, folder, port }
    }

    /// The files of every message it has taken, in the order in which they were last written: a
    /// folder has no order of its own.
    pub fn files(&self) -> Vec<PathBuf> {
        let entries = std::fs::read_dir(self.folder.path()).expect("the sink's folder");
        let dated = |entry: std::io::Result<DirEntry>| {
            let entry = entry.expect("an entry");
            // It may be gone: the sink removes what was broken off.
            Some((entry.metadata().ok()?.modified().ok()?, entry.path()))
        };
        let mut files: Vec<_> = entries.filter_map(dated).collect();
        files.sort();
        files.into_iter().map(|(_, path)| path).collect()
    }

    /// Every message it has taken in full. A file that a client broke off has no end and is left
    /// out.
    pub fn letters(&self) -> Vec<Letter> {
        self.messages().iter().map(|raw| Letter::parse(raw)).collect()
    }

    /// To whom every message went that it has taken in full, as the envelope said. Quicker than
    /// parsing tens of thousands of letters.
    pub fn recipients(&self) -> Vec<String> {
        let recipient = |path: PathBuf| {
            // It may be gone: the sink removes what was broken off.
            let raw = std::fs::read(path).ok().filter(|raw| is_whole(raw))?;
            let text = String::from_utf8_lossy(&raw);
            let line = text.lines().find_map(|line| line.strip_prefix("X-Rcpt-Args: <"));
            Some(line.and_then(|rest| rest.split('>').next()).expect("a recipient").to_owned())
        };
        self.files().into_iter().filter_map(recipient).collect()
    }

    /// The raw messages, without the lines that the sink puts in front.
    pub fn messages(&self) -> Vec<Vec<u8>> {
        self.files()
            .into_iter()
            .filter_map(|path| std::fs::read(path).ok())
            .filter(|raw| is_whole(raw))
            .map(|raw| body(&raw))
            .collect()
    }
}

/// The notice's HTML part always ends with the closing boundary.
fn is_whole(raw: &[u8]) -> bool {
    let text = String::from_utf8_lossy(raw);
    text.trim_end().ends_with("--")
}

/// Takes away `X-Client-Addr` and the other lines of the sink's own.
fn body(raw: &[u8]) -> Vec<u8> {
    let text = String::from_utf8_lossy(raw);
    let ours = text.split_inclusive('\n').skip_while(|line| {
        line.starts_with("X-") || line.starts_with("Received:") || line.starts_with([' ', '\t'])
    });
    ours.collect::<String>().into_bytes()
}

fn hand_to_nobody(folder: &Path) {
    let done = Command::new("chown").arg("nobody").arg(folder).status();
    assert!(done.is_ok_and(|status| status.success()), "the stories run as root");
}

impl Drop for Sink {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
