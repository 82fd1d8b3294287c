//! One delivery over one connection, from the last check to its outcome.

use std::cell::Cell;
use std::rc::Rc;

use model::InDoubtPolicy;
use store::{Outcome, Store};
use token::Keyring;

use crate::clock::clock;
use crate::delivery::begin_fence::BeginFence;
use crate::delivery::finished_message::{FinishedMessage, finished_message};
use crate::delivery::last_check::{Check, is_fresh, last_check};
use crate::delivery::queue::ClaimedDelivery;
use crate::mail_journal::journal::{IntentKey, MailJournal};
use crate::refusal::evidence::{Blame, RefusalEvidence};
use crate::refusal::verdict::{self, About};
use crate::settings::MailerSettings;
use crate::smtp::connection::{BodyBroken, BrokenConnection, Connection, EnvelopeAnswer, Stage};
use crate::smtp::reply::Reply;
use crate::trouble::journal_trouble;
use crate::trouble_kind::TroubleKind;

/// How many times a delivery may be refused for an unclear reason. Then the refusal counts as
/// final.
pub(crate) const MOST_UNCLEAR: i64 = 5;

/// What a delivery needs in addition to a connection.
pub(crate) struct Deliverer {
    pub(crate) store: Store,
    pub(crate) keys: std::sync::Arc<Keyring>,
    pub(crate) settings: Rc<MailerSettings>,
    pub(crate) mail_journal: Rc<MailJournal>,
    pub(crate) begin_fence: Rc<BeginFence>,
    /// Of everything that is sent through the relay.
    pub(crate) evidence: Rc<RefusalEvidence>,
}

/// How a delivery went.
pub(crate) struct Delivered {
    pub(crate) outcome: Outcome,
    /// To be settled together with the outcome.
    pub(crate) intent: Option<IntentKey>,
    /// What this says about the relay.
    pub(crate) news: RelayNews,
    /// Whether the connection may be used again. If not, it must be dropped: it is in the middle of
    /// a message, or its state is unknown.
    pub(crate) keep: bool,
}

/// What a delivery says about the relay.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum RelayNews {
    /// The relay answered about the recipient.
    Through,
    /// Nothing, and the relay was not asked: no permit is spent.
    NotAsked,
    Nothing,
    /// Something affects everybody.
    Trouble(TroubleKind, String),
    /// The relay refuses what all recipients of the campaign share.
    Campaign {
        what: String,
        permanent: bool,
    },
}

impl Delivered {
    fn new(outcome: Outcome, news: RelayNews) -> Self {
        let keep =
            matches!(news, RelayNews::Through | RelayNews::NotAsked | RelayNews::Campaign { .. });
        Self { outcome, intent: None, news, keep }
    }

    fn dropping(outcome: Outcome, news: RelayNews) -> Self {
        Self { keep: false, ..Self::new(outcome, news) }
    }

    fn store_trouble(what: String) -> Self {
        Self::new(Outcome::Released, RelayNews::Trouble(TroubleKind::Store, what))
    }
}

impl Deliverer {
    /// Takes one delivery to its outcome. `buffer` is only passed in to be reused; `intent` is set
    /// as soon as there is one, for the code that accounts for a worker that dies.
    pub(crate) async fn deliver(
        &self,
        delivery: &mut ClaimedDelivery,
        connection: &mut Connection,
        buffer: &mut Vec<u8>,
        intent: &Cell<Option<IntentKey>>,
    ) -> Delivered {
        match last_check(&self.store, delivery).await {
            Ok(Check::Go) => {}
            Ok(Check::Removed) => return Delivered::new(Outcome::Suppressed, RelayNews::NotAsked),
            Ok(Check::Hold) => return Delivered::new(Outcome::Released, RelayNews::NotAsked),
            Err(error) => {
                let what = format!("the store can't say who has left: {error}");
                return Delivered { keep: true, ..Delivered::store_trouble(what) };
            }
        }
        let sending = Rc::clone(&delivery.sending);
        let made = finished_message(&sending, &delivery.claimed, &self.keys, buffer);
        let message = match made {
            Ok(message) => message,
            Err(reason) => return Delivered::new(Outcome::Skipped { reason }, RelayNews::NotAsked),
        };
        if let Some(refused) = too_large(message.len(), connection.size_limit()) {
            return Delivered::new(refused, RelayNews::NotAsked);
        }
        let (from, to) = (&delivery.sending.from, &delivery.claimed.email);
        // Side by side: the store's commit costs no time while the relay thinks.
        let (begun, answer) = tokio::join!(
            self.begin_fence.begin(delivery.attempt()),
            connection.envelope(from, to, message.len())
        );
        match answer {
            Ok(EnvelopeAnswer::Ready) => match begun {
                Ok(true) => self.hand_over(delivery, connection, message, intent).await,
                // The lease went to another node, or somebody has just left or paused there: the
                // next claim knows.
                Ok(false) => Delivered::dropping(Outcome::Released, RelayNews::Nothing),
                Err(error) => Delivered::store_trouble(format!(
                    "the store can't note what is being sent: {error}"
                )),
            },
            Ok(EnvelopeAnswer::Refused { stage, reply }) => {
                self.refused(delivery, stage, &reply, connection.is_new())
            }
            Err(broken) => {
                let stage = broken.stage.unwrap_or(Stage::Mail);
                self.broken(delivery, connection, stage, &broken)
            }
        }
    }

