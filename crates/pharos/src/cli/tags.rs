//! The arguments of `pharos tags`.

use clap::Subcommand;

#[derive(Subcommand)]
pub(crate) enum TagsCommand {
    /// List the tags, and how many contacts have each.
    List,
    /// Give a tag another name.
    Rename {
        /// As it is called now, in upper or lower case.
        tag: String,
        /// What it is to be called.
        name: String,
    },
    /// Remove a tag, from all contacts who have it.
    Remove {
        /// The tag.
        tag: String,
        /// Do it without asking.
        #[arg(long)]
        yes: bool,
    },
}
