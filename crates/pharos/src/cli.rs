//! The command line. `commands` gives it meaning.

mod access;
mod announcement;
mod attributes;
mod campaign;
mod contacts;
mod contacts_bulk;
mod create;
mod disclosures;
mod events;
mod forms;
mod import;
mod job;
mod mail_cap;
mod media;
mod message;
mod moving;
mod preview;
mod recipients;
mod relay;
mod removal;
mod report;
mod schedule;
mod segments;
mod server;
mod settings;
mod tags;
mod text;
mod topic;
mod tracking;
mod visitor;

use std::path::PathBuf;

use clap::{Args, Parser, Subcommand, ValueEnum};
use model::CampaignNumber;

pub(crate) use access::{
    AuditCommand, AuditListArgs, TokenCommand, TokenCreateArgs, UserAddArgs, UserCommand,
    UserPasswordArgs,
};
pub(crate) use announcement::{
    AnnouncementAddArgs, AnnouncementCommand, AnnouncementPreviewArgs, AnnouncementWriteArgs,
    BlocksArgs, DiffArgs, FieldArgs,
};
pub(crate) use attributes::{AttributeSetArgs, AttributesCommand};
pub(crate) use campaign::{CampaignCommand, CapOfCampaign};
pub(crate) use contacts::{
    AddContactArgs, ContactSharingArgs, ContactTrackingArgs, ContactsCommand, ContactsFilter,
    EditContactArgs, MailedOnly, ProofFormat, TagArgs,
};
pub(crate) use contacts_bulk::{BulkArgs, BulkWord, MergeArgs};
pub(crate) use create::{AudienceArgs, CreateArgs, InDoubt};
pub(crate) use disclosures::{
    DisclosureArgs, DisclosuresCommand, NoticeAnnounceArgs, NoticesCommand, ProcessorSetArgs,
    ProcessorsCommand, RequestsCommand,
};
pub(crate) use events::{
    EventsCommand, EventsExportArgs, EventsFilter, FileFormat, FollowArgs, LineFormat,
};
pub(crate) use forms::{FormSetArgs, FormsCommand, YesOrNo};
pub(crate) use import::{Everyone, ImportArgs};
pub(crate) use job::JobCommand;
pub(crate) use mail_cap::{MailCapCommand, MailCapSetArgs};
pub(crate) use media::{MediaAddArgs, MediaCommand, MediaRemoveArgs};
pub(crate) use message::{MessageCommand, MessageListArgs, MessageSendArgs};
pub(crate) use moving::{BackupArgs, MigrateArgs, RestoreArgs};
pub(crate) use preview::{PreviewArgs, PreviewPart, PublishArgs, TestSendArgs, ValuesArgs};
pub(crate) use recipients::{RetryArgs, WhoArgs};
pub(crate) use relay::{RelayCommand, RelayTestArgs, SampleCommand};
pub(crate) use removal::{
    EraseArgs, SuppressArgs, SuppressReason, UnsubscribeArgs, UnsuppressArgs,
};
pub(crate) use report::{
    NewReportScheduleArgs, ReportCommand, ReportContactsArgs, ReportScheduleCommand,
};
pub(crate) use schedule::ScheduleArgs;
pub(crate) use segments::{SegmentSetArgs, SegmentsCommand};
pub(crate) use server::ServerArgs;
pub(crate) use settings::{SettingsCommand, SettingsSetArgs};
pub(crate) use tags::TagsCommand;
pub(crate) use text::{TextArgs, WriteArgs};
pub(crate) use topic::{ArchiveState, ReconfirmArgs, TopicCommand};
pub(crate) use tracking::{Mode, ModeOrDefault, Preset, TrackingCommand, TrackingSetArgs};
pub(crate) use visitor::{VisitorCommand, VisitorCutArgs, VisitorRemoveArgs};

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
/// The same commands work on a server elsewhere: pharos --server URL --token-file FILE ...
///
/// Exit codes: 0 success, 1 failure, 2 invalid command line.
#[derive(Parser)]
#[command(version, verbatim_doc_comment, max_term_width = 100)]
pub(crate) struct Cli {
    /// Use this configuration file.
    #[arg(long, global = true, default_value = "pharos.toml", value_name = "FILE")]
    pub config: PathBuf,
    #[command(flatten)]
    pub server: ServerArgs,
    #[command(subcommand)]
    pub command: Command,
}

