//! The arguments of `pharos announcement`.

use std::path::PathBuf;

use clap::{Args, Subcommand};
use render::Layout;

use super::preview::{PreviewPart, ValuesArgs, layouts};

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
    /// `announcement add` and `write` make versions, and every `campaign create` keeps its text as the next version of the announcement with that name.
    /// What is the same as before gets no new version.
    List {
        /// The announcement's name: show its versions, and the campaigns that were made of them.
        name: Option<String>,
    },
    /// Add an announcement without a campaign: for single messages, or for later.
    ///
    /// Its text is checked as that of a campaign. `message send` and programs name it by its name.
    Add(AnnouncementAddArgs),
    /// Write a new version of an announcement, which single messages say from then on.
    ///
    /// A text that there was before gets no new version, and is in use again.
    Write(AnnouncementWriteArgs),
    /// Delete an announcement with all its versions.
    ///
    /// Refused while a campaign says one of them, or a single message waits to be sent.
    Delete { name: String },
    /// Show the message of an announcement, with made-up values or those of a contact.
    Preview(AnnouncementPreviewArgs),
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
pub(crate) struct AnnouncementAddArgs {
    /// What it is called from now on, such as password-reset.
    #[arg(long)]
    pub name: String,
    /// The announcement: front matter, then Markdown, HTML or MJML.
    #[arg(long, value_name = "FILE")]
    pub file: PathBuf,
    #[command(flatten)]
    pub fields: FieldArgs,
}

#[derive(Args)]
pub(crate) struct AnnouncementWriteArgs {
    pub name: String,
    /// The announcement: front matter, then Markdown, HTML or MJML.
    #[arg(long, value_name = "FILE")]
    pub file: PathBuf,
    #[command(flatten)]
    pub fields: FieldArgs,
    /// Write only over this revision, as an earlier `announcement write` has told it.
    #[arg(long, value_name = "REVISION")]
    pub if_revision: Option<i64>,
}

/// What stands in the front matter instead of what the file says there.
#[derive(Args)]
pub(crate) struct FieldArgs {
    /// The subject [default: the file's].
    #[arg(long)]
    pub subject: Option<String>,
    /// The layout [default: the file's].
    #[arg(long, value_parser = layouts())]
    pub layout: Option<Layout>,
}

#[derive(Args)]
pub(crate) struct AnnouncementPreviewArgs {
    pub name: String,
    /// Its number [default: the latest].
    #[arg(long)]
    pub version: Option<i64>,
    #[command(flatten)]
    pub values: ValuesArgs,
    /// What to write to standard output.
    #[arg(long, value_enum, default_value_t = PreviewPart::Message, conflicts_with = "page")]
    pub part: PreviewPart,
    /// Write a page to look at instead.
    #[arg(long, value_name = "FILE")]
    pub page: Option<PathBuf>,
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
