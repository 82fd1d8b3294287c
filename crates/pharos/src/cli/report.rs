//! `pharos report`.

use std::path::PathBuf;

use clap::{Args, Subcommand};
use model::{CampaignNumber, ReportScheduleId};

use super::{DisclosureArgs, Format};

#[derive(Subcommand)]
pub(crate) enum ReportCommand {
    /// Who opened, clicked and left, and how we know.
    Opens {
        /// The campaign's number, as `campaign status` lists it.
        campaign: CampaignNumber,
        /// The output format.
        #[arg(long, value_enum, default_value_t = Format::Table)]
        format: Format,
        /// Judge hits by this rule set instead of the one in use; `report rules` lists them.
        #[arg(long, value_name = "VERSION")]
        rules: Option<String>,
    },
    /// The contacts behind the figures: who opened, clicked, left, or did not get it.
    ///
    /// Whoever was erased since, or wanted forgotten what they did, is counted in reports and not listed.
    Contacts(ReportContactsArgs),
    /// A campaign by receiving domains: who refuses, and who opens everything by itself.
    ///
    /// The 20 largest, the others together; the total is the report's. Looks at every delivery.
    Domains {
        /// The campaign's number, as `campaign status` lists it.
        campaign: CampaignNumber,
        /// Judge hits by this rule set instead of the one in use.
        #[arg(long, value_name = "VERSION")]
        rules: Option<String>,
        /// The output format.
        #[arg(long, value_enum, default_value_t = Format::Table)]
        format: Format,
    },
    /// When a campaign was viewed and clicked: by hours since sending, and by the hour of the day.
    Hours {
        /// The campaign's number, as `campaign status` lists it.
        campaign: CampaignNumber,
        /// The time zone of the day, such as Europe/Madrid; contacts have none of their own.
        #[arg(long, value_name = "ZONE", default_value = "UTC")]
        zone: String,
        /// The output format.
        #[arg(long, value_enum, default_value_t = Format::Table)]
        format: Format,
    },
    /// Make a link by which outsiders read the report; it is shown once.
    ///
    /// It shows headline, funnel, hours, links and domains, and no person: counts are rounded to tens, and
    /// nothing under ten is told.
    Share {
        /// The campaign's number, as `campaign status` lists it.
        campaign: CampaignNumber,
        /// Whom it is for.
        #[arg(long = "for", value_name = "NAME", default_value = "")]
        name: String,
        /// Days for which it is good.
        #[arg(long, default_value_t = 30, value_parser = clap::value_parser!(u32).range(1..=365))]
        days: u32,
    },
    /// List the links by which outsiders read the report.
    Shares {
        /// The campaign's number, as `campaign status` lists it.
        campaign: CampaignNumber,
    },
    /// Have reports mailed at set times, or some time after a campaign is sent.
    #[command(subcommand)]
    Schedule(ReportScheduleCommand),
    /// Revoke such a link for good.
    Unshare {
        /// The campaign's number, as `campaign status` lists it.
        campaign: CampaignNumber,
        /// The link's number, as `report shares` lists it.
        link: i64,
    },
    /// Campaigns beside each other in one table, by one rule set.
    Compare {
        /// Their numbers, at most 10, as `campaign status` lists them.
        #[arg(required = true)]
        campaigns: Vec<CampaignNumber>,
        /// Judge hits by this rule set instead of the one in use.
        #[arg(long, value_name = "VERSION")]
        rules: Option<String>,
        /// The output format.
        #[arg(long, value_enum, default_value_t = Format::Table)]
        format: Format,
    },
    /// A topic’s campaigns in the order of their start, the latest 100.
    Topic {
        /// The topic's short name, as `topic list` lists it.
        topic: String,
        /// Only those that were started on this day (UTC) or later, such as 2026-01-01.
        #[arg(long, value_name = "DATE")]
        since: Option<String>,
        /// Judge hits by this rule set instead of the one in use.
        #[arg(long, value_name = "VERSION")]
        rules: Option<String>,
        /// The output format.
        #[arg(long, value_enum, default_value_t = Format::Table)]
        format: Format,
    },
    /// What was seen in a contact’s views and clicks of a campaign, and why it counts as what.
    Explain {
        /// The campaign's number, as `campaign status` lists it.
        #[arg(required_unless_present = "event")]
        campaign: Option<CampaignNumber>,
        /// The contact's address.
        #[arg(required_unless_present = "event")]
        address: Option<String>,
        /// One view or click instead, by its id in `pharos events`.
        #[arg(long, value_name = "ID", conflicts_with_all = ["campaign", "address"])]
        event: Option<String>,
        /// Judge by this rule set instead of the one in use.
        #[arg(long, value_name = "VERSION")]
        rules: Option<String>,
    },
    /// Show the full network address of one view or click, as long as it is kept (`tracking show`).
    ///
    /// Who looked, and at which event, is in the audit log.
    Address {
        /// The event's id in `pharos events`.
        event: String,
    },
    /// What the store takes on disk by kind, and what it will take: estimates.
    ///
    /// By views, clicks and deliveries of the last 28 days, and by how long what is kept.
    Storage {
        /// The output format.
        #[arg(long, value_enum, default_value_t = Format::Table)]
        format: Format,
    },
    /// List the rule sets, and what each says of what is seen in hits.
    Rules {
        /// Of this version alone, every line with its source.
        version: Option<String>,
    },
    /// Have every report made by another rule set, of what was counted before as well.
    ///
    /// Shows for each campaign what changes. Nothing is lost: figures by the other rule sets can be had with
    /// `report opens --rules`.
    Reclassify {
        /// The version of the rule set.
        #[arg(long, value_name = "VERSION")]
        rules: String,
        /// Show what would change, and change nothing.
        #[arg(long)]
        dry_run: bool,
    },
}

