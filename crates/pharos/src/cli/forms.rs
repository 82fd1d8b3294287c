//! The arguments of `pharos forms`.

use std::path::PathBuf;

use clap::{Args, Subcommand};

#[derive(Subcommand)]
pub(crate) enum FormsCommand {
    /// List the forms.
    List,
    /// Show a form: its address, what it offers and asks for, what it tells people, and how many have
    /// not confirmed yet.
    Show {
        /// The form's name, as `forms list` shows it.
        name: String,
        /// Only its HTML, for pages of other sites.
        #[arg(long)]
        html: bool,
    },
    /// Make a form, or change what is named of it; it opens.
    ///
    /// Whoever fills it in gets a mail with a link, and is subscribed when they have used it. Nothing is
    /// ticked for them.
    Set(Box<FormSetArgs>),
    /// Close a form: nobody joins by it until it is set again. Links that were mailed still work.
    Close {
        /// The form's name, as `forms list` shows it.
        name: String,
    },
    /// Remove a form, with what waits to be confirmed. What it told people stays, as consents name it.
    Remove {
        /// The form's name, as `forms list` shows it.
        name: String,
    },
}

#[derive(Args)]
pub(crate) struct FormSetArgs {
    /// As it stands in its address: newsletter.
    pub name: String,
    /// What its page is called.
    #[arg(long, value_name = "TEXT")]
    pub title: Option<String>,
    /// A topic that it offers; may be repeated.
    #[arg(long = "topic", value_name = "SLUG")]
    pub topics: Vec<String>,
    /// A declared attribute that people may fill in; may be repeated.
    #[arg(long = "ask", value_name = "ATTRIBUTE")]
    pub asks: Vec<String>,
    /// A declared attribute that people must fill in; may be repeated.
    #[arg(long = "require", value_name = "ATTRIBUTE")]
    pub requires: Vec<String>,
    /// Ask for no attribute any more.
    #[arg(long, conflicts_with_all = ["asks", "requires"])]
    pub ask_nothing: bool,
    /// What people are told: who writes to them, about what, how often. Another text is another version.
    #[arg(long, value_name = "TEXT", conflicts_with = "notice_file")]
    pub notice: Option<String>,
    /// The same, from a file.
    #[arg(long, value_name = "FILE")]
    pub notice_file: Option<PathBuf>,
    /// The language of title and notice, such as de; empty: the page is in the reader’s.
    #[arg(long, value_name = "TAG")]
    pub language: Option<String>,
    /// Where a browser is led afterwards, on our own site or one of `--origin`; empty: to a page of ours.
    #[arg(long, value_name = "URL")]
    pub redirect: Option<String>,
    /// Another site that shows it, such as `https://www.example.com`; may be repeated; empty: none.
    #[arg(long = "origin", value_name = "URL")]
    pub origins: Vec<String>,
    /// Whether to ask for month and year of birth: of anybody under 13 nothing is kept.
    #[arg(long, value_name = "YES_OR_NO")]
    pub asks_age: Option<YesOrNo>,
}

#[derive(Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
pub(crate) enum YesOrNo {
    Yes,
    No,
}
