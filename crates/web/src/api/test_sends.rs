//! A campaign's message to a few addresses, before anybody gets it.

use std::collections::BTreeMap;

use actions::{SendFailure, TestSent, TestWish, campaign_test_send};
use campaign::ShownValues;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::api::asked::Asked;
use crate::api::problem::Problem;
use crate::api::reply::Reply;
use crate::api::test_tokens::is_live;

/// To whom a test goes, and what it shows.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct NewTest {
    /// They need not be contacts’.
    #[schema(min_items = 1, max_items = 10, example = json!(["you@aurora.example"]))]
    to: Vec<String>,
    /// Attributes by name, instead of made-up ones. An empty one says that there is none.
    #[serde(default)]
    values: BTreeMap<String, String>,
}

/// What became of a test, in the order of the addresses.
#[derive(Serialize, ToSchema)]
pub(crate) struct SentTests {
    messages: Vec<SentTest>,
    /// Sent with a test token: no relay has got it, and it is only in the inbox.
    test: bool,
}

#[derive(Serialize, ToSchema)]
pub(crate) struct SentTest {
    /// sent, refused, unreachable or `in_doubt`; there may be more.
    #[schema(example = "sent")]
    state: &'static str,
    /// What the relay has said, or what went wrong.
    #[schema(example = "250 2.0.0 Ok: queued")]
    reply: Option<String>,
    /// Its number in the inbox; null when it was not sent, or is too large.
    #[schema(example = "12")]
    inbox: Option<String>,
}

impl From<TestSent> for SentTest {
    fn from(test: TestSent) -> Self {
        let (state, reply) = match test.reply {
            None => ("sent", None),
            Some(Ok(reply)) => ("sent", Some(reply.text)),
            Some(Err(SendFailure::Refused { reply, .. })) => ("refused", Some(reply)),
            Some(Err(SendFailure::Unreachable { why, .. })) => ("unreachable", Some(why)),
            Some(Err(SendFailure::InDoubt { why, .. })) => ("in_doubt", Some(why)),
        };
        Self { state, reply, inbox: test.inbox.map(|id| id.to_string()) }
    }
}

pub(crate) async fn send(asked: Asked) -> Result<Reply, Problem> {
    let NewTest { to, values } = asked.body()?;
    let wish = TestWish { to, shown: ShownValues { values, ..ShownValues::default() } };
    let number = asked.campaign()?.id.number();
    let sent = campaign_test_send(&asked.parts.resources, &asked.call(), number, &wish).await?;
    let messages = sent.into_iter().map(SentTest::from).collect();
    Reply::of(&SentTests { messages, test: !is_live(&asked) })
}
