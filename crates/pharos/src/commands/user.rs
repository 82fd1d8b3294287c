//! `pharos user`: asks the store or a server, and tells.

mod local;
mod remote;

use anyhow::Context as _;
use model::{EmailAddress, Role, SessionId, Timestamp};
use serde::Deserialize;
use serde_json::{Value, json};

use crate::backend::Backend;
use crate::cli::{UserAddArgs, UserCommand, UserPasswordArgs};
use crate::remote::{maybe_time, number, time};
use crate::telemetry::{counted, say};

/// A user as commands show them.
#[derive(Deserialize)]
struct ListedUser {
    #[serde(deserialize_with = "number")]
    id: i64,
    email: String,
    name: String,
    role: String,
    /// Slugs; empty for all topics.
    topics: Vec<String>,
    has_password: bool,
    has_second_factor: bool,
    /// A server of an earlier release knows of none.
    #[serde(default)]
    passkeys: u64,
    #[serde(deserialize_with = "time")]
    created_at: Timestamp,
    #[serde(deserialize_with = "maybe_time")]
    disabled_at: Option<Timestamp>,
}

/// Where somebody is signed in.
#[derive(Deserialize)]
struct SessionLine {
    #[serde(deserialize_with = "number")]
    id: i64,
    #[serde(deserialize_with = "time")]
    seen_at: Timestamp,
    network: String,
    agent: String,
}

/// What is to be different about a user.
enum UserChange {
    Role(Role),
    /// By their slugs; none stands for all.
    Topics(Vec<String>),
    Disable,
    Enable,
    ResetSecondFactor,
}

/// Somebody to be added.
struct UserWish {
    email: EmailAddress,
    name: String,
    role: Role,
    topics: Vec<String>,
    password_hash: Option<String>,
    mail: bool,
}

/// A user who was added, and the link by which they choose a password.
struct UserAdded {
    id: i64,
    link: Option<MadeLink>,
}

struct MadeLink {
    link: String,
    /// What became of the mail with it.
    mail: Option<LinkMailed>,
}

#[derive(Deserialize)]
struct LinkMailed {
    accepted: bool,
    words: String,
}

pub(crate) async fn run(backend: &Backend, command: UserCommand) -> anyhow::Result<()> {
    let find = async |email: EmailAddress| find(backend, email).await;
    match command {
        UserCommand::List { json } => {
            tell_users(&users(backend).await?, json);
            Ok(())
        }
        UserCommand::Add(args) => add(backend, args).await,
        UserCommand::Password(args) => password(backend, args).await,
        UserCommand::Sessions { who } => {
            let user = find(who.email).await?;
            tell_sessions(&user, &sessions(backend, &user).await?);
            Ok(())
        }
        UserCommand::EndSessions { who, session } => {
            let user = find(who.email).await?;
            end_sessions(backend, &user, session).await
        }
        UserCommand::Topics { who, topics, .. } => {
            let user = find(who.email).await?;
            let to = if topics.is_empty() { "all topics".to_owned() } else { topics.join(", ") };
            change(backend, &user, UserChange::Topics(topics)).await?;
            say(format_args!("{} is trusted with {to}.", user.name));
            Ok(())
        }
        UserCommand::Role { who, role } => {
            let user = find(who.email).await?;
            change(backend, &user, UserChange::Role(role)).await?;
            say(format_args!("{} was {} and is {role}.", user.name, user.role));
            Ok(())
        }
        UserCommand::Disable { who } => {
            let user = find(who.email).await?;
            anyhow::ensure!(user.disabled_at.is_none(), "{} is disabled already", user.name);
            change(backend, &user, UserChange::Disable).await?;
            say(format_args!("{} is disabled: no session and no token works any more.", user.name));
            Ok(())
        }
        UserCommand::Enable { who } => {
            let user = find(who.email).await?;
            anyhow::ensure!(user.disabled_at.is_some(), "{} is not disabled", user.name);
            change(backend, &user, UserChange::Enable).await?;
            say(format_args!("{} may sign in again; tokens work again.", user.name));
            Ok(())
        }
        UserCommand::ResetSecondFactor { who } => {
            let user = find(who.email).await?;
            reset_second_factor(backend, &user).await
        }
    }
}

async fn reset_second_factor(backend: &Backend, user: &ListedUser) -> anyhow::Result<()> {
    anyhow::ensure!(
        user.has_second_factor || user.passkeys > 0,
        "{} has no second factor and no passkey",
        user.name
    );
    change(backend, user, UserChange::ResetSecondFactor).await?;
    say(format_args!("{} needs only the password now, and is signed out everywhere.", user.name));
    Ok(())
}

/// In the order in which they were added.
async fn users(backend: &Backend) -> anyhow::Result<Vec<ListedUser>> {
    match backend {
        Backend::Local(installation) => local::users(installation).await,
        Backend::Remote(server) => remote::users(server).await,
    }
}

async fn find(backend: &Backend, email: EmailAddress) -> anyhow::Result<ListedUser> {
    let found = known(backend, &email).await?;
    found.with_context(|| format!("there is no user {email}; `pharos user list` lists them"))
}

async fn known(backend: &Backend, email: &EmailAddress) -> anyhow::Result<Option<ListedUser>> {
    let is_them = |user: &ListedUser| {
        EmailAddress::parsed_before(&user.email).is_ok_and(|it| it.key() == email.key())
    };
    Ok(users(backend).await?.into_iter().find(is_them))
}

