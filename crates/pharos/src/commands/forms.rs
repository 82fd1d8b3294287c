//! `pharos forms`: forms by which people join.

use actions::FormWish;
use anyhow::Context as _;
use serde::Deserialize;
use serde_json::{Map, Value, json};

use crate::backend::Backend;
use crate::cli::{FormSetArgs, FormsCommand, YesOrNo};
use crate::remote::segment;
use crate::telemetry::say;

/// A form as `forms list` shows it.
#[derive(Deserialize)]
struct ToldForm {
    name: String,
    title: String,
    topics: Vec<String>,
    fields: Vec<ToldFormField>,
    notice: String,
    notice_version: i64,
    language: Option<String>,
    redirect: Option<String>,
    origins: Vec<String>,
    asks_age: bool,
    open: bool,
}

#[derive(Deserialize)]
struct ToldFormField {
    attribute: String,
    required: bool,
}

#[derive(Deserialize)]
struct ToldFormDetail {
    form: ToldForm,
    address: String,
    html: String,
    waiting: i64,
}

#[derive(Deserialize)]
struct ToldEnd {
    changed: bool,
}

impl ToldForm {
    fn new(it: store::JoinForm, topics: &[store::Topic]) -> Self {
        let slug = |id| topics.iter().find(|topic| topic.id == id).map(|topic| topic.slug.clone());
        let field = |it: store::FormField| ToldFormField {
            attribute: it.attribute,
            required: it.is_required,
        };
        Self {
            topics: it.topics.into_iter().filter_map(slug).collect(),
            fields: it.fields.into_iter().map(field).collect(),
            name: it.name,
            title: it.title,
            notice: it.notice,
            notice_version: it.notice_version,
            language: it.language,
            redirect: it.redirect,
            origins: it.origins,
            asks_age: it.asks_age,
            open: it.is_open,
        }
    }
}

pub(crate) async fn run(backend: &Backend, command: FormsCommand) -> anyhow::Result<()> {
    match command {
        FormsCommand::List => list(backend).await?.iter().for_each(|it| {
            let closed = if it.open { "" } else { " (closed)" };
            say(format_args!("{:<24}{}{closed}: {}", it.name, it.title, it.topics.join(", ")));
        }),
        FormsCommand::Show { name, html } => {
            let found = show(backend, &name).await?;
            match html {
                true => say(found.html.trim_end()),
                false => tell(&found),
            }
        }
        FormsCommand::Set(args) => {
            let form = set(backend, *args).await?;
            say(format_args!(
                "The form {} is open. Its notice is version {}.",
                form.name, form.notice_version
            ));
        }
        FormsCommand::Close { name } => match close(backend, &name).await? {
            true => say(format_args!("The form {name} is closed.")),
            false => say(format_args!("The form {name} was closed.")),
        },
        FormsCommand::Remove { name } => {
            remove(backend, &name).await?;
            say(format_args!("The form {name} is removed, with what waited to be confirmed."));
        }
    }
    Ok(())
}

fn tell(found: &ToldFormDetail) {
    let form = &found.form;
    let or_none = |texts: &[String]| match texts.is_empty() {
        true => "none".to_owned(),
        false => texts.join(", "),
    };
    let fields: Vec<String> = form
        .fields
        .iter()
        .map(|it| match it.required {
            true => it.attribute.clone(),
            false => format!("{} (optional)", it.attribute),
        })
        .collect();
    let mut asked = or_none(&fields);
    if form.asks_age {
        asked.push_str(", and month and year of birth");
    }
    let state = if form.open { "open" } else { "closed" };
    say(format_args!("{} ({state})", form.title));
    say(format_args!("Address:   {}", found.address));
    say(format_args!("Topics:    {}", or_none(&form.topics)));
    say(format_args!("Asks for:  {asked}"));
    say(format_args!("Language:  {}", form.language.as_deref().unwrap_or("the reader’s")));
    say(format_args!("Leads to:  {}", form.redirect.as_deref().unwrap_or("a page of ours")));
    say(format_args!("Sites:     {}", or_none(&form.origins)));
    say(format_args!("Waiting:   {} not confirmed yet", found.waiting));
    say(format_args!("Notice, version {}:", form.notice_version));
    form.notice.lines().for_each(|line| say(format_args!("  {line}")));
}

