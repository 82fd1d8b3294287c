//! `pharos user`.

use std::path::Path;

use access::{
    AccessError, AddUser, Password, PasswordHasher, Permit, SecretText, user_add, user_disable,
    user_enable, user_invite, user_password_set, user_role_set, user_second_factor_reset,
    user_session_end, user_sessions, user_sessions_end, user_topics_set, users_list,
};
use anyhow::Context as _;
use model::{EmailAddress, Right, SessionId, Timestamp, TopicId};
use serde_json::{Value, json};
use store::{Topic, User};

use super::contacts::topic_by_slug;
use super::password::Asked;
use crate::cli::{UserAddArgs, UserCommand, UserPasswordArgs};
use crate::installation::{Installation, now};
use crate::telemetry::{counted, say};

pub(crate) async fn run(config: &Path, command: UserCommand) -> anyhow::Result<()> {
    let installation = Installation::open(config).await?;
    let store = &installation.store;
    let write = installation.permit(Right::UsersWrite)?;
    let find = async |email: EmailAddress| user(&installation, email).await;
    match command {
        UserCommand::List { json } => list(&installation, json).await,
        UserCommand::Add(args) => add(&installation, &write, args).await,
        UserCommand::Password(args) => password(&installation, &write, args).await,
        UserCommand::Sessions { who } => sessions(&installation, &find(who.email).await?).await,
        UserCommand::EndSessions { who, session } => {
            end_sessions(&installation, &write, &find(who.email).await?, session).await
        }
        UserCommand::Topics { who, topics, .. } => {
            let user = find(who.email).await?;
            let ids = topic_ids(&installation, &topics).await?;
            user_topics_set(store, &write, user.id, ids, now()).await?;
            let to = if topics.is_empty() { "all topics".to_owned() } else { topics.join(", ") };
            say(format_args!("{} is trusted with {to}.", user.name));
            Ok(())
        }
        UserCommand::Role { who, role } => {
            let user = find(who.email).await?;
            user_role_set(store, &write, user.id, role, now()).await?;
            say(format_args!("{} was {} and is {role}.", user.name, user.role));
            Ok(())
        }
        UserCommand::Disable { who } => {
            let user = find(who.email).await?;
            anyhow::ensure!(user.disabled_at.is_none(), "{} is disabled already", user.name);
            user_disable(store, &write, user.id, now()).await?;
            say(format_args!("{} is disabled: no session and no token works any more.", user.name));
            Ok(())
        }
        UserCommand::Enable { who } => {
            let user = find(who.email).await?;
            anyhow::ensure!(user.disabled_at.is_some(), "{} is not disabled", user.name);
            user_enable(store, &write, user.id, now()).await?;
            say(format_args!("{} may sign in again; tokens work again.", user.name));
            Ok(())
        }
        UserCommand::ResetSecondFactor { who } => {
            let user = find(who.email).await?;
            anyhow::ensure!(user.has_second_factor, "{} has no second factor", user.name);
            user_second_factor_reset(store, &write, user.id, now()).await?;
            say(format_args!(
                "{} needs only the password now, and is signed out everywhere.",
                user.name
            ));
            Ok(())
        }
    }
}

async fn user(installation: &Installation, email: EmailAddress) -> anyhow::Result<User> {
    let found = installation.store.user_by_email(email.clone()).await?;
    found.with_context(|| format!("there is no user {email}; `pharos user list` lists them"))
}

async fn topic_ids(installation: &Installation, slugs: &[String]) -> anyhow::Result<Vec<TopicId>> {
    let mut ids = Vec::new();
    for slug in slugs {
        ids.push(topic_by_slug(&installation.store, slug).await?);
    }
    Ok(ids)
}

async fn list(installation: &Installation, json: bool) -> anyhow::Result<()> {
    let users = users_list(&installation.store, &installation.permit(Right::UsersRead)?).await?;
    let topics = installation.store.topics_list().await?;
    if json {
        let all: Vec<Value> = users.iter().map(|user| facts(user, &topics)).collect();
        say(Value::from(all));
        return Ok(());
    }
    if users.is_empty() {
        say("No users yet. To add the first: pharos user add you@example.com --role owner");
    }
    for user in &users {
        let trusted = match user.topics.as_slice() {
            [] => "all topics".to_owned(),
            some => slugs(some, &topics).join(", "),
        };
        let lacks = match user {
            User { disabled_at: Some(at), .. } => format!("disabled on {}", at.readable()),
            User { has_password: false, .. } => "invited".to_owned(),
            User { has_second_factor: false, .. } => "no second factor".to_owned(),
            _ => String::new(),
        };
        let line = format!(
            "{:>4}  {:<32} {:<14} {:<20} {trusted:<20} {lacks}",
            user.id.0,
            user.email,
            user.role.as_str(),
            user.name
        );
        say(line.trim_end());
    }
    Ok(())
}

