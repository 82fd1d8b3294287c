//! What is done with the store as a whole, in its audit log.

use access::{Actor, Object};
use model::Right;
use serde_json::Value;
use store::{AuditObject, Store};

use crate::installation::now;
use crate::operator;

/// Appends an entry by whoever runs the command. `after` is what else it should say.
pub(super) async fn log(store: &Store, action: &'static str, after: Value) -> anyhow::Result<()> {
    let actor = Actor::command_line(operator::operator());
    let permit = actor.may(Right::OwnershipWrite, Object::Installation)?;
    let object = AuditObject::of_kind("store");
    Ok(permit.log(store, action, object, Some(after.to_string()), now()).await?)
}
