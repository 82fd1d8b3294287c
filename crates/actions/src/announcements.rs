//! Announcements that are written on their own, without a campaign.
//!
//! They belong to no topic, and a single message that is made from one may reach anybody: only who is
//! trusted with all topics adds, writes and deletes them. Everybody with the right reads them, as those of
//! campaigns. The log tells of a text that is being written as of a draft's: when somebody begins to.

use access::{Object, Permit};
use campaign::{MessageSources, Preview, ShownValues, WrittenText};
use model::{AnnouncementId, Right};
use serde_json::json;
use store::{AnnouncementText, AnnouncementVersion, AuditObject, Store};

use crate::campaign_texts::goes_on;
use crate::test_messages::contact_object;
use crate::{Call, Refusal, Resources, TextWish};

/// What the announcement says to which this version belongs: as it was saved last, and which version is in
/// use.
///
/// # Errors
/// When there is no such version.
pub async fn announcement_text(
    resources: &Resources,
    call: &Call,
    id: AnnouncementId,
) -> Result<AnnouncementText, Refusal> {
    call.permit(Right::AnnouncementsRead, Object::Installation)?;
    let version = version(resources, id).await?;
    Ok(campaign::announcement_text(&resources.store, &version.name).await?)
}

/// Adds an announcement with a text that can be sent. Returns the id of its first version.
///
/// # Errors
/// When the text has a mistake, the name can't be used, or is another announcement's.
pub async fn announcement_add(
    resources: &Resources,
    call: &Call,
    name: &str,
    source: String,
) -> Result<AnnouncementId, Refusal> {
    let (store, sender) = (adding(resources, call, name)?, &resources.sender());
    let written = WrittenText { source, over: None, by: call.actor.record(), keep_replaced: false };
    Ok(campaign::announcement_add(&store, sender, name, written, call.at).await?)
}

/// Adds an announcement whose text is still to be written.
///
/// # Errors
/// When the name can't be used, or is another announcement's.
pub async fn announcement_begin(
    resources: &Resources,
    call: &Call,
    name: &str,
) -> Result<AnnouncementId, Refusal> {
    let store = adding(resources, call, name)?;
    Ok(campaign::announcement_begin(&store, name, call.actor.record(), call.at).await?)
}

/// Saves what is being written, which may be unfinished; returns its revision. What is in use stays.
///
/// # Errors
/// `announcement_changed` when somebody else has saved another text meanwhile.
pub async fn announcement_text_write(
    resources: &Resources,
    call: &Call,
    id: AnnouncementId,
    wish: TextWish,
) -> Result<i64, Refusal> {
    let permit = may_write(call)?;
    let name = version(resources, id).await?.name;
    let before = campaign::announcement_text(&resources.store, &name).await?.text.saved;
    let store = match goes_on(call, before) && !wish.keep_replaced {
        true => resources.store.clone(),
        false => {
            acting(resources, call, &permit, ("announcement.write", id, &name), wish.source.len())
        }
    };
    let written = written(call, wish);
    Ok(campaign::announcement_text_write(&store, &name, written, call.at).await?)
}

/// Saves a text that can be sent, and puts it in use. Returns its version's id.
///
/// # Errors
/// When the text has a mistake; `announcement_changed` when somebody else was faster.
pub async fn announcement_write(
    resources: &Resources,
    call: &Call,
    id: AnnouncementId,
    wish: TextWish,
) -> Result<AnnouncementId, Refusal> {
    let permit = may_write(call)?;
    let (name, sender) = (version(resources, id).await?.name, &resources.sender());
    let store =
        acting(resources, call, &permit, ("announcement.write", id, &name), wish.source.len());
    let written = written(call, wish);
    Ok(campaign::announcement_write(&store, sender, &name, written, call.at).await?)
}

