//! What a campaign's messages are made from.
//!
//! Invariant: once a campaign has started, its messages come from the form that was stored then.
//! Neither a later release nor other settings change what its recipients receive and read.

use std::collections::VecDeque;
use std::sync::{Arc, Mutex, PoisonError};

use model::{CampaignId, CampaignState};
use render::{Announcement, Compiled, Layout, Recipient, Sender};
use store::{Campaign, CampaignText, Store, Topic};
use token::Keyring;

use crate::CampaignError;
use crate::media_uses::with_media;
use crate::pause::find;

/// The most compiled forms in memory, and the most memory for all of them.
const MOST_FORMS: usize = 64;
const MOST_BYTES: usize = 16 << 20;

/// The announcement of a campaign as this release and these settings compile it.
pub(crate) async fn compile(
    store: &Store,
    sender: &Sender,
    campaign: &Campaign,
) -> Result<Compiled, CampaignError> {
    compile_in(store, sender, campaign, None).await
}

/// The same in another layout, if one is given.
pub(crate) async fn compile_in(
    store: &Store,
    sender: &Sender,
    campaign: &Campaign,
    layout: Option<Layout>,
) -> Result<Compiled, CampaignError> {
    let (mut announcement, topic) = announcement_of(store, campaign).await?;
    let topic = render::TopicName { slug: &topic.slug, name: &topic.name };
    if let Some(layout) = layout {
        announcement = announcement.in_layout(layout);
    }
    Ok(render::compile(&announcement, sender, &topic)?)
}

/// The announcement of a campaign as its recipients get it, tracked or not.
pub(crate) async fn compile_for_sending(
    store: &Store,
    sender: &Sender,
    campaign: &Campaign,
) -> Result<Compiled, CampaignError> {
    let (announcement, topic) = announcement_of(store, campaign).await?;
    let topic = render::TopicName { slug: &topic.slug, name: &topic.name };
    Ok(render::compile_with_untracked(&announcement, sender, &topic)?)
}

/// What a campaign says, and the topic that it is for.
pub(crate) async fn announcement_of(
    store: &Store,
    campaign: &Campaign,
) -> Result<(Announcement, Topic), CampaignError> {
    let (text, topic) = text_of(store, campaign).await?;
    Ok((with_media(store, Announcement::parse(&text.source)?).await?, topic))
}

/// The same, as it is written.
pub(crate) async fn text_of(
    store: &Store,
    campaign: &Campaign,
) -> Result<(CampaignText, Topic), CampaignError> {
    let text = store.campaign_text(campaign.id).await?;
    let topic = store.topic_find(campaign.topic).await?;
    // Campaigns refer to both by foreign keys.
    match (text, topic) {
        (Some(text), Some(topic)) => Ok((text, topic)),
        _ => Err(CampaignError::NotFound(campaign.id)),
    }
}

/// Whether the result has the links that the campaign was created with. Those of a text that is being
/// written are not kept yet.
pub(crate) async fn check_links(
    store: &Store,
    campaign: &Campaign,
    compiled: &Compiled,
) -> Result<(), CampaignError> {
    if store.campaign_text(campaign.id).await?.is_some_and(|text| !text.is_settled) {
        return Ok(());
    }
    let links = store.campaign_links(campaign.id).await?;
    compiled
        .check_links(links.iter().map(|link| (link.slot, link.url.as_str())))
        .map_err(|differ| CampaignError::LinksDiffer(campaign.id, differ))
}

/// What the campaign's messages are made from.
pub(crate) async fn compiled(
    store: &Store,
    sender: &Sender,
    campaign: &Campaign,
) -> Result<Compiled, CampaignError> {
    if let Some(form) = store.compiled_message(campaign.id).await? {
        return Ok(Compiled::from_json(&form)?);
    }
    let compiled = compile_for_sending(store, sender, campaign).await?;
    if campaign.state.has_started() {
        check_links(store, campaign, &compiled).await?;
    }
    Ok(compiled)
}

/// Compiles a started campaign again, with the current release and settings, and stores that form;
/// for a campaign that was started with an address that does not work.
///
/// # Errors
/// When its links would differ from those that were mailed, or it is being sent.
pub async fn recompile(
    store: &Store,
    sender: &Sender,
    id: CampaignId,
) -> Result<(), CampaignError> {
    let campaign = find(store, id).await?;
    if campaign.state != CampaignState::Paused {
        return Err(CampaignError::NotPaused(id, campaign.state));
    }
    let compiled = compile_for_sending(store, sender, &campaign).await?;
    check_links(store, &campaign, &compiled).await?;
    Ok(store.compiled_message_keep(id, compiled.to_json()?).await?)
}

/// The messages of campaigns, for pages: the most recently used forms stay in memory, so a visit
/// compiles and reads nothing.
#[derive(Debug)]
pub struct Messages {
    store: Store,
    sender: Arc<Sender>,
    recent: Mutex<Recent>,
}

impl Messages {
    /// Messages of the campaigns in this store.
    #[must_use]
    pub fn new(store: Store, sender: Arc<Sender>) -> Self {
        Self { store, sender, recent: Mutex::default() }
    }

    /// A contact's message as a page, with the pixel and links of the message itself.
    ///
    /// # Errors
    /// When there is no such campaign, or the message can't be made for this contact.
    pub async fn page(
        &self,
        keys: &Keyring,
        campaign: CampaignId,
        contact: &store::Contact,
    ) -> Result<String, CampaignError> {
        let compiled = self.compiled(campaign).await?;
        let (email, attributes) = (&contact.email, &contact.attributes);
        let tracking = self.store.tracking_mode(campaign, contact.id).await?;
        let recipient = Recipient { contact: Some(contact.id), tracking, email, attributes };
        Ok(compiled.page(campaign, &recipient, keys)?)
    }

    async fn compiled(&self, id: CampaignId) -> Result<Arc<Compiled>, CampaignError> {
        if let Some(found) = self.recent().find(id) {
            return Ok(found);
        }
        let campaign = find(&self.store, id).await?;
        let made = Arc::new(compiled(&self.store, &self.sender, &campaign).await?);
        // What a draft says may still change.
        if campaign.state.has_started() {
            self.recent().keep(id, Arc::clone(&made));
        }
        Ok(made)
    }

    fn recent(&self) -> std::sync::MutexGuard<'_, Recent> {
        self.recent.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// The most recently used forms, the latest at the end.
#[derive(Debug, Default)]
struct Recent {
    forms: VecDeque<(CampaignId, Arc<Compiled>)>,
    bytes: usize,
}

impl Recent {
    fn find(&mut self, id: CampaignId) -> Option<Arc<Compiled>> {
        let at = self.forms.iter().position(|(known, _)| *known == id)?;
        let form = self.forms.remove(at)?;
        let found = Arc::clone(&form.1);
        self.forms.push_back(form);
        Some(found)
    }

    fn keep(&mut self, id: CampaignId, form: Arc<Compiled>) {
        if self.forms.iter().any(|(known, _)| *known == id) || form.bytes() > MOST_BYTES {
            return;
        }
        self.bytes += form.bytes();
        self.forms.push_back((id, form));
        while self.forms.len() > MOST_FORMS || self.bytes > MOST_BYTES {
            let Some((_, oldest)) = self.forms.pop_front() else { return };
            self.bytes -= oldest.bytes();
        }
    }
}

#[cfg(test)]
#[path = "message/tests.rs"]
mod tests;
