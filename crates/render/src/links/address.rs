//! The address of a link as the author wrote it, read the way browsers read it (WHATWG URL, section
//! 4.4): line breaks and tabs inside do not count, a host beyond ASCII means its A-labels.
//!
//! An address that browsers would mend in ways of their own (`https:x`, `https:///x`) is refused: the
//! author meant something else.

use model::Domain;
use percent_encoding::percent_decode_str;

/// Where a link may lead.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum LinkAddress {
    /// A web address with a host, which is ASCII.
    Web(String),
    /// A mail, a telephone number, a place in the message.
    Other(String),
}

/// Why a link can't lead anywhere: what is wrong, and what would be right.
pub(crate) type UnusableAddress = (&'static str, &'static str);

const NO_SCHEME: UnusableAddress =
    ("has an address that does not work in mail", "begin it with https://, mailto: or tel:");
const NO_HOST: UnusableAddress =
    ("has an address without a host", "write all of it, such as https://example.com/page");
const BAD_HOST: UnusableAddress =
    ("has a host that is not a valid domain", "write a host such as example.com or bücher.example");

impl LinkAddress {
    /// Reads the value of an `href`.
    pub(crate) fn read(href: &str) -> Result<Self, UnusableAddress> {
        let clean: String = href.chars().filter(|c| !matches!(c, '\n' | '\r' | '\t')).collect();
        let address = clean.trim();
        if address.starts_with('#') {
            return Ok(Self::Other(address.to_owned()));
        }
        let (scheme, rest) = address.split_once(':').ok_or(NO_SCHEME)?;
        match scheme.to_ascii_lowercase().as_str() {
            "http" | "https" => web(scheme, rest).map(Self::Web),
            "mailto" | "tel" | "sms" => Ok(Self::Other(address.to_owned())),
            _ => Err(NO_SCHEME),
        }
    }
}

fn web(scheme: &str, rest: &str) -> Result<String, UnusableAddress> {
    let rest = rest.strip_prefix("//").ok_or(NO_HOST)?;
    let end = rest.find(['/', '\\', '?', '#']).unwrap_or(rest.len());
    let (authority, path) = rest.split_at(end);
    let at = authority.rfind('@').map_or(0, |at| at + 1);
    let (user, host) = authority.split_at(at);
    if host.trim().is_empty() || host.starts_with(':') {
        return Err(NO_HOST);
    }
    if host.is_ascii() && !host.contains('%') {
        return Ok(format!("{scheme}://{authority}{path}"));
    }
    // Markdown has encoded what is not ASCII, also in the host.
    let host = percent_decode_str(host).decode_utf8().map_err(|_| BAD_HOST)?;
    let (name, port) = host.find(':').map_or((&*host, ""), |colon| host.split_at(colon));
    if host.is_ascii() || !port.trim_start_matches(':').bytes().all(|b| b.is_ascii_digit()) {
        return Err(BAD_HOST);
    }
    let name = Domain::parse(name).map_err(|_| BAD_HOST)?;
    Ok(format!("{scheme}://{user}{}{port}{path}", name.as_str()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(href: &str, expect: Result<&str, UnusableAddress>) {
        let read = LinkAddress::read(href).map(|address| match address {
            LinkAddress::Web(address) | LinkAddress::Other(address) => address,
        });
        assert_eq!(read.as_deref().map_err(|why| *why), expect, "{href:?}");
    }

    #[test]
    fn line_breaks_and_tabs_do_not_count() {
        check(" https://a.example/x\n\ty?b=1\r\n ", Ok("https://a.example/xy?b=1"));
        check("ht\ntps://a.example", Ok("https://a.example"));
        check("mailto:a@b.example\n", Ok("mailto:a@b.example"));
        check("#top", Ok("#top"));
    }

    #[test]
    fn an_address_without_a_host_is_refused() {
        for href in ["http://", "https:///x", "https:x", "http:\\\\x", "https://?x", "http://:80/"]
        {
            check(href, Err(NO_HOST));
        }
        for href in
            ["", "x", "/x", "//a.example", "www.a.example", "javascript:x", "java\nscript:x"]
        {
            check(href, Err(NO_SCHEME));
        }
    }

    #[test]
    fn a_host_beyond_ascii_becomes_its_a_labels_and_the_rest_stays() {
        let read = "https://xn--bcher-kva.example:8443/ü?q=ä#ö";
        check("https://Bücher.example:8443/ü?q=ä#ö", Ok(read));
        check("https://B%C3%BCcher.example:8443/ü?q=ä#ö", Ok(read));
        check("HTTP://B.example/%C3%BC?a=b", Ok("HTTP://B.example/%C3%BC?a=b"));
        for host in
            ["ü", "℅.example", "a%2Fb.example", "ü.example:80x", "ü.example%2Fx", "%FF.example"]
        {
            check(&format!("https://{host}/"), Err(BAD_HOST));
        }
    }
}