fn slugs<'t>(ids: &[TopicId], topics: &'t [Topic]) -> Vec<&'t str> {
    let of = |id: &TopicId| topics.iter().find(|topic| topic.id == *id);
    ids.iter().filter_map(of).map(|topic| topic.slug.as_str()).collect()
}

fn facts(user: &User, topics: &[Topic]) -> Value {
    json!({
        "id": user.id.0,
        "email": user.email,
        "name": user.name,
        "role": user.role.as_str(),
        "topics": slugs(&user.topics, topics),
        "has_password": user.has_password,
        "has_second_factor": user.has_second_factor,
        "created_at": user.created_at.rfc3339(),
        "disabled_at": user.disabled_at.map(Timestamp::rfc3339),
    })
}

async fn add(installation: &Installation, write: &Permit, args: UserAddArgs) -> anyhow::Result<()> {
    let UserAddArgs { who, role, name, topics, ask_password, password_file } = args;
    let email = who.email;
    let before_at = || email.to_string().split('@').next().unwrap_or_default().to_owned();
    let name = name.unwrap_or_else(before_at);
    let known = installation.store.user_by_email(email.clone()).await?;
    anyhow::ensure!(known.is_none(), "there is already a user {email}");
    let ids = topic_ids(installation, &topics).await?;
    let password_hash = match (ask_password, &password_file) {
        (false, None) => None,
        (_, file) => Some(hashed(file.as_deref(), &[&name, &email.to_string()]).await?),
    };
    let user = AddUser { email, name: name.clone(), role, topics: ids, password_hash };
    let added = user_add(&installation.store, write, user, now()).await?;
    let trusted = match topics.is_empty() {
        true => String::new(),
        false => format!(", for {}", topics.join(", ")),
    };
    say(format_args!("{} is user {}, {role}{trusted}.", name.trim(), added.id.0));
    if let Some((link, _)) = added.invitation {
        tell_link(installation, &link);
    }
    Ok(())
}

async fn hashed(file: Option<&Path>, own: &[&str]) -> anyhow::Result<String> {
    let asked = Asked::new(file)?;
    let password = Password::choose(asked.text(), own)?;
    Ok(PasswordHasher::default().hash(password).await?)
}

fn tell_link(installation: &Installation, link: &SecretText) {
    let (admin, token) = (installation.config.admin.0, link.reveal());
    say(format_args!(
        "To choose a password, within 7 days and once: http://{admin}/admin/invitation/{token}"
    ));
}

async fn password(
    installation: &Installation,
    write: &Permit,
    args: UserPasswordArgs,
) -> anyhow::Result<()> {
    let user = user(installation, args.who.email).await?;
    if args.link {
        let invited = user_invite(&installation.store, write, user.id, now()).await;
        let (link, _) = invited.map_err(|error| match error {
            AccessError::Store(store::StoreError::Changed(_)) => {
                anyhow::anyhow!("{} is disabled; enable them first", user.name)
            }
            error => error.into(),
        })?;
        tell_link(installation, &link);
        return Ok(());
    }
    let hash = hashed(args.password_file.as_deref(), &[&user.name, &user.email]).await?;
    user_password_set(&installation.store, write, user.id, hash, now()).await?;
    say(format_args!("{} has another password, and is signed out everywhere.", user.name));
    Ok(())
}

async fn sessions(installation: &Installation, user: &User) -> anyhow::Result<()> {
    let read = installation.permit(Right::UsersRead)?;
    let sessions = user_sessions(&installation.store, &read, user.id, now()).await?;
    if sessions.is_empty() {
        say(format_args!("{} is signed in nowhere.", user.name));
    }
    for session in sessions {
        let seen = session.seen_at.readable();
        let line =
            format!("{:>4}  {seen:<22} {:<22} {}", session.id.0, session.network, session.agent);
        say(line.trim_end());
    }
    Ok(())
}

async fn end_sessions(
    installation: &Installation,
    write: &Permit,
    user: &User,
    session: Option<SessionId>,
) -> anyhow::Result<()> {
    let store = &installation.store;
    let ended = match session {
        Some(session) => {
            user_session_end(store, write, user.id, session, now()).await.with_context(|| {
                format!("session {session}; `pharos user sessions {}` lists them", user.email)
            })?;
            1
        }
        None => user_sessions_end(store, write, user.id, now()).await?,
    };
    say(format_args!("{} of {} ended.", counted(ended, "session", "sessions"), user.name));
    Ok(())
}
