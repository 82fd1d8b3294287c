//! Forms by which people join.

use actions::{FormDetail as Detail, FormWish};
use model::Timestamp;
use serde::{Deserialize, Serialize};
use store::{JoinForm, Topic};
use utoipa::ToSchema;

use crate::api::asked::Asked;
use crate::api::list::{ListAsked, list_params};
use crate::api::problem::Problem;
use crate::api::reply::Reply;

list_params! {
    FormsParams {}
}

/// A form by which people join.
#[derive(Serialize, ToSchema)]
pub(crate) struct ListedForm {
    /// In its address.
    #[schema(example = "newsletter")]
    name: String,
    title: String,
    /// Slugs of the topics that it offers; none is ticked in advance.
    topics: Vec<String>,
    fields: Vec<FormField>,
    /// What people are told.
    notice: String,
    notice_version: i64,
    /// Of title and notice; null: the page is in the reader's.
    language: Option<String>,
    /// Where a browser is led afterwards; null: to a page of ours.
    redirect: Option<String>,
    /// Other sites that show it.
    origins: Vec<String>,
    /// Month and year of birth.
    asks_age: bool,
    open: bool,
    #[schema(format = "date-time")]
    created_at: String,
    #[schema(format = "date-time")]
    updated_at: String,
}

/// An attribute that a form asks for.
#[derive(Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct FormField {
    /// One that is declared.
    #[schema(example = "first_name")]
    attribute: String,
    #[serde(default)]
    required: bool,
}

/// A form with what belongs to it.
#[derive(Serialize, ToSchema)]
pub(crate) struct FormDetail {
    form: ListedForm,
    /// Where it is.
    address: String,
    /// For pages of other sites.
    html: String,
    /// What it told people, the newest first.
    notices: Vec<ToldNotice>,
    /// How many have not confirmed yet.
    waiting: i64,
}

/// What a form told people at some time.
#[derive(Serialize, ToSchema)]
pub(crate) struct ToldNotice {
    version: i64,
    text: String,
    #[schema(format = "date-time")]
    at: String,
}

/// What a form is to be. What is left out is as before.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct NewForm {
    #[serde(default)]
    #[schema(max_length = 150)]
    title: Option<String>,
    /// Slugs of the topics that it offers.
    #[serde(default)]
    #[schema(max_items = 30)]
    topics: Option<Vec<String>>,
    #[serde(default)]
    #[schema(max_items = 30)]
    fields: Option<Vec<FormField>>,
    /// What people are told. Another text is another version.
    #[serde(default)]
    #[schema(max_length = 5000)]
    notice: Option<String>,
    /// Of title and notice; empty: the page is in the reader's.
    #[serde(default)]
    language: Option<String>,
    /// Where a browser is led afterwards, on our own site or on one of `origins`; empty: to a page of ours.
    #[serde(default)]
    redirect: Option<String>,
    /// Other sites that show it, such as https://www.example.com.
    #[serde(default)]
    #[schema(max_items = 20)]
    origins: Option<Vec<String>>,
    /// Month and year of birth.
    #[serde(default)]
    asks_age: Option<bool>,
    /// Left out: it opens.
    #[serde(default)]
    open: Option<bool>,
}

/// A form that is closed or removed.
#[derive(Serialize, ToSchema)]
pub(crate) struct EndedForm {
    name: String,
    changed: bool,
}

impl ListedForm {
    fn new(it: JoinForm, topics: &[Topic]) -> Self {
        let slug = |id| topics.iter().find(|topic| topic.id == id).map(|topic| topic.slug.clone());
        let field =
            |it: store::FormField| FormField { attribute: it.attribute, required: it.is_required };
        Self {
            topics: it.topics.into_iter().filter_map(slug).collect(),
            fields: it.fields.into_iter().map(field).collect(),
            name: it.name,
            title: it.title,
            notice: it.notice,
            notice_version: it.notice_version,
            language: it.language,
            redirect: it.redirect,
            origins: it.origins,
            asks_age: it.asks_age,
            open: it.is_open,
            created_at: it.created_at.rfc3339(),
            updated_at: it.updated_at.rfc3339(),
        }
    }
}

impl From<Detail> for FormDetail {
    fn from(it: Detail) -> Self {
        let notice = |it: store::FormNotice| ToldNotice {
            version: it.version,
            text: it.text,
            at: Timestamp::rfc3339(it.at),
        };
        Self {
            form: ListedForm::new(it.shown.form, &it.shown.topics),
            address: it.address,
            html: it.html,
            notices: it.notices.into_iter().map(notice).collect(),
            waiting: it.waiting,
        }
    }
}

pub(crate) async fn list(asked: Asked) -> Result<Reply, Problem> {
    let params: FormsParams = asked.query()?;
    let page = ListAsked::new("/api/v1/forms", &[], params.limit, params.after.as_deref())?;
    let forms = actions::forms(&asked.parts.resources, &asked.call()).await?;
    let topics = asked.store().topics_list().await?;
    let all: Vec<ListedForm> = forms.into_iter().map(|it| ListedForm::new(it, &topics)).collect();
    page.page_of(&all, |it| it.name.clone())
}

pub(crate) async fn one(asked: Asked) -> Result<Reply, Problem> {
    let name = asked.path("name").to_owned();
    let detail = actions::form(&asked.parts.resources, &asked.call(), &name).await?;
    Reply::of(&FormDetail::from(detail))
}

pub(crate) async fn set(asked: Asked) -> Result<Reply, Problem> {
    let new: NewForm = asked.body()?;
    let name = asked.path("name").to_owned();
    let pair = |it: FormField| (it.attribute, it.required);
    let wish = FormWish {
        title: new.title,
        topics: new.topics,
        fields: new.fields.map(|all| all.into_iter().map(pair).collect()),
        notice: new.notice,
        language: new.language,
        redirect: new.redirect,
        origins: new.origins,
        asks_age: new.asks_age,
        is_open: new.open,
    };
    let form = actions::form_set(&asked.parts.resources, &asked.call(), &name, wish).await?;
    let topics = asked.store().topics_list().await?;
    Reply::of(&ListedForm::new(form, &topics))
}

pub(crate) async fn close(asked: Asked) -> Result<Reply, Problem> {
    let name = asked.path("name").to_owned();
    let changed = actions::form_close(&asked.parts.resources, &asked.call(), &name).await?;
    Reply::of(&EndedForm { name, changed })
}

pub(crate) async fn remove(asked: Asked) -> Result<Reply, Problem> {
    let name = asked.path("name").to_owned();
    actions::form_remove(&asked.parts.resources, &asked.call(), &name).await?;
    Reply::of(&EndedForm { name, changed: true })
}
