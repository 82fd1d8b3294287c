//! Signed, opaque links: what the last path segment of a URL in a message says, and to whom.
//!
//! Invariants (promise P6): a token opens only for the purpose it was made for, only with a key of
//! the ring, and shows nothing of what is in it; the same claims under the same key always give
//! the same token, so a message that is sent again carries the same links. Knows no clock and no
//! store: whether a contact has withdrawn consent is the caller's question.
//!
//! A token is `key id (1 byte) || AES-SIV tag (16) || ciphertext (14)`, base64url without padding:
//! 42 characters. AES-SIV (RFC 5297) is deterministic and safe without a nonce; each purpose has
//! a key of its own, derived with HKDF (RFC 5869). A link to leave by says 5 bytes more, a part of
//! the address's keyed hash, and so has 48 characters: it must work also for a store that does not
//! know the contact any more.

mod codec;
mod keyring;
mod segment;

pub use codec::{
    Claims, LEN, OutOfRange, Purpose, Rejected, Token, UNSUBSCRIBE_LEN, UnsubscribeClaims,
};
pub use keyring::{Keyring, KeyringProblem, VISITOR_CODE_BYTES};
