//! A campaign's message to a few addresses, before anybody gets it.

use std::collections::BTreeMap;

use actions::{TestSent, TestWish, campaign_test_send};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::api::asked::Asked;
use crate::api::previews::shown;
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
    /// The address of a contact whose attributes it shows.
    #[serde(default)]
    contact: Option<String>,
    /// A layout, instead of the announcement’s.
    #[serde(default)]
    layout: Option<String>,
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
    /// Its host and port; null when none was asked.
    #[schema(example = "mail.aurora.example:587")]
    relay: Option<String>,
    /// What the relay has said, or what went wrong.
    #[schema(example = "250 2.0.0 Ok: queued")]
    reply: Option<String>,
    /// Its number in the inbox; null when it was not sent, or is too large.
    #[schema(example = "12")]
    inbox: Option<String>,
}

impl From<TestSent> for SentTest {
    fn from(test: TestSent) -> Self {
        let (state, relay, reply) = test.told();
        Self {
            state,
            relay: relay.map(str::to_owned),
            reply: reply.map(str::to_owned),
            inbox: test.inbox.map(|id| id.to_string()),
        }
    }
}

pub(crate) async fn send(asked: Asked) -> Result<Reply, Problem> {
    let NewTest { to, values, contact, layout } = asked.body()?;
    let shown = shown(contact.as_deref(), layout.as_deref(), values)?;
    let wish = TestWish { to, shown };
    let number = asked.campaign()?.id.number();
    let sent = campaign_test_send(&asked.parts.resources, &asked.call(), number, &wish).await?;
    let messages = sent.into_iter().map(SentTest::from).collect();
    Reply::of(&SentTests { messages, test: !is_live(&asked) })
}
