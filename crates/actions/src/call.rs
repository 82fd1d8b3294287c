//! Who asks for an action, when, and by which request.

use access::{Actor, Object, Permit};
use model::{Right, Timestamp};
use serde_json::Value;
use store::{AuditObject, IdempotentRequest, Store};

use crate::Refusal;

/// Somebody asks for something to be done.
#[derive(Debug, Clone)]
pub struct Call {
    pub actor: Actor,
    pub at: Timestamp,
    /// The request that it came by, if it must not be done twice.
    pub request: Option<IdempotentRequest>,
}

impl Call {
    /// A call that may be repeated.
    #[must_use]
    pub const fn new(actor: Actor, at: Timestamp) -> Self {
        Self { actor, at, request: None }
    }

    /// Asks whether the actor may do this.
    ///
    /// # Errors
    /// As [`Actor::may`].
    pub fn permit(&self, right: Right, object: Object) -> Result<Permit, Refusal> {
        let permit = self.actor.may(right, object)?;
        Ok(match &self.request {
            Some(request) => permit.for_request(request.clone()),
            None => permit,
        })
    }

    /// The store whose next write is logged as this action. `after` is what the log should say about
    /// it, without addresses and secrets.
    pub(crate) fn acting(
        &self,
        permit: &Permit,
        store: &Store,
        action: &'static str,
        object: AuditObject,
        after: Option<Value>,
    ) -> Store {
        permit.acting(store, action, object, (None, after.map(|it| it.to_string())), self.at)
    }
}