#[derive(Subcommand)]
pub(crate) enum Command {
    /// Write an annotated configuration and create the keys.
    ///
    /// Nothing that exists is overwritten.
    Init,
    /// Run the server: beacon, recipient pages, reports and mailer
    ///
    /// On SIGTERM or Ctrl-C it finishes what is under way within `shutdown_timeout`; a second signal
    /// stops it at once. Either way nothing is lost: every hit it has answered and every message it
    /// has sent is on disk.
    ///
    /// In a cluster (`store` and `bus` in the configuration point to PostgreSQL and Redis) each node
    /// runs any of these roles:
    ///
    ///   web       recipient pages, reports and campaign pages
    ///   beacon    the pixel and the tracked links
    ///   mailer    claims deliveries and hands them to the relay
    ///   recorder  records hits in the store
    #[command(verbatim_doc_comment)]
    Serve(ServeArgs),
    /// Check that everything is in place before you start the server.
    ///
    /// Looks at the configuration, the keys, the data folder and its disk, the database, Redis, the
    /// relay, the names in public addresses and the clock. Changes nothing. The exit code is 1 when
    /// something must be fixed.
    Check,
    /// Upgrade the store to this release's schema.
    ///
    /// `pharos serve` does the same when it starts; every other command refuses a store of an older
    /// release, because that release may still be running on it. Use this to choose the time of the
    /// upgrade yourself, for instance before the first node of a cluster gets the new release:
    /// servers of the previous release keep working during the upgrade and after it. It can't be
    /// undone: an older release won't open the upgraded store. Make a backup first.
    Upgrade,
    /// Move a whole installation to another store, such as from SQLite to PostgreSQL or back
    ///
    /// Stop the servers first. As soon as the move begins, the old store refuses every change, even from
    /// commands that are already running. You can interrupt the move at any time; the same command
    /// resumes it. At the end both stores are read again to prove that every table has the same rows
    /// with the same checksum. Then set `store` in the configuration to the new one. Keys and journals
    /// stay in the data folders. The old store is left unchanged, and no server starts on it any more.
    ///
    ///   pharos migrate --from sqlite:pharos-data/pharos.sqlite --to postgres://pharos@db/pharos
    #[command(verbatim_doc_comment)]
    Migrate(MigrateArgs),
    /// Copy the whole installation into a folder, whether or not the server is running.
    ///
    /// Copies the store as of one moment, the keys, the configuration, and whatever the journals
    /// hold that the store does not have yet. The folder gets its name once it is complete. Only
    /// its owner can read it, because it holds the keys and everybody's address. `pharos restore`
    /// puts it back.
    ///
    /// A store on PostgreSQL is copied with `pg_dump`; the command then says what else to copy.
    Backup(BackupArgs),
    /// Restore a backup to a place that has no installation.
    ///
    /// Overwrites nothing. The backup does not know who was mailed after it was made, so every
    /// campaign that was starting or being sent is paused; the command says how many people may get
    /// each message twice if you resume it.
    ///
    /// Uses the configuration that `--config` names if it exists, otherwise the one in the backup.
    Restore(RestoreArgs),
    /// Import, show, export and remove contacts.
    #[command(subcommand)]
    Contacts(ContactsCommand),
    /// What the values of contacts’ attributes are: text, number, date, one of a list ...
    #[command(subcommand)]
    Attributes(AttributesCommand),
    /// Forms by which people join, confirming it by a link that is mailed to them.
    #[command(subcommand)]
    Forms(FormsCommand),
    /// Words by which contacts are found again: list, rename and remove them.
    #[command(subcommand)]
    Tags(TagsCommand),
    /// Groups of contacts by rules: whom each means, how many that are, and some of them.
    #[command(subcommand)]
    Segments(SegmentsCommand),
    /// Browsers whose identifier a visitor has quoted: show what is kept of one, remove it, or cut it from
    /// a contact.
    #[command(subcommand)]
    Visitor(VisitorCommand),
    /// What may be recorded of views and clicks, for everybody.
    #[command(subcommand)]
    Tracking(TrackingCommand),
    /// How many campaign mails a contact gets at most.
    #[command(subcommand, name = "mail-cap")]
    MailCap(MailCapCommand),
    /// List topics, name them, and open their archives.
    #[command(subcommand)]
    Topic(TopicCommand),
    /// Who sends and over which relay, as far as the configuration file leaves it out.
    #[command(subcommand)]
    Settings(SettingsCommand),
    /// Layouts, blocks and versions of announcements.
    #[command(subcommand)]
    Announcement(AnnouncementCommand),
    /// Create, test, send and watch campaigns.
    #[command(subcommand)]
    Campaign(CampaignCommand),
    /// Send one announcement to one address, and see what became of it.
    #[command(subcommand)]
    Message(MessageCommand),
    /// Keep the pictures and files that announcements use.
    #[command(subcommand)]
    Media(MediaCommand),
    /// Long work that servers do: how far it is, and what it has rejected.
    #[command(subcommand)]
    Job(JobCommand),
    /// Test the relay.
    #[command(subcommand)]
    Relay(RelayCommand),
    /// Sample data for a first look.
    #[command(subcommand)]
    Sample(SampleCommand),
    /// Show campaign reports.
    #[command(subcommand)]
    Report(ReportCommand),
    /// Every view and click for other programs: follow them, or write them to a file.
    #[command(subcommand)]
    Events(EventsCommand),
    /// Look after the people who work with Pharos: add and disable them, set roles and passwords.
    #[command(subcommand)]
    User(UserCommand),
    /// Look after the tokens by which programs use the API.
    #[command(subcommand)]
    Token(TokenCommand),
    /// See who did what, and that nobody has changed the record of it.
    #[command(subcommand)]
    Audit(AuditCommand),
    /// To whom personal data has left, and that nobody has changed the record of it.
    #[command(subcommand)]
    Disclosures(DisclosuresCommand),
    /// Who may get personal data, and for what.
    #[command(subcommand)]
    Processors(ProcessorsCommand),
    /// What people ask about their data, with the time by which it must be answered.
    #[command(subcommand)]
    Requests(RequestsCommand),
    /// Manage the keys that sign links.
    #[command(subcommand)]
    Keys(KeysCommand),
    /// See Pharos at work on this machine, with no other service.
    ///
    /// Imports sample contacts, sends them a sample release notice over SMTP to an inbox inside
    /// Pharos, and keeps running so that you can read the mail and watch the report change.
    Demo(DemoArgs),
}

