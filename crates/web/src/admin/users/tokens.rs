//! API tokens: one's own, and with the right to see users everybody's.
//!
//! Invariant: a token is shown once, on the answer to the form that makes it, and is kept nowhere.

use std::time::Duration;

use access::{Actor, CreateToken, own_tokens, token_create, token_revoke, tokens_list};
use askama::Template;
use axum::extract::{Path, State};
use axum::http::StatusCode;
use axum::response::Response;
use model::{ApiTokenId, Right, Timestamp};
use store::{ApiToken, Topic};

use crate::admin::page::choice::{Choice, all_topics};
use crate::admin::page::form::{Form, FormProblem, new_key};
use crate::admin::page::message::Message;
use crate::admin::page::problem::PageProblem;
use crate::admin::page::refused::{Refused, wrong};
use crate::admin::page::visitor::SignedIn;
use crate::admin::parts::{AdminFrame, AdminParts};
use crate::admin::users::right_words::right_words;
use crate::admin::users::topic_choice::{TopicChoice, chosen, names};
use crate::clock::now;
use crate::listen::respond;

const PATH: &str = "/admin/tokens";
/// Days after which a token may end; nothing for never.
const ENDS: [(&str, &str); 4] =
    [("30", "in 30 days"), ("90", "in 90 days"), ("365", "in a year"), ("", "never")];
const DAY: Duration = Duration::from_secs(24 * 60 * 60);

#[derive(Template)]
#[template(path = "admin/tokens.html")]
struct TokensPage<'a> {
    frame: AdminFrame,
    key: String,
    lines: Vec<TokenLine>,
    name: &'a str,
    is_test: bool,
    scopes: Vec<Choice>,
    topics: TopicChoice,
    ends: Vec<Choice>,
    problem: Option<FormProblem>,
}

struct TokenLine {
    id: ApiTokenId,
    name: String,
    prefix: String,
    scopes: String,
    topics: String,
    owner: String,
    used: String,
    /// Why it does not work any more.
    over: Option<String>,
    ends: String,
}

#[derive(Template)]
#[template(path = "admin/token_new.html")]
struct NewTokenPage {
    frame: AdminFrame,
    name: String,
    token: String,
}

impl TokenLine {
    fn new(token: ApiToken, topics: &[Topic], at: Timestamp, me: &Actor) -> Self {
        let mine = me.user().map(access::UserActor::id);
        let owner = match token.owner {
            None => "command line".to_owned(),
            Some(owner) if Some(owner.id) == mine => "you".to_owned(),
            Some(owner) => format!("user {}", owner.id),
        };
        let over = match (token.revoked_at, token.ends_at) {
            (Some(at), _) => Some(format!("revoked {}", at.readable())),
            (None, Some(end)) if end <= at => Some(format!("ended {}", end.readable())),
            _ => None,
        };
        let scopes: Vec<&str> = token.scopes.iter().map(|scope| scope.as_str()).collect();
        Self {
            id: token.id,
            name: token.name,
            prefix: token.prefix,
            scopes: scopes.join(", "),
            topics: names(topics, &token.topics),
            owner,
            used: token.last_used_at.map_or("never".to_owned(), Timestamp::readable),
            over,
            ends: token.ends_at.map_or("never".to_owned(), Timestamp::readable),
        }
    }
}

pub(crate) async fn list(signed_in: SignedIn, State(parts): State<AdminParts>) -> Response {
    page(&signed_in, &parts, StatusCode::OK, None).await
}

async fn page(
    signed_in: &SignedIn,
    parts: &AdminParts,
    status: StatusCode,
    again: Option<(&Form, FormProblem)>,
) -> Response {
    match make(signed_in, parts, again).await {
        Ok(page) => respond::page(status, &page),
        Err(problem) => problem.page(&signed_in.visitor),
    }
}

