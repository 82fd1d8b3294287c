//! The command line of `pharos contacts`.

use std::path::PathBuf;

use clap::{Args, Subcommand, ValueEnum};
use model::{SharingNoticeId, TagName};

use super::{
    BulkArgs, DisclosureArgs, EraseArgs, ImportArgs, MergeArgs, Mode, SuppressArgs,
    UnsubscribeArgs, UnsuppressArgs, YesOrNo,
};

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
    /// Note what a contact says about their data being shared with others: yes or no.
    ///
    /// It is kept in the ledger of consents, and the last word counts. They can say it themselves by "Choose what
    /// you get" in a message and in their account, once a notice was announced.
    Sharing(ContactSharingArgs),
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
    /// Do one thing with all contacts who match, as a job: it is counted first, then you are asked.
    ///
    ///   pharos contacts bulk subscribe offers --segment customers --basis existing-customer --proof "shop"
    ///   pharos contacts bulk leave offers --having vip
    ///   pharos contacts bulk set plan=pro --topic offers
    ///   pharos contacts bulk clear plan --all
    ///
    /// Nobody is subscribed who has left or must not be mailed. What was set, and who was subscribed, can be taken
    /// back with `pharos job undo`.
    #[command(verbatim_doc_comment)]
    Bulk(BulkArgs),
    /// Show contacts who may be one person, by their address (without what stands behind a plus, and at Gmail
    /// without dots) or by name and company.
    Duplicates {
        /// Show at most so many pairs.
        #[arg(long, default_value_t = 100, value_name = "N")]
        limit: u16,
    },
    /// Merge two contacts who are one person.
    ///
    /// It is shown first what that does. Where both have said something, the least counts: who has left with
    /// one address has left. What was sent to either stays as it was sent, and links in that mail work for
    /// whoever stays. Nobody is merged while a campaign that has not ended has one of them.
    Merge(MergeArgs),
    /// Undo a merge, for 30 days: the other contact is there again.
    Unmerge {
        /// The address of the contact who stayed.
        keep: String,
        /// The address of the one who was merged.
        other: String,
    },
    /// Show by what right a contact is mailed and tracked: the ledger of consents with the proof of each,
    /// and the campaign mail that was sent because of it.
    ///
    /// It is entered in the disclosure register.
    Proof {
        /// The contact's address.
        address: String,
        #[arg(long, value_enum, default_value_t = ProofFormat::Text)]
        format: ProofFormat,
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
        /// Share them by this notice: only those who were told, had the time to say no and did not, with
        /// the notice's fields, for its recipient and purpose (`pharos disclosures notices list`).
        #[arg(long, value_name = "NUMBER")]
        notice: Option<SharingNoticeId>,
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
pub(crate) struct ContactSharingArgs {
    /// The contact's address.
    pub address: String,
    #[arg(value_enum)]
    pub word: YesOrNo,
    /// In which way they said it, such as "a letter of 26 November" [default: request].
    #[arg(long, value_name = "TEXT")]
    pub source: Option<String>,
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

/// How a proof sheet is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum ProofFormat {
    Text,
    Json,
}

/// Whether somebody gets mail.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum MailedOnly {
    /// Subscribed and not suppressed.
    Mailed,
    /// Not subscribed, or suppressed.
    NotMailed,
}
