//! The mail that asks somebody to confirm what they, or somebody else, have typed.

use std::sync::atomic::Ordering;
use std::time::Duration;

use access::share_token;
use model::{EmailAddress, SuppressionReason, Timestamp};
use store::{Allowance, Join, StoreError};

use super::typed::CheckedJoin;
use super::{JoinEvidence, JoinSender, Joins, ShownForm};
use crate::recipient_mail::RecipientMail;

/// Mails to one address within an hour, and within a day of the calendar in UTC.
const AN_HOUR: Duration = Duration::from_secs(60 * 60);
const MAILS_A_DAY: u32 = 3;
const DAY_MICROS: i64 = 24 * 60 * 60 * 1_000_000;
/// Characters of a browser's name that are kept.
const AGENT_CHARS: usize = 200;

impl Joins {
    /// Keeps what was typed and mails the link, if the address may be mailed and was not lately.
    pub(super) async fn ask_to_confirm(
        &self,
        shown: &ShownForm,
        checked: CheckedJoin,
        sender: JoinSender,
        now: Timestamp,
    ) -> Result<(), StoreError> {
        let CheckedJoin { email, topics, values, .. } = checked;
        if !self.may_mail(&email).await? || !self.may_again(&email, now).await? {
            return Ok(());
        }
        let (token, token_hash) = share_token()
            .map_err(|why| StoreError::Unreachable(format!("no randomness: {why}")))?;
        let (network, agent) = self.evidence(&sender);
        let ends_at = self.ends_at(now);
        let join = Join {
            email: email.clone(),
            form: shown.form.name.clone(),
            topics: topics.clone(),
            attributes: values,
            notice_version: shown.form.notice_version,
            network,
            agent,
            at: now,
            ends_at,
        };
        self.store.join_add(token_hash, join).await?;
        let in_use = self.settings.now();
        let chosen = shown.topics.iter().filter(|it| topics.contains(&it.id));
        let names: Vec<&str> = chosen.map(|it| it.name.as_str()).collect();
        let link = format!("{}/confirm/{}", in_use.sender.web_url, token.reveal());
        let day: String = ends_at.rfc3339().chars().take(10).collect();
        let values = [
            ("organisation", in_use.sender.organisation.as_str()),
            ("topics", &names.join(", ")),
            ("link", &link),
            ("date", &day),
        ];
        let words = sender.words;
        let mail = RecipientMail {
            to: &email,
            subject: words.with("mail-join-subject", "organisation", values[0].1),
            text: words.filled("mail-join-text", &values),
            kind: "join",
            at: now,
        };
        let is_sent = mail.hand_over(&in_use).await;
        let counter = if is_sent { &self.counts.mailed } else { &self.counts.failed };
        counter.fetch_add(1, Ordering::Relaxed);
        Ok(())
    }

    /// Whoever has left, or was erased, by their own wish may say something else. Mail that comes back, a
    /// complaint, an operator's decision and the mark of a child are reasons against it.
    async fn may_mail(&self, to: &EmailAddress) -> Result<bool, StoreError> {
        let hash = self.keys.address_hash(&to.key());
        let found = self.store.suppression_find(to.key(), hash).await?;
        let own = [SuppressionReason::Unsubscribed.as_str(), SuppressionReason::Erased.as_str()];
        Ok(found.is_none_or(|(reason, _)| own.contains(&reason.as_str())))
    }

    async fn may_again(&self, to: &EmailAddress, now: Timestamp) -> Result<bool, StoreError> {
        let (key, day) = (to.key(), now.0.div_euclid(DAY_MICROS));
        let bucket = |what: &str| self.keys.address_hash(&format!("join {what} {key}"));
        let allowances = vec![
            Allowance { bucket: bucket("hour"), attempts: 1, interval: AN_HOUR },
            // Nothing comes back within the day; the next has a bucket of its own.
            Allowance {
                bucket: bucket(&format!("day {day}")),
                attempts: MAILS_A_DAY,
                interval: 24 * AN_HOUR,
            },
        ];
        Ok(self.store.sign_in_attempt(allowances, now).await?.is_ok())
    }

    /// As much of where it came from as is to be kept.
    fn evidence(&self, sender: &JoinSender) -> (Option<String>, Option<String>) {
        let plain = |agent: &String| {
            agent.chars().filter(|c| !c.is_control()).take(AGENT_CHARS).collect::<String>()
        };
        match self.rules.evidence {
            JoinEvidence::Nothing => (None, None),
            JoinEvidence::Network => (Some(sender.network.to_string()), None),
            JoinEvidence::NetworkAndAgent => {
                (Some(sender.network.to_string()), sender.agent.as_ref().map(plain))
            }
        }
    }
}
