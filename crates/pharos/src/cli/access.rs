//! `pharos user`, `pharos token` and `pharos audit`.

use std::path::PathBuf;

use clap::{Args, Subcommand};
use model::{ApiTokenId, EmailAddress, Right, Role, SessionId};
use store::ChainPoint;

#[derive(Subcommand)]
pub(crate) enum UserCommand {
    /// List the users with their roles and topics.
    List {
        /// Write JSON, for programs.
        #[arg(long)]
        json: bool,
    },
    /// Add a user.
    ///
    /// Without a password it prints a link, by which the user chooses one. The roles:
    ///
    ///   owner          everything
    ///   administrator  everything but ownership, keys and retention
    ///   marketer       sends campaigns and looks after contacts
    ///   author         writes announcements, and sends nothing
    ///   reporter       reads results, and never sees an address
    ///   auditor        reads everything, and changes nothing
    #[command(verbatim_doc_comment)]
    Add(UserAddArgs),
    /// Keep a user out, with all sessions and tokens, until they are enabled again.
    Disable {
        #[command(flatten)]
        who: WhichUser,
    },
    /// Let a disabled user in again.
    Enable {
        #[command(flatten)]
        who: WhichUser,
    },
    /// Give a user another role.
    Role {
        #[command(flatten)]
        who: WhichUser,
        #[arg(value_parser = role)]
        role: Role,
    },
    /// Set a user's password, and end all sessions.
    ///
    /// Asks for it on the terminal, unless it comes from a file or by a link.
    Password(UserPasswordArgs),
    /// Narrow a user to some topics, or lift that.
    Topics {
        #[command(flatten)]
        who: WhichUser,
        /// The only topics that they are trusted with.
        #[arg(value_name = "SLUG", required_unless_present = "all", conflicts_with = "all")]
        topics: Vec<String>,
        /// All topics.
        #[arg(long)]
        all: bool,
    },
    /// Show where a user is signed in.
    Sessions {
        #[command(flatten)]
        who: WhichUser,
    },
    /// Sign a user out everywhere.
    EndSessions {
        #[command(flatten)]
        who: WhichUser,
        /// Only this one, as `user sessions` lists it.
        #[arg(long, value_name = "NUMBER")]
        session: Option<SessionId>,
    },
    /// Remove the second factor and the passkeys of a user who has lost them, and end all sessions.
    ResetSecondFactor {
        #[command(flatten)]
        who: WhichUser,
    },
}

#[derive(Args)]
pub(crate) struct WhichUser {
    /// The user's e-mail address.
    #[arg(value_name = "ADDRESS", value_parser = address)]
    pub email: EmailAddress,
}

#[derive(Args)]
pub(crate) struct UserAddArgs {
    #[command(flatten)]
    pub who: WhichUser,
    /// What they may do.
    #[arg(long, value_parser = role)]
    pub role: Role,
    /// What they are called in lists and in the log [default: the part before the at sign].
    #[arg(long)]
    pub name: Option<String>,
    /// Trust them with this topic only; may be repeated.
    #[arg(long = "topic", value_name = "SLUG")]
    pub topics: Vec<String>,
    /// Ask for a password on the terminal instead of making a link.
    #[arg(long, conflicts_with = "password_file")]
    pub ask_password: bool,
    /// A file with the password.
    #[arg(long, value_name = "FILE")]
    pub password_file: Option<PathBuf>,
    /// Mail them the link, too. It leads to `admin.url`.
    #[arg(long, conflicts_with_all = ["ask_password", "password_file"])]
    pub mail: bool,
}

#[derive(Args)]
pub(crate) struct UserPasswordArgs {
    #[command(flatten)]
    pub who: WhichUser,
    /// A file with the password.
    #[arg(long, value_name = "FILE")]
    pub password_file: Option<PathBuf>,
    /// Print a link instead, by which they choose one. Until then the old one works.
    #[arg(long, conflicts_with = "password_file")]
    pub link: bool,
    /// Mail them the link, too. It leads to `admin.url`.
    #[arg(long, requires = "link")]
    pub mail: bool,
}

#[derive(Subcommand)]
pub(crate) enum TokenCommand {
    /// Create an API token and print it, once.
    ///
    /// The token alone goes to standard output, so that it can be kept in a file.
    Create(TokenCreateArgs),
    /// List the tokens: what each may do, and when it was last used.
    List {
        /// Also those that were revoked or have ended.
        #[arg(long)]
        all: bool,
        /// Write JSON, for programs.
        #[arg(long)]
        json: bool,
    },
    /// End a token for good.
    Revoke {
        /// Its number, as `token list` has it.
        token: ApiTokenId,
    },
}

#[derive(Args)]
pub(crate) struct TokenCreateArgs {
    /// What it is for.
    #[arg(long)]
    pub name: String,
    /// What it may do, such as reports:read; may be repeated. docs/access.md lists them.
    #[arg(long = "scope", value_name = "RIGHT", required = true, value_parser = right)]
    pub scopes: Vec<Right>,
    /// For this topic only; may be repeated.
    #[arg(long = "topic", value_name = "SLUG")]
    pub topics: Vec<String>,
    /// What it sends reaches no relay.
    #[arg(long)]
    pub test: bool,
    /// How long it works, such as 90d [default: until it is revoked].
    #[arg(long, value_name = "DURATION")]
    pub expires: Option<String>,
}

#[derive(Subcommand)]
pub(crate) enum AuditCommand {
    /// Show who did what, the newest entry last.
    List(AuditListArgs),
    /// Check that no entry was changed, removed or inserted.
    ///
    /// Prints the last entry's hash. Keep it elsewhere and give it to --noted later: only that
    /// reveals a log that was made anew from its beginning. The exit code is 1 when the log is broken.
    Verify {
        /// What an earlier run has printed, NUMBER:HASH.
        #[arg(long, value_name = "POINT")]
        noted: Option<ChainPoint>,
    },
    /// Write the whole log as JSON, one entry a line.
    Export {
        /// Where to [default: standard output].
        #[arg(long, value_name = "FILE")]
        to: Option<PathBuf>,
    },
}

#[derive(Args)]
pub(crate) struct AuditListArgs {
    /// How many entries.
    #[arg(long, default_value_t = 50, value_parser = clap::value_parser!(u16).range(1..=1000))]
    pub last: u16,
    /// Only about this, such as "campaign 3" or "user 2".
    #[arg(long, value_name = "KIND NUMBER", conflicts_with = "actor")]
    pub object: Option<String>,
    /// Only by somebody who was called that.
    #[arg(long, value_name = "NAME")]
    pub actor: Option<String>,
    /// Write JSON, one entry a line.
    #[arg(long)]
    pub json: bool,
}

fn address(text: &str) -> Result<EmailAddress, String> {
    EmailAddress::parse(text).map_err(|problem| problem.to_string())
}

fn role(word: &str) -> Result<Role, String> {
    let all = || Role::ALL.map(Role::as_str).join(", ");
    Role::from_word(word).ok_or_else(|| format!("there is no such role; the roles are {}", all()))
}

fn right(word: &str) -> Result<Right, String> {
    let all = || Right::ALL.map(Right::as_str).join(", ");
    Right::from_word(word).ok_or_else(|| format!("there is no such right; there are {}", all()))
}
