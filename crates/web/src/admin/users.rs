//! The list of users, and inviting one.

pub(crate) mod link;
pub(crate) mod right_words;
pub(crate) mod session_lines;
pub(crate) mod tokens;
pub(crate) mod topic_choice;
pub(crate) mod user;

use access::{AddUser, user_add, users_list};
use askama::Template;
use axum::extract::State;
use axum::http::StatusCode;
use axum::response::Response;
use model::{EmailAddress, Right, Role, TopicScope, UserId};
use store::{Topic, User};

use crate::admin::page::choice::{Choice, all_topics};
use crate::admin::page::form::{Form, FormProblem, new_key};
use crate::admin::page::message::Message;
use crate::admin::page::problem::PageProblem;
use crate::admin::page::refused::{Refused, wrong};
use crate::admin::page::visitor::Admitted;
use crate::admin::parts::{AdminFrame, AdminParts};
use crate::admin::users::link::{LinkPage, link_mail, link_page};
use crate::admin::users::right_words::role_words;
use crate::admin::users::topic_choice::{TopicChoice, chosen, names};
use crate::clock::now;
use crate::listen::respond;

#[derive(Template)]
#[template(path = "admin/users.html")]
struct UsersPage {
    frame: AdminFrame,
    lines: Vec<UserLine>,
    may_invite: bool,
}

struct UserLine {
    id: UserId,
    name: String,
    email: String,
    role: &'static str,
    topics: String,
    passkeys: i64,
    /// What they lack.
    lacks: &'static str,
}

#[derive(Template)]
#[template(path = "admin/user_new.html")]
struct NewUserPage<'a> {
    frame: AdminFrame,
    key: String,
    name: &'a str,
    email: &'a str,
    roles: Vec<Choice>,
    topics: TopicChoice,
    can_mail: bool,
    problem: Option<FormProblem>,
}

pub(crate) async fn list(admitted: Admitted, State(parts): State<AdminParts>) -> Response {
    match make_list(&admitted, &parts).await {
        Ok(page) => respond::page(StatusCode::OK, &page),
        Err(problem) => problem.page(&admitted.visitor),
    }
}

async fn make_list(admitted: &Admitted, parts: &AdminParts) -> Result<UsersPage, PageProblem> {
    let users = users_list(&parts.accounts.store, &admitted.permit).await;
    let users = users.map_err(PageProblem::failed("listing users"))?;
    let topics = all_topics(parts).await?;
    Ok(UsersPage {
        frame: admitted.frame("users"),
        lines: users.into_iter().map(|user| UserLine::new(user, &topics)).collect(),
        may_invite: admitted.can(Right::UsersWrite),
    })
}

impl UserLine {
    fn new(user: User, topics: &[Topic]) -> Self {
        Self {
            id: user.id,
            role: user.role.as_str(),
            topics: names(topics, &user.topics),
            passkeys: user.passkeys,
            lacks: lacks(&user),
            name: user.name,
            email: user.email,
        }
    }
}

pub(crate) const fn lacks(user: &User) -> &'static str {
    match user {
        User { disabled_at: Some(_), .. } => "disabled",
        User { has_password: false, .. } => "invited",
        User { has_second_factor: false, .. } => "no second factor",
        _ => "",
    }
}

/// The roles that somebody may give, with one chosen.
pub(crate) fn role_choices(admitted: &Admitted, chosen: Role) -> Vec<Choice> {
    let may = |role: &Role| *role != Role::Owner || admitted.can(Right::OwnershipWrite);
    let choice = |role: Role| Choice {
        word: role.as_str().to_owned(),
        name: format!("{role}: {}", role_words(role)),
        chosen: role == chosen,
    };
    Role::ALL.into_iter().filter(may).map(choice).collect()
}

pub(crate) fn typed_role(form: &Form) -> Result<Role, Refused> {
    Role::from_word(form.text("role")).ok_or_else(|| wrong("role", "choose one of the roles"))
}

fn frame(admitted: &Admitted) -> AdminFrame {
    admitted.frame("users").below("/admin/users", "Users")
}

pub(crate) async fn show_new(admitted: Admitted, State(parts): State<AdminParts>) -> Response {
    let made = async {
        let topics = all_topics(&parts).await?;
        Ok(NewUserPage {
            frame: frame(&admitted),
            key: new_key()?,
            name: "",
            email: "",
            roles: role_choices(&admitted, Role::Marketer),
            topics: TopicChoice::new(&topics, &TopicScope::All, &[]),
            can_mail: parts.resources.can_send().is_ok(),
            problem: None,
        })
    };
    match made.await {
        Ok(page) => respond::page(StatusCode::OK, &page),
        Err(problem) => PageProblem::page(problem, &admitted.visitor),
    }
}

pub(crate) async fn invite(
    admitted: Admitted,
    State(parts): State<AdminParts>,
    form: Form,
) -> Response {
    match add(&admitted, &parts, &form).await {
        Ok(page) => respond::page(StatusCode::OK, &page),
        Err(Refused::DoneBefore) => admitted.visitor.done("/admin/users", Message::DoneBefore),
        Err(Refused::Page(problem)) => problem.page(&admitted.visitor),
        Err(Refused::Form(status, problem)) => {
            match again(&admitted, &parts, &form, problem).await {
                Ok(page) => respond::page(status, &page),
                Err(problem) => problem.page(&admitted.visitor),
            }
        }
    }
}

async fn add(admitted: &Admitted, parts: &AdminParts, form: &Form) -> Result<LinkPage, Refused> {
    let (name, email) = (form.trimmed("name"), form.trimmed("email"));
    let email =
        EmailAddress::parse(email).map_err(|problem| wrong("email", problem.to_string()))?;
    let topics = chosen(&all_topics(parts).await?, form)?;
    let user = AddUser {
        email,
        name: name.to_owned(),
        role: typed_role(form)?,
        topics,
        password_hash: None,
    };
    let request = form.once().ok_or_else(|| wrong("", "this form was not one of ours"))?;
    let permit = admitted.permit.clone().for_request(request);
    let mail = link_mail(admitted, parts, form).await?;
    let added = user_add(&parts.accounts.store, &permit, user, now()).await?;
    // Without a password there is always a link.
    let link = added.invitation.ok_or_else(|| wrong("", "there is no link"))?;
    let user = (added.id, name.to_owned());
    link_page(admitted, parts, frame(admitted), user, link, mail).await
}

/// The form as it was filled in, with what is wrong.
async fn again<'f>(
    admitted: &Admitted,
    parts: &AdminParts,
    form: &'f Form,
    problem: FormProblem,
) -> Result<NewUserPage<'f>, PageProblem> {
    let topics = all_topics(parts).await?;
    let role = Role::from_word(form.text("role")).unwrap_or(Role::Marketer);
    Ok(NewUserPage {
        frame: frame(admitted),
        // Another form: the body differs.
        key: new_key()?,
        name: form.trimmed("name"),
        email: form.trimmed("email"),
        roles: role_choices(admitted, role),
        topics: TopicChoice::again(&topics, &TopicScope::All, form),
        can_mail: parts.resources.can_send().is_ok(),
        problem: Some(problem),
    })
}