    /// The relay is waiting for the message. From here on the connection is lost if the message
    /// must not be sent.
    async fn hand_over(
        &self,
        delivery: &mut ClaimedDelivery,
        connection: &mut Connection,
        message: FinishedMessage<'_>,
        told: &Cell<Option<IntentKey>>,
    ) -> Delivered {
        let intent = match self.mail_journal.intend(delivery.attempt()).await {
            Ok(intent) => {
                told.set(Some(intent));
                intent
            }
            Err(error) => {
                let what = journal_trouble(&self.settings, &error);
                let news = RelayNews::Trouble(TroubleKind::Journal, what);
                return Delivered::dropping(Outcome::Released, news);
            }
        };
        while !is_fresh(&self.store, delivery) {
            let outcome = match last_check(&self.store, delivery).await {
                Ok(Check::Go) => continue,
                Ok(Check::Removed) => Outcome::Suppressed,
                Ok(Check::Hold) | Err(_) => Outcome::Released,
            };
            let dropped = Delivered::dropping(outcome, RelayNews::Nothing);
            return Delivered { intent: Some(intent), ..dropped };
        }
        // No await between the check and the first write of the message.
        let delivered = match connection.body(message.own, message.shared).await {
            Ok(reply) if reply.is_success() => {
                let reply = reply.kept(delivery.claimed.email.as_str()).to_string();
                self.through(delivery, Outcome::Sent { reply })
            }
            Ok(reply) => self.refused(delivery, Stage::Message, &reply, connection.is_new()),
            // The dot has not left.
            Err(BodyBroken::BeforeDot(broken)) => {
                self.broken(delivery, connection, Stage::Message, &broken)
            }
            Err(BodyBroken::AfterDot(broken)) => {
                let news = RelayNews::Trouble(TroubleKind::Relay, broken.to_string());
                Delivered::dropping(self.doubtful(delivery), news)
            }
        };
        Delivered { intent: Some(intent), ..delivered }
    }

    /// The relay answered about this recipient: it works, and so do the sender and message of the
    /// campaign.
    fn through(&self, delivery: &ClaimedDelivery, outcome: Outcome) -> Delivered {
        self.evidence.got_through();
        delivery.sending.evidence.got_through();
        Delivered::new(outcome, RelayNews::Through)
    }

    fn refused(
        &self,
        delivery: &ClaimedDelivery,
        stage: Stage,
        reply: &Reply,
        is_new: bool,
    ) -> Delivered {
        let about = verdict::about(stage, reply);
        // It ends a conversation in which messages went through before.
        if stage == Stage::Mail && reply.closes() && !is_new {
            return Delivered::dropping(Outcome::Released, RelayNews::Nothing);
        }
        match about {
            About::Recipient | About::Destination => {
                self.through(delivery, self.recipients_own(delivery, reply, true))
            }
            About::Campaign | About::Relay | About::Unclear => {
                // MAIL names no recipient.
                let blame =
                    if stage == Stage::Mail { Blame::All } else { self.blame(delivery, about) };
                self.weigh(delivery, stage, reply, about, blame)
            }
        }
    }

    /// No meaningful answer.
    fn broken(
        &self,
        delivery: &ClaimedDelivery,
        connection: &Connection,
        stage: Stage,
        broken: &BrokenConnection,
    ) -> Delivered {
        let reply = Reply { code: 0, text: broken.to_string() };
        let blame = self.blame(delivery, About::Unclear);
        let is_sure = blame != Blame::Recipient { sure: false };
        if stage == Stage::Mail && !connection.is_new() && !is_sure {
            // More likely it closed a connection that had been idle, or had served its time.
            return Delivered::dropping(self.postponed(&reply), RelayNews::Nothing);
        }
        self.weigh(delivery, stage, &reply, About::Unclear, blame)
    }

