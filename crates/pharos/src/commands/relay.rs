//! `pharos relay test`: one real message, and what is said.

use actions::{LineOf, RelayTestWish};
use serde::Deserialize;
use serde_json::json;

use crate::backend::Backend;
use crate::cli::{RelayCommand, RelayTestArgs};
use crate::telemetry::say;

/// What came of a test message.
#[derive(Deserialize)]
struct TestedRelay {
    accepted: bool,
    result: String,
    meaning: String,
    conversation: Vec<SaidLine>,
}

#[derive(Deserialize)]
struct SaidLine {
    of: String,
    text: String,
    after_ms: u128,
}

pub(crate) async fn run(backend: &Backend, command: RelayCommand) -> anyhow::Result<()> {
    match command {
        RelayCommand::Test(args) => test(backend, args).await,
    }
}

async fn test(backend: &Backend, args: RelayTestArgs) -> anyhow::Result<()> {
    let report = match backend {
        Backend::Local(installation) => {
            let wish = RelayTestWish { to: args.to, from: args.from.unwrap_or_default() };
            let (resources, call) = (installation.resources()?, installation.call());
            actions::relay_test(&resources, &call, wish).await?.into()
        }
        Backend::Remote(server) => {
            let body = json!({ "to": args.to, "from": args.from });
            server.post::<TestedRelay>("/api/v1/system/relay_test", &body).await?
        }
    };
    tell(&report);
    anyhow::ensure!(report.accepted, "{}\n{}", report.result, report.meaning);
    let mut letters = report.result.chars();
    let first = letters.next().map(char::to_uppercase).into_iter().flatten();
    say(first.chain(letters).collect::<String>());
    say(report.meaning);
    Ok(())
}

impl From<actions::RelayReport> for TestedRelay {
    fn from(report: actions::RelayReport) -> Self {
        let line = |line: actions::ConversationLine| SaidLine {
            of: line.of.as_str().to_owned(),
            text: line.text,
            after_ms: line.after.as_millis(),
        };
        Self {
            accepted: report.is_accepted,
            result: report.result,
            meaning: report.meaning,
            conversation: report.conversation.into_iter().map(line).collect(),
        }
    }
}

fn tell(report: &TestedRelay) {
    for line in &report.conversation {
        let whose = match line.of.as_str() {
            of if of == LineOf::Pharos.as_str() => ">",
            of if of == LineOf::Relay.as_str() => "<",
            _ => "*",
        };
        say(format_args!("{:>7} ms  {whose} {}", line.after_ms, line.text));
    }
}