#[derive(Subcommand)]
pub(crate) enum ReportScheduleCommand {
    /// Have a report mailed to users who may read it.
    Add(NewReportScheduleArgs),
    /// List the reports that are mailed, and what became of the latest mails.
    List,
    /// Have a report mailed no more.
    Remove {
        /// Its number, as `report schedule list` lists it.
        schedule: ReportScheduleId,
    },
}

#[derive(Args)]
#[command(group(clap::ArgGroup::new("about").required(true).args(["campaign", "topic", "compare"])))]
pub(crate) struct NewReportScheduleArgs {
    /// The campaign's number, as `campaign status` lists it.
    #[arg(long)]
    pub(crate) campaign: Option<CampaignNumber>,
    /// Or a topic's campaigns, by its short name.
    #[arg(long)]
    pub(crate) topic: Option<String>,
    /// Or campaigns beside each other, at most 10.
    #[arg(long, num_args = 1.., value_name = "CAMPAIGN")]
    pub(crate) compare: Vec<CampaignNumber>,
    /// `daily 9`, `weekly mon 9`, `monthly 1 9` (the last number is the hour), or `24h after sending`.
    #[arg(long)]
    pub(crate) times: String,
    /// The time zone of the hour, such as Europe/Madrid.
    #[arg(long, value_name = "ZONE", default_value = "UTC")]
    pub(crate) zone: String,
    /// The address of a user; may be said up to 10 times.
    #[arg(long, required = true, value_name = "ADDRESS")]
    pub(crate) to: Vec<String>,
}

#[derive(Args)]
pub(crate) struct ReportContactsArgs {
    /// The campaign's number, as `campaign status` lists it.
    pub(crate) campaign: CampaignNumber,
    /// What they did: opened, clicked, not-opened, unsubscribed, machines or not-delivered.
    #[arg(long, value_name = "WHAT")]
    pub(crate) did: String,
    /// Of those who opened or clicked: whoever may have, instead of who certainly has.
    #[arg(long)]
    pub(crate) at_most: bool,
    /// Of those who clicked: who followed the link with this number, from 0 in reading order.
    #[arg(long, value_name = "NUMBER")]
    pub(crate) link: Option<u16>,
    /// Judge hits by this rule set instead of the one in use; `report rules` lists them.
    #[arg(long, value_name = "VERSION")]
    pub(crate) rules: Option<String>,
    /// How many to list at most.
    #[arg(long, default_value_t = 50, value_parser = clap::value_parser!(u32).range(1..=100_000))]
    pub(crate) limit: u32,
    /// Write all of them to this file as CSV instead; that, and by whom, is in the audit log.
    #[arg(long, value_name = "FILE", conflicts_with = "limit")]
    pub(crate) to: Option<PathBuf>,
    #[command(flatten)]
    pub(crate) disclosure: DisclosureArgs,
}
