//! What can be typed. Meaning is given to it in `commands`.

mod contacts;
mod recipients;

use std::path::PathBuf;

use clap::{Args, Parser, Subcommand, ValueEnum};
use model::CampaignNumber;

pub(crate) use contacts::{
    ContactsCommand, ContactsFilter, EraseArgs, Everyone, ImportArgs, MailedOnly, SuppressArgs,
    SuppressReason, UnsubscribeArgs, UnsuppressArgs,
};
pub(crate) use recipients::{RetryArgs, WhoArgs};

/// E-mail campaigns and web beacons in one binary.
///
/// Pharos sends announcements to the people who subscribed to them, counts honestly who opened
/// them, and lets everyone leave with one click. A first campaign:
///
///   pharos init
///   pharos contacts import people.csv --topic release-notices
///   pharos campaign create --file announcement.md
///   pharos campaign test-send 1 --to you@example.com
///   pharos serve &
///   pharos campaign start 1
///   pharos report opens 1
///
/// Exit codes: 0 done, 1 the thing failed, 2 the command line makes no sense.
#[derive(Parser)]
#[command(version, verbatim_doc_comment, max_term_width = 100)]
pub(crate) struct Cli {
    /// Use this configuration file.
    #[arg(long, global = true, default_value = "pharos.toml", value_name = "FILE")]
    pub config: PathBuf,
    #[command(subcommand)]
    pub command: Command,
}

#[derive(Subcommand)]
pub(crate) enum Command {
    /// Write an annotated configuration and create the keys.
    ///
    /// Nothing that exists is overwritten.
    Init,
    /// Run the server: beacon, recipient pages, reports and mailer.
    ///
    /// SIGTERM or Ctrl-C finishes what is under way within `shutdown_timeout`; a second signal
    /// ends at once. Either way nothing is lost: what was answered and what was sent is on disk.
    ///
    /// In a cluster (`store` and `bus` in the configuration lead to PostgreSQL and Redis) every
    /// node runs any of the roles:
    ///
    ///   web       recipient pages, reports and campaign pages
    ///   beacon    the pixel and the tracked links
    ///   mailer    takes deliveries and hands them to the relay
    ///   recorder  brings hits into the store
    #[command(verbatim_doc_comment)]
    Serve(ServeArgs),
    /// Tell in plain words whether everything is in place, before anything starts.
    ///
    /// Looks at the configuration, the keys, the data folder and its disk, the database, Redis, the
    /// relay, the names in public addresses and the clock. Changes nothing. The exit code is 1 when
    /// something has to be mended.
    Check,
    /// Bring the store to this release's schema.
    ///
    /// `pharos serve` does the same when it starts; every other command refuses a store of an
    /// older release, because that release may still be at work on it. Say this when the time of
    /// the upgrade should be yours, such as before the first node of a cluster gets the new
    /// release: servers of the release before go on working meanwhile and afterwards. There is no
    /// way back: an older release does not open the store any more. Make a backup first.
    Upgrade,
    /// Move a whole installation to another store, such as from SQLite to PostgreSQL or back.
    ///
    /// Stop the servers first. From the first moment on the old store refuses every change, also by
    /// commands that were under way. The move can be broken off at any moment and begun again with
    /// the same command; it goes on where it was. At the end both stores are read anew, and it
    /// proves that every table has the same rows with the same checksum. Then `store` in the
    /// configuration is set to the new one. Keys and journals in the data folders stay where they
    /// are. The old store is left as it was and refuses to be served from then on.
    ///
    ///   pharos migrate --from sqlite:pharos-data/pharos.sqlite --to postgres://pharos@db/pharos
    #[command(verbatim_doc_comment)]
    Migrate(MigrateArgs),
    /// Copy the whole installation into a folder, while the server runs or not.
    ///
    /// The store as it is at one moment, the keys, the configuration, and what the journals hold
    /// that the store does not have yet. The folder is complete when it bears its name, and closed
    /// to everybody but its owner: the keys are in it, and everybody's address. `pharos restore`
    /// puts it back.
    ///
    /// A store on PostgreSQL is copied by `pg_dump`; the command then says what else is needed.
    Backup(BackupArgs),
    /// Put a backup back where no installation is.
    ///
    /// Overwrites nothing. Whoever was mailed after the backup was made is not known to it, so every
    /// campaign that was starting or being sent is paused; the command says how many people may get
    /// each message twice if you resume it.
    ///
    /// The configuration that `--config` names is used if it is there; otherwise it is taken from
    /// the backup.
    Restore(RestoreArgs),
    /// Bring contacts in, look at them, let them go.
    #[command(subcommand)]
    Contacts(ContactsCommand),
    /// Create, try, send and watch campaigns.
    #[command(subcommand)]
    Campaign(CampaignCommand),
    /// Read the reports of campaigns.
    #[command(subcommand)]
    Report(ReportCommand),
    /// Care for the keys that sign links.
    #[command(subcommand)]
    Keys(KeysCommand),
    /// See all of it work on this machine, with no other service.
    ///
    /// Imports sample contacts, sends them a sample release notice over SMTP to an inbox inside
    /// Pharos, and stays up so that you can read the mails and watch the report move.
    Demo(DemoArgs),
}

