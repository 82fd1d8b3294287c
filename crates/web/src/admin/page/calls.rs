//! Who acts or looks, as a call of an action.

use actions::Call;

use crate::admin::page::form::Form;
use crate::admin::page::refused::{Refused, wrong};
use crate::admin::page::visitor::Admitted;
use crate::clock::now;

/// Whoever has sent the form asks for what it says, once.
pub(crate) fn call(admitted: &Admitted, form: &Form) -> Result<Call, Refused> {
    let request = form.once().ok_or_else(|| wrong("", "this form was not one of ours"))?;
    let actor = admitted.permit.actor().clone();
    Ok(Call { request: Some(request), ..Call::new(actor, now()) })
}

/// A call that changes nothing.
pub(crate) fn looking(admitted: &Admitted) -> Call {
    Call::new(admitted.permit.actor().clone(), now())
}
