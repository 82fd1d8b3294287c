//! What a check has found, whoever has made it.

use campaign::{
    AddressOutcome, CheckFinding, Checked, CheckedAddress, SenderDomain, Severity, SpamVerdict,
    Survey,
};
use model::{CampaignNumber, ContactId, Timestamp};
use serde::{Deserialize, Deserializer, Serialize};

use crate::remote::{maybe_time, number, time};

/// A check as a whole. What only others know is empty when they were not asked.
#[derive(Deserialize)]
pub(super) struct CheckTold {
    #[serde(deserialize_with = "number")]
    pub(super) id: CampaignNumber,
    /// The gravest first.
    pub(super) findings: Vec<FindingLine>,
    pub(super) links: Vec<LinkTold>,
    pub(super) audience: AudienceTold,
    pub(super) accepted: Vec<AcceptanceTold>,
    #[serde(skip)]
    pub(super) addresses: Vec<CheckedAddress>,
    #[serde(skip)]
    pub(super) sender_domain: Option<SenderDomain>,
    #[serde(skip)]
    pub(super) spam: Option<SpamVerdict>,
}

/// Something that the check has found.
#[derive(Deserialize)]
pub(in crate::commands) struct FindingLine {
    /// error, warning or hint.
    severity: String,
    pub(super) code: String,
    pub(super) text: String,
    pub(super) line: Option<usize>,
    contacts: i64,
    /// Ids of some of them.
    sample: Vec<String>,
    #[serde(deserialize_with = "maybe_time")]
    pub(super) accepted_at: Option<Timestamp>,
}

/// A tracked link.
#[derive(Serialize, Deserialize)]
pub(super) struct LinkTold {
    slot: u16,
    label: String,
    url: String,
}

/// Who would get it now.
#[derive(Serialize, Deserialize)]
pub(super) struct AudienceTold {
    pub(super) contacts: i64,
    pub(super) skipped: i64,
    skips: Vec<SkipsTold>,
    names: Vec<NameTold>,
}

#[derive(Serialize, Deserialize)]
struct SkipsTold {
    reason: String,
    contacts: i64,
    /// Numbers, and texts on the wire.
    #[serde(deserialize_with = "numbers")]
    sample: Vec<i64>,
}

/// An attribute that the announcement asks for, and how many contacts lack it.
#[derive(Serialize, Deserialize)]
struct NameTold {
    name: String,
    line: usize,
    lacking: i64,
    has_default: bool,
    is_conditional: bool,
}

/// A warning that somebody has accepted.
#[derive(Deserialize)]
pub(super) struct AcceptanceTold {
    pub(super) code: String,
    pub(super) text: String,
    #[serde(deserialize_with = "time")]
    pub(super) at: Timestamp,
}

fn numbers<'de, D: Deserializer<'de>>(from: D) -> Result<Vec<i64>, D::Error> {
    let texts = Vec::<String>::deserialize(from)?;
    Ok(texts.iter().filter_map(|text| text.parse().ok()).collect())
}

impl CheckTold {
    pub(super) fn of<'a>(&'a self, severity: &'a str) -> impl Iterator<Item = &'a FindingLine> {
        self.findings.iter().filter(move |it| it.severity == severity)
    }

    /// Warnings that nobody has accepted.
    pub(super) fn open(&self) -> usize {
        self.of("warning").filter(|it| it.accepted_at.is_none()).count()
    }

    /// How many addresses have this outcome.
    pub(super) fn asked(&self, is: impl Fn(&AddressOutcome) -> bool) -> usize {
        self.addresses.iter().filter(|it| is(&it.outcome)).count()
    }
}

impl FindingLine {
    /// As people read it.
    pub(in crate::commands) fn line(&self) -> String {
        let people = self.people().map(|them| format!(" ({them})")).unwrap_or_default();
        let text = format!("{}{people}", self.text);
        match (self.severity.as_str(), self.accepted_at) {
            ("error", _) => format!("Error: {text}"),
            ("warning", Some(at)) => format!("Accepted on {}: {text}", at.readable()),
            ("warning", None) => format!("Warning: {text}"),
            _ => format!("Hint: {text}"),
        }
    }

    fn people(&self) -> Option<String> {
        let sample = self.sample.iter().filter_map(|id| id.parse().ok()).map(ContactId);
        CheckFinding::named_people(self.contacts, &sample.collect::<Vec<_>>())
    }
}

impl From<CheckFinding> for FindingLine {
    fn from(found: CheckFinding) -> Self {
        let severity = match found.severity {
            Severity::Error => "error",
            Severity::Warning => "warning",
            Severity::Hint => "hint",
        };
        Self {
            severity: severity.to_owned(),
            code: found.code.to_owned(),
            text: found.text,
            line: found.line,
            contacts: found.contacts,
            sample: found.sample.iter().map(ToString::to_string).collect(),
            accepted_at: found.accepted_at,
        }
    }
}

impl From<Survey> for AudienceTold {
    fn from(survey: Survey) -> Self {
        let skips = survey.skips.into_iter().map(|it| SkipsTold {
            reason: it.reason,
            contacts: it.contacts,
            sample: it.sample.iter().map(|contact| contact.0).collect(),
        });
        let names = survey.lacking.into_iter().map(|it| NameTold {
            name: it.tag.name,
            line: it.tag.line,
            lacking: it.contacts,
            has_default: it.tag.has_default,
            is_conditional: it.tag.is_conditional,
        });
        Self {
            contacts: survey.contacts,
            skipped: survey.skipped,
            skips: skips.collect(),
            names: names.collect(),
        }
    }
}

impl From<Checked> for CheckTold {
    fn from(checked: Checked) -> Self {
        let links = checked.links.into_iter();
        let accepted = checked.accepted.into_iter().map(|it| AcceptanceTold {
            code: it.warning.code,
            text: it.warning.text,
            at: it.at,
        });
        Self {
            id: checked.id.number(),
            findings: checked.findings.into_iter().map(FindingLine::from).collect(),
            links: links
                .map(|it| LinkTold { slot: it.slot.0, label: it.label, url: it.url })
                .collect(),
            audience: checked.survey.into(),
            accepted: accepted.collect(),
            addresses: checked.addresses,
            sender_domain: checked.sender_domain,
            spam: checked.spam,
        }
    }
}
