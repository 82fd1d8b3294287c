//! Waiting for a job, and doing it here where no server does.

use std::sync::Arc;

use audience::JOB_HELD;
use indicatif::{ProgressBar, ProgressStyle};
use model::JobId;
use tokio_util::sync::CancellationToken;

use super::{ASK_EVERY, JobLine, find};
use crate::address_sources::ImportChecks;
use crate::backend::Backend;
use crate::installation::{Installation, now};
use crate::jobs;

/// The job when it has ended or waits for a decision. On this machine it is done here, unless a
/// running server has taken it.
pub(in crate::commands) async fn gone_on(backend: &Backend, id: i64) -> anyhow::Result<JobLine> {
    let work = async {
        if let Backend::Local(installation) = backend {
            done_here(installation, JobId(id)).await?;
        }
        anyhow::Ok(())
    };
    let bar = ProgressBar::new(100);
    if let Ok(style) = ProgressStyle::with_template("{bar:30} {percent:>3} %  {msg}") {
        bar.set_style(style);
    }
    let watch = async {
        loop {
            let job = find(backend, id).await?;
            if job.is_waiting() || job.has_ended() {
                return anyhow::Ok(job);
            }
            bar.set_message(format!("job {id}, {}", job.state));
            bar.set_position(job.share());
            tokio::time::sleep(ASK_EVERY).await;
        }
    };
    let (_, job) = tokio::try_join!(work, watch)?;
    bar.finish_and_clear();
    Ok(job)
}

async fn done_here(installation: &Installation, id: JobId) -> anyhow::Result<()> {
    let store = &installation.store;
    let Some(job) = store.job_take(id, now(), now().after(JOB_HELD)).await? else {
        return Ok(());
    };
    let keys = Arc::clone(&installation.keys);
    let checks = ImportChecks::of(&installation.config);
    jobs::run(store, (&keys, &checks), job, CancellationToken::new()).await?;
    store.erasure_settle().await?;
    Ok(())
}
