//! What the commands do, one file per command.

mod announcement;
mod attributes;
mod audit;
mod backup;
mod campaign;
mod campaign_archive;
mod campaign_check;
mod campaign_draft;
pub(in crate::commands) mod campaign_preview;
mod campaign_schedule;
mod campaign_start;
mod campaign_status;
mod campaign_text;
mod check;
mod confirm;
mod contacts;
mod disclosures;
mod events;
mod forms;
mod init;
mod job;
mod keys;
mod mail_cap;
mod media;
mod message;
mod migrate;
mod password;
mod processors;
mod recipients;
mod reconfirmations;
mod rejects;
mod relay;
mod report;
mod requests;
mod restore;
mod sample;
mod segments;
mod serve;
mod settings;
mod sharing_notices;
mod store_log;
mod tags;
mod token;
mod topic;
mod tracking;
mod upgrade;
mod user;
mod visitor;

use std::path::Path;

use crate::backend::{Backend, Site};
use crate::cli::{Cli, Command};
use crate::{demo, telemetry};

pub(crate) fn run(cli: Cli) -> anyhow::Result<()> {
    let Cli { config, server, command } = cli;
    let site = &Site { config, server };
    match command {
        Command::Init => init::run(site.here("init")?),
        Command::Serve(args) => in_runtime(serve::run(site.here("serve")?, &args)),
        Command::Check => in_runtime(quietly(check::run(site.here("check")?))),
        Command::Upgrade => in_runtime(quietly(upgrade::run(site.here("upgrade")?))),
        Command::Migrate(args) => {
            site.here("migrate")?;
            in_runtime(quietly(migrate::run(args)))
        }
        Command::Backup(args) => in_runtime(quietly(backup::run(site.here("backup")?, args))),
        Command::Restore(args) => in_runtime(quietly(restore::run(site.here("restore")?, args))),
        Command::Contacts(command) => with(site, async |it| contacts::run(it, command).await),
        Command::Attributes(command) => with(site, async |it| attributes::run(it, command).await),
        Command::Forms(command) => with(site, async |it| forms::run(it, command).await),
        Command::Tags(command) => with(site, async |it| tags::run(it, command).await),
        Command::Segments(command) => with(site, async |it| segments::run(it, command).await),
        Command::Job(command) => with(site, async |it| job::run(it, command).await),
        Command::Visitor(command) => with(site, async |it| visitor::run(it, command).await),
        Command::Topic(command) => with(site, async |it| topic::run(it, command).await),
        Command::Announcement(command) => announcement::run(site, command),
        Command::Campaign(command) => with(site, async |it| campaign::run(it, command).await),
        Command::Media(command) => with(site, async |it| media::run(it, command).await),
        Command::Message(command) => with(site, async |it| message::run(it, command).await),
        Command::Relay(command) => with(site, async |it| relay::run(it, command).await),
        Command::Sample(command) => with(site, async |it| sample::run(it, command).await),
        Command::Settings(command) => with(site, async |it| settings::run(it, command).await),
        Command::Tracking(command) => with(site, async |it| tracking::run(it, command).await),
        Command::MailCap(command) => with(site, async |it| mail_cap::run(it, command).await),
        Command::Report(command) => with(site, async |it| report::run(it, command).await),
        Command::Events(command) => with(site, async |it| events::run(it, command).await),
        Command::User(command) => with(site, async |it| user::run(it, command).await),
        Command::Token(command) => with(site, async |it| token::run(it, command).await),
        Command::Audit(command) => with(site, async |it| audit::run(it, command).await),
        Command::Disclosures(command) => with(site, async |it| disclosures::run(it, command).await),
        Command::Processors(command) => with(site, async |it| processors::run(it, command).await),
        Command::Requests(command) => with(site, async |it| requests::run(it, command).await),
        Command::Keys(command) => {
            in_runtime(quietly(keys::run(site.here("keys rotate")?, command)))
        }
        Command::Demo(args) => {
            site.here("demo")?;
            in_runtime(demo::run(args))
        }
    }
}

/// Runs a command of this machine or of a server.
fn with(site: &Site, work: impl AsyncFnOnce(&Backend) -> anyhow::Result<()>) -> anyhow::Result<()> {
    in_runtime(quietly(async {
        let backend = site.open().await?;
        work(&backend).await
    }))
}

fn in_runtime<T>(work: impl Future<Output = anyhow::Result<T>>) -> anyhow::Result<T> {
    let runtime =
        tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build()?;
    let done = runtime.block_on(work);
    // Whatever has not ended within its limit is not waited for: the journals know where it stopped.
    runtime.shutdown_background();
    done
}

/// Commands answer on standard output; the parts they use only log warnings and errors.
async fn quietly<T>(work: impl Future<Output = T>) -> T {
    telemetry::start(tracing::Level::WARN, false);
    work.await
}

/// The name of a file without its folder, for texts that other people may read.
fn file_name(path: &Path) -> String {
    path.file_name().unwrap_or(path.as_os_str()).to_string_lossy().into_owned()
}
