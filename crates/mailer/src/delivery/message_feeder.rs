//! Keeps the lane of single messages filled, and what they are made from at hand.
//!
//! Invariants: what a message is made from is the form that its values were checked with; a form is read
//! once, and the most recently used ones stay in memory; files are read beside everything else, and
//! their messages wait meanwhile.

use std::collections::{BTreeMap, VecDeque};
use std::rc::Rc;
use std::time::Duration;

use media::FileStoreError;
use model::MessageFormId;
use render::Compiled;
use store::{Claimed, ClaimedMessage, Outcome, Store, StoreError};
use tokio::time::Instant;
use tokio_util::task::AbortOnDropHandle;

use crate::clock::clock;
use crate::delivery::queue::{BATCHES, ClaimedDelivery, PART_OF_LEASE, SendingCampaign};
use crate::delivery::worker::WorkerShared;
use crate::mail_journal::record::{Attempt, SINGLE};
use crate::settings::MailerSettings;

/// Forms in memory.
const MOST_FORMS: usize = 64;
/// Before a message whose files are being read, or can't be had, is looked at again.
const READ_AGAIN: Duration = Duration::from_secs(2);

pub(crate) struct MessageFeeder {
    settings: Rc<MailerSettings>,
    /// The latest used at the end.
    forms: VecDeque<(MessageFormId, Rc<SendingCampaign>)>,
    reading: BTreeMap<MessageFormId, AbortOnDropHandle<FormFiles>>,
}

type FormFiles = Result<BTreeMap<String, Vec<u8>>, FileStoreError>;

/// What messages of a form are made from.
enum Form {
    Ready(Rc<SendingCampaign>),
    /// Not now, for this reason.
    Later(String),
    /// Never.
    Unusable(String),
}

impl MessageFeeder {
    pub(crate) fn new(settings: Rc<MailerSettings>) -> Self {
        Self { settings, forms: VecDeque::new(), reading: BTreeMap::new() }
    }

    /// Claims messages when the lane runs low.
    pub(crate) async fn fill(
        &mut self,
        store: &Store,
        shared: &WorkerShared,
    ) -> Result<(), StoreError> {
        let batch = self.settings.batch.max(1);
        let all = self.settings.throttle.as_ref().map_or(batch, |throttle| {
            throttle.share_within(self.settings.lease / PART_OF_LEASE).clamp(1, batch)
        });
        let waiting = shared.queue.waiting(SINGLE);
        let is_behind = shared.outcome_writer.backlog() >= batch * BATCHES;
        if waiting >= all.div_ceil(2) || is_behind {
            return Ok(());
        }
        if !store.messages_any_due(clock(), self.settings.retry.max).await? {
            return Ok(());
        }
        // Read before the claim: a removal in between is then seen by the last check.
        let removal_epoch = store.removal_epoch();
        let (lease, began) = (self.settings.lease, Instant::now());
        let margin = self.settings.relay.data_timeout.min(lease / 2);
        let valid_until = began + lease.saturating_sub(margin);
        let (node, longest) = (self.settings.node, self.settings.retry.max);
        let claimed = store.messages_claim(node, all - waiting, clock(), lease, longest).await?;
        for message in claimed {
            let attempt = Attempt::of_message(message.id, message.epoch);
            let outcome = match self.form(store, message.form).await {
                Ok(Form::Ready(sending)) => {
                    let claimed = of_message(message);
                    let delivery = ClaimedDelivery { sending, claimed, removal_epoch, valid_until };
                    shared.queue.put(SINGLE, [delivery]);
                    continue;
                }
                Ok(Form::Later(reply)) => {
                    Outcome::Postponed { at: clock().after(READ_AGAIN), code: 0, reply }
                }
                Ok(Form::Unusable(reason)) => Outcome::Skipped { reason },
                Err(_) => Outcome::Released,
            };
            shared.tally(attempt, &outcome);
            shared.outcome_writer.ended(attempt, outcome, None);
        }
        Ok(())
    }

    async fn form(&mut self, store: &Store, id: MessageFormId) -> Result<Form, StoreError> {
        if let Some(at) = self.forms.iter().position(|(known, _)| *known == id)
            && let Some(form) = self.forms.remove(at)
        {
            let found = Rc::clone(&form.1);
            self.forms.push_back(form);
            return Ok(Form::Ready(found));
        }
        let Some(text) = store.message_form(id).await? else {
            return Ok(Form::Unusable("what it is made from is gone".to_owned()));
        };
        let compiled = match Compiled::from_json(&text) {
            Ok(compiled) => compiled,
            Err(error) => return Ok(Form::Unusable(error.to_string())),
        };
        let contents = match self.contents(id, &compiled).await {
            None => return Ok(Form::Later("its files are being read".to_owned())),
            Some(Err(error)) if error.is_temporary() => return Ok(Form::Later(error.to_string())),
            Some(Err(error)) => return Ok(Form::Unusable(error.to_string())),
            Some(Ok(contents)) => contents,
        };
        let endings = match compiled.endings(&contents) {
            Ok(endings) => endings,
            Err(error) => return Ok(Form::Unusable(error.to_string())),
        };
        let from = self.settings.return_path.as_ref().unwrap_or(compiled.from()).clone();
        let made = Rc::new(SendingCampaign::of_messages(compiled, endings, from));
        self.forms.push_back((id, Rc::clone(&made)));
        if self.forms.len() > MOST_FORMS {
            self.forms.pop_front();
        }
        Ok(Form::Ready(made))
    }

    /// The contents of the files that the messages carry; begins to read them when nothing has.
    async fn contents(&mut self, id: MessageFormId, compiled: &Compiled) -> Option<FormFiles> {
        if compiled.files().is_empty() {
            return Some(Ok(BTreeMap::new()));
        }
        match self.reading.remove(&id) {
            Some(reading) if reading.is_finished() => reading.await.ok(),
            Some(reading) => {
                self.reading.insert(id, reading);
                None
            }
            None => {
                let names: Vec<String> =
                    compiled.files().iter().map(|file| file.file.clone()).collect();
                let files = self.settings.files.clone();
                let read = async move { files.contents(names.iter().map(String::as_str)).await };
                let reading = AbortOnDropHandle::new(tokio::task::spawn_local(read));
                self.reading.insert(id, reading);
                None
            }
        }
    }
}

/// The message's id stands for the contact's, as in [`Attempt::of_message`].
fn of_message(message: ClaimedMessage) -> Claimed {
    Claimed {
        contact: model::ContactId(message.id.0),
        email: message.email,
        attributes: message.attributes,
        epoch: message.epoch,
        attempts: message.attempts,
        first_attempt_at: message.first_attempt_at,
        last_code: message.last_code,
        tracking: model::TrackingMode::Identified,
    }
}