    fn blame(&self, delivery: &ClaimedDelivery, about: About) -> Blame {
        let claimed = &delivery.claimed;
        let evidence = match about {
            About::Campaign => &delivery.sending.evidence,
            _ => &self.evidence,
        };
        let suspect = claimed.attempts > 0 && claimed.last_code.is_some_and(verdict::is_unclear);
        evidence.blame((delivery.sending.campaign, claimed.contact), suspect)
    }

    /// Postponed behind the others, without counting a try.
    fn postponed(&self, reply: &Reply) -> Outcome {
        let at = clock().after(self.settings.retry.first);
        Outcome::Postponed { at, code: reply.code, reply: reply.text.clone() }
    }

    /// A refusal that is not clearly about the recipient: whether others get through decides whose
    /// it is.
    fn weigh(
        &self,
        delivery: &ClaimedDelivery,
        stage: Stage,
        reply: &Reply,
        about: About,
        blame: Blame,
    ) -> Delivered {
        let claimed = &delivery.claimed;
        let is_single = delivery.attempt().message().is_some();
        if is_single && about == About::Campaign {
            // Nobody pauses messages: what is refused is told to whoever has asked for this one.
            let outcome = self.recipients_own(delivery, reply, true);
            let keep = !reply.closes();
            return Delivered { keep, ..Delivered::new(outcome, RelayNews::Nothing) };
        }
        let kept = reply.kept(claimed.email.as_str());
        let keep = about != About::Unclear && !reply.closes();
        let Blame::Recipient { sure } = blame else {
            let what = self.in_words(stage, &kept);
            let news = match about {
                About::Campaign => RelayNews::Campaign { what, permanent: reply.is_permanent() },
                _ => RelayNews::Trouble(TroubleKind::Relay, what),
            };
            return Delivered { keep, ..Delivered::new(self.postponed(&kept), news) };
        };
        let is_final = sure && about != About::Unclear;
        let outcome = if !is_final && claimed.attempts + 1 >= MOST_UNCLEAR {
            Outcome::Failed { code: kept.code, reply: format!("given up: {}", kept.text) }
        } else {
            self.recipients_own(delivery, reply, is_final)
        };
        Delivered { keep, ..Delivered::new(outcome, RelayNews::Nothing) }
    }

    fn in_words(&self, stage: Stage, reply: &Reply) -> String {
        let relay = &self.settings.relay;
        match reply.code {
            0 => reply.text.clone(),
            _ => format!("{}:{} answered {stage} with {reply}", relay.host, relay.port),
        }
    }

    /// 4xx is retried until it is time to give up, and so is 5xx unless it `is_final`.
    fn recipients_own(&self, delivery: &ClaimedDelivery, reply: &Reply, is_final: bool) -> Outcome {
        let Reply { code, text } = reply.kept(delivery.claimed.email.as_str());
        if is_final && reply.is_permanent() {
            return Outcome::Failed { code, reply: text };
        }
        match self.next_attempt(delivery) {
            Some(at) => Outcome::Retry { at, code, reply: text },
            None => Outcome::Failed { code, reply: format!("given up: {text}") },
        }
    }

    /// The relay may have accepted it.
    fn doubtful(&self, delivery: &ClaimedDelivery) -> Outcome {
        let again = match delivery.sending.policy {
            InDoubtPolicy::NeverResend => None,
            InDoubtPolicy::Resend => self.next_attempt(delivery),
        };
        let reply = "no answer to the message; the campaign asks for another copy".to_owned();
        again.map_or(Outcome::InDoubt, |at| Outcome::Resend { at, reply })
    }

    fn next_attempt(&self, delivery: &ClaimedDelivery) -> Option<model::Timestamp> {
        let claimed = &delivery.claimed;
        self.settings.retry.next(claimed.attempts, claimed.first_attempt_at, clock())
    }
}

fn too_large(bytes: usize, limit: Option<u64>) -> Option<Outcome> {
    let limit = limit.filter(|limit| bytes as u64 > *limit)?;
    let reply = format!("the message has {bytes} bytes, but the relay accepts at most {limit}");
    Some(Outcome::Failed { code: 552, reply })
}

#[cfg(test)]
mod tests;
