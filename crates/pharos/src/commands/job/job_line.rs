//! A job as commands show it.

use std::collections::BTreeMap;

use anyhow::Context as _;
use audience::{ATTRIBUTE_JOB, ERASE_JOB, IMPORT_JOB, TAG_JOB, UNDO_JOB};
use indicatif::HumanCount;
use model::Timestamp;
use serde::Deserialize;
use store::Job;

use crate::remote::time;
use crate::telemetry::say;

/// Figures in the order in which they are shown, and in which words. Those that are not here come last.
const FIGURES: &[(&str, &str)] = &[
    ("rows", "rows"),
    ("contacts", "contacts"),
    ("tagged", "tags given"),
    ("untagged", "tags taken"),
    ("fit", "values that fit"),
    ("rewritten", "in another text"),
    ("unfit", "that do not fit"),
    ("bytes", "bytes"),
    ("unknown", "unknown addresses"),
    ("erased_before", "erased before"),
    ("repeated", "repeated"),
    ("subscriptions", "subscriptions"),
    ("consents", "consents"),
    ("deliveries", "messages"),
    ("messages", "single messages"),
    ("hits", "views and clicks"),
    ("added", "added"),
    ("updated", "updated"),
    ("unchanged", "unchanged"),
    ("merged", "repeated"),
    ("subscribed", "subscribed"),
    ("kept_unsubscribed", "still unsubscribed"),
    ("suppressed", "suppressed"),
    ("left", "left elsewhere"),
    ("unconfirmed", "unconfirmed"),
    ("erased", "erased"),
    ("children", "under 13"),
    ("of_other_topics", "of other topics"),
    ("tracking_begun", "with a word on tracking"),
    ("untracked", "without a word on tracking again"),
    ("role_addresses", "role addresses"),
    ("disposable", "disposable domains"),
    ("typos", "likely typos"),
    ("no_mail", "no mail there"),
    ("mx_unanswered", "not known by DNS"),
    ("rejected", "rejected"),
];

/// A job, read from the store or told by a server.
#[derive(Deserialize)]
pub(in crate::commands) struct JobLine {
    pub(in crate::commands) id: String,
    kind: String,
    pub(in crate::commands) state: String,
    title: String,
    by: String,
    dry_run: bool,
    done: i64,
    total: i64,
    pub(in crate::commands) counts: BTreeMap<String, u64>,
    pub(in crate::commands) problem: Option<String>,
    /// By what right an import subscribes people.
    #[serde(default)]
    basis: Option<String>,
    /// The word for the product as whose export it was read.
    #[serde(default)]
    pub(in crate::commands) product: Option<String>,
    #[serde(deserialize_with = "time")]
    created_at: Timestamp,
}

impl JobLine {
    pub(in crate::commands) fn new(job: Job) -> anyhow::Result<Self> {
        let counts = audience::job_figures(&job)?;
        Ok(Self {
            basis: audience::job_basis(&job).map(|it| it.basis.as_str().to_owned()),
            product: audience::job_product(&job).map(|it| it.name.clone()),
            id: job.id.to_string(),
            state: job.state.as_str().to_owned(),
            dry_run: audience::job_is_rehearsal(&job),
            done: job.done,
            total: job.total.max(job.done),
            counts: counts.into_iter().map(|(name, count)| (name.to_owned(), count)).collect(),
            created_at: job.created_at,
            kind: job.kind,
            title: job.title,
            by: job.actor.name,
            problem: job.problem,
        })
    }

    /// Of a hundred.
    pub(in crate::commands) fn share(&self) -> u64 {
        let share = if self.total > 0 { (self.done * 100 / self.total).clamp(0, 100) } else { 0 };
        u64::try_from(share).unwrap_or(0)
    }

    /// How many contacts a rehearsed erasure would erase.
    pub(in crate::commands) fn contacts_to_erase(&self) -> Option<u64> {
        let is_counted = self.kind == ERASE_JOB && self.is_waiting() && self.dry_run;
        is_counted.then(|| self.counts.get("contacts").copied().unwrap_or(0))
    }

    /// Whether somebody has to decide.
    pub(in crate::commands) fn is_waiting(&self) -> bool {
        self.state == "waiting"
    }

    pub(in crate::commands) fn is_done(&self) -> bool {
        self.state == "done"
    }

    /// Whether there were lines that it could not use.
    pub(in crate::commands) fn has_rejects(&self) -> bool {
        self.counts.get("rejected").is_some_and(|count| *count > 0)
    }

    pub(in crate::commands) fn number(&self) -> anyhow::Result<i64> {
        self.id.parse().with_context(|| format!("{:?} is no number of a job", self.id))
    }

    /// Why it did not come to its end.
    pub(in crate::commands) fn why_it_ended(&self) -> String {
        match &self.problem {
            Some(problem) => format!("job {} failed: {problem}", self.id),
            None => format!("job {} was {} before its end", self.id, self.state),
        }
    }

    /// Whether nothing more will happen to it.
    pub(in crate::commands) fn has_ended(&self) -> bool {
        matches!(self.state.as_str(), "done" | "failed" | "stopped")
    }

    pub(super) fn line(&self) -> String {
        let Self { id, state, title, by, .. } = self;
        let (share, at) = (self.share(), self.created_at.readable());
        let what = match self.kind.as_str() {
            ATTRIBUTE_JOB => "values of ",
            TAG_JOB => "tagging ",
            UNDO_JOB => "undo of ",
            ERASE_JOB => "erasure of ",
            _ => "",
        };
        format!("{id:>6}  {state:<9} {share:>3} %  {at}  {what}{title}, by {by}")
    }

    pub(super) fn tell(&self) {
        say(self.line());
        if let Some(problem) = &self.problem {
            say(format_args!("It failed: {problem}"));
        }
        if self.is_waiting() {
            let id = &self.id;
            say(format_args!(
                "It waits for a decision: pharos job start {id}, or pharos job stop {id}"
            ));
        }
        if self.dry_run && self.counts.values().any(|count| *count > 0) {
            say("This was a rehearsal; nothing is changed yet:");
        }
        if let Some(product) = &self.product {
            say(format_args!("Read as an export of {product}."));
        }
        if let Some(basis) = &self.basis {
            let warning = if basis == "not-stated" { "Warning: " } else { "" };
            say(format_args!(
                "{warning}By what right people are subscribed: {}",
                basis.replace('-', " ")
            ));
        }
        self.tell_figures();
    }

    /// What it has done, or would do.
    pub(in crate::commands) fn tell_figures(&self) {
        let place = |name: &str| FIGURES.iter().position(|(known, _)| *known == name);
        let mut shown: Vec<(&String, &u64)> = self.counts.iter().filter(|it| *it.1 > 0).collect();
        shown.sort_by_key(|(name, _)| place(name).unwrap_or(FIGURES.len()));
        for (name, count) in shown {
            // An import brings nobody whom an erasure has removed.
            let words = match (name.as_str(), self.kind == IMPORT_JOB) {
                ("erased", true) => Some("erased before".to_owned()),
                _ => place(name).and_then(|at| FIGURES.get(at)).map(|it| it.1.to_owned()),
            };
            let words = words.unwrap_or_else(|| name.replace('_', " "));
            say(format_args!("  {words:<19}{:>12}", HumanCount(*count).to_string()));
        }
    }
}
