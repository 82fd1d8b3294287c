//! The command line of `campaign who` and `campaign retry`.

use campaign::RetryScope;
use clap::Args;
use model::CampaignNumber;
use model::DeliveryState;

#[derive(Args)]
pub(crate) struct WhoArgs {
    /// The campaign's number, as `campaign status` lists it.
    pub campaign: CampaignNumber,
    #[command(flatten)]
    pub whose: Whose,
    /// Only those the relay answered with this code.
    #[arg(long, value_name = "CODE", value_parser = clap::value_parser!(u16).range(100..=599))]
    pub code: Option<u16>,
    /// Print CSV with a header line.
    #[arg(long)]
    pub csv: bool,
}

#[derive(Args)]
#[group(required = true, multiple = false)]
pub(crate) struct Whose {
    /// Refused permanently, or given up on.
    #[arg(long)]
    failed: bool,
    /// Not mailed, because the message could not be made for them.
    #[arg(long)]
    skipped: bool,
    /// Perhaps mailed: a crash or the relay left it unknown.
    #[arg(long)]
    in_doubt: bool,
    /// Not mailed, because they had left or must not be mailed.
    #[arg(long)]
    suppressed: bool,
    /// Accepted by the relay.
    #[arg(long)]
    sent: bool,
    /// Still to be mailed.
    #[arg(long)]
    queued: bool,
}

impl Whose {
    pub(crate) fn state(&self) -> DeliveryState {
        let named = [
            (self.failed, DeliveryState::Failed),
            (self.skipped, DeliveryState::Skipped),
            (self.in_doubt, DeliveryState::InDoubt),
            (self.suppressed, DeliveryState::Suppressed),
            (self.sent, DeliveryState::Sent),
        ];
        named.into_iter().find(|(is_named, _)| *is_named).map_or(DeliveryState::Queued, |it| it.1)
    }
}

#[derive(Args)]
pub(crate) struct RetryArgs {
    /// The campaign's number, as `campaign status` lists it.
    pub campaign: CampaignNumber,
    #[command(flatten)]
    whom: Whom,
    /// Of those who failed, only those the relay answered with this code.
    #[arg(
        long,
        value_name = "CODE",
        conflicts_with_all = ["skipped", "in_doubt"],
        value_parser = clap::value_parser!(u16).range(100..=599)
    )]
    code: Option<u16>,
    /// Do not ask for confirmation.
    #[arg(long)]
    pub yes: bool,
}

#[derive(Args)]
#[group(required = true, multiple = false)]
struct Whom {
    /// Those who were refused permanently, or given up on.
    #[arg(long)]
    failed: bool,
    /// Those for whom the message could not be made, once their data is corrected.
    #[arg(long)]
    skipped: bool,
    /// Those who may have it already: each may get a second copy.
    #[arg(long)]
    in_doubt: bool,
}

impl RetryArgs {
    pub(crate) fn whom(&self) -> RetryScope {
        match self.whom {
            Whom { skipped: true, .. } => RetryScope::Skipped,
            Whom { in_doubt: true, .. } => RetryScope::InDoubt,
            Whom { .. } => RetryScope::Failed(self.code),
        }
    }
}
