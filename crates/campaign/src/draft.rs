//! Writing a campaign's announcement: a draft without a text, the text while it is being written, and
//! the version that it becomes.
//!
//! Invariants: nothing that somebody has written is lost without their wish: a text is saved only over the
//! revision that its writer has seen, and one that is written over on purpose is kept as a version. A text
//! that is being written may be unfinished; only one that compiles is settled.

use model::{CampaignId, InDoubtPolicy, Timestamp, TopicId};
use render::{ANNOUNCEMENT_BYTES, Announcement, Problem, Sender, SplitText, TextField, TopicName};
use store::{
    ActorRecord, Campaign, CampaignText, NewAnnouncement, NewCampaign, NewDraftText, SettledText,
    Store, StoreError,
};

use crate::CampaignError;
use crate::create::{NAME_CHARS, link};
use crate::media_uses::with_media;
use crate::message::{compile, text_of};
use crate::pause::find;

/// What a campaign without a subject is called.
pub const UNTITLED: &str = "Untitled";
/// Whoever saves without having looked tries so often against others.
pub(crate) const TRIES: usize = 5;

/// A text to be saved for a draft.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct WrittenText {
    pub source: String,
    /// The revision that it was written over; nothing: whatever there is.
    pub over: Option<i64>,
    pub by: ActorRecord,
    /// Keep what there was as a version of the announcement.
    pub keep_replaced: bool,
}

/// What a campaign says, as it was saved last.
///
/// # Errors
/// When there is no such campaign, or the store fails.
pub async fn text(store: &Store, id: CampaignId) -> Result<CampaignText, CampaignError> {
    store.campaign_text(id).await?.ok_or(CampaignError::NotFound(id))
}

/// Makes a draft for a topic whose text is still to be written. What another campaign's front matter
/// says about the sender and the looks holds for this one as well.
///
/// # Errors
/// When there is no such topic, or the store fails.
pub async fn new_draft(
    store: &Store,
    topic: TopicId,
    like: Option<&Campaign>,
    now: Timestamp,
) -> Result<CampaignId, CampaignError> {
    let like = match like {
        Some(campaign) => SplitText::split(&text(store, campaign.id).await?.source),
        None => None,
    };
    let kept = NewAnnouncement {
        name: UNTITLED.to_owned(),
        subject: String::new(),
        source: beginning(like.as_ref()),
    };
    let campaign = NewCampaign {
        name: UNTITLED.to_owned(),
        // An entry of the audit log belongs beside the campaign.
        announcement: store.preparing().announcement_save(kept, now).await?,
        topic,
        policy: InDoubtPolicy::default(),
        links: Vec::new(),
    };
    Ok(store.campaign_create(campaign, now).await?)
}

/// What stands in a text before anybody has written one.
pub(crate) fn beginning(like: Option<&SplitText>) -> String {
    let of = |field| like.map(|like| like.get(field)).unwrap_or_default();
    let mut text = format!("---\nsubject:\nfrom: {}\n", of(TextField::From));
    for key in ["reply_to", "lang", "timezone", "accent"] {
        if let Some(value) = like.and_then(|like| like.setting(key)) {
            text.push_str(&format!("{key}: {value}\n"));
        }
    }
    let layout = of(TextField::Layout);
    if !layout.is_empty() {
        text.push_str(&format!("layout: {layout}\n"));
    }
    text.push_str("---\n");
    text
}

/// Saves a draft's text; returns its revision. A text that is there already is not saved again, whatever
/// revision its writer has seen.
///
/// # Errors
/// [`CampaignError::TextChanged`] when somebody else has saved another text meanwhile.
pub async fn write(
    store: &Store,
    id: CampaignId,
    written: WrittenText,
    now: Timestamp,
) -> Result<i64, CampaignError> {
    let WrittenText { source, over, by, keep_replaced } = written;
    check(&source)?;
    for _ in 0..TRIES {
        let (campaign, there) = (find(store, id).await?, text(store, id).await?);
        if there.source == source {
            return Ok(there.revision);
        }
        if over.is_some_and(|over| over != there.revision) {
            return Err(CampaignError::TextChanged(id));
        }
        let is_own =
            campaign.name == UNTITLED || Some(&campaign.name) == called(&there.source).as_ref();
        let new = NewDraftText {
            over: there.revision,
            name: is_own.then(|| called(&source).unwrap_or_else(|| UNTITLED.to_owned())),
            source: source.clone(),
            by: by.clone(),
            keep: keep_replaced.then(|| version(campaign.name, there.source)),
        };
        match store.campaign_text_save(id, new, now).await {
            Err(StoreError::Changed(_)) if over.is_none() => {}
            Err(StoreError::Changed(_)) => return Err(CampaignError::TextChanged(id)),
            saved => return Ok(saved?),
        }
    }
    Err(CampaignError::TextChanged(id))
}

