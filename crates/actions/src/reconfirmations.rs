//! Asking a topic's subscribers whether they still want it: whom, when, and the mails.
//!
//! Invariants: one of a topic at a time; a mail goes out only to who was found, and their time to confirm runs
//! from when it was accepted. While the relay is away nobody is asked and nobody's time runs. The log names no
//! address.

use std::time::Duration;

use access::share_token;
use model::{ContactId, Right, Timestamp};
use serde_json::json;
use store::{
    AskedAgain, AuditObject, NewReconfirmation, Reconfirmation, ReconfirmationState, Store,
    StoreError, Topic,
};

use crate::own_words::own_words;
use crate::recipient_mail::RecipientMail;
use crate::{
    Call, LiveSettings, Refusal, RefusalKind, Resources, SendFailure, SettingsInUse, reach,
};

/// Days within which people confirm, at most.
const MOST_DAYS: u16 = 365;
const USUAL_DAYS: u16 = 30;
const MOST_PER_MINUTE: u16 = 6_000;
const USUAL_PER_MINUTE: u16 = 60;
/// A round of mails takes about so long.
const ROUND: Duration = Duration::from_secs(5);
/// After trouble with the relay, and between two looks for those who have not confirmed.
const PAUSE: Duration = Duration::from_secs(60);
/// Parts of the audience without anybody to ask that one round looks at.
const PARTS: usize = 50;
/// Parts of those who have not confirmed that one round stops.
const STOPS: usize = 20;

/// Whom to ask, as it is typed.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct ReconfirmationWish {
    /// A day, or a time as RFC 3339 writes it: who has agreed before, or of whom nothing proves that they have.
    pub before: String,
    /// Days to confirm within; 30 when left out.
    pub within_days: Option<u16>,
    /// Mails; 60 when left out.
    pub per_minute: Option<u16>,
}

/// How many of a topic's subscribers would be asked now.
///
/// # Errors
/// When there is no such topic, or the day is none.
pub async fn reconfirmation_preview(
    resources: &Resources,
    call: &Call,
    slug: &str,
    wish: &ReconfirmationWish,
) -> Result<i64, Refusal> {
    let store = &resources.store;
    let (topic, object) = reach::topic(store, slug).await?;
    call.permit(Right::TopicsWrite, object)?;
    let new = parsed(&topic, call, wish)?;
    let (mut all, mut after) = (0, ContactId(0));
    loop {
        let (found, next) = store.reconfirmation_preview(topic.id, new.before, after).await?;
        all += found;
        match next {
            Some(next) => after = next,
            None => return Ok(all),
        }
    }
}

/// Begins to ask them.
///
/// # Errors
/// While another one of the topic is open, or mail can't be sent, and as [`reconfirmation_preview`].
pub async fn reconfirmation_begin(
    resources: &Resources,
    call: &Call,
    slug: &str,
    wish: &ReconfirmationWish,
) -> Result<Reconfirmation, Refusal> {
    let store = &resources.store;
    let (topic, object) = reach::topic(store, slug).await?;
    let permit = call.permit(Right::TopicsWrite, object)?;
    let new = parsed(&topic, call, wish)?;
    resources.settings.now().can_send()?;
    let after = json!({
        "before": new.before.rfc3339(),
        "within_days": new.within_days,
        "per_minute": new.per_minute,
    });
    let object = AuditObject::new("topic", slug);
    let named = call.acting(&permit, store, "topic.reconfirm", object, Some(after));
    match named.reconfirmation_begin(new).await {
        Err(StoreError::Exists(_)) => {
            let words = "Subscribers of this topic are being asked already. Cancel that first.";
            return Err(Refusal::new(RefusalKind::Conflict, "exists", words));
        }
        begun => begun?,
    };
    let words = "It was removed just now.";
    let begun = store.reconfirmation_of(topic.id).await?;
    begun.ok_or_else(|| Refusal::new(RefusalKind::Conflict, "state", words))
}

/// The newest of a topic, and how far it is; None when there was none.
///
/// # Errors
/// When there is no such topic.
pub async fn reconfirmation(
    resources: &Resources,
    call: &Call,
    slug: &str,
) -> Result<Option<Reconfirmation>, Refusal> {
    let store = &resources.store;
    let (topic, object) = reach::topic(store, slug).await?;
    call.permit(Right::TopicsRead, object)?;
    Ok(store.reconfirmation_of(topic.id).await?)
}

/// Ends the topic's open one, if there is one: nobody more is mailed or stopped; who was stopped stays so.
/// The newest then.
///
/// # Errors
/// When there is no such topic.
pub async fn reconfirmation_cancel(
    resources: &Resources,
    call: &Call,
    slug: &str,
) -> Result<Option<Reconfirmation>, Refusal> {
    let store = &resources.store;
    let (topic, object) = reach::topic(store, slug).await?;
    let permit = call.permit(Right::TopicsWrite, object)?;
    let object = AuditObject::new("topic", slug);
    let named = call.acting(&permit, store, "topic.reconfirm_cancel", object, None);
    named.reconfirmation_cancel(topic.id, call.at).await?;
    Ok(store.reconfirmation_of(topic.id).await?)
}

