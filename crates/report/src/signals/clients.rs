//! The table of mail clients and devices: which user agent is which program's, and on what.
//!
//! Invariants: the first line whose texts are all in the agent, and none of those that must not be, says
//! which client it is; a client whose device is open gets it from the first such line about systems. What
//! says it is a machine has no client. One walk over the agent finds all texts.

use aho_corasick::AhoCorasick;
use model::{Device, MailClient, Rule, RulesSeen};
use serde::Deserialize;

/// A line of the table.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct ClientLine {
    /// In lower case; `^` before one that begins the agent, `$` behind one that ends it, ` & ` between.
    texts: String,
    without: String,
    /// Empty: the line is about a system.
    client: String,
    /// Empty: the lines about systems say it.
    device: String,
    /// Who says so.
    source: String,
    /// When it was entered.
    date: String,
}

/// Which texts an agent must have, and which not: bits by the number of the text.
#[derive(Debug, Clone, Copy, Default)]
struct TextsWanted {
    all: u128,
    none: u128,
}

impl TextsWanted {
    const fn fits(self, found: u128) -> bool {
        found & self.all == self.all && found & self.none == 0
    }
}

/// A text, and where it must be.
#[derive(Debug, Clone, PartialEq, Eq)]
struct AnchoredText {
    text: String,
    at_start: bool,
    at_end: bool,
}

impl AnchoredText {
    fn read(text: &str) -> Self {
        let begins = text.strip_prefix('^');
        let inner = begins.unwrap_or(text);
        let ends = inner.strip_suffix('$');
        let (at_start, at_end) = (begins.is_some(), ends.is_some());
        Self { text: ends.unwrap_or(inner).to_owned(), at_start, at_end }
    }
}

/// All lines.
#[derive(Debug)]
pub(super) struct Clients {
    texts: Vec<AnchoredText>,
    found_by: AhoCorasick,
    clients: Vec<(TextsWanted, MailClient, Option<Device>)>,
    systems: Vec<(TextsWanted, Device)>,
}

/// What says of itself that it is a machine's.
const MACHINES: RulesSeen = RulesSeen::NONE
    .with(Rule::AGENT_PREVIEW)
    .with(Rule::AGENT_GATEWAY)
    .with(Rule::AGENT_HEADLESS)
    .with(Rule::AGENT_HTTP_LIBRARY)
    .with(Rule::AGENT_BOT);

impl Clients {
    /// Reads the table of this release.
    ///
    /// # Panics
    /// When it is unreadable, which a test would find.
    #[expect(clippy::expect_used, reason = "the table is a part of the release, and tested")]
    pub(super) fn read(csv: &str) -> Self {
        let (mut texts, mut clients, mut systems) = (Vec::new(), Vec::new(), Vec::new());
        for line in csv::Reader::from_reader(csv.as_bytes()).deserialize() {
            let ClientLine { texts: all, without, client, device, source, date } =
                line.expect("a line of clients.csv");
            debug_assert!(!source.is_empty() && date.len() == 10, "{all}");
            let wanted =
                TextsWanted { all: bits(&all, &mut texts), none: bits(&without, &mut texts) };
            let device = (!device.is_empty())
                .then(|| Device::from_word(&device).expect("a device of clients.csv"));
            if client.is_empty() {
                systems.push((wanted, device.expect("the device of a system")));
            } else {
                let client = MailClient::from_word(&client).expect("a client of clients.csv");
                clients.push((wanted, client, device));
            }
        }
        let found_by = AhoCorasick::builder()
            .ascii_case_insensitive(true)
            .build(texts.iter().map(|it: &AnchoredText| &it.text))
            .expect("few texts");
        Self { texts, found_by, clients, systems }
    }

    /// Which client and device this user agent, raw, names.
    pub(super) fn of(&self, agent: &[u8], rules: RulesSeen) -> (MailClient, Device) {
        // Gmail's prefetch and proxies are machines of a client, and these are of none.
        if rules.has_any(MACHINES) {
            return (MailClient::Unknown, Device::Unknown);
        }
        let agent = agent.trim_ascii();
        let mut found = 0_u128;
        for hit in self.found_by.find_overlapping_iter(agent) {
            let number = hit.pattern().as_usize();
            let Some(text) = self.texts.get(number) else { continue };
            let fits =
                (!text.at_start || hit.start() == 0) && (!text.at_end || hit.end() == agent.len());
            found |= u128::from(fits) << number;
        }
        let line = self.clients.iter().find(|(wanted, ..)| wanted.fits(found));
        let Some((_, client, device)) = line else {
            return (MailClient::Unknown, Device::Unknown);
        };
        let system = || self.systems.iter().find(|(wanted, _)| wanted.fits(found));
        let device = device.or_else(|| system().map(|it| it.1)).unwrap_or_default();
        (*client, device)
    }
}

