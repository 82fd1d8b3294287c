//! `pharos token`.

use access::{CreateToken, token_create, token_revoke, tokens_list};
use anyhow::Context as _;
use model::{ApiTokenId, Right, Timestamp};
use serde::Deserialize;
use serde_json::{Value, json};

use super::contacts::topic_by_slug;
use crate::backend::Backend;
use crate::cli::{TokenCommand, TokenCreateArgs};
use crate::config::parse_duration;
use crate::installation::{Installation, now};
use crate::remote::{RemoteClient, maybe_time, number, time};
use crate::telemetry::{note, say};

/// A token as `token list` shows it.
#[derive(Deserialize)]
struct TokenLine {
    #[serde(deserialize_with = "number")]
    id: i64,
    name: String,
    prefix: String,
    live: bool,
    scopes: Vec<String>,
    /// Slugs, in their order.
    topics: Vec<String>,
    /// The id of the user who has made it.
    owner: Option<String>,
    #[serde(deserialize_with = "time")]
    created_at: Timestamp,
    #[serde(deserialize_with = "maybe_time")]
    ends_at: Option<Timestamp>,
    #[serde(deserialize_with = "maybe_time")]
    last_used_at: Option<Timestamp>,
    #[serde(deserialize_with = "maybe_time")]
    revoked_at: Option<Timestamp>,
}

#[derive(Deserialize)]
struct TokenMade {
    id: String,
    /// Null when the answer was lost.
    token: Option<String>,
}

#[derive(Deserialize)]
struct TokenRevoked {}

pub(crate) async fn run(backend: &Backend, command: TokenCommand) -> anyhow::Result<()> {
    match command {
        TokenCommand::Create(args) => create(backend, args).await,
        TokenCommand::List { all, json } => {
            let mut tokens = match backend {
                Backend::Local(installation) => tokens_here(installation).await?,
                Backend::Remote(server) => tokens_there(server).await?,
            };
            let now = now();
            tokens.retain(|token| all || state(token, now).is_none());
            tell(&tokens, now, json);
            Ok(())
        }
        TokenCommand::Revoke { token } => {
            revoke(backend, token).await.with_context(|| format!("token {token}"))?;
            say(format_args!("Token {token} is revoked."));
            Ok(())
        }
    }
}

async fn create(backend: &Backend, args: TokenCreateArgs) -> anyhow::Result<()> {
    let ends_at = match &args.expires {
        None => None,
        Some(text) => {
            let lasts = parse_duration(text).with_context(|| {
                format!("--expires {text:?} should be a number and a unit, such as 90d")
            })?;
            Some(now().after(lasts))
        }
    };
    let (id, token) = match backend {
        Backend::Local(installation) => create_here(installation, args, ends_at).await?,
        Backend::Remote(server) => create_there(server, args, ends_at).await?,
    };
    say(token);
    let end = ends_at.map(|end| format!(" It works until {}.", end.readable()));
    note(format_args!("This is token {id}. It is shown this once.{}", end.unwrap_or_default()));
    Ok(())
}

/// Its number and its text.
async fn create_here(
    installation: &Installation,
    args: TokenCreateArgs,
    ends_at: Option<Timestamp>,
) -> anyhow::Result<(String, String)> {
    let TokenCreateArgs { name, scopes, topics: slugs, test, .. } = args;
    let mut topics = Vec::new();
    for slug in &slugs {
        topics.push(topic_by_slug(&installation.store, slug).await?);
    }
    let create = CreateToken { name, live: !test, scopes, topics, ends_at, request: None };
    let created = token_create(&installation.store, &installation.actor, create, now()).await?;
    Ok((created.id.to_string(), created.token.reveal().to_owned()))
}