/// Keeps a text as a version of the campaign's announcement, without changing what the campaign says.
///
/// # Errors
/// When there is no such campaign, or the store fails.
pub async fn keep_text(
    store: &Store,
    id: CampaignId,
    source: String,
    now: Timestamp,
) -> Result<(), CampaignError> {
    check(&source)?;
    let campaign = find(store, id).await?;
    Ok(store.announcement_save(version(campaign.name, source), now).await.map(drop)?)
}

/// Removes a draft. A text that is no version of an announcement yet becomes one: whoever misses it makes
/// a new draft of that. Returns what that version is called.
///
/// # Errors
/// When there is no such campaign, it is no draft, or the store fails.
pub async fn remove_draft(
    store: &Store,
    id: CampaignId,
    now: Timestamp,
) -> Result<Option<String>, CampaignError> {
    for _ in 0..TRIES {
        let (campaign, there) = (find(store, id).await?, text(store, id).await?);
        let is_written = there.saved.is_some() && !there.is_settled;
        let keep = is_written.then(|| version(campaign.name, there.source));
        let name = keep.as_ref().map(|keep| keep.name.clone());
        match store.campaign_draft_remove(id, there.revision, keep, now).await {
            // Somebody is writing it right now.
            Err(StoreError::Changed(_)) => {}
            removed => return Ok(removed.map(|()| name)?),
        }
    }
    Err(CampaignError::TextChanged(id))
}

/// Makes a draft's text a version of an announcement, with its links, unless it is one already. To be
/// called before a draft is checked for its start.
///
/// # Errors
/// When the text has mistakes, or somebody saves another one at this moment.
pub async fn settle(
    store: &Store,
    sender: &Sender,
    id: CampaignId,
    now: Timestamp,
) -> Result<(), CampaignError> {
    let campaign = find(store, id).await?;
    let (there, topic) = text_of(store, &campaign).await?;
    if there.is_settled {
        return Ok(());
    }
    let announcement = with_media(store, Announcement::parse(&there.source)?).await?;
    let shown = TopicName { slug: &topic.slug, name: &topic.name };
    let compiled = render::compile(&announcement, sender, &shown)?;
    let settled = SettledText {
        revision: there.revision,
        announcement: NewAnnouncement {
            name: campaign.name,
            subject: announcement.subject().to_owned(),
            source: there.source,
        },
        links: compiled.links().into_iter().map(link).collect(),
    };
    match store.campaign_settle(id, settled, now).await {
        Err(StoreError::Changed(_)) => Err(CampaignError::TextChanged(id)),
        done => Ok(done.map(drop)?),
    }
}

/// What is wrong with a campaign's text, in its order.
///
/// # Errors
/// When there is no such campaign, or the store fails.
pub async fn mistakes(
    store: &Store,
    sender: &Sender,
    id: CampaignId,
) -> Result<Vec<Problem>, CampaignError> {
    let campaign = find(store, id).await?;
    match compile(store, sender, &campaign).await {
        Ok(_) => Ok(Vec::new()),
        Err(CampaignError::Announcement(problems)) => Ok(problems.as_slice().to_vec()),
        Err(error) => Err(error),
    }
}

pub(crate) fn version(name: String, source: String) -> NewAnnouncement {
    let subject = SplitText::split(&source).map(|it| it.get(TextField::Subject));
    NewAnnouncement { name, subject: subject.unwrap_or_default(), source }
}

/// What a campaign with this text is called: the front matter's name, or the subject.
fn called(source: &str) -> Option<String> {
    let split = SplitText::split(source)?;
    let name = split.setting("name").unwrap_or_else(|| split.get(TextField::Subject));
    let name: String = name.trim().chars().take(NAME_CHARS).collect();
    (!name.is_empty()).then_some(name)
}

pub(crate) fn check(source: &str) -> Result<(), CampaignError> {
    if source.len() > ANNOUNCEMENT_BYTES {
        return Err(CampaignError::TextTooLong);
    }
    // What a database can't keep; other control characters are told as mistakes of the text.
    if source.contains('\0') {
        return Err(CampaignError::ZeroByte);
    }
    Ok(())
}
