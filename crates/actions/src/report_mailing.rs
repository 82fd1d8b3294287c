//! Mails reports at their times.
//!
//! Invariants: nobody gets a report who may not read it at that moment; a mail is sent once, and one of
//! which it is unknown whether the relay has it is never sent again. It goes to the relay outside any
//! campaign, as links for users do. The log names users by their numbers.

use std::time::Duration;

use access::account_may;
use campaign::TextMail;
use model::{EmailAddress, ReportSubject, Right, Timestamp};
use report::{MailedReport, campaigns_compared, rules_in_use, topic_report};
use store::{BegunReportMail, ReportMailState, Store};

use crate::report_schedules::{objects_of, subject_is_gone};
use crate::{LiveSettings, Refusal, RefusalKind, RelayReply, SendFailure, SettingsInUse};

/// A mail that was begun so long ago has no server any more that sends it.
const LOST_AFTER: Duration = Duration::from_secs(30 * 60);
/// How long it is kept what became of mails.
const MAILS_KEPT: Duration = Duration::from_secs(30 * 24 * 60 * 60);
/// Tries before a mail is given up: for about a day.
const MOST_TRIES: i64 = 10;
const FIRST_WAIT: Duration = Duration::from_secs(60);
const LONGEST_WAIT: Duration = Duration::from_secs(4 * 60 * 60);

/// What a report is mailed with.
#[derive(Debug, Clone)]
pub struct ReportMailing {
    pub store: Store,
    pub settings: LiveSettings,
}

/// A report that is to be mailed to somebody.
struct ReadyMail {
    name: String,
    to: EmailAddress,
    subject: String,
    text: String,
    html: String,
}

impl ReportMailing {
    /// Makes the mails of what is due.
    ///
    /// # Errors
    /// When the store can't be asked.
    pub async fn claim_due(&self, now: Timestamp) -> Result<(), Refusal> {
        self.store.report_schedules_claim(now).await?;
        Ok(())
    }

    /// Puts in doubt what a server that is gone has begun, and forgets old mails.
    ///
    /// # Errors
    /// When the store can't be asked.
    pub async fn tidy(&self, now: Timestamp) -> Result<(), Refusal> {
        let (lost, forgotten) = (now.before(LOST_AFTER), now.before(MAILS_KEPT));
        Ok(self.store.report_mails_tidy(lost, forgotten, now).await?)
    }

    /// Sends one mail that waits; false when there is none. While nothing can be sent, all wait.
    ///
    /// # Errors
    /// When the store can't be asked.
    pub async fn send_next(&self, now: Timestamp) -> Result<bool, Refusal> {
        let in_use = self.settings.now();
        let Some(from) = in_use.set_up.from.clone().filter(|_| in_use.can_send().is_ok()) else {
            return Ok(false);
        };
        let Some(mail) = self.store.report_mail_begin(now).await? else { return Ok(false) };
        match self.ready(&in_use, mail, now).await {
            Ok(ready) => {
                let message = bytes(&in_use, (&from, &ready), mail, now);
                let outcome = in_use.relay.send(&from, &ready.to, &message).await;
                self.settle(mail, outcome, now).await?;
            }
            Err(refusal) if matches!(refusal.kind, RefusalKind::Failed(_) | RefusalKind::Busy) => {
                let until = now.after(FIRST_WAIT);
                self.store.report_mail_put_off(mail.id, until, String::new(), now).await?;
                return Err(refusal);
            }
            Err(refusal) => {
                tracing::info!(user = mail.user.0, why = refusal.words, "a report was not mailed");
                self.end(mail, ReportMailState::NotSent, refusal.words, now).await?;
            }
        }
        Ok(true)
    }

    async fn end(
        &self,
        mail: BegunReportMail,
        state: ReportMailState,
        words: String,
        now: Timestamp,
    ) -> Result<(), Refusal> {
        Ok(self.store.report_mail_end(mail.id, state, words, now).await?)
    }

    async fn settle(
        &self,
        mail: BegunReportMail,
        outcome: Result<RelayReply, SendFailure>,
        now: Timestamp,
    ) -> Result<(), Refusal> {
        let (state, words) = match outcome {
            Ok(reply) => (ReportMailState::Sent, format!("accepted by the relay {}", reply.relay)),
            Err(failure @ SendFailure::InDoubt { .. }) => {
                (ReportMailState::InDoubt, failure.to_string())
            }
            Err(failure) => {
                let words = failure.to_string();
                if may_be_tried_again(&failure) && mail.tries < MOST_TRIES {
                    let until = now.after(wait(mail.tries));
                    return Ok(self.store.report_mail_put_off(mail.id, until, words, now).await?);
                }
                (ReportMailState::NotSent, words)
            }
        };
        self.end(mail, state, words, now).await
    }

