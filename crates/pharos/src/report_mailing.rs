//! Mails reports whose time has come.

use std::time::Duration;

use actions::{Refusal, ReportMailing};
use tokio_util::sync::CancellationToken;

use crate::installation::now;

/// Between two looks.
const LOOK: Duration = Duration::from_secs(2);
/// Looks between two rounds of tidying.
const TIDY_EVERY: u32 = 300;

/// Mails what is due, until `shutdown`.
pub(crate) async fn run(mailing: ReportMailing, shutdown: CancellationToken) {
    let (mut looks, mut told) = (0_u32, String::new());
    while shutdown.run_until_cancelled(tokio::time::sleep(LOOK)).await.is_some() {
        // A mail that has been handed over is settled: it is brought to its end.
        let done = mail_due(&mailing, looks.is_multiple_of(TIDY_EVERY), &shutdown).await;
        looks = looks.wrapping_add(1);
        let trouble = done.err().map(|why| why.to_string()).unwrap_or_default();
        if !trouble.is_empty() && trouble != told {
            tracing::warn!(why = trouble, "can't mail reports for now");
        }
        told = trouble;
    }
}

async fn mail_due(
    mailing: &ReportMailing,
    tidies: bool,
    shutdown: &CancellationToken,
) -> Result<(), Refusal> {
    if tidies {
        mailing.tidy(now()).await?;
    }
    mailing.claim_due(now()).await?;
    while !shutdown.is_cancelled() && mailing.send_next(now()).await? {}
    Ok(())
}
