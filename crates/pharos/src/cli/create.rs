//! Arguments of `pharos campaign create`.

use std::path::PathBuf;

use clap::{Args, ValueEnum};

#[derive(Args)]
pub(crate) struct CreateArgs {
    /// The announcement: front matter, then Markdown, HTML or MJML.
    #[arg(long, value_name = "FILE")]
    pub file: PathBuf,
    /// The campaign's name in lists [default: the announcement's name or subject].
    #[arg(long)]
    pub name: Option<String>,
    /// The topic, if the announcement names none or you want another.
    #[arg(long, value_name = "SLUG")]
    pub topic: Option<String>,
    /// What to do with messages that a crash leaves in doubt.
    #[arg(long, value_enum, default_value_t = InDoubt::NeverResend)]
    pub in_doubt: InDoubt,
    #[command(flatten)]
    pub audience: AudienceArgs,
}

#[derive(Args, Default)]
pub(crate) struct AudienceArgs {
    /// Of the people who are subscribed, only those whom this segment means; may be repeated: those in any
    /// of them.
    #[arg(long = "segment", value_name = "NAME")]
    pub segments: Vec<String>,
    /// Not those whom this segment means; may be repeated.
    #[arg(long, value_name = "NAME")]
    pub except: Vec<String>,
}

#[derive(Clone, Copy, ValueEnum)]
pub(crate) enum InDoubt {
    /// Count them and don't resend them: nobody gets a second copy.
    NeverResend,
    /// Send again with the same Message-ID.
    Resend,
}
