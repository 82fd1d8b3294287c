//! The mailer's settings: which relay, how patiently, where its journal is.

use std::fmt;
use std::path::PathBuf;
use std::time::Duration;

use bus::Throttle;
use media::FileStore;
use model::EmailAddress;

use crate::retry_schedule::RetrySchedule;

/// How the connection to the relay is encrypted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Tls {
    /// Not at all. Whether that is acceptable is decided by the configuration.
    None,
    /// Starts in plain text and is upgraded; a relay that does not offer that is not used.
    StartTls,
    /// From the first byte.
    Implicit,
}

/// The SMTP server that accepts our mail.
#[derive(Clone, PartialEq, Eq)]
pub struct Relay {
    /// Host name or IP address; also the name its certificate must carry.
    pub host: String,
    pub port: u16,
    pub tls: Tls,
    pub auth: Option<(String, String)>,
    /// The name we use in EHLO.
    pub hello_name: String,
    /// Connections kept at the same time, at least 1.
    pub connections: usize,
    /// Messages after which a connection is replaced, at least 1.
    pub messages_per_connection: usize,
    /// Limit for each of TCP (per address), TLS, greeting and the answers up to the login.
    pub connect_timeout: Duration,
    /// Limit for the answer to a command. RFC 5321 section 4.5.3.2 requires 5 minutes: a relay may
    /// look up a recipient elsewhere before it answers.
    pub reply_timeout: Duration,
    /// Limit for the answer to the final dot. RFC 5321 section 4.5.3.2.6 requires 10 minutes; a
    /// shorter one puts deliveries in doubt for nothing.
    pub data_timeout: Duration,
    /// Certificates (PEM) trusted in addition to the public ones.
    pub ca_file: Option<PathBuf>,
}

impl Relay {
    /// Host and port, for people.
    pub(crate) fn place(&self) -> String {
        format!("{}:{}", self.host, self.port)
    }
}

impl fmt::Debug for Relay {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Relay")
            .field("host", &self.host)
            .field("port", &self.port)
            .field("tls", &self.tls)
            .field("auth", &self.auth.as_ref().map(|(user, _)| user))
            .field("connections", &self.connections)
            .finish_non_exhaustive()
    }
}

/// All settings of the mailer.
#[derive(Debug, Clone)]
pub struct MailerSettings {
    pub relay: Relay,
    /// How long a claimed delivery is ours. On a store that nodes share, another node then takes
    /// over what was not begun.
    pub lease: Duration,
    /// Deliveries claimed at a time; two such batches wait per campaign.
    pub batch: usize,
    /// When temporary refusals are tried again.
    pub retry: RetrySchedule,
    /// The envelope sender, if it is not the announcement's From.
    pub return_path: Option<EmailAddress>,
    /// The folder of the mailer's own journal.
    pub journal_dir: PathBuf,
    /// The segment of that journal up to which the store has seen it; 0 for none.
    pub after_segment: u64,
    /// It is already known that the store is an older copy, and what was being sent is paused:
    /// there is no need to report what the journal says about that.
    pub store_was_put_back: bool,
    /// This node's number: the holder of its leases.
    pub node: u16,
    /// Where the files are that messages carry.
    pub files: FileStore,
    /// The rate limit, if there is one.
    pub throttle: Option<Throttle>,
}

impl MailerSettings {
    /// How long a delivery stays ours once its final dot may be sent: until the relay's answer is
    /// in the store, however slow both are.
    pub(crate) fn begun_lease(&self) -> Duration {
        let relay = &self.relay;
        self.lease + relay.data_timeout + 3 * relay.reply_timeout
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_password_is_never_shown() {
        let relay = Relay {
            host: "relay.example".to_owned(),
            port: 587,
            tls: Tls::StartTls,
            auth: Some(("ann".to_owned(), "s3cret".to_owned())),
            hello_name: "example.com".to_owned(),
            connections: 1,
            messages_per_connection: 1,
            connect_timeout: Duration::from_secs(1),
            reply_timeout: Duration::from_secs(1),
            data_timeout: Duration::from_secs(1),
            ca_file: None,
        };
        assert!(!format!("{relay:?}").contains("s3cret"));
    }
}
