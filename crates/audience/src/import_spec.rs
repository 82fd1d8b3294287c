//! What an import job is to do, as it is stored.

use model::{ConsentBasis, TagName, TopicId, TrackingMode};
use serde_json::{Value, json};
use store::{ImportBasis, ImportStanding};

use crate::address_review::ReviewWishes;
use crate::columns::ColumnWishes;
use crate::editing::PROOF_CHARS;
use crate::everyone::{Everyone, told_by_name};
use crate::presets::ExportFrom;
use crate::source::ImportReading;
use crate::status::StatusColumn;
use crate::text_encoding::TextEncoding;

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
    /// By what right they are subscribed.
    pub basis: ImportBasis,
    /// How its characters are written.
    pub encoding: TextEncoding,
    /// Of an archive, this file alone.
    pub member: Option<String>,
    /// The product that has exported it.
    pub from: ExportFrom,
    /// What may be recorded of contacts who have said nothing about it; None: what holds for everybody.
    pub tracking: Option<TrackingMode>,
    /// What everybody in the file gets.
    pub tags: Vec<TagName>,
    /// What is to be done about addresses.
    pub review: ReviewWishes,
    /// Count what would be done, and do nothing.
    pub rehearsal: bool,
    /// The number of the campaign that it is made for, which whoever imports comes back to.
    pub campaign: Option<i64>,
    /// The topics that whoever imports is trusted with, whose contacts alone it touches; empty: all.
    pub within: Vec<TopicId>,
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
            from: self.from,
            ..ColumnWishes::default()
        }
    }

    #[must_use]
    pub fn reading(&self) -> ImportReading {
        ImportReading {
            encoding: self.encoding,
            member: self.member.clone(),
            from: self.from,
            any_name: self.everyone.is_some() || !self.status.is_empty(),
        }
    }

    /// Whether it may subscribe people without saying by what right.
    #[must_use]
    pub fn lacks_basis(&self) -> bool {
        self.topic.is_some()
            && self.basis.basis == ConsentBasis::NotStated
            && self.everyone.is_none_or(|it| it == Everyone::Subscribed)
    }

    /// What is said about the right and is more than a line: `notice` or `proof`.
    #[must_use]
    pub fn too_long(&self) -> Option<&'static str> {
        let is_line = |text: &Option<String>| {
            let text = text.as_deref().unwrap_or_default();
            text.chars().count() <= PROOF_CHARS && !text.chars().any(char::is_control)
        };
        let said = [("notice", &self.basis.notice), ("proof", &self.basis.proof)];
        said.into_iter().find(|(_, text)| !is_line(text)).map(|(name, _)| name)
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
            "basis": self.basis.basis.as_str(),
            "notice": self.basis.notice,
            "proof": self.basis.proof,
            "encoding": self.encoding.name(),
            "member": self.member,
            "from": self.from.as_str(),
            "tracking": self.tracking.map(TrackingMode::as_str),
            "tags": self.tags.iter().map(TagName::as_str).collect::<Vec<_>>(),
            "review": self.review.to_json(),
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
            basis: ImportBasis {
                basis: word("basis").and_then(ConsentBasis::from_word).unwrap_or_default(),
                notice: word("notice").map(str::to_owned),
                proof: word("proof").map(str::to_owned),
            },
            encoding: word("encoding")
                .and_then(|it| TextEncoding::parse(it).ok())
                .unwrap_or_default(),
            member: word("member").map(str::to_owned),
            from: word("from").and_then(ExportFrom::from_word).unwrap_or_default(),
            tracking: word("tracking").and_then(TrackingMode::from_word),
            tags: tags.iter().filter_map(|name| TagName::parse(name).ok()).collect(),
            review: ReviewWishes::from_json(value.get("review")),
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
            basis: ImportBasis {
                basis: ConsentBasis::Consent,
                notice: Some("2026-11".into()),
                proof: Some("the shop's records".into()),
            },
            encoding: TextEncoding::parse("windows-1252").unwrap(),
            member: Some("people.csv".into()),
            from: ExportFrom::from_word("mailchimp").unwrap(),
            tracking: Some(TrackingMode::Anonymous),
            tags: vec![TagName::parse("early bird").unwrap()],
            review: ReviewWishes::said(&|it| it == "reject_no_mx"),
            rehearsal: true,
            campaign: Some(7),
            within: vec![TopicId(3), TopicId(5)],
        };
        assert_eq!(ImportSpec::from_json(&spec.to_json().to_string()), spec);
        assert_eq!(ImportSpec::from_json(""), ImportSpec::default());
    }
}
