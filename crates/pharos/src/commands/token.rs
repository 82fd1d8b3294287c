//! `pharos token`.

use std::path::Path;

use access::{CreateToken, token_create, token_revoke, tokens_list};
use anyhow::Context as _;
use model::{Right, Timestamp};
use serde_json::{Value, json};
use store::{ApiToken, Topic};

use super::contacts::topic_by_slug;
use crate::cli::{TokenCommand, TokenCreateArgs};
use crate::config::parse_duration;
use crate::installation::{Installation, now};
use crate::telemetry::{note, say};

pub(crate) async fn run(config: &Path, command: TokenCommand) -> anyhow::Result<()> {
    let installation = Installation::open(config).await?;
    match command {
        TokenCommand::Create(args) => create(&installation, args).await,
        TokenCommand::List { all, json } => list(&installation, all, json).await,
        TokenCommand::Revoke { token } => {
            let revoked = token_revoke(&installation.store, &installation.actor, token, now());
            revoked.await.with_context(|| format!("token {token}"))?;
            say(format_args!("Token {token} is revoked."));
            Ok(())
        }
    }
}

async fn create(installation: &Installation, args: TokenCreateArgs) -> anyhow::Result<()> {
    let TokenCreateArgs { name, scopes, topics: slugs, test, expires } = args;
    let mut topics = Vec::new();
    for slug in &slugs {
        topics.push(topic_by_slug(&installation.store, slug).await?);
    }
    let ends_at = match expires {
        None => None,
        Some(text) => {
            let lasts = parse_duration(&text).with_context(|| {
                format!("--expires {text:?} should be a number and a unit, such as 90d")
            })?;
            Some(now().after(lasts))
        }
    };
    let create = CreateToken { name, live: !test, scopes, topics, ends_at, request: None };
    let created = token_create(&installation.store, &installation.actor, create, now()).await?;
    say(created.token.reveal());
    let end = ends_at.map(|end| format!(" It works until {}.", end.readable()));
    note(format_args!(
        "This is token {}. It is shown this once.{}",
        created.id,
        end.unwrap_or_default()
    ));
    Ok(())
}

async fn list(installation: &Installation, all: bool, json: bool) -> anyhow::Result<()> {
    let read = installation.permit(Right::UsersRead)?;
    let mut tokens = tokens_list(&installation.store, &read).await?;
    let now = now();
    tokens.retain(|token| all || state(token, now).is_none());
    let topics = installation.store.topics_list().await?;
    if json {
        let all: Vec<Value> = tokens.iter().map(|token| facts(token, &topics)).collect();
        say(Value::from(all));
        return Ok(());
    }
    if tokens.is_empty() {
        say("No tokens. To create one: pharos token create --name NAME --scope reports:read");
    }
    for token in &tokens {
        let used = token
            .last_used_at
            .map_or("never used".to_owned(), |at| format!("used {}", at.readable()));
        let scopes: Vec<_> = token.scopes.iter().map(|scope| scope.as_str()).collect();
        let slugs = slugs(token, &topics);
        let narrowed =
            if slugs.is_empty() { String::new() } else { format!("  for {}", slugs.join(", ")) };
        let state = state(token, now).map(|state| format!("  {state}")).unwrap_or_default();
        say(format_args!(
            "{:>4}  {}...  {:<24} {used:<27} {}{narrowed}{state}",
            token.id.0,
            token.prefix,
            token.name,
            scopes.join(" ")
        ));
    }
    Ok(())
}

/// Why a token does not work.
fn state(token: &ApiToken, now: Timestamp) -> Option<String> {
    match (token.revoked_at, token.ends_at) {
        (Some(at), _) => Some(format!("revoked {}", at.readable())),
        (None, Some(end)) if end <= now => Some(format!("ended {}", end.readable())),
        _ => None,
    }
}

fn slugs<'t>(token: &ApiToken, topics: &'t [Topic]) -> Vec<&'t str> {
    let known = topics.iter().filter(|topic| token.topics.contains(&topic.id));
    known.map(|topic| topic.slug.as_str()).collect()
}

fn facts(token: &ApiToken, topics: &[Topic]) -> Value {
    let scopes: Vec<_> = token.scopes.iter().map(|scope| scope.as_str()).collect();
    json!({
        "id": token.id.0,
        "name": token.name,
        "prefix": token.prefix,
        "live": token.live,
        "scopes": scopes,
        "topics": slugs(token, topics),
        "owner": token.owner.as_ref().map(|owner| owner.id.0),
        "created_at": token.created_at.rfc3339(),
        "ends_at": token.ends_at.map(Timestamp::rfc3339),
        "last_used_at": token.last_used_at.map(Timestamp::rfc3339),
        "revoked_at": token.revoked_at.map(Timestamp::rfc3339),
    })
}
