//! One act with all contacts who match, as a job.

use actions::{BulkActWish, BulkWhomWish, contacts_bulk};
use model::ConsentBasis;
use serde::Deserialize;
use store::ImportBasis;
use utoipa::ToSchema;

use crate::api::asked::Asked;
use crate::api::contacts::ContactStateWord;
use crate::api::exports::query_of;
use crate::api::jobs;
use crate::api::problem::Problem;
use crate::api::reply::Reply;

/// What is done with each contact.
#[derive(Debug, Clone, Copy, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub(crate) enum BulkWord {
    /// Subscribe to a topic: never who has left it or must not be mailed.
    Subscribe,
    /// Unsubscribe from a topic.
    Leave,
    /// Give an attribute a value.
    Set,
    /// Remove an attribute.
    Clear,
    /// Give a tag, which is made if there is none.
    Tag,
    /// Take a tag away.
    Untag,
}

/// An act with all contacts who match: by the filter of the list, or in a segment.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct BulkContacts {
    #[schema(inline)]
    act: BulkWord,
    /// The topic’s slug, the attribute’s name, or the tag.
    #[schema(example = "release-notices", max_length = 200)]
    subject: String,
    /// Of `set`.
    #[serde(default)]
    value: Option<String>,
    /// Of `subscribe`, and needed there: consent, contract, existing-customer or other.
    #[serde(default)]
    #[schema(max_length = 40)]
    basis: Option<String>,
    /// What they were told, or its version.
    #[serde(default)]
    #[schema(max_length = 200)]
    notice: Option<String>,
    /// Where the proof lies.
    #[serde(default)]
    #[schema(max_length = 200)]
    proof: Option<String>,
    /// The segment’s name, instead of the filter.
    #[serde(default)]
    #[schema(max_length = 100)]
    segment: Option<String>,
    /// A part of the address, regardless of case.
    #[serde(default)]
    #[schema(max_length = 254)]
    q: Option<String>,
    /// Only those with an entry for the topic with this slug; a token for several topics names one.
    #[serde(default)]
    topic: Option<String>,
    /// Only those in this state, of the topic if one is given.
    #[serde(default)]
    #[schema(inline)]
    state: Option<ContactStateWord>,
    /// Only those who have this tag.
    #[serde(default)]
    #[schema(max_length = 64)]
    tag: Option<String>,
    /// Count what would be done, and change nothing; `start` of the job then does it.
    #[serde(default)]
    dry_run: bool,
}

pub(crate) async fn create(asked: Asked) -> Result<Reply, Problem> {
    let body: BulkContacts = asked.body()?;
    let (whom, act, dry_run) = (whom_of(&body)?, act_of(&body)?, body.dry_run);
    let resources = &asked.parts.resources;
    let id = contacts_bulk(resources, &asked.call(), whom, act, dry_run).await?;
    jobs::accepted(&asked, id).await
}

fn whom_of(body: &BulkContacts) -> Result<BulkWhomWish, Problem> {
    let filter = (body.q.as_deref(), body.topic.as_deref(), body.tag.as_deref());
    let Some(segment) = &body.segment else {
        return Ok(BulkWhomWish::Found(query_of(filter, body.state)?));
    };
    if filter != (None, None, None) || body.state.is_some() {
        let words = "Name a segment or a filter, not both.";
        return Err(Problem::of_field("/segment".to_owned(), "field", words));
    }
    Ok(BulkWhomWish::Segment(segment.clone()))
}

fn act_of(body: &BulkContacts) -> Result<BulkActWish, Problem> {
    let (topic, name) = (body.subject.clone(), body.subject.clone());
    Ok(match body.act {
        BulkWord::Subscribe => {
            let word = body.basis.as_deref().unwrap_or("not-stated");
            let basis = ConsentBasis::from_word(word).ok_or_else(|| {
                let words = "It is consent, contract, existing-customer or other.";
                Problem::of_field("/basis".to_owned(), "basis", words)
            })?;
            let basis =
                ImportBasis { basis, notice: body.notice.clone(), proof: body.proof.clone() };
            BulkActWish::Subscribe { topic, basis }
        }
        BulkWord::Leave => BulkActWish::Leave { topic },
        BulkWord::Set => {
            let value = body.value.clone().filter(|it| !it.trim().is_empty());
            let words = "Say the value; `clear` removes one.";
            let value =
                value.ok_or_else(|| Problem::of_field("/value".to_owned(), "attribute", words))?;
            BulkActWish::Set { name, value }
        }
        BulkWord::Clear => BulkActWish::Set { name, value: String::new() },
        BulkWord::Tag => BulkActWish::Tag { name, is_given: true },
        BulkWord::Untag => BulkActWish::Tag { name, is_given: false },
    })
}
