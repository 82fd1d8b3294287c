//! Prepares campaigns for sending: what their messages are made from, and the files that they carry,
//! read and encoded once.
//!
//! Invariants: files are read beside everything else, so a slow bucket holds up no other campaign; a
//! campaign whose files can't be had sends nothing, for a message without its attachment would be
//! another message.

use std::collections::{BTreeMap, BTreeSet};
use std::rc::Rc;
use std::sync::Arc;
use std::time::Duration;

use media::{FileStore, FileStoreError};
use model::CampaignId;
use render::{Compiled, Sender};
use store::{Campaign, Store, StoreError};
use tokio::time::Instant;
use tokio_util::task::AbortOnDropHandle;

use crate::delivery::queue::SendingCampaign;
use crate::settings::MailerSettings;

/// Pause before files that could not be read are asked for again.
const READ_AGAIN: Duration = Duration::from_secs(5);

/// Why a campaign can't be sent.
#[derive(Debug, thiserror::Error)]
pub(crate) enum Unsendable {
    #[error("its announcement or topic is gone")]
    Gone,
    #[error("its announcement can't be used: {0}")]
    Announcement(#[from] render::Problems),
    #[error(transparent)]
    Form(#[from] render::UnreadableForm),
    #[error(
        "{0}, because this release makes a different message from the announcement than the one \
         that started it; continue with that release, or create the campaign again for those who \
         did not get it"
    )]
    Links(#[from] render::LinksDiffer),
    #[error("a file that its messages carry can't be had: {0}")]
    Files(#[from] FileStoreError),
    #[error("a file that its messages carry can't be had: {0}")]
    Content(#[from] render::NoContent),
    #[error(transparent)]
    Store(#[from] StoreError),
}

impl Unsendable {
    /// Whether it may be sendable later without anybody's doing.
    pub(crate) fn is_temporary(&self) -> bool {
        matches!(self, Self::Files(error) if error.is_temporary())
    }
}

type Contents = Result<BTreeMap<String, Vec<u8>>, FileStoreError>;

pub(crate) struct Preparation {
    store: Store,
    sender: Arc<Sender>,
    settings: Rc<MailerSettings>,
    reading: BTreeMap<CampaignId, AbortOnDropHandle<Contents>>,
    /// When files that could not be read are asked for again.
    again: BTreeMap<CampaignId, Instant>,
    /// Campaigns about whose files something was said.
    told: BTreeSet<CampaignId>,
}

impl Preparation {
    pub(crate) fn new(store: Store, sender: Arc<Sender>, settings: Rc<MailerSettings>) -> Self {
        let (reading, again, told) = Default::default();
        Self { store, sender, settings, reading, again, told }
    }

    /// The campaign, ready to be sent; nothing while its files are being read.
    ///
    /// # Errors
    /// Why it can't be sent, or not now.
    pub(crate) async fn prepare(
        &mut self,
        campaign: &Campaign,
    ) -> Result<Option<SendingCampaign>, Unsendable> {
        let id = campaign.id;
        let is_being_read = self.reading.get(&id).is_some_and(|reading| !reading.is_finished());
        if is_being_read || self.again.get(&id).is_some_and(|at| *at > Instant::now()) {
            return Ok(None);
        }
        let compiled = match self.store.compiled_message(id).await? {
            Some(form) => Compiled::from_json(&form)?,
            None => self.compile(campaign).await?,
        };
        let Some(contents) = self.contents(id, &compiled).await? else { return Ok(None) };
        let endings = compiled.endings(&contents)?;
        let from = self.settings.return_path.as_ref().unwrap_or(compiled.from()).clone();
        Ok(Some(SendingCampaign::new(campaign, compiled, endings, from)))
    }

    /// Whether it was said that the campaign's files can't be had, and they can now.
    pub(crate) fn takes_back(&mut self, id: CampaignId) -> bool {
        self.told.remove(&id)
    }

    /// Gives up what was begun for campaigns that are not sent any more.
    pub(crate) fn keep_only(&mut self, sending: &BTreeSet<CampaignId>) {
        self.reading.retain(|id, _| sending.contains(id));
        self.again.retain(|id, _| sending.contains(id));
        self.told.retain(|id| sending.contains(id));
    }

    /// The contents of the files that the messages carry; begins to read them when nothing has.
    async fn contents(
        &mut self,
        id: CampaignId,
        compiled: &Compiled,
    ) -> Result<Option<BTreeMap<String, Vec<u8>>>, Unsendable> {
        if compiled.files().is_empty() {
            return Ok(Some(BTreeMap::new()));
        }
        let Some(reading) = self.reading.remove(&id) else {
            let names = compiled.files().iter().map(|file| file.file.clone()).collect();
            let reading = tokio::task::spawn_local(read(self.settings.files.clone(), names));
            self.reading.insert(id, AbortOnDropHandle::new(reading));
            return Ok(None);
        };
        let read = match reading.await {
            Ok(read) => read,
            // A panic was told; reading again costs little.
            Err(_) => return Ok(None),
        };
        if read.is_err() {
            self.again.insert(id, Instant::now() + READ_AGAIN);
            self.told.insert(id);
        }
        Ok(Some(read?))
    }

    /// For a campaign started by a release that stored no form: stores what this release makes of
    /// it, if its links are the same. Such a campaign uses no media library.
    async fn compile(&self, campaign: &Campaign) -> Result<Compiled, Unsendable> {
        let found = self.store.announcement_find(campaign.announcement).await?;
        let text = found.ok_or(Unsendable::Gone)?.source;
        let topic = self.store.topic_find(campaign.topic).await?.ok_or(Unsendable::Gone)?;
        let topic = render::TopicName { slug: &topic.slug, name: &topic.name };
        let announcement = render::Announcement::parse(&text)?;
        let compiled = render::compile_with_untracked(&announcement, &self.sender, &topic)?;
        let links = self.store.campaign_links(campaign.id).await?;
        compiled.check_links(links.iter().map(|link| (link.slot, link.url.as_str())))?;
        self.store.compiled_message_keep(campaign.id, compiled.to_json()?).await?;
        Ok(compiled)
    }
}

async fn read(files: FileStore, names: Vec<String>) -> Contents {
    files.contents(names.iter().map(String::as_str)).await
}
