//! The table of user agents: which text in one shows which rule.

use aho_corasick::AhoCorasick;
use model::{Rule, RulesSeen};
use serde::Deserialize;

/// Where in the user agent a text must be.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
enum AgentPlace {
    Anywhere,
    Start,
    End,
    Whole,
}

/// A line of the table.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct AgentLine {
    place: AgentPlace,
    /// In lower case.
    text: String,
    rule: String,
    /// Who says so.
    source: String,
    /// When it was entered.
    date: String,
}

/// A browser says `Mozilla/5.0` and names an engine together with its own product.
const ENGINES: &[(&str, &[&str])] = &[
    ("gecko/", &["firefox/", "seamonkey/"]),
    ("applewebkit/", &["chrome/", "crios/", "fxios/", "version/", "edg/", "edgios/", "mobile/"]),
    ("trident/", &["rv:"]),
    ("presto/", &["version/"]),
];

/// All texts, found in one walk over the agent.
#[derive(Debug)]
pub(super) struct Agents {
    lines: Vec<(AgentPlace, usize, Rule)>,
    texts: AhoCorasick,
}

impl Agents {
    /// Reads the table of this release.
    ///
    /// # Panics
    /// When it is unreadable, which a test would find.
    #[expect(clippy::expect_used, reason = "the table is a part of the release, and tested")]
    pub(super) fn read(csv: &str) -> Self {
        let (mut lines, mut texts) = (Vec::new(), Vec::new());
        for line in csv::Reader::from_reader(csv.as_bytes()).deserialize() {
            let AgentLine { place, text, rule, source, date } = line.expect("a line of agents.csv");
            let rule = Rule::by_id(&rule).expect("a rule of agents.csv");
            debug_assert!(!source.is_empty() && date.len() == 10, "{text}");
            lines.push((place, text.len(), rule));
            texts.push(text);
        }
        let texts = AhoCorasick::builder().ascii_case_insensitive(true).build(texts);
        Self { lines, texts: texts.expect("few texts") }
    }

    /// What this user agent, raw, shows. Exactly one of the rules about agents at least.
    pub(super) fn rules_seen(&self, agent: &[u8]) -> RulesSeen {
        let agent = agent.trim_ascii();
        if agent.is_empty() {
            return RulesSeen::NONE.with(Rule::AGENT_MISSING);
        }
        let mut seen = RulesSeen::NONE;
        for found in self.texts.find_overlapping_iter(agent) {
            let Some((place, length, rule)) = self.lines.get(found.pattern().as_usize()) else {
                continue;
            };
            let fits = match place {
                AgentPlace::Anywhere => true,
                AgentPlace::Start => found.start() == 0,
                AgentPlace::End => found.end() == agent.len(),
                AgentPlace::Whole => *length == agent.len(),
            };
            if fits {
                seen = seen.with(*rule);
            }
        }
        if is_browser(agent) {
            seen = seen.with(Rule::AGENT_BROWSER);
        }
        if seen == RulesSeen::NONE { seen.with(Rule::AGENT_UNKNOWN) } else { seen }
    }
}

fn is_browser(agent: &[u8]) -> bool {
    let text = String::from_utf8_lossy(agent).to_ascii_lowercase();
    text.starts_with("mozilla/5.0 (")
        && ENGINES.iter().any(|(engine, products)| {
            text.contains(engine) && products.iter().any(|product| text.contains(product))
        })
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn seen(agent: &str) -> RulesSeen {
        super::super::AGENTS.rules_seen(agent.as_bytes())
    }

    fn ids(agent: &str) -> Vec<&'static str> {
        seen(agent).rules().map(|rule| rule.id).collect()
    }

    #[test]
    fn user_agents_show_what_they_say() {
        let gmail_prefetch = "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 \
            (KHTML, like Gecko) Chrome/42.0.2311.135 Safari/537.36 Edge/12.246 Mozilla/5.0";
        assert_eq!(ids(gmail_prefetch), ["agent-browser", "agent-gmail-prefetch"]);
        let proxy = "Mozilla/5.0 (Windows NT 5.1; rv:11.0) Gecko Firefox/11.0 (via ggpht.com GoogleImageProxy)";
        assert_eq!(ids(proxy), ["agent-google-image-proxy"]);
        assert_eq!(ids("Mozilla/5.0"), ["agent-apple-privacy"]);
        assert_eq!(ids("curl/8.14.1"), ["agent-http-library"]);
        assert_eq!(ids("a curl/8.14.1"), ["agent-unknown"]);
        assert_eq!(ids(" \t"), ["agent-missing"]);
        assert_eq!(
            ids("Mozilla/4.0 (compatible; MSIE 7.0; Windows NT 10.0; Microsoft Outlook 16.0.5083)"),
            ["agent-mail-program", "agent-says-compatible"]
        );
        assert_eq!(
            ids("Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Thunderbird/140.4.0"),
            ["agent-mail-program"]
        );
        assert_eq!(
            ids("Mozilla/5.0 (X11; Linux x86_64; rv:145.0) Gecko/20100101 Firefox/145.0"),
            ["agent-browser"]
        );
    }

    #[test]
    fn every_line_is_readable_and_shows_its_rule() {
        let table = include_str!("../../rules/agents.csv");
        for line in csv::Reader::from_reader(table.as_bytes()).deserialize() {
            let line: AgentLine = line.unwrap();
            assert_eq!(line.text, line.text.to_ascii_lowercase());
            assert!(!line.source.is_empty() && line.date.len() == 10, "{}", line.text);
            assert!(seen(&line.text).has(Rule::by_id(&line.rule).unwrap()), "{}", line.text);
        }
    }

    proptest! {
        #[test]
        fn any_user_agent_shows_something(agent in prop::collection::vec(any::<u8>(), 0..255)) {
            prop_assert_ne!(super::super::AGENTS.rules_seen(&agent), RulesSeen::NONE);
        }
    }
}
