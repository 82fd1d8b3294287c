//! A secret that is lent to the store by its process, and that it never stores.

use std::fmt;
use std::sync::Arc;

use zeroize::Zeroizing;

/// Bytes of a secret, of a salt and of a day's key.
pub(crate) const KEY_BYTES: usize = 32;

/// The half of the keys of network addresses that is not in the store. The same on all nodes.
#[derive(Clone)]
pub struct ClientSecret(Arc<Zeroizing<[u8; KEY_BYTES]>>);

impl ClientSecret {
    #[must_use]
    pub fn new(secret: Zeroizing<[u8; KEY_BYTES]>) -> Self {
        Self(Arc::new(secret))
    }

    pub(crate) fn bytes(&self) -> &[u8] {
        &**self.0
    }
}

impl fmt::Debug for ClientSecret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("ClientSecret")
    }
}
