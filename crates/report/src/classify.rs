//! Assigns every hit a class and the rule that gave it.
//!
//! Invariants: pure and table-driven, so history can be classified again from what was stored;
//! every hit gets exactly one class; the first rule that matches wins, and its id never changes its
//! meaning (a changed rule gets a new id, and [`RULES_VERSION`] grows). A class is a label: nothing
//! is ever dropped because of one (promise P7). Uses no address lists yet: an address alone proves
//! nothing.

use model::hit::HitSigns;
use model::{Hit, HitClass};

/// The date of this set of rules; shown with every rate that depends on them.
pub const RULES_VERSION: &str = "2026-11-25";

/// What the rules say about one hit.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct HitVerdict {
    /// The kind of reader it looks like.
    pub class: HitClass,
    /// The id of the rule that says so.
    pub rule: &'static str,
}

/// Where in the user agent a rule's text must be.
#[derive(Clone, Copy)]
enum AgentPlace {
    Anywhere,
    Start,
    End,
    Whole,
}

/// One line of the table: text in the user agent (lower case) and what it means.
struct AgentRule {
    place: AgentPlace,
    text: &'static str,
    class: HitClass,
    rule: &'static str,
}

const fn agent(
    place: AgentPlace,
    text: &'static str,
    class: HitClass,
    rule: &'static str,
) -> AgentRule {
    AgentRule { place, text, class, rule }
}

use AgentPlace::{Anywhere, End, Start, Whole};
use HitClass::{Browser, Prefetch, Proxy, Scanner, Unknown};

/// Read from the top; the first match wins. Order: agents that identify as a mailbox provider, then
/// those that identify as a program, then mail programs, and browsers at the end, because nearly
/// everything else borrows a browser's words.
const AGENT_RULES: &[AgentRule] = &[
    // Gmail fetches ahead while a session is open with this odd double ending (SparkPost 2021).
    agent(End, "edge/12.246 mozilla/5.0", Prefetch, "agent-gmail-prefetch"),
    agent(Anywhere, "googleimageproxy", Proxy, "agent-google-image-proxy"),
    agent(Anywhere, "yahoomailproxy", Proxy, "agent-yahoo-mail-proxy"),
    // Apple Mail Privacy Protection loads everything, read or not (ClickDimensions 2021).
    agent(Whole, "mozilla/5.0", Unknown, "agent-apple-privacy"),
    // Mail gateways and previewers.
    agent(Anywhere, "barracuda", Scanner, "agent-gateway"),
    agent(Anywhere, "proofpoint", Scanner, "agent-gateway"),
    agent(Anywhere, "mimecast", Scanner, "agent-gateway"),
    agent(Anywhere, "safelinks", Scanner, "agent-gateway"),
    agent(Anywhere, "fireeye", Scanner, "agent-gateway"),
    agent(Anywhere, "trendmicro", Scanner, "agent-gateway"),
    agent(Anywhere, "symantec", Scanner, "agent-gateway"),
    agent(Anywhere, "messagelabs", Scanner, "agent-gateway"),
    agent(Anywhere, "zscaler", Scanner, "agent-gateway"),
    agent(Anywhere, "virustotal", Scanner, "agent-gateway"),
    agent(Anywhere, "bingpreview", Scanner, "agent-preview"),
    agent(Anywhere, "skypeuripreview", Scanner, "agent-preview"),
    agent(Anywhere, "slackbot", Scanner, "agent-preview"),
    agent(Anywhere, "facebookexternalhit", Scanner, "agent-preview"),
    agent(Anywhere, "whatsapp", Scanner, "agent-preview"),
    agent(Anywhere, "telegrambot", Scanner, "agent-preview"),
    agent(Anywhere, "headlesschrome", Scanner, "agent-headless"),
    agent(Anywhere, "phantomjs", Scanner, "agent-headless"),
    // Programs that name their library.
    agent(Start, "curl/", Scanner, "agent-http-library"),
    agent(Start, "wget/", Scanner, "agent-http-library"),
    agent(Start, "python", Scanner, "agent-http-library"),
    agent(Start, "aiohttp", Scanner, "agent-http-library"),
    agent(Start, "go-http-client", Scanner, "agent-http-library"),
    agent(Start, "java/", Scanner, "agent-http-library"),
    agent(Start, "apache-httpclient", Scanner, "agent-http-library"),
    agent(Start, "okhttp", Scanner, "agent-http-library"),
    agent(Start, "axios/", Scanner, "agent-http-library"),
    agent(Start, "node-fetch", Scanner, "agent-http-library"),
    agent(Start, "node", Scanner, "agent-http-library"),
    agent(Start, "undici", Scanner, "agent-http-library"),
    agent(Start, "ruby", Scanner, "agent-http-library"),
    agent(Start, "php/", Scanner, "agent-http-library"),
    agent(Start, "guzzlehttp", Scanner, "agent-http-library"),
    agent(Start, "libwww-perl", Scanner, "agent-http-library"),
    agent(Start, "reqwest/", Scanner, "agent-http-library"),
    agent(Start, "hyper/", Scanner, "agent-http-library"),
    agent(Anywhere, "bot/", Scanner, "agent-bot"),
    agent(Anywhere, "bot;", Scanner, "agent-bot"),
    agent(Anywhere, "crawler", Scanner, "agent-bot"),
    agent(Anywhere, "spider", Scanner, "agent-bot"),
    // Mail programs that load images when their reader lets them.
    agent(Anywhere, "thunderbird/", Browser, "agent-mail-program"),
    agent(Anywhere, "betterbird/", Browser, "agent-mail-program"),
    agent(Anywhere, "microsoft outlook", Browser, "agent-mail-program"),
    agent(Anywhere, "outlook-ios", Browser, "agent-mail-program"),
    agent(Anywhere, "outlook-android", Browser, "agent-mail-program"),
    agent(Anywhere, "airmail", Browser, "agent-mail-program"),
    agent(Start, "evolution", Browser, "agent-mail-program"),
    agent(Anywhere, "kmail", Browser, "agent-mail-program"),
    agent(Anywhere, "postbox/", Browser, "agent-mail-program"),
    // Desktop Office fetches with this, and so do Microsoft's link checks: no way to tell.
    agent(Anywhere, "microsoft office", Unknown, "agent-microsoft-office"),
    agent(Anywhere, "ms-office", Unknown, "agent-microsoft-office"),
    agent(Anywhere, "msoffice", Unknown, "agent-microsoft-office"),
    // No browser of a person has called itself compatible since Internet Explorer 10 (2012); those
    // who do today, or who say where to read about them, are programs, whatever else they name.
    agent(Anywhere, "compatible;", Scanner, "agent-says-compatible"),
    agent(Anywhere, "+http", Scanner, "agent-says-where-to-read"),
];

