//! Mails of reports: one for each person and time at which a report was due.
//!
//! Invariants: a mail is begun by one node; one whose end is not known is in doubt and never sent again.
//! What was said of a mail names no address. Mails that have ended are kept for 30 days.

use model::{ReportScheduleId, Timestamp, UserId};

use crate::engine::error::known;
use crate::engine::sql::texts;
use crate::engine::value::SqlRow;
use crate::{Store, StoreError};

texts! {
    MAIL_TAKE = "UPDATE report_mails SET state = 1, changed_at = $1
        WHERE state = 0 AND id IN (SELECT id FROM report_mails
            WHERE state = 0 AND try_at <= $1 ORDER BY try_at, id LIMIT 1)
        RETURNING id, schedule_id, user_id, due_at, tries";
    MAIL_END = "UPDATE report_mails SET state = $2, changed_at = $3, words = $4
        WHERE id = $1 AND state = 1";
    MAIL_PUT_OFF = "UPDATE report_mails SET state = 0, changed_at = $2, try_at = $3, tries = tries + 1,
            words = $4
        WHERE id = $1 AND state = 1";
    MAILS_LOST = "UPDATE report_mails SET state = 4, changed_at = $2, words = $3
        WHERE state = 1 AND changed_at < $1";
    MAILS_FORGET = "DELETE FROM report_mails WHERE state > 1 AND changed_at < $1";
    MAILS_DROP = "DELETE FROM report_mails WHERE schedule_id = $1 AND state = 0";
    MAILS_OF = "SELECT user_id, due_at, state, changed_at, words FROM report_mails
        WHERE schedule_id = $1 ORDER BY due_at DESC, user_id LIMIT $2";
}

/// What has become of a mail.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ReportMailState {
    Waiting,
    Begun,
    /// Accepted by the relay.
    Sent,
    /// Refused, or nobody who may read it.
    NotSent,
    /// It is unknown whether the relay has accepted it.
    InDoubt,
}

impl ReportMailState {
    const ALL: [Self; 5] = [Self::Waiting, Self::Begun, Self::Sent, Self::NotSent, Self::InDoubt];

    const fn code(self) -> i64 {
        match self {
            Self::Waiting => 0,
            Self::Begun => 1,
            Self::Sent => 2,
            Self::NotSent => 3,
            Self::InDoubt => 4,
        }
    }

    /// For people and programs.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Waiting => "waiting",
            Self::Begun => "begun",
            Self::Sent => "sent",
            Self::NotSent => "not sent",
            Self::InDoubt => "in doubt",
        }
    }
}

/// A mail that this node has begun.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct BegunReportMail {
    pub id: i64,
    pub schedule: ReportScheduleId,
    pub user: UserId,
    pub due_at: Timestamp,
    /// Times that it was put off.
    pub tries: i64,
}

/// What is known of a mail.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ReportMail {
    pub user: UserId,
    pub due_at: Timestamp,
    pub state: ReportMailState,
    pub changed_at: Timestamp,
    /// What became of it; holds no address.
    pub words: String,
}

impl Store {
    /// Begins the mail that has waited longest, if one may be tried by `now`.
    pub async fn report_mail_begin(
        &self,
        now: Timestamp,
    ) -> Result<Option<BegunReportMail>, StoreError> {
        self.write(move |tx| {
            tx.first(MAIL_TAKE, [now.0], |row| {
                Ok(BegunReportMail {
                    id: row.get(0)?,
                    schedule: ReportScheduleId(row.get(1)?),
                    user: UserId(row.get(2)?),
                    due_at: Timestamp(row.get(3)?),
                    tries: row.get(4)?,
                })
            })
        })
        .await
    }

    /// Notes what became of a mail that was begun.
    pub async fn report_mail_end(
        &self,
        id: i64,
        state: ReportMailState,
        words: String,
        at: Timestamp,
    ) -> Result<(), StoreError> {
        self.write(move |tx| tx.execute(MAIL_END, (id, state.code(), at.0, &words)).map(drop)).await
    }

    /// Puts off a mail that was begun and that the relay has certainly not accepted.
    pub async fn report_mail_put_off(
        &self,
        id: i64,
        until: Timestamp,
        words: String,
        at: Timestamp,
    ) -> Result<(), StoreError> {
        self.write(move |tx| tx.execute(MAIL_PUT_OFF, (id, at.0, until.0, &words)).map(drop)).await
    }

    /// Puts in doubt what was begun before `lost` and never ended, and forgets mails that ended before
    /// `forgotten`.
    pub async fn report_mails_tidy(
        &self,
        lost: Timestamp,
        forgotten: Timestamp,
        now: Timestamp,
    ) -> Result<(), StoreError> {
        self.write(move |tx| {
            let words = "the server ended while it was being sent";
            tx.execute(MAILS_LOST, (lost.0, now.0, words))?;
            tx.execute(MAILS_FORGET, [forgotten.0]).map(drop)
        })
        .await
    }

    /// The latest mails of a schedule, at most `most`.
    pub async fn report_mails_of(
        &self,
        schedule: ReportScheduleId,
        most: u32,
    ) -> Result<Vec<ReportMail>, StoreError> {
        self.read(move |tx| tx.all(MAILS_OF, (schedule.0, i64::from(most)), mail)).await
    }
}

fn mail(row: &SqlRow<'_>) -> Result<ReportMail, StoreError> {
    let code: i64 = row.get(2)?;
    let state = ReportMailState::ALL.into_iter().find(|it| it.code() == code);
    Ok(ReportMail {
        user: UserId(row.get(0)?),
        due_at: Timestamp(row.get(1)?),
        state: known(state, "state of a mail")?,
        changed_at: Timestamp(row.get(3)?),
        words: row.get(4)?,
    })
}
