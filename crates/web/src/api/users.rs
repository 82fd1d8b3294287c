//! Users.

use model::Timestamp;
use serde::Serialize;
use utoipa::ToSchema;

use crate::api::asked::Asked;
use crate::api::list::{ListAsked, list_params};
use crate::api::problem::Problem;
use crate::api::reply::Reply;
use crate::api::topic_slugs::TopicSlugs;

list_params! {
    UsersParams {}
}

/// Somebody who works with Pharos.
#[derive(Serialize, ToSchema)]
pub(crate) struct User {
    #[serde(skip)]
    number: i64,
    #[schema(example = "2")]
    id: String,
    email: String,
    name: String,
    /// owner, administrator, marketer, author, reporter or auditor; there may be more.
    #[schema(example = "marketer")]
    role: &'static str,
    /// The slugs of the topics that they are trusted with; empty for all.
    topics: Vec<String>,
    /// False while an invitation waits for them.
    has_password: bool,
    has_second_factor: bool,
    /// How many passkeys they have.
    passkeys: i64,
    #[schema(format = "date-time")]
    created_at: String,
    #[schema(format = "date-time")]
    disabled_at: Option<String>,
}

impl User {
    fn new(user: store::User, slugs: &TopicSlugs) -> Self {
        Self {
            number: user.id.0,
            id: user.id.to_string(),
            email: user.email,
            name: user.name,
            role: user.role.as_str(),
            topics: slugs.of(&user.topics),
            has_password: user.has_password,
            has_second_factor: user.has_second_factor,
            passkeys: user.passkeys,
            created_at: user.created_at.rfc3339(),
            disabled_at: user.disabled_at.map(Timestamp::rfc3339),
        }
    }
}

pub(crate) async fn list(asked: Asked) -> Result<Reply, Problem> {
    let params: UsersParams = asked.query()?;
    let page = ListAsked::new("/api/v1/users", &[], params.limit, params.after.as_deref())?;
    let slugs = TopicSlugs::read(asked.store()).await?;
    let users = access::users_list(asked.store(), asked.permit()?).await?;
    let users = users.into_iter().map(|it| User::new(it, &slugs)).collect();
    page.page_by_number(users, |it: &User| it.number)
}

pub(crate) async fn one(asked: Asked) -> Result<Reply, Problem> {
    let slugs = TopicSlugs::read(asked.store()).await?;
    let users = access::users_list(asked.store(), asked.permit()?).await?;
    let found = users.into_iter().find(|it| it.id.to_string() == asked.path("id"));
    Reply::tagged(&User::new(found.ok_or_else(missing)?, &slugs))
}

pub(crate) fn missing() -> Problem {
    Problem::not_found("user_not_found", "There is no user with this id.")
}
