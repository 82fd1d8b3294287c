//! The command line of `pharos campaign`.

use clap::{Subcommand, ValueEnum};
use model::CampaignNumber;

use super::{
    AudienceArgs, CheckArgs, CreateArgs, ModeOrDefault, PreviewArgs, PublishArgs, RetryArgs,
    ScheduleArgs, TestSendArgs, TextArgs, WhoArgs, WriteArgs,
};

#[derive(Subcommand)]
pub(crate) enum CampaignCommand {
    /// Create a campaign from an announcement file (front matter, then Markdown, HTML or MJML).
    Create(CreateArgs),
    /// Print what a campaign says, as it was saved last.
    Text(TextArgs),
    /// Save a file as a draft's text.
    ///
    /// The pages and the API write the same text. Without --if-revision whatever there is is replaced.
    Write(WriteArgs),
    /// Look for what would go wrong, before anyone gets it.
    ///
    /// Compiles the announcement again and goes through everybody who would get it now: names that
    /// nobody has, who would be skipped and why, size and subject. Then asks others: the servers of its
    /// links and images whether there is something, DNS about the domain it comes from, and a spam
    /// filter if the configuration names one. Private machines are never asked, nor links with a
    /// contact's value in them, nor our own.
    ///
    /// Errors must be mended. Warnings must be mended or accepted before the campaign can start; the
    /// start itself looks at what needs no network. Hints need nothing.
    ///
    /// Exit codes: 0 when nothing is in the way of a start, 1 when there are errors, or warnings that
    /// nobody has accepted.
    Check(CheckArgs),
    /// Send the campaign's message to one address, without counting anything.
    TestSend(TestSendArgs),
    /// Look at one message, with a contact's values or made-up ones.
    Preview(PreviewArgs),
    /// Begin sending to everyone who is subscribed to the campaign's topic now.
    ///
    /// First the audience is built, which takes a second or two per million contacts; nobody is
    /// mailed before it is complete. You may interrupt the command while it runs: run it again, or
    /// let a running server continue. The server does the sending; start it with `pharos serve`.
    ///
    /// What the messages are made from is fixed now: no later setting or release changes what is
    /// sent. The command refuses to start when nobody has a value for a merge tag without a
    /// default, when links to this machine would go to real people, and when the check has warnings
    /// that nobody has accepted.
    Start {
        /// The campaign's number, as `campaign status` lists it.
        campaign: CampaignNumber,
        /// Allow links to this machine in mail to real people.
        #[arg(long)]
        links_to_this_machine: bool,
        /// Accept the warnings there are. They are kept with the campaign.
        #[arg(long)]
        accept: bool,
    },
    /// Let a campaign start by itself at a time.
    ///
    /// It is checked as `start` checks it, and again at its time; what can't be started then is a draft
    /// again, and its status says why. A server must be running at that time; one that comes up to 6
    /// hours later still starts it. Until its time it can be scheduled anew or taken back.
    Schedule(ScheduleArgs),
    /// Make a scheduled campaign a draft again.
    TakeBack {
        /// The campaign's number, as `campaign status` lists it.
        campaign: CampaignNumber,
    },
    /// Send a draft to the subscribers of another topic.
    SetTopic {
        /// The campaign's number, as `campaign status` lists it.
        campaign: CampaignNumber,
        /// The topic, as `topic list` lists it.
        #[arg(value_name = "SLUG")]
        topic: String,
    },
    /// Send a draft to segments of the people who are subscribed; without any, to all of them again.
    SetAudience {
        /// The campaign's number, as `campaign status` lists it.
        campaign: CampaignNumber,
        #[command(flatten)]
        audience: AudienceArgs,
    },
    /// Set the most that a campaign records of views and clicks, whatever its readers have said.
    ///
    /// It acts at once, while the campaign is being sent and after it: less is recorded from the next
    /// message and the next hit on. What was recorded before stays.
    Tracking {
        /// The campaign's number, as `campaign status` lists it.
        campaign: CampaignNumber,
        #[arg(value_enum)]
        mode: ModeOrDefault,
    },
    /// Have a campaign go to people however many mails they have had, as a notice that the law asks for has to.
    ///
    /// `pharos mail-cap show` says how many that are. What it sends counts for other campaigns.
    Cap {
        /// The campaign's number, as `campaign status` lists it.
        campaign: CampaignNumber,
        #[arg(value_enum)]
        cap: CapOfCampaign,
    },
    /// Delete a draft.
    ///
    /// Its text is kept as a version of its announcement, from which `campaign create` makes a draft
    /// again; its test messages go. What has been sent can't be deleted: its figures are what happened.
    Delete {
        /// The campaign's number, as `campaign status` lists it.
        campaign: CampaignNumber,
    },
    /// Show the progress of a campaign; without a number, of all campaigns.
    Status {
        /// The campaign's number, as `campaign status` lists it.
        campaign: Option<CampaignNumber>,
        /// Keep watching until it is finished.
        #[arg(long, requires = "campaign")]
        watch: bool,
    },
    /// List the people of a campaign whose delivery is in one state, with the reason.
    ///
    /// The list is personal data; it goes to standard output and nowhere else.
    Who(WhoArgs),
    /// Send again to people whom the campaign did not reach.
    ///
    /// Says how many they are, and asks. A finished campaign starts sending again; people who have
    /// left in the meantime are not mailed.
    Retry(RetryArgs),
    /// Publish a campaign on a page that everybody may read, without anybody's data.
    ///
    /// The page is made from the announcement as today's settings compile it, and stays as it is.
    /// Links lead straight to their targets, and nobody is counted. If it is published already, its
    /// page is made anew.
    Publish(PublishArgs),
    /// Take a campaign's public page back.
    Withdraw {
        /// The campaign's number, as `campaign status` lists it.
        campaign: CampaignNumber,
    },
    /// Stop before the next message. Every delivery keeps its state.
    Pause {
        /// The campaign's number, as `campaign status` lists it.
        campaign: CampaignNumber,
    },
    /// Resume a paused campaign.
    Resume {
        /// The campaign's number, as `campaign status` lists it.
        campaign: CampaignNumber,
        /// Make the messages that are still to be sent with the current settings and release, not
        /// with those at the start; for a campaign that was started with a wrong address. Refused
        /// when that would renumber the links.
        #[arg(long)]
        recompile: bool,
    },
}

/// Whether a campaign keeps to the cap on mails.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum CapOfCampaign {
    /// It leaves out whoever has had so many mails.
    Keep,
    /// It goes to them all the same.
    Ignore,
}