/// A browser says `Mozilla/5.0` and names an engine together with its own product.
const ENGINES: &[(&str, &[&str])] = &[
    ("gecko/", &["firefox/", "seamonkey/"]),
    ("applewebkit/", &["chrome/", "crios/", "fxios/", "version/", "edg/", "edgios/", "mobile/"]),
    ("trident/", &["rv:"]),
    ("presto/", &["version/"]),
];

/// The class of a hit and the rule that gives it.
#[must_use]
pub fn classify(hit: &Hit) -> HitVerdict {
    by_signs(hit.signs).unwrap_or_else(|| by_agent(&hit.agent))
}

fn by_signs(signs: HitSigns) -> Option<HitVerdict> {
    if signs.head {
        return Some(HitVerdict { class: HitClass::Head, rule: "method-head" });
    }
    signs.prefetch.then_some(HitVerdict { class: Prefetch, rule: "header-prefetch" })
}

fn by_agent(agent: &[u8]) -> HitVerdict {
    let text = String::from_utf8_lossy(agent).trim().to_ascii_lowercase();
    if text.is_empty() {
        return HitVerdict { class: Unknown, rule: "agent-missing" };
    }
    if let Some(rule) = AGENT_RULES.iter().find(|rule| rule.fits(&text)) {
        return HitVerdict { class: rule.class, rule: rule.rule };
    }
    if is_browser(&text) {
        return HitVerdict { class: Browser, rule: "agent-browser" };
    }
    HitVerdict { class: Unknown, rule: "agent-unknown" }
}

impl AgentRule {
    fn fits(&self, agent: &str) -> bool {
        match self.place {
            Anywhere => agent.contains(self.text),
            Start => agent.starts_with(self.text),
            End => agent.ends_with(self.text),
            Whole => agent == self.text,
        }
    }
}

fn is_browser(agent: &str) -> bool {
    agent.starts_with("mozilla/5.0 (")
        && ENGINES.iter().any(|(engine, products)| {
            agent.contains(engine) && products.iter().any(|product| agent.contains(product))
        })
}

#[cfg(test)]
mod tests {
    use super::*;
    use model::{CampaignId, ContactId, HitKind, Timestamp};
    use proptest::prelude::*;

    fn hit(agent: &[u8], signs: HitSigns) -> Hit {
        Hit {
            at: Timestamp(0),
            campaign: CampaignId(1),
            contact: ContactId(1),
            kind: HitKind::View,
            visitor: None,
            client: None,
            signs,
            agent: agent.to_vec(),
        }
    }

    fn check(agent: &str, class: HitClass, rule: &str) {
        let verdict = classify(&hit(agent.as_bytes(), HitSigns::default()));
        assert_eq!((verdict.class, verdict.rule), (class, rule), "{agent}");
    }

