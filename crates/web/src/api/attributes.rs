//! What the values of attributes are.

use actions::{AttributeWish, attribute_remove, attribute_set};
use model::Timestamp;
use serde::{Deserialize, Serialize};
use store::DeclaredAttribute;
use utoipa::ToSchema;

use crate::api::asked::Asked;
use crate::api::list::{ListAsked, list_params};
use crate::api::problem::Problem;
use crate::api::reply::Reply;

list_params! {
    AttributesParams {}
}

/// What the values of an attribute are.
#[derive(Serialize, ToSchema)]
pub(crate) struct Attribute {
    #[schema(example = "customer_since")]
    name: String,
    /// text, number, date, yes_no, list, language or time_zone; there may be more.
    kind: &'static str,
    /// What a value of a list may be.
    choices: Vec<String>,
    /// What pages call it.
    label: String,
    /// Where it stands among the others.
    position: i64,
    /// Null: it is declared without anybody having said so.
    #[schema(format = "date-time")]
    created_at: Option<String>,
}

impl From<DeclaredAttribute> for Attribute {
    fn from(it: DeclaredAttribute) -> Self {
        Self {
            kind: it.kind.as_str(),
            choices: it.kind.choices().to_vec(),
            name: it.name,
            label: it.label,
            position: it.position,
            created_at: it.created_at.map(Timestamp::rfc3339),
        }
    }
}

/// What the values of an attribute are to be.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct NewAttribute {
    /// text, number, date, yes_no, list, language or time_zone.
    #[schema(example = "date")]
    kind: String,
    /// What a value of a list may be: exactly one of these.
    #[serde(default)]
    #[schema(max_items = 200)]
    choices: Vec<String>,
    /// What pages call it; left out: as before, or its name.
    #[serde(default)]
    #[schema(max_length = 100)]
    label: Option<String>,
    /// Where it stands among the others, the lowest first; left out: as before, or last.
    #[serde(default)]
    position: Option<i64>,
    /// Only count which values fit, and declare nothing.
    #[serde(default)]
    dry_run: bool,
}

/// What became of a declaration.
#[derive(Serialize, ToSchema)]
pub(crate) struct SetAttribute {
    name: String,
    dry_run: bool,
    /// The id of the job that looks at the values that there are; null where there is nothing to look at.
    job: Option<String>,
}

/// A declaration that has ended.
#[derive(Serialize, ToSchema)]
pub(crate) struct RemovedAttribute {
    name: String,
}

pub(crate) async fn list(asked: Asked) -> Result<Reply, Problem> {
    let params: AttributesParams = asked.query()?;
    let page = ListAsked::new("/api/v1/attributes", &[], params.limit, params.after.as_deref())?;
    let declared = asked.store().attributes_list().await?;
    let mut all: Vec<Attribute> = declared.into_iter().map(Attribute::from).collect();
    // The order of a cursor that goes on behind a name.
    all.sort_unstable_by(|one, other| one.name.cmp(&other.name));
    page.page_of(&all, |it| it.name.clone())
}

pub(crate) async fn set(asked: Asked) -> Result<Reply, Problem> {
    let NewAttribute { kind, choices, label, position, dry_run } = asked.body()?;
    let name = asked.path("name").to_owned();
    let wish = AttributeWish { kind, choices, label, position };
    let (resources, call) = (&asked.parts.resources, asked.call());
    let job = attribute_set(resources, &call, &name, wish, dry_run).await?;
    Reply::of(&SetAttribute { name, dry_run, job: job.map(|id| id.to_string()) })
}

pub(crate) async fn remove(asked: Asked) -> Result<Reply, Problem> {
    let name = asked.path("name").to_owned();
    attribute_remove(&asked.parts.resources, &asked.call(), &name).await?;
    Reply::of(&RemovedAttribute { name })
}
