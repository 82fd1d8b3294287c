//! The settings of the relay. What is left out holds as `standalone.toml` shows it; host, encryption and
//! login may stand in the store.

use std::time::Duration;

use mailer::{Relay, Tls};
use model::EmailAddress;
use toml::Spanned;

use super::checked::{Checked, Checker, is_this_machine};
use super::{file, hello_name};

const CONNECTIONS: usize = 10;
const MESSAGES_PER_CONNECTION: usize = 1_000;
const CONNECT_TIMEOUT: Duration = Duration::from_secs(15);
/// RFC 5321 section 4.5.3.2 requires five minutes, and ten for the final dot.
const REPLY_TIMEOUT: Duration = Duration::from_secs(5 * 60);
const DATA_TIMEOUT: Duration = Duration::from_secs(10 * 60);

impl Checker<'_> {
    /// Checks whatever there is; None while the host or half of the login is missing.
    pub(super) fn relay(&self, file: &file::File) -> Checked<Option<Relay>> {
        let relay = &file.relay;
        let host = relay.host.as_ref().map(|it| self.filled("relay.host", it)).transpose()?;
        let is_here = host.as_deref().is_some_and(is_this_machine);
        let tls = self.tls(relay, host.as_deref())?;
        let hello_name = match &relay.hello_name {
            Some(typed) => self.hello_name(typed)?,
            // A relay that knows whoever logs in by name does not look at it.
            None => self.domain(file)?.filter(|_| !is_here).unwrap_or_else(|| "localhost".into()),
        };
        let (auth, has_half_a_login) = self.auth(relay)?;
        let checked = Relay {
            host: host.clone().unwrap_or_default(),
            port: relay.port.as_ref().map_or(usual_port(tls), |typed| *typed.get_ref()),
            tls,
            auth,
            hello_name,
            connections: match &relay.connections {
                Some(typed) => self.between("relay.connections", typed, 1..=1_000)?,
                None => CONNECTIONS,
            },
            messages_per_connection: match &relay.messages_per_connection {
                Some(typed) => {
                    self.between("relay.messages_per_connection", typed, 1..=1_000_000)?
                }
                None => MESSAGES_PER_CONNECTION,
            },
            connect_timeout: self.time(
                "relay.connect_timeout",
                relay.connect_timeout.as_ref(),
                CONNECT_TIMEOUT,
            )?,
            reply_timeout: self.time(
                "relay.reply_timeout",
                relay.reply_timeout.as_ref(),
                REPLY_TIMEOUT,
            )?,
            data_timeout: self.time(
                "relay.data_timeout",
                relay.data_timeout.as_ref(),
                DATA_TIMEOUT,
            )?,
            ca_file: relay.ca_file.as_ref().map(|file| self.beside(file.get_ref())),
        };
        Ok(host.filter(|_| !has_half_a_login).map(|_| checked))
    }

    fn time(
        &self,
        field: &'static str,
        typed: Option<&Spanned<String>>,
        otherwise: Duration,
    ) -> Checked<Duration> {
        typed.map_or(Ok(otherwise), |typed| self.duration(field, typed))
    }

    fn hello_name(&self, typed: &Spanned<String>) -> Checked<String> {
        let text = self.filled("relay.hello_name", typed)?;
        match hello_name::problem(&text) {
            None => Ok(text),
            Some(what) => Err(self.wrong("relay.hello_name", typed, &what)),
        }
    }

    fn tls(&self, relay: &file::RelayTable, host: Option<&str>) -> Checked<Tls> {
        let is_here = host.is_some_and(is_this_machine);
        let Some(typed) = &relay.tls else {
            return Ok(if is_here { Tls::None } else { Tls::StartTls });
        };
        match typed.get_ref().as_str() {
            "starttls" => Ok(Tls::StartTls),
            "implicit" => Ok(Tls::Implicit),
            "none" if relay.allow_plaintext || is_here || host.is_none() => Ok(Tls::None),
            "none" => Err(self.wrong(
                "relay.tls",
                typed,
                "is \"none\", but the relay is on another machine; use \"starttls\" or \"implicit\", \
                 or set `allow_plaintext = true` in the configuration file if the connection is safe",
            )),
            _ => {
                Err(self.wrong(
                    "relay.tls",
                    typed,
                    "should be \"starttls\", \"implicit\" or \"none\"",
                ))
            }
        }
    }

    /// User and password, and whether one of them is missing: what stands in the file may be waiting for
    /// the other half in the store.
    fn auth(&self, relay: &file::RelayTable) -> Checked<(Option<(String, String)>, bool)> {
        let user =
            relay.username.as_ref().map(|it| self.filled("relay.username", it)).transpose()?;
        let password = match (&relay.password_file, &relay.password) {
            (Some(file), _) => Some(self.password("relay.password_file", file)?),
            (None, Some(typed)) => Some(self.kept_password(typed)?),
            (None, None) => None,
        };
        Ok(match (user, password) {
            (None, None) => (None, false),
            (Some(user), Some(password)) => (Some((user, password)), false),
            (_, _) => (None, true),
        })
    }

    /// Some have blanks in them.
    fn kept_password(&self, typed: &Spanned<String>) -> Checked<String> {
        let text = typed.get_ref();
        if text.is_empty() || text.chars().any(char::is_control) {
            return Err(self.wrong("relay.password", typed, "should be one line of text"));
        }
        Ok(text.clone())
    }

    pub(super) fn return_path(
        &self,
        typed: Option<&Spanned<String>>,
    ) -> Checked<Option<EmailAddress>> {
        typed
            .map(|text| {
                EmailAddress::parse(text.get_ref()).map_err(|problem| {
                    self.wrong(
                        "relay.return_path",
                        text,
                        &format!("is not a valid address: {problem}"),
                    )
                })
            })
            .transpose()
    }
}

/// Of submission (RFC 6409), submission over TLS (RFC 8314), and a relay on this machine.
const fn usual_port(tls: Tls) -> u16 {
    match tls {
        Tls::StartTls => 587,
        Tls::Implicit => 465,
        Tls::None => 25,
    }
}
