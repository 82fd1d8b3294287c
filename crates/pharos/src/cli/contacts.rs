//! The command line of `pharos contacts`.

use std::path::PathBuf;

use audience::{ExportFrom, TextEncoding, UnknownEncoding};
use clap::{Args, Subcommand, ValueEnum};
use model::{ConsentBasis, TagName};

use super::{DisclosureArgs, EraseArgs, Mode, SuppressArgs, UnsubscribeArgs, UnsuppressArgs};

#[derive(Subcommand)]
pub(crate) enum ContactsCommand {
    /// Import a CSV file and subscribe its contacts to a topic
    ///
    /// The first line names the columns. One must be `email`; every other column becomes an
    /// attribute that announcements can show, such as {{ first_name }}. Known contacts are
    /// updated: a filled cell replaces the old value, an empty one changes nothing, and people who
    /// have unsubscribed stay unsubscribed. Importing the same file again changes nothing. Rows that
    /// can't be used are written in full to the reject file with line, column and reason; the others
    /// are imported.
    ///
    /// Exports from other senders say who has left, in columns such as status, UNSUB_TIME or
    /// blocklisted. Nobody is imported until you say what such a column means:
    ///
    ///   --status-column status                     its words are understood: subscribed, active,
    ///                                              unsubscribed, cleaned, bounced, blocklisted ...
    ///   --status-column "status=active,confirmed"  only these are subscribed, all others have left
    ///   --status-column "UNSUB_TIME="              only people with an empty cell are subscribed
    ///   --ignore status                            it does not say who has left
    ///
    /// Exports of Mailchimp, listmonk, Brevo, HubSpot and Keila have columns that are known: `--from auto`
    /// recognises them, and says so.
    ///
    /// People who left elsewhere are kept as unsubscribed from the topic (from everything, without
    /// --topic); people who bounced, complained or were blocked are suppressed.
    #[command(verbatim_doc_comment)]
    Import(ImportArgs),
    /// Add one contact by hand.
    ///
    /// With --topic they are subscribed, and --proof says how you know that they want it; it is kept with
    /// the consent. An address that must not be mailed is not subscribed, and nobody who was erased is
    /// added again.
    Add(AddContactArgs),
    /// Change one contact's values or address.
    ///
    /// The address of somebody who must not be mailed can't be changed: another one would bring them
    /// back.
    Edit(EditContactArgs),
    /// Subscribe a contact to a topic that they have not left.
    Subscribe {
        /// The contact's address.
        address: String,
        #[arg(long, value_name = "SLUG")]
        topic: String,
        /// How you know that they want it, such as "asked by phone on 26 November".
        #[arg(long, value_name = "WORDS")]
        proof: String,
    },
    /// Give a contact tags: words by which contacts are found again.
    ///
    /// A tag has 1 to 64 characters and no comma, and is the same in upper and lower case. One that is new is
    /// made; a contact has at most 100, and there are at most 1,000.
    ///
    ///   pharos contacts tag ann@example.org "early bird" vip
    ///   pharos contacts tag --all --topic offers "early bird"    everybody with an entry for the topic
    #[command(verbatim_doc_comment)]
    Tag(TagArgs),
    /// Take tags from a contact, or from all who match: the arguments are those of `tag`.
    Untag(TagArgs),
    /// Show what was changed about a contact, when and by whom, the newest first.
    History {
        /// The contact's address.
        address: String,
        /// Show at most this many.
        #[arg(long, default_value_t = 100, value_name = "N")]
        limit: u16,
    },
    /// Note what a contact says about tracking: what may be recorded of their views and clicks.
    ///
    /// It holds from the next message and the next hit on, for mail that was sent long ago as well, and is
    /// kept in the ledger of consents. `pharos tracking show` says what holds for those who have said
    /// nothing.
    Tracking(ContactTrackingArgs),
    /// Have a contact get no campaign until a day.
    ///
    /// Campaigns that are sent meanwhile leave them out, and are not sent to them later; messages to them
    /// alone still go. They can do so themselves by "Choose what you get" in a message. A later day takes
    /// the place of an earlier one.
    Pause {
        /// The contact's address.
        address: String,
        /// A day, such as 2026-12-24 (its beginning in UTC), or a time, such as 2026-12-24T08:00:00Z; within a
        /// year.
        #[arg(long, value_name = "DATE")]
        until: String,
    },
    /// End a contact's pause.
    Unpause {
        /// The contact's address.
        address: String,
    },
    /// Show everything that is kept about one person.
    Show {
        /// The person's address, in upper or lower case.
        address: String,
    },
    /// List contacts and whether they get mail, or why not.
    List {
        #[command(flatten)]
        filter: ContactsFilter,
        /// Show at most this many.
        #[arg(long, default_value_t = 100)]
        limit: u32,
    },
    /// Write contacts to a CSV file that `import` can read.
    ///
    /// The column `mail status` says who must not be mailed, and why; import it with
    /// --status-column "mail status".
    Export {
        #[command(flatten)]
        filter: ContactsFilter,
        /// A new file that only you can read [default: standard output].
        #[arg(long, value_name = "FILE")]
        to: Option<PathBuf>,
        /// Let a running server do it: `pharos job show N` says how far it is, `pharos job file N`
        /// takes the file away.
        #[arg(long, conflicts_with_all = ["to", "only"])]
        as_job: bool,
        /// Only those in this state: subscribed, pending, unsubscribed or suppressed.
        #[arg(long, value_name = "STATE", requires = "as_job")]
        state: Option<String>,
        /// Only those with this part in their address.
        #[arg(long, value_name = "TEXT", requires = "as_job")]
        address_part: Option<String>,
        #[command(flatten)]
        disclosure: DisclosureArgs,
    },
    /// Never mail these addresses, whether or not they are contacts.
    ///
    /// Unlike an unsubscribe, this is not lifted when the person subscribes again. For many at
    /// once: `pharos contacts import FILE --everyone-is blocked`.
    Suppress(SuppressArgs),
    /// Undo `suppress` for addresses that an operator has suppressed.
    ///
    /// People who bounced, complained or left by themselves stay suppressed. This subscribes
    /// nobody: an import subscribes people who are new, others come back by the link in a message.
    Unsuppress(UnsuppressArgs),
    /// Unsubscribe people who asked for it other than by the link in a message.
    Unsubscribe(UnsubscribeArgs),
    /// Erase everything that is kept about people.
    ///
    /// What remains is the counts in reports and a hash of the address that only this installation
    /// can make, so that an import does not bring the person back.
    ///
    /// With --file everybody in a list is erased, as a job: it is counted first what that removes from
    /// how much, then you are asked, and then each person is erased with an entry in the audit log. An
    /// erasure that is interrupted is continued by a server. The list is removed from the installation
    /// when the job has ended.
    Erase(EraseArgs),
}

