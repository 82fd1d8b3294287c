//! Who acts, and what they may do.
//!
//! Invariants: an [`Actor`] is somebody who was recognised, by a session, a token or the command line
//! of this machine; a [`Permit`] comes only from [`Actor::may`]. What belongs to a foreign topic does
//! not exist for the actor; what exists but needs another right is refused. A token never reaches
//! beyond its owner.

use model::{
    ApiTokenId, Right, RightReach, Role, SessionId, Timestamp, TopicId, TopicScope, UserId,
};
use store::{
    Acting, ActorKind, ActorRecord, ApiToken, AuditObject, IdempotentRequest, Session, Store,
    StoreError, User,
};

/// Names of actors are truncated in the log; they are for people.
const NAME_CHARS: usize = 200;

/// Somebody who acts.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Actor {
    User(UserActor),
    Program(ProgramActor),
    System(SystemActor),
}

/// A user of the operating system, on the command line of this machine: may do everything, because
/// the files of the installation are theirs.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SystemActor(String);

/// A user who is signed in. Only a session makes one, so it is proof by itself.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct UserActor {
    id: UserId,
    name: String,
    role: Role,
    topics: TopicScope,
    session: SessionId,
}

/// A program with an API token.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ProgramActor {
    id: ApiTokenId,
    name: String,
    is_live: bool,
    scopes: Vec<Right>,
    /// None: the token was made on the command line.
    owner: Option<(UserId, Role)>,
    /// Of the token and its owner both.
    topics: TopicScope,
}

/// Whether an account may do this, for what is done for people who are not there, such as a mail to them.
/// Nobody acts by it.
#[must_use]
pub fn account_may(user: &User, right: Right, object: Object) -> bool {
    let actor = Actor::User(UserActor {
        id: user.id,
        name: user.name.clone(),
        role: user.role,
        topics: TopicScope::stored(user.topics.clone()),
        // Of no session.
        session: SessionId(0),
    });
    user.disabled_at.is_none() && actor.may(right, object).is_ok()
}

/// What somebody wants to do something with.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Object {
    /// Something that belongs to a topic: a campaign, its deliveries, its report.
    Topic(TopicId),
    /// Whatever belongs to the actor's topics, as in a list: [`Permit::topics`] says which.
    OwnTopics,
    /// What belongs to all topics or to none.
    Installation,
    /// What belongs to no topic, and reaches people of any: nobody's who is trusted with some, whatever
    /// the right.
    AllTopics,
}

/// Why somebody may not.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum AccessRefusal {
    /// Whoever is asked for it may say that it exists.
    #[error("this needs the right {0}")]
    NotAllowed(Right),
    /// Must look as if it did not exist.
    #[error("there is no such thing")]
    NotFound,
}

/// The permission to do one thing. Can't be made but by asking:
///
/// ```compile_fail
/// use access::{Actor, Object, Permit};
/// let actor = Actor::command_line("ann");
/// let permit = Permit {
///     actor, right: model::Right::UsersWrite, object: Object::Installation, request: None,
/// };
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Permit {
    actor: Actor,
    right: Right,
    object: Object,
    request: Option<IdempotentRequest>,
}

impl UserActor {
    pub(crate) fn of(session: Session) -> Self {
        Self {
            id: session.user,
            name: session.user_name,
            role: session.role,
            topics: TopicScope::stored(session.topics),
            session: session.id,
        }
    }

    #[must_use]
    pub const fn id(&self) -> UserId {
        self.id
    }

    #[must_use]
    pub fn name(&self) -> &str {
        &self.name
    }

    #[must_use]
    pub const fn role(&self) -> Role {
        self.role
    }

    #[must_use]
    pub const fn session(&self) -> SessionId {
        self.session
    }
}

impl ProgramActor {
    pub(crate) fn of(token: ApiToken) -> Self {
        let topics = TopicScope::stored(token.topics);
        let (owner, topics) = match token.owner {
            None => (None, topics),
            Some(owner) => {
                let topics = topics.within(&TopicScope::stored(owner.topics));
                (Some((owner.id, owner.role)), topics)
            }
        };
        Self {
            id: token.id,
            name: token.name,
            is_live: token.live,
            scopes: token.scopes,
            owner,
            topics,
        }
    }

    #[must_use]
    pub const fn id(&self) -> ApiTokenId {
        self.id
    }

    /// Whether what it sends may reach a relay.
    #[must_use]
    pub const fn is_live(&self) -> bool {
        self.is_live
    }

    /// The user who has made the token; none for the command line.
    #[must_use]
    pub fn owner(&self) -> Option<UserId> {
        self.owner.map(|owner| owner.0)
    }

    fn has(&self, right: Right) -> bool {
        // Ownership is for people.
        right != Right::OwnershipWrite
            && self.scopes.contains(&right)
            && self.owner.is_none_or(|(_, role)| role.may(right))
    }
}

impl Actor {
    /// Whoever runs a command on this machine, by the name that the log is to keep.
    #[must_use]
    pub fn command_line(name: impl Into<String>) -> Self {
        Self::System(SystemActor(name.into()))
    }

