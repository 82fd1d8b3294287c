//! Who did something and to what, as log and idempotency keys keep it.

/// What kind of actor did something.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ActorKind {
    User,
    ApiToken,
    /// Somebody with access to the machine, by the command line.
    System,
}

impl ActorKind {
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::User => "user",
            Self::ApiToken => "token",
            Self::System => "system",
        }
    }

    pub(crate) fn from_word(word: &str) -> Option<Self> {
        [Self::User, Self::ApiToken, Self::System].into_iter().find(|it| it.as_str() == word)
    }
}

/// Who did something, as the log keeps it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ActorRecord {
    pub kind: ActorKind,
    /// Of the user or the token.
    pub id: Option<i64>,
    /// As it is now: entries keep it when the user is renamed.
    pub name: String,
}

impl ActorRecord {
    /// What distinguishes the actor's keys from those of others.
    pub(crate) fn key(&self) -> String {
        match self.id {
            Some(id) => format!("{}:{id}", self.kind.as_str()),
            None => self.kind.as_str().to_owned(),
        }
    }
}

/// What something was done to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AuditObject {
    /// Such as `campaign`.
    pub kind: &'static str,
    /// None for what is made only now, whose id is filled in, and for what has none.
    pub id: Option<String>,
}

impl AuditObject {
    #[must_use]
    pub fn new(kind: &'static str, id: impl std::fmt::Display) -> Self {
        Self { kind, id: Some(id.to_string()) }
    }

    /// One that is made by the write, or of which there is only one.
    #[must_use]
    pub const fn of_kind(kind: &'static str) -> Self {
        Self { kind, id: None }
    }
}
