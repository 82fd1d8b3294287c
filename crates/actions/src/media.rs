//! What is done with the media library.

use access::Object;
use campaign::MediaUse;
use media::{Add, Added, Library, MediaError};
use model::Right;
use serde_json::{Value, json};
use store::{AuditObject, MediaRecord, Store};

use crate::{Call, Refusal, RefusalKind, Resources};

/// Of a name that may be anything: what the log keeps of it.
const LOGGED_CHARS: usize = 200;

/// How something is taken out of the library.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct MediaRemoval {
    /// Also when campaigns that are not over use it.
    pub force: bool,
    /// With its files: messages that were sent show nothing there.
    pub erase: bool,
}

/// Takes a picture or file into the library. The same again changes nothing but the words for readers
/// without pictures, if there are any.
///
/// # Errors
/// When it can't be used in mail, its name has other content and it shall not take its place, or the
/// library is full.
pub async fn media_add(resources: &Resources, call: &Call, add: Add) -> Result<Added, Refusal> {
    let after = add.replace.then(|| json!({ "replace": true }));
    let name = add.name.as_deref().unwrap_or(&add.file_name).to_owned();
    let store = acting(resources, call, "media.add", &name, after)?;
    Ok(Library::new(store, resources.files.clone()).add(add, call.at).await?)
}

/// Says what readers without pictures get; nothing when it is empty.
///
/// # Errors
/// When there is no such picture or file.
pub async fn media_describe(
    resources: &Resources,
    call: &Call,
    name: &str,
    alt: &str,
) -> Result<(), Refusal> {
    let store = acting(resources, call, "media.describe", name, None)?;
    Ok(Library::new(store, resources.files.clone()).describe(name, alt).await?)
}

/// Takes something out of the library.
///
/// # Errors
/// When there is none of this name, or campaigns that are not over use it: those of foreign topics
/// whatever is wished.
pub async fn media_remove(
    resources: &Resources,
    call: &Call,
    name: &str,
    wish: MediaRemoval,
) -> Result<MediaRecord, Refusal> {
    // Before it is looked at what there is.
    let action = if wish.erase { "media.erase" } else { "media.remove" };
    let store = acting(resources, call, action, name, None)?;
    let library = Library::new(store, resources.files.clone());
    let record = library.find(name).await?;
    let uses = campaign::media_uses(&resources.store, &record.name).await?;
    let (own, foreign): (Vec<MediaUse>, Vec<MediaUse>) =
        uses.into_iter().partition(|it| call.actor.topics().contains(it.topic));
    if !foreign.is_empty() || (!own.is_empty() && !wish.force) {
        return Err(in_use(&record.name, &own, foreign.len()));
    }
    Ok(match wish.erase {
        true => library.erase(name).await?,
        false => library.remove(name).await?,
    })
}

/// The library whose next change is logged as this action.
fn acting(
    resources: &Resources,
    call: &Call,
    action: &'static str,
    name: &str,
    after: Option<Value>,
) -> Result<Store, Refusal> {
    let permit = call.permit(Right::MediaWrite, Object::Installation)?;
    let name: String = name.chars().filter(|c| !c.is_control()).take(LOGGED_CHARS).collect();
    let object = AuditObject::new("media", name);
    Ok(call.acting(&permit, &resources.store, action, object, after))
}

fn in_use(name: &str, own: &[MediaUse], foreign: usize) -> Refusal {
    let mut uses: Vec<String> = own
        .iter()
        .map(|it| format!("{} ({}, {})", it.campaign.number(), it.name, it.state))
        .collect();
    if foreign > 0 {
        uses.push(format!("{foreign} of other topics"));
    }
    let words = format!(
        "`{name}` is used by campaigns that are not over: {}; nothing was removed",
        uses.join("; ")
    );
    Refusal::new(RefusalKind::Conflict, "media_in_use", words)
}

impl From<MediaError> for Refusal {
    fn from(error: MediaError) -> Self {
        let words = error.to_string();
        match error {
            MediaError::Refused { .. } => Self::of_field("/file", "media_refused", words),
            MediaError::TooLarge { .. } => Self::of_field("/file", "media_too_large", words),
            MediaError::NoName(_) => Self::of_field("/name", "media_name", words),
            MediaError::NameTaken(_) => Self::new(RefusalKind::Conflict, "media_name_taken", words),
            MediaError::Full(_) => Self::new(RefusalKind::Conflict, "media_full", words),
            MediaError::Unknown { .. } => Self::not_found("media_not_found", words),
            MediaError::Files(error) => Self::failed(error),
            MediaError::Store(error) => error.into(),
        }
    }
}
