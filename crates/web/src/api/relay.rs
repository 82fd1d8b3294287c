//! A test of the relay.

use actions::{RelayReport, RelayTestWish};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::api::asked::Asked;
use crate::api::problem::Problem;
use crate::api::reply::Reply;
use crate::api::test_tokens::only_live;

/// Whom a test message is for.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct RelayTest {
    #[schema(example = "you@example.com")]
    to: String,
    /// From whom it comes; otherwise from the return path, or the postmaster of the domain.
    #[serde(default)]
    from: Option<String>,
}

/// What came of a test message.
#[derive(Serialize, ToSchema)]
pub(crate) struct TestedRelay {
    /// Whether the relay has taken it.
    accepted: bool,
    /// The relay’s reply, or what went wrong.
    result: String,
    /// What that means and what to do, in plain words.
    meaning: String,
    took_ms: u64,
    /// Line by line, without passwords.
    conversation: Vec<SaidLine>,
}

/// A line of the conversation.
#[derive(Serialize, ToSchema)]
pub(crate) struct SaidLine {
    /// `pharos`, `relay`, or `note` for what happened between two lines.
    #[schema(example = "relay")]
    of: &'static str,
    #[schema(example = "250 2.0.0 Ok: queued")]
    text: String,
    /// Milliseconds since the line before.
    after_ms: u64,
}

pub(crate) async fn test(asked: Asked) -> Result<Reply, Problem> {
    only_live(&asked)?;
    let RelayTest { to, from } = asked.body()?;
    let wish = RelayTestWish { to, from: from.unwrap_or_default() };
    let report = actions::relay_test(&asked.parts.resources, &asked.call(), wish).await?;
    Reply::of(&told(report))
}

fn told(report: RelayReport) -> TestedRelay {
    let milliseconds = |it: std::time::Duration| u64::try_from(it.as_millis()).unwrap_or(u64::MAX);
    let line = |line: actions::ConversationLine| SaidLine {
        of: line.of.as_str(),
        text: line.text,
        after_ms: milliseconds(line.after),
    };
    TestedRelay {
        accepted: report.is_accepted,
        result: report.result,
        meaning: report.meaning,
        took_ms: milliseconds(report.took),
        conversation: report.conversation.into_iter().map(line).collect(),
    }
}
