//! What a job has done so far, in figures: the same for the command line, pages and the API.

use store::{
    AttributeCounts, ErasureCounts, ImportBasis, ImportCounts, Job, StoreError, TagCounts,
    UndoCounts,
};

use crate::attribute_job::{ATTRIBUTE_JOB, AttributeSpec};
use crate::bulk_job::{BULK_JOB, BulkSpec, bulk_figures};
use crate::erasure_job::ERASE_JOB;
use crate::erasure_place::ErasurePlace;
use crate::erasure_spec::ErasureSpec;
use crate::export_job::{EXPORT_JOB, export_progress};
use crate::import_job::{IMPORT_JOB, import_product, import_progress};
use crate::import_spec::ImportSpec;
use crate::presets::Preset;
use crate::tag_job::TAG_JOB;
use crate::undo_job::{UNDO_JOB, UndoSpec};

/// Figures by their names, of what a job has done or, after a rehearsal, would do.
///
/// # Errors
/// When the job's counts can't be read.
pub fn job_figures(job: &Job) -> Result<Vec<(&'static str, u64)>, StoreError> {
    match job.kind.as_str() {
        ATTRIBUTE_JOB => Ok(AttributeCounts::from_text(&job.counts)?.fields()),
        BULK_JOB => bulk_figures(job),
        TAG_JOB => Ok(TagCounts::from_text(&job.counts)?.fields()),
        UNDO_JOB => Ok(UndoCounts::from_text(&job.counts)?.fields()),
        ERASE_JOB => {
            let place = ErasurePlace::from_json(&job.position);
            let mut figures = vec![("rows", place.rows)];
            figures.extend(ErasureCounts::from_text(&job.counts)?.fields());
            figures.push(("rejected", place.rejected));
            Ok(figures)
        }
        EXPORT_JOB => {
            let written = export_progress(job);
            Ok(vec![("contacts", written.contacts), ("bytes", written.bytes)])
        }
        _ => {
            let summary = import_progress(job)?;
            let mut figures = vec![("rows", summary.rows)];
            figures.extend(ImportCounts::from_text(&job.counts)?.fields());
            figures.extend(summary.warnings());
            figures.push(("rejected", summary.rejected));
            Ok(figures)
        }
    }
}

/// The product as whose export an import has read its file.
#[must_use]
pub fn job_product(job: &Job) -> Option<&'static Preset> {
    let word = if job.kind == IMPORT_JOB { import_product(job) } else { None };
    Preset::all().iter().find(|it| Some(it.name.as_str()) == word)
}

/// By what right an import subscribes people; nothing when it subscribes nobody.
#[must_use]
pub fn job_basis(job: &Job) -> Option<ImportBasis> {
    let spec = ImportSpec::from_json(&job.spec);
    let subscribes = job.kind == IMPORT_JOB && spec.topic.is_some() && spec.standing().is_none();
    subscribes.then_some(spec.basis)
}

/// Whether a job counts what it would do, and changes nothing.
#[must_use]
pub fn job_is_rehearsal(job: &Job) -> bool {
    match job.kind.as_str() {
        ATTRIBUTE_JOB => AttributeSpec::from_json(&job.spec).is_some_and(|it| it.rehearsal),
        UNDO_JOB => UndoSpec::from_json(&job.spec).rehearsal,
        ERASE_JOB => ErasureSpec::from_json(&job.spec).rehearsal,
        BULK_JOB => BulkSpec::from_json(&job.spec).is_some_and(|it| it.rehearsal),
        EXPORT_JOB | TAG_JOB => false,
        _ => ImportSpec::from_json(&job.spec).rehearsal,
    }
}
