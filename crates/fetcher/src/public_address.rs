//! Which IP addresses belong to the public internet (the IANA special-purpose registries, RFC 6890
//! and its updates).
//!
//! Invariant: what is not known to be public is not. An IPv6 address that carries an IPv4 address
//! is as public as that one.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

/// Whether an address can belong to a server that everybody reaches.
#[must_use]
pub fn is_public(address: IpAddr) -> bool {
    match address {
        IpAddr::V4(v4) => is_public_v4(v4),
        IpAddr::V6(v6) => is_public_v6(v6),
    }
}

fn is_public_v4(address: Ipv4Addr) -> bool {
    let [a, b, c, _] = address.octets();
    let special = match a {
        // "This network", private, loopback.
        0 | 10 | 127 => true,
        // Shared by the customers of a provider (CGNAT, RFC 6598).
        100 => b & 0xc0 == 64,
        // Link-local: the metadata services of clouds live there.
        169 => b == 254,
        172 => b & 0xf0 == 16,
        192 => {
            // Private; protocol assignments, documentation, the former 6to4 relays, AS112.
            b == 168
                || (b == 0 && (c == 0 || c == 2))
                || (b == 88 && c == 99)
                || (b == 31 && c == 196)
                || (b == 52 && c == 193)
                || (b == 175 && c == 48)
        }
        // Benchmarks and documentation.
        198 => b & 0xfe == 18 || (b == 51 && c == 100),
        203 => b == 0 && c == 113,
        // Multicast, reserved, broadcast.
        224.. => true,
        _ => false,
    };
    !special
}

fn is_public_v6(address: Ipv6Addr) -> bool {
    if let Some(v4) = embedded_v4(address) {
        return is_public_v4(v4);
    }
    let [first, second, ..] = address.segments();
    // Of all that exists only 2000::/3 has been given to anybody as global unicast.
    if first & 0xe000 != 0x2000 {
        return false;
    }
    let special = match first {
        // Protocol assignments (Teredo, ORCHID, benchmarks), documentation.
        0x2001 => second < 0x0200 || second == 0x0db8,
        // Documentation (RFC 9637).
        0x3fff => second < 0x1000,
        // 6bone, returned in 2006.
        0x3ffe => true,
        _ => false,
    };
    !special
}

/// The IPv4 address that an IPv6 address leads to: mapped, compatible, 6to4, NAT64, or translated.
fn embedded_v4(address: Ipv6Addr) -> Option<Ipv4Addr> {
    let segments = address.segments();
    let at = |high: u16, low: u16| Ipv4Addr::from((u32::from(high) << 16) | u32::from(low));
    match segments {
        // ::ffff:a.b.c.d, ::ffff:0:a.b.c.d, ::a.b.c.d, the well-known and the local NAT64 prefixes.
        [0, 0, 0, 0, 0, 0xffff, high, low]
        | [0, 0, 0, 0, 0xffff, 0, high, low]
        | [0, 0, 0, 0, 0, 0, high, low]
        | [0x64, 0xff9b, 0, 0, 0, 0, high, low] => Some(at(high, low)),
        [0x2002, high, low, ..] => Some(at(high, low)),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const PUBLIC: &str = "1.1.1.1 8.8.8.8 9.255.255.255 11.0.0.0 100.63.255.255 100.128.0.0 \
        126.255.255.255 128.0.0.1 169.253.255.255 169.255.0.0 172.15.255.255 172.32.0.0 \
        192.167.255.255 192.169.0.0 192.0.1.1 198.17.255.255 198.20.0.0 203.0.112.1 \
        223.255.255.255 2606:4700::1111 2a00:1450::1 2001:4860:4860::8888 2001:200::1 \
        ::ffff:8.8.8.8 64:ff9b::808:808 2002:808:808::1 3fff:1000::1";
    const PRIVATE: &str = "0.0.0.0 0.1.2.3 10.0.0.0 10.255.255.255 100.64.0.0 100.127.255.255 \
        127.0.0.1 127.255.255.254 169.254.169.254 169.254.0.0 172.16.0.0 172.31.255.255 192.0.0.1 \
        192.0.2.7 192.31.196.1 192.52.193.1 192.88.99.1 192.168.0.1 192.175.48.1 198.18.0.1 \
        198.19.255.255 198.51.100.9 203.0.113.9 224.0.0.1 239.255.255.255 240.0.0.1 \
        255.255.255.255 :: ::1 fe80::1 febf::1 fec0::1 fc00::1 fd12:3456::1 ff02::1 100::1 \
        2001:db8::1 2001::1 2001:10::1 2001:20::1 2001:2::1 3fff::1 3ffe::1 4000::1 5f00::1 \
        ::ffff:127.0.0.1 ::ffff:10.0.0.1 ::ffff:169.254.169.254 ::127.0.0.1 ::ffff:0:10.0.0.1 \
        64:ff9b::a00:1 64:ff9b:1::1 2002:a00:1::1 2002:7f00:1::";

    #[test]
    fn what_is_not_the_public_internet_is_told_apart() {
        for (texts, expect) in [(PUBLIC, true), (PRIVATE, false)] {
            for text in texts.split_whitespace() {
                assert_eq!(is_public(text.parse().unwrap()), expect, "{text}");
            }
        }
    }
}
