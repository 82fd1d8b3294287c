//! What a job has done, in words for people.

use audience::{ATTRIBUTE_JOB, BULK_JOB, ERASE_JOB, EXPORT_JOB, TAG_JOB, UNDO_JOB};
use report::number_text::thousands;
use store::{Job, JobState};

use crate::admin::page::problem::PageProblem;

/// A figure with its name.
pub(crate) struct JobFigure {
    pub(crate) name: &'static str,
    pub(crate) count: String,
}

/// Figures by their names in the API; the first one is always shown, others when they are not 0.
const IMPORTED: [(&str, &str); 20] = [
    ("rows", "Rows"),
    ("added", "Added"),
    ("updated", "Changed"),
    ("unchanged", "Unchanged"),
    ("merged", "Repeated"),
    ("subscribed", "Newly subscribed"),
    ("kept_unsubscribed", "Had left, stay so"),
    ("suppressed", "Must not be mailed"),
    ("left", "Left, by the file"),
    ("unconfirmed", "Not subscribed, by the file"),
    ("erased", "Erased before"),
    ("children", "Under 13, nothing kept"),
    ("of_other_topics", "Of other topics, left out"),
    ("tracking_begun", "With a word on tracking"),
    ("role_addresses", "Offices, not people"),
    ("disposable", "Disposable domains"),
    ("typos", "Likely typos"),
    ("no_mail", "No mail there"),
    ("mx_unanswered", "DNS did not say"),
    ("rejected", "Rejected"),
];
const UNDONE: [(&str, &str); 11] = [
    ("removed", "Contacts removed"),
    ("unsubscribed", "Subscriptions taken back"),
    ("untracked", "Words on tracking taken back"),
    ("restored", "Have their old values again"),
    ("stay_left", "Stay: they have left"),
    ("stay_mailed", "Stay: a campaign was sent to them"),
    ("stay_joined", "Stay: they get something else, too"),
    ("stay_edited", "Stay: somebody has changed them"),
    ("values_stay", "Some values changed since stay"),
    ("not_kept", "Too large to be put back"),
    ("gone", "Erased since"),
];
const ERASED: [(&str, &str); 11] = [
    ("contacts", "Contacts in the list"),
    ("erased", "Contacts erased"),
    ("unknown", "Unknown addresses"),
    ("erased_before", "Erased before"),
    ("repeated", "Repeated"),
    ("rejected", "Lines without an address"),
    ("subscriptions", "Topics with an entry"),
    ("consents", "Entries of the consent ledger"),
    ("deliveries", "Messages they were sent"),
    ("messages", "Single messages"),
    ("hits", "Views and clicks"),
];
const LOOKED_AT: [(&str, &str); 4] = [
    ("contacts", "Contacts looked at"),
    ("fit", "Values that fit"),
    ("rewritten", "Of them in another text"),
    ("unfit", "Values that do not fit"),
];
const TAGGED: [(&str, &str); 3] =
    [("contacts", "Contacts"), ("tagged", "Tags given"), ("untagged", "Tags taken")];
const BULK: [(&str, &str); 5] = [
    ("contacts", "Contacts"),
    ("changed", "Changed"),
    ("kept_unsubscribed", "Had left, stay so"),
    ("suppressed", "Must not be mailed"),
    ("full", "Have too many attributes"),
];
const EXPORTED: [(&str, &str); 1] = [("contacts", "Contacts")];

