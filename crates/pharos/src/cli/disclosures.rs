//! The arguments of `pharos disclosures`, `pharos processors` and `pharos requests`.

use std::path::PathBuf;

use clap::{Args, Subcommand};
use model::{CampaignNumber, SharingNoticeId};
use store::ChainPoint;

/// For whom and for what personal data is taken away.
#[derive(Args, Clone, Default)]
pub(crate) struct DisclosureArgs {
    /// A registered recipient who gets it (`pharos processors list`) [default: you].
    #[arg(long = "for", value_name = "NAME")]
    pub recipient: Option<String>,
    /// What they get it for, one of the purposes that are registered [default: own use].
    #[arg(long, value_name = "TEXT")]
    pub purpose: Option<String>,
}

#[derive(Subcommand)]
pub(crate) enum DisclosuresCommand {
    /// List to whom personal data has left, the newest last.
    List {
        /// Only what this recipient got.
        #[arg(long, value_name = "NAME")]
        recipient: Option<String>,
        /// How many of the newest.
        #[arg(long, default_value_t = 50, value_parser = clap::value_parser!(u16).range(1..=1_000))]
        last: u16,
        /// One object of JSON in each line.
        #[arg(long)]
        json: bool,
    },
    /// Show one entry as JSON, with its hash.
    Show {
        /// Its number.
        entry: i64,
    },
    /// Check that no entry was changed, removed or inserted.
    ///
    /// Prints the last entry with its hash. Note that somewhere else: whoever can write to the database can
    /// make a whole new chain, which only `--noted` reveals.
    Verify {
        /// An earlier last entry, as `verify` printed it: it must still be in the register.
        #[arg(long, value_name = "NUMBER:HASH")]
        noted: Option<ChainPoint>,
    },
    /// Sharing notices: what people are told before their data is shared, with time to say no.
    #[command(subcommand)]
    Notices(NoticesCommand),
    /// Write the whole register as JSON, an entry in each line, the oldest first.
    Export {
        /// A new file [default: standard output].
        #[arg(long, value_name = "FILE")]
        to: Option<PathBuf>,
    },
}

#[derive(Subcommand)]
pub(crate) enum NoticesCommand {
    /// List the notices, the newest first.
    List,
    /// Announce that data is to be shared, as an owner.
    ///
    /// The recipient is registered first (`pharos processors set ... --basis sharing`). A campaign's mail tells
    /// people of it and names the recipient: only to whom that mail was sent can be shared, when the notice
    /// period is over and unless they have said no. Announce it before the campaign is sent, so that the page
    /// their mail leads to asks them.
    Announce(NoticeAnnounceArgs),
    /// Say how many contacts a notice would share and why the others not.
    Preview {
        /// The notice's number.
        notice: SharingNoticeId,
    },
    /// Cancel a notice for good: nothing is shared by it any more.
    Cancel {
        /// The notice's number.
        notice: SharingNoticeId,
    },
}

#[derive(Args)]
pub(crate) struct NoticeAnnounceArgs {
    /// The name of a registered recipient.
    pub recipient: String,
    /// What they get it for, one of the purposes that are registered.
    #[arg(long, value_name = "TEXT")]
    pub purpose: String,
    /// What they get: address, attributes, standing.
    #[arg(long, value_name = "FIELD,...", value_delimiter = ',', required = true)]
    pub fields: Vec<String>,
    /// What people are told, on their own pages.
    #[arg(long, value_name = "WORDS")]
    pub text: String,
    /// The campaign whose mail tells them.
    #[arg(long, value_name = "NUMBER")]
    pub campaign: CampaignNumber,
    /// Days that everybody has to say no: 14 to 365 [default: 30].
    #[arg(long, value_name = "N")]
    pub days: Option<u16>,
    /// The day on which sharing begins [default: when those days are over].
    #[arg(long, value_name = "DATE")]
    pub begins: Option<String>,
}

#[derive(Subcommand)]
pub(crate) enum ProcessorsCommand {
    /// List who may get personal data, and for what.
    List,
    /// Register a recipient, or change what they may get.
    ///
    /// An export for them with another purpose, or with another field, is refused.
    Set(ProcessorSetArgs),
    /// Take a recipient out: they get nothing any more. What they got stays in the register.
    Remove {
        /// Their name, in upper or lower case.
        name: String,
    },
}

#[derive(Args)]
pub(crate) struct ProcessorSetArgs {
    /// What they are called.
    pub name: String,
    /// Where the data goes: two letters of ISO 3166-1, such as DE.
    #[arg(long, value_name = "CODE")]
    pub country: String,
    /// By what right: law, service-provider, sale, export-bureau, own-request or sharing.
    #[arg(long, value_name = "BASIS")]
    pub basis: String,
    /// What they may get it for; may be given several times.
    #[arg(long = "purpose", value_name = "TEXT", required = true)]
    pub purposes: Vec<String>,
    /// What they may get: address, attributes, standing, consents, deliveries, activity, browsers, history.
    #[arg(long, value_name = "FIELD,...", value_delimiter = ',', required = true)]
    pub fields: Vec<String>,
}

#[derive(Subcommand)]
pub(crate) enum RequestsCommand {
    /// List what people ask about their data: open requests, those that are due first come first.
    List {
        /// Also those that are closed, the newest first.
        #[arg(long)]
        all: bool,
    },
    /// Show one request.
    Show {
        /// Its number.
        request: i64,
    },
    /// Enter a request that came by post, phone or mail. It is due after a month.
    Add {
        /// Who asks.
        address: String,
        /// What for: access, correction, erasure, objection or question.
        #[arg(long, value_name = "KIND")]
        kind: String,
        /// What they say.
        #[arg(long, value_name = "WORDS")]
        text: String,
    },
    /// Close a request as answered.
    Answer {
        /// Its number.
        request: i64,
        /// What was answered.
        #[arg(long, value_name = "WORDS")]
        outcome: String,
    },
    /// Close a request as refused.
    Refuse {
        /// Its number.
        request: i64,
        /// Why.
        #[arg(long, value_name = "WORDS")]
        reason: String,
    },
    /// Close a request that was taken back by whoever asked.
    Withdraw {
        /// Its number.
        request: i64,
        /// How they said it.
        #[arg(long, value_name = "WORDS")]
        how: String,
    },
    /// Give a request two months more, once. Tell the person, with the reason, within the first month.
    Extend {
        /// Its number.
        request: i64,
        /// Why it takes longer.
        #[arg(long, value_name = "WORDS")]
        reason: String,
    },
}