    /// Asks whether the actor may do this.
    ///
    /// # Errors
    /// [`AccessRefusal::NotAllowed`] without the right, whatever the object;
    /// [`AccessRefusal::NotFound`] for what belongs to a topic that the actor is not trusted with.
    pub fn may(&self, right: Right, object: Object) -> Result<Permit, AccessRefusal> {
        let refused = Err(AccessRefusal::NotAllowed(right));
        if !self.has(right) {
            return refused;
        }
        let topics = self.topics();
        match (object, right.reach()) {
            (Object::Topic(topic), _) if !topics.contains(topic) => {
                return Err(AccessRefusal::NotFound);
            }
            (Object::AllTopics, _)
            | (Object::Installation, RightReach::Topics)
            | (_, RightReach::Installation)
                if topics != TopicScope::All =>
            {
                return refused;
            }
            _ => {}
        }
        Ok(Permit { actor: self.clone(), right, object, request: None })
    }

    /// Whether the actor has the right on some object: for menus and buttons, which must ask
    /// [`Self::may`] again when they are used.
    #[must_use]
    pub fn can(&self, right: Right) -> bool {
        self.has(right)
            && (right.reach() != RightReach::Installation || self.topics() == TopicScope::All)
    }

    fn has(&self, right: Right) -> bool {
        match self {
            Self::User(user) => user.role.may(right),
            Self::Program(program) => program.has(right),
            Self::System(_) => true,
        }
    }

    /// The topics that the actor is trusted with.
    #[must_use]
    pub fn topics(&self) -> TopicScope {
        match self {
            Self::User(user) => user.topics.clone(),
            Self::Program(program) => program.topics.clone(),
            Self::System(_) => TopicScope::All,
        }
    }

    /// The user, if it is one.
    #[must_use]
    pub const fn user(&self) -> Option<&UserActor> {
        match self {
            Self::User(user) => Some(user),
            Self::Program(_) | Self::System(_) => None,
        }
    }

    /// Whose account it is in the end.
    pub(crate) fn account(&self) -> Option<UserId> {
        match self {
            Self::User(user) => Some(user.id),
            Self::Program(program) => program.owner.map(|owner| owner.0),
            Self::System(_) => None,
        }
    }

    /// The actor as the log keeps it.
    #[must_use]
    pub fn record(&self) -> ActorRecord {
        let (kind, id, name) = match self {
            Self::User(user) => (ActorKind::User, Some(user.id.0), &user.name),
            Self::Program(program) => (ActorKind::ApiToken, Some(program.id.0), &program.name),
            Self::System(SystemActor(name)) => (ActorKind::System, None, name),
        };
        ActorRecord { kind, id, name: name.chars().take(NAME_CHARS).collect() }
    }

    pub(crate) fn acting(
        &self,
        action: &'static str,
        object: AuditObject,
        at: Timestamp,
    ) -> Acting {
        let actor = self.record();
        Acting { actor, action, object, before: None, after: None, at, request: None }
    }
}

impl Permit {
    #[must_use]
    pub const fn actor(&self) -> &Actor {
        &self.actor
    }

    #[must_use]
    pub const fn right(&self) -> Right {
        self.right
    }

    #[must_use]
    pub const fn object(&self) -> Object {
        self.object
    }

    /// The topics whose things it is good for.
    #[must_use]
    pub fn topics(&self) -> TopicScope {
        match (self.object, self.right.reach()) {
            (Object::Topic(topic), _) => TopicScope::These(vec![topic]),
            (_, RightReach::Topics) => self.actor.topics(),
            _ => TopicScope::All,
        }
    }

    /// Refuses a permit that was given for something else.
    ///
    /// # Errors
    /// [`AccessRefusal::NotAllowed`] with the right that is needed.
    pub fn needs(&self, right: Right) -> Result<(), AccessRefusal> {
        if self.right == right { Ok(()) } else { Err(AccessRefusal::NotAllowed(right)) }
    }

    /// Refuses a permit that is not good for things of this topic.
    ///
    /// # Errors
    /// [`AccessRefusal::NotFound`].
    pub fn reaches(&self, topic: TopicId) -> Result<(), AccessRefusal> {
        if self.topics().contains(topic) { Ok(()) } else { Err(AccessRefusal::NotFound) }
    }

    /// The same permit for a request that must not be done twice.
    #[must_use]
    pub fn for_request(self, request: IdempotentRequest) -> Self {
        Self { request: Some(request), ..self }
    }

    /// Logs an action on something that is not in the store, such as a file. To be called before it
    /// is done: rather an entry too many than a change without one.
    ///
    /// # Errors
    /// When the store can't keep it; then the action must not be done.
    pub async fn log(
        &self,
        store: &Store,
        action: &'static str,
        object: AuditObject,
        after: Option<String>,
        at: Timestamp,
    ) -> Result<(), StoreError> {
        let request = self.request.clone();
        store.audit_append(Acting { after, request, ..self.actor.acting(action, object, at) }).await
    }

    /// The store, in which the next write is logged as this action. `before` and `after` are JSON
    /// without secrets and addresses.
    #[must_use]
    pub fn acting(
        &self,
        store: &Store,
        action: &'static str,
        object: AuditObject,
        states: (Option<String>, Option<String>),
        at: Timestamp,
    ) -> Store {
        let (before, after) = states;
        let request = self.request.clone();
        store.acting(Acting { before, after, request, ..self.actor.acting(action, object, at) })
    }
}

#[cfg(test)]
#[path = "actor/tests.rs"]
mod tests;
