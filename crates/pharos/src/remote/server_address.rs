//! The address of a server: which ones a token may be sent to.

use std::fmt;
use std::str::FromStr;

use reqwest::Url;
use reqwest::header::HeaderValue;

/// The address of a server, without a path.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct ServerAddress(Url);

/// Why a text is not the address of a server.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub(crate) enum BadServerAddress {
    #[error("{0:?} is not an address; write it as https://pharos.example.com")]
    Syntax(String),
    #[error(
        "over http everybody on the way could read the token; use https (http works for this machine \
         only, as in http://127.0.0.1:8027)"
    )]
    NotEncrypted,
    #[error("the address must not hold a name or a password; the token comes from --token-file")]
    Credentials,
    #[error("give the address without a path, as in {0}")]
    Path(String),
}

impl ServerAddress {
    /// The address of what has this path and query on the server.
    pub(crate) fn url(&self, path: &str, query: &[(&str, &str)]) -> Url {
        let mut url = self.0.clone();
        url.set_path(path);
        if !query.is_empty() {
            url.query_pairs_mut().extend_pairs(query);
        }
        url
    }

    /// Whether it is this machine.
    pub(crate) fn is_local(&self) -> bool {
        is_loopback(&self.0)
    }

    /// Host and port, for messages.
    pub(crate) fn host(&self) -> String {
        let host = self.0.host_str().unwrap_or_default();
        match self.0.port() {
            Some(port) => format!("{host}:{port}"),
            None => host.to_owned(),
        }
    }

    /// The host without its port.
    pub(crate) fn name(&self) -> &str {
        self.0.host_str().unwrap_or_default()
    }
}

impl FromStr for ServerAddress {
    type Err = BadServerAddress;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let syntax = || BadServerAddress::Syntax(text.to_owned());
        let url = Url::parse(text.trim()).map_err(|_| syntax())?;
        if !matches!(url.scheme(), "https" | "http") || !url.has_host() {
            return Err(syntax());
        }
        if !url.username().is_empty() || url.password().is_some() {
            return Err(BadServerAddress::Credentials);
        }
        if url.scheme() == "http" && !is_loopback(&url) {
            return Err(BadServerAddress::NotEncrypted);
        }
        if url.path() != "/" || url.query().is_some() || url.fragment().is_some() {
            let mut bare = url;
            bare.set_path("");
            bare.set_query(None);
            bare.set_fragment(None);
            return Err(BadServerAddress::Path(bare.as_str().trim_end_matches('/').to_owned()));
        }
        Ok(Self(url))
    }
}

fn is_loopback(url: &Url) -> bool {
    let Some(host) = url.host_str() else { return false };
    let bare = host.trim_start_matches('[').trim_end_matches(']');
    match bare.parse::<std::net::IpAddr>() {
        Ok(address) => address.is_loopback(),
        Err(_) => host == "localhost",
    }
}

impl fmt::Display for ServerAddress {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.0.as_str().trim_end_matches('/'))
    }
}

/// Where a redirect leads, for a message: scheme and host, nothing that may be a secret.
pub(super) fn redirected_to(location: Option<&HeaderValue>, from: &Url) -> String {
    let target = location.and_then(|it| it.to_str().ok()).and_then(|it| from.join(it).ok());
    match target.as_ref().and_then(Url::host_str) {
        Some(host) => {
            let scheme = target.as_ref().map_or("https", |it| it.scheme());
            format!("{scheme}://{host}")
        }
        None => "somewhere else".to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_token_goes_over_https_or_to_this_machine() {
        for good in [
            "https://pharos.example.com",
            "https://pharos.example.com:8443/",
            "https://10.0.0.7",
            "http://127.0.0.1:8027",
            "http://127.8.9.1",
            "http://localhost:8027/",
            "http://[::1]:8027",
            " https://pharos.example.com\n",
        ] {
            assert!(good.parse::<ServerAddress>().is_ok(), "{good}");
        }
        for bad in [
            "http://pharos.example.com",
            "http://10.0.0.7",
            "http://localhost.example.com",
            "http://127.0.0.1.example.com",
            "http://[::2]",
            "HTTP://Example.com",
            "http://0.0.0.0:8027",
        ] {
            let said = bad.parse::<ServerAddress>().unwrap_err();
            assert_eq!(said, BadServerAddress::NotEncrypted, "{bad}");
        }
    }

    #[test]
    fn what_is_no_address_says_what_would_be() {
        for bad in ["", "pharos.example.com", "localhost:8027", "ftp://a.example", "https://"] {
            let said = bad.parse::<ServerAddress>().unwrap_err();
            assert!(matches!(said, BadServerAddress::Syntax(_)), "{bad}: {said}");
        }
        let said = "https://ann:secret@a.example".parse::<ServerAddress>().unwrap_err();
        assert_eq!(said, BadServerAddress::Credentials);
        assert!(!said.to_string().contains("secret"));
        for path in ["https://a.example/admin", "https://a.example/?x=1", "https://a.example/#x"] {
            let said = path.parse::<ServerAddress>().unwrap_err();
            assert_eq!(said, BadServerAddress::Path("https://a.example".into()), "{path}");
        }
    }

    #[test]
    fn paths_stay_below_the_server() {
        let server: ServerAddress = "https://a.example:1".parse().unwrap();
        let url = server.url("/api/v1/addresses/a%2Fb@x.org", &[("q", "a&b=c")]);
        assert_eq!(url.as_str(), "https://a.example:1/api/v1/addresses/a%2Fb@x.org?q=a%26b%3Dc");
        assert_eq!(server.host(), "a.example:1");
        let from = server.url("/", &[]);
        let header = HeaderValue::from_static("//b.example/x?token=1");
        assert_eq!(redirected_to(Some(&header), &from), "https://b.example");
        assert_eq!(redirected_to(None, &from), "somewhere else");
    }
}
