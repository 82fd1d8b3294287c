//! The settings of what `pharos campaign check` asks of others.

use std::net::{IpAddr, SocketAddr};
use std::time::Duration;

use fetcher::{NotAnExemption, ServiceProblem};
use toml::Spanned;

use super::checked::{CheckSettings, Checked, Checker};
use super::file;

const DNS_PORT: u16 = 53;
const TIMEOUT: Duration = Duration::from_secs(15);

impl Checker<'_> {
    pub(super) fn check_settings(&self, typed: &file::CheckTable) -> Checked<CheckSettings> {
        let spam_filter = typed.spam_filter.as_ref().map(|text| {
            text.get_ref().parse().map_err(|problem: ServiceProblem| {
                self.wrong("check.spam_filter", text, &problem.to_string())
            })
        });
        let exemption = |text: &Spanned<String>| {
            text.get_ref().parse().map_err(|problem: NotAnExemption| {
                self.wrong("check.private_hosts", text, &problem.to_string())
            })
        };
        Ok(CheckSettings {
            spam_filter: spam_filter.transpose()?,
            private_hosts: typed.private_hosts.iter().map(exemption).collect::<Checked<_>>()?,
            dns_servers: typed
                .dns_servers
                .iter()
                .map(|text| self.dns_server(text))
                .collect::<Checked<_>>()?,
            timeout: match &typed.timeout {
                Some(typed) => self.duration("check.timeout", typed)?,
                None => TIMEOUT,
            },
            ca_file: typed.ca_file.as_ref().map(|file| self.beside(file.get_ref())),
        })
    }

    fn dns_server(&self, typed: &Spanned<String>) -> Checked<SocketAddr> {
        let text = typed.get_ref();
        let alone = || text.parse().map(|ip: IpAddr| SocketAddr::new(ip, DNS_PORT));
        text.parse().or_else(|_| alone()).map_err(|_| {
            let what = "should be an address, such as \"192.0.2.53\" or \"127.0.0.1:5353\"";
            self.wrong("check.dns_servers", typed, what)
        })
    }
}
