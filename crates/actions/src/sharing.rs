//! Sharing notices: announcing that data is to be shared, and who is in.
//!
//! Invariants: only owners announce one, and whoever may change settings cancels it; a contact's word holds
//! for all topics, so noting it needs the right on the whole installation.

use access::Object;
use audience::PROOF_CHARS;
use model::{
    CampaignNumber, ContactId, DisclosedField, DisclosureKind, NOTICE_DAYS, NOTICE_DAYS_LEAST,
    NOTICE_DAYS_MOST, Right, SharingNoticeId, Timestamp,
};
use serde_json::json;
use store::{AuditObject, NewSharingNotice, SharingCounts, SharingNotice, StoreError};

use crate::contacts::of_contact;
use crate::{Call, CountPatience, Refusal, Resources, reach};

/// Characters of what people are told.
const TEXT_CHARS: usize = 2_000;
/// In which way somebody said it, unless that is told.
const REQUEST: &str = "request";

/// A notice as somebody types it.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct SharingNoticeWish {
    /// A registered recipient with the basis sharing.
    pub recipient: String,
    pub purpose: String,
    /// The words of [`DisclosedField`]s.
    pub fields: Vec<String>,
    pub text: String,
    pub campaign: Option<CampaignNumber>,
    /// Days of the notice period; None: 30.
    pub days: Option<u16>,
    /// A day; None: when the notice period is over.
    pub begins: Option<String>,
}

/// Whom a notice would share.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SharingPreview {
    pub notice: SharingNotice,
    /// Now, or when it begins, as long as nobody else says something.
    pub at: Timestamp,
    pub counts: SharingCounts,
    /// False: there was no time to look at all contacts, and these are the first ones.
    pub is_complete: bool,
}

/// Announces that data is to be shared.
///
/// # Errors
/// When a field can't be meant, the recipient may not get it, or the campaign's mail does not name them.
pub async fn sharing_announce(
    resources: &Resources,
    call: &Call,
    wish: SharingNoticeWish,
) -> Result<SharingNoticeId, Refusal> {
    let store = &resources.store;
    let permit = call.permit(Right::OwnershipWrite, Object::Installation)?;
    let number = wish.campaign.ok_or_else(|| {
        let words = "Name the campaign whose mail tells people of it by its number.";
        wrong("/campaign", words.to_owned())
    })?;
    let (campaign, _) = reach::campaign(store, number).await?;
    let fields = fields_of(&wish.fields)?;
    let text = wish.text.trim().to_owned();
    if !(1..=TEXT_CHARS).contains(&text.chars().count()) {
        let words = format!("What people are told has 1 to {TEXT_CHARS} characters.");
        return Err(wrong("/text", words));
    }
    let days = wish.days.unwrap_or(NOTICE_DAYS);
    if !(NOTICE_DAYS_LEAST..=NOTICE_DAYS_MOST).contains(&days) {
        let words = format!(
            "People have {NOTICE_DAYS_LEAST} to {NOTICE_DAYS_MOST} days to say no, usually {NOTICE_DAYS}."
        );
        return Err(wrong("/days", words));
    }
    let begins_at = begins_of(wish.begins.as_deref(), days, call.at)?;
    let (recipient, purpose) = (wish.recipient.trim().to_owned(), wish.purpose.trim().to_owned());
    let words: Vec<&str> = fields.iter().map(|it| it.as_str()).collect();
    let after = json!({
        "recipient": recipient, "purpose": purpose, "fields": words, "campaign": number.0,
        "days": days, "begins_at": begins_at.map(Timestamp::rfc3339),
    });
    let object = AuditObject::of_kind("sharing-notice");
    let named = call.acting(&permit, store, "sharing.announce", object, Some(after));
    let (campaign, at) = (campaign.id, call.at);
    let new = NewSharingNotice { recipient, purpose, fields, text, campaign, days, begins_at, at };
    Ok(named.sharing_announce(new).await?)
}

/// Cancels a notice for good: nothing is shared by it any more. False when it was cancelled before.
///
/// # Errors
/// When there is none.
pub async fn sharing_cancel(
    resources: &Resources,
    call: &Call,
    id: SharingNoticeId,
) -> Result<bool, Refusal> {
    let permit = call.permit(Right::SettingsWrite, Object::Installation)?;
    let object = AuditObject::new("sharing-notice", id);
    let named = call.acting(&permit, &resources.store, "sharing.cancel", object, None);
    named.sharing_cancel(id, call.at).await.map_err(unknown)
}

