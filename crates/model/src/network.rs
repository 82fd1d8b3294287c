//! Networks of IP addresses, as lists of proxies and of exempt machines name them.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};
use std::str::FromStr;

/// Addresses that share their first bits. A single address is a network of all its bits.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Network {
    first: IpAddr,
    bits: u32,
}

/// Why a text names no network.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum NotANetwork {
    /// Neither an address nor an address with a prefix length.
    #[error("should be an IP address or a network such as \"10.0.0.0/8\"")]
    Form,
    /// An address inside the network instead of its first one.
    #[error("has bits set beyond its prefix length; the network is \"{0}\"")]
    Inside(Network),
}

impl Network {
    fn new(address: IpAddr, bits: u32) -> Option<Self> {
        let (address, bits) = match (address, address.to_canonical()) {
            // IPv4 addresses may be typed as IPv6 ones, and come as such.
            (IpAddr::V6(_), IpAddr::V4(v4)) if bits >= 96 => (v4.into(), bits - 96),
            _ => (address, bits),
        };
        let first = match address {
            IpAddr::V4(v4) if bits <= 32 => {
                let mask = u32::MAX.checked_shl(32 - bits).unwrap_or(0);
                Ipv4Addr::from(u32::from(v4) & mask).into()
            }
            IpAddr::V6(v6) if bits <= 128 => {
                let mask = u128::MAX.checked_shl(128 - bits).unwrap_or(0);
                Ipv6Addr::from(u128::from(v6) & mask).into()
            }
            _ => return None,
        };
        Some(Self { first, bits })
    }

    /// The network of this many bits that the address lies in; none when it has fewer bits.
    #[must_use]
    pub fn around(address: IpAddr, bits: u32) -> Option<Self> {
        Self::new(address, bits)
    }

    #[must_use]
    pub const fn is_ipv4(&self) -> bool {
        self.first.is_ipv4()
    }

    /// How many first bits its addresses share.
    #[must_use]
    pub const fn bits(&self) -> u32 {
        self.bits
    }

    /// Whether the address lies in it.
    #[must_use]
    pub fn contains(&self, address: IpAddr) -> bool {
        let address = address.to_canonical();
        address.is_ipv4() == self.first.is_ipv4() && Self::new(address, self.bits) == Some(*self)
    }
}

/// Who sent a request: the peer or, if that is a trusted proxy, the nearest address in `forwarded` (its
/// `X-Forwarded-For` values, in their order) that is not one. None if the proxy gave no address: a
/// wrong one would be worse than none.
pub fn client_address<'h>(
    peer: IpAddr,
    forwarded: impl DoubleEndedIterator<Item = &'h [u8]>,
    trusted: &[Network],
) -> Option<IpAddr> {
    let is_trusted = |address: IpAddr| trusted.iter().any(|network| network.contains(address));
    let peer = peer.to_canonical();
    let mut nearest = Some(peer);
    if !is_trusted(peer) {
        return nearest;
    }
    for entry in forwarded.rev().flat_map(|value| value.rsplit(|byte| *byte == b',')) {
        nearest = forwarded_address(entry);
        match nearest {
            Some(address) if is_trusted(address) => {}
            _ => return nearest,
        }
    }
    nearest
}

/// An address with or without a port.
fn forwarded_address(entry: &[u8]) -> Option<IpAddr> {
    let text = std::str::from_utf8(entry).ok()?.trim();
    let address = text.parse().ok().or_else(|| text.parse().ok().map(|a: SocketAddr| a.ip()));
    address.map(|address: IpAddr| address.to_canonical())
}

impl FromStr for Network {
    type Err = NotANetwork;

    fn from_str(text: &str) -> Result<Self, NotANetwork> {
        let (address, bits) = match text.split_once('/') {
            Some((address, bits)) => (address, Some(bits.parse().map_err(|_| NotANetwork::Form)?)),
            None => (text, None),
        };
        let address: IpAddr = address.parse().map_err(|_| NotANetwork::Form)?;
        let bits = bits.unwrap_or(if address.is_ipv4() { 32 } else { 128 });
        let network = Self::new(address, bits).ok_or(NotANetwork::Form)?;
        let is_first = network.first == address || network.first == address.to_canonical();
        if is_first { Ok(network) } else { Err(NotANetwork::Inside(network)) }
    }
}

impl std::fmt::Display for Network {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}/{}", self.first, self.bits)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_network_contains_what_begins_as_it_does() {
        let cases = [
            ("10.0.0.0/8", "10.255.0.1", true),
            ("10.0.0.0/8", "11.0.0.1", false),
            ("10.0.0.0/8", "::ffff:10.1.2.3", true),
            ("::ffff:10.0.0.0/104", "10.1.2.3", true),
            ("192.0.2.7", "192.0.2.7", true),
            ("192.0.2.7", "192.0.2.8", false),
            ("0.0.0.0/0", "203.0.113.9", true),
            ("0.0.0.0/0", "2001:db8::1", false),
            ("2001:db8::/32", "2001:db8:ffff::1", true),
            ("2001:db8::/32", "2001:db9::1", false),
            ("::/0", "2001:db8::1", true),
            ("::1", "::1", true),
        ];
        for (network, address, inside) in cases {
            let network: Network = network.parse().unwrap();
            assert_eq!(network.contains(address.parse().unwrap()), inside, "{network} {address}");
        }
    }

    #[test]
    fn what_is_no_network_is_refused_with_what_would_be_right() {
        for wrong in ["", "proxy", "10.0.0.0/33", "::/129", "10.0.0.0/", "10.0.0.0/8/8", "/8"] {
            assert_eq!(wrong.parse::<Network>(), Err(NotANetwork::Form), "{wrong}");
        }
        let inside = "10.1.2.3/8".parse::<Network>().unwrap_err();
        assert!(inside.to_string().ends_with("\"10.0.0.0/8\""), "{inside}");
    }
}
