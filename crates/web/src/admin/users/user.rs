//! One user as others look after them: role, topics, a new link, second factor, sessions, disabling.

use access::{
    user_disable, user_enable, user_find, user_invite, user_role_set, user_second_factor_reset,
    user_session_end, user_sessions, user_sessions_end, user_topics_set,
};
use actions::Refusal;
use askama::Template;
use axum::extract::{Path, State};
use axum::http::StatusCode;
use axum::response::Response;
use model::{Right, Role, SessionId, TopicScope, UserId};
use store::User;

use crate::admin::page::choice::{Choice, all_topics};
use crate::admin::page::form::{Form, FormProblem, new_key};
use crate::admin::page::message::Message;
use crate::admin::page::problem::PageProblem;
use crate::admin::page::refused::{Refused, wrong};
use crate::admin::page::visitor::Admitted;
use crate::admin::parts::{AdminFrame, AdminParts};
use crate::admin::users::link::{LinkPage, link_mail, link_page};
use crate::admin::users::right_words::role_words;
use crate::admin::users::session_lines::SessionLine;
use crate::admin::users::topic_choice::{TopicChoice, chosen, names};
use crate::admin::users::{lacks, role_choices, typed_role};
use crate::clock::now;
use crate::listen::respond;

#[derive(Template)]
#[template(path = "admin/user.html")]
struct UserPage {
    frame: AdminFrame,
    key: String,
    id: UserId,
    user: User,
    lacks: &'static str,
    role: &'static str,
    role_words: &'static str,
    topic_names: String,
    since: String,
    roles: Vec<Choice>,
    topics: TopicChoice,
    sessions: Vec<SessionLine>,
    may_change: bool,
    can_mail: bool,
    problem: Option<FormProblem>,
}

fn missing() -> PageProblem {
    PageProblem::Missing("No such user", "The list shows everybody who has an account.")
}

fn user_id(typed: &str) -> Result<UserId, PageProblem> {
    typed.parse().map(UserId).map_err(|_| missing())
}

pub(crate) async fn show(
    admitted: Admitted,
    State(parts): State<AdminParts>,
    Path(id): Path<String>,
) -> Response {
    page(&admitted, &parts, &id, StatusCode::OK, None).await
}

async fn page(
    admitted: &Admitted,
    parts: &AdminParts,
    id: &str,
    status: StatusCode,
    problem: Option<FormProblem>,
) -> Response {
    match make(admitted, parts, id, problem).await {
        Ok(page) => respond::page(status, &page),
        Err(problem) => problem.page(&admitted.visitor),
    }
}

async fn make(
    admitted: &Admitted,
    parts: &AdminParts,
    id: &str,
    problem: Option<FormProblem>,
) -> Result<UserPage, PageProblem> {
    let failed = |why: access::AccessError| match why {
        access::AccessError::NoUser => missing(),
        other => PageProblem::failed("showing a user")(other),
    };
    let (id, store) = (user_id(id)?, &parts.accounts.store);
    // Also after a form, whose permit is for writing.
    let read = admitted.permit.actor().may(Right::UsersRead, access::Object::Installation);
    let read = read.map_err(PageProblem::failed("showing a user"))?;
    let user = user_find(store, &read, id).await.map_err(failed)?;
    let sessions = user_sessions(store, &read, id, now()).await.map_err(failed)?;
    let this = admitted.permit.actor().user().map(access::UserActor::session);
    let topics = all_topics(parts).await?;
    let is_above = user.role == Role::Owner && !admitted.can(Right::OwnershipWrite);
    Ok(UserPage {
        frame: admitted.frame("users").below("/admin/users", "Users"),
        key: new_key()?,
        id,
        lacks: lacks(&user),
        role: user.role.as_str(),
        role_words: role_words(user.role),
        topic_names: names(&topics, &user.topics),
        since: user.created_at.readable(),
        roles: role_choices(admitted, user.role),
        topics: TopicChoice::new(&topics, &TopicScope::All, &user.topics),
        sessions: sessions.iter().map(|it| SessionLine::new(it, this)).collect(),
        may_change: admitted.can(Right::UsersWrite) && !is_above,
        can_mail: parts.resources.can_send().is_ok(),
        user,
        problem,
    })
}

/// Something that is done to a user by a form with one button.
#[derive(Clone, Copy)]
enum Change {
    Role,
    Topics,
    Disable,
    Enable,
    ResetSecondFactor,
    EndSessions,
    EndSession(SessionId),
}

impl Change {
    const fn message(self) -> Message {
        match self {
            Self::Role | Self::Topics => Message::UserChanged,
            Self::Disable => Message::UserDisabled,
            Self::Enable => Message::UserEnabled,
            Self::ResetSecondFactor => Message::SecondFactorReset,
            Self::EndSessions => Message::SessionsEnded,
            Self::EndSession(_) => Message::SessionEnded,
        }
    }