/// The notices, the newest first: they name no contact.
///
/// # Errors
/// Without the right to see contacts.
pub async fn sharing_notices(
    resources: &Resources,
    call: &Call,
) -> Result<Vec<SharingNotice>, Refusal> {
    call.permit(Right::ContactsRead, Object::OwnTopics)?;
    Ok(resources.store.sharing_notices().await?)
}

/// How many could be shared by a notice now, or when it begins, and why the others not.
///
/// # Errors
/// When there is none.
pub async fn sharing_preview(
    resources: &Resources,
    call: &Call,
    id: SharingNoticeId,
    patience: CountPatience,
) -> Result<SharingPreview, Refusal> {
    call.permit(Right::ContactsRead, Object::Installation)?;
    let store = &resources.store;
    let notice = store.sharing_notice(id).await.map_err(unknown)?;
    let at = call.at.max(notice.begins_at);
    let counted = audience::sharing_preview(store, id, at, patience.time()).await;
    let (counts, is_complete) = counted.map_err(unknown)?;
    Ok(SharingPreview { notice, at, counts, is_complete })
}

/// Notes what a contact has said about sharing; false when they had said the same before.
///
/// # Errors
/// When there is no such contact, or the way in which they said it can't be kept.
pub async fn contact_sharing_say(
    resources: &Resources,
    call: &Call,
    (id, granted): (ContactId, bool),
    source: Option<&str>,
) -> Result<bool, Refusal> {
    let store = &resources.store;
    let permit = call.permit(Right::ContactsWrite, Object::Installation)?;
    if store.contact_find(id).await?.is_none() {
        return Err(reach::no_contact());
    }
    let source = source.map(str::trim).filter(|it| !it.is_empty()).unwrap_or(REQUEST);
    if source.chars().count() > PROOF_CHARS || source.chars().any(char::is_control) {
        let words =
            format!("Say where they said it in one line of at most {PROOF_CHARS} characters.");
        return Err(wrong("/source", words));
    }
    let (object, after) = (of_contact(Some(id)), json!({ "granted": granted }));
    let named = call.acting(&permit, store, "contact.sharing", object, Some(after));
    Ok(audience::say_sharing(&named, (id, granted), source, None, call.at).await?)
}

fn fields_of(words: &[String]) -> Result<Vec<DisclosedField>, Refusal> {
    let shared = DisclosureKind::ContactsFile.fields();
    let all = shared.iter().map(|it| it.as_str()).collect::<Vec<_>>().join(", ");
    let field = |word: &String| {
        let found = DisclosedField::from_word(word.trim()).filter(|it| shared.contains(it));
        let words = format!("{word:?} can't be shared; a file of contacts holds {all}.");
        found.ok_or_else(|| wrong("/fields", words))
    };
    let fields = words.iter().map(field).collect::<Result<Vec<_>, Refusal>>()?;
    match fields.is_empty() {
        true => Err(wrong("/fields", format!("Name at least one field of {all}."))),
        false => Ok(fields),
    }
}

fn begins_of(text: Option<&str>, days: u16, now: Timestamp) -> Result<Option<Timestamp>, Refusal> {
    let Some(text) = text.map(str::trim).filter(|it| !it.is_empty()) else { return Ok(None) };
    let period = std::time::Duration::from_secs(u64::from(days) * 24 * 60 * 60);
    let found = Timestamp::parse_day(text).or_else(|| Timestamp::parse_rfc3339(text));
    found.filter(|begins| *begins >= now.after(period)).map(Some).ok_or_else(|| {
        let words = format!(
            "Name a day, such as 2027-03-01, that is at least {days} days from now: people need the \
            time to say no."
        );
        wrong("/begins", words)
    })
}

fn wrong(field: &str, words: String) -> Refusal {
    Refusal::of_field(field, "field", words)
}

fn unknown(error: StoreError) -> Refusal {
    match error {
        StoreError::Disclosure(model::DisclosureRefused::UnknownNotice(_)) => {
            Refusal::not_found("notice_not_found", "There is no sharing notice with this number.")
        }
        other => other.into(),
    }
}
