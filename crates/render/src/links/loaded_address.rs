//! What a message loads by itself: images, backgrounds, fonts. Readers' programs fetch it from
//! everywhere, so it must be on a public web server, with https.

use std::net::IpAddr;

use crate::links::address::LinkAddress;

/// Why something can't be loaded: what is wrong with its address, and what would be right.
pub(crate) type Unloadable = (&'static str, &'static str);

const NO_HTTPS: Unloadable =
    ("has no https address", "put it on a web server and use its full address, https://...");
const PRIVATE: Unloadable = (
    "is on a machine that readers can't reach",
    "put it on a public web server and use its full address, https://...",
);

/// Whether everybody can load the address.
pub(crate) fn check(address: &str) -> Result<(), Unloadable> {
    let address = address.trim();
    let is_https = address.get(..8).is_some_and(|start| start.eq_ignore_ascii_case("https://"));
    match LinkAddress::read(address) {
        Ok(LinkAddress::Web(address)) if is_https => match is_private(host(&address)) {
            true => Err(PRIVATE),
            false => Ok(()),
        },
        _ => Err(NO_HTTPS),
    }
}

/// The addresses of a `srcset`, each before its width or density (HTML, section 4.8.4.2.1).
pub(crate) fn of_srcset(value: &str) -> Vec<&str> {
    let is_between = |c: char| c.is_whitespace() || c == ',';
    let mut addresses = Vec::new();
    let mut rest = value.trim_start_matches(is_between);
    while !rest.is_empty() {
        let end = rest.find(char::is_whitespace).unwrap_or(rest.len());
        let (address, after) = rest.split_at(end);
        addresses.push(address.trim_end_matches(','));
        // Behind an address that ends in a comma there is no descriptor.
        let next = match address.ends_with(',') {
            true => after,
            false => after.split_once(',').map_or("", |(_, next)| next),
        };
        rest = next.trim_start_matches(is_between);
    }
    addresses
}

/// The host of a web address, without its port.
pub(crate) fn host(address: &str) -> &str {
    let rest = address.split_once("//").map_or("", |(_, rest)| rest);
    let authority = rest.split(['/', '\\', '?', '#']).next().unwrap_or_default();
    let host = authority.rsplit('@').next().unwrap_or_default();
    match host.strip_prefix('[').and_then(|rest| rest.split_once(']')) {
        Some((address, _)) => address,
        None => host.split(':').next().unwrap_or_default(),
    }
}

/// Whether a host is known to be out of reach from the internet: the loopback, private networks
/// (RFC 1918, RFC 4193), names without a dot, and names reserved for local use (RFC 6762, RFC 8375,
/// RFC 9476 and the root's `internal`).
pub(crate) fn is_private(host: &str) -> bool {
    if let Ok(address) = host.parse::<IpAddr>() {
        return match address {
            IpAddr::V4(it) => {
                it.is_loopback() || it.is_private() || it.is_link_local() || it.is_unspecified()
            }
            IpAddr::V6(it) => {
                let first = it.segments()[0];
                it.is_loopback()
                    || it.is_unspecified()
                    || first & 0xfe00 == 0xfc00
                    || first & 0xffc0 == 0xfe80
            }
        };
    }
    let name = host.trim_end_matches('.').to_ascii_lowercase();
    let last = name.rsplit('.').next().unwrap_or_default();
    !name.contains('.')
        || ["localhost", "local", "internal", "lan", "intranet", "corp", "home", "alt"]
            .contains(&last)
        || name.ends_with(".home.arpa")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_srcset_is_taken_apart_as_browsers_do() {
        for (value, expect) in [
            ("https://a.example/x.png", &["https://a.example/x.png"][..]),
            (" a,b.png 1x,c.png 2x ", &["a,b.png", "c.png"]),
            ("a.png, b.png 2x", &["a.png", "b.png"]),
            ("", &[]),
        ] {
            assert_eq!(of_srcset(value), expect, "{value}");
        }
    }

    #[test]
    fn only_public_https_addresses_can_be_loaded() {
        for good in ["https://a.example/x.png", " HTTPS://A.example ", "https://8.8.8.8/x"] {
            assert_eq!(check(good), Ok(()), "{good}");
        }
        for bad in [
            "x.png",
            "/x",
            "//a.example/x",
            "http://a.example/x",
            "data:image/png;base64,x",
            "file:///x",
            "cid:x",
            "",
            "https:///x",
        ] {
            assert_eq!(check(bad), Err(NO_HTTPS), "{bad}");
        }
        for private in [
            "https://localhost/x",
            "https://10.0.0.1/x",
            "https://192.168.1.7:8443/x",
            "https://nas/x",
            "https://wiki.corp/x",
            "https://[::1]/x",
            "https://u@127.1.2.3/x",
            "https://[fd00::1]:1/x",
            "https://printer.local./x",
            "https://x.home.arpa?y",
        ] {
            assert_eq!(check(private), Err(PRIVATE), "{private}");
        }
    }
}