    #[test]
    #[expect(clippy::too_many_lines, reason = "one table of agents")]
    fn user_agents_get_the_class_and_rule_they_should() {
        let gmail_prefetch = "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 \
            (KHTML, like Gecko) Chrome/42.0.2311.135 Safari/537.36 Edge/12.246 Mozilla/5.0";
        check(gmail_prefetch, Prefetch, "agent-gmail-prefetch");
        check(
            "Mozilla/5.0 (Windows NT 5.1; rv:11.0) Gecko Firefox/11.0 (via ggpht.com GoogleImageProxy)",
            Proxy,
            "agent-google-image-proxy",
        );
        check(
            "YahooMailProxy; https://help.yahoo.com/kb/yahoo-mail-proxy-SLN28749.html",
            Proxy,
            "agent-yahoo-mail-proxy",
        );
        check("Mozilla/5.0", Unknown, "agent-apple-privacy");
        check("curl/8.14.1", Scanner, "agent-http-library");
        check("Wget/1.25.0", Scanner, "agent-http-library");
        check("python-requests/2.32.3", Scanner, "agent-http-library");
        check("Python-urllib/3.13", Scanner, "agent-http-library");
        check("Go-http-client/1.1", Scanner, "agent-http-library");
        check("Barracuda Sentinel (EE)", Scanner, "agent-gateway");
        check("Mozilla/5.0 (compatible; Proofpoint URL Defense)", Scanner, "agent-gateway");
        check("Mimecast-Url-Protect", Scanner, "agent-gateway");
        check(
            "Mozilla/5.0 (Windows NT 6.1; WOW64) AppleWebKit/534+ (KHTML, like Gecko) BingPreview/1.0b",
            Scanner,
            "agent-preview",
        );
        check("Mozilla/5.0 (compatible; Googlebot/2.1)", Scanner, "agent-bot");
        check(
            "Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Thunderbird/140.4.0",
            Browser,
            "agent-mail-program",
        );
        check(
            "Mozilla/5.0 (X11; Linux x86_64; rv:145.0) Gecko/20100101 Firefox/145.0",
            Browser,
            "agent-browser",
        );
        check(
            "Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/18.6 Safari/605.1.15",
            Browser,
            "agent-browser",
        );
        check(
            "Mozilla/5.0 (Linux; Android 10; K) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/142.0.0.0 Mobile Safari/537.36",
            Browser,
            "agent-browser",
        );
        check(
            "Mozilla/4.0 (compatible; MSIE 7.0; Windows NT 10.0; Microsoft Outlook 16.0.5083)",
            Browser,
            "agent-mail-program",
        );
        check("Microsoft Office/16.0 (Windows NT 10.0)", Unknown, "agent-microsoft-office");
        check(
            "Mozilla/4.0 (compatible; ms-office; MSOffice 16)",
            Unknown,
            "agent-microsoft-office",
        );
        check("Outlook/16 MSOffice 16", Unknown, "agent-microsoft-office");
        check(
            "Mozilla/5.0 (Linux; Android 6.0.1; Nexus 5X Build/MMB29P) AppleWebKit/537.36 (KHTML, \
             like Gecko) Chrome/142.0.0.0 Mobile Safari/537.36 (compatible; GoogleOther)",
            Scanner,
            "agent-says-compatible",
        );
        check(
            "Mozilla/5.0 AppleWebKit/537.36 (KHTML, like Gecko) Chrome/142.0.0.0 Safari/537.36 \
             (reader; +https://reader.example/about)",
            Scanner,
            "agent-says-where-to-read",
        );
        check(
            "Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) AppleWebKit/605.1.15 (KHTML, like Gecko)",
            Unknown,
            "agent-unknown",
        );
        check("", Unknown, "agent-missing");
        check("SuperReader 3", Unknown, "agent-unknown");
    }

    #[test]
    fn what_a_request_announces_outweighs_its_user_agent() {
        let firefox = b"Mozilla/5.0 (X11; rv:145.0) Gecko/20100101 Firefox/145.0";
        let head = HitSigns { head: true, prefetch: true, ..HitSigns::default() };
        assert_eq!(classify(&hit(firefox, head)).class, HitClass::Head);
        let prefetch = HitSigns { prefetch: true, ..HitSigns::default() };
        assert_eq!(classify(&hit(firefox, prefetch)).rule, "header-prefetch");
    }

    #[test]
    fn every_text_of_the_table_is_lower_case() {
        for rule in AGENT_RULES {
            assert_eq!(rule.text, rule.text.to_ascii_lowercase());
        }
    }

    proptest! {
        #[test]
        fn any_user_agent_gets_a_class(agent in prop::collection::vec(any::<u8>(), 0..255)) {
            let verdict = classify(&hit(&agent, HitSigns::default()));
            prop_assert!(!verdict.rule.is_empty());
        }
    }
}