/// Puts the text that was saved under this revision in use. Returns its version's id.
///
/// # Errors
/// When it has a mistake, or another revision by now.
pub async fn announcement_use(
    resources: &Resources,
    call: &Call,
    id: AnnouncementId,
    revision: i64,
) -> Result<AnnouncementId, Refusal> {
    let permit = may_write(call)?;
    let (name, sender) = (version(resources, id).await?.name, &resources.sender());
    let text = campaign::announcement_text(&resources.store, &name).await?.text;
    let store =
        acting(resources, call, &permit, ("announcement.use", id, &name), text.source.len());
    Ok(campaign::announcement_use(&store, sender, &name, revision, call.at).await?)
}

/// Keeps a text that is not to be the announcement's as a version of it.
///
/// # Errors
/// When there is no such announcement.
pub async fn announcement_keep(
    resources: &Resources,
    call: &Call,
    id: AnnouncementId,
    source: String,
) -> Result<(), Refusal> {
    let permit = may_write(call)?;
    let name = version(resources, id).await?.name;
    let store = acting(resources, call, &permit, ("announcement.keep", id, &name), source.len());
    Ok(campaign::announcement_keep(&store, &name, source, call.at).await?)
}

/// Deletes the announcement to which this version belongs, with all versions. Returns its name and how many
/// there were.
///
/// # Errors
/// `announcement_needed` when a campaign says one of them, or a single message waits.
pub async fn announcement_delete(
    resources: &Resources,
    call: &Call,
    id: AnnouncementId,
) -> Result<(String, usize), Refusal> {
    let permit = may_write(call)?;
    let name = version(resources, id).await?.name;
    let before = Some(json!({ "name": name }).to_string());
    let object = AuditObject::new("announcement", id.0);
    let store = &resources.store;
    let logged = permit.acting(store, "announcement.delete", object, (before, None), call.at);
    let versions = campaign::announcement_delete(&logged, &name).await?;
    Ok((name, versions))
}

/// The message of a version, with made-up values or those of a contact.
///
/// # Errors
/// When there is no such version or contact, or the message can't be made.
pub async fn announcement_preview(
    resources: &Resources,
    call: &Call,
    id: AnnouncementId,
    shown: &ShownValues,
) -> Result<Preview, Refusal> {
    let Resources { store, keys, files, .. } = resources;
    let sender = &*resources.sender();
    call.permit(Right::AnnouncementsRead, Object::Installation)?;
    if let Some(address) = &shown.contact {
        let object = contact_object(store, &call.actor, address).await?;
        call.permit(Right::ContactsRead, object)?;
    }
    let version = version(resources, id).await?;
    let sources = MessageSources { store, sender, keys, files };
    Ok(campaign::announcement_preview(&sources, &version.source, shown, call.at).await?)
}

fn may_write(call: &Call) -> Result<Permit, Refusal> {
    call.permit(Right::AnnouncementsWrite, Object::AllTopics)
}

async fn version(
    resources: &Resources,
    id: AnnouncementId,
) -> Result<AnnouncementVersion, Refusal> {
    resources.store.announcement_find(id).await?.ok_or_else(|| {
        Refusal::not_found("announcement_not_found", "There is no announcement with this id.")
    })
}

/// The store, whose next write is logged as the addition of an announcement.
fn adding(resources: &Resources, call: &Call, name: &str) -> Result<Store, Refusal> {
    let permit = may_write(call)?;
    let (object, after) = (AuditObject::of_kind("announcement"), json!({ "name": name.trim() }));
    Ok(call.acting(&permit, &resources.store, "announcement.add", object, Some(after)))
}

/// The same for what is done with one that is there.
fn acting(
    resources: &Resources,
    call: &Call,
    permit: &Permit,
    (action, id, name): (&'static str, AnnouncementId, &str),
    bytes: usize,
) -> Store {
    let object = AuditObject::new("announcement", id.0);
    let after = json!({ "name": name, "bytes": bytes });
    call.acting(permit, &resources.store, action, object, Some(after))
}

fn written(call: &Call, wish: TextWish) -> WrittenText {
    let TextWish { source, over, keep_replaced } = wish;
    WrittenText { source, over, by: call.actor.record(), keep_replaced }
}
