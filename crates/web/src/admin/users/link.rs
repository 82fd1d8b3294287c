//! The link by which somebody chooses a password: mailed if it is to be, and shown once.

use access::SecretText;
use actions::{LinkMail, MailedLink};
use askama::Template;
use model::{Timestamp, UserId};

use crate::admin::page::calls::looking;
use crate::admin::page::form::Form;
use crate::admin::page::refused::Refused;
use crate::admin::page::visitor::Admitted;
use crate::admin::parts::{AdminFrame, AdminParts};

/// The link, shown once.
#[derive(Template)]
#[template(path = "admin/user_link.html")]
pub(crate) struct LinkPage {
    pub(crate) frame: AdminFrame,
    pub(crate) id: UserId,
    pub(crate) name: String,
    pub(crate) link: String,
    pub(crate) ends: String,
    /// What became of the mail with it; None when it was not to be mailed.
    pub(crate) mail: Option<MailedLink>,
    pub(crate) is_mailed: bool,
}

/// Whether the form's button was the one that mails, and then whether that can be.
///
/// # Errors
/// As [`LinkMail::prepare`].
pub(crate) async fn link_mail(
    admitted: &Admitted,
    parts: &AdminParts,
    form: &Form,
) -> Result<Option<LinkMail>, Refused> {
    if form.text("do") != "mail" {
        return Ok(None);
    }
    let origin = Some(admitted.visitor.origin.as_str());
    Ok(Some(LinkMail::prepare(&parts.resources, &looking(admitted), origin).await?))
}

/// The page of a link that was made, after mailing it if it is to be.
pub(crate) async fn link_page(
    admitted: &Admitted,
    parts: &AdminParts,
    frame: AdminFrame,
    (user, name): (UserId, String),
    (token, ends_at): (SecretText, Timestamp),
    mail: Option<LinkMail>,
) -> Result<LinkPage, Refused> {
    let path = format!("/admin/invitation/{}", token.reveal());
    let mail = match mail {
        Some(mail) => {
            Some(mail.send(&parts.resources, &looking(admitted), (user, &path), ends_at).await?)
        }
        None => None,
    };
    let link = format!("{}{path}", admitted.visitor.origin);
    let is_mailed = mail.as_ref().is_some_and(|it| it.is_accepted);
    Ok(LinkPage { frame, id: user, name, link, ends: ends_at.readable(), mail, is_mailed })
}
