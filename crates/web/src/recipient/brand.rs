//! The sender's brand on the pages for recipients: name, logo and colour.
//!
//! Invariant: a page loads nothing from elsewhere but the logo, and says so in its policy.

use axum::http::header::{CACHE_CONTROL, CONTENT_SECURITY_POLICY, CONTENT_TYPE, HeaderValue};
use axum::response::{IntoResponse as _, Response};
use campaign::{Brand, RecipientWords, Sender};

use crate::listen::headers;

/// Where pages find the brand's colours.
pub(crate) const SHEET: &str = "/brand.css";

/// What stands at the top of a page.
pub(crate) struct PageBrand<'a> {
    pub(crate) name: &'a str,
    pub(crate) logo: Option<PageLogo<'a>>,
    pub(crate) has_colors: bool,
    /// Where people ask about their privacy, at the bottom.
    pub(crate) privacy: Option<PrivacyLine<'a>>,
}

pub(crate) struct PrivacyLine<'a> {
    /// In the language of the page.
    pub(crate) label: String,
    pub(crate) href: String,
    pub(crate) text: &'a str,
}

pub(crate) struct PageLogo<'a> {
    pub(crate) url: &'a str,
    /// On dark screens.
    pub(crate) dark: Option<&'a str>,
    pub(crate) alt: &'a str,
    /// In CSS pixels.
    pub(crate) width: u16,
}

impl<'a> PageBrand<'a> {
    /// On a page in English.
    pub(crate) fn new(sender: &'a Sender) -> Self {
        Self::speaking(sender, RecipientWords::default())
    }

    /// On a page in the language of these words.
    pub(crate) fn speaking(sender: &'a Sender, words: RecipientWords) -> Self {
        let Brand { name, logo, .. } = &sender.brand;
        let name = name.as_ref().map_or(sender.organisation.as_str(), |name| name.as_str());
        let logo = logo.as_ref().map(|logo| PageLogo {
            url: logo.address.as_str(),
            dark: logo.dark.as_ref().map(|dark| dark.as_str()),
            alt: logo.alt.as_ref().map_or(name, |alt| alt.as_str()),
            width: logo.width.pixels(),
        });
        let privacy = sender.brand.privacy_contact.as_ref().map(|contact| PrivacyLine {
            label: words.text("foot-privacy"),
            href: contact.href(),
            text: contact.as_str(),
        });
        Self { name, logo, has_colors: sender.brand.readable_accents().is_some(), privacy }
    }
}

/// The brand's colour in the place of ours; both read well on and below our paper.
pub(crate) fn sheet(brand: &Brand) -> String {
    brand.readable_accents().map_or_else(String::new, |(light, dark)| {
        format!(
            ":root {{ --sea: {light}; }}\n\
             @media (prefers-color-scheme: dark) {{ :root {{ --sea: {dark}; }} }}\n"
        )
    })
}

pub(crate) fn show_sheet(css: String) -> Response {
    let headers = [(CONTENT_TYPE, "text/css; charset=utf-8"), (CACHE_CONTROL, "no-cache")];
    (headers, css).into_response()
}

/// The policy of pages that show the brand's logo; nothing when there is none.
pub(crate) fn policy(brand: &Brand) -> Option<HeaderValue> {
    let logo = brand.logo.as_ref()?;
    let images = [Some(&logo.address), logo.dark.as_ref()].into_iter().flatten();
    let mut origins: Vec<String> = images.map(|image| origin(image.as_str())).collect();
    origins.dedup();
    let policy = headers::OWN_PAGES
        .replace("img-src 'self'", &format!("img-src 'self' {}", origins.join(" ")));
    HeaderValue::try_from(policy).ok()
}

/// Scheme, host and port of a web address.
fn origin(url: &str) -> String {
    let rest = url.strip_prefix("https://").unwrap_or(url);
    let authority = rest.split(['/', '?', '#']).next().unwrap_or_default();
    // Whoever may fetch it by a name and a password is no part of its origin.
    let host = authority.rsplit('@').next().unwrap_or_default();
    let plain = |c: char| c.is_ascii_alphanumeric() || ".-:[]".contains(c);
    format!("https://{}", host.chars().filter(|c| plain(*c)).collect::<String>())
}

/// Sets the policy where no page has set its own.
pub(crate) fn with_policy(mut response: Response, policy: Option<&HeaderValue>) -> Response {
    if let Some(policy) = policy {
        response.headers_mut().entry(CONTENT_SECURITY_POLICY).or_insert(policy.clone());
    }
    response
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_origin_has_nothing_that_could_widen_a_policy() {
        for (url, expect) in [
            ("https://a.example/logo.png?x#y", "https://a.example"),
            ("https://u:p@a.example:8443", "https://a.example:8443"),
            ("https://a.example;script-src *", "https://a.examplescript-src"),
            ("https://*", "https://"),
        ] {
            assert_eq!(origin(url), expect);
        }
    }
}
