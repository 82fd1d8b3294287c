//! What an import job is to do, as it is stored.

use serde_json::{Value, json};
use store::ImportStanding;

use model::{Removal, TagName, TopicId, TrackingMode};

use crate::columns::ColumnWishes;
use crate::status::StatusColumn;

/// How a file that was uploaded is to be imported.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct ImportSpec {
    /// The slug of the topic that the contacts are subscribed to.
    pub topic: Option<String>,
    /// Columns, and the attributes that they become.
    pub map: Vec<(String, String)>,
    /// Columns that are left out.
    pub ignore: Vec<String>,
    /// Columns that say who may be mailed, as `COLUMN` or `COLUMN=VALUE,VALUE`.
    pub status: Vec<String>,
    /// What everybody in the file is, whatever its columns say.
    pub everyone: Option<Everyone>,
    /// What may be recorded of contacts who have said nothing about it; None: what holds for everybody.
    pub tracking: Option<TrackingMode>,
    /// What everybody in the file gets.
    pub tags: Vec<TagName>,
    /// Count what would be done, and do nothing.
    pub rehearsal: bool,
    /// The number of the campaign that it is made for, which whoever imports comes back to.
    pub campaign: Option<i64>,
    /// The topics that whoever imports is trusted with, whose contacts alone it touches; empty: all.
    pub within: Vec<TopicId>,
}

/// What everybody in a file is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Everyone {
    Subscribed,
    Unconfirmed,
    Unsubscribed,
    HardBounce,
    Complaint,
    Blocked,
}

impl Everyone {
    pub const ALL: [Self; 6] = [
        Self::Subscribed,
        Self::Unconfirmed,
        Self::Unsubscribed,
        Self::HardBounce,
        Self::Complaint,
        Self::Blocked,
    ];

    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Subscribed => "subscribed",
            Self::Unconfirmed => "unconfirmed",
            Self::Unsubscribed => "unsubscribed",
            Self::HardBounce => "hard-bounce",
            Self::Complaint => "complaint",
            Self::Blocked => "blocked",
        }
    }

    #[must_use]
    pub fn from_word(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|it| it.as_str() == word)
    }

    #[must_use]
    pub const fn standing(self) -> ImportStanding {
        match self {
            Self::Subscribed => ImportStanding::Subscribed,
            Self::Unconfirmed => ImportStanding::Unconfirmed,
            Self::Unsubscribed => ImportStanding::Left(Removal::Elsewhere),
            Self::HardBounce => ImportStanding::Left(Removal::HardBounce),
            Self::Complaint => ImportStanding::Left(Removal::Complaint),
            Self::Blocked => ImportStanding::Left(Removal::Operator),
        }
    }
}

/// Words in a file's name that say what everybody in it is, as other senders name exports.
const TELLING_NAMES: [(&str, Everyone); 9] = [
    ("unsubscribe", Everyone::Unsubscribed),
    ("optout", Everyone::Unsubscribed),
    ("opt-out", Everyone::Unsubscribed),
    ("cleaned", Everyone::HardBounce),
    ("bounce", Everyone::HardBounce),
    ("complain", Everyone::Complaint),
    ("suppress", Everyone::Blocked),
    ("blocklist", Everyone::Blocked),
    ("blacklist", Everyone::Blocked),
];

/// What a file's name says about everybody in it: such a file subscribes nobody without being told to.
#[must_use]
pub fn told_by_name(file_name: &str) -> Option<Everyone> {
    let lower = file_name.to_lowercase();
    TELLING_NAMES.iter().find(|(word, _)| lower.contains(word)).map(|(_, everyone)| *everyone)
}

impl ImportSpec {
    /// What has to be said before the file with this name may subscribe anybody.
    #[must_use]
    pub fn undecided_name(&self, file_name: &str) -> Option<Everyone> {
        let said = self.everyone.is_some() || !self.status.is_empty();
        told_by_name(file_name).filter(|_| !said)
    }

    #[must_use]
    pub fn columns(&self) -> ColumnWishes {
        ColumnWishes {
            map: self.map.clone(),
            ignore: self.ignore.clone(),
            status: self.status.iter().map(|text| StatusColumn::parse(text)).collect(),
            nobody_subscribed: self.everyone.is_some_and(|it| it != Everyone::Subscribed),
        }
    }

    /// Subscribed people may still have left by what a column says.
    #[must_use]
    pub fn standing(&self) -> Option<ImportStanding> {
        self.everyone.filter(|it| *it != Everyone::Subscribed).map(Everyone::standing)
    }

    #[must_use]
    pub fn to_json(&self) -> Value {
        json!({
            "topic": self.topic,
            "map": self.map,
            "ignore": self.ignore,
            "status": self.status,
            "everyone": self.everyone.map(Everyone::as_str),
            "tracking": self.tracking.map(TrackingMode::as_str),
            "tags": self.tags.iter().map(TagName::as_str).collect::<Vec<_>>(),
            "rehearsal": self.rehearsal,
            "campaign": self.campaign,
            "within": self.within.iter().map(|topic| topic.0).collect::<Vec<_>>(),
        })
    }

    /// What [`Self::to_json`] wrote; what is missing is as it usually is.
    #[must_use]
    pub fn from_json(text: &str) -> Self {
        let value: Value = serde_json::from_str(text).unwrap_or_default();
        let texts = |name: &str| -> Vec<String> {
            let listed = value.get(name).and_then(Value::as_array).into_iter().flatten();
            listed.filter_map(Value::as_str).map(str::to_owned).collect()
        };
        let pair = |pair: &Value| {
            let text = |at| pair.get(at).and_then(Value::as_str).map(str::to_owned);
            Some((text(0)?, text(1)?))
        };
        let map = value.get("map").and_then(Value::as_array).into_iter().flatten();
        let within = value.get("within").and_then(Value::as_array).into_iter().flatten();
        let word = |name: &str| value.get(name).and_then(Value::as_str);
        let tags: Vec<String> = texts("tags");
        Self {
            topic: word("topic").map(str::to_owned),
            map: map.filter_map(pair).collect(),
            ignore: texts("ignore"),
            status: texts("status"),
            everyone: word("everyone").and_then(Everyone::from_word),
            tracking: word("tracking").and_then(TrackingMode::from_word),
            tags: tags.iter().filter_map(|name| TagName::parse(name).ok()).collect(),
            rehearsal: value.get("rehearsal").and_then(Value::as_bool).unwrap_or_default(),
            campaign: value.get("campaign").and_then(Value::as_i64),
            within: within.filter_map(Value::as_i64).map(TopicId).collect(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_spec_is_read_as_it_was_written() {
        let spec = ImportSpec {
            topic: Some("news".into()),
            map: vec![("Vorname".into(), "first_name".into())],
            ignore: vec!["id".into()],
            status: vec!["UNSUB_TIME=".into()],
            everyone: Some(Everyone::HardBounce),
            tracking: Some(TrackingMode::Anonymous),
            tags: vec![TagName::parse("early bird").unwrap()],
            rehearsal: true,
            campaign: Some(7),
            within: vec![TopicId(3), TopicId(5)],
        };
        assert_eq!(ImportSpec::from_json(&spec.to_json().to_string()), spec);
        assert_eq!(ImportSpec::from_json(""), ImportSpec::default());
    }
}