#[derive(Args)]
pub(crate) struct AddContactArgs {
    /// The address.
    pub address: String,
    /// A value, such as first_name=Ann; may be repeated.
    #[arg(long = "set", value_name = "NAME=VALUE")]
    pub values: Vec<String>,
    /// Subscribe them to this topic; may be repeated.
    #[arg(long = "topic", value_name = "SLUG", requires = "proof")]
    pub topics: Vec<String>,
    /// How you know that they want it, such as "asked by phone on 26 November".
    #[arg(long, value_name = "WORDS")]
    pub proof: Option<String>,
}

#[derive(Args)]
pub(crate) struct TagArgs {
    /// The contact's address and the tags; with --all only the tags.
    #[arg(required = true, value_name = "ADDRESS|TAG")]
    pub words: Vec<String>,
    /// All contacts who match, as a job; all there are when nothing else is said.
    #[arg(long)]
    pub all: bool,
    /// With an entry for this topic.
    #[arg(long, value_name = "SLUG", requires = "all")]
    pub topic: Option<String>,
    /// In this state: subscribed, pending, unsubscribed or suppressed.
    #[arg(long, value_name = "STATE", requires = "all")]
    pub state: Option<String>,
    /// With this part in their address.
    #[arg(long, value_name = "TEXT", requires = "all")]
    pub address_part: Option<String>,
    /// Who have this tag.
    #[arg(long, value_name = "TAG", requires = "all", value_parser = TagName::parse)]
    pub having: Option<TagName>,
    /// Let a running server do it: `pharos job show N` says how far it is.
    #[arg(long, requires = "all")]
    pub as_job: bool,
}

#[derive(Args)]
pub(crate) struct ContactTrackingArgs {
    /// The contact's address.
    pub address: String,
    #[arg(value_enum)]
    pub mode: Mode,
    /// Also forget what they did until now: counts stay, and tell of nobody. It can't be undone.
    #[arg(long)]
    pub forget: bool,
    /// In which way they said it, such as "a letter of 26 November" [default: request].
    #[arg(long, value_name = "TEXT")]
    pub source: Option<String>,
    /// Forget without asking.
    #[arg(long, requires = "forget")]
    pub yes: bool,
}

#[derive(Args)]
pub(crate) struct EditContactArgs {
    /// The contact's address.
    pub address: String,
    /// A value, such as first_name=Ann; an empty one (first_name=) removes it. May be repeated.
    #[arg(long = "set", value_name = "NAME=VALUE")]
    pub values: Vec<String>,
    /// Their new address.
    #[arg(long, value_name = "ADDRESS")]
    pub new_address: Option<String>,
}

#[derive(Args)]
pub(crate) struct ContactsFilter {
    /// Only people who are or were subscribed to this topic.
    #[arg(long, value_name = "SLUG")]
    pub topic: Option<String>,
    /// Only people who have this tag.
    #[arg(long, value_name = "TAG", value_parser = TagName::parse)]
    pub tag: Option<TagName>,
    /// Only people who get mail, or only people who don't.
    #[arg(long, value_enum)]
    pub only: Option<MailedOnly>,
}

/// Whether somebody gets mail.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum MailedOnly {
    /// Subscribed and not suppressed.
    Mailed,
    /// Not subscribed, or suppressed.
    NotMailed,
}

fn encoding(label: &str) -> Result<TextEncoding, UnknownEncoding> {
    TextEncoding::parse(label)
}

fn basis(word: &str) -> Result<ConsentBasis, String> {
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
