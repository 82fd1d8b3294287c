//! Signed, opaque links: what the last path segment of a URL in a message says, and to whom.
//!
//! Invariants (promise P6): a token opens only for the purpose it was made for, only with a key of
//! the ring, and reveals nothing of its content; the same claims under the same key always give the
//! same token, so a message that is sent again contains the same links. Has no clock and no store:
//! whether a contact has withdrawn consent is the caller's question.
//!
//! A token is `key id (1 byte) || AES-SIV tag (16) || ciphertext (14)`, base64url without padding:
//! 42 characters. AES-SIV (RFC 5297) is deterministic and safe without a nonce; each purpose has
//! its own key, derived with HKDF (RFC 5869). An unsubscribe link has 5 bytes more, a part of the
//! address's keyed hash, and therefore 48 characters: it must work even for a store that no longer
//! knows the contact.

mod codec;
mod keyring;
mod sealed_secret;
mod segment;
mod siv;
mod target;
mod visitor_cookie;

pub use codec::{
    Addressee, Claims, LEN, OutOfRange, Purpose, Rejected, Token, UNSUBSCRIBE_LEN,
    UnsubscribeClaims,
};
pub use keyring::{Keyring, KeyringProblem, VISITOR_CODE_BYTES};
pub use sealed_secret::{KeptSecret, SecretPurpose};
pub use target::TARGET_BYTES;
pub use visitor_cookie::{BroughtCookie, CookiePolicy, CookieScope, SameSite, VisitorCookie};