    /// The mail, if its reader may still read the report.
    async fn ready(
        &self,
        in_use: &SettingsInUse,
        mail: BegunReportMail,
        now: Timestamp,
    ) -> Result<ReadyMail, Refusal> {
        let store = &self.store;
        let gone = || Refusal::not_found("report_schedule_not_found", "It is mailed no more.");
        let schedule = store.report_schedule_find(mail.schedule).await?.ok_or_else(gone)?;
        let lost_it =
            || Refusal::not_found("report_reader", "This user may not read the report any more.");
        let user = store.user_find(mail.user).await?.ok_or_else(lost_it)?;
        let objects = objects_of(store, &schedule.subject).await?;
        if !objects.iter().all(|object| account_may(&user, Right::ReportsRead, *object)) {
            return Err(lost_it());
        }
        let to = EmailAddress::parsed_before(&user.email)
            .map_err(|why| Refusal::of_field("/email", "address_syntax", why.to_string()))?;
        let as_of = schedule.times.zone.readable(now);
        let (title, path, report) = self.report(&schedule.subject, as_of, now).await?;
        let link = in_use.set_up.admin_site.as_deref().map(|site| format!("{site}{path}"));
        Ok(ReadyMail {
            name: user.name,
            to,
            text: report.text(link.as_deref()),
            html: report.html(link.as_deref()),
            subject: title,
        })
    }

    /// Its title, its place on the admin side, and what it tells.
    async fn report(
        &self,
        subject: &ReportSubject,
        as_of: String,
        now: Timestamp,
    ) -> Result<(String, String, MailedReport), Refusal> {
        let store = &self.store;
        let rules = rules_in_use(store).await.map_err(Refusal::failed)?;
        let gone = || subject_is_gone(subject);
        let (title, path, found) = match subject {
            ReportSubject::Topic(id) => {
                let topics = store.topics_list().await?;
                let topic = topics.into_iter().find(|it| it.id == *id).ok_or_else(gone)?;
                let found = topic_report(store, *id, Timestamp(0), now, rules).await;
                let found = found.map_err(Refusal::failed)?;
                let path = format!("/admin/topics/{}/report", topic.slug);
                (format!("Report: {}", topic.name), path, found)
            }
            ReportSubject::Campaign(id) => {
                let found = campaigns_compared(store, vec![*id], now, rules).await;
                let found = found.map_err(Refusal::failed)?;
                let name = found.campaigns.first().ok_or_else(gone)?.campaign.name.clone();
                (format!("Report: {name}"), format!("/admin/campaigns/{id}"), found)
            }
            ReportSubject::Comparison(ids) => {
                let found = campaigns_compared(store, ids.clone(), now, rules).await;
                let found = found.map_err(Refusal::failed)?;
                let count = found.campaigns.len();
                if count == 0 {
                    return Err(gone());
                }
                let query: Vec<String> = ids.iter().map(|id| format!("campaign={id}")).collect();
                let path = format!("/admin/campaigns/compare?{}", query.join("&"));
                (format!("Report: {count} campaigns beside each other"), path, found)
            }
        };
        let on_the_way = store.hits_waiting().await?;
        let report = MailedReport::new(title.clone(), as_of, &found, on_the_way);
        Ok((title, path, report))
    }
}

fn bytes(
    in_use: &SettingsInUse,
    (from, ready): (&EmailAddress, &ReadyMail),
    mail: BegunReportMail,
    now: Timestamp,
) -> Vec<u8> {
    let message = TextMail {
        from: (&in_use.sender.organisation, from),
        to: (&ready.name, &ready.to),
        subject: &ready.subject,
        text: &ready.text,
        html: Some(&ready.html),
        at: now,
    };
    message.to_bytes(&format!("report.{}.{}", mail.id, mail.due_at.0))
}

/// A refusal for good is not tried again.
fn may_be_tried_again(failure: &SendFailure) -> bool {
    match failure {
        SendFailure::Unreachable { .. } => true,
        SendFailure::Refused { reply, .. } => reply.starts_with('4'),
        SendFailure::InDoubt { .. } => false,
    }
}

fn wait(tries: i64) -> Duration {
    let doubled = u32::try_from(tries).ok().and_then(|tries| 2_u32.checked_pow(tries * 2));
    doubled.map_or(LONGEST_WAIT, |times| (FIRST_WAIT.saturating_mul(times)).min(LONGEST_WAIT))
}
