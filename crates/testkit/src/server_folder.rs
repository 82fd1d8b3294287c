//! A temporary folder in which one server runs, and which stops the server when it is dropped.
//!
//! Invariant: when the folder is dropped, or the test process ends in any way (a static is never
//! dropped, a killed process drops nothing), every process that works in the folder is killed and
//! the folder is removed. A keeper does that: a shell that waits for the end of a pipe whose other
//! end only the test process holds.

use std::ffi::OsStr;
use std::fs::{self, File};
use std::os::unix::fs::MetadataExt as _;
use std::os::unix::process::CommandExt as _;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};

use crate::wait;

/// Kills every process that works in folder `$1`: a server and its children, some of which have
/// their own process groups. Repeats until none is left, because a child may be forked meanwhile.
const KILL_ALL: &str = r#"
while
  found=$(find /proc/[0-9]*/cwd -maxdepth 0 -lname "$1*" -printf '%h ' 2>/dev/null)
  [ -n "$found" ]
do
  # Some may have ended meanwhile.
  kill -KILL $(echo "$found" | sed 's|/proc/||g') 2>/dev/null || :
done
"#;

/// One server and its folder; see the module for how both end.
pub(crate) struct ServerFolder {
    path: PathBuf,
    keeper: Child,
    server: Option<Child>,
    /// Who runs the programs, when it isn't the present user.
    user: Option<User>,
}

#[derive(Clone, Copy)]
struct User {
    id: u32,
    group: u32,
}

impl ServerFolder {
    pub(crate) fn new(name: &str) -> Self {
        Self::kept(name, ":")
    }

    fn kept(name: &str, last: &str) -> Self {
        let folder = tempfile::Builder::new().prefix(&format!("pharos-{name}-")).tempdir();
        let path = folder.and_then(|it| it.path().canonicalize().map(|path| (it, path)));
        let (folder, path) = path.expect("a temporary folder");
        let script =
            format!("cat >/dev/null\n{KILL_ALL}\n(cd \"$1\" && {{ {last}\n}})\nrm -rf \"$1\"");
        let keeper = Command::new("/bin/sh")
            .args(["-c", &script, "keeper"])
            .arg(&path)
            .current_dir("/")
            .stdin(Stdio::piped())
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            // Ctrl-C at the terminal ends the tests and must not end their keeper before its work.
            .process_group(0)
            .spawn()
            .expect("a shell");
        // From here on the folder is the keeper's to remove.
        let _ = folder.keep();
        Self { path, keeper, server: None, user: None }
    }

    /// A folder for a program that leaves something outside the folder and refuses to run as root:
    /// the keeper runs `last`, in shell, before it removes the folder, and root gives the folder to
    /// the first of these users that exists.
    pub(crate) fn with(name: &str, last: &str, users: &[&str]) -> Self {
        let mut server_folder = Self::kept(name, last);
        // The folder belongs to who runs the tests.
        if fs::metadata(&server_folder.path).expect("the folder").uid() == 0 {
            let user = users.iter().find_map(|name| User::named(name));
            let user = user.unwrap_or_else(|| panic!("root needs one of the users {users:?}"));
            std::os::unix::fs::chown(&server_folder.path, Some(user.id), Some(user.group))
                .expect("root gives its folder away");
            server_folder.user = Some(user);
        }
        server_folder
    }

    pub(crate) fn path(&self) -> &Path {
        &self.path
    }

    /// A command that works in this folder; its output goes to the folder's log.
    pub(crate) fn command(&self, program: impl AsRef<OsStr>) -> Command {
        let log = File::options().create(true).append(true).open(self.path.join("log"));
        let log = log.expect("a log file");
        let mut command = Command::new(program);
        command.current_dir(&self.path).process_group(0).stdin(Stdio::null());
        command.stdout(log.try_clone().expect("a second handle")).stderr(log);
        if let Some(user) = self.user {
            command.uid(user.id).gid(user.group);
        }
        command
    }

    pub(crate) fn serve(&mut self, command: &mut Command, package: &str) {
        assert!(self.server.is_none(), "the server runs already");
        self.server = Some(command.spawn().unwrap_or_else(|why| missing(command, package, &why)));
    }

    pub(crate) fn server_id(&self) -> Option<u32> {
        self.server.as_ref().map(Child::id)
    }

    /// Whether the server is there no more.
    pub(crate) fn has_ended(&mut self) -> bool {
        let ended = match self.server.as_mut() {
            Some(server) => server.try_wait().expect("a status").is_some(),
            None => true,
        };
        if ended {
            self.server = None;
        }
        ended
    }

    /// Sends the server a signal and waits for its end.
    pub(crate) fn end_by(&mut self, signal: &str) {
        if let Some(id) = self.server_id() {
            let sent = Command::new("kill").arg(signal).arg(id.to_string()).status();
            assert!(sent.is_ok_and(|status| status.success()), "kill {signal} {id}");
            wait::until("the server to end", || self.has_ended().then_some(()));
        }
    }

    /// SIGKILL for every process in the room.
    pub(crate) fn kill(&mut self) {
        let killed =
            Command::new("/bin/sh").args(["-c", KILL_ALL, "kill"]).arg(&self.path).status();
        assert!(killed.is_ok_and(|status| status.success()), "the server can't be killed");
        if let Some(mut server) = self.server.take() {
            server.wait().expect("an end");
        }
    }

    /// What the server has said so far.
    pub(crate) fn log(&self) -> String {
        fs::read_to_string(self.path.join("log")).unwrap_or_default()
    }
}

impl Drop for ServerFolder {
    fn drop(&mut self) {
        drop(self.keeper.stdin.take());
        let _ = self.keeper.wait();
        if let Some(mut server) = self.server.take() {
            let _ = server.wait();
        }
    }
}

impl User {
    fn named(name: &str) -> Option<Self> {
        let ask = |what: &str| {
            let output = Command::new("id").args([what, name]).output().ok()?;
            String::from_utf8(output.stdout).ok()?.trim().parse().ok()
        };
        Some(Self { id: ask("-u")?, group: ask("-g")? })
    }
}

/// Ends the test because a program can't be run.
pub(crate) fn missing(command: &Command, package: &str, why: &std::io::Error) -> ! {
    let program = command.get_program().display();
    panic!(
        "can't run {program} ({why}): it is in the Debian package {package}, which \
         scripts/test installs"
    )
}
