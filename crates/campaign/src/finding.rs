//! What a check found: how grave it is, and whether somebody has accepted it.

use model::{ContactId, Timestamp};
use render::Problem;
use store::{AcceptedWarning, NewAcceptance};

/// How many times as many people a warning may concern as when it was accepted, before it is asked
/// about again.
const MORE_PEOPLE: i64 = 2;

/// What a finding means for the start of a campaign.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Severity {
    /// It can't be started.
    Error,
    /// Somebody has to accept it first.
    Warning,
    /// Good to know.
    Hint,
}

/// Something that was found.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CheckFinding {
    pub severity: Severity,
    /// What kind of thing it is; stays the same whatever its words.
    pub code: &'static str,
    /// The line of the announcement's file, when one is to blame.
    pub line: Option<usize>,
    /// What it is about, without lines and counts: by this it is recognised.
    pub subject: String,
    /// How many people it concerns; 0 when it is not about people.
    pub contacts: i64,
    /// Some of them. Not kept with an acceptance: whoever is erased later is nowhere.
    pub sample: Vec<ContactId>,
    /// The whole of it, with its place and what would be right.
    pub text: String,
    /// When somebody accepted it, for a warning.
    pub accepted_at: Option<Timestamp>,
}

impl CheckFinding {
    /// About nobody in particular and no place.
    pub(crate) fn new(severity: Severity, code: &'static str, text: impl Into<String>) -> Self {
        let text = text.into();
        let subject = text.clone();
        Self {
            severity,
            code,
            line: None,
            subject,
            contacts: 0,
            sample: Vec::new(),
            text,
            accepted_at: None,
        }
    }

    /// About something in the text.
    pub(crate) fn in_text(severity: Severity, code: &'static str, problem: &Problem) -> Self {
        let line = Some(problem.line).filter(|line| *line > 0);
        Self {
            line,
            subject: problem.what.clone(),
            ..Self::new(severity, code, problem.to_string())
        }
    }

    pub(crate) fn about(self, subject: impl Into<String>) -> Self {
        Self { subject: subject.into(), ..self }
    }

    /// Some of the people whom it concerns, by their numbers: `contacts 7, 9, ...`.
    #[must_use]
    pub fn people(&self) -> Option<String> {
        Self::named_people(self.contacts, &self.sample)
    }

    /// So many people, of whom these are some.
    #[must_use]
    pub fn named_people(contacts: i64, sample: &[ContactId]) -> Option<String> {
        let numbers: Vec<String> = sample.iter().map(|it| it.0.to_string()).collect();
        let is_all = i64::try_from(numbers.len()).is_ok_and(|shown| shown == contacts);
        let noun = if contacts == 1 { "contact" } else { "contacts" };
        let more = if is_all { "" } else { ", ..." };
        (!numbers.is_empty()).then(|| format!("{noun} {}{more}", numbers.join(", ")))
    }

    /// A warning that nobody has accepted.
    #[must_use]
    pub fn is_open(&self) -> bool {
        self.severity == Severity::Warning && self.accepted_at.is_none()
    }

    /// Recognises it among those that were accepted.
    pub(crate) fn recognise(&mut self, accepted: &[AcceptedWarning]) {
        if self.severity != Severity::Warning {
            return;
        }
        let covers = |it: &&AcceptedWarning| {
            let NewAcceptance { code, subject, contacts, .. } = &it.warning;
            code == self.code
                && *subject == self.subject
                && self.contacts <= contacts.saturating_mul(MORE_PEOPLE)
        };
        self.accepted_at = accepted.iter().rev().find(covers).map(|it| it.at);
    }

    /// As it is kept when it is accepted.
    pub(crate) fn acceptance(&self) -> NewAcceptance {
        NewAcceptance {
            code: self.code.to_owned(),
            subject: self.subject.clone(),
            contacts: self.contacts,
            text: self.text.clone(),
        }
    }
}

#[cfg(test)]
mod tests {
    use model::AnnouncementId;

    use super::*;

    #[test]
    fn an_acceptance_covers_the_same_thing_for_about_as_many_people() {
        let skipped = |contacts, severity| CheckFinding {
            contacts,
            ..CheckFinding::new(severity, "skipped", format!("{contacts} would be skipped"))
                .about("no name")
        };
        let accepted = AcceptedWarning {
            warning: skipped(100, Severity::Warning).acceptance(),
            announcement: AnnouncementId(1),
            at: Timestamp(7),
        };
        let is_open = |mut finding: CheckFinding| {
            finding.recognise(std::slice::from_ref(&accepted));
            finding.is_open()
        };
        for (contacts, open) in [(1, false), (100, false), (200, false), (201, true)] {
            assert_eq!(is_open(skipped(contacts, Severity::Warning)), open, "{contacts}");
        }
        assert!(is_open(skipped(1, Severity::Warning).about("no town")));
        assert!(is_open(CheckFinding { code: "name", ..skipped(1, Severity::Warning) }));
        assert!(!is_open(skipped(999, Severity::Hint)), "a hint asks for nothing");
    }
}
