//! Does jobs that somebody has asked for, one at a time on each node with pages. A shutdown waits for the
//! step that is being done.

use std::sync::Arc;
use std::time::Duration;

use audience::{
    ATTRIBUTE_JOB, BULK_JOB, ERASE_JOB, EXPORT_JOB, IMPORT_JOB, JOB_HELD, TAG_JOB, UNDO_JOB,
};
use report::ContactsExport;
use store::{Job, JobState, Store, StoreError};
use token::Keyring;
use tokio_util::sync::CancellationToken;

use crate::address_sources::ImportChecks;
use crate::installation::now;

/// How often to look for one.
const LOOK: Duration = Duration::from_secs(1);

/// Does what is queued, and what a lost node has left, until `shutdown`.
pub(crate) async fn work(
    store: Store,
    (keys, checks): (Arc<Keyring>, ImportChecks),
    node: u16,
    shutdown: CancellationToken,
) {
    loop {
        let claimed = store.job_claim(node, now(), now().after(JOB_HELD)).await;
        let job =
            claimed.inspect_err(|error| tracing::warn!(%error, "can't look for jobs for now"));
        if let Ok(Some(job)) = job {
            let id = job.id;
            match run(&store, (&keys, &checks), job, shutdown.clone()).await {
                Ok(()) => tracing::info!(job = %id, "it has ended, or goes on elsewhere"),
                Err(StoreError::Changed(_)) => {
                    tracing::info!(job = %id, "it was stopped, or another node has it");
                }
                Err(error) => tracing::warn!(job = %id, %error, "it is interrupted for now"),
            }
            if let Err(error) = actions::uploads_drop(&store).await {
                tracing::warn!(%error, "can't remove files that were read for now");
            }
        }
        settle(&store).await;
        if shutdown.run_until_cancelled(tokio::time::sleep(LOOK)).await.is_none() {
            return;
        }
    }
}

/// Removes what erasures that were stopped have left.
async fn settle(store: &Store) {
    match store.erasure_settle().await {
        Ok(true) => tracing::info!("what an erasure of a list had left is removed"),
        Ok(false) => {}
        Err(error) => tracing::warn!(%error, "can't remove for now what an erasure has left"),
    }
}

pub(crate) async fn run(
    store: &Store,
    (keys, checks): (&Arc<Keyring>, &ImportChecks),
    job: Job,
    shutdown: CancellationToken,
) -> Result<(), StoreError> {
    match job.kind.as_str() {
        IMPORT_JOB => {
            let by = (Arc::clone(keys), checks.sources().await);
            audience::run_import_job(store, by, job, now, shutdown).await
        }
        ATTRIBUTE_JOB => audience::run_attribute_job(store, job, now, shutdown).await,
        BULK_JOB => match report::rules_in_use(store).await {
            Ok(rules) => audience::run_bulk_job(store, job, rules, now, shutdown).await,
            Err(error) => {
                let why = Some(error.to_string());
                store.job_end((job.id, job.epoch), JobState::Failed, why, now()).await
            }
        },
        TAG_JOB => audience::run_tag_job(store, job, now, shutdown).await,
        UNDO_JOB => audience::run_undo_job(store, job, now, shutdown).await,
        ERASE_JOB => audience::run_erasure_job(store, Arc::clone(keys), job, now, shutdown).await,
        EXPORT_JOB => match ContactsExport::from_json(&job.spec) {
            Some(spec) => {
                report::run_contacts_export(store, (job, spec), (now, JOB_HELD), shutdown).await
            }
            None => audience::run_export_job(store, job, now, shutdown).await,
        },
        other => {
            let why = format!("this release knows no job of the kind {other:?}");
            store.job_end((job.id, job.epoch), JobState::Failed, Some(why), now()).await
        }
    }
}
