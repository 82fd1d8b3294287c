//! The arguments of `pharos visitor`.

use clap::{Args, Subcommand};

#[derive(Subcommand)]
pub(crate) enum VisitorCommand {
    /// Show what is kept of a browser: when it was seen, how often, and to which contacts it is tied.
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
    /// Cut a browser from a contact whose links were clicked in it.
    ///
    /// What the contact did in that browser stays theirs, and is no browser's any more; nothing of theirs
    /// will be recorded with that browser again. Counts in reports stay. It can't be undone.
    Cut(VisitorCutArgs),
}

#[derive(Args)]
pub(crate) struct VisitorCutArgs {
    /// As the page /browser shows it to the visitor, such as 3f2a-91bc-04de-77aa-10fe-c2b9.
    pub id: String,
    /// The contact's address.
    pub address: String,
    /// Don't ask.
    #[arg(long)]
    pub yes: bool,
}

#[derive(Args)]
pub(crate) struct VisitorRemoveArgs {
    /// As the page /browser shows it to the visitor, such as 3f2a-91bc-04de-77aa-10fe-c2b9.
    pub id: String,
    /// Don't ask.
    #[arg(long)]
    pub yes: bool,
}