async fn create_there(
    server: &RemoteClient,
    args: TokenCreateArgs,
    ends_at: Option<Timestamp>,
) -> anyhow::Result<(String, String)> {
    let scopes: Vec<&str> = args.scopes.iter().map(|scope| scope.as_str()).collect();
    let body = json!({
        "name": args.name,
        "live": !args.test,
        "scopes": scopes,
        "topics": args.topics,
        "ends_at": ends_at.map(Timestamp::rfc3339),
    });
    let TokenMade { id, token } = server.post("/api/v1/tokens", &body).await?;
    let token = token.with_context(|| {
        format!(
            "token {id} was made, but its text was lost with the answer; revoke it, and make another \
             one: pharos token revoke {id}"
        )
    })?;
    Ok((id, token))
}

async fn revoke(backend: &Backend, token: ApiTokenId) -> anyhow::Result<()> {
    match backend {
        Backend::Local(installation) => {
            token_revoke(&installation.store, &installation.actor, token, now()).await?;
        }
        Backend::Remote(server) => {
            let path = format!("/api/v1/tokens/{token}/revoke");
            server.post::<TokenRevoked>(&path, &Value::Null).await?;
        }
    }
    Ok(())
}

async fn tokens_here(installation: &Installation) -> anyhow::Result<Vec<TokenLine>> {
    let read = installation.permit(Right::UsersRead)?;
    let tokens = tokens_list(&installation.store, &read).await?;
    let topics = installation.store.topics_list().await?;
    let line = |token: store::ApiToken| {
        let known = topics.iter().filter(|topic| token.topics.contains(&topic.id));
        TokenLine {
            id: token.id.0,
            topics: known.map(|topic| topic.slug.clone()).collect(),
            name: token.name,
            prefix: token.prefix,
            live: token.live,
            scopes: token.scopes.iter().map(|scope| scope.as_str().to_owned()).collect(),
            owner: token.owner.map(|owner| owner.id.to_string()),
            created_at: token.created_at,
            ends_at: token.ends_at,
            last_used_at: token.last_used_at,
            revoked_at: token.revoked_at,
        }
    };
    Ok(tokens.into_iter().map(line).collect())
}

async fn tokens_there(server: &RemoteClient) -> anyhow::Result<Vec<TokenLine>> {
    let mut tokens: Vec<TokenLine> = server.all("/api/v1/tokens").await?;
    tokens.iter_mut().for_each(|token| token.topics.sort_unstable());
    Ok(tokens)
}

fn tell(tokens: &[TokenLine], now: Timestamp, json: bool) {
    if json {
        let all: Vec<Value> = tokens.iter().map(facts).collect();
        return say(Value::from(all));
    }
    if tokens.is_empty() {
        say("No tokens. To create one: pharos token create --name NAME --scope reports:read");
    }
    for token in tokens {
        let used = token
            .last_used_at
            .map_or("never used".to_owned(), |at| format!("used {}", at.readable()));
        let narrowed = match token.topics.is_empty() {
            true => String::new(),
            false => format!("  for {}", token.topics.join(", ")),
        };
        let state = state(token, now).map(|state| format!("  {state}")).unwrap_or_default();
        let (id, prefix, name) = (token.id, &token.prefix, &token.name);
        let scopes = token.scopes.join(" ");
        say(format_args!("{id:>4}  {prefix}...  {name:<24} {used:<27} {scopes}{narrowed}{state}"));
    }
}

/// Why a token does not work.
fn state(token: &TokenLine, now: Timestamp) -> Option<String> {
    match (token.revoked_at, token.ends_at) {
        (Some(at), _) => Some(format!("revoked {}", at.readable())),
        (None, Some(end)) if end <= now => Some(format!("ended {}", end.readable())),
        _ => None,
    }
}

fn facts(token: &TokenLine) -> Value {
    json!({
        "id": token.id,
        "name": token.name,
        "prefix": token.prefix,
        "live": token.live,
        "scopes": token.scopes,
        "topics": token.topics,
        "owner": token.owner.as_deref().and_then(|owner| owner.parse::<i64>().ok()),
        "created_at": token.created_at.rfc3339(),
        "ends_at": token.ends_at.map(Timestamp::rfc3339),
        "last_used_at": token.last_used_at.map(Timestamp::rfc3339),
        "revoked_at": token.revoked_at.map(Timestamp::rfc3339),
    })
}
