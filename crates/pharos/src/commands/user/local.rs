//! Users of the installation on this machine.

use std::path::Path;

use access::{
    AccessError, AddUser, Password, PasswordHasher, SecretText, user_add, user_disable,
    user_enable, user_invite, user_password_set, user_role_set, user_second_factor_reset,
    user_session_end, user_sessions, user_sessions_end, user_topics_set, users_list,
};
use actions::LinkMail;
use model::{Right, SessionId, Timestamp, TopicId, UserId};
use store::{Topic, User};

use super::{LinkMailed, ListedUser, MadeLink, SessionLine, UserAdded, UserChange, UserWish};
use crate::commands::contacts::topic_by_slug;
use crate::commands::password::Asked;
use crate::installation::{Installation, now};

pub(super) async fn users(installation: &Installation) -> anyhow::Result<Vec<ListedUser>> {
    let users = users_list(&installation.store, &installation.permit(Right::UsersRead)?).await?;
    let topics = installation.store.topics_list().await?;
    Ok(users.into_iter().map(|user| listed(user, &topics)).collect())
}

fn listed(user: User, topics: &[Topic]) -> ListedUser {
    let of = |id: &TopicId| topics.iter().find(|topic| topic.id == *id);
    let slugs = user.topics.iter().filter_map(of).map(|topic| topic.slug.clone());
    ListedUser {
        id: user.id.0,
        topics: slugs.collect(),
        email: user.email,
        name: user.name,
        role: user.role.as_str().to_owned(),
        has_password: user.has_password,
        has_second_factor: user.has_second_factor,
        passkeys: u64::try_from(user.passkeys).unwrap_or_default(),
        created_at: user.created_at,
        disabled_at: user.disabled_at,
    }
}

async fn topic_ids(installation: &Installation, slugs: &[String]) -> anyhow::Result<Vec<TopicId>> {
    let mut ids = Vec::new();
    for slug in slugs {
        ids.push(topic_by_slug(&installation.store, slug).await?);
    }
    Ok(ids)
}

pub(super) async fn change(
    installation: &Installation,
    user: &ListedUser,
    change: UserChange,
) -> anyhow::Result<()> {
    let (store, id) = (&installation.store, UserId(user.id));
    let write = installation.permit(Right::UsersWrite)?;
    match change {
        UserChange::Role(role) => user_role_set(store, &write, id, role, now()).await?,
        UserChange::Topics(slugs) => {
            let ids = topic_ids(installation, &slugs).await?;
            user_topics_set(store, &write, id, ids, now()).await?;
        }
        UserChange::Disable => user_disable(store, &write, id, now()).await?,
        UserChange::Enable => user_enable(store, &write, id, now()).await?,
        UserChange::ResetSecondFactor => user_second_factor_reset(store, &write, id, now()).await?,
    }
    Ok(())
}

pub(super) async fn add(installation: &Installation, wish: UserWish) -> anyhow::Result<UserAdded> {
    let UserWish { email, name, role, topics, password_hash, mail } = wish;
    let topics = topic_ids(installation, &topics).await?;
    let user = AddUser { email, name, role, topics, password_hash };
    let write = installation.permit(Right::UsersWrite)?;
    let mail = link_mail(installation, mail).await?;
    let added = user_add(&installation.store, &write, user, now()).await?;
    let link = match added.invitation {
        Some(link) => Some(made_link(installation, added.id, link, mail).await?),
        None => None,
    };
    Ok(UserAdded { id: added.id.0, link })
}

pub(super) async fn hashed(file: Option<&Path>, own: &[&str]) -> anyhow::Result<String> {
    let asked = Asked::new(file)?;
    let password = Password::choose(asked.text(), own)?;
    Ok(PasswordHasher::default().hash(password).await?)
}

/// Before the link is made: whether it can be mailed, if it is to be.
async fn link_mail(installation: &Installation, wanted: bool) -> anyhow::Result<Option<LinkMail>> {
    if !wanted {
        return Ok(None);
    }
    let (resources, call) = (installation.resources()?, installation.call());
    Ok(Some(LinkMail::prepare(&resources, &call, None).await?))
}

async fn made_link(
    installation: &Installation,
    user: UserId,
    (link, ends_at): (SecretText, Timestamp),
    mail: Option<LinkMail>,
) -> anyhow::Result<MadeLink> {
    let path = format!("/admin/invitation/{}", link.reveal());
    let link = format!("{}{path}", installation.config.admin_address());
    let mail = match mail {
        Some(mail) => {
            let (resources, call) = (installation.resources()?, installation.call());
            let mailed = mail.send(&resources, &call, (user, &path), ends_at).await?;
            Some(LinkMailed { accepted: mailed.is_accepted, words: mailed.words })
        }
        None => None,
    };
    Ok(MadeLink { link, mail })
}

pub(super) async fn invite(
    installation: &Installation,
    user: &ListedUser,
    mail: bool,
) -> anyhow::Result<MadeLink> {
    let write = installation.permit(Right::UsersWrite)?;
    let mail = link_mail(installation, mail).await?;
    let invited = user_invite(&installation.store, &write, UserId(user.id), now()).await;
    let link = invited.map_err(|error| match error {
        AccessError::Store(store::StoreError::Changed(_)) => {
            anyhow::anyhow!("{} is disabled; enable them first", user.name)
        }
        error => error.into(),
    })?;
    made_link(installation, UserId(user.id), link, mail).await
}

pub(super) async fn set_password(
    installation: &Installation,
    user: &ListedUser,
    file: Option<&Path>,
) -> anyhow::Result<()> {
    let hash = hashed(file, &[&user.name, &user.email]).await?;
    let write = installation.permit(Right::UsersWrite)?;
    user_password_set(&installation.store, &write, UserId(user.id), hash, now()).await?;
    Ok(())
}

pub(super) async fn sessions(
    installation: &Installation,
    user: &ListedUser,
) -> anyhow::Result<Vec<SessionLine>> {
    let read = installation.permit(Right::UsersRead)?;
    let sessions = user_sessions(&installation.store, &read, UserId(user.id), now()).await?;
    let line = |it: store::ListedSession| SessionLine {
        id: it.id.0,
        seen_at: it.seen_at,
        network: it.network,
        agent: it.agent,
    };
    Ok(sessions.into_iter().map(line).collect())
}

/// How many.
pub(super) async fn end_sessions(
    installation: &Installation,
    user: &ListedUser,
    session: Option<SessionId>,
) -> anyhow::Result<u64> {
    let (store, id) = (&installation.store, UserId(user.id));
    let write = installation.permit(Right::UsersWrite)?;
    match session {
        Some(session) => {
            user_session_end(store, &write, id, session, now()).await?;
            Ok(1)
        }
        None => Ok(user_sessions_end(store, &write, id, now()).await?),
    }
}
