//! One delivery over one connection, from the last check to its outcome.

use std::rc::Rc;

use model::InDoubtPolicy;
use render::Recipient;
use store::{Outcome, Store};
use token::Keyring;

use crate::beginner::Beginner;
use crate::check::{Check, is_fresh, last_check};
use crate::connection::{BodyBroken, Connection, EnvelopeAnswer, Stage};
use crate::health::{clock, journal_trouble};
use crate::ledger::{IntentKey, Ledger};
use crate::queue::Job;
use crate::reply::Reply;
use crate::settings::MailerSettings;

/// What a delivery needs besides a connection.
pub(crate) struct Desk {
    pub(crate) store: Store,
    pub(crate) keys: std::sync::Arc<Keyring>,
    pub(crate) settings: Rc<MailerSettings>,
    pub(crate) ledger: Rc<Ledger>,
    pub(crate) beginner: Rc<Beginner>,
}

/// How a delivery went.
pub(crate) struct Delivered {
    pub(crate) outcome: Outcome,
    /// To be settled together with the outcome.
    pub(crate) intent: Option<IntentKey>,
    /// What this says about the way out.
    pub(crate) way: Way,
}

/// What a delivery says about the relay.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Way {
    /// It answered.
    Works,
    /// Nothing: it was not asked.
    Unknown,
    /// It is in trouble; the connection must not be used again.
    Broken(String),
    /// The connection stands in the middle of a message and must be dropped. Nobody's fault.
    Dropped,
}

impl Delivered {
    fn new(outcome: Outcome, way: Way) -> Self {
        Self { outcome, intent: None, way }
    }
}

impl Desk {
    /// Takes one delivery to its outcome. `buffer` is only here to be reused.
    pub(crate) async fn deliver(
        &self,
        job: &mut Job,
        connection: &mut Connection,
        buffer: &mut Vec<u8>,
    ) -> Delivered {
        match last_check(&self.store, job).await {
            Ok(Check::Go) => {}
            Ok(Check::Removed) => return Delivered::new(Outcome::Suppressed, Way::Unknown),
            Ok(Check::Hold) => return Delivered::new(Outcome::Released, Way::Unknown),
            Err(error) => {
                let what = format!("the store can't say who has left: {error}");
                return Delivered::new(Outcome::Released, Way::Broken(what));
            }
        }
        let message = match self.message(job, buffer) {
            Ok(message) => message,
            Err(reason) => return Delivered::new(Outcome::Skipped { reason }, Way::Unknown),
        };
        if let Some(refused) = too_large(message.len(), connection.size_limit()) {
            return Delivered::new(refused, Way::Unknown);
        }
        let (from, to) = (&job.sending.from, &job.claimed.email);
        // Side by side: the store's commit costs no time while the relay thinks.
        let (begun, answer) = tokio::join!(
            self.beginner.begin(job.attempt()),
            connection.envelope(from, to, message.len())
        );
        match answer {
            Ok(EnvelopeAnswer::Ready) => match begun {
                Ok(true) => self.hand_over(job, connection, message).await,
                // The lease went to another node, or somebody has just left or paused there: the
                // next claim knows.
                Ok(false) => Delivered::new(Outcome::Released, Way::Dropped),
                Err(error) => {
                    let what = format!("the store can't note what is being sent: {error}");
                    Delivered::new(Outcome::Released, Way::Broken(what))
                }
            },
            Ok(EnvelopeAnswer::Refused { stage, reply }) => self.refused(job, stage, &reply),
            Err(broken) => Delivered::new(Outcome::Released, Way::Broken(broken.to_string())),
        }
    }

