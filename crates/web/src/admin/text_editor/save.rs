//! Saving what somebody writes: as they type, by a button, and when somebody else was faster.

use actions::{Refusal, RefusalKind, TextWish};
use askama::Template;
use axum::http::StatusCode;
use axum::response::{IntoResponse as _, Redirect, Response};
use model::Zone;

use crate::admin::page::form::{Form, sentence};
use crate::admin::page::problem::PageProblem;
use crate::admin::page::refused::{Refused, wrong};
use crate::admin::page::visitor::Admitted;
use crate::admin::parts::{AdminFrame, AdminParts};
use crate::admin::text_editor::state::{RefusedText, TextState};
use crate::admin::text_editor::text_form::typed;
use crate::admin::text_editor::{EditedText, clock, repeatable};
use crate::listen::respond;

/// Two texts of one thing, for whoever has written the second.
#[derive(Template)]
#[template(path = "admin/text_conflict.html")]
struct ConflictPage {
    frame: AdminFrame,
    path: String,
    owner: &'static str,
    /// Who was faster, and when.
    who: String,
    when: String,
    theirs: String,
    mine: String,
    /// Of theirs.
    revision: i64,
    lines: Vec<DifferenceLine>,
}

struct DifferenceLine {
    class: &'static str,
    text: String,
}

enum Saved {
    /// As what the owner says.
    Text,
    /// Kept as a version; the owner says what it said.
    Aside,
    /// Somebody else was faster; what was typed.
    Stale(String),
}

/// Saves what the form holds, and leads back to it; a script gets how the text is now.
///
/// # Errors
/// What the page with the form should show when it was refused.
pub(crate) async fn save<T: EditedText>(
    edited: &T,
    admitted: &Admitted,
    parts: &AdminParts,
    zone: &Zone,
    form: &Form,
) -> Result<Response, RefusedText> {
    let by_script = form.text("by") == "script";
    Ok(match saved(edited, admitted, parts, form).await {
        Ok(Saved::Text) if by_script => state(edited, admitted, parts, zone).await,
        Ok(Saved::Text) => to_text(edited),
        Ok(Saved::Aside) => admitted.visitor.done(&edited.page_path(), T::KEPT),
        Ok(Saved::Stale(mine)) => conflict(edited, admitted, parts, mine, (zone, by_script)).await,
        Err(Refused::Form(status, problem)) if by_script => respond::text(status, problem.words),
        Err(Refused::Form(status, problem)) => return Err((status, problem)),
        Err(Refused::DoneBefore) => to_text(edited),
        Err(Refused::Page(problem)) => problem.page(&admitted.visitor),
    })
}

fn to_text<T: EditedText>(edited: &T) -> Response {
    Redirect::to(&format!("{}#write", edited.page_path())).into_response()
}

async fn saved<T: EditedText>(
    edited: &T,
    admitted: &Admitted,
    parts: &AdminParts,
    form: &Form,
) -> Result<Saved, Refused> {
    let call = repeatable(admitted);
    let over: i64 =
        form.text("revision").parse().map_err(|_| wrong("", "this form was not one of ours"))?;
    let there = edited.there(parts).await?;
    let source = typed(form, &there.source);
    if form.text("do") == "theirs" {
        edited.keep(parts, &call, &source).await?;
        return Ok(Saved::Aside);
    }
    let keep_replaced = form.text("do") == "mine";
    let wish = TextWish { source: source.clone(), over: Some(over), keep_replaced };
    match edited.write(parts, &call, wish).await {
        Ok(()) => Ok(Saved::Text),
        Err(Refusal { kind: RefusalKind::Stale, .. }) => Ok(Saved::Stale(source)),
        Err(refusal) => Err(refusal.into()),
    }
}

/// The part of the page that says how the text is, for the script.
async fn state<T: EditedText>(
    edited: &T,
    admitted: &Admitted,
    parts: &AdminParts,
    zone: &Zone,
) -> Response {
    let made = async {
        let text = edited.there(parts).await?;
        TextState::of(edited, parts, &text, zone).await
    };
    match made.await {
        Ok(state) => respond::page(StatusCode::OK, &state),
        Err(problem) => PageProblem::page(problem, &admitted.visitor),
    }
}

async fn conflict<T: EditedText>(
    edited: &T,
    admitted: &Admitted,
    parts: &AdminParts,
    mine: String,
    (zone, by_script): (&Zone, bool),
) -> Response {
    let there = match edited.there(parts).await {
        Ok(there) => there,
        Err(problem) => return problem.page(&admitted.visitor),
    };
    let (who, when) = match &there.saved {
        Some((at, by)) => (by.name.clone(), clock(zone, *at)),
        None => ("Somebody else".to_owned(), "a moment ago".to_owned()),
    };
    if by_script {
        let words = format!("{who} has changed this text meanwhile. Nothing of yours is lost");
        return respond::text(StatusCode::CONFLICT, sentence(&words));
    }
    let difference = campaign::difference(("theirs", &there.source), ("yours", &mine));
    let page = ConflictPage {
        frame: edited.frame(admitted),
        path: edited.path(),
        owner: T::OWNER,
        who,
        when,
        theirs: there.source,
        mine,
        revision: there.revision,
        lines: difference.lines().skip(2).map(DifferenceLine::of).collect(),
    };
    respond::page(StatusCode::CONFLICT, &page)
}

impl DifferenceLine {
    fn of(line: &str) -> Self {
        let class = match line.as_bytes().first() {
            Some(b'+') => "added",
            Some(b'-') => "removed",
            Some(b'@') => "place",
            _ => "same",
        };
        Self { class, text: line.to_owned() }
    }
}
