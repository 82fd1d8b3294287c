//! Shows a sample message to an rspamd and tells in words what it says.

use std::time::Duration;

use fetcher::{Resolver, ServiceClient, ServiceProblem, ServiceUrl};
use model::EmailAddress;
use serde_json::Value;

use crate::finding::{CheckFinding, Severity};

/// It may ask blocklists and others before it answers.
const TIMEOUT: Duration = Duration::from_secs(30);
const ANSWER_BYTES: usize = 1_000_000;
/// How many symbols are told.
const TOLD_SYMBOLS: usize = 5;
const NO_ACTION: &str = "no action";
const GREYLIST: &str = "greylist";

/// What an rspamd says of a message.
#[derive(Debug, Clone, PartialEq)]
pub struct SpamVerdict {
    pub score: f64,
    /// From here on it would be refused.
    pub required: f64,
    /// What it would do, in rspamd's own words.
    pub action: String,
    /// The rules that count against the message, the weightiest first.
    pub symbols: Vec<SpamSymbol>,
}

/// A rule that found something.
#[derive(Debug, Clone, PartialEq)]
pub struct SpamSymbol {
    pub name: String,
    pub score: f64,
    pub description: Option<String>,
}

/// Whom a message is from and to, as a relay would say it.
pub(crate) struct Envelope<'a> {
    pub(crate) from: &'a EmailAddress,
    pub(crate) to: &'a EmailAddress,
}

/// Why there is no verdict.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
pub(crate) enum NoVerdict {
    #[error(transparent)]
    Service(#[from] ServiceProblem),
    #[error("gives an answer that is none of rspamd's")]
    Unreadable,
}

pub(crate) async fn ask(
    resolver: &Resolver,
    filter: &ServiceUrl,
    envelope: &Envelope<'_>,
    message: Vec<u8>,
) -> Result<SpamVerdict, NoVerdict> {
    let client =
        ServiceClient { resolver: resolver.clone(), timeout: TIMEOUT, most_bytes: ANSWER_BYTES };
    let headers = [
        ("From", envelope.from.as_str().to_owned()),
        ("Rcpt", envelope.to.as_str().to_owned()),
        // All rules, also behind one that has decided already.
        ("Pass", "all".to_owned()),
    ];
    let answer = client.post(filter, "/checkv2", &headers, message).await?;
    SpamVerdict::read(&answer).ok_or(NoVerdict::Unreadable)
}

impl SpamVerdict {
    fn read(answer: &[u8]) -> Option<Self> {
        let answer: Value = serde_json::from_slice(answer).ok()?;
        let mut symbols: Vec<SpamSymbol> = answer
            .get("symbols")?
            .as_object()?
            .iter()
            .filter_map(|(name, symbol)| {
                let description = symbol.get("description").and_then(Value::as_str);
                Some(SpamSymbol {
                    name: name.clone(),
                    score: symbol.get("score")?.as_f64()?,
                    description: description.map(str::to_owned),
                })
            })
            .filter(|symbol| symbol.score > 0.0)
            .collect();
        symbols.sort_by(|one, other| other.score.total_cmp(&one.score));
        Some(Self {
            score: answer.get("score")?.as_f64()?,
            required: answer.get("required_score")?.as_f64()?,
            action: answer.get("action")?.as_str()?.to_owned(),
            symbols,
        })
    }

    /// Score, action and the weightiest rules in one line.
    #[must_use]
    pub fn sentence(&self) -> String {
        let Self { score, required, action, symbols } = self;
        let does = match action.as_str() {
            NO_ACTION => "would let it through",
            GREYLIST => "would let it wait (greylist)",
            "add header" | "rewrite subject" => "would mark it as spam",
            "soft reject" => "would refuse it for the time being",
            "reject" => "would refuse it",
            other => other,
        };
        let mut line =
            format!("the spam filter gives it {score:.1} of {required:.1} points and {does}");
        let told = symbols.iter().take(TOLD_SYMBOLS).map(|symbol| {
            let SpamSymbol { name, score, description } = symbol;
            let about = description.as_ref().map(|it| format!(" ({it})")).unwrap_or_default();
            format!("{name} {score:.1}{about}")
        });
        let told: Vec<String> = told.collect();
        if !told.is_empty() {
            line.push_str(&format!("; what weighs most: {}", told.join(", ")));
        }
        line
    }

    /// None when it would let the message through.
    pub(crate) fn finding(&self) -> Option<CheckFinding> {
        let severity = match self.action.as_str() {
            NO_ACTION => return None,
            GREYLIST => Severity::Hint,
            _ => Severity::Warning,
        };
        Some(CheckFinding::new(severity, "spam", self.sentence()).about(self.action.as_str()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_verdict_is_told_with_what_weighs_most() {
        let answer = br#"{"is_skipped": false, "score": 7.25, "required_score": 15, "action":
            "add header", "symbols": {"MIME_GOOD": {"name": "MIME_GOOD", "score": -0.1},
            "GTUBE_LIKE": {"score": 1.5}, "PHISHING": {"score": 5.0, "description": "Phished URL"}}}"#;
        let verdict = SpamVerdict::read(answer).unwrap();
        let sentence = "the spam filter gives it 7.2 of 15.0 points and would mark it as spam; what \
            weighs most: PHISHING 5.0 (Phished URL), GTUBE_LIKE 1.5";
        assert_eq!(verdict.sentence(), sentence);
        let finding = verdict.finding().unwrap();
        assert_eq!((finding.severity, finding.subject.as_str()), (Severity::Warning, "add header"));
        let good = SpamVerdict { action: NO_ACTION.to_owned(), ..verdict };
        assert_eq!(good.finding(), None);
        for other in [&b""[..], b"{}", b"[]", b"{\"score\": 1, \"action\": \"no action\"}"] {
            assert_eq!(SpamVerdict::read(other), None);
        }
    }
}
