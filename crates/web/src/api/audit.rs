//! The audit log.

use access::audit_entries;
use model::CampaignId;
use serde::Serialize;
use serde_json::Value;
use store::{AuditEntry, AuditFilter};
use utoipa::ToSchema;

use crate::api::asked::Asked;
use crate::api::list::{Batch, ListAsked, given, list_params};
use crate::api::problem::Problem;
use crate::api::reply::Reply;

/// Entries looked up at once.
const BATCH: u16 = 501;

/// Characters of what is sought.
const LONGEST: usize = 200;

list_params! {
    AuditParams {
        /// Only entries about this: a kind, and what it is called, such as `campaign 3`.
        #[param(max_length = 200)]
        object: Option<String>,
        /// Only what somebody did, by the name that they had then; not together with `object`.
        #[param(max_length = 200)]
        actor: Option<String>,
    }
}

/// What somebody did.
#[derive(Serialize, ToSchema)]
pub(crate) struct AuditLogEntry {
    /// Its number, counted from 1 without a gap.
    #[schema(example = "43")]
    id: String,
    #[schema(format = "date-time")]
    at: String,
    /// The same in microseconds, as the hash has it.
    at_us: i64,
    actor: AuditActor,
    #[schema(example = "campaign.pause")]
    action: String,
    object: AuditedObject,
    /// What was before; null where that says nothing.
    before: Option<Value>,
    after: Option<Value>,
    /// The hash of the entry before.
    previous_hash: String,
    /// SHA-256, in hex, over this entry and the hash of the one before.
    hash: String,
}

#[derive(Serialize, ToSchema)]
struct AuditActor {
    /// user, token or system; there may be more.
    kind: String,
    id: Option<String>,
    name: String,
}

#[derive(Serialize, ToSchema)]
struct AuditedObject {
    #[schema(example = "campaign")]
    kind: String,
    /// Empty for what has no id.
    #[schema(example = "3")]
    id: String,
    /// As the hash has it: the same, but for campaigns, whose whole id is longer than their number.
    whole_id: String,
}

impl From<AuditEntry> for AuditLogEntry {
    fn from(entry: AuditEntry) -> Self {
        let state = |text: Option<String>| {
            text.map(|text| serde_json::from_str(&text).unwrap_or(Value::String(text)))
        };
        // The log keeps the whole id, which is not given out again after a restore.
        let id = match (entry.object_kind.as_str(), entry.object_id.parse()) {
            ("campaign", Ok(id)) => CampaignId(id).to_string(),
            _ => entry.object_id.clone(),
        };
        let hex = |bytes: &[u8]| bytes.iter().map(|byte| format!("{byte:02x}")).collect();
        Self {
            id: entry.seq.to_string(),
            at: entry.at.rfc3339(),
            at_us: entry.at.0,
            actor: AuditActor {
                kind: entry.actor_kind,
                id: entry.actor_id.map(|id| id.to_string()),
                name: entry.actor_name,
            },
            action: entry.action,
            object: AuditedObject { kind: entry.object_kind, id, whole_id: entry.object_id },
            before: state(entry.before),
            after: state(entry.after),
            previous_hash: hex(&entry.previous_hash),
            hash: hex(&entry.hash),
        }
    }
}

pub(crate) async fn list(asked: Asked) -> Result<Reply, Problem> {
    let params: AuditParams = asked.query()?;
    let (object, actor) = (given(params.object.as_deref()), given(params.actor.as_deref()));
    if [object, actor].into_iter().flatten().any(|text| text.chars().count() > LONGEST) {
        let words = format!("“object” and “actor” have at most {LONGEST} characters.");
        return Err(Problem::bad_request("query", words));
    }
    let filter = match (object, actor) {
        (Some(_), Some(_)) => {
            let words = "“object” and “actor” can’t be asked for together.";
            return Err(Problem::bad_request("query", words));
        }
        (Some(object), None) => of_object(&asked, object).await?,
        (None, Some(actor)) => AuditFilter::Actor(actor.to_owned()),
        (None, None) => AuditFilter::All,
    };
    let named = [("object", object), ("actor", actor)];
    let page = ListAsked::new("/api/v1/audit", &named, params.limit, params.after.as_deref())?;
    let (store, permit, filter) = (asked.store(), asked.permit()?, &filter);
    let batch = |before: Option<i64>| async move {
        let mut rows = audit_entries(store, permit, filter.clone(), before, BATCH).await?;
        let has_more = rows.len() == usize::from(BATCH);
        rows.truncate(usize::from(BATCH) - 1);
        let next = rows.last().filter(|_| has_more).map(|last| last.seq);
        Ok(Batch { rows, next, is_last_for_now: false })
    };
    let (rows, next) = page.fill(batch, |_| true, |it| it.seq).await?;
    let rows: Vec<AuditLogEntry> = rows.into_iter().map(AuditLogEntry::from).collect();
    page.page(&rows, next)
}

async fn of_object(asked: &Asked, text: &str) -> Result<AuditFilter, Problem> {
    let (kind, id) = text.split_once([' ', ':']).unwrap_or((text, ""));
    let id = match (kind, id.parse()) {
        ("campaign", Ok(number)) => {
            let found = report::campaign_numbered(asked.store(), number).await?;
            found.map_or_else(|| id.to_owned(), |id| id.0.to_string())
        }
        _ => id.to_owned(),
    };
    Ok(AuditFilter::Object { kind: kind.to_owned(), id })
}