/// What a job has done so far; nothing before it has begun.
pub(crate) fn figures(job: &Job) -> Result<Vec<JobFigure>, PageProblem> {
    if job.position.is_empty() {
        return Ok(Vec::new());
    }
    let names: &[(&str, &'static str)] = match job.kind.as_str() {
        ATTRIBUTE_JOB => &LOOKED_AT,
        BULK_JOB => &BULK,
        TAG_JOB => &TAGGED,
        UNDO_JOB => &UNDONE,
        ERASE_JOB => &ERASED,
        EXPORT_JOB => &EXPORTED,
        _ => &IMPORTED,
    };
    let counted = audience::job_figures(job);
    let counted = counted.map_err(PageProblem::failed("reading what a job has done"))?;
    let count = |name: &str| counted.iter().find(|(known, _)| *known == name).map_or(0, |it| it.1);
    let shown = names.iter().enumerate().filter(|(at, (name, _))| *at == 0 || count(name) > 0);
    Ok(shown
        .map(|(_, (name, words))| JobFigure {
            name: words,
            count: thousands(i64::try_from(count(name)).unwrap_or(i64::MAX)),
        })
        .collect())
}

/// Where a job is, in words.
pub(crate) fn standing(job: &Job) -> String {
    let is_undo = job.kind == UNDO_JOB;
    let is_erasure = job.kind == ERASE_JOB;
    match job.state {
        JobState::Uploading => "The file is still coming, or never came".to_owned(),
        JobState::Waiting if is_undo => "Say whether it is to be done".to_owned(),
        JobState::Waiting if is_erasure => "Say whether they are to be erased".to_owned(),
        JobState::Waiting => "Say what its columns are".to_owned(),
        JobState::Queued => "A server takes it next".to_owned(),
        JobState::Running if is_undo => format!("{} % of the import taken back", share(job)),
        JobState::Running if is_erasure && audience::job_is_rehearsal(job) => {
            format!("{} % counted; nobody is erased", share(job))
        }
        JobState::Running
            if is_erasure
                || [ATTRIBUTE_JOB, BULK_JOB, EXPORT_JOB, TAG_JOB].contains(&job.kind.as_str()) =>
        {
            format!("{} % done", share(job))
        }
        JobState::Running => format!("{} % of the file", share(job)),
        JobState::Done if job.kind == TAG_JOB => "Tagged".to_owned(),
        JobState::Done if job.kind == BULK_JOB => "Done".to_owned(),
        JobState::Done if job.kind == ATTRIBUTE_JOB => "Counted".to_owned(),
        JobState::Done if is_erasure => "Erased".to_owned(),
        JobState::Done if is_undo => "Undone".to_owned(),
        JobState::Done if job.kind == EXPORT_JOB => "The file is there".to_owned(),
        JobState::Done => "Imported".to_owned(),
        JobState::Failed => job.problem.as_deref().map(sentence).unwrap_or_default(),
        JobState::Stopped => "Stopped; what it had done stays".to_owned(),
    }
}

/// What a job is about, for people.
pub(crate) fn title(job: &Job) -> String {
    match job.kind.as_str() {
        ATTRIBUTE_JOB => format!("Values of {}", job.title),
        TAG_JOB => format!("Tagging {}", job.title),
        UNDO_JOB => format!("Undo of {}", job.title),
        ERASE_JOB => format!("Erasure of {}", job.title),
        EXPORT_JOB => format!("Export {}", job.id),
        _ => job.title.clone(),
    }
}

/// The page of a job.
pub(crate) fn path(job: &Job) -> String {
    match job.kind.as_str() {
        ATTRIBUTE_JOB => "/admin/contacts/attributes".to_owned(),
        TAG_JOB => "/admin/imports".to_owned(),
        BULK_JOB => format!("/admin/contacts/bulk/{}", job.id),
        ERASE_JOB => format!("/admin/erasures/{}", job.id),
        EXPORT_JOB => format!("/admin/exports/{}", job.id),
        _ => format!("/admin/imports/{}", job.id),
    }
}

/// Problems begin small.
fn sentence(problem: &str) -> String {
    crate::admin::page::form::sentence(problem).trim_end_matches('.').to_owned()
}

/// Per cent that is done.
pub(crate) fn share(job: &Job) -> i64 {
    if job.total > 0 { (job.done * 100 / job.total).clamp(0, 100) } else { 0 }
}