#[derive(Args)]
pub(crate) struct ServeArgs {
    /// What this node does.
    #[arg(long, value_enum, value_delimiter = ',', default_value = "all", value_name = "ROLE,...")]
    pub role: Vec<Role>,
}

#[derive(Args)]
pub(crate) struct MigrateArgs {
    /// The store that is left: sqlite:PATH or postgres://USER@HOST/DATABASE.
    #[arg(long, value_name = "STORE", requires = "to", required_unless_present = "reopen")]
    pub from: Option<String>,
    /// The store that is filled. It must hold nothing, or what an earlier run of this move left.
    #[arg(long, value_name = "STORE", requires = "from")]
    pub to: Option<String>,
    /// A file with the password for --from or --reopen, which then need not stand in the address.
    #[arg(long, value_name = "FILE")]
    pub from_password_file: Option<PathBuf>,
    /// A file with the password for --to.
    #[arg(long, value_name = "FILE", requires = "to")]
    pub to_password_file: Option<PathBuf>,
    /// Certificates (PEM) of database servers to trust beside the public ones.
    #[arg(long, value_name = "FILE")]
    pub ca_file: Option<PathBuf>,
    /// Instead of moving: let a store be served again that was moved away, or whose move was broken
    /// off. Only one of the two may ever send.
    #[arg(long, value_name = "STORE", conflicts_with_all = ["from", "to"])]
    pub reopen: Option<String>,
}

#[derive(Args)]
pub(crate) struct BackupArgs {
    /// A new folder, or one that is empty.
    #[arg(value_name = "DIR")]
    pub folder: PathBuf,
}

#[derive(Args)]
pub(crate) struct RestoreArgs {
    /// What `pharos backup` has made.
    #[arg(value_name = "DIR")]
    pub folder: PathBuf,
}

/// What a node does.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, ValueEnum)]
pub(crate) enum Role {
    /// All four roles.
    All,
    /// Recipient pages, reports and campaign pages.
    Web,
    /// The pixel and the tracked links.
    Beacon,
    /// Takes deliveries and hands them to the relay.
    Mailer,
    /// Brings hits into the store.
    Recorder,
}

impl Role {
    /// The word for it on the command line.
    pub(crate) const fn as_str(self) -> &'static str {
        match self {
            Self::All => "all",
            Self::Web => "web",
            Self::Beacon => "beacon",
            Self::Mailer => "mailer",
            Self::Recorder => "recorder",
        }
    }
}

