//! Where a hit came from, as far as it can be told: the mail client, the kind of device, the country
//! and the network.
//!
//! Invariants: derived once, when the hit is recorded; what cannot be known is said to be unknown and
//! never guessed: behind a provider's proxy there is no device, and no country but the proxy's own.

use std::fmt;

macro_rules! words {
    ($(#[$about:meta])* $name:ident { $($(#[$doc:meta])* $variant:ident = $code:expr, $word:expr, $label:expr;)+ }) => {
        $(#[$about])*
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
        pub enum $name { $($(#[$doc])* $variant),+ }

        impl $name {
            pub const ALL: &'static [Self] = &[$(Self::$variant),+];

            /// The number by which it is stored: existing ones never change.
            #[must_use]
            pub const fn code(self) -> i64 {
                match self { $(Self::$variant => $code),+ }
            }

            /// The word for it in files and in JSON.
            #[must_use]
            pub const fn as_str(self) -> &'static str {
                match self { $(Self::$variant => $word),+ }
            }

            /// What people call it.
            #[must_use]
            pub const fn label(self) -> &'static str {
                match self { $(Self::$variant => $label),+ }
            }

            #[must_use]
            pub fn from_code(code: i64) -> Option<Self> {
                Self::ALL.iter().copied().find(|it| it.code() == code)
            }

            #[must_use]
            pub fn from_word(word: &str) -> Option<Self> {
                Self::ALL.iter().copied().find(|it| it.as_str() == word)
            }
        }
    };
}

words! {
    /// The program in which a message was read, or a link opened.
    MailClient {
        #[default]
        Unknown = 0, "unknown", "Unknown";
        AppleMail = 1, "apple-mail", "Apple Mail";
        OutlookWindows = 2, "outlook-windows", "Outlook on Windows";
        OutlookMac = 3, "outlook-mac", "Outlook on a Mac";
        OutlookMobile = 4, "outlook-mobile", "Outlook for phones and tablets";
        Gmail = 5, "gmail", "Gmail";
        Yahoo = 6, "yahoo", "Yahoo Mail and AOL";
        Thunderbird = 7, "thunderbird", "Thunderbird";
        OtherProgram = 8, "other-program", "Other mail programs";
        Chrome = 20, "chrome", "Chrome";
        Edge = 21, "edge", "Edge";
        Firefox = 22, "firefox", "Firefox";
        Safari = 23, "safari", "Safari";
        SamsungBrowser = 24, "samsung-browser", "Samsung Internet";
        Opera = 25, "opera", "Opera";
        /// An app on a phone that shows mail or pages and does not name itself, such as Samsung Email.
        InApp = 26, "in-app", "Inside an app";
        OtherBrowser = 27, "other-browser", "Other browsers";
    }
}

words! {
    /// The kind of device.
    Device {
        #[default]
        Unknown = 0, "unknown", "Unknown";
        Desktop = 1, "desktop", "Desktop";
        Phone = 2, "phone", "Phone";
        Tablet = 3, "tablet", "Tablet";
    }
}

/// A country by its ISO 3166-1 code.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Country([u8; 2]);

impl Country {
    /// The country with this code, two letters in upper case.
    #[must_use]
    pub fn parse(code: &str) -> Option<Self> {
        match code.as_bytes() {
            [a, b] if a.is_ascii_uppercase() && b.is_ascii_uppercase() => Some(Self([*a, *b])),
            _ => None,
        }
    }

    fn number(self) -> i64 {
        i64::from(u16::from_be_bytes(self.0))
    }

    fn from_number(number: i64) -> Option<Self> {
        let bytes = u16::try_from(number).ok()?.to_be_bytes();
        Self::parse(std::str::from_utf8(&bytes).ok()?)
    }
}

impl fmt::Display for Country {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(std::str::from_utf8(&self.0).unwrap_or_default())
    }
}

/// What is known of a place: of the country, or of the network.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Located<T> {
    Known(T),
    /// There was no address, or the file does not know it.
    Unknown,
    /// The address is a proxy's, a gateway's or a data centre's, and says nothing of the reader.
    Proxied,
    /// The hit is nobody's: its place is not kept.
    NotKept,
}

const UNKNOWN: i64 = 0;
const PROXIED: i64 = -1;
const NOT_KEPT: i64 = -2;

impl<T> Located<T> {
    pub fn known(self) -> Option<T> {
        match self {
            Self::Known(it) => Some(it),
            _ => None,
        }
    }

    fn number(self, known: impl FnOnce(T) -> i64) -> i64 {
        match self {
            Self::Known(it) => known(it),
            Self::Unknown => UNKNOWN,
            Self::Proxied => PROXIED,
            Self::NotKept => NOT_KEPT,
        }
    }

    fn from_number(number: i64, known: impl FnOnce(i64) -> Option<T>) -> Option<Self> {
        match number {
            UNKNOWN => Some(Self::Unknown),
            PROXIED => Some(Self::Proxied),
            NOT_KEPT => Some(Self::NotKept),
            _ => known(number).map(Self::Known),
        }
    }
}

/// Where a hit came from.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
pub struct HitOrigin {
    pub client: MailClient,
    pub device: Device,
    /// None: there was no file of countries.
    pub country: Option<Located<Country>>,
    /// The number of the autonomous system; None: there was no file of networks.
    pub network: Option<Located<u32>>,
}

/// By what origins are counted, each for itself.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum OriginKind {
    /// Mail client and device together.
    Agent,
    Country,
    Network,
}

