//! What a relay may be greeted with (RFC 5321 section 4.1.2): a domain name or an address literal.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use model::EmailAddress;

/// Why `text` is neither, and what would be right.
pub(super) fn problem(text: &str) -> Option<String> {
    if is_address_literal(text) || is_domain(text) {
        return None;
    }
    if let Ok(ip) = text.trim_matches(['[', ']']).parse::<IpAddr>() {
        let right = match ip {
            IpAddr::V4(ip) => format!("[{ip}]"),
            IpAddr::V6(ip) => format!("[IPv6:{ip}]"),
        };
        return Some(format!("is an address, which must be written as {right:?}"));
    }
    let ascii = EmailAddress::parse(&format!("postmaster@{text}")).ok();
    let ascii = ascii.as_ref().map(EmailAddress::domain).filter(|name| is_domain(name));
    Some(match ascii.filter(|_| !text.is_ascii()) {
        Some(ascii) => format!("should be in ASCII: {ascii:?}"),
        None => "should be the host name that the sending address resolves to, such as \
                 \"mail.example.com\", or that address, such as \"[192.0.2.1]\""
            .to_owned(),
    })
}

/// Whether `text` is an address in brackets.
pub(crate) fn is_address_literal(text: &str) -> bool {
    let inner = text.strip_prefix('[').and_then(|rest| rest.strip_suffix(']'));
    inner.is_some_and(|inner| match inner.strip_prefix("IPv6:") {
        Some(v6) => v6.parse::<Ipv6Addr>().is_ok(),
        None => inner.parse::<Ipv4Addr>().is_ok(),
    })
}

fn is_domain(text: &str) -> bool {
    let is_label = |label: &str| {
        (1..=63).contains(&label.len())
            && !label.starts_with('-')
            && !label.ends_with('-')
            && label.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-')
    };
    text.len() <= 253 && text.split('.').all(is_label) && text.parse::<Ipv4Addr>().is_err()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn host_names_and_address_literals_are_right() {
        for text in ["mail.example.com", "localhost", "mx-1.xn--bcher-kva.example", "[192.0.2.1]"] {
            assert_eq!(problem(text), None, "{text}");
        }
        assert_eq!(problem("[IPv6:2001:db8::1]"), None);
    }

    #[test]
    fn what_a_relay_would_refuse_is_told_with_what_is_right() {
        let told = |text| problem(text).unwrap_or_default();
        assert_eq!(told("bücher.example"), "should be in ASCII: \"xn--bcher-kva.example\"");
        assert_eq!(told("192.0.2.1"), "is an address, which must be written as \"[192.0.2.1]\"");
        assert!(told("[2001:db8::1]").ends_with("\"[IPv6:2001:db8::1]\""));
        for text in ["my host", "mail_1.example.com", "mail..example", "-a.example", "[mail]", "a."]
        {
            assert!(told(text).starts_with("should be the host name"), "{text}");
        }
        assert_ne!(problem(&format!("{}.example", "a".repeat(64))), None);
    }
}
