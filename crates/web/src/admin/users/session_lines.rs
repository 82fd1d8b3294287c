//! Sessions as lists show them.

use model::SessionId;
use store::ListedSession;

use crate::admin::page::client_words::client_words;

pub(crate) struct SessionLine {
    pub(crate) id: SessionId,
    pub(crate) client: String,
    pub(crate) network: String,
    pub(crate) began: String,
    pub(crate) seen: String,
    /// The one that asks.
    pub(crate) is_this: bool,
}

impl SessionLine {
    pub(crate) fn new(session: &ListedSession, this: Option<SessionId>) -> Self {
        let client = client_words(session.agent.as_bytes());
        Self {
            id: session.id,
            client: client.unwrap_or_else(|| "an unknown browser".to_owned()),
            network: session.network.clone(),
            began: session.created_at.readable(),
            seen: session.seen_at.readable(),
            is_this: Some(session.id) == this,
        }
    }
}
