//! Links by which outsiders read one campaign's report.
//!
//! Invariants: who may send the campaign may show its figures; what a link shows tells of no person
//! (`report::PublicReport`); its secret leaves once and is in no log.

use std::time::Duration;

use access::{SecretText, share_token};
use model::{CampaignNumber, Right, Timestamp};
use serde_json::json;
use store::{AuditObject, Campaign, NewShareLink, ShareLink};

use crate::{Call, Refusal, RefusalKind, Resources, reach};

/// How long a link is good unless it is said.
pub const SHARED_FOR: Duration = Duration::from_secs(30 * DAY);
/// How long it may be.
pub const SHARED_AT_MOST: Duration = Duration::from_secs(365 * DAY);

const DAY: u64 = 24 * 60 * 60;
const NAME_CHARS: usize = 120;
/// Good links of one campaign.
const MOST: usize = 100;

/// A link that was made.
#[derive(Debug)]
pub struct MadeShareLink {
    pub id: i64,
    /// Its address, to be shown once.
    pub url: SecretText,
    pub ends_at: Timestamp,
}

/// Makes a link to the campaign's report that is good until then, for 30 days unless it is said.
///
/// # Errors
/// When the campaign has not started, the name is too long, or the end is not within a year from now.
pub async fn share_link_make(
    resources: &Resources,
    call: &Call,
    number: CampaignNumber,
    (name, ends_at): (&str, Option<Timestamp>),
) -> Result<MadeShareLink, Refusal> {
    let store = &resources.store;
    let (campaign, object) = reach::campaign(store, number).await?;
    let permit = call.permit(Right::CampaignsSend, object)?;
    can_be_shared(&campaign)?;
    let name = name.trim();
    if name.chars().count() > NAME_CHARS {
        let words = format!("Whom it is for has at most {NAME_CHARS} characters.");
        return Err(Refusal::of_field("/name", "name", words));
    }
    let ends_at = ends_at.unwrap_or_else(|| call.at.after(SHARED_FOR));
    if ends_at <= call.at || ends_at > call.at.after(SHARED_AT_MOST) {
        let words = "A link ends later than now, and within a year.";
        return Err(Refusal::of_field("/ends_at", "share_link_end", words));
    }
    let links = store.share_links_of(campaign.id).await?;
    if links.iter().filter(|link| link.is_good(call.at)).count() >= MOST {
        let words = format!("The campaign has {MOST} links that are good; revoke some.");
        return Err(Refusal::new(RefusalKind::Conflict, "too_many_share_links", words));
    }
    let (token, token_hash) = share_token()?;
    let new = NewShareLink {
        campaign: campaign.id,
        name: name.to_owned(),
        token_hash,
        created_by: call.actor.record().name,
        ends_at,
    };
    let after = json!({ "campaign": number.0, "ends_at": ends_at.rfc3339() });
    let object = AuditObject::of_kind("share_link");
    let named = call.acting(&permit, store, "share_link.create", object, Some(after));
    let id = named.share_link_add(new, call.at).await?;
    let site = &resources.sender().web_url;
    let url = SecretText::from_typed(format!("{site}/r/{}", token.reveal()));
    Ok(MadeShareLink { id, url, ends_at })
}

/// The campaign's links, good or not, the newest first.
///
/// # Errors
/// Without the right on the campaign.
pub async fn share_links(
    resources: &Resources,
    call: &Call,
    number: CampaignNumber,
) -> Result<Vec<ShareLink>, Refusal> {
    let store = &resources.store;
    let (campaign, object) = reach::campaign(store, number).await?;
    call.permit(Right::CampaignsSend, object)?;
    Ok(store.share_links_of(campaign.id).await?)
}

/// Ends a link for good.
///
/// # Errors
/// When there is none, or it was revoked before.
pub async fn share_link_revoke(
    resources: &Resources,
    call: &Call,
    number: CampaignNumber,
    id: i64,
) -> Result<(), Refusal> {
    let store = &resources.store;
    let (campaign, object) = reach::campaign(store, number).await?;
    let permit = call.permit(Right::CampaignsSend, object)?;
    let (object, after) = (AuditObject::new("share_link", id), json!({ "campaign": number.0 }));
    let named = call.acting(&permit, store, "share_link.revoke", object, Some(after));
    let revoked = named.share_link_revoke(campaign.id, id, call.at).await;
    revoked.map_err(|error| match error {
        store::StoreError::NotFound(_) => {
            Refusal::not_found("share_link_not_found", "There is no such link of this campaign.")
        }
        store::StoreError::Changed(_) => {
            Refusal::new(RefusalKind::Conflict, "revoked_before", "The link was revoked before.")
        }
        error => error.into(),
    })
}

fn can_be_shared(campaign: &Campaign) -> Result<(), Refusal> {
    if campaign.state.has_started() {
        return Ok(());
    }
    let words = "A campaign has a report to share once it has started.";
    Err(Refusal::new(RefusalKind::Conflict, "state", words))
}
