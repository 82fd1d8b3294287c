//! How a sender looks: name, logo, colours, font, what stands below every message.
//!
//! Invariant: no value can break out of where a layout puts it: texts are one line, addresses are
//! public and https, colours are numbers, fonts are names.

mod color;
mod font;
mod palette;
mod privacy_contact;

pub use color::Color;
pub use font::FontStack;
pub(crate) use palette::Palette;
pub use privacy_contact::PrivacyContact;

use model::Domain;

use crate::links::address::LinkAddress;
use crate::links::loaded_address::{host, is_private};

const TEXT_BYTES: usize = 200;
const ADDRESS_BYTES: usize = 1_000;
/// A logo fits beside the margins of the narrowest phone.
const LOGO_WIDTHS: std::ops::RangeInclusive<u16> = 16..=400;

/// The same for every announcement of an installation. Without anything set it is neutral.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Brand {
    /// What readers know the sender by, at the top of messages; else the organisation's name.
    pub name: Option<BrandText>,
    pub logo: Option<Logo>,
    pub colors: BrandColors,
    pub font: FontStack,
    /// Lines that stand below the postal address, such as the company register's.
    pub legal: Vec<BrandText>,
    pub social: Vec<SocialLink>,
    /// Where logo and name lead.
    pub website: Option<PublicAddress>,
    /// On pages for recipients, in no message.
    pub privacy_contact: Option<PrivacyContact>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct BrandColors {
    /// Of buttons and links, the latter made darker or lighter until they can be read.
    pub accent: Option<Color>,
    /// The same on dark screens; else made from `accent`.
    pub accent_dark: Option<Color>,
    /// Around the message, on light screens.
    pub background: Option<Color>,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Logo {
    pub address: PublicAddress,
    /// What dark screens show instead; without it the logo gets a light ground there.
    pub dark: Option<PublicAddress>,
    /// Read where images are off; else the brand's name.
    pub alt: Option<BrandText>,
    pub width: LogoWidth,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SocialLink {
    pub name: BrandText,
    pub url: PublicAddress,
}

/// Why a value can't be part of a brand. Reads on after the name of the setting.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum UnusableBrand {
    #[error("should be one line of text, at most {TEXT_BYTES} bytes")]
    Text,
    #[error(
        "should be a full address on a public web server, such as https://example.com/logo.png"
    )]
    Address,
    #[error(
        "should be an email address, or a full address on a public web server, such as https://example.com/privacy"
    )]
    PrivacyContact,
    #[error("should be a colour in hexadecimal, such as #0b6075")]
    Color,
    #[error(
        "should be names of fonts with commas between them, such as \"Avenir Next, Verdana, sans-serif\""
    )]
    Font,
    #[error("should be a width in pixels, from {} to {}", LOGO_WIDTHS.start(), LOGO_WIDTHS.end())]
    Width,
}

/// One line of plain text.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct BrandText(String);

impl BrandText {
    /// # Errors
    /// When it is empty, has several lines, or is long.
    pub fn parse(text: &str) -> Result<Self, UnusableBrand> {
        let text = text.trim();
        let usable =
            !text.is_empty() && text.len() <= TEXT_BYTES && !text.contains(char::is_control);
        if usable { Ok(Self(text.to_owned())) } else { Err(UnusableBrand::Text) }
    }

    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// A web address that everybody can reach, with https and an ASCII host.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PublicAddress(String);

impl PublicAddress {
    /// # Errors
    /// When it is no such address.
    pub fn parse(text: &str) -> Result<Self, UnusableBrand> {
        let odd = |c: char| c.is_whitespace() || c.is_control() || "\"'<>`\\{}".contains(c);
        let text = text.trim();
        if text.len() > ADDRESS_BYTES || text.contains(odd) || !text.starts_with("https://") {
            return Err(UnusableBrand::Address);
        }
        match LinkAddress::read(text) {
            Ok(LinkAddress::Web(address)) if is_public(host(&address)) => Ok(Self(address)),
            _ => Err(UnusableBrand::Address),
        }
    }

    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

fn is_public(host: &str) -> bool {
    Domain::parse(host).is_ok() && !is_private(host)
}

/// In CSS pixels.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct LogoWidth(u16);

impl LogoWidth {
    /// # Errors
    /// When a phone could not show it, or nobody could see it.
    pub fn new(pixels: i64) -> Result<Self, UnusableBrand> {
        let width = u16::try_from(pixels).ok().filter(|it| LOGO_WIDTHS.contains(it));
        width.map(Self).ok_or(UnusableBrand::Width)
    }

    #[must_use]
    pub fn pixels(self) -> u16 {
        self.0
    }
}

impl Default for LogoWidth {
    fn default() -> Self {
        Self(140)
    }
}

impl Brand {
    /// The accent as text and links show it, on light and on dark screens, where it has a contrast of
    /// 4.5 with white and with `#18212a`. Nothing without an accent.
    #[must_use]
    pub fn readable_accents(&self) -> Option<(Color, Color)> {
        self.colors.accent?;
        Some((Palette::light(&self.colors).link, Palette::dark(&self.colors).link))
    }

    /// Everything in it that somebody wrote.
    pub(crate) fn texts(&self) -> Vec<&str> {
        let logo = self.logo.iter().flat_map(|logo| {
            [Some(logo.address.as_str()), logo.dark.as_ref().map(PublicAddress::as_str)]
                .into_iter()
                .chain([logo.alt.as_ref().map(BrandText::as_str)])
        });
        let social = self.social.iter().flat_map(|it| [it.name.as_str(), it.url.as_str()]);
        let once = [
            self.name.as_ref().map(BrandText::as_str),
            self.website.as_ref().map(PublicAddress::as_str),
            Some(self.font.as_str()),
        ];
        let legal = self.legal.iter().map(BrandText::as_str);
        logo.chain(once).flatten().chain(social).chain(legal).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_public_addresses_and_single_lines_are_taken() {
        for good in ["https://a.example/logo.png", " https://Bücher.example/ü?a=b&c#d "] {
            assert!(PublicAddress::parse(good).is_ok(), "{good}");
        }
        for bad in [
            "",
            "logo.png",
            "http://a.example/x",
            "https://",
            "https://nas/x",
            "https://10.0.0.1/x",
            "https://*.example/x",
            "https://a.example;b/x",
            "https://a.example/\" onerror=\"x",
            "https://a.example/x y",
            "https://a.example/{{ name }}",
            "javascript:alert(1)",
            "data:image/png;base64,x",
        ] {
            assert_eq!(PublicAddress::parse(bad), Err(UnusableBrand::Address), "{bad}");
        }
        assert_eq!(BrandText::parse(" Tern \u{26} Co ").unwrap().as_str(), "Tern & Co");
        for bad in ["", " ", "a\nb", "a\u{7}b", &"x".repeat(201)] {
            assert_eq!(BrandText::parse(bad), Err(UnusableBrand::Text), "{bad:?}");
        }
        for (pixels, fits) in [(15, false), (16, true), (400, true), (401, false), (-1, false)] {
            assert_eq!(LogoWidth::new(pixels).is_ok(), fits, "{pixels}");
        }
    }
}
