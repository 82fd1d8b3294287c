//! The arguments of `pharos attributes`.

use clap::{Args, Subcommand};

#[derive(Subcommand)]
pub(crate) enum AttributesCommand {
    /// List what is declared, and what the values of each are.
    ///
    /// What is not declared is a free text.
    List,
    /// Declare what the values of an attribute are, or change that.
    ///
    /// From then on a value of another kind is refused wherever it comes in: on pages, over the API, by
    /// commands and in the rows of an import. The values that there are stay: those that fit are written in
    /// one way (`Yes` becomes `yes`), the others are left as they are, and both are counted.
    Set(AttributeSetArgs),
    /// End a declaration: the values stay, as free texts.
    Remove {
        /// The attribute's name, as `attributes list` shows it.
        name: String,
    },
}

#[derive(Args)]
pub(crate) struct AttributeSetArgs {
    /// As contacts have it, such as customer_since.
    pub name: String,
    /// text, number, date (2026-11-28), yes-no, list, language (de-AT) or time-zone (Europe/Vienna).
    #[arg(long, value_name = "KIND")]
    pub kind: String,
    /// What a value of a list may be; may be repeated. A value is exactly one of these.
    #[arg(long = "choice", value_name = "TEXT")]
    pub choices: Vec<String>,
    /// What pages call it [default: as before, or its name].
    #[arg(long, value_name = "TEXT")]
    pub label: Option<String>,
    /// Where it stands among the others, the lowest first [default: as before, or last].
    #[arg(long, value_name = "N")]
    pub position: Option<i64>,
    /// Only count which values fit, and declare nothing.
    #[arg(long)]
    pub dry_run: bool,
    /// Let a running server look at the values: `pharos job show N` says how far it is.
    #[arg(long)]
    pub as_job: bool,
}
