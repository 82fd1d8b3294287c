//! What is asked about the relay, and sample data.

use clap::{Args, Subcommand};

#[derive(Subcommand)]
pub(crate) enum RelayCommand {
    /// Really send one test message, and show the conversation line by line.
    ///
    /// Says how long each step took, and what a failure means. Logins are hidden. Exit codes: 0 when the
    /// relay has taken the message, 1 otherwise.
    Test(RelayTestArgs),
}

#[derive(Args)]
pub(crate) struct RelayTestArgs {
    /// Who gets it.
    #[arg(long, value_name = "ADDRESS")]
    pub to: String,
    /// From whom it comes [default: `relay.return_path`, otherwise postmaster at your domain].
    #[arg(long, value_name = "ADDRESS")]
    pub from: Option<String>,
}

#[derive(Subcommand)]
pub(crate) enum SampleCommand {
    /// Add two topics, twelve contacts whose addresses lead nowhere, an announcement and a draft.
    ///
    /// Refused once a campaign was started.
    Add,
    /// Remove the sample data as if it had never been there.
    ///
    /// Refused once its campaign was started or one of its contacts was mailed. A topic to which
    /// somebody else is subscribed stays.
    Remove,
}
