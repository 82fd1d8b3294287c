//! Forms that are sent once, however often somebody presses the button.

use store::IdempotentRequest;

use crate::error::AccessError;
use crate::secret::{SecretText, lookup_hash, sha256};

/// A key for a form that is shown; it comes back with the form.
///
/// # Errors
/// When the system gives no random numbers.
pub fn form_key() -> Result<String, AccessError> {
    Ok(SecretText::random()?.reveal().to_owned())
}

/// The request of a form that came back with its key; None for a key that is none of ours. `request`
/// is its method and path.
#[must_use]
pub fn form_request(key: &str, request: String, body: &[u8]) -> Option<IdempotentRequest> {
    lookup_hash(key)?;
    Some(IdempotentRequest { key: key.to_owned(), request, body_hash: sha256(body) })
}
