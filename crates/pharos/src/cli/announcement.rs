//! The arguments of `pharos announcement`.

use std::path::PathBuf;

use clap::{Args, Subcommand};

#[derive(Subcommand)]
pub(crate) enum AnnouncementCommand {
    /// List the layouts and what each is for.
    Layouts,
    /// Show the blocks that a file's Markdown is read as, to see that it says what you mean.
    ///
    /// Needs no installation and changes nothing. With --text it prints the text of the first language
    /// as the page for editing would write it.
    Blocks(BlocksArgs),
    /// List the announcements, or the versions of one.
    ///
    /// Every `campaign create` keeps the text as the next version of the announcement with that name.
    /// What is the same as before gets no new version.
    List {
        /// The announcement's name: show its versions, and the campaigns that were made of them.
        name: Option<String>,
    },
    /// Print the text of an announcement, as it was written.
    Show {
        name: String,
        /// Its number [default: the latest].
        #[arg(long)]
        version: Option<i64>,
    },
    /// Show what has changed between two versions, or between a version and a file.
    Diff(DiffArgs),
}

#[derive(Args)]
pub(crate) struct BlocksArgs {
    /// The announcement: front matter, then Markdown.
    #[arg(value_name = "FILE")]
    pub file: PathBuf,
    /// Print JSON: the blocks of each language.
    #[arg(long, conflicts_with = "text")]
    pub json: bool,
    /// Print the blocks as Markdown again.
    #[arg(long)]
    pub text: bool,
}

#[derive(Args)]
pub(crate) struct DiffArgs {
    pub name: String,
    /// The older version [default: the one before the other; with --file, the latest].
    #[arg(long, value_name = "VERSION")]
    pub from: Option<i64>,
    /// The newer version [default: the latest].
    #[arg(long, value_name = "VERSION", conflicts_with = "file")]
    pub to: Option<i64>,
    /// Compare with this file instead.
    #[arg(long, value_name = "FILE")]
    pub file: Option<PathBuf>,
}
