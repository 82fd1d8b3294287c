//! What an export job is to write, as it is stored.

use model::{SubscriptionState, TagName, TopicId, TopicScope};
use serde_json::{Value, json};
use store::{ContactQuery, ContactState};

/// Which contacts are written, as somebody with these topics sees them.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ExportSpec {
    pub query: ContactQuery,
    pub topics: TopicScope,
}

/// What contacts are to us, by the words of lists.
const STATES: [(&str, ContactState); 4] = [
    ("subscribed", ContactState::Subscription(SubscriptionState::Subscribed)),
    ("pending", ContactState::Subscription(SubscriptionState::Pending)),
    ("unsubscribed", ContactState::Subscription(SubscriptionState::Unsubscribed)),
    ("suppressed", ContactState::Suppressed),
];

impl ExportSpec {
    /// The state that this word of a list means.
    #[must_use]
    pub fn state(word: &str) -> Option<ContactState> {
        STATES.into_iter().find(|(known, _)| *known == word).map(|(_, state)| state)
    }

    /// That word.
    #[must_use]
    pub fn word(state: ContactState) -> &'static str {
        STATES.iter().find(|(_, known)| *known == state).map_or("", |(word, _)| word)
    }

    /// The filter for the audit log, which is kept for good: without the part of an address.
    #[must_use]
    pub fn logged(&self) -> Value {
        let ContactQuery { address_part, topic, state, tag } = &self.query;
        let mut told = json!({
            "topic": topic,
            "state": state.map(Self::word),
            "address_part": address_part.is_some(),
        });
        if let Some(tag) = tag {
            told["tag"] = tag.as_str().into();
        }
        told
    }

    #[must_use]
    pub fn to_json(&self) -> String {
        let ContactQuery { address_part, topic, state, tag } = &self.query;
        let topics = match &self.topics {
            TopicScope::All => None,
            TopicScope::These(topics) => Some(topics.iter().map(|id| id.0).collect::<Vec<_>>()),
        };
        let state = state.map(Self::word);
        let tag = tag.as_ref().map(TagName::as_str);
        json!({ "q": address_part, "topic": topic, "state": state, "tag": tag, "topics": topics })
            .to_string()
    }

    /// What [`Self::to_json`] wrote; None for anything else, of which nobody may see anything.
    #[must_use]
    pub fn from_json(text: &str) -> Option<Self> {
        let value: Value = serde_json::from_str(text).ok()?;
        let text = |name: &str| value.get(name).and_then(Value::as_str).map(str::to_owned);
        let topics = match value.get("topics")? {
            Value::Null => TopicScope::All,
            topics => {
                let ids = topics.as_array()?.iter().map(|id| id.as_i64().map(TopicId));
                TopicScope::These(ids.collect::<Option<Vec<_>>>()?)
            }
        };
        let state = match text("state") {
            Some(word) => Some(Self::state(&word)?),
            None => None,
        };
        let tag = match text("tag") {
            Some(name) => Some(TagName::parse(&name).ok()?),
            None => None,
        };
        let query = ContactQuery { address_part: text("q"), topic: text("topic"), state, tag };
        Some(Self { query, topics })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_spec_is_read_as_it_was_written_and_nothing_else_is() {
        for topics in [TopicScope::All, TopicScope::These(vec![TopicId(3)])] {
            let spec = ExportSpec {
                query: ContactQuery {
                    address_part: Some("ann@".into()),
                    topic: Some("news".into()),
                    state: ExportSpec::state("suppressed"),
                    tag: TagName::parse("early bird").ok(),
                },
                topics,
            };
            assert_eq!(ExportSpec::from_json(&spec.to_json()), Some(spec.clone()));
            assert!(!spec.logged().to_string().contains("ann"), "no address in the log");
        }
        for text in ["", "{}", "{\"topics\":[\"x\"]}", "{\"topics\":null,\"state\":\"x\"}"] {
            assert_eq!(ExportSpec::from_json(text), None, "{text}");
        }
    }
}
