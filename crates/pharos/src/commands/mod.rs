//! What the commands do, one file per command.

mod announcement;
mod audit;
mod backup;
mod campaign;
mod campaign_archive;
mod campaign_check;
pub(in crate::commands) mod campaign_preview;
mod campaign_schedule;
mod campaign_text;
mod check;
mod confirm;
mod contacts;
mod init;
mod job;
mod keys;
mod media;
mod migrate;
mod password;
mod recipients;
mod rejects;
mod relay;
mod report;
mod restore;
mod sample;
mod serve;
mod token;
mod topic;
mod upgrade;
mod user;

use std::path::Path;

use crate::cli::{Cli, Command};
use crate::{demo, telemetry};

pub(crate) fn run(cli: Cli) -> anyhow::Result<()> {
    let config = cli.config.as_path();
    match cli.command {
        Command::Init => init::run(config),
        Command::Serve(args) => in_runtime(serve::run(config, &args)),
        Command::Check => in_runtime(quietly(check::run(config))),
        Command::Upgrade => in_runtime(quietly(upgrade::run(config))),
        Command::Migrate(args) => in_runtime(quietly(migrate::run(args))),
        Command::Backup(args) => in_runtime(quietly(backup::run(config, args))),
        Command::Restore(args) => in_runtime(quietly(restore::run(config, args))),
        Command::Contacts(command) => in_runtime(quietly(contacts::run(config, command))),
        Command::Job(command) => in_runtime(quietly(job::run(config, command))),
        Command::Topic(command) => in_runtime(quietly(topic::run(config, command))),
        Command::Announcement(command) => announcement::run(config, command),
        Command::Campaign(command) => in_runtime(quietly(campaign::run(config, command))),
        Command::Media(command) => in_runtime(quietly(media::run(config, command))),
        Command::Relay(command) => in_runtime(quietly(relay::run(config, command))),
        Command::Sample(command) => in_runtime(quietly(sample::run(config, command))),
        Command::Report(command) => in_runtime(quietly(report::run(config, command))),
        Command::User(command) => in_runtime(quietly(user::run(config, command))),
        Command::Token(command) => in_runtime(quietly(token::run(config, command))),
        Command::Audit(command) => in_runtime(quietly(audit::run(config, command))),
        Command::Keys(command) => in_runtime(quietly(keys::run(config, command))),
        Command::Demo(args) => in_runtime(demo::run(args)),
    }
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
