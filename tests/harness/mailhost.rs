//! A private Postfix that delivers to a private Dovecot by LMTP: what a real mail host makes of
//! our messages. Both run from a folder of their own and touch no system configuration.

use std::fs::{self, Permissions};
use std::net::TcpStream;
use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};

use tempfile::TempDir;
use testkit::free_port;

use super::wait;

/// Mailboxes at reader.example.
pub struct MailHost {
    folder: TempDir,
    postfix: Child,
    dovecot: Child,
    pub port: u16,
}

impl MailHost {
    pub fn start() -> Self {
        let folder = tempfile::tempdir().expect("a folder");
        let port = free_port();
        settle(folder.path(), port);
        let dovecot = spawn(
            Command::new("dovecot").arg("-F").arg("-c").arg(folder.path().join("dovecot.conf")),
        );
        let lmtp = folder.path().join("dovecot/lmtp");
        wait::until("dovecot to listen", || lmtp.exists().then_some(()));
        let postfix = spawn(
            Command::new("postfix").arg("-c").arg(folder.path().join("conf")).arg("start-fg"),
        );
        wait::until("postfix to listen", || TcpStream::connect(("127.0.0.1", port)).ok());
        Self { folder, postfix, dovecot, port }
    }

    /// Every message in every mailbox, with the address whose mailbox it is.
    pub fn messages(&self) -> Vec<(String, Vec<u8>)> {
        let mut found = Vec::new();
        let boxes = fs::read_dir(self.folder.path().join("mail")).expect("the mailboxes");
        for mailbox in boxes.map(|entry| entry.expect("a mailbox").path()) {
            let owner = mailbox.file_name().expect("a name").to_string_lossy().into_owned();
            for path in files(&mailbox.join("Maildir/new")) {
                found.push((owner.clone(), fs::read(path).expect("a message")));
            }
        }
        found
    }
}

fn files(folder: &Path) -> Vec<PathBuf> {
    let entries = fs::read_dir(folder).into_iter().flatten();
    entries.map(|entry| entry.expect("an entry").path()).collect()
}

fn spawn(command: &mut Command) -> Child {
    let command = command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null());
    command.spawn().expect("the mail host; scripts/test installs it")
}

fn settle(folder: &Path, port: u16) {
    // Postfix and Dovecot work under users of their own and must be able to come in.
    fs::set_permissions(folder, Permissions::from_mode(0o755)).expect("an open folder");
    for name in ["conf", "queue", "data", "dovecot", "mail"] {
        fs::create_dir(folder.join(name)).expect("a folder");
    }
    for (owner, name) in [("postfix", "data"), ("nobody", "mail")] {
        let done = Command::new("chown").arg(owner).arg(folder.join(name)).status();
        assert!(done.is_ok_and(|status| status.success()), "the stories run as root");
    }
    let fill = |text: &str| {
        text.replace("@DIR@", &folder.display().to_string()).replace("@PORT@", &port.to_string())
    };
    fs::write(folder.join("conf/main.cf"), fill(MAIN_CF)).expect("main.cf");
    fs::write(folder.join("conf/master.cf"), fill(MASTER_CF)).expect("master.cf");
    fs::write(folder.join("dovecot.conf"), fill(DOVECOT_CONF)).expect("dovecot.conf");
}

impl Drop for MailHost {
    fn drop(&mut self) {
        let conf = self.folder.path().join("conf");
        let _ =
            Command::new("postfix").arg("-c").arg(conf).arg("stop").stderr(Stdio::null()).status();
        let _ = self.postfix.wait();
        let _ = Command::new("kill").arg(self.dovecot.id().to_string()).status();
        let _ = self.dovecot.wait();
    }
}

const MAIN_CF: &str = "\
compatibility_level = 3.6
queue_directory = @DIR@/queue
data_directory = @DIR@/data
command_directory = /usr/sbin
daemon_directory = /usr/lib/postfix/sbin
mail_owner = postfix
setgid_group = postdrop
inet_interfaces = 127.0.0.1
inet_protocols = ipv4
myhostname = mx.reader.example
mydestination =
mynetworks = 127.0.0.0/8
smtpd_recipient_restrictions = permit_mynetworks, reject
virtual_mailbox_domains = reader.example
virtual_mailbox_maps = static:all
virtual_transport = lmtp:unix:@DIR@/dovecot/lmtp
alias_maps =
maillog_file = @DIR@/postfix.log
maillog_file_prefixes = @DIR@
";

const MASTER_CF: &str = "\
127.0.0.1:@PORT@ inet n - n - - smtpd
pickup unix n - n 60 1 pickup
cleanup unix n - n - 0 cleanup
qmgr unix n - n 300 1 qmgr
rewrite unix - - n - - trivial-rewrite
bounce unix - - n - 0 bounce
defer unix - - n - 0 bounce
trace unix - - n - 0 bounce
verify unix - - n - 1 verify
proxymap unix - - n - - proxymap
error unix - - n - - error
retry unix - - n - - error
lmtp unix - - n - - lmtp
anvil unix - - n - 1 anvil
scache unix - - n - 1 scache
postlog unix-dgram n - n - 1 postlogd
";

const DOVECOT_CONF: &str = "\
base_dir = @DIR@/dovecot
state_dir = @DIR@/dovecot
log_path = @DIR@/dovecot.log
protocols = lmtp
ssl = no
mail_location = maildir:~/Maildir
first_valid_uid = 1
passdb {
  driver = static
  args = nopassword=y
}
userdb {
  driver = static
  args = uid=nobody gid=nogroup home=@DIR@/mail/%u allow_all_users=yes
}
service lmtp {
  unix_listener lmtp {
    mode = 0666
  }
}
";
