//! API tokens, and whose one's own is.
//!
//! Invariant: a token's text is in the answer that makes it and nowhere else, not even in what is kept
//! for when the request is repeated.

use access::{Actor, CreateToken, TopicScope, token_create, token_revoke_for};
use axum::http::StatusCode;
use model::{ApiTokenId, Right, Timestamp};
use serde::{Deserialize, Serialize};
use store::ApiToken;
use utoipa::ToSchema;

use crate::api::asked::Asked;
use crate::api::list::{ListAsked, list_params};
use crate::api::problem::Problem;
use crate::api::reply::Reply;
use crate::api::test_tokens::is_live;
use crate::api::topic_slugs::TopicSlugs;

list_params! {
    TokensParams {}
}

/// A secret by which a program uses the API.
#[derive(Serialize, ToSchema)]
pub(crate) struct Token {
    #[serde(skip)]
    number: i64,
    #[schema(example = "4")]
    id: String,
    /// What it is for.
    name: String,
    /// How it begins.
    #[schema(example = "ph_live_5cKx")]
    prefix: String,
    /// False: what it sends reaches no relay.
    live: bool,
    #[schema(example = json!(["reports:read"]))]
    scopes: Vec<String>,
    /// The slugs of its topics; empty for those of its owner.
    topics: Vec<String>,
    /// The id of the user who has made it; null for the command line.
    owner: Option<String>,
    #[schema(format = "date-time")]
    created_at: String,
    #[schema(format = "date-time")]
    ends_at: Option<String>,
    /// To the minute.
    #[schema(format = "date-time")]
    last_used_at: Option<String>,
    #[schema(format = "date-time")]
    revoked_at: Option<String>,
}

/// A token to be made.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct NewToken {
    /// What it is for.
    #[schema(min_length = 1, max_length = 120, pattern = r"^[^\u0000\s][^\u0000]*$")]
    name: String,
    /// At least one, of those that the asking token has itself.
    #[schema(min_items = 1, max_items = 22, example = json!(["reports:read"]))]
    scopes: Vec<String>,
    /// Slugs; without any, those of its owner.
    #[serde(default)]
    #[schema(max_items = 1000, example = json!([]))]
    topics: Vec<String>,
    /// False: what it sends reaches no relay. A test token makes test tokens only.
    #[serde(default = "live")]
    #[schema(default = true)]
    live: bool,
    #[serde(default)]
    #[schema(format = "date-time", example = json!(null))]
    ends_at: Option<String>,
}

const fn live() -> bool {
    true
}

/// A token that was made.
#[derive(Serialize, ToSchema)]
pub(crate) struct MadeToken {
    #[schema(example = "4")]
    id: String,
    /// The token itself, once: null when the request is repeated. If it was lost, revoke it and make
    /// another one.
    #[schema(example = "ph_live_5cKxPv…")]
    token: Option<String>,
}

/// A token after it was revoked.
#[derive(Serialize, ToSchema)]
pub(crate) struct RevokedToken {
    #[schema(example = "4")]
    id: String,
    revoked: bool,
}

/// Whose token this is, and what it may do.
#[derive(Serialize, ToSchema)]
pub(crate) struct Me {
    /// The token's id.
    id: Option<String>,
    /// What the token is for.
    name: String,
    /// False: what it sends reaches no relay.
    live: bool,
    /// What it may do at this moment: its scopes, of which its owner has the right.
    scopes: Vec<String>,
    /// The slugs of its topics; null stands for all.
    topics: Option<Vec<String>>,
    /// The id of the user who has made it; null for the command line.
    owner: Option<String>,
}

impl Token {
    fn new(token: ApiToken, slugs: &TopicSlugs) -> Self {
        Self {
            number: token.id.0,
            id: token.id.to_string(),
            name: token.name,
            prefix: token.prefix,
            live: token.live,
            scopes: token.scopes.iter().map(|it| it.as_str().to_owned()).collect(),
            topics: slugs.of(&token.topics),
            owner: token.owner.map(|owner| owner.id.to_string()),
            created_at: token.created_at.rfc3339(),
            ends_at: token.ends_at.map(Timestamp::rfc3339),
            last_used_at: token.last_used_at.map(Timestamp::rfc3339),
            revoked_at: token.revoked_at.map(Timestamp::rfc3339),
        }
    }
}

