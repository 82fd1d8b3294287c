//! Where people ask about their privacy.

use std::fmt::Write as _;

use model::EmailAddress;

use super::{PublicAddress, UnusableBrand};

/// Shown on every page for recipients.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum PrivacyContact {
    Address(EmailAddress),
    Page(PublicAddress),
}

impl PrivacyContact {
    /// # Errors
    /// When it is neither an address nor a page on a public web server.
    pub fn parse(text: &str) -> Result<Self, UnusableBrand> {
        let text = text.trim();
        if text.starts_with("https://") {
            return PublicAddress::parse(text)
                .map(Self::Page)
                .map_err(|_| UnusableBrand::PrivacyContact);
        }
        EmailAddress::parse(text).map(Self::Address).map_err(|_| UnusableBrand::PrivacyContact)
    }

    /// As people read it.
    #[must_use]
    pub fn as_str(&self) -> &str {
        match self {
            Self::Address(address) => address.as_str(),
            Self::Page(page) => page.as_str(),
        }
    }

    /// Where a link to it leads.
    #[must_use]
    pub fn href(&self) -> String {
        match self {
            Self::Address(address) => format!("mailto:{}", encoded(address.as_str())),
            Self::Page(page) => page.as_str().to_owned(),
        }
    }
}

/// RFC 6068 section 2: what means something else in a `mailto` is percent-encoded.
fn encoded(address: &str) -> String {
    let mut text = String::with_capacity(address.len());
    for byte in address.bytes() {
        match byte {
            b'0'..=b'9' | b'A'..=b'Z' | b'a'..=b'z' | b'@' | b'.' | b'-' | b'_' | b'+' => {
                text.push(char::from(byte));
            }
            // Writing to a text can't fail.
            _ => _ = write!(text, "%{byte:02X}"),
        }
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn it_is_an_address_or_a_page() {
        let href = |text| PrivacyContact::parse(text).map(|it| it.href());
        assert_eq!(href(" privacy@aurora.example ").unwrap(), "mailto:privacy@aurora.example");
        assert_eq!(href("a?b&c@aurora.example").unwrap(), "mailto:a%3Fb%26c@aurora.example");
        let page = "https://aurora.example/privacy";
        assert_eq!(href(page).unwrap(), page);
        for wrong in ["", "privacy", "http://aurora.example/", "https://10.0.0.1/", "javascript:x"]
        {
            assert_eq!(href(wrong), Err(UnusableBrand::PrivacyContact), "{wrong}");
        }
    }
}
