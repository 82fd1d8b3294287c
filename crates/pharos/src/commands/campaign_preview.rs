//! `pharos campaign preview` and `test-send`: the message before anyone gets it.

use std::collections::BTreeMap;
use std::io::Write as _;

use actions::{RelayReply, TestWish};
use anyhow::Context as _;
use campaign::{MessageSources, ShownValues};
use model::EmailAddress;

use crate::cli::{PreviewArgs, PreviewPart, TestSendArgs, ValuesArgs};
use crate::installation::{Installation, now};
use crate::telemetry::say;

pub(crate) async fn preview(installation: &Installation, args: PreviewArgs) -> anyhow::Result<()> {
    let id = installation.campaign(args.campaign).await?;
    let shown = shown_values(args.values)?;
    let Installation { store, config, keys, .. } = installation;
    if args.part == PreviewPart::Public {
        let page = campaign::public_page(store, &config.sender, id, &shown.values).await?;
        std::io::stdout().write_all(page.as_bytes())?;
        return Ok(());
    }
    let files = installation.files()?;
    let sources = MessageSources { store, sender: &config.sender, keys, files: &files };
    let preview = campaign::preview(&sources, id, &shown, now()).await?;
    if let Some(path) = args.page {
        let page = web::preview_page(&preview.html, &preview.text, &preview.message)?;
        std::fs::write(&path, page).with_context(|| format!("can't write {}", path.display()))?;
        say(format_args!("Open {} in a browser.", path.display()));
        return Ok(());
    }
    let written = match args.part {
        PreviewPart::Message | PreviewPart::Public => preview.message,
        PreviewPart::Html => preview.html.into_bytes(),
        PreviewPart::Text => preview.text.into_bytes(),
    };
    std::io::stdout().write_all(&written)?;
    Ok(())
}

pub(crate) async fn test_send(
    installation: &Installation,
    args: TestSendArgs,
) -> anyhow::Result<()> {
    let (resources, call) = (installation.resources()?, installation.call());
    let wish = TestWish { to: args.to, shown: shown_values(args.values)? };
    let sent = actions::campaign_test_send(&resources, &call, args.campaign, &wish).await?;
    let admin = installation.config.admin.0;
    let mut missing = 0;
    for test in sent {
        match test.reply {
            Some(Ok(RelayReply { relay, text })) => {
                say(format_args!("Accepted by {relay}: {text}"));
            }
            Some(Err(failure)) => {
                missing += 1;
                say(format_args!("Not sent: {failure}"));
                continue;
            }
            None => {}
        }
        match test.inbox {
            Some(number) => {
                say(format_args!("To look at it: http://{admin}/admin/inbox/{number}"));
            }
            None => say("It is too large for the inbox page."),
        }
    }
    anyhow::ensure!(missing == 0, "not every test was sent");
    Ok(())
}

fn shown_values(args: ValuesArgs) -> anyhow::Result<ShownValues> {
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
