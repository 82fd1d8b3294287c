//! The command line of `pharos campaign schedule`.

use clap::Args;
use model::CampaignNumber;

#[derive(Args)]
pub(crate) struct ScheduleArgs {
    /// The campaign's number, as `campaign status` lists it.
    pub campaign: CampaignNumber,
    /// When, such as "2026-12-01 09:00", or with an offset 2026-12-01T09:00:00+01:00.
    #[arg(long, value_name = "TIME")]
    pub at: String,
    /// The time zone of --at, such as Europe/Madrid.
    #[arg(long, value_name = "ZONE", default_value = "UTC")]
    pub zone: String,
    /// Don't start it if it would go to more people than this.
    #[arg(long, value_name = "PEOPLE")]
    pub audience_at_most: Option<i64>,
    /// Allow links to this machine in mail to real people.
    #[arg(long)]
    pub links_to_this_machine: bool,
    /// Accept the warnings there are. They are kept with the campaign.
    #[arg(long)]
    pub accept: bool,
    /// Check everything, and change nothing.
    #[arg(long)]
    pub dry_run: bool,
}
