//! What tokens that begin with `ph_test_` may not cause.

use access::Actor;
use axum::http::StatusCode;

use crate::api::asked::Asked;
use crate::api::problem::Problem;

/// Refuses a test token: what is asked would send mail to a relay.
pub(crate) fn only_live(asked: &Asked) -> Result<(), Problem> {
    match is_live(asked) {
        true => Ok(()),
        false => {
            let words = "This would send mail, and nothing that a test token does reaches a relay.";
            Err(Problem::new(StatusCode::FORBIDDEN, "test_token", words))
        }
    }
}

pub(crate) fn is_live(asked: &Asked) -> bool {
    match &asked.actor {
        Actor::Program(program) => program.is_live(),
        Actor::User(_) | Actor::System(_) => true,
    }
}
