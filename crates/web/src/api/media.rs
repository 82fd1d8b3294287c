//! The media library.

use actions::{MediaRemoval, media_add, media_describe, media_remove};
use media::{Add, Added, Library, MediaError};
use serde::{Deserialize, Serialize};
use store::{MediaRecord, MediaSize};
use utoipa::{IntoParams, ToSchema};

use crate::api::announcements::{CampaignUse, own_uses};
use crate::api::asked::Asked;
use crate::api::list::{ListAsked, list_params};
use crate::api::problem::Problem;
use crate::api::reply::Reply;

list_params! {
    MediaParams {}
}

/// A picture or file that announcements show, attach or link to.
#[derive(Serialize, ToSchema)]
pub(crate) struct Media {
    /// What announcements call it.
    #[schema(example = "logo.png")]
    name: String,
    /// What recipients see when it is attached.
    file_name: String,
    content_type: String,
    /// What readers without pictures get.
    alt: Option<String>,
    #[schema(format = "date-time")]
    added_at: String,
    files: Vec<MediaFile>,
}

/// A picture or file with who uses it.
#[derive(Serialize, ToSchema)]
pub(crate) struct MediaDetail {
    #[serde(flatten)]
    media: Media,
    /// The newest campaigns whose announcement refers to it; those of the token's topics.
    campaigns: Vec<CampaignUse>,
}

#[derive(Serialize, ToSchema)]
struct MediaFile {
    /// whole, single (one pixel per point) or thumbnail; there may be more.
    size: &'static str,
    /// Below `/m/` of the public pages.
    file: String,
    /// The address at which everybody may see it.
    #[schema(format = "uri")]
    url: String,
    /// In pixels; 0 for what is no picture.
    width: u32,
    height: u32,
    bytes: u64,
}

impl Media {
    fn new(record: MediaRecord, web_url: &str) -> Self {
        let file = |it: store::MediaFile| MediaFile {
            size: match it.size {
                MediaSize::Whole => "whole",
                MediaSize::Single => "single",
                MediaSize::Thumbnail => "thumbnail",
            },
            url: format!("{web_url}/m/{}", it.file),
            file: it.file,
            width: it.width,
            height: it.height,
            bytes: it.bytes,
        };
        Self {
            name: record.name,
            file_name: record.file_name,
            content_type: record.content_type,
            alt: record.alt,
            added_at: record.added_at.rfc3339(),
            files: record.files.into_iter().map(file).collect(),
        }
    }
}

impl From<MediaError> for Problem {
    fn from(error: MediaError) -> Self {
        match error {
            MediaError::Store(error) => error.into(),
            error => match &error {
                MediaError::Unknown { .. } => Self::not_found("media_not_found", error.to_string()),
                _ => Self::failed(error),
            },
        }
    }
}

/// Bytes of the body are the file.
#[derive(Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
#[serde(deny_unknown_fields)]
pub(crate) struct NewMedia {
    /// What the file is called, with its ending; what announcements call it is made of it.
    #[param(min_length = 1, example = "logo.png")]
    name: String,
    /// What announcements and recipients call it instead.
    #[param(min_length = 1)]
    called: Option<String>,
    /// What readers without pictures get; of a longer text the first 300 characters.
    alt: Option<String>,
    /// Whether it may take the place of other content of the same name.
    replace: Option<bool>,
}

/// What was taken in.
#[derive(Serialize, ToSchema)]
pub(crate) struct AddedMedia {
    #[serde(flatten)]
    media: Media,
    /// Whether the same was there before.
    was_there: bool,
    /// What its owner should know.
    notes: Vec<String>,
}

#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct MediaWords {
    /// Nothing when it is empty; of a longer text the first 300 characters.
    #[schema(example = "The logo of Aurora")]
    alt: String,
}

#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct Removal {
    /// Also when campaigns that are not over use it.
    #[serde(default)]
    force: bool,
    /// Delete its files for good, too: messages that show them show nothing then.
    #[serde(default)]
    erase: bool,
}

pub(crate) async fn add(asked: Asked) -> Result<Reply, Problem> {
    let NewMedia { name, called, alt, replace } = asked.query()?;
    let content = asked.body.to_vec();
    let replace = replace.unwrap_or(false);
    let add = Add { file_name: name, content, name: called, alt, replace };
    let added = media_add(&asked.parts.resources, &asked.call(), add).await?;
    let path = format!("/api/v1/media/{}", added.record.name);
    let Added { record, was_there, notes } = added;
    let media = Media::new(record, &asked.parts.resources.sender().web_url);
    Reply::created(&path, &AddedMedia { media, was_there, notes })
}

pub(crate) async fn describe(asked: Asked) -> Result<Reply, Problem> {
    let MediaWords { alt } = asked.body()?;
    let (resources, name) = (&asked.parts.resources, asked.path("name"));
    media_describe(resources, &asked.call(), name, &alt).await?;
    // What was just done must show.
    let record = Library::new(resources.store.clone(), resources.files.clone()).find(name).await?;
    detail(&asked, record).await
}

pub(crate) async fn remove(asked: Asked) -> Result<Reply, Problem> {
    let Removal { force, erase } = asked.body()?;
    let (resources, name) = (&asked.parts.resources, asked.path("name"));
    let wish = MediaRemoval { force, erase };
    let record = media_remove(resources, &asked.call(), name, wish).await?;
    Reply::of(&Media::new(record, &asked.parts.resources.sender().web_url))
}

fn library(asked: &Asked) -> Library {
    Library::new(asked.store().clone(), asked.parts.resources.files.clone())
}

pub(crate) async fn list(asked: Asked) -> Result<Reply, Problem> {
    let params: MediaParams = asked.query()?;
    let page = ListAsked::new("/api/v1/media", &[], params.limit, params.after.as_deref())?;
    let records = library(&asked).list().await?;
    let web_url = &asked.parts.resources.sender().web_url;
    let mut records: Vec<Media> = records.into_iter().map(|it| Media::new(it, web_url)).collect();
    records.sort_unstable_by(|one, other| one.name.cmp(&other.name));
    page.page_of(&records, |it| it.name.clone())
}

pub(crate) async fn one(asked: Asked) -> Result<Reply, Problem> {
    let record = library(&asked).find(asked.path("name")).await?;
    detail(&asked, record).await
}

async fn detail(asked: &Asked, record: MediaRecord) -> Result<Reply, Problem> {
    let uses = campaign::media_users(asked.store(), asked.topics(), &record.name).await?;
    let campaigns = own_uses(asked, uses).await?;
    let media = Media::new(record, &asked.parts.resources.sender().web_url);
    Reply::tagged(&MediaDetail { media, campaigns })
}
