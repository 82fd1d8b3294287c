//! The site that passkeys are for.

use crate::secret::sha256;

/// The admin side as browsers know it. A passkey is for its host (`id`), an answer is given at its
/// address (`origin`).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RelyingParty {
    id: String,
    origin: String,
}

impl RelyingParty {
    /// At an address such as `https://pharos.example` or `http://localhost:8027`, without a path. None
    /// where browsers have no passkeys: for what is not encrypted, except on this machine, and for
    /// addresses of numbers.
    #[must_use]
    pub fn at(address: &str) -> Option<Self> {
        let address = address.to_ascii_lowercase();
        let (scheme, place) = address.split_once("://")?;
        let (host, port) = match place.split_once(':') {
            Some((host, port)) => (host, Some(port.parse::<u16>().ok()?)),
            None => (place, None),
        };
        let default_port = match scheme {
            "https" => 443,
            "http" if host == "localhost" => 80,
            _ => return None,
        };
        if !is_name(host) {
            return None;
        }
        let port = port.filter(|port| *port != default_port);
        let port = port.map(|port| format!(":{port}")).unwrap_or_default();
        Some(Self { id: host.to_owned(), origin: format!("{scheme}://{host}{port}") })
    }

    /// The host.
    #[must_use]
    pub fn id(&self) -> &str {
        &self.id
    }

    /// The address as browsers write it.
    #[must_use]
    pub fn origin(&self) -> &str {
        &self.origin
    }

    pub(crate) fn has_hash(&self, hash: &[u8]) -> bool {
        sha256(self.id.as_bytes()) == hash
    }
}

/// Whether it is the name of a host, and no number.
fn is_name(host: &str) -> bool {
    let is_label = |label: &str| {
        !label.is_empty()
            && label.len() <= 63
            && !label.starts_with('-')
            && !label.ends_with('-')
            && label.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-')
    };
    let last = host.rsplit('.').next().unwrap_or_default();
    let is_number = last.bytes().all(|byte| byte.is_ascii_digit());
    host.len() <= 253 && host.split('.').all(is_label) && !is_number
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn passkeys_are_for_encrypted_hosts_with_a_name_and_for_this_machine() {
        for (address, id, origin) in [
            ("https://pharos.example", "pharos.example", "https://pharos.example"),
            ("https://Pharos.Example:443", "pharos.example", "https://pharos.example"),
            ("https://pharos.example:8443", "pharos.example", "https://pharos.example:8443"),
            ("http://localhost:8027", "localhost", "http://localhost:8027"),
            ("http://localhost:80", "localhost", "http://localhost"),
            (
                "https://xn--bcher-kva.example",
                "xn--bcher-kva.example",
                "https://xn--bcher-kva.example",
            ),
        ] {
            let expect = RelyingParty { id: id.to_owned(), origin: origin.to_owned() };
            assert_eq!(RelyingParty::at(address), Some(expect), "{address}");
        }
        for address in [
            "http://pharos.example",
            "http://127.0.0.1:8027",
            "https://127.0.0.1",
            "https://[::1]:8027",
            "http://localhost.evil.example",
            "https://pharos.example/",
            "https://a@pharos.example",
            "https://pharos.example:port",
            "https://.example",
            "https://",
            "pharos.example",
            "",
        ] {
            assert_eq!(RelyingParty::at(address), None, "{address}");
        }
    }
}