impl OriginKind {
    pub const ALL: [Self; 3] = [Self::Agent, Self::Country, Self::Network];

    /// The number by which it is stored.
    #[must_use]
    pub const fn code(self) -> i64 {
        match self {
            Self::Agent => 1,
            Self::Country => 2,
            Self::Network => 3,
        }
    }
}

/// Devices for which a client's numbers have room.
const DEVICES: i64 = 16;

impl HitOrigin {
    /// The same, of a hit that is nobody's.
    #[must_use]
    pub fn of_nobody(self) -> Self {
        let country = self.country.map(|_| Located::NotKept);
        let network = self.network.map(|_| Located::NotKept);
        Self { country, network, ..self }
    }

    /// The number under which it is counted; None: it is not counted by this.
    #[must_use]
    pub fn number(&self, kind: OriginKind) -> Option<i64> {
        match kind {
            OriginKind::Agent => Some(self.client.code() * DEVICES + self.device.code()),
            OriginKind::Country => self.country.map(|it| it.number(Country::number)),
            OriginKind::Network => self.network.map(|it| it.number(i64::from)),
        }
    }

    /// Adds what such a number says; None when it says nothing.
    #[must_use]
    pub fn with_number(self, kind: OriginKind, number: i64) -> Option<Self> {
        Some(match kind {
            OriginKind::Agent => {
                // One that a later release has counted is unknown here.
                let client = MailClient::from_code(number.div_euclid(DEVICES)).unwrap_or_default();
                let device = Device::from_code(number.rem_euclid(DEVICES)).unwrap_or_default();
                Self { client, device, ..self }
            }
            OriginKind::Country => {
                let country = Located::from_number(number, Country::from_number)?;
                Self { country: Some(country), ..self }
            }
            OriginKind::Network => {
                let known = |number| u32::try_from(number).ok();
                Self { network: Some(Located::from_number(number, known)?), ..self }
            }
        })
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn codes_and_words_are_used_once() {
        for client in MailClient::ALL {
            assert_eq!(MailClient::from_code(client.code()), Some(*client));
            assert_eq!(MailClient::from_word(client.as_str()), Some(*client));
        }
        for device in Device::ALL {
            assert!(device.code() < DEVICES);
            assert_eq!(Device::from_code(device.code()), Some(*device));
            assert_eq!(Device::from_word(device.as_str()), Some(*device));
        }
    }

    #[test]
    fn a_country_has_two_capitals() {
        assert_eq!(Country::parse("DE").map(|it| it.to_string()).as_deref(), Some("DE"));
        for wrong in ["", "D", "de", "DEU", "D1", "É"] {
            assert_eq!(Country::parse(wrong), None, "{wrong}");
        }
    }

    proptest! {
        #[test]
        fn what_is_counted_by_a_number_is_read_from_it(
            client in 0..MailClient::ALL.len(),
            device in 0..Device::ALL.len(),
            country in prop::option::of(prop_oneof![
                "[A-Z]{2}".prop_map(|code| Located::Known(Country::parse(&code).unwrap())),
                Just(Located::Unknown), Just(Located::Proxied), Just(Located::NotKept),
            ]),
            network in prop::option::of((1..=u32::MAX).prop_map(Located::Known)),
        ) {
            let (client, device) = (MailClient::ALL[client], Device::ALL[device]);
            let origin = HitOrigin { client, device, country, network };
            let mut read = HitOrigin::default();
            for kind in OriginKind::ALL {
                if let Some(number) = origin.number(kind) {
                    read = read.with_number(kind, number).unwrap();
                }
            }
            prop_assert_eq!(read, origin);
        }

        #[test]
        fn no_number_panics(kind in 0_usize..3, number: i64) {
            let _ = HitOrigin::default().with_number(OriginKind::ALL[kind], number);
        }
    }
}
