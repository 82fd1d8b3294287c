//! Users of a server.

use std::cmp::Reverse;

use model::SessionId;
use serde::Deserialize;
use serde_json::{Value, json};

use super::{LinkMailed, ListedUser, MadeLink, SessionLine, UserAdded, UserChange, UserWish};
use crate::remote::{RemoteClient, number};

#[derive(Deserialize)]
struct MadeUser {
    #[serde(deserialize_with = "number")]
    id: i64,
    /// Null when the answer was lost.
    invitation: Option<InvitationLink>,
}

#[derive(Deserialize)]
struct InvitationLink {
    /// Below the server's address.
    path: String,
    /// What became of the mail, if one was asked for.
    #[serde(default)]
    mail: Option<LinkMailed>,
}

/// An answer of which nothing is needed.
#[derive(Deserialize)]
struct UserChanged {}

#[derive(Deserialize)]
struct SessionsEnded {
    ended: u64,
}

pub(super) async fn users(server: &RemoteClient) -> anyhow::Result<Vec<ListedUser>> {
    let mut users: Vec<ListedUser> = server.all("/api/v1/users").await?;
    users.sort_by_key(|user| user.id);
    Ok(users)
}

fn path(user: &ListedUser, action: &str) -> String {
    format!("/api/v1/users/{}/{action}", user.id)
}

pub(super) async fn change(
    server: &RemoteClient,
    user: &ListedUser,
    change: UserChange,
) -> anyhow::Result<()> {
    let (action, body) = match change {
        UserChange::Role(role) => ("role", json!({ "role": role.as_str() })),
        UserChange::Topics(topics) => ("topics", json!({ "topics": topics })),
        UserChange::Disable => ("disable", Value::Null),
        UserChange::Enable => ("enable", Value::Null),
        UserChange::ResetSecondFactor => ("second_factor/reset", Value::Null),
    };
    server.post::<UserChanged>(&path(user, action), &body).await?;
    Ok(())
}

pub(super) async fn add(server: &RemoteClient, wish: UserWish) -> anyhow::Result<UserAdded> {
    let UserWish { email, name, role, topics, mail, .. } = wish;
    let mut body = json!({
        "email": email.as_str(), "name": name, "role": role.as_str(), "topics": topics,
    });
    if mail {
        // A server of an earlier release knows no such field, and says so.
        body["mail"] = Value::Bool(true);
    }
    let made: MadeUser = server.post("/api/v1/users", &body).await?;
    let link = match made.invitation {
        Some(invitation) => link(server, invitation),
        None => anyhow::bail!(
            "{email} is user {}, but the link was lost with the answer; to make another one: pharos \
             user password {email} --link",
            made.id
        ),
    };
    Ok(UserAdded { id: made.id, link: Some(link) })
}

fn link(server: &RemoteClient, invitation: InvitationLink) -> MadeLink {
    let link = format!("{}{}", server.server(), invitation.path);
    MadeLink { link, mail: invitation.mail }
}

pub(super) async fn invite(
    server: &RemoteClient,
    user: &ListedUser,
    mail: bool,
) -> anyhow::Result<MadeLink> {
    let query: &[_] = if mail { &[("mail", "true")] } else { &[] };
    let invitation = server.post_asking(&path(user, "invitation"), query).await?;
    Ok(link(server, invitation))
}

/// Those seen last first.
pub(super) async fn sessions(
    server: &RemoteClient,
    user: &ListedUser,
) -> anyhow::Result<Vec<SessionLine>> {
    let mut sessions: Vec<SessionLine> = server.all(&path(user, "sessions")).await?;
    sessions.sort_by_key(|it| Reverse((it.seen_at, it.id)));
    Ok(sessions)
}

pub(super) async fn end_sessions(
    server: &RemoteClient,
    user: &ListedUser,
    session: Option<SessionId>,
) -> anyhow::Result<u64> {
    let action = match session {
        Some(session) => format!("sessions/{session}/end"),
        None => "sessions/end".to_owned(),
    };
    Ok(server.post::<SessionsEnded>(&path(user, &action), &Value::Null).await?.ended)
}