async fn list(backend: &Backend) -> anyhow::Result<Vec<ToldForm>> {
    let installation = match backend {
        Backend::Local(installation) => installation,
        Backend::Remote(server) => return Ok(server.all("/api/v1/forms").await?),
    };
    let (resources, call) = (installation.resources()?, installation.call());
    let topics = installation.store.topics_list().await?;
    let forms = actions::forms(&resources, &call).await?;
    Ok(forms.into_iter().map(|it| ToldForm::new(it, &topics)).collect())
}

async fn show(backend: &Backend, name: &str) -> anyhow::Result<ToldFormDetail> {
    let installation = match backend {
        Backend::Local(installation) => installation,
        Backend::Remote(server) => {
            return Ok(server.get(&format!("/api/v1/forms/{}", segment(name))).await?);
        }
    };
    let (resources, call) = (installation.resources()?, installation.call());
    let found = actions::form(&resources, &call, name).await?;
    Ok(ToldFormDetail {
        form: ToldForm::new(found.shown.form, &found.shown.topics),
        address: found.address,
        html: found.html,
        waiting: found.waiting,
    })
}

async fn set(backend: &Backend, args: FormSetArgs) -> anyhow::Result<ToldForm> {
    let (name, wish) = wished(args)?;
    let installation = match backend {
        Backend::Local(installation) => installation,
        Backend::Remote(server) => {
            let path = format!("/api/v1/forms/{}", segment(&name));
            return Ok(server.put(&path, &body(wish)).await?);
        }
    };
    let (resources, call) = (installation.resources()?, installation.call());
    let form = actions::form_set(&resources, &call, &name, wish).await?;
    let topics = installation.store.topics_list().await?;
    Ok(ToldForm::new(form, &topics))
}

fn wished(args: FormSetArgs) -> anyhow::Result<(String, FormWish)> {
    let notice = match args.notice_file {
        Some(path) => {
            let read = std::fs::read_to_string(&path);
            Some(read.with_context(|| format!("can't read the notice {}", path.display()))?)
        }
        None => args.notice,
    };
    let required = args.requires.into_iter().map(|name| (name, true));
    let fields: Vec<_> = required.chain(args.asks.into_iter().map(|name| (name, false))).collect();
    let origins: Vec<String> = args.origins.iter().filter(|it| !it.is_empty()).cloned().collect();
    let wish = FormWish {
        title: args.title,
        topics: (!args.topics.is_empty()).then_some(args.topics),
        fields: (args.ask_nothing || !fields.is_empty()).then_some(fields),
        notice,
        language: args.language,
        redirect: args.redirect,
        origins: (!args.origins.is_empty()).then_some(origins),
        asks_age: args.asks_age.map(|it| matches!(it, YesOrNo::Yes)),
        is_open: None,
    };
    Ok((args.name, wish))
}

/// What is left out is as before.
fn body(wish: FormWish) -> Value {
    let fields = wish.fields.map(|fields| {
        let field = |(attribute, required)| json!({ "attribute": attribute, "required": required });
        fields.into_iter().map(field).collect::<Vec<_>>()
    });
    let all = [
        ("title", wish.title.map(Value::from)),
        ("topics", wish.topics.map(Value::from)),
        ("fields", fields.map(Value::from)),
        ("notice", wish.notice.map(Value::from)),
        ("language", wish.language.map(Value::from)),
        ("redirect", wish.redirect.map(Value::from)),
        ("origins", wish.origins.map(Value::from)),
        ("asks_age", wish.asks_age.map(Value::from)),
    ];
    let named = all.into_iter().filter_map(|(name, value)| Some((name.to_owned(), value?)));
    Value::Object(named.collect::<Map<_, _>>())
}

async fn close(backend: &Backend, name: &str) -> anyhow::Result<bool> {
    let installation = match backend {
        Backend::Local(installation) => installation,
        Backend::Remote(server) => {
            let path = format!("/api/v1/forms/{}/close", segment(name));
            return Ok(server.post::<ToldEnd>(&path, &Value::Null).await?.changed);
        }
    };
    let (resources, call) = (installation.resources()?, installation.call());
    Ok(actions::form_close(&resources, &call, name).await?)
}

async fn remove(backend: &Backend, name: &str) -> anyhow::Result<()> {
    match backend {
        Backend::Local(installation) => {
            let (resources, call) = (installation.resources()?, installation.call());
            actions::form_remove(&resources, &call, name).await?;
        }
        Backend::Remote(server) => {
            let path = format!("/api/v1/forms/{}/remove", segment(name));
            server.post::<Value>(&path, &Value::Null).await?;
        }
    }
    Ok(())
}
