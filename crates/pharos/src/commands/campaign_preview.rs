//! `pharos campaign preview` and `test-send`: the message before anyone gets it.

use std::collections::BTreeMap;
use std::io::Write as _;
use std::path::PathBuf;

use actions::{SendFailure, TestWish};
use anyhow::Context as _;
use campaign::ShownValues;
use model::EmailAddress;
use render::Layout;
use serde::Deserialize;
use serde_json::json;

use crate::backend::Backend;
use crate::cli::{PreviewArgs, PreviewPart, TestSendArgs, ValuesArgs};
use crate::remote::RemoteClient;
use crate::telemetry::say;

/// A campaign's message as it can be looked at.
#[derive(Deserialize)]
pub(crate) struct PreviewParts {
    message: String,
    html: String,
    text: String,
}

#[derive(Deserialize)]
struct PublicPreview {
    html: String,
}

impl From<campaign::Preview> for PreviewParts {
    fn from(preview: campaign::Preview) -> Self {
        let message = String::from_utf8_lossy(&preview.message).into_owned();
        Self { message, html: preview.html, text: preview.text }
    }
}

pub(crate) async fn preview(backend: &Backend, args: PreviewArgs) -> anyhow::Result<()> {
    let shown = shown_values(args.values)?;
    let number = args.campaign;
    if args.part == PreviewPart::Public {
        let page = match backend {
            Backend::Local(installation) => {
                let (resources, call) = (installation.resources()?, installation.call());
                let values = &shown.values;
                actions::campaign_public_preview(&resources, &call, number, values).await?
            }
            Backend::Remote(server) => {
                let path = format!("/api/v1/campaigns/{number}/public_page");
                server.look::<PublicPreview>(&path, &pairs(&values_of(&shown))).await?.html
            }
        };
        std::io::stdout().write_all(page.as_bytes())?;
        return Ok(());
    }
    let parts = match backend {
        Backend::Local(installation) => {
            let (resources, call) = (installation.resources()?, installation.call());
            actions::campaign_preview(&resources, &call, number, &shown).await?.into()
        }
        Backend::Remote(server) => {
            looked_at(server, &format!("/api/v1/campaigns/{number}/preview"), &shown).await?
        }
    };
    show(&parts, args.part, args.page)
}

/// A message as a server shows it.
pub(super) async fn looked_at(
    server: &RemoteClient,
    path: &str,
    shown: &ShownValues,
) -> anyhow::Result<PreviewParts> {
    let values = values_of(shown);
    let mut query = pairs(&values);
    query.extend(shown.contact.as_ref().map(|it| ("contact", it.as_str())));
    query.extend(shown.layout.map(|it| ("layout", it.name())));
    Ok(server.look(path, &query).await?)
}

/// Prints a part of a message, or writes the page to look at it with.
pub(super) fn show(
    parts: &PreviewParts,
    part: PreviewPart,
    page: Option<PathBuf>,
) -> anyhow::Result<()> {
    if let Some(path) = page {
        let page = web::preview_page(&parts.html, &parts.text, parts.message.as_bytes())?;
        std::fs::write(&path, page).with_context(|| format!("can't write {}", path.display()))?;
        say(format_args!("Open {} in a browser.", path.display()));
        return Ok(());
    }
    let written = match part {
        PreviewPart::Message | PreviewPart::Public => &parts.message,
        PreviewPart::Html => &parts.html,
        PreviewPart::Text => &parts.text,
    };
    std::io::stdout().write_all(written.as_bytes())?;
    Ok(())
}

fn values_of(shown: &ShownValues) -> Vec<String> {
    shown.values.iter().map(|(name, value)| format!("{name}={value}")).collect()
}

fn pairs(values: &[String]) -> Vec<(&str, &str)> {
    values.iter().map(|value| ("value", value.as_str())).collect()
}

/// What became of a test to one address.
#[derive(Deserialize)]
struct SentTest {
    state: String,
    relay: Option<String>,
    reply: Option<String>,
    inbox: Option<String>,
}

#[derive(Deserialize)]
struct SentTests {
    messages: Vec<SentTest>,
}

pub(crate) async fn test_send(backend: &Backend, args: TestSendArgs) -> anyhow::Result<()> {
    let wish = TestWish { to: args.to, shown: shown_values(args.values)? };
    let (sent, admin) = match backend {
        Backend::Local(installation) => {
            let (resources, call) = (installation.resources()?, installation.call());
            let sent = actions::campaign_test_send(&resources, &call, args.campaign, &wish).await?;
            let admin = format!("http://{}", installation.config.admin.0);
            (sent.into_iter().map(SentTest::from).collect(), admin)
        }
        Backend::Remote(server) => {
            let path = format!("/api/v1/campaigns/{}/test", args.campaign);
            (test_there(server, &path, &wish).await?, server.server().to_string())
        }
    };
    let mut missing = 0;
    for test in sent {
        let (relay, reply) = (test.relay.unwrap_or_default(), test.reply.unwrap_or_default());
        match test.state.as_str() {
            "sent" if relay.is_empty() => {}
            "sent" => say(format_args!("Accepted by {relay}: {reply}")),
            state => {
                missing += 1;
                let failure = match state {
                    "refused" => SendFailure::Refused { relay, reply },
                    "in_doubt" => SendFailure::InDoubt { relay, why: reply },
                    _ => SendFailure::Unreachable { relay, why: reply },
                };
                say(format_args!("Not sent: {failure}"));
                continue;
            }
        }
        match test.inbox {
            Some(number) => say(format_args!("To look at it: {admin}/admin/inbox/{number}")),
            None => say("It is too large for the inbox page."),
        }
    }
    anyhow::ensure!(missing == 0, "not every test was sent");
    Ok(())
}

async fn test_there(
    server: &RemoteClient,
    path: &str,
    wish: &TestWish,
) -> anyhow::Result<Vec<SentTest>> {
    let body = json!({
        "to": wish.to,
        "values": wish.shown.values,
        "contact": wish.shown.contact.as_ref().map(EmailAddress::as_str),
        "layout": wish.shown.layout.map(Layout::name),
    });
    Ok(server.post::<SentTests>(path, &body).await?.messages)
}

impl From<actions::TestSent> for SentTest {
    fn from(test: actions::TestSent) -> Self {
        let (state, relay, reply) = test.told();
        Self {
            state: state.to_owned(),
            relay: relay.map(str::to_owned),
            reply: reply.map(str::to_owned),
            inbox: test.inbox.map(|id| id.to_string()),
        }
    }
}

pub(super) fn shown_values(args: ValuesArgs) -> anyhow::Result<ShownValues> {
    let contact = args.contact.map(|text| {
        EmailAddress::parse(&text).with_context(|| "the address after --contact is not valid")
    });
    let values = named_values(args.values)?;
    Ok(ShownValues { contact: contact.transpose()?, values, layout: args.layout })
}

/// Reads `first_name=Ann`.
pub(in crate::commands) fn named_values(
    pairs: Vec<String>,
) -> anyhow::Result<BTreeMap<String, String>> {
    let mut values = BTreeMap::new();
    for pair in pairs {
        let (name, value) = pair.split_once('=').with_context(|| {
            format!("`--value {pair}` has no `=`; write --value first_name=Ann")
        })?;
        values.insert(name.trim().to_lowercase(), value.to_owned());
    }
    Ok(values)
}
