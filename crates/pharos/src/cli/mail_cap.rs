//! The arguments of `pharos mail-cap`.

use clap::{ArgGroup, Args, Subcommand};
use model::MailCap;

#[derive(Subcommand)]
pub(crate) enum MailCapCommand {
    /// Show how many campaign mails a contact gets at most.
    Show,
    /// Change it, from the next message on.
    ///
    /// Whoever has had so many within the days is left out of a campaign, with the reason "capped", and
    /// is not mailed later. Test messages, single messages and mail about their own data do not count.
    /// `pharos campaign cap` lets one campaign through.
    Set(MailCapSetArgs),
}

#[derive(Args)]
#[command(group = ArgGroup::new("cap").required(true))]
pub(crate) struct MailCapSetArgs {
    /// Such as "4 per 30 days": 1 to 1,000 mails within 1 to 366 days.
    #[arg(group = "cap", value_name = "CAP")]
    pub at_most: Option<MailCap>,
    /// No cap: everybody gets what is sent to them.
    #[arg(long, group = "cap")]
    pub none: bool,
}
