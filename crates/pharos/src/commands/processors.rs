//! `pharos processors`.

use actions::ProcessorWish;
use serde::Deserialize;
use serde_json::{Value, json};

use crate::backend::Backend;
use crate::cli::{ProcessorSetArgs, ProcessorsCommand};
use crate::remote::segment;
use crate::telemetry::{note, say};

/// A recipient as a server tells it.
#[derive(Deserialize)]
struct ToldProcessor {
    name: String,
    country: String,
    basis: String,
    purposes: Vec<String>,
    fields: Vec<String>,
}

pub(crate) async fn run(backend: &Backend, command: ProcessorsCommand) -> anyhow::Result<()> {
    match command {
        ProcessorsCommand::List => list(backend).await,
        ProcessorsCommand::Set(args) => {
            let name = args.name.trim().to_owned();
            set(backend, args).await?;
            say(format_args!("{name} may get what was said, for what was said, and nothing else."));
            Ok(())
        }
        ProcessorsCommand::Remove { name } => {
            remove(backend, &name).await?;
            say(format_args!("{} gets nothing any more.", name.trim()));
            Ok(())
        }
    }
}

async fn list(backend: &Backend) -> anyhow::Result<()> {
    let mut all: Vec<ToldProcessor> = match backend {
        Backend::Local(installation) => {
            let (resources, call) = (installation.resources()?, installation.call());
            let found = actions::processors(&resources, &call).await?;
            let told = found.into_iter().map(|it| ToldProcessor {
                basis: it.basis.as_str().to_owned(),
                fields: it.fields.iter().map(|field| field.as_str().to_owned()).collect(),
                name: it.name,
                country: it.country,
                purposes: it.purposes,
            });
            told.collect()
        }
        Backend::Remote(server) => server.all("/api/v1/processors").await?,
    };
    all.sort_by(|one, other| one.name.cmp(&other.name));
    if all.is_empty() {
        note("Nobody but you gets personal data. To register a recipient: pharos processors set");
    }
    for ToldProcessor { name, country, basis, purposes, fields } in all {
        let (purposes, fields) = (purposes.join(", "), fields.join(", "));
        say(format_args!("{name:<30} {country}  {basis:<16} for {purposes}: {fields}"));
    }
    Ok(())
}

async fn set(backend: &Backend, args: ProcessorSetArgs) -> anyhow::Result<()> {
    let ProcessorSetArgs { name, country, basis, purposes, fields } = args;
    match backend {
        Backend::Local(installation) => {
            let (resources, call) = (installation.resources()?, installation.call());
            let wish = ProcessorWish { name, country, basis, purposes, fields };
            actions::processor_set(&resources, &call, wish).await?;
        }
        Backend::Remote(server) => {
            let path = format!("/api/v1/processors/{}", segment(&name));
            let body = json!({
                "country": country, "basis": basis, "purposes": purposes, "fields": fields,
            });
            server.put::<Value>(&path, &body).await?;
        }
    }
    Ok(())
}

async fn remove(backend: &Backend, name: &str) -> anyhow::Result<()> {
    match backend {
        Backend::Local(installation) => {
            let (resources, call) = (installation.resources()?, installation.call());
            actions::processor_remove(&resources, &call, name).await?;
        }
        Backend::Remote(server) => {
            let path = format!("/api/v1/processors/{}/remove", segment(name));
            server.post::<Value>(&path, &Value::Null).await?;
        }
    }
    Ok(())
}
