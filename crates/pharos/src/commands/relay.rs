//! `pharos relay test`: one real message, and what is said.

use std::path::Path;

use actions::{LineOf, RelayReport, RelayTestWish};

use crate::cli::{RelayCommand, RelayTestArgs};
use crate::installation::Installation;
use crate::telemetry::say;

pub(crate) async fn run(config: &Path, command: RelayCommand) -> anyhow::Result<()> {
    let installation = Installation::open(config).await?;
    match command {
        RelayCommand::Test(args) => test(&installation, args).await,
    }
}

async fn test(installation: &Installation, args: RelayTestArgs) -> anyhow::Result<()> {
    let wish = RelayTestWish { to: args.to, from: args.from.unwrap_or_default() };
    let (resources, call) = (installation.resources()?, installation.call());
    let report = actions::relay_test(&resources, &call, wish).await?;
    tell(&report);
    anyhow::ensure!(report.is_accepted, "{}\n{}", report.result, report.meaning);
    let mut letters = report.result.chars();
    let first = letters.next().map(char::to_uppercase).into_iter().flatten();
    say(first.chain(letters).collect::<String>());
    say(report.meaning);
    Ok(())
}

fn tell(report: &RelayReport) {
    for line in &report.conversation {
        let whose = match line.of {
            LineOf::Pharos => ">",
            LineOf::Relay => "<",
            LineOf::Note => "*",
        };
        say(format_args!("{:>7} ms  {whose} {}", line.after.as_millis(), line.text));
    }
}