#[derive(Subcommand)]
pub(crate) enum CampaignCommand {
    /// Make a campaign from an announcement file (Markdown or HTML with front matter).
    Create(CreateArgs),
    /// Send the campaign's message to one address, without counting anything.
    TestSend {
        /// The campaign's number, as `campaign status` lists it.
        campaign: CampaignNumber,
        /// The address to send it to; it need not be a contact.
        #[arg(long, value_name = "ADDRESS")]
        to: String,
    },
    /// Write one contact's message to standard output, exactly as it would be sent.
    Preview {
        /// The campaign's number, as `campaign status` lists it.
        campaign: CampaignNumber,
        /// Whose message. Without it, one with sample values.
        #[arg(long, value_name = "ADDRESS")]
        contact: Option<String>,
    },
    /// Begin sending to everyone who is subscribed to the campaign's topic now.
    ///
    /// First the audience is made, which takes a second or two per million contacts; nobody is
    /// mailed before it is complete. The command may be interrupted meanwhile: say it again, or a
    /// running server goes on by itself. The server does the sending; start it with `pharos serve`.
    ///
    /// What the messages are made from is kept now: no other setting and no later release changes
    /// what is sent. The start is refused when a merge tag without a default has a value for
    /// nobody, and when links to this machine would go to real people.
    Start {
        /// The campaign's number, as `campaign status` lists it.
        campaign: CampaignNumber,
        /// Mail links that begin with an address of this machine to real people all the same.
        #[arg(long)]
        links_to_this_machine: bool,
    },
    /// Show how far a campaign is; without a number, all campaigns.
    Status {
        /// The campaign's number, as `campaign status` lists it.
        campaign: Option<CampaignNumber>,
        /// Keep showing it until it is finished.
        #[arg(long, requires = "campaign")]
        watch: bool,
    },
    /// List the people of a campaign whose delivery is in one state, with the reason.
    ///
    /// What is listed is personal data; it goes to standard output and nowhere else.
    Who(WhoArgs),
    /// Send again to people whom the campaign did not reach.
    ///
    /// Says how many they are, and asks. A campaign that had finished is sending again; whoever
    /// has left meanwhile is not mailed.
    Retry(RetryArgs),
    /// Stop before the next message. Every delivery keeps its state.
    Pause {
        /// The campaign's number, as `campaign status` lists it.
        campaign: CampaignNumber,
    },
    /// Go on after a pause.
    Resume {
        /// The campaign's number, as `campaign status` lists it.
        campaign: CampaignNumber,
        /// Make the messages of those who have none yet with the settings and the release of now,
        /// not with those of the start; for a campaign that was started with a wrong address.
        /// Refused when that would number the links otherwise.
        #[arg(long)]
        recompile: bool,
    },
}

#[derive(Args)]
pub(crate) struct CreateArgs {
    /// The announcement: Markdown or HTML with front matter.
    #[arg(long, value_name = "FILE")]
    pub file: PathBuf,
    /// What the campaign is called in lists [default: the announcement's name or subject].
    #[arg(long)]
    pub name: Option<String>,
    /// The topic, if the announcement names none or another is meant.
    #[arg(long, value_name = "SLUG")]
    pub topic: Option<String>,
    /// What to do with messages that a crash leaves in doubt.
    #[arg(long, value_enum, default_value_t = InDoubt::NeverResend)]
    pub in_doubt: InDoubt,
}

#[derive(Clone, Copy, ValueEnum)]
pub(crate) enum InDoubt {
    /// Count them and leave them: nobody gets a second copy.
    NeverResend,
    /// Send again with the same Message-ID.
    Resend,
}

#[derive(Subcommand)]
pub(crate) enum ReportCommand {
    /// Who opened, clicked and left, and how we know.
    Opens {
        /// The campaign's number, as `campaign status` lists it.
        campaign: CampaignNumber,
        /// How to print it.
        #[arg(long, value_enum, default_value_t = Format::Table)]
        format: Format,
    },
}

#[derive(Clone, Copy, ValueEnum)]
pub(crate) enum Format {
    /// Aligned text for a terminal.
    Table,
    /// A single JSON object.
    Json,
    /// One figure a line.
    Csv,
}

#[derive(Subcommand)]
pub(crate) enum KeysCommand {
    /// Put a fresh key in front; links already mailed keep working. Restart the server after it.
    Rotate,
}

#[derive(Args)]
pub(crate) struct DemoArgs {
    /// How many sample contacts to import and mail.
    #[arg(long, default_value_t = 1_000, value_parser = clap::value_parser!(u32).range(1..=100_000))]
    pub contacts: u32,
    /// Let this many simulated readers open, click and leave over real HTTP.
    #[arg(long, default_value_t = 0, value_parser = clap::value_parser!(u32).range(0..=100_000))]
    pub readers: u32,
    /// End when the readers are done, and print the campaign's report as JSON.
    #[arg(long)]
    pub exit: bool,
    /// The folder for everything the demo keeps; must not exist [default: a new temporary one].
    #[arg(long, value_name = "FOLDER")]
    pub folder: Option<PathBuf>,
    /// The port of the inbox and report pages [default: 8027, or a free one].
    #[arg(long, value_name = "PORT")]
    pub port: Option<u16>,
}
