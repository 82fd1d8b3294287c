//! Imports as the steps of a job, and their rehearsal.

use std::sync::{Arc, Mutex, PoisonError};

use model::Timestamp;

use crate::job_state::JobFile;
use crate::jobs::{self, JobStep, parts};
use crate::people::import::foreign::ImportReach;
use crate::people::import::{ImportRow, ImportRun, import_rows, sorted};
use crate::people::import_counts::ImportCounts;
use crate::{Store, StoreError};

impl Store {
    /// [`Store::contacts_import`] as a step of a job: what it imports, what that counts and where the
    /// next step begins are stored together, and what it has changed, for undoing it. Returns what all
    /// steps have counted.
    ///
    /// # Errors
    /// [`StoreError::Changed`] when the job is not the caller's any more.
    pub async fn contacts_import_step(
        &self,
        rows: Vec<ImportRow>,
        reach: ImportReach,
        source: String,
        at: Timestamp,
        step: JobStep,
    ) -> Result<ImportCounts, StoreError> {
        let (rows, merged) = sorted(rows);
        self.write(move |tx| {
            let mut counts = ImportCounts::from_text(&jobs::hold(tx, &step)?)?;
            let run = ImportRun::within(&reach, &source, at);
            let actor = format!("import {}", step.job);
            let run = ImportRun { keeps_changes: true, actor: &actor, ..run };
            let (more, changes) = import_rows(tx, &rows, merged, run)?;
            counts.add(&more);
            if let Some(bytes) = changes.to_bytes() {
                let number = parts::count(tx, step.job, JobFile::Changes)?;
                parts::put(tx, step.job, JobFile::Changes, number, &bytes)?;
            }
            jobs::put_step(tx, &step, &counts.to_text())?;
            Ok(counts)
        })
        .await
    }

    /// What importing these rows would count now; changes nothing.
    pub async fn contacts_rehearse(
        &self,
        rows: Vec<ImportRow>,
        reach: ImportReach,
        at: Timestamp,
    ) -> Result<ImportCounts, StoreError> {
        let (rows, merged) = sorted(rows);
        let counted = Arc::new(Mutex::new(ImportCounts::default()));
        let result = Arc::clone(&counted);
        let rehearsed = self
            .write(move |tx| {
                let run = ImportRun::within(&reach, "rehearsal", at);
                let (counts, _) = import_rows(tx, &rows, merged, run)?;
                *counted.lock().unwrap_or_else(PoisonError::into_inner) = counts;
                // The transaction is rolled back.
                Err::<(), _>(StoreError::Rehearsed)
            })
            .await;
        match rehearsed {
            Err(StoreError::Rehearsed) | Ok(()) => {
                Ok(*result.lock().unwrap_or_else(PoisonError::into_inner))
            }
            Err(error) => Err(error),
        }
    }

    /// Stores where a job is and adds to what it counts; returns the sum.
    ///
    /// # Errors
    /// [`StoreError::Changed`] when somebody else holds it, or it was stopped.
    pub async fn job_count(
        &self,
        step: JobStep,
        more: ImportCounts,
    ) -> Result<ImportCounts, StoreError> {
        self.write(move |tx| {
            let mut counts = ImportCounts::from_text(&jobs::hold(tx, &step)?)?;
            counts.add(&more);
            jobs::put_step(tx, &step, &counts.to_text())?;
            Ok(counts)
        })
        .await
    }
}
