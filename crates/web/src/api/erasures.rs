//! Erasures of many people: a list of addresses as the body of a request.
//!
//! Invariants: nobody is erased before the caller has said of how many contacts at most; repeated under
//! the same key, the same list is one job.

use actions::{erasure_begin, erasure_start, job_stop};
use audience::ErasureSpec;
use model::JobId;
use serde::Deserialize;
use store::JobState;
use utoipa::IntoParams;

use crate::api::asked::Asked;
use crate::api::imports::{call, created_again, received};
use crate::api::problem::Problem;
use crate::api::reply::Reply;
use crate::api::{idempotency, jobs};
use crate::clock::now;

/// How a list is to be erased: one address a line, or a CSV file with a column of addresses.
#[derive(Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(crate) struct ErasureParams {
    /// What the list is called, for people; a name with an @ is not kept.
    #[param(max_length = 200, example = "customer-left.csv")]
    name: Option<String>,
    /// The column of addresses, if it is not called email or the like.
    #[param(max_length = 200)]
    column: Option<String>,
    /// Count what would be erased, and erase nobody; `start` then does it.
    #[serde(default)]
    dry_run: bool,
    /// Nobody is erased if the list has more contacts. Needed unless `dry_run` is set.
    #[param(minimum = 0, example = 312)]
    contacts_at_most: Option<u64>,
}

pub(crate) async fn create(mut asked: Asked) -> Result<Reply, Problem> {
    let ErasureParams { name, column, dry_run, contacts_at_most } = asked.query()?;
    if !dry_run && contacts_at_most.is_none() {
        let words = "Say of how many contacts at most, or set dry_run to count them first.";
        return Err(Problem::of_field("/contacts_at_most".to_owned(), "field", words));
    }
    let column = column.filter(|column| !column.trim().is_empty());
    let spec = ErasureSpec { rehearsal: dry_run, contacts_at_most, column };
    let resources = asked.parts.resources.clone();
    let name = name.as_deref().unwrap_or("addresses.csv");
    let upload = erasure_begin(&resources, &call(&asked), name).await?;
    let id = upload.id;
    let hash = received(&asked, upload).await?;
    asked.at = now();
    if let Some(request) = &mut asked.request {
        request.body_hash = hash;
    }
    let act = move |asked| -> crate::api::route::Answering { Box::pin(started(asked, id, spec)) };
    let again =
        |asked, made| -> crate::api::route::Answering { Box::pin(created_again(asked, made)) };
    let done = idempotency::once_or_again(asked.clone(), act, again).await;
    // The list can't be read, or the same one came before: this one is removed.
    let job = actions::job(&resources, &call(&asked), id).await?;
    if job.state == JobState::Waiting && job.position.is_empty() {
        job_stop(&resources, &call(&asked), id).await?;
    }
    done
}

async fn started(asked: Asked, id: JobId, spec: ErasureSpec) -> Result<Reply, Problem> {
    erasure_start(&asked.parts.resources, &asked.call(), id, spec).await?;
    jobs::accepted(&asked, id).await
}
