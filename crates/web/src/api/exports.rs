//! Exports: contacts as a file to take away.

use actions::{DisclosureWish, export_begin};
use model::{SharingNoticeId, TagName, TagProblem};
use serde::Deserialize;
use store::ContactQuery;
use utoipa::ToSchema;

use crate::api::asked::Asked;
use crate::api::contacts::{ContactStateWord, LONGEST_PART};
use crate::api::list::given;
use crate::api::problem::Problem;
use crate::api::reply::Reply;
use crate::api::{imports, jobs};

/// Which contacts are written; everybody when nothing is said.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct NewExport {
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
    /// The name of a registered recipient who gets it; your own use when left out.
    #[serde(default, rename = "for")]
    #[schema(max_length = 100)]
    recipient: Option<String>,
    /// What they get it for; own use when left out.
    #[serde(default)]
    #[schema(max_length = 200)]
    purpose: Option<String>,
    /// The id of the sharing notice by which it is shared, with those who had the chance to say no; the
    /// recipient and the purpose are the notice’s then.
    #[serde(default)]
    #[schema(example = "3")]
    notice: Option<String>,
}

pub(crate) async fn create(asked: Asked) -> Result<Reply, Problem> {
    let NewExport { q, topic, state, tag, recipient, purpose, notice } = asked.body()?;
    let query = query_of((q.as_deref(), topic.as_deref(), tag.as_deref()), state)?;
    let wish = DisclosureWish::said(recipient.as_deref(), purpose.as_deref());
    let wish = wish.shared_by(given(notice.as_deref()).map(notice_of).transpose()?);
    let id = export_begin(&asked.parts.resources, &asked.call(), query, wish).await?;
    jobs::accepted(&asked, id).await
}

fn notice_of(text: &str) -> Result<SharingNoticeId, Problem> {
    let wrong = |_| {
        let words = "Name a sharing notice by its id, such as \"3\".".to_owned();
        Problem::of_field("/notice".to_owned(), "field", words)
    };
    text.parse().map_err(wrong)
}

/// The contacts that a body means by part of an address, topic, tag and state.
pub(crate) fn query_of(
    (q, topic, tag): (Option<&str>, Option<&str>, Option<&str>),
    state: Option<ContactStateWord>,
) -> Result<ContactQuery, Problem> {
    let part = given(q);
    if part.is_some_and(|part| part.chars().count() > LONGEST_PART) {
        let words = format!("A part of an address has at most {LONGEST_PART} characters.");
        return Err(Problem::of_field("/q".to_owned(), "field", words));
    }
    let tag = given(tag).map(TagName::parse).transpose();
    let wrong =
        |problem: TagProblem| Problem::of_field("/tag".to_owned(), "tag", problem.to_string());
    Ok(ContactQuery {
        address_part: part.map(str::to_owned),
        topic: given(topic).map(str::to_owned),
        state: state.map(ContactStateWord::state),
        tag: tag.map_err(wrong)?,
    })
}

pub(crate) async fn created_again(asked: Asked, made: Option<String>) -> Result<Reply, Problem> {
    imports::created_again(asked, made).await
}
