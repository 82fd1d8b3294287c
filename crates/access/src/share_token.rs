//! Secrets of links for outsiders: 256 random bits, shown once, stored as SHA-256.

use crate::error::AccessError;
use crate::secret::{SecretText, lookup_hash};

/// A new secret, and the hash by which it is found.
///
/// # Errors
/// When the system has no randomness.
pub fn share_token() -> Result<(SecretText, [u8; 32]), AccessError> {
    let token = SecretText::random().map_err(AccessError::Random)?;
    let hash = token.hash();
    Ok((token, hash))
}

/// The hash by which a secret is found; None for what is none, whatever comes in an address.
#[must_use]
pub fn share_token_hash(text: &str) -> Option<[u8; 32]> {
    lookup_hash(text)
}
