//! Rules: each names one thing that is seen in a hit, and none says what it means.
//!
//! Invariants: a rule's number and id never change their meaning, for both are stored; a rule that is
//! given up keeps them. What a set of rules means is said by a [`crate::RuleSet`], which has a version.

use std::fmt;

/// One thing seen in a hit, or in a hit beside the others of its message.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Rule {
    /// The bit that stands for it in the store.
    number: u8,
    /// The word for it in rule sets, reports and JSON.
    pub id: &'static str,
    /// What was seen, as the end of a sentence that begins with "it".
    pub seen: &'static str,
}

macro_rules! rules {
    ($($(#[$doc:meta])* $name:ident = $number:literal, $id:literal, $seen:literal;)*) => {
        impl Rule {
            $($(#[$doc])* pub const $name: Self = Self { number: $number, id: $id, seen: $seen };)*

            /// Every rule, by number.
            pub const ALL: &'static [Self] = &[$(Self::$name),*];
        }
    };
}

rules! {
    AGENT_BROWSER = 0, "agent-browser", "named a browser with its engine";
    AGENT_MAIL_PROGRAM = 1, "agent-mail-program", "named a mail program";
    /// `Sec-Fetch-Dest`, which browsers send over https and programs seldom do.
    FETCH_METADATA = 2, "fetch-metadata", "sent the fetch metadata of a browser";
    COOKIE_RETURNED = 3, "cookie-returned", "brought our cookie back";
    AGENT_GOOGLE_IMAGE_PROXY = 4, "agent-google-image-proxy",
        "named Gmail’s image proxy, which loads when a message is opened";
    AGENT_YAHOO_MAIL_PROXY = 5, "agent-yahoo-mail-proxy",
        "named Yahoo’s image proxy, which loads when a message is opened";
    AGENT_MISSING = 8, "agent-missing", "did not say what it is";
    AGENT_UNKNOWN = 9, "agent-unknown", "named nothing that we know";
    AGENT_APPLE_PRIVACY = 10, "agent-apple-privacy",
        "named itself as Apple’s Mail Privacy Protection does, which loads everything, read or not";
    AGENT_MICROSOFT_OFFICE = 11, "agent-microsoft-office",
        "named Microsoft Office, which reads mail and checks links under the same name";
    NETWORK_APPLE_RELAY = 12, "network-apple-relay", "came from Apple’s relay";
    NETWORK_GOOGLE = 13, "network-google", "came from Google’s network";
    NETWORK_MICROSOFT = 14, "network-microsoft", "came from Microsoft’s network";
    NETWORK_DATA_CENTRE = 15, "network-data-centre", "came from a data centre";
    NETWORK_GATEWAY = 16, "network-gateway", "came from a network of mail gateways";
    /// Less than two seconds after the delivery, or before its outcome was stored.
    SOON_AFTER_DELIVERY = 17, "soon-after-delivery",
        "came within two seconds of the message’s delivery";
    /// As [`Rule::SOON_AFTER_DELIVERY`], within [`QUICK`](crate::engagement::QUICK).
    QUICK_AFTER_DELIVERY = 18, "quick-after-delivery",
        "came within a minute of the message’s delivery";
    /// Of [`QUICK_DOMAINS`](crate::engagement::QUICK_DOMAINS) receiving domains, the hit's own among
    /// them, within [`QUICK`](crate::engagement::QUICK) each.
    NETWORK_MANY_QUICK = 19, "network-many-quick",
        "came from a network that asked for messages to five domains or more, each within a minute of its \
        delivery";
    AGENT_GMAIL_PREFETCH = 24, "agent-gmail-prefetch", "named Gmail’s prefetch";
    HEADER_PREFETCH = 25, "header-prefetch", "announced a prefetch or preview in its headers";
    AGENT_PREVIEW = 26, "agent-preview", "named a program that makes link previews";
    AGENT_GATEWAY = 27, "agent-gateway", "named a mail gateway or link scanner";
    AGENT_HEADLESS = 28, "agent-headless", "named a browser without a screen";
    AGENT_HTTP_LIBRARY = 29, "agent-http-library", "named a programmer’s library";
    AGENT_BOT = 30, "agent-bot", "named a bot or crawler";
    AGENT_SAYS_COMPATIBLE = 31, "agent-says-compatible",
        "called itself compatible, as no browser has since 2012";
    AGENT_SAYS_WHERE_TO_READ = 32, "agent-says-where-to-read",
        "said where to read about it, as programs do";
    /// Of three links of a message within [`BURST`](crate::engagement::BURST).
    LINKS_BURST = 40, "links-burst", "was one of three links followed within two seconds";
    /// Within [`NEAR`](crate::engagement::NEAR) of such a burst.
    NEAR_BURST = 41, "near-burst", "came within ten seconds of links followed in a burst";
    /// The same kind of request within [`REPEAT`](crate::engagement::REPEAT) of the one before.
    REPEATED = 42, "repeated", "repeated the same request within thirty seconds";
    /// Beyond those that are looked at together.
    MANY_HITS = 43, "many-hits", "came after 32 others for the same message";
    /// Of [`FLOOD`](crate::engagement::FLOOD) such requests within a minute.
    FLOOD = 44, "flood", "was one of ten that asked for the same within a minute";
    /// Of four links of a message within [`NEAR`](crate::engagement::NEAR).
    LINKS_QUICK = 45, "links-quick", "was one of four links followed within ten seconds";
    /// [`LinkSlot::HONEYPOT`](crate::LinkSlot::HONEYPOT).
    HONEYPOT_LINK = 46, "honeypot-link", "followed a link that no reader can see";
    /// Within [`NEAR`](crate::engagement::NEAR) of such a click.
    NEAR_HONEYPOT = 47, "near-honeypot", "came within ten seconds of a click on a link that no reader can see";
    EARLIER_SCANNER = 48, "earlier-scanner", "was a scanner by the rules of an earlier release";
    EARLIER_PREFETCH = 49, "earlier-prefetch", "was a prefetch by the rules of an earlier release";
    EARLIER_UNKNOWN = 50, "earlier-unknown", "was unknown by the rules of an earlier release";
    EARLIER_PROXY = 51, "earlier-proxy", "was an image proxy by the rules of an earlier release";
    EARLIER_BROWSER = 52, "earlier-browser", "was a browser by the rules of an earlier release";
    METHOD_HEAD = 62, "method-head", "asked with HEAD, which loads nothing";
}

impl Rule {
    /// The rule with this id.
    #[must_use]
    pub fn by_id(id: &str) -> Option<Self> {
        Self::ALL.iter().copied().find(|rule| rule.id == id)
    }
}

/// Those of a hit.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
pub struct RulesSeen(u64);

impl RulesSeen {
    /// Not one.
    pub const NONE: Self = Self(0);

    /// These and one more.
    #[must_use]
    pub const fn with(self, rule: Rule) -> Self {
        Self(self.0 | 1 << rule.number)
    }

    /// Those of either.
    #[must_use]
    pub const fn union(self, other: Self) -> Self {
        Self(self.0 | other.0)
    }

    /// These but for those.
    #[must_use]
    pub const fn without(self, others: Self) -> Self {
        Self(self.0 & !others.0)
    }

    #[must_use]
    pub const fn has(self, rule: Rule) -> bool {
        self.0 & (1 << rule.number) != 0
    }

    #[must_use]
    pub const fn has_all(self, others: Self) -> bool {
        self.0 & others.0 == others.0
    }

    #[must_use]
    pub const fn has_any(self, others: Self) -> bool {
        self.0 & others.0 != 0
    }

    /// By number.
    pub fn rules(self) -> impl Iterator<Item = Rule> {
        Rule::ALL.iter().copied().filter(move |rule| self.has(*rule))
    }

    /// As the store keeps it. Numbers are below 63, so that it is never negative.
    #[must_use]
    pub const fn bits(self) -> i64 {
        self.0.cast_signed()
    }

    /// Read back, rules of later releases included.
    #[must_use]
    pub const fn from_bits(bits: i64) -> Self {
        Self(bits.cast_unsigned())
    }
}

impl FromIterator<Rule> for RulesSeen {
    fn from_iter<I: IntoIterator<Item = Rule>>(rules: I) -> Self {
        rules.into_iter().fold(Self::NONE, Self::with)
    }
}

impl fmt::Debug for RulesSeen {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_set().entries(self.rules().map(|rule| rule.id)).finish()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_rule_has_a_number_and_an_id_of_its_own() {
        let numbers: std::collections::BTreeSet<u8> =
            Rule::ALL.iter().map(|it| it.number).collect();
        let ids: std::collections::BTreeSet<&str> = Rule::ALL.iter().map(|it| it.id).collect();
        assert_eq!((numbers.len(), ids.len()), (Rule::ALL.len(), Rule::ALL.len()));
        assert!(numbers.iter().all(|number| *number < 63), "bits of a signed number");
        assert!(Rule::ALL.is_sorted_by_key(|rule| rule.number));
    }

    #[test]
    fn a_set_is_stored_and_read_back() {
        let all: RulesSeen = Rule::ALL.iter().copied().collect();
        assert_eq!(RulesSeen::from_bits(all.bits()), all);
        assert!(all.bits() > 0);
        assert_eq!(all.rules().count(), Rule::ALL.len());
        let one = RulesSeen::NONE.with(Rule::METHOD_HEAD);
        assert!(all.has_all(one) && one.has_any(all) && !one.has(Rule::AGENT_BOT));
    }
}