async fn sessions(backend: &Backend, user: &ListedUser) -> anyhow::Result<Vec<SessionLine>> {
    match backend {
        Backend::Local(installation) => local::sessions(installation, user).await,
        Backend::Remote(server) => remote::sessions(server, user).await,
    }
}

async fn change(backend: &Backend, user: &ListedUser, change: UserChange) -> anyhow::Result<()> {
    match backend {
        Backend::Local(installation) => local::change(installation, user, change).await,
        Backend::Remote(server) => remote::change(server, user, change).await,
    }
}

fn tell_users(users: &[ListedUser], json: bool) {
    if json {
        let all: Vec<Value> = users.iter().map(facts).collect();
        return say(Value::from(all));
    }
    if users.is_empty() {
        say("No users yet. To add the first: pharos user add you@example.com --role owner");
    }
    for user in users {
        let trusted = match user.topics.as_slice() {
            [] => "all topics".to_owned(),
            some => some.join(", "),
        };
        let lacks = match user {
            ListedUser { disabled_at: Some(at), .. } => format!("disabled on {}", at.readable()),
            ListedUser { has_password: false, .. } => "invited".to_owned(),
            ListedUser { has_second_factor: false, .. } => "no second factor".to_owned(),
            _ => String::new(),
        };
        let passkeys = match user.passkeys {
            0 => String::new(),
            some => counted(some, "passkey", "passkeys"),
        };
        let state = [lacks, passkeys].into_iter().filter(|it| !it.is_empty());
        let state = state.collect::<Vec<_>>().join(", ");
        let ListedUser { id, email, role, name, .. } = user;
        let line = format!("{id:>4}  {email:<32} {role:<14} {name:<20} {trusted:<20} {state}");
        say(line.trim_end());
    }
}

fn facts(user: &ListedUser) -> Value {
    json!({
        "id": user.id,
        "email": user.email,
        "name": user.name,
        "role": user.role,
        "topics": user.topics,
        "has_password": user.has_password,
        "has_second_factor": user.has_second_factor,
        "passkeys": user.passkeys,
        "created_at": user.created_at.rfc3339(),
        "disabled_at": user.disabled_at.map(Timestamp::rfc3339),
    })
}

async fn add(backend: &Backend, args: UserAddArgs) -> anyhow::Result<()> {
    let UserAddArgs { who, role, name, topics, ask_password, password_file, mail } = args;
    let email = who.email;
    if ask_password || password_file.is_some() {
        // A password is chosen where it is hashed.
        backend.here("user add --password-file")?;
    }
    let before_at = || email.to_string().split('@').next().unwrap_or_default().to_owned();
    let name = name.unwrap_or_else(before_at);
    if let Backend::Local(_) = backend {
        let known = known(backend, &email).await?;
        anyhow::ensure!(known.is_none(), "there is already a user {email}");
    }
    let password_hash = match (ask_password, &password_file) {
        (false, None) => None,
        (_, file) => Some(local::hashed(file.as_deref(), &[&name, &email.to_string()]).await?),
    };
    let trusted = match topics.is_empty() {
        true => String::new(),
        false => format!(", for {}", topics.join(", ")),
    };
    let wish = UserWish { email, name: name.clone(), role, topics, password_hash, mail };
    let added = match backend {
        Backend::Local(installation) => local::add(installation, wish).await?,
        Backend::Remote(server) => remote::add(server, wish).await?,
    };
    say(format_args!("{} is user {}, {role}{trusted}.", name.trim(), added.id));
    if let Some(link) = added.link {
        tell_link(link)?;
    }
    Ok(())
}

/// Fails when it was to be mailed and was not; the link works all the same.
fn tell_link(made: MadeLink) -> anyhow::Result<()> {
    say(format_args!("To choose a password, within 7 days and once: {}", made.link));
    if let Some(LinkMailed { accepted, words }) = made.mail {
        anyhow::ensure!(accepted, "{words} Send the link yourself.");
        say(words);
    }
    Ok(())
}

async fn password(backend: &Backend, args: UserPasswordArgs) -> anyhow::Result<()> {
    if !args.link {
        backend.here("user password` without `--link")?;
    }
    let user = find(backend, args.who.email).await?;
    if !args.link {
        let installation = backend.here("user password")?;
        let file = args.password_file.as_deref();
        local::set_password(installation, &user, file).await?;
        say(format_args!("{} has another password, and is signed out everywhere.", user.name));
        return Ok(());
    }
    let link = match backend {
        Backend::Local(installation) => local::invite(installation, &user, args.mail).await?,
        Backend::Remote(server) => remote::invite(server, &user, args.mail).await?,
    };
    tell_link(link)
}

fn tell_sessions(user: &ListedUser, sessions: &[SessionLine]) {
    if sessions.is_empty() {
        say(format_args!("{} is signed in nowhere.", user.name));
    }
    for session in sessions {
        let seen = session.seen_at.readable();
        let line =
            format!("{:>4}  {seen:<22} {:<22} {}", session.id, session.network, session.agent);
        say(line.trim_end());
    }
}

async fn end_sessions(
    backend: &Backend,
    user: &ListedUser,
    session: Option<SessionId>,
) -> anyhow::Result<()> {
    let ended = match backend {
        Backend::Local(installation) => local::end_sessions(installation, user, session).await,
        Backend::Remote(server) => remote::end_sessions(server, user, session).await,
    };
    let ended = match session {
        Some(session) => ended.with_context(|| {
            format!("session {session}; `pharos user sessions {}` lists them", user.email)
        })?,
        None => ended?,
    };
    say(format_args!("{} of {} ended.", counted(ended, "session", "sessions"), user.name));
    Ok(())
}
