//! Single messages: what they are made from, and their way into the store.
//!
//! Invariants: what a message is checked with is kept before the message, and is what it is made from when
//! it is sent; forms in memory are bounded by number and bytes, and a form is compiled once, however many
//! ask for it at the same moment.

use std::collections::{BTreeMap, VecDeque};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use media::FileStore;
use model::{AnnouncementId, CampaignId, ContactId, EmailAddress, MessageFormId, Timestamp};
use render::{Announcement, Compiled, Recipient, RenderProblem, Sender};
use sha2::{Digest as _, Sha256};
use store::{AnnouncementVersion, MessageRow, Store};
use token::Keyring;
use tokio::sync::OnceCell;

use crate::CampaignError;
use crate::acceptance_queue::{AcceptanceQueue, MessageCounters};
use crate::media_uses::{carried, with_media};

/// The most forms in memory, and the most memory for all of them.
const MOST_FORMS: usize = 64;
const MOST_BYTES: usize = 16 << 20;
/// After so long, what shows something of the media library is compiled again: that may be other by now.
const LOOK_AGAIN: Duration = Duration::from_secs(60);
/// What a message may ask for without naming it.
const UNNAMED: [&str; 2] = ["language", "timezone"];

/// What an installation makes single messages from.
#[derive(Debug)]
pub struct SingleMessages {
    store: Store,
    recent: Mutex<VecDeque<KeptForm>>,
    pub queue: AcceptanceQueue,
}

/// An announcement as it is made into single messages.
#[derive(Debug)]
pub struct MessageForm {
    pub id: MessageFormId,
    pub announcement: AnnouncementId,
    /// The announcement's.
    pub name: String,
    pub version: i64,
    compiled: Compiled,
    shows_media: bool,
    made_at: Timestamp,
}

/// A form that is there, or is being made.
#[derive(Debug)]
struct KeptForm {
    announcement: AnnouncementId,
    /// Who sends, as it was made with.
    sender: Arc<Sender>,
    form: Arc<OnceCell<Arc<MessageForm>>>,
}

/// Messages that are told of one person at most.
const OF_ONE: usize = 1_000;

/// The single messages of a contact, or to this address.
///
/// # Errors
/// When the store fails.
pub async fn single_messages_of(
    store: &Store,
    contact: ContactId,
    email_key: String,
) -> Result<Vec<MessageRow>, CampaignError> {
    Ok(store.messages_of(contact, email_key, OF_ONE).await?)
}

impl SingleMessages {
    /// Single messages of the announcements in this store.
    #[must_use]
    pub fn new(store: Store) -> Self {
        Self::counting(store, Arc::default())
    }

    /// The same, which counts what it accepts here.
    #[must_use]
    pub fn counting(store: Store, counters: Arc<MessageCounters>) -> Self {
        let queue = AcceptanceQueue::new(store.clone(), counters);
        Self { store, recent: Mutex::default(), queue }
    }

    /// What messages of this version are made from, as this sender sends them; nothing when there is no
    /// such version.
    ///
    /// # Errors
    /// When it can't be made into single messages, or the store fails.
    pub async fn form(
        &self,
        announcement: AnnouncementId,
        sender: &Arc<Sender>,
        now: Timestamp,
    ) -> Result<Option<Arc<MessageForm>>, CampaignError> {
        let kept = self.kept(announcement, sender, now);
        if let Some(form) = kept.get() {
            return Ok(Some(Arc::clone(form)));
        }
        let Some(version) = self.store.announcement_find(announcement).await? else {
            self.forget(announcement);
            return Ok(None);
        };
        let made = kept.get_or_try_init(|| self.make(version, sender, now)).await;
        if made.is_err() {
            self.forget(announcement);
        }
        let form = Arc::clone(made?);
        self.make_room();
        Ok(Some(form))
    }

    async fn make(
        &self,
        version: AnnouncementVersion,
        sender: &Sender,
        now: Timestamp,
    ) -> Result<Arc<MessageForm>, CampaignError> {
        let AnnouncementVersion { id: announcement, name, version, source, .. } = version;
        let text = Announcement::parse(&source)?;
        let shows_media = !text.media_names().is_empty();
        let text = with_media(&self.store, text).await?;
        let compiled = render::compile_single(&text, sender)?;
        let form = compiled.to_json()?;
        let mut hash = Sha256::new();
        hash.update(announcement.0.to_be_bytes());
        hash.update(&form);
        let kept = self.store.message_form_keep(announcement, form, hash.finalize().into(), now);
        let id = kept.await?;
        let made_at = now;
        Ok(Arc::new(MessageForm {
            id,
            announcement,
            name,
            version,
            compiled,
            shows_media,
            made_at,
        }))
    }