pub(crate) async fn list(asked: Asked) -> Result<Reply, Problem> {
    let params: TokensParams = asked.query()?;
    let page = ListAsked::new("/api/v1/tokens", &[], params.limit, params.after.as_deref())?;
    let slugs = TopicSlugs::read(asked.store()).await?;
    let tokens = access::tokens_list(asked.store(), asked.permit()?).await?;
    let tokens = tokens.into_iter().map(|it| Token::new(it, &slugs)).collect();
    page.page_by_number(tokens, |it: &Token| it.number)
}

pub(crate) async fn create(asked: Asked) -> Result<Reply, Problem> {
    let new: NewToken = asked.body()?;
    let mut scopes = Vec::with_capacity(new.scopes.len());
    for (index, word) in new.scopes.iter().enumerate() {
        let right = Right::from_word(word).ok_or_else(|| {
            let words = Right::ALL.map(Right::as_str).join(", ");
            Problem::of_field(format!("/scopes/{index}"), "scope", format!("One of: {words}."))
        })?;
        scopes.push(right);
    }
    if new.live && !is_live(&asked) {
        let words = "A test token makes test tokens only: set `live` to false.";
        return Err(Problem::new(StatusCode::FORBIDDEN, "test_token", words));
    }
    let ends_at = new.ends_at.as_deref().map(|text| {
        let words = "A time as in RFC 3339, such as 2027-01-31T12:00:00Z.";
        Timestamp::parse_rfc3339(text)
            .ok_or_else(|| Problem::of_field("/ends_at".to_owned(), "time", words))
    });
    let create = CreateToken {
        name: new.name,
        live: new.live,
        scopes,
        topics: asked.topic_ids(&new.topics).await?,
        ends_at: ends_at.transpose()?,
        request: asked.request.clone(),
    };
    let store = &asked.parts.resources.store;
    let made = token_create(store, &asked.actor, create, asked.at).await?;
    let id = made.id.to_string();
    let path = format!("/api/v1/tokens/{id}");
    let kept = MadeToken { id: id.clone(), token: None };
    let token = Some(made.token.reveal().to_owned());
    Reply::created(&path, &MadeToken { id, token })?.keeping(&kept)
}

/// The answer without the token: it was shown once, or nobody saw it.
pub(crate) async fn created_again(_: Asked, made: Option<String>) -> Result<Reply, Problem> {
    let missing = || Problem::not_found("token_not_found", "There is no token with this id.");
    let id = made.ok_or_else(missing)?;
    Reply::created(&format!("/api/v1/tokens/{id}"), &MadeToken { id, token: None })
}

fn id(asked: &Asked) -> Result<ApiTokenId, Problem> {
    let missing = || Problem::not_found("token_not_found", "There is no token with this id.");
    asked.path("id").parse().map_err(|_| missing())
}

pub(crate) async fn one(asked: Asked) -> Result<Reply, Problem> {
    let id = id(&asked)?;
    let slugs = TopicSlugs::read(asked.store()).await?;
    let tokens = access::tokens_list(asked.store(), asked.permit()?).await?;
    let found = tokens.into_iter().find(|it| it.id == id);
    let missing = || Problem::not_found("token_not_found", "There is no token with this id.");
    Reply::tagged(&Token::new(found.ok_or_else(missing)?, &slugs))
}

pub(crate) async fn revoke(asked: Asked) -> Result<Reply, Problem> {
    let id = id(&asked)?;
    let (store, request) = (&asked.parts.resources.store, asked.request.clone());
    token_revoke_for(store, &asked.actor, id, request, asked.at).await?;
    Reply::of(&RevokedToken { id: id.to_string(), revoked: true })
}

pub(crate) async fn me(asked: Asked) -> Result<Reply, Problem> {
    let record = asked.actor.record();
    let topics = match asked.topics() {
        TopicScope::All => None,
        TopicScope::These(topics) => Some(TopicSlugs::read(asked.store()).await?.of(&topics)),
    };
    let scopes = Right::ALL.into_iter().filter(|right| asked.actor.can(*right));
    let owner = match &asked.actor {
        Actor::Program(program) => program.owner(),
        Actor::User(_) | Actor::System(_) => None,
    };
    Reply::of(&Me {
        id: record.id.map(|id| id.to_string()),
        name: record.name,
        live: is_live(&asked),
        scopes: scopes.map(|right| right.as_str().to_owned()).collect(),
        topics,
        owner: owner.map(|id| id.to_string()),
    })
}
