//! `pharos media`.

use std::path::PathBuf;

use clap::{Args, Subcommand};

#[derive(Subcommand)]
pub(crate) enum MediaCommand {
    /// Add pictures and files, so that announcements can use them.
    ///
    /// Pictures (PNG, JPEG, GIF, WebP) are turned upright, converted to sRGB and written anew in the sizes
    /// that mail needs, without anything that a camera or a program wrote into them. Files to attach or to
    /// link to (PDF, ICS, VCF, text, CSV, Word, Excel, PowerPoint, OpenDocument) are kept as they are;
    /// programs, archives and macros are refused, as mail servers do.
    ///
    /// In an announcement: ![words](media:NAME), src="media:NAME", `attach: NAME` in the front matter.
    Add(MediaAddArgs),
    /// List what is in the library.
    List {
        /// Write JSON, for programs.
        #[arg(long)]
        json: bool,
    },
    /// Show what is known of a name, with its web addresses.
    Show {
        /// As `media list` has it.
        name: String,
        /// Write JSON, for programs.
        #[arg(long)]
        json: bool,
    },
    /// Remove a name from the library.
    ///
    /// Refused while a campaign that is not over uses it. The files stay, because messages that were
    /// sent show them; to take it back, add the same file again.
    Remove(MediaRemoveArgs),
}

#[derive(Args)]
pub(crate) struct MediaAddArgs {
    /// The files.
    #[arg(required = true, value_name = "FILE")]
    pub files: Vec<PathBuf>,
    /// What to call it, in the library and for recipients [default: the file's name].
    #[arg(long)]
    pub name: Option<String>,
    /// What readers without pictures get instead, unless the announcement says it.
    #[arg(long, value_name = "TEXT")]
    pub alt: Option<String>,
    /// Put it in the place of another file of the same name. Campaigns that have started keep the old
    /// one.
    #[arg(long)]
    pub replace: bool,
}

#[derive(Args)]
pub(crate) struct MediaRemoveArgs {
    /// As `media list` has it.
    pub name: String,
    /// Even if a campaign that is not over uses it. A draft can't be started then.
    #[arg(long)]
    pub force: bool,
    /// Delete its files for good, too: for what should never have been there. Messages that show them
    /// show nothing then, and what carries them is paused.
    #[arg(long)]
    pub erase: bool,
    /// Don't ask.
    #[arg(long)]
    pub yes: bool,
}