    /// The finished message with its final dot, or why there can be none.
    fn message<'b>(&self, job: &Job, buffer: &'b mut Vec<u8>) -> Result<&'b str, String> {
        buffer.clear();
        let claimed = &job.claimed;
        let recipient = Recipient {
            contact: claimed.contact,
            email: &claimed.email,
            attributes: &claimed.attributes,
        };
        let sending = &job.sending;
        // The date stays that of the first attempt, so that a repeat is the same message.
        let date = claimed.first_attempt_at;
        sending
            .compiled
            .render(sending.campaign, &recipient, &self.keys, date, buffer)
            .map_err(|problem| problem.to_string())?;
        if !buffer.ends_with(b"\r\n") {
            buffer.extend_from_slice(b"\r\n");
        }
        buffer.extend_from_slice(b".\r\n");
        match std::str::from_utf8(buffer) {
            Ok(message) if message.is_ascii() => Ok(message),
            _ => Err("the message has bytes that are not 7-bit".to_owned()),
        }
    }

    /// The relay waits for the message. From here on the connection can't be saved if the
    /// message must not go.
    async fn hand_over(
        &self,
        job: &mut Job,
        connection: &mut Connection,
        message: &str,
    ) -> Delivered {
        let intent = match self.ledger.intend(job.attempt()).await {
            Ok(intent) => intent,
            Err(error) => {
                let what = journal_trouble(&self.settings, &error);
                return Delivered::new(Outcome::Released, Way::Broken(what));
            }
        };
        while !is_fresh(&self.store, job) {
            let outcome = match last_check(&self.store, job).await {
                Ok(Check::Go) => continue,
                Ok(Check::Removed) => Outcome::Suppressed,
                Ok(Check::Hold) | Err(_) => Outcome::Released,
            };
            return Delivered { outcome, intent: Some(intent), way: Way::Dropped };
        }
        // No await between the check and the first write of the message.
        let (outcome, way) = match connection.body(message).await {
            Ok(reply) if reply.is_success() => {
                let reply = reply.kept(job.claimed.email.as_str()).to_string();
                (Outcome::Sent { reply }, Way::Works)
            }
            Ok(reply) => (self.refusal(job, &reply), Way::Works),
            // The recipient had been taken, so this counts as a try: a message that breaks every
            // connection must come to an end. The dot has not left.
            Err(BodyBroken::BeforeDot(broken)) => {
                let reply = format!("the connection broke within the message: {broken}");
                (self.try_again(job, 0, reply), Way::Broken(broken.to_string()))
            }
            Err(BodyBroken::AfterDot(broken)) => {
                (self.doubtful(job), Way::Broken(broken.to_string()))
            }
        };
        Delivered { outcome, intent: Some(intent), way }
    }

    fn refused(&self, job: &Job, stage: Stage, reply: &Reply) -> Delivered {
        // A refused MAIL names no recipient: it is about the sender, our address or our rate, and
        // would be said of everyone. Except 552: this message is too large.
        let about_us = reply.is_about_login()
            || (reply.closes() && stage != Stage::Data)
            || (stage == Stage::Mail && reply.code != 552);
        if about_us {
            let relay = &self.settings.relay;
            let reply = reply.kept(job.claimed.email.as_str());
            let what = format!("{}:{} answered {stage:?} with {reply}", relay.host, relay.port);
            return Delivered::new(Outcome::Released, Way::Broken(what));
        }
        Delivered::new(self.refusal(job, reply), Way::Works)
    }

    /// 5xx is final; 4xx is tried again until it is time to give up.
    fn refusal(&self, job: &Job, reply: &Reply) -> Outcome {
        let Reply { code, text } = reply.kept(job.claimed.email.as_str());
        if reply.is_permanent() {
            return Outcome::Failed { code, reply: text };
        }
        self.try_again(job, code, text)
    }

    fn try_again(&self, job: &Job, code: u16, reply: String) -> Outcome {
        match self.next_attempt(job) {
            Some(at) => Outcome::Retry { at, code, reply },
            None => Outcome::Failed { code, reply: format!("given up: {reply}") },
        }
    }

    /// The relay may have taken it.
    fn doubtful(&self, job: &Job) -> Outcome {
        let again = match job.sending.policy {
            InDoubtPolicy::NeverResend => None,
            InDoubtPolicy::Resend => self.next_attempt(job),
        };
        again.map_or(Outcome::InDoubt, |at| Outcome::Retry {
            at,
            code: 0,
            reply: "no answer to the message; sent again, as the campaign asks for".to_owned(),
        })
    }

    fn next_attempt(&self, job: &Job) -> Option<model::Timestamp> {
        let claimed = &job.claimed;
        self.settings.retry.next(claimed.attempts, claimed.first_attempt_at, clock())
    }
}

fn too_large(bytes: usize, limit: Option<u64>) -> Option<Outcome> {
    let limit = limit.filter(|limit| bytes as u64 > *limit)?;
    let reply = format!("the message has {bytes} bytes, the relay takes {limit} at the most");
    Some(Outcome::Failed { code: 552, reply })
}

#[cfg(test)]
mod tests;
