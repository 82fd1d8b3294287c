//! The command line of `pharos contacts import`.

use std::path::PathBuf;

use audience::{ExportFrom, TextEncoding, UnknownEncoding};
use clap::{Args, ValueEnum};
use model::{ConsentBasis, TagName};

use super::Mode;

fn encoding(label: &str) -> Result<TextEncoding, UnknownEncoding> {
    TextEncoding::parse(label)
}

pub(super) fn basis(word: &str) -> Result<ConsentBasis, String> {
    let words = || format!("known are {}", ConsentBasis::ALL.map(ConsentBasis::as_str).join(", "));
    ConsentBasis::from_word(word).ok_or_else(words)
}

fn export_from(word: &str) -> Result<ExportFrom, String> {
    let words = || format!("known are {}", ExportFrom::words().join(", "));
    ExportFrom::from_word(word).ok_or_else(words)
}

#[derive(Args)]
pub(crate) struct ImportArgs {
    /// The CSV file, with a comma, semicolon, tab or | between cells; also packed with gzip or in a zip
    /// archive.
    pub file: PathBuf,
    /// How its characters are written: auto (UTF-8, or what a byte order mark says), windows-1252, utf-16
    /// or another label of the WHATWG Encoding Standard.
    #[arg(long, value_name = "LABEL", default_value = "auto", value_parser = encoding)]
    pub encoding: TextEncoding,
    /// Of a zip archive that holds several lists, import this one.
    #[arg(long, value_name = "NAME")]
    pub member: Option<String>,
    /// The product that has exported it, whose columns are known: auto, mailchimp, listmonk, brevo, hubspot
    /// or keila.
    #[arg(long, value_name = "PRODUCT", value_parser = export_from)]
    pub from: Option<ExportFrom>,
    /// The topic to subscribe the contacts to. Without it they are kept, but not subscribed.
    #[arg(long, value_name = "SLUG")]
    pub topic: Option<String>,
    /// Import a column as another attribute, for example `--map "Vorname=first_name"`.
    #[arg(long, value_name = "COLUMN=ATTRIBUTE")]
    pub map: Vec<String>,
    /// Ignore a column.
    #[arg(long, value_name = "COLUMN")]
    pub ignore: Vec<String>,
    /// Read from this column who may be mailed. If several columns say so, all must say yes.
    #[arg(long, value_name = "COLUMN[=VALUE,...]")]
    pub status_column: Vec<String>,
    /// What everybody in the file is; for lists of people who left, bounced or must not be mailed.
    #[arg(long, value_enum, value_name = "STATE")]
    pub everyone_is: Option<Everyone>,
    /// By what right the people are subscribed. It is kept with each of them in the consent ledger
    /// [default: not-stated].
    #[arg(long, value_name = "BASIS", value_parser = basis)]
    pub basis: Option<ConsentBasis>,
    /// What they were told when they agreed, or its version.
    #[arg(long, value_name = "TEXT", requires = "basis")]
    pub notice: Option<String>,
    /// Where the proof lies, such as "sign-up log of the shop". When and from where each of them agreed can
    /// stand in columns: --map "CONFIRM_TIME=@consent-time", @consent-ip, @consent-form.
    #[arg(long, value_name = "TEXT", requires = "basis")]
    pub proof: Option<String>,
    /// What may be recorded of those who have said nothing about it, by what they were told where the list
    /// comes from. It is kept in the consent ledger.
    #[arg(long, value_enum, value_name = "MODE")]
    pub tracking: Option<Mode>,
    /// Give everybody in the file this tag; may be repeated.
    #[arg(long = "tag", value_name = "TAG", value_parser = TagName::parse)]
    pub tags: Vec<TagName>,
    /// Reject rows whose address is an office's, such as info@ or sales@; otherwise they are counted and listed.
    #[arg(long)]
    pub reject_role: bool,
    /// Reject rows whose domain gives everybody a mailbox for some minutes.
    #[arg(long)]
    pub reject_disposable: bool,
    /// Ask DNS which domains take mail, each once and at most 10,000 of them; those that don't are counted
    /// and listed.
    #[arg(long)]
    pub check_mx: bool,
    /// Ask, and reject rows whose domain takes no mail. Who is not answered is not rejected.
    #[arg(long)]
    pub reject_no_mx: bool,
    /// Where rows that can't be used go [default: FILE.rejects.csv].
    #[arg(long, value_name = "FILE")]
    pub rejects: Option<PathBuf>,
    /// Let a running server do it: `pharos job show N` says how far it is, and a server that is killed
    /// continues where it was.
    #[arg(long, conflicts_with = "rejects")]
    pub as_job: bool,
    /// Count what would be done, and do nothing.
    #[arg(long, requires = "as_job")]
    pub rehearse: bool,
}

/// What everybody in an imported file is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum Everyone {
    /// To be subscribed, whatever the file's name suggests.
    Subscribed,
    /// Kept, but not subscribed.
    Unconfirmed,
    /// Has left: the topic, or everything without --topic.
    Unsubscribed,
    /// Mail to the address bounces.
    HardBounce,
    /// Reported a message as spam.
    Complaint,
    /// Must not be mailed, whatever they say.
    Blocked,
}
