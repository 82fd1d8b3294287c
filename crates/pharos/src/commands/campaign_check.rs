//! `pharos campaign check`: what would go wrong, for people or as JSON.

use std::io::Write as _;

use campaign::{CheckFinding, Checked};
use indicatif::HumanCount;
use model::CampaignId;
use serde::Serialize;

use crate::installation::Installation;
use crate::telemetry::{counted, say};

pub(crate) async fn run(
    installation: &Installation,
    id: CampaignId,
    json: bool,
) -> anyhow::Result<()> {
    let sender = &installation.config.sender;
    let checked = campaign::check(&installation.store, sender, id).await?;
    if json {
        let mut text = serde_json::to_string_pretty(&CheckedJson::of(&checked))?;
        text.push('\n');
        std::io::stdout().write_all(text.as_bytes())?;
    } else {
        tell(&checked);
    }
    let errors = checked.errors.len() as u64;
    anyhow::ensure!(
        errors == 0,
        "campaign {id} can't be sent as it is: {}",
        counted(errors, "error", "errors")
    );
    Ok(())
}

fn tell(checked: &Checked) {
    for found in &checked.errors {
        say(format_args!("Error: {}", found.text));
    }
    for found in &checked.warnings {
        say(format_args!("Warning: {}", found.text));
    }
    let survey = &checked.survey;
    let count = |contacts: i64| HumanCount(u64::try_from(contacts).unwrap_or(0));
    let links = counted(checked.links.len() as u64, "tracked link", "tracked links");
    let reached = survey.contacts - survey.skipped;
    say(format_args!(
        "{} of {} would get it, with {links}.",
        count(reached),
        counted(u64::try_from(survey.contacts).unwrap_or(0), "contact", "contacts"),
    ));
}

/// The shape of the output; names stay when it grows.
#[derive(Serialize)]
struct CheckedJson<'a> {
    campaign: i64,
    errors: Vec<FindingJson<'a>>,
    warnings: Vec<FindingJson<'a>>,
    links: Vec<LinkJson<'a>>,
    audience: AudienceJson<'a>,
}

#[derive(Serialize)]
struct FindingJson<'a> {
    code: &'a str,
    line: Option<usize>,
    text: &'a str,
}

#[derive(Serialize)]
struct LinkJson<'a> {
    slot: u16,
    label: &'a str,
    url: &'a str,
}

#[derive(Serialize)]
struct AudienceJson<'a> {
    contacts: i64,
    skipped: i64,
    skips: Vec<SkipsJson<'a>>,
    names: Vec<NameJson<'a>>,
}

#[derive(Serialize)]
struct SkipsJson<'a> {
    reason: &'a str,
    contacts: i64,
    sample: Vec<i64>,
}

/// An attribute that the announcement asks for, and how many contacts lack it.
#[derive(Serialize)]
struct NameJson<'a> {
    name: &'a str,
    line: usize,
    lacking: i64,
    has_default: bool,
    is_conditional: bool,
}

impl<'a> CheckedJson<'a> {
    fn of(checked: &'a Checked) -> Self {
        let found = |list: &'a [CheckFinding]| {
            let shape =
                |it: &'a CheckFinding| FindingJson { code: it.code, line: it.line, text: &it.text };
            list.iter().map(shape).collect()
        };
        let links = checked.links.iter();
        let survey = &checked.survey;
        Self {
            campaign: checked.id.0,
            errors: found(&checked.errors),
            warnings: found(&checked.warnings),
            links: links
                .map(|it| LinkJson { slot: it.slot.0, label: &it.label, url: &it.url })
                .collect(),
            audience: AudienceJson {
                contacts: survey.contacts,
                skipped: survey.skipped,
                skips: survey
                    .skips
                    .iter()
                    .map(|it| SkipsJson {
                        reason: &it.reason,
                        contacts: it.contacts,
                        sample: it.sample.iter().map(|contact| contact.0).collect(),
                    })
                    .collect(),
                names: survey
                    .lacking
                    .iter()
                    .map(|it| NameJson {
                        name: &it.tag.name,
                        line: it.tag.line,
                        lacking: it.contacts,
                        has_default: it.tag.has_default,
                        is_conditional: it.tag.is_conditional,
                    })
                    .collect(),
            },
        }
    }
}
