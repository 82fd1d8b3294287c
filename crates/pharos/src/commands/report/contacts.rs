//! `pharos report contacts`: who opened, clicked, left, or did not get it.
//!
//! Invariant: that a list of people is taken away as a file is in the audit log and in the disclosure
//! register before its first line leaves. Personal data goes to standard output or that file and nowhere else.

use std::io::{BufWriter, Write};
use std::path::Path;

use anyhow::Context as _;
use model::{
    CampaignId, CampaignNumber, ContactId, DeliveryState, DisclosureKind, HitClass, LinkSlot, Right,
};
use report::{
    ContactGroup, ContactsExport, CountBound, ReportContactLine, ReportContactsQuery,
    report_contacts,
};
use serde::Deserialize;
use serde_json::json;
use store::{AuditObject, Disclosed, DisclosedMembers};

use super::rules_of;
use crate::backend::Backend;
use crate::cli::ReportContactsArgs;
use crate::commands::contacts::said;
use crate::commands::job::{self, new_file};
use crate::installation::{Installation, no_campaign, now};
use crate::remote::{RemoteClient, maybe_time, number};
use crate::telemetry::{counted, note, say};

/// Contacts that are held at once.
const PAGE: usize = 500;

/// A contact as a server tells it.
#[derive(Deserialize)]
struct ToldReportContact {
    #[serde(deserialize_with = "number")]
    contact: ContactId,
    email: String,
    state: String,
    code: Option<u16>,
    reply: String,
    class: Option<String>,
    click_class: Option<String>,
    #[serde(deserialize_with = "maybe_time")]
    left_at: Option<model::Timestamp>,
}

impl TryFrom<ToldReportContact> for ReportContactLine {
    type Error = anyhow::Error;

    fn try_from(told: ToldReportContact) -> anyhow::Result<Self> {
        let class = |word: Option<String>| -> anyhow::Result<Option<HitClass>> {
            let known = |word: String| {
                HitClass::from_word(&word)
                    .with_context(|| format!("the class {word:?} is not known here"))
            };
            word.map(known).transpose()
        };
        let state = DeliveryState::ALL.into_iter().find(|state| state.as_str() == told.state);
        let state =
            state.with_context(|| format!("the state {:?} is not known here", told.state))?;
        Ok(Self {
            contact: told.contact,
            email: told.email,
            state,
            code: told.code,
            reply: told.reply,
            class: class(told.class)?,
            click_class: class(told.click_class)?,
            left_at: told.left_at,
        })
    }
}

pub(super) async fn tell(backend: &Backend, args: ReportContactsArgs) -> anyhow::Result<()> {
    let query = query(&args)?;
    let Some(path) = &args.to else { return list(backend, &args, query).await };
    let written = match backend {
        Backend::Local(installation) => write_here(installation, &args, query, path).await?,
        Backend::Remote(server) => write_there(server, &args, query, path).await?,
    };
    say(format_args!("Wrote {} to {}.", counted(written, "contact", "contacts"), path.display()));
    Ok(())
}

fn query(args: &ReportContactsArgs) -> anyhow::Result<ReportContactsQuery> {
    let group = ContactGroup::from_word(&args.did).with_context(|| {
        let words = ContactGroup::ALL.map(|group| group.as_str().replace('_', "-")).join(", ");
        format!("--did is one of {words}, not {:?}", args.did)
    })?;
    let bound = args.at_most.then_some(CountBound::AtMost);
    Ok(ReportContactsQuery::new(group, bound, args.link.map(LinkSlot))?)
}

/// The campaign here, and that it has such a link.
async fn campaign_here(
    installation: &Installation,
    number: CampaignNumber,
    query: ReportContactsQuery,
    rules: &model::RuleSet,
) -> anyhow::Result<CampaignId> {
    let id = installation.campaign(number).await?;
    let report = report::campaign_report_by(&installation.store, id, now(), rules).await?;
    let report = report.with_context(|| no_campaign(number))?;
    query.count(&report).ok_or_else(actions::no_link)?;
    actions::who_did_is_kept(query, &report)?;
    Ok(id)
}

/// Prints a line for each of the first ones.
async fn list(
    backend: &Backend,
    args: &ReportContactsArgs,
    query: ReportContactsQuery,
) -> anyhow::Result<()> {
    let limit = args.limit as usize;
    let (lines, more) = match backend {
        Backend::Local(installation) => {
            let rules = rules_of(installation, args.rules.as_deref()).await?;
            let id = campaign_here(installation, args.campaign, query, rules).await?;
            let (mut lines, mut after) = (Vec::new(), None);
            loop {
                let left = (limit - lines.len()).min(PAGE);
                let page = (after, left);
                let found = report_contacts(&installation.store, id, query, rules, page).await?;
                lines.extend(found.contacts);
                after = found.next;
                if after.is_none() || lines.len() >= limit {
                    break (lines, after.is_some());
                }
            }
        }
        Backend::Remote(server) => told(server, args, query, limit).await?,
    };
    if lines.is_empty() {
        note("Nobody.");
    }
    for line in lines {
        let class = line.class.map_or("-", HitClass::as_str);
        say(format_args!("{:<40}  {:<10}  {class}", line.email, line.state.as_str()));
    }
    if more {
        note("There may be more: raise --limit, or write them all with --to FILE.");
    }
    Ok(())
}