/// The bits of these texts, which are entered where they are new.
fn bits(list: &str, texts: &mut Vec<AnchoredText>) -> u128 {
    let mut bits = 0;
    for text in list.split(" & ").filter(|text| !text.is_empty()) {
        let text = AnchoredText::read(text);
        let known = texts.iter().position(|it| *it == text);
        let number = known.unwrap_or_else(|| {
            texts.push(text);
            texts.len() - 1
        });
        assert!(number < 128, "a table of at most 128 texts");
        bits |= 1_u128 << number;
    }
    bits
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::super::AGENTS;
    use super::*;

    fn of(agent: &str) -> (&'static str, &'static str) {
        let rules = AGENTS.rules_seen(agent.as_bytes());
        let (client, device) = super::super::CLIENTS.of(agent.as_bytes(), rules);
        (client.as_str(), device.as_str())
    }

    const SHORT: [(&str, &str); 3] = [
        ("{webkit}", "AppleWebKit/605.1.15 (KHTML, like Gecko)"),
        ("{blink}", "AppleWebKit/537.36 (KHTML, like Gecko) Chrome/142.0.0.0"),
        ("{windows}", "Mozilla/5.0 (Windows NT 10.0; Win64; x64)"),
    ];
    /// Agents, and what they are.
    const KNOWN: &[(&str, (&str, &str))] = &[
        ("Mozilla/5.0", ("apple-mail", "unknown")),
        (
            "Mozilla/5.0 (iPhone; CPU iPhone OS 18_6 like Mac OS X) {webkit} Mobile/15E148",
            ("apple-mail", "phone"),
        ),
        (
            "Mozilla/5.0 (iPad; CPU OS 18_6 like Mac OS X) {webkit} Mobile/15E148",
            ("apple-mail", "tablet"),
        ),
        ("Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) {webkit}", ("apple-mail", "desktop")),
        (
            "Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) {webkit} Version/18.6 Safari/605.1.15",
            ("safari", "desktop"),
        ),
        (
            "Mozilla/5.0 (iPhone; CPU iPhone OS 18_6 like Mac OS X) {webkit} Version/18.6 Mobile/15E148 Safari/604.1",
            ("safari", "phone"),
        ),
        (
            "Mozilla/5.0 (Windows NT 5.1; rv:11.0) Gecko Firefox/11.0 (via ggpht.com GoogleImageProxy)",
            ("gmail", "unknown"),
        ),
        (
            "{windows} AppleWebKit/537.36 (KHTML, like Gecko) Chrome/42.0.2311.135 Safari/537.36 Edge/12.246 Mozilla/5.0",
            ("gmail", "unknown"),
        ),
        (
            "YahooMailProxy; https://help.yahoo.com/kb/yahoo-mail-proxy-SLN28749.html",
            ("yahoo", "unknown"),
        ),
        (
            "Mozilla/4.0 (compatible; MSIE 7.0; Windows NT 10.0; Microsoft Outlook 16.0.5083)",
            ("outlook-windows", "desktop"),
        ),
        ("Mozilla/4.0 (compatible; ms-office; MSOffice 16)", ("outlook-windows", "desktop")),
        ("MacOutlook/16.78.3 (Intelx64 Mac OS X Version 14.0)", ("outlook-mac", "desktop")),
        ("Outlook-iOS/723.4027091.prod.iphone (4.2.0)", ("outlook-mobile", "phone")),
        ("Outlook-Android/2.0", ("outlook-mobile", "unknown")),
        (
            "Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Thunderbird/140.4.0",
            ("thunderbird", "desktop"),
        ),
        (
            "Mozilla/5.0 (X11; Linux x86_64; rv:145.0) Gecko/20100101 Firefox/145.0",
            ("firefox", "desktop"),
        ),
        ("{windows} {blink} Safari/537.36", ("chrome", "desktop")),
        ("{windows} {blink} Safari/537.36 Edg/142.0.0.0", ("edge", "desktop")),
        ("Mozilla/5.0 (Linux; Android 10; K) {blink} Mobile Safari/537.36", ("chrome", "phone")),
        ("Mozilla/5.0 (Linux; Android 10; K) {blink} Safari/537.36", ("chrome", "tablet")),
        (
            "Mozilla/5.0 (Linux; Android 14; SM-S918B; wv) AppleWebKit/537.36 (KHTML, like Gecko) Version/4.0 {blink} Mobile Safari/537.36",
            ("in-app", "phone"),
        ),
        (
            "Mozilla/5.0 (Linux; Android 14; SM-S918B) AppleWebKit/537.36 (KHTML, like Gecko) SamsungBrowser/28.0 {blink} Mobile Safari/537.36",
            ("samsung-browser", "phone"),
        ),
        ("curl/8.14.1", ("unknown", "unknown")),
        ("{windows} {blink} Safari/537.36 Barracuda", ("unknown", "unknown")),
        ("", ("unknown", "unknown")),
    ];

    #[test]
    fn user_agents_name_their_client_and_device() {
        for (agent, expect) in KNOWN {
            let spell = |agent: String, (short, long): (&str, &str)| agent.replace(short, long);
            let agent = SHORT.into_iter().fold((*agent).to_owned(), spell);
            assert_eq!(of(&agent), *expect, "{agent}");
        }
    }

    #[test]
    fn every_line_is_reached() {
        let table = include_str!("../../rules/clients.csv");
        let mut clients = 0;
        for line in csv::Reader::from_reader(table.as_bytes()).deserialize() {
            let ClientLine { texts, client, device, source, date, .. } = line.unwrap();
            assert_eq!(texts, texts.to_ascii_lowercase());
            assert!(!source.is_empty() && date.len() == 10, "{texts}");
            if client.is_empty() {
                continue;
            }
            clients += 1;
            let agent: Vec<String> =
                texts.split(" & ").map(|it| AnchoredText::read(it).text).collect();
            let (found, on) = super::super::CLIENTS.of(agent.join(" ").as_bytes(), RulesSeen::NONE);
            assert_eq!(found.as_str(), client, "{texts}");
            assert!(device.is_empty() || on.as_str() == device, "{texts}");
        }
        assert!(clients > 40);
    }

    proptest! {
        #[test]
        fn no_user_agent_panics(agent in prop::collection::vec(any::<u8>(), 0..255)) {
            let _ = super::super::CLIENTS.of(&agent, RulesSeen::NONE);
        }
    }
}
