//! Mailing somebody the link by which they choose a password.
//!
//! Invariants: whether it can be mailed is known before the link is made; a link works whether or not
//! its mail arrives, so whoever asked for it gets it in any case, with what the relay has said. The log
//! names the user, not the address.

use std::sync::Arc;
use std::time::Duration;

use access::{Actor, Object};
use campaign::TextMail;
use model::{EmailAddress, Right, Timestamp, UserId};
use store::AuditObject;

use crate::{Call, Refusal, RefusalKind, RelayReply, Resources, SendFailure, SettingsInUse};

const ACTION: &str = "user.link_mail";
/// Mails of one actor within [`WITHIN`]: more are no invitations any more.
const MOST: i64 = 30;
const WITHIN: Duration = Duration::from_secs(60);

/// A link that is to be mailed, as soon as it is made.
#[derive(Debug)]
pub struct LinkMail {
    in_use: Arc<SettingsInUse>,
    from: EmailAddress,
    /// Where the admin pages are, without a slash at the end.
    site: String,
}

/// What became of it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct MailedLink {
    /// By the relay.
    pub is_accepted: bool,
    /// A sentence that holds no address.
    pub words: String,
}

impl From<Result<RelayReply, SendFailure>> for MailedLink {
    fn from(outcome: Result<RelayReply, SendFailure>) -> Self {
        let words = match &outcome {
            Ok(reply) => {
                format!("The relay {} has accepted the mail: {}.", reply.relay, reply.text)
            }
            Err(failure @ SendFailure::InDoubt { .. }) => {
                format!("It may have been mailed: {failure}.")
            }
            Err(failure) => format!("It was not mailed: {failure}."),
        };
        Self { is_accepted: outcome.is_ok(), words }
    }
}

impl LinkMail {
    /// Whether links can be mailed. `origin` is where whoever asks has found the admin pages; the
    /// configuration's `admin.url` comes first.
    ///
    /// # Errors
    /// When sender or relay are not set, nobody knows where the link would lead, the actor is a token
    /// for tests, or has mailed many.
    pub async fn prepare(
        resources: &Resources,
        call: &Call,
        origin: Option<&str>,
    ) -> Result<Self, Refusal> {
        let in_use = resources.settings.now();
        in_use.can_send()?;
        if matches!(&call.actor, Actor::Program(program) if !program.is_live()) {
            let words = "What a token for tests does reaches no relay; send the link yourself.";
            return Err(Refusal::new(RefusalKind::Conflict, "test_token", words));
        }
        let not_set = || {
            let words = "Set `admin.url` to where browsers find the admin pages: the link in the mail \
                         leads there.";
            Refusal::new(RefusalKind::Conflict, "admin_url_not_set", words)
        };
        let site = in_use.set_up.admin_site.as_deref().or(origin).ok_or_else(not_set)?.to_owned();
        let from = in_use.set_up.from.clone().ok_or_else(|| {
            let words = "Set the domain of who sends; the mail comes from there.";
            Refusal::new(RefusalKind::Conflict, "sender_not_set", words)
        })?;
        if !matches!(call.actor, Actor::System(_)) {
            let since = call.at.before(WITHIN);
            let mailed = resources.store.audit_count(call.actor.record(), ACTION, since).await?;
            if mailed >= MOST {
                let words = format!("At most {MOST} links are mailed in a minute. Please wait.");
                return Err(Refusal::new(RefusalKind::TooMany(WITHIN), "too_many_mails", words));
            }
        }
        Ok(Self { in_use, from, site })
    }

    /// Mails a link to the user for whom it was made. `path` is that of its page.
    ///
    /// # Errors
    /// When the log can't be written; what the relay says is no error.
    pub async fn send(
        self,
        resources: &Resources,
        call: &Call,
        (user, path): (UserId, &str),
        ends_at: Timestamp,
    ) -> Result<MailedLink, Refusal> {
        let store = &resources.store;
        // Not in the name of the request, which was done when the link was made.
        let permit = call.actor.may(Right::UsersWrite, Object::Installation)?;
        let missing = || Refusal::not_found("user_not_found", "There is no such user.");
        let found = store.user_find(user).await?.ok_or_else(missing)?;
        let to = EmailAddress::parsed_before(&found.email)
            .map_err(|why| Refusal::of_field("/email", "address_syntax", why.to_string()))?;
        permit.log(store, ACTION, AuditObject::new("user", user), None, call.at).await?;
        let organisation = &self.in_use.sender.organisation;
        let (by, link) = (call.actor.record().name, format!("{}{path}", self.site));
        let text = text((&found.name, &by, organisation), &link, ends_at);
        let mail = TextMail {
            from: (organisation, &self.from),
            to: (&found.name, &to),
            subject: &format!("Your account at {organisation}"),
            text: &text,
            html: None,
            at: call.at,
        };
        let message = mail.to_bytes(&format!("link.{}.{}", call.at.0, user));
        Ok(self.in_use.relay.send(&self.from, &to, &message).await.into())
    }
}

fn text((name, by, organisation): (&str, &str, &str), link: &str, ends_at: Timestamp) -> String {
    format!(
        "Hello {name},\n\n\
         {by} has made an account for you, or a way back into it, where {organisation} writes its \
         announcements.\n\n\
         Choose a password here:\n\n\
         {link}\n\n\
         The link works once, until {}. Whoever has it can use it in your place, so please do not pass \
         it on. If this means nothing to you, there is nothing to do.\n",
        ends_at.readable()
    )
}