fn parsed(
    topic: &Topic,
    call: &Call,
    wish: &ReconfirmationWish,
) -> Result<NewReconfirmation, Refusal> {
    let text = wish.before.trim();
    let before = Timestamp::parse_day(text).or_else(|| Timestamp::parse_rfc3339(text));
    let before = before.filter(|before| *before <= call.at).ok_or_else(|| {
        let words = "Write a day that has begun, such as 2024-05-01, or a time such as 2024-05-01T08:00:00Z.";
        Refusal::of_field("/before", "reconfirm_before", words)
    })?;
    let bounded = |field, value: Option<u16>, usual: u16, most: u16| match value.unwrap_or(usual) {
        value if (1..=most).contains(&value) => Ok(value),
        _ => {
            let words = format!("This is a number from 1 to {most}.");
            Err(Refusal::of_field(field, "field", words))
        }
    };
    Ok(NewReconfirmation {
        topic: topic.id,
        before,
        within_days: bounded("/within_days", wish.within_days, USUAL_DAYS, MOST_DAYS)?,
        per_minute: bounded("/per_minute", wish.per_minute, USUAL_PER_MINUTE, MOST_PER_MINUTE)?,
        by: call.actor.record().name,
        at: call.at,
    })
}

/// What the mails are made with.
#[derive(Debug, Clone)]
pub struct Reconfirming {
    pub store: Store,
    pub settings: LiveSettings,
}

impl Reconfirming {
    /// Mails some of those who are asked, and stops some who have not confirmed in time. False when nobody is
    /// being asked, or another node is at it.
    ///
    /// # Errors
    /// When the store can't be asked; what was done stays done.
    pub async fn round(&self, now: Timestamp) -> Result<bool, Refusal> {
        let Some(held) = self.store.reconfirmation_hold(now).await? else {
            return Ok(false);
        };
        for _ in 0..STOPS {
            if self.store.reconfirmation_stop(&held, now).await? == 0 {
                break;
            }
        }
        let (mails, rest) = pace(held.per_minute);
        let done = self.mail_some(&held, mails, now).await;
        let is_at_it = held.state == ReconfirmationState::Asking && matches!(done, Ok(true));
        let rest = if is_at_it { rest } else { PAUSE };
        self.store.reconfirmation_rest(held.id, now.after(rest)).await?;
        done?;
        Ok(true)
    }

    /// Removes what is kept of people long after the end.
    ///
    /// # Errors
    /// When the store can't be asked.
    pub async fn tidy(&self, now: Timestamp) -> Result<(), Refusal> {
        while self.store.reconfirmations_expire(now).await? {}
        Ok(())
    }

    /// False when the relay is away.
    async fn mail_some(
        &self,
        held: &Reconfirmation,
        mails: usize,
        now: Timestamp,
    ) -> Result<bool, Refusal> {
        let in_use = self.settings.now();
        if in_use.can_send().is_err() {
            return Ok(false);
        }
        let topic = self.store.topic_find(held.topic).await?;
        let Some(topic) = topic else { return Ok(true) };
        for _ in 0..PARTS {
            let people = self.store.reconfirmation_next(held, mails).await?;
            if people.is_empty() && held.state == ReconfirmationState::Asking {
                continue;
            }
            for person in people {
                if !self.mail(&in_use, (held, &topic.name), person, now).await? {
                    return Ok(false);
                }
            }
            return Ok(true);
        }
        Ok(true)
    }

    /// Mails one of them; false when the relay is away.
    async fn mail(
        &self,
        in_use: &SettingsInUse,
        (held, topic): (&Reconfirmation, &str),
        person: AskedAgain,
        now: Timestamp,
    ) -> Result<bool, Refusal> {
        let AskedAgain { contact, email, attributes } = person;
        let (token, token_hash) = share_token()
            .map_err(|why| StoreError::Unreachable(format!("no randomness: {why}")))?;
        self.store.reconfirmation_link(held.id, contact, token_hash).await?;
        let organisation = in_use.sender.organisation.as_str();
        let link = format!("{}/confirm/{}", in_use.sender.web_url, token.reveal());
        let days = Duration::from_secs(u64::from(held.within_days) * 24 * 60 * 60);
        let day: String = now.after(days).rfc3339().chars().take(10).collect();
        let values =
            [("organisation", organisation), ("topics", topic), ("link", &link), ("date", &day)];
        let words = own_words(&attributes).unwrap_or_default();
        let mail = RecipientMail {
            to: &email,
            subject: words.with("mail-reconfirm-subject", "topics", topic),
            text: words.filled("mail-reconfirm-text", &values),
            kind: "reconfirm",
            at: now,
        };
        let is_accepted = match mail.send(in_use).await {
            Ok(()) => true,
            // Mailed again, with another link, when the relay is back.
            Err(None | Some(SendFailure::Unreachable { .. })) => return Ok(false),
            // It may have arrived: who confirms has got it, and nobody is mailed twice.
            Err(Some(SendFailure::InDoubt { .. })) => true,
            Err(Some(_)) => false,
        };
        self.store.reconfirmation_mailed(held.id, contact, is_accepted, now).await?;
        Ok(true)
    }
}

/// How many mails make a round, and how long it lasts, so that no more than so many go out in a minute.
fn pace(per_minute: u16) -> (usize, Duration) {
    let seconds = u16::try_from(ROUND.as_secs()).unwrap_or(5);
    let mails = (u32::from(per_minute) * u32::from(seconds) / 60).max(1);
    let rest = Duration::from_secs(60) * mails / u32::from(per_minute.max(1));
    (usize::try_from(mails).unwrap_or(1), rest)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_more_mails_go_out_than_the_pace_allows() {
        for per_minute in [1, 7, 11, 12, 13, 60, 61, 599, MOST_PER_MINUTE] {
            let (mails, rest) = pace(per_minute);
            let in_an_hour =
                3_600.0 / rest.as_secs_f64() * f64::from(u32::try_from(mails).unwrap());
            assert!(
                in_an_hour <= f64::from(per_minute) * 60.0 + 0.001,
                "{per_minute}: {in_an_hour}"
            );
            assert!(in_an_hour > f64::from(per_minute) * 59.0, "{per_minute}: {in_an_hour}");
        }
    }
}
