//! Asks subscribers whether they still want a topic, and stops those who do not answer.

use std::time::Duration;

use actions::{Reconfirming, Refusal};
use tokio_util::sync::CancellationToken;

use crate::installation::now;

/// Between two looks.
const LOOK: Duration = Duration::from_secs(2);
/// Looks between two rounds of tidying.
const TIDY_EVERY: u32 = 1_800;

/// Mails and stops whoever is due, until `shutdown`.
pub(crate) async fn run(reconfirming: Reconfirming, shutdown: CancellationToken) {
    let (mut looks, mut told) = (0_u32, String::new());
    while shutdown.run_until_cancelled(tokio::time::sleep(LOOK)).await.is_some() {
        let done = look(&reconfirming, looks.is_multiple_of(TIDY_EVERY), &shutdown).await;
        looks = looks.wrapping_add(1);
        let trouble = done.err().map(|why| why.to_string()).unwrap_or_default();
        if !trouble.is_empty() && trouble != told {
            tracing::warn!(why = trouble, "can't ask subscribers for now");
        }
        told = trouble;
    }
}

async fn look(
    reconfirming: &Reconfirming,
    tidies: bool,
    shutdown: &CancellationToken,
) -> Result<(), Refusal> {
    if tidies {
        reconfirming.tidy(now()).await?;
    }
    while !shutdown.is_cancelled() && reconfirming.round(now()).await? {}
    Ok(())
}
