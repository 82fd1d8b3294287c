//! `pharos attributes`: what the values of attributes are.

use actions::AttributeWish;
use serde::Deserialize;
use serde_json::{Value, json};

use super::job::{self, JobLine};
use crate::backend::Backend;
use crate::cli::{AttributeSetArgs, AttributesCommand};
use crate::remote::segment;
use crate::telemetry::say;

/// An attribute as `attributes list` shows it.
#[derive(Deserialize)]
struct ToldAttribute {
    name: String,
    kind: String,
    choices: Vec<String>,
    label: String,
}

#[derive(Deserialize)]
struct ToldDeclaration {
    job: Option<String>,
}

pub(crate) async fn run(backend: &Backend, command: AttributesCommand) -> anyhow::Result<()> {
    match command {
        AttributesCommand::List => {
            list(backend).await?.iter().for_each(tell);
            Ok(())
        }
        AttributesCommand::Set(args) => set(backend, args).await,
        AttributesCommand::Remove { name } => {
            remove(backend, &name).await?;
            say(format_args!("The values of {name} are free texts."));
            Ok(())
        }
    }
}

async fn list(backend: &Backend) -> anyhow::Result<Vec<ToldAttribute>> {
    let installation = match backend {
        Backend::Local(installation) => installation,
        Backend::Remote(server) => return Ok(server.all("/api/v1/attributes").await?),
    };
    let (resources, call) = (installation.resources()?, installation.call());
    let declared = actions::attributes(&resources, &call).await?;
    let told = declared.into_iter().map(|it| ToldAttribute {
        kind: it.kind.as_str().to_owned(),
        choices: it.kind.choices().to_vec(),
        name: it.name,
        label: it.label,
    });
    let mut told: Vec<ToldAttribute> = told.collect();
    told.sort_by(|one, other| one.name.cmp(&other.name));
    Ok(told)
}

fn tell(it: &ToldAttribute) {
    let kind = it.kind.replace('_', "-");
    let line = format!("{:<24}{kind:<11}{}", it.name, it.label);
    match it.choices.is_empty() {
        true => say(line.trim_end()),
        false => say(format_args!("{line} ({})", it.choices.join(", "))),
    }
}

async fn set(backend: &Backend, args: AttributeSetArgs) -> anyhow::Result<()> {
    let AttributeSetArgs { name, kind, choices, label, position, dry_run, as_job } = args;
    let wish = AttributeWish { kind, choices, label, position };
    let id = match backend {
        Backend::Local(installation) => {
            let (resources, call) = (installation.resources()?, installation.call());
            let set = actions::attribute_set(&resources, &call, &name, wish, dry_run).await?;
            set.map(|id| id.0)
        }
        Backend::Remote(server) => {
            let AttributeWish { kind, choices, label, position } = wish;
            let mut body = json!({ "kind": kind, "choices": choices, "dry_run": dry_run });
            body["label"] = label.map_or(Value::Null, Value::from);
            body["position"] = position.map_or(Value::Null, Value::from);
            let path = format!("/api/v1/attributes/{}", segment(&name));
            let set: ToldDeclaration = server.put(&path, &body).await?;
            set.job.map(|id| id.parse()).transpose()?
        }
    };
    match dry_run {
        true => say("Nothing is declared."),
        false => say(format_args!("The attribute {name} is declared.")),
    }
    let Some(id) = id else { return Ok(()) };
    if as_job {
        job::tell_queued(&id.to_string());
        return Ok(());
    }
    let done: JobLine = job::gone_on(backend, id).await?;
    done.tell_figures();
    anyhow::ensure!(done.is_done(), "{}", done.why_it_ended());
    Ok(())
}

async fn remove(backend: &Backend, name: &str) -> anyhow::Result<()> {
    match backend {
        Backend::Local(installation) => {
            let (resources, call) = (installation.resources()?, installation.call());
            actions::attribute_remove(&resources, &call, name).await?;
        }
        Backend::Remote(server) => {
            let path = format!("/api/v1/attributes/{}/remove", segment(name));
            server.post::<Value>(&path, &Value::Null).await?;
        }
    }
    Ok(())
}