/// The first ones as a server tells them, and whether there may be more.
async fn told(
    server: &RemoteClient,
    args: &ReportContactsArgs,
    query: ReportContactsQuery,
    limit: usize,
) -> anyhow::Result<(Vec<ReportContactLine>, bool)> {
    let path = format!("/api/v1/campaigns/{}/report/contacts", args.campaign);
    let link = query.link().map(|slot| slot.0.to_string());
    let mut filter = super::remote::rules_query(args.rules.as_deref());
    filter.push(("did", query.group().as_str()));
    filter.extend(query.bound().map(|bound| ("bound", bound.as_str())));
    filter.extend(link.as_deref().map(|link| ("link", link)));
    let (mut lines, mut list) = (Vec::new(), server.list(&path, &filter));
    while let Some(page) = list.page::<ToldReportContact>().await? {
        for told in page {
            if lines.len() == limit {
                return Ok((lines, true));
            }
            lines.push(ReportContactLine::try_from(told)?);
        }
    }
    Ok((lines, false))
}

/// How many were written.
async fn write_here(
    installation: &Installation,
    args: &ReportContactsArgs,
    query: ReportContactsQuery,
    path: &Path,
) -> anyhow::Result<u64> {
    let rules = rules_of(installation, args.rules.as_deref()).await?;
    let id = campaign_here(installation, args.campaign, query, rules).await?;
    let spec = ContactsExport { campaign: id, query, rules: rules.version.clone() };
    let mut about = spec.logged();
    let disclosed = disclosed(installation, args, &spec, rules).await?;
    let mut members = DisclosedMembers::of(&disclosed);
    let mut out = BufWriter::new(new_file(path)?);
    let (mut written, mut after, mut first) = (0, None, true);
    loop {
        let page = (after, PAGE);
        let found = report_contacts(&installation.store, id, query, rules, page).await?;
        let mut lines = Vec::new();
        for line in found.contacts {
            // Who came meanwhile is not in the entry.
            if members.has(&installation.store, line.contact).await? {
                lines.push(line);
            }
        }
        out.write_all(ReportContactLine::csv(&lines, first)?.as_bytes())?;
        written += lines.len() as u64;
        (after, first) = (found.next, false);
        if after.is_none() {
            break;
        }
    }
    out.flush()?;
    about["contacts"] = written.into();
    log(installation, "contacts.exported", &about).await?;
    Ok(written)
}

/// Enters whom the file will have in the disclosure register, page by page.
async fn disclosed(
    installation: &Installation,
    args: &ReportContactsArgs,
    spec: &ContactsExport,
    rules: &model::RuleSet,
) -> anyhow::Result<Disclosed> {
    let (store, call, kind) =
        (&installation.store, installation.call(), DisclosureKind::ReportFile);
    let wish = args.disclosure.wish();
    wish.check(store, &call, kind).await?;
    let set = store.disclosure_set_make(call.at).await?;
    let mut after = None;
    loop {
        let page = (after, PAGE);
        let found = report_contacts(store, spec.campaign, spec.query, rules, page).await?;
        let ids = found.contacts.iter().map(|it| it.contact).collect();
        store.disclosure_set_add(set, ids).await?;
        after = found.next;
        if after.is_none() {
            break;
        }
    }
    let about = spec.logged();
    log(installation, "contacts.export", &about).await?;
    Ok(store.disclosure_enter(wish.new_disclosure(&call, kind, &about), set).await?)
}

async fn log(
    installation: &Installation,
    action: &'static str,
    about: &serde_json::Value,
) -> anyhow::Result<()> {
    let permit = installation.permit(Right::ContactsRead)?;
    let (object, about) = (AuditObject::of_kind("contacts"), Some(about.to_string()));
    Ok(permit.log(&installation.store, action, object, about, now()).await?)
}

/// A server writes them as a job, whose file is taken away. How many were written.
async fn write_there(
    server: &RemoteClient,
    args: &ReportContactsArgs,
    query: ReportContactsQuery,
    path: &Path,
) -> anyhow::Result<u64> {
    // Before the server has worked for it.
    let mut out = new_file(path)?;
    let mut body = json!({
        "did": query.group().as_str(),
        "bound": query.bound().map(CountBound::as_str),
        "link": query.link().map(|slot| slot.0),
        "rules": args.rules,
    });
    said(&mut body, &args.disclosure.wish());
    let at = format!("/api/v1/campaigns/{}/report/contacts/export", args.campaign);
    let taken = async {
        let made = server.post(&at, &body).await?;
        let job = job::ended_there(server, made).await?;
        server.take(&format!("/api/v1/jobs/{}/file", job.id), &mut out).await?;
        out.flush()?;
        anyhow::Ok(job.counts.get("contacts").copied().unwrap_or(0))
    };
    let written = taken.await;
    if written.is_err() {
        // Nothing half-written is left behind.
        std::fs::remove_file(path).with_context(|| format!("can't remove {}", path.display()))?;
    }
    written
}
