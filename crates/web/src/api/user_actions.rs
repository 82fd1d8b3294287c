//! What is done with users.
//!
//! Invariant: the link by which somebody chooses a password is in the answer that makes it and nowhere
//! else, not even in what is kept for when the request is repeated.

use access::{
    AddUser, AddedUser, Permit, SecretText, user_add, user_disable, user_enable, user_invite,
    user_role_set, user_second_factor_reset, user_session_end, user_sessions, user_sessions_end,
    user_topics_set,
};
use actions::{LinkMail, MailedLink};
use model::{EmailAddress, Role, SessionId, Timestamp, UserId};
use serde::{Deserialize, Serialize};
use store::{ListedSession, Store};
use utoipa::{IntoParams, ToSchema};

use crate::api::asked::Asked;
use crate::api::list::{ListAsked, list_params};
use crate::api::problem::Problem;
use crate::api::reply::Reply;
use crate::api::users;

list_params! {
    SessionsParams {}
}

/// Somebody to be invited.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct NewUser {
    #[schema(format = "email", example = "sam@aurora.example")]
    email: String,
    /// It stands in lists and in the audit log.
    #[schema(min_length = 1, max_length = 120, pattern = r"^[^\u0000\s][^\u0000]*$")]
    name: String,
    /// None with rights that the token does not have; owners are made by owners.
    #[schema(
        pattern = "^(owner|administrator|marketer|author|reporter|auditor)$",
        example = "reporter"
    )]
    role: String,
    /// Slugs; without any, all topics.
    #[serde(default)]
    #[schema(max_items = 1000, example = json!([]))]
    topics: Vec<String>,
    /// Mail them the link, too. It leads to `admin.url`, which has to be set for that.
    #[serde(default)]
    mail: bool,
}

/// What is done with a link.
#[derive(Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(crate) struct LinkAsked {
    /// Mail it to them, too. It leads to `admin.url`, which has to be set for that.
    #[serde(default)]
    mail: bool,
}

/// A user who was added, and is to choose a password.
#[derive(Serialize, ToSchema)]
pub(crate) struct MadeUser {
    #[schema(example = "2")]
    id: String,
    /// Null when the request is repeated: it is shown once. Ask for another one, then.
    invitation: Option<Invitation>,
}

/// A link by which somebody chooses a password.
#[derive(Serialize, ToSchema)]
pub(crate) struct Invitation {
    /// Below the address of the admin side. Works once.
    #[schema(example = "/admin/invitation/5cKxPv…")]
    path: String,
    #[schema(format = "date-time")]
    ends_at: String,
    /// What became of the mail; null when none was asked for.
    mail: Option<InvitationMail>,
}

/// What the relay has said to the mail with a link.
#[derive(Serialize, ToSchema)]
pub(crate) struct InvitationMail {
    /// False: send the link yourself.
    accepted: bool,
    words: String,
}

impl Invitation {
    fn path(token: &SecretText) -> String {
        format!("/admin/invitation/{}", token.reveal())
    }

    /// Mails it first, if it is to be.
    async fn new(
        asked: &Asked,
        user: UserId,
        (token, ends_at): (SecretText, Timestamp),
        mail: Option<LinkMail>,
    ) -> Result<Self, Problem> {
        let path = Self::path(&token);
        let mail = match mail {
            Some(mail) => {
                let (resources, call) = (&asked.parts.resources, asked.call());
                Some(mail.send(resources, &call, (user, &path), ends_at).await?)
            }
            None => None,
        };
        let mail =
            mail.map(|it: MailedLink| InvitationMail { accepted: it.is_accepted, words: it.words });
        Ok(Self { path, ends_at: ends_at.rfc3339(), mail })
    }
}

/// Before the link is made: whether it can be mailed, if it is to be.
async fn link_mail(asked: &Asked, wanted: bool) -> Result<Option<LinkMail>, Problem> {
    match wanted {
        true => Ok(Some(LinkMail::prepare(&asked.parts.resources, &asked.call(), None).await?)),
        false => Ok(None),
    }
}

/// Another role for somebody.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct UserRole {
    /// None with rights that the token does not have; owners are made by owners.
    #[schema(
        pattern = "^(owner|administrator|marketer|author|reporter|auditor)$",
        example = "reporter"
    )]
    role: String,
}

/// The topics that somebody is trusted with.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct UserTopics {
    /// Slugs; an empty list for all topics.
    #[schema(max_items = 1000, example = json!([]))]
    topics: Vec<String>,
}

/// A user after something was done.
#[derive(Serialize, ToSchema)]
pub(crate) struct ChangedUser {
    #[schema(example = "2")]
    id: String,
    changed: bool,
}

/// How many sessions were ended.
#[derive(Serialize, ToSchema)]
pub(crate) struct EndedSessions {
    ended: u64,
}

/// Where somebody is signed in.
#[derive(Serialize, ToSchema)]
pub(crate) struct Session {
    #[serde(skip)]
    number: i64,
    #[schema(example = "31")]
    id: String,
    #[schema(format = "date-time")]
    created_at: String,
    #[schema(format = "date-time")]
    seen_at: String,
    /// It ends before that when nobody uses it.
    #[schema(format = "date-time")]
    ends_at: String,
    /// What the browser calls itself.
    agent: String,
    /// The network that it came from, not a whole address.
    network: String,
}

