//! Decides which machines may be asked: public ones, on the ports of the web, and those that the
//! operator exempts.

use std::net::IpAddr;
use std::str::FromStr;

use model::{Domain, Network};

use crate::fetched::FetchProblem;
use crate::public_address::is_public;

/// Ports on which web servers listen. Others belong to services that may take a request for a
/// command of theirs.
const PORTS: [u16; 4] = [80, 443, 8080, 8443];

/// Machines that may be asked although they are private, on any port.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Exemption {
    Network(Network),
    /// A host, whatever private address its name resolves to.
    Host(String),
}

/// Why a text exempts nothing.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error(
    "should be an IP address, a network such as \"10.0.0.0/8\", or a host such as \"wiki.corp\""
)]
pub struct NotAnExemption;

impl FromStr for Exemption {
    type Err = NotAnExemption;

    fn from_str(text: &str) -> Result<Self, NotAnExemption> {
        if let Ok(network) = text.parse() {
            return Ok(Self::Network(network));
        }
        // A name in an intranet may have no dot.
        let name = match text.contains('.') {
            true => text.to_owned(),
            false => format!("{text}.intranet"),
        };
        let name = Domain::parse(&name).map_err(|_| NotAnExemption)?;
        let name = name.as_str();
        let name = if text.contains('.') { name } else { name.trim_end_matches(".intranet") };
        Ok(Self::Host(name.to_owned()))
    }
}

/// Who may be asked.
#[derive(Debug, Clone, Default)]
pub struct Guard {
    exemptions: Vec<Exemption>,
}

impl Guard {
    #[must_use]
    pub const fn new(exemptions: Vec<Exemption>) -> Self {
        Self { exemptions }
    }

    /// Those of a host's addresses that may be connected to.
    ///
    /// # Errors
    /// When there is none: all are private, or the port is none of the web's.
    pub(crate) fn permitted(
        &self,
        host: &str,
        port: u16,
        addresses: &[IpAddr],
    ) -> Result<Vec<IpAddr>, FetchProblem> {
        let reachable = |address: &&IpAddr| {
            self.exempts(host, **address) || (is_public(**address) && PORTS.contains(&port))
        };
        let permitted: Vec<IpAddr> = addresses.iter().filter(reachable).copied().collect();
        if !permitted.is_empty() {
            return Ok(permitted);
        }
        match addresses.iter().any(|address| is_public(*address)) {
            true => Err(FetchProblem::Port(port)),
            false => Err(FetchProblem::Private),
        }
    }

    fn exempts(&self, host: &str, address: IpAddr) -> bool {
        let host = host.trim_end_matches('.');
        self.exemptions.iter().any(|exemption| match exemption {
            Exemption::Network(network) => network.contains(address),
            Exemption::Host(name) => name == host,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn permitted(
        guard: &Guard,
        host: &str,
        port: u16,
        addresses: &[&str],
    ) -> Result<usize, String> {
        let addresses: Vec<IpAddr> = addresses.iter().map(|text| text.parse().unwrap()).collect();
        let permitted = guard.permitted(host, port, &addresses);
        permitted.map(|them| them.len()).map_err(|why| why.to_string())
    }

    #[test]
    fn only_public_addresses_on_ports_of_the_web_are_permitted() {
        let guard = Guard::default();
        assert_eq!(permitted(&guard, "a.example", 443, &["8.8.8.8", "2606:4700::1"]), Ok(2));
        // A name that resolves to both is asked where it is public.
        assert_eq!(permitted(&guard, "a.example", 80, &["127.0.0.1", "8.8.8.8"]), Ok(1));
        for private in ["127.0.0.1", "10.1.1.1", "169.254.169.254", "::ffff:10.0.0.1", "fd00::1"] {
            let why = permitted(&guard, "a.example", 443, &[private]).unwrap_err();
            assert!(why.contains("private"), "{private}: {why}");
        }
        for port in [22, 25, 6379, 11211, 0, 65535] {
            let why = permitted(&guard, "a.example", port, &["8.8.8.8"]).unwrap_err();
            assert!(why.contains(&port.to_string()), "{why}");
        }
    }

    #[test]
    fn what_is_exempt_may_be_private_and_on_any_port() {
        let exemptions = ["10.0.0.0/8", "Wiki.Corp.example", "nas"].map(|it| it.parse().unwrap());
        let guard = Guard::new(exemptions.to_vec());
        assert_eq!(permitted(&guard, "x.example", 9000, &["10.1.2.3", "192.168.0.1"]), Ok(1));
        assert_eq!(permitted(&guard, "wiki.corp.example.", 9000, &["192.168.0.1"]), Ok(1));
        assert_eq!(permitted(&guard, "nas", 80, &["192.168.0.1"]), Ok(1));
        assert!(permitted(&guard, "nas.example", 80, &["192.168.0.1"]).is_err());
        for wrong in ["", "10.0.0.1/8", "a b", "http://a.example", "-", "a..b"] {
            assert_eq!(wrong.parse::<Exemption>(), Err(NotAnExemption), "{wrong}");
        }
    }
}
