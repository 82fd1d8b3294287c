//! A list of a campaign's contacts, by what they did, as a file to take away.
//!
//! Invariants: as of every export (`exports`): who may see the contacts of the campaign's topic may take
//! them away; that is in the audit log when it is asked for, when the file is whole, and each time that
//! it leaves.

use audience::EXPORT_JOB;
use model::{CampaignNumber, DisclosureKind, JobId, Right, RuleSet};
use report::{CampaignReport, ContactsExport, ReportContactsQuery};
use store::{AuditObject, NewJob};

use crate::{Call, DisclosureWish, Refusal, Resources, reach};

/// Lets a node write the contacts of a campaign that are meant, by this rule set, to a file.
///
/// # Errors
/// When there is no such campaign or link, it is of a foreign topic, or the recipient may not get it.
pub async fn report_contacts_export(
    resources: &Resources,
    call: &Call,
    number: CampaignNumber,
    (query, rules): (ReportContactsQuery, &RuleSet),
    wish: DisclosureWish,
) -> Result<JobId, Refusal> {
    let store = &resources.store;
    let (campaign, object) = reach::campaign(store, number).await?;
    let permit = call.permit(Right::ContactsRead, object)?;
    let report = report::campaign_report_by(store, campaign.id, call.at, rules).await;
    let report = report.map_err(Refusal::failed)?.ok_or_else(reach::no_campaign)?;
    wish.check(store, call, DisclosureKind::ReportFile).await?;
    let count = query.count(&report).ok_or_else(no_link)?;
    who_did_is_kept(query, &report)?;
    let spec = ContactsExport { campaign: campaign.id, query, rules: rules.version.clone() };
    let new = NewJob {
        kind: EXPORT_JOB,
        actor: call.actor.record(),
        topic: Some(campaign.topic),
        title: format!("campaign-{number}-contacts.csv"),
        spec: wish.within(&spec.to_json()),
        of: None,
    };
    let object = AuditObject::of_kind("job");
    let named = call.acting(&permit, store, "contacts.export", object, Some(spec.logged()));
    Ok(named.job_ask(new, count.contacts, call.at).await?)
}

/// That it is kept who the contacts that are meant are.
///
/// # Errors
/// When it is not any more, because of its age.
pub fn who_did_is_kept(query: ReportContactsQuery, report: &CampaignReport) -> Result<(), Refusal> {
    let Some(at) = query.removed_at(report) else { return Ok(()) };
    let words = format!(
        "What each contact did with this campaign was removed on {} because of its age; how many did what stays.",
        at.day()
    );
    Err(Refusal::of_field("/did", "contacts_not_kept", words))
}

/// That a campaign has no link with some number.
#[must_use]
pub fn no_link() -> Refusal {
    let words = "The campaign has no link with this number; its report lists them.";
    Refusal::of_field("/link", "link_not_found", words)
}