impl From<ListedSession> for Session {
    fn from(session: ListedSession) -> Self {
        Self {
            number: session.id.0,
            id: session.id.to_string(),
            created_at: session.created_at.rfc3339(),
            seen_at: session.seen_at.rfc3339(),
            ends_at: session.ends_at.rfc3339(),
            agent: session.agent,
            network: session.network,
        }
    }
}

/// The permit, for the request's key if it has one.
fn permit(asked: &Asked) -> Result<Permit, Problem> {
    let permit = asked.permit()?.clone();
    Ok(match asked.request.clone() {
        Some(request) => permit.for_request(request),
        None => permit,
    })
}

fn role(word: &str) -> Result<Role, Problem> {
    Role::from_word(word).ok_or_else(|| {
        let words = Role::ALL.map(Role::as_str).join(", ");
        Problem::of_field("/role".to_owned(), "role", format!("One of: {words}."))
    })
}

/// Where the change goes, by whose permit, and whom it is about.
fn target(asked: &Asked) -> Result<(&Store, Permit, UserId), Problem> {
    let id = asked.path("id").parse().map(UserId).map_err(|_| users::missing())?;
    Ok((&asked.parts.resources.store, permit(asked)?, id))
}

fn changed(id: UserId) -> Result<Reply, Problem> {
    Reply::of(&ChangedUser { id: id.to_string(), changed: true })
}

pub(crate) async fn create(asked: Asked) -> Result<Reply, Problem> {
    let new: NewUser = asked.body()?;
    let email = EmailAddress::parse(&new.email)
        .map_err(|why| Problem::of_field("/email".to_owned(), "address_syntax", why.to_string()))?;
    let add = AddUser {
        email,
        name: new.name,
        role: role(&new.role)?,
        topics: asked.topic_ids(&new.topics).await?,
        password_hash: None,
    };
    let permit = permit(&asked)?;
    let mail = link_mail(&asked, new.mail).await?;
    let AddedUser { id, invitation } =
        user_add(&asked.parts.resources.store, &permit, add, asked.at).await?;
    let invitation = match invitation {
        Some(link) => Some(Invitation::new(&asked, id, link, mail).await?),
        None => None,
    };
    let id = id.to_string();
    let kept = MadeUser { id: id.clone(), invitation: None };
    let made = MadeUser { invitation, id };
    Reply::created(&format!("/api/v1/users/{}", made.id), &made)?.keeping(&kept)
}

/// The answer without the link: it was shown once, or nobody saw it.
pub(crate) async fn created_again(_: Asked, made: Option<String>) -> Result<Reply, Problem> {
    let id = made.ok_or_else(users::missing)?;
    Reply::created(&format!("/api/v1/users/{id}"), &MadeUser { id, invitation: None })
}

pub(crate) async fn invite(asked: Asked) -> Result<Reply, Problem> {
    let (store, permit, id) = target(&asked)?;
    let LinkAsked { mail } = asked.query()?;
    let mail = link_mail(&asked, mail).await?;
    let link = user_invite(store, &permit, id, asked.at).await?;
    Reply::of(&Invitation::new(&asked, id, link, mail).await?)
}

pub(crate) async fn set_role(asked: Asked) -> Result<Reply, Problem> {
    let (store, permit, id) = target(&asked)?;
    let UserRole { role } = asked.body()?;
    user_role_set(store, &permit, id, self::role(&role)?, asked.at).await?;
    changed(id)
}

pub(crate) async fn set_topics(asked: Asked) -> Result<Reply, Problem> {
    let (store, permit, id) = target(&asked)?;
    let UserTopics { topics } = asked.body()?;
    user_topics_set(store, &permit, id, asked.topic_ids(&topics).await?, asked.at).await?;
    changed(id)
}

pub(crate) async fn disable(asked: Asked) -> Result<Reply, Problem> {
    let (store, permit, id) = target(&asked)?;
    user_disable(store, &permit, id, asked.at).await?;
    changed(id)
}

pub(crate) async fn enable(asked: Asked) -> Result<Reply, Problem> {
    let (store, permit, id) = target(&asked)?;
    user_enable(store, &permit, id, asked.at).await?;
    changed(id)
}

pub(crate) async fn reset_second_factor(asked: Asked) -> Result<Reply, Problem> {
    let (store, permit, id) = target(&asked)?;
    user_second_factor_reset(store, &permit, id, asked.at).await?;
    changed(id)
}

pub(crate) async fn sessions(asked: Asked) -> Result<Reply, Problem> {
    let params: SessionsParams = asked.query()?;
    let (_, permit, id) = target(&asked)?;
    let list = format!("/api/v1/users/{id}/sessions");
    let page = ListAsked::new(&list, &[], params.limit, params.after.as_deref())?;
    let found = user_sessions(asked.store(), &permit, id, asked.at).await?;
    let found = found.into_iter().map(Session::from).collect();
    page.page_by_number(found, |it: &Session| it.number)
}

pub(crate) async fn end_session(asked: Asked) -> Result<Reply, Problem> {
    let (store, permit, id) = target(&asked)?;
    // What is no number is nobody's session.
    let session = SessionId(asked.path("session").parse().unwrap_or(0));
    user_session_end(store, &permit, id, session, asked.at).await?;
    Reply::of(&EndedSessions { ended: 1 })
}

pub(crate) async fn end_sessions(asked: Asked) -> Result<Reply, Problem> {
    let (store, permit, id) = target(&asked)?;
    let ended = user_sessions_end(store, &permit, id, asked.at).await?;
    Reply::of(&EndedSessions { ended })
}
