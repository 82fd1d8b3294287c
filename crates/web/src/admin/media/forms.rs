//! What is done with one thing in the media library: its words, and taking it out.

use actions::{MediaRemoval, Refusal, RefusalKind, media_describe, media_remove};
use axum::extract::{Path, State};
use axum::response::Response;

use crate::admin::media::{PATH, record_page, record_path};
use crate::admin::page::calls::call;
use crate::admin::page::form::Form;
use crate::admin::page::message::Message;
use crate::admin::page::refused::{Refused, wrong};
use crate::admin::page::visitor::Admitted;
use crate::admin::parts::AdminParts;

pub(crate) async fn describe(
    admitted: Admitted,
    State(parts): State<AdminParts>,
    Path(name): Path<String>,
    form: Form,
) -> Response {
    let done = async {
        let call = call(&admitted, &form)?;
        media_describe(&parts.resources, &call, &name, form.trimmed("alt")).await?;
        Ok((record_path(&name), Message::MediaDescribed))
    };
    let done = done.await;
    answer(&admitted, &parts, &name, done).await
}

pub(crate) async fn remove(
    admitted: Admitted,
    State(parts): State<AdminParts>,
    Path(name): Path<String>,
    form: Form,
) -> Response {
    let done = async {
        let call = call(&admitted, &form)?;
        let wish = MediaRemoval { force: form.text("sure") == "yes", erase: false };
        let removed = media_remove(&parts.resources, &call, &name, wish).await;
        removed.map_err(|refusal| match refusal {
            Refusal { kind: RefusalKind::Conflict, words, .. } if !wish.force => {
                wrong("sure", words)
            }
            refusal => refusal.into(),
        })?;
        Ok((PATH.to_owned(), Message::MediaRemoved))
    };
    let done = done.await;
    answer(&admitted, &parts, &name, done).await
}

async fn answer(
    admitted: &Admitted,
    parts: &AdminParts,
    name: &str,
    done: Result<(String, Message), Refused>,
) -> Response {
    match done {
        Ok((path, message)) => admitted.visitor.done(&path, message),
        Err(Refused::DoneBefore) => admitted.visitor.done(PATH, Message::DoneBefore),
        Err(Refused::Form(status, problem)) => {
            record_page(admitted, parts, name, status, Some(problem)).await
        }
        Err(Refused::Page(problem)) => problem.page(&admitted.visitor),
    }
}
