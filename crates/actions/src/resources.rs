//! What actions are done with.

use std::sync::Arc;

use campaign::{Sender, SingleMessages};
use media::FileStore;
use report::KeptDomains;
use store::Store;
use token::Keyring;

use crate::{LiveSettings, Refusal, UploadSpace};

/// What actions are done with; the same for everybody who acts.
#[derive(Clone)]
pub struct Resources {
    pub store: Store,
    /// The keys of the installation.
    pub keys: Arc<Keyring>,
    /// Where the media library's bytes are.
    pub files: FileStore,
    /// What single messages are made from, and how they are accepted.
    pub messages: Arc<SingleMessages>,
    /// Who sends, over which relay, and what an installation is set up with.
    pub settings: LiveSettings,
    /// What uploads may take of this node's memory.
    pub uploads: UploadSpace,
    /// Campaigns by receiving domains, as they were counted last.
    pub domains: KeptDomains,
}

impl Resources {
    /// Who sends, and where links in messages lead; stand-ins for what is not set.
    #[must_use]
    pub fn sender(&self) -> Arc<Sender> {
        Arc::clone(&self.settings.now().sender)
    }

    /// Whether mail can be sent.
    ///
    /// # Errors
    /// `sender_not_set` or `relay_not_set`.
    pub fn can_send(&self) -> Result<(), Refusal> {
        self.settings.now().can_send()
    }
}
