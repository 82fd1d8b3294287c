//! Campaigns and the media library: what announcements can refer to, what messages carry, and which
//! campaigns need what.

use media::{FileKey, FileKind, FileStore, FileStoreError};
use model::{CampaignId, CampaignState, TopicId};
use render::{Announcement, Compiled, MediaEntry, MediaFacts, MediaLibrary};
use store::{MediaRecord, Store};

use crate::CampaignError;

/// A campaign that is not over and refers to something in the library.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct MediaUse {
    pub campaign: CampaignId,
    pub name: String,
    pub state: CampaignState,
    pub topic: TopicId,
}

/// The campaigns that are not over and refer to this name of the library, the newest first.
///
/// # Errors
/// When the store fails.
pub async fn media_uses(store: &Store, name: &str) -> Result<Vec<MediaUse>, CampaignError> {
    let mut uses = Vec::new();
    let mut campaigns = store.campaigns_list().await?;
    while let Some(last) = campaigns.last().map(|campaign| campaign.id) {
        for campaign in campaigns {
            if campaign.state == CampaignState::Finished {
                continue;
            }
            let found = store.campaign_text(campaign.id).await?;
            let source = found.map(|text| text.source).unwrap_or_default();
            // One that an earlier release took in and this one can't read uses no library.
            let announcement = Announcement::parse(&source);
            if announcement.is_ok_and(|it| it.media_names().contains(name)) {
                let store::Campaign { id, name, state, topic, .. } = campaign;
                uses.push(MediaUse { campaign: id, name, state, topic });
            }
        }
        campaigns = store.campaigns_before(last).await?;
    }
    Ok(uses)
}

/// The announcement with what it can refer to, if it refers to anything.
pub(crate) async fn with_media(
    store: &Store,
    announcement: Announcement,
) -> Result<Announcement, CampaignError> {
    if announcement.media_names().is_empty() {
        return Ok(announcement);
    }
    let records = store.media_list().await?.into_iter();
    let entries = records.map(|record| (record.name.clone(), entry(record)));
    Ok(announcement.with_media(MediaLibrary(entries.collect())))
}

/// The end of every message, for each language: the files that it carries.
pub(crate) async fn carried(
    files: &FileStore,
    compiled: &Compiled,
) -> Result<Vec<Vec<u8>>, CampaignError> {
    // A list, not an iterator: a closure over a reference could not be sent between threads.
    let mut names = Vec::new();
    for file in compiled.files() {
        names.push(file.file.as_str());
    }
    let contents = files.contents(names).await?;
    let endings = compiled.endings(&contents);
    endings.map_err(|missing| FileStoreError::Missing(missing.0).into())
}

fn entry(record: MediaRecord) -> MediaEntry {
    let kind = |file: &str| FileKey::parse(file).and_then(|key| key.kind());
    let is_picture = record.files.first().and_then(|file| kind(&file.file));
    let facts = record.files.into_iter().map(|file| MediaFacts {
        content_type: kind(&file.file)
            .map_or("application/octet-stream", FileKind::content_type)
            .to_owned(),
        file: file.file,
        width: file.width,
        height: file.height,
        bytes: file.bytes,
    });
    MediaEntry {
        file_name: record.file_name,
        content_type: record.content_type,
        alt: record.alt,
        is_picture: is_picture.is_some_and(FileKind::is_picture),
        files: facts.collect(),
    }
}
