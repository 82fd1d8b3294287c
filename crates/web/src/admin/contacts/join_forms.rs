//! Forms by which people join: making them, and the HTML for other sites.

use actions::{FormDetail, FormWish};
use askama::Template;
use axum::extract::{Path, State};
use axum::http::StatusCode;
use axum::response::Response;
use campaign::RecipientWords;
use model::{Right, TopicScope};
use store::{FormField, JoinForm};

use crate::admin::page::calls::{call, looking};
use crate::admin::page::choice::{Choice, all_topics};
use crate::admin::page::form::{Form, FormProblem, new_key};
use crate::admin::page::message::Message;
use crate::admin::page::problem::PageProblem;
use crate::admin::page::refused::Refused;
use crate::admin::page::visitor::Admitted;
use crate::admin::parts::{AdminFrame, AdminParts};
use crate::listen::respond;

const PATH: &str = "/admin/contacts/forms";

#[derive(Template)]
#[template(path = "admin/join_forms.html")]
struct JoinFormsPage {
    frame: AdminFrame,
    may_change: bool,
    lines: Vec<JoinFormLine>,
    fields: JoinFormFields,
}

#[derive(Template)]
#[template(path = "admin/join_form.html")]
struct JoinFormPage {
    frame: AdminFrame,
    may_change: bool,
    name: String,
    title: String,
    is_open: bool,
    address: String,
    html: String,
    waiting: i64,
    /// Version, day and text.
    notices: Vec<(i64, String, String)>,
    fields: JoinFormFields,
}

struct JoinFormLine {
    name: String,
    title: String,
    topics: String,
    is_open: bool,
}

/// What the form about a form holds.
struct JoinFormFields {
    key: String,
    is_new: bool,
    name: String,
    title: String,
    topics: Vec<Choice>,
    /// Declared attributes: not asked for, may be filled in, must be.
    attributes: Vec<AskedAttribute>,
    notice: String,
    languages: Vec<Choice>,
    redirect: String,
    origins: String,
    asks_age: bool,
    problem: Option<FormProblem>,
}

struct AskedAttribute {
    name: String,
    label: String,
    is_asked: bool,
    is_required: bool,
}

/// What the fields hold, as typed or as kept.
#[derive(Default)]
struct TypedForm {
    name: String,
    title: String,
    topics: Vec<String>,
    fields: Vec<(String, bool)>,
    notice: String,
    language: String,
    redirect: String,
    origins: Vec<String>,
    asks_age: bool,
}

impl TypedForm {
    fn of(form: &Form) -> Self {
        let fields = form.pairs().filter_map(|(name, value)| {
            let name = name.strip_prefix("ask.")?;
            match value {
                "may" => Some((name.to_owned(), false)),
                "must" => Some((name.to_owned(), true)),
                _ => None,
            }
        });
        let lines = form.text("origins").lines().map(str::trim);
        Self {
            name: form.trimmed("name").to_owned(),
            title: form.trimmed("title").to_owned(),
            topics: form.all("topics").map(str::to_owned).collect(),
            fields: fields.collect(),
            notice: form.text("notice").to_owned(),
            language: form.trimmed("language").to_owned(),
            redirect: form.trimmed("redirect").to_owned(),
            origins: lines.filter(|it| !it.is_empty()).map(str::to_owned).collect(),
            asks_age: form.text("asks_age") == "yes",
        }
    }

    fn about(form: &JoinForm, topics: &[store::Topic]) -> Self {
        let slug = |id| topics.iter().find(|it| it.id == id).map(|it| it.slug.clone());
        let field = |it: &FormField| (it.attribute.clone(), it.is_required);
        Self {
            name: form.name.clone(),
            title: form.title.clone(),
            topics: form.topics.iter().copied().filter_map(slug).collect(),
            fields: form.fields.iter().map(field).collect(),
            notice: form.notice.clone(),
            language: form.language.clone().unwrap_or_default(),
            redirect: form.redirect.clone().unwrap_or_default(),
            origins: form.origins.clone(),
            asks_age: form.asks_age,
        }
    }

    fn wish(self) -> (String, FormWish) {
        let wish = FormWish {
            title: Some(self.title),
            topics: Some(self.topics),
            fields: Some(self.fields),
            notice: Some(self.notice),
            language: Some(self.language),
            redirect: Some(self.redirect),
            origins: Some(self.origins),
            asks_age: Some(self.asks_age),
            is_open: None,
        };
        (self.name, wish)
    }
}

impl JoinFormFields {
    async fn new(
        parts: &AdminParts,
        typed: TypedForm,
        is_new: bool,
        problem: Option<FormProblem>,
    ) -> Result<Self, PageProblem> {
        let topics = all_topics(parts).await?;
        let declared = parts.store.attributes_list().await;
        let declared = declared.map_err(PageProblem::failed("listing attributes"))?;
        let attributes = declared.into_iter().map(|it| {
            let asked = typed.fields.iter().find(|(name, _)| *name == it.name);
            AskedAttribute {
                is_asked: asked.is_some(),
                is_required: asked.is_some_and(|(_, is_required)| *is_required),
                name: it.name,
                label: it.label,
            }
        });
        let topic = |it: store::Topic| Choice {
            chosen: typed.topics.contains(&it.slug),
            word: it.slug,
            name: it.name,
        };
        let language = |it: RecipientWords| Choice {
            chosen: it.tag() == typed.language,
            word: it.tag().to_owned(),
            name: it.text("language"),
        };
        Ok(Self {
            key: new_key()?,
            is_new,
            attributes: attributes.collect(),
            topics: topics.into_iter().map(topic).collect(),
            languages: RecipientWords::all().map(language).collect(),
            name: typed.name,
            title: typed.title,
            notice: typed.notice,
            redirect: typed.redirect,
            origins: typed.origins.join("\n"),
            asks_age: typed.asks_age,
            problem,
        })
    }
}

