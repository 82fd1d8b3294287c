//! The arguments of `pharos visitor`.

use clap::{Args, Subcommand};

#[derive(Subcommand)]
pub(crate) enum VisitorCommand {
    /// Show what is kept of a browser: when it was seen, and how often. Nothing about contacts.
    Show {
        /// As the page /browser shows it to the visitor, such as 3f2a-91bc-04de-77aa-10fe-c2b9.
        id: String,
        /// As JSON.
        #[arg(long)]
        json: bool,
    },
    /// Remove everything that bears a browser's identifier. Counts in reports stay.
    ///
    /// The browser keeps its cookie, and is counted again when it comes back with it. The visitor can
    /// reset both on the page /browser.
    Remove(VisitorRemoveArgs),
}

#[derive(Args)]
pub(crate) struct VisitorRemoveArgs {
    /// As the page /browser shows it to the visitor, such as 3f2a-91bc-04de-77aa-10fe-c2b9.
    pub id: String,
    /// Don't ask.
    #[arg(long)]
    pub yes: bool,
}