    async fn make(
        self,
        admitted: &Admitted,
        parts: &AdminParts,
        id: UserId,
        form: &Form,
    ) -> Result<(), Refused> {
        let request = form.once().ok_or_else(|| wrong("", "this form was not one of ours"))?;
        let permit = &admitted.permit.clone().for_request(request);
        let (store, at) = (&parts.accounts.store, now());
        match self {
            Self::Role => user_role_set(store, permit, id, typed_role(form)?, at).await?,
            Self::Topics => {
                let topics = chosen(&all_topics(parts).await?, form)?;
                user_topics_set(store, permit, id, topics, at).await?;
            }
            Self::Disable => user_disable(store, permit, id, at).await?,
            Self::Enable => user_enable(store, permit, id, at).await?,
            Self::ResetSecondFactor => user_second_factor_reset(store, permit, id, at).await?,
            Self::EndSessions => user_sessions_end(store, permit, id, at).await.map(drop)?,
            Self::EndSession(session) => {
                let ended = user_session_end(store, permit, id, session, at).await;
                ended.map_err(|why| match why {
                    // It has just ended by itself.
                    access::AccessError::NoSession => Refused::DoneBefore,
                    why => why.into(),
                })?;
            }
        }
        Ok(())
    }
}

async fn change(
    admitted: &Admitted,
    parts: &AdminParts,
    id: &str,
    form: &Form,
    change: Change,
) -> Response {
    let user = match user_id(id) {
        Ok(user) => user,
        Err(problem) => return problem.page(&admitted.visitor),
    };
    let path = format!("/admin/users/{user}");
    match change.make(admitted, parts, user, form).await {
        Ok(()) => admitted.visitor.done(&path, change.message()),
        Err(Refused::DoneBefore) => admitted.visitor.done(&path, Message::DoneBefore),
        Err(Refused::Form(status, problem)) => {
            page(admitted, parts, id, status, Some(problem)).await
        }
        Err(Refused::Page(problem)) => problem.page(&admitted.visitor),
    }
}

macro_rules! changes {
    ($($name:ident $change:expr;)+) => {
        $(pub(crate) async fn $name(
            admitted: Admitted,
            State(parts): State<AdminParts>,
            Path(id): Path<String>,
            form: Form,
        ) -> Response {
            change(&admitted, &parts, &id, &form, $change).await
        })+
    };
}

changes! {
    set_role Change::Role;
    set_topics Change::Topics;
    disable Change::Disable;
    enable Change::Enable;
    reset_second_factor Change::ResetSecondFactor;
    end_sessions Change::EndSessions;
}

pub(crate) async fn end_session(
    admitted: Admitted,
    State(parts): State<AdminParts>,
    Path((id, session)): Path<(String, String)>,
    form: Form,
) -> Response {
    // What is no number is nobody's session.
    let session = Change::EndSession(SessionId(session.parse().unwrap_or(0)));
    change(&admitted, &parts, &id, &form, session).await
}

/// A new link, shown once; an older one ends.
pub(crate) async fn new_link(
    admitted: Admitted,
    State(parts): State<AdminParts>,
    Path(id): Path<String>,
    form: Form,
) -> Response {
    let made = make_link(&admitted, &parts, &id, &form).await;
    match made {
        Ok(page) => respond::page(StatusCode::OK, &page),
        Err(Refused::DoneBefore) => {
            let path = user_id(&id).map(|id| format!("/admin/users/{id}")).unwrap_or_default();
            admitted.visitor.done(&path, Message::DoneBefore)
        }
        Err(Refused::Form(status, problem)) => {
            page(&admitted, &parts, &id, status, Some(problem)).await
        }
        Err(Refused::Page(problem)) => problem.page(&admitted.visitor),
    }
}

async fn make_link(
    admitted: &Admitted,
    parts: &AdminParts,
    id: &str,
    form: &Form,
) -> Result<LinkPage, Refused> {
    let id = user_id(id)?;
    let request = form.once().ok_or_else(|| wrong("", "this form was not one of ours"))?;
    let permit = admitted.permit.clone().for_request(request);
    let store = &parts.accounts.store;
    let mail = link_mail(admitted, parts, form).await?;
    let link = user_invite(store, &permit, id, now()).await.map_err(Refusal::from)?;
    let read = admitted.permit.actor().may(Right::UsersRead, access::Object::Installation);
    let user = user_find(store, &read.map_err(Refusal::from)?, id).await?;
    let path = format!("/admin/users/{id}");
    let frame = admitted.frame("users").below("/admin/users", "Users").below(path, &user.name);
    link_page(admitted, parts, frame, (id, user.name), link, mail).await
}
