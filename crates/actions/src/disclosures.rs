//! The disclosure register: what is asked for in whose name, and looking at it.
//!
//! Invariants: whoever takes personal data away says for whom and for what, or takes it for their own use;
//! whether the recipient may get it is the store's to decide, beside the entry. The register and its
//! verification are for who may read the audit log.

use access::Object;
use model::{DisclosureKind, Right, SharingNoticeId};
use serde_json::Value;
use store::{
    AuditObject, ChainPoint, DisclosureEntry, NewDisclosure, OWN_USE, Processor, Store, Verified,
};

use crate::{Call, ProcessorWish, Refusal, Resources};

/// For whom and for what personal data is asked for.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct DisclosureWish {
    /// The name of a registered recipient; None: whoever asks.
    pub recipient: Option<String>,
    /// None: their own use.
    pub purpose: Option<String>,
    /// The sharing notice by which it is shared: the recipient and the purpose are the notice's then.
    pub notice: Option<SharingNoticeId>,
}

impl DisclosureWish {
    /// The same without blanks; what is empty was not said.
    #[must_use]
    pub fn said(recipient: Option<&str>, purpose: Option<&str>) -> Self {
        let said = |text: Option<&str>| {
            text.map(str::trim).filter(|text| !text.is_empty()).map(str::to_owned)
        };
        Self { recipient: said(recipient), purpose: said(purpose), notice: None }
    }

    /// The same by a sharing notice.
    #[must_use]
    pub fn shared_by(self, notice: Option<SharingNoticeId>) -> Self {
        Self { notice, ..self }
    }

    /// The specification of a job with this in it.
    pub(crate) fn within(&self, spec: &str) -> String {
        let mut value: Value = serde_json::from_str(spec).unwrap_or_default();
        if let Some(fields) = value.as_object_mut()
            && *self != Self::default()
        {
            let mut said = serde_json::json!({ "for": self.recipient, "purpose": self.purpose });
            if let Some(notice) = self.notice {
                said["notice"] = notice.0.into();
            }
            fields.insert("disclosure".to_owned(), said);
        }
        value.to_string()
    }

    /// What [`Self::within`] has put there.
    pub(crate) fn of(spec: &str) -> Self {
        let value: Value = serde_json::from_str(spec).unwrap_or_default();
        let said = value.get("disclosure");
        let text = |name: &str| said.and_then(|it| it.get(name)).and_then(Value::as_str);
        let notice = said.and_then(|it| it.get("notice")).and_then(Value::as_i64);
        Self::said(text("for"), text("purpose")).shared_by(notice.map(SharingNoticeId))
    }

    /// What is about to leave; `about` names nobody.
    #[must_use]
    pub fn new_disclosure(
        &self,
        call: &Call,
        kind: DisclosureKind,
        about: &Value,
    ) -> NewDisclosure {
        NewDisclosure {
            actor: call.actor.record(),
            kind,
            recipient: self.recipient.clone(),
            purpose: self.purpose.clone().unwrap_or_else(|| OWN_USE.to_owned()),
            about: about.to_string(),
            notice: self.notice,
            at: call.at,
        }
    }

    /// Whether it may leave, before anybody works for it.
    ///
    /// # Errors
    /// When the recipient may not get it.
    pub async fn check(
        &self,
        store: &Store,
        call: &Call,
        kind: DisclosureKind,
    ) -> Result<(), Refusal> {
        let new = self.new_disclosure(call, kind, &Value::Null);
        Ok(store.disclosure_check(new).await?)
    }
}

/// The newest entries before one, newest first: all, or those of a recipient.
///
/// # Errors
/// Without the right.
pub async fn disclosures(
    resources: &Resources,
    call: &Call,
    recipient: Option<String>,
    (before, limit): (Option<i64>, u16),
) -> Result<Vec<DisclosureEntry>, Refusal> {
    call.permit(Right::AuditRead, Object::Installation)?;
    let before = before.unwrap_or(i64::MAX);
    Ok(resources.store.disclosures_page(recipient, before, limit).await?)
}

/// One entry.
///
/// # Errors
/// When there is none.
pub async fn disclosure(
    resources: &Resources,
    call: &Call,
    seq: i64,
) -> Result<DisclosureEntry, Refusal> {
    call.permit(Right::AuditRead, Object::Installation)?;
    let words = "There is no entry with this number.";
    let found = resources.store.disclosure_find(seq).await?;
    found.ok_or_else(|| Refusal::not_found("disclosure_not_found", words))
}

/// Follows the register's chain.
///
/// # Errors
/// Without the right.
pub async fn disclosures_verify(
    resources: &Resources,
    call: &Call,
    noted: Option<ChainPoint>,
) -> Result<Verified, Refusal> {
    call.permit(Right::AuditRead, Object::Installation)?;
    Ok(resources.store.disclosures_verify(noted).await?)
}

/// Who may get personal data, and for what: names no contact.
///
/// # Errors
/// Without the right to see contacts.
pub async fn processors(resources: &Resources, call: &Call) -> Result<Vec<Processor>, Refusal> {
    call.permit(Right::ContactsRead, Object::OwnTopics)?;
    Ok(resources.store.processors_list().await?)
}

/// Registers a recipient, or changes what they may get.
///
/// # Errors
/// When a field can't be meant.
pub async fn processor_set(
    resources: &Resources,
    call: &Call,
    wish: ProcessorWish,
) -> Result<(), Refusal> {
    let permit = call.permit(Right::SettingsWrite, Object::Installation)?;
    let processor = wish.parsed(call.at)?;
    let object = AuditObject::new("processor", &processor.name);
    let after = serde_json::json!({
        "country": processor.country,
        "basis": processor.basis.as_str(),
        "purposes": processor.purposes,
        "fields": processor.fields.iter().map(|it| it.as_str()).collect::<Vec<_>>(),
    });
    let named = call.acting(&permit, &resources.store, "processor.set", object, Some(after));
    Ok(named.processor_set(processor).await?)
}

/// Takes a recipient out: they get nothing any more.
///
/// # Errors
/// When there is none.
pub async fn processor_remove(
    resources: &Resources,
    call: &Call,
    name: &str,
) -> Result<(), Refusal> {
    let permit = call.permit(Right::SettingsWrite, Object::Installation)?;
    let object = AuditObject::new("processor", name.trim());
    let named = call.acting(&permit, &resources.store, "processor.remove", object, None);
    match named.processor_remove(name.trim().to_owned()).await {
        Err(store::StoreError::NotFound(_)) => {
            let words = "There is no recipient with this name.";
            Err(Refusal::not_found("recipient_not_found", words))
        }
        done => Ok(done?),
    }
}