#[derive(Args)]
pub(crate) struct ServeArgs {
    /// The roles of this node.
    #[arg(long, value_enum, value_delimiter = ',', default_value = "all", value_name = "ROLE,...")]
    pub role: Vec<Role>,
}

/// A part of Pharos that a node runs.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, ValueEnum)]
pub(crate) enum Role {
    /// All four roles.
    All,
    /// Recipient pages, reports and campaign pages.
    Web,
    /// The pixel and the tracked links.
    Beacon,
    /// Claims deliveries and hands them to the relay.
    Mailer,
    /// Records hits in the store.
    Recorder,
}

impl Role {
    /// The role as it is written on the command line.
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

#[derive(Args)]
pub(crate) struct CheckArgs {
    /// The campaign's number, as `campaign status` lists it.
    pub campaign: CampaignNumber,
    /// Write JSON, for programs.
    #[arg(long)]
    pub json: bool,
    /// Ask nobody else: no servers of links and images, no DNS, no spam filter.
    #[arg(long)]
    pub offline: bool,
    /// Accept all warnings that are shown, so that the campaign can start in spite of them. What was
    /// accepted, and when, is kept with the campaign.
    #[arg(long)]
    pub accept: bool,
}

#[derive(Clone, Copy, ValueEnum)]
pub(crate) enum Format {
    /// Aligned text for a terminal.
    Table,
    /// A single JSON object.
    Json,
    /// One figure per line.
    Csv,
}

#[derive(Subcommand)]
pub(crate) enum KeysCommand {
    /// Create a new key to sign with; links already mailed keep working. Restart the server
    /// afterwards.
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
    /// The folder for everything the demo keeps; it must not exist [default: a new temporary one].
    #[arg(long, value_name = "FOLDER")]
    pub folder: Option<PathBuf>,
    /// The port of the inbox and report pages [default: 8027, or a free one].
    #[arg(long, value_name = "PORT")]
    pub port: Option<u16>,
}