fn may_change(admitted: &Admitted) -> bool {
    admitted.topics() == TopicScope::All && admitted.can(Right::ContactsWrite)
}

pub(crate) async fn list(admitted: Admitted, State(parts): State<AdminParts>) -> Response {
    list_page(&admitted, &parts, TypedForm::default(), (StatusCode::OK, None)).await
}

async fn list_page(
    admitted: &Admitted,
    parts: &AdminParts,
    typed: TypedForm,
    (status, problem): (StatusCode, Option<FormProblem>),
) -> Response {
    let made = async {
        let failed = |_| PageProblem::no_contact();
        let forms = actions::forms(&parts.resources, &looking(admitted)).await.map_err(failed)?;
        let topics = all_topics(parts).await?;
        let line = |form: JoinForm| {
            let names = form.topics.iter().filter_map(|id| topics.iter().find(|it| it.id == *id));
            JoinFormLine {
                topics: names.map(|it| it.name.as_str()).collect::<Vec<_>>().join(", "),
                is_open: form.is_open,
                name: form.name,
                title: form.title,
            }
        };
        Ok(JoinFormsPage {
            frame: admitted.frame("contacts").below("/admin/contacts", "Contacts"),
            may_change: may_change(admitted),
            lines: forms.into_iter().map(line).collect(),
            fields: JoinFormFields::new(parts, typed, true, problem).await?,
        })
    };
    match made.await {
        Ok(page) => respond::page(status, &page),
        Err(problem) => PageProblem::page(problem, &admitted.visitor),
    }
}

pub(crate) async fn show(
    admitted: Admitted,
    State(parts): State<AdminParts>,
    Path(name): Path<String>,
) -> Response {
    page(&admitted, &parts, &name, None, (StatusCode::OK, None)).await
}

/// One form; its fields hold what was typed, or what is kept.
async fn page(
    admitted: &Admitted,
    parts: &AdminParts,
    name: &str,
    typed: Option<TypedForm>,
    (status, problem): (StatusCode, Option<FormProblem>),
) -> Response {
    let found = actions::form(&parts.resources, &looking(admitted), name).await;
    // One that is removed, or was never there: the list shows those that are.
    let Ok(FormDetail { shown, address, html, notices, waiting }) = found else {
        let typed = typed.unwrap_or_default();
        let status = if problem.is_some() { status } else { StatusCode::NOT_FOUND };
        return list_page(admitted, parts, typed, (status, problem)).await;
    };
    let made = async {
        let kept = TypedForm::about(&shown.form, &shown.topics);
        let typed = typed.unwrap_or(kept);
        Ok(JoinFormPage {
            frame: admitted.frame("contacts").below(PATH, "Forms"),
            may_change: may_change(admitted),
            fields: JoinFormFields::new(parts, typed, false, problem).await?,
            name: shown.form.name,
            title: shown.form.title,
            is_open: shown.form.is_open,
            address,
            html,
            waiting,
            notices: notices.into_iter().map(|it| (it.version, it.at.day(), it.text)).collect(),
        })
    };
    match made.await {
        Ok(page) => respond::page(status, &page),
        Err(problem) => PageProblem::page(problem, &admitted.visitor),
    }
}

pub(crate) async fn set(
    admitted: Admitted,
    State(parts): State<AdminParts>,
    form: Form,
) -> Response {
    let name = form.trimmed("name").to_owned();
    let done = async {
        let (call, resources) = (call(&admitted, &form)?, &parts.resources);
        match form.text("act") {
            "close" => actions::form_close(resources, &call, &name).await.map(drop)?,
            "remove" => {
                actions::form_remove(resources, &call, &name).await?;
                return Ok((PATH.to_owned(), Message::FormRemoved));
            }
            _ => {
                let (name, wish) = TypedForm::of(&form).wish();
                let kept = actions::form_set(resources, &call, &name, wish).await?;
                return Ok((format!("{PATH}/{}", kept.name), Message::FormSet));
            }
        }
        Ok((format!("{PATH}/{name}"), Message::FormClosed))
    };
    match done.await {
        Ok((path, message)) => admitted.visitor.done(&path, message),
        Err(Refused::DoneBefore) => admitted.visitor.done(PATH, Message::DoneBefore),
        Err(Refused::Form(status, problem)) => {
            let typed = TypedForm::of(&form);
            let told = (status, Some(problem));
            match form.text("is_new") == "yes" {
                true => list_page(&admitted, &parts, typed, told).await,
                false => page(&admitted, &parts, &name, Some(typed), told).await,
            }
        }
        Err(Refused::Page(problem)) => problem.page(&admitted.visitor),
    }
}