    /// The place of a form, which becomes the most recently used one.
    fn kept(
        &self,
        announcement: AnnouncementId,
        sender: &Arc<Sender>,
        now: Timestamp,
    ) -> Arc<OnceCell<Arc<MessageForm>>> {
        let mut recent = self.recent();
        let is_old =
            |form: &Arc<MessageForm>| form.shows_media && form.made_at.after(LOOK_AGAIN) < now;
        let at = recent.iter().position(|kept| kept.announcement == announcement);
        let kept = at.and_then(|at| recent.remove(at));
        let kept = kept.filter(|kept| {
            Arc::ptr_eq(&kept.sender, sender) && !kept.form.get().is_some_and(is_old)
        });
        let kept = kept.unwrap_or_else(|| KeptForm {
            announcement,
            sender: Arc::clone(sender),
            form: Arc::new(OnceCell::new()),
        });
        let form = Arc::clone(&kept.form);
        recent.push_back(kept);
        if recent.len() > MOST_FORMS {
            recent.pop_front();
        }
        form
    }

    fn forget(&self, announcement: AnnouncementId) {
        self.recent().retain(|kept| kept.announcement != announcement);
    }

    fn make_room(&self) {
        let mut recent = self.recent();
        let bytes = |kept: &KeptForm| kept.form.get().map_or(0, |form| form.compiled.bytes());
        let mut all: usize = recent.iter().map(bytes).sum();
        while all > MOST_BYTES {
            let Some(oldest) = recent.pop_front() else { return };
            all -= bytes(&oldest);
        }
    }

    fn recent(&self) -> MutexGuard<'_, VecDeque<KeptForm>> {
        self.recent.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl MessageForm {
    /// Why no message can be made with these values; nothing when one can. Every value that is missing
    /// for certain is named.
    #[must_use]
    pub fn problems(
        &self,
        to: &EmailAddress,
        attributes: &BTreeMap<String, String>,
    ) -> Vec<RenderProblem> {
        let says_nothing = |name: &str| attributes.get(name).is_none_or(|it| it.trim().is_empty());
        let needed = self.compiled.merge_tags().iter();
        let needed = needed.filter(|tag| !tag.has_default && !tag.is_conditional);
        let missing = needed.filter(|tag| tag.name != "email" && says_nothing(&tag.name));
        let missing: Vec<RenderProblem> =
            missing.map(|tag| RenderProblem::MissingValue { tag: tag.name.clone() }).collect();
        if !missing.is_empty() {
            return missing;
        }
        let recipient = Recipient::test(to, attributes);
        self.compiled.check(&recipient).err().into_iter().collect()
    }

    /// The values that a message may ask for.
    #[must_use]
    pub fn used(&self, mut attributes: BTreeMap<String, String>) -> BTreeMap<String, String> {
        let asked =
            |name: &String| self.compiled.tags().contains(name) || UNNAMED.contains(&name.as_str());
        attributes.retain(|name, _| asked(name));
        attributes
    }

    /// The attributes that a message may ask for, and whether it can't be made without.
    #[must_use]
    pub fn asked(&self) -> Vec<(String, bool)> {
        let tags = self.compiled.merge_tags().iter().filter(|tag| tag.name != "email");
        tags.map(|tag| (tag.name.clone(), !tag.has_default && !tag.is_conditional)).collect()
    }

    /// Whether an announcement asks for an attribute of this name.
    #[must_use]
    pub fn asks_for(&self, name: &str) -> bool {
        self.compiled.tags().iter().any(|tag| tag == name)
    }

    /// The finished message, for a look at it: CRLF lines, none beginning with a dot.
    ///
    /// # Errors
    /// When a value can't be used, or a file that it carries can't be had.
    pub async fn message(
        &self,
        (files, keys): (&FileStore, &Keyring),
        to: &EmailAddress,
        attributes: &BTreeMap<String, String>,
        now: Timestamp,
    ) -> Result<Vec<u8>, CampaignError> {
        let recipient = Recipient::test(to, attributes);
        let mut message = Vec::new();
        self.compiled.render(CampaignId(0), &recipient, keys, now, &mut message)?;
        let endings = carried(files, &self.compiled).await?;
        message.extend(endings.get(self.compiled.ending_number(&recipient)).into_iter().flatten());
        Ok(message)
    }
}
