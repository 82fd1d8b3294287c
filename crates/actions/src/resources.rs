//! What actions are done with.

use std::sync::Arc;

use campaign::{Sender, SingleMessages};
use media::FileStore;
use store::Store;
use token::Keyring;

use crate::MessageSender;
use crate::SetUp;

/// What actions are done with; the same for everybody who acts.
#[derive(Clone)]
pub struct Resources {
    pub store: Store,
    /// The keys of the installation.
    pub keys: Arc<Keyring>,
    /// Who sends, and where links in messages lead.
    pub sender: Arc<Sender>,
    /// Where the media library's bytes are.
    pub files: FileStore,
    /// What an installation is set up with.
    pub set_up: Arc<SetUp>,
    /// What single messages are made from, and how they are accepted.
    pub messages: Arc<SingleMessages>,
    /// What hands tests to the relay.
    pub relay: Arc<dyn MessageSender>,
}