async fn make<'f>(
    signed_in: &SignedIn,
    parts: &AdminParts,
    again: Option<(&'f Form, FormProblem)>,
) -> Result<TokensPage<'f>, PageProblem> {
    let (actor, store) = (Actor::User(signed_in.me.clone()), &parts.accounts.store);
    let tokens = match actor.may(Right::UsersRead, access::Object::Installation) {
        Ok(permit) => tokens_list(store, &permit).await,
        Err(_) => own_tokens(store, &actor).await,
    };
    let tokens = tokens.map_err(PageProblem::failed("listing tokens"))?;
    let (topics, at, scope) = (all_topics(parts).await?, now(), actor.topics());
    let line = |token| TokenLine::new(token, &topics, at, &actor);
    let (form, problem) = again.unzip();
    let ticked = |name: &str, word: &str| form.is_some_and(|it| it.all(name).any(|it| it == word));
    let may = |right: &Right| *right != Right::OwnershipWrite && actor.can(*right);
    let scopes = Right::ALL.into_iter().filter(may).map(|right| Choice {
        word: right.as_str().to_owned(),
        name: right_words(right).to_owned(),
        chosen: ticked("scope", right.as_str()),
    });
    let ends = ENDS.map(|(word, name)| Choice {
        word: word.to_owned(),
        name: name.to_owned(),
        chosen: form.map_or(word == "90", |form| form.text("ends") == word),
    });
    Ok(TokensPage {
        frame: signed_in.visitor.frame("me").below("/admin/me", "My account"),
        key: new_key()?,
        lines: tokens.into_iter().map(line).collect(),
        name: form.map_or("", |form| form.trimmed("name")),
        is_test: ticked("kind", "test"),
        scopes: scopes.collect(),
        topics: match form {
            Some(form) => TopicChoice::again(&topics, &scope, form),
            None => TopicChoice::new(&topics, &scope, &[]),
        },
        ends: ends.into(),
        problem,
    })
}

pub(crate) async fn create(
    signed_in: SignedIn,
    State(parts): State<AdminParts>,
    form: Form,
) -> Response {
    match add(&signed_in, &parts, &form).await {
        Ok(page) => respond::page(StatusCode::OK, &page),
        Err(Refused::Form(status, problem)) => {
            page(&signed_in, &parts, status, Some((&form, problem))).await
        }
        Err(Refused::DoneBefore) => signed_in.visitor.done(PATH, Message::DoneBefore),
        Err(Refused::Page(problem)) => problem.page(&signed_in.visitor),
    }
}

async fn add(
    signed_in: &SignedIn,
    parts: &AdminParts,
    form: &Form,
) -> Result<NewTokenPage, Refused> {
    let at = now();
    let actor = Actor::User(signed_in.me.clone());
    let days = form.text("ends");
    let ends_at = match ENDS.iter().find(|(word, _)| *word == days) {
        Some(("", _)) => None,
        Some((word, _)) => word.parse().ok().map(|days: u32| at.after(DAY * days)),
        None => return Err(wrong("ends", "choose when the token ends")),
    };
    let request = form.once().ok_or_else(|| wrong("", "this form was not one of ours"))?;
    let name = form.trimmed("name").to_owned();
    let create = CreateToken {
        name: name.clone(),
        live: form.text("kind") != "test",
        scopes: form.all("scope").filter_map(Right::from_word).collect(),
        topics: chosen(&all_topics(parts).await?, form)?,
        ends_at,
        request: Some(request),
    };
    let created = token_create(&parts.accounts.store, &actor, create, at).await?;
    let frame = signed_in.visitor.frame("me").below("/admin/me", "My account");
    let token = created.token.reveal().to_owned();
    Ok(NewTokenPage { frame: frame.below(PATH, "Tokens"), name, token })
}

pub(crate) async fn revoke(
    signed_in: SignedIn,
    State(parts): State<AdminParts>,
    Path(id): Path<String>,
) -> Response {
    let actor = Actor::User(signed_in.me.clone());
    // What is no number is no token's.
    let id = ApiTokenId(id.parse().unwrap_or(0));
    match token_revoke(&parts.accounts.store, &actor, id, now()).await {
        Ok(()) => signed_in.visitor.done(PATH, Message::TokenRevoked),
        Err(access::AccessError::RevokedBefore) => {
            signed_in.visitor.done(PATH, Message::DoneBefore)
        }
        Err(why) => match Refused::from(why) {
            Refused::Form(status, problem) => {
                let title = "The token was not revoked";
                crate::admin::parts::notice(
                    signed_in.visitor.frame("me"),
                    status,
                    title,
                    &problem.words,
                )
            }
            Refused::DoneBefore => signed_in.visitor.done(PATH, Message::DoneBefore),
            Refused::Page(problem) => problem.page(&signed_in.visitor),
        },
    }
}
