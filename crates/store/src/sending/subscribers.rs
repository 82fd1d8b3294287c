//! Subscribers: who a campaign for a topic would go to, read a page at a time.
//!
//! Invariant: every page is a short read of its own, so reading millions holds neither a snapshot
//! nor the writer.

use std::collections::BTreeMap;

use model::{ContactId, Timestamp, TopicId, TrackingMode};

use crate::engine::error::count;
use crate::engine::sql::texts;
use crate::engine::tx::Tx;
use crate::engine::value::{SqlRow, SqlValue};
use crate::people::contacts::attributes_from;
use crate::people::segments::compile::Conditions;
use crate::people::segments::query::SegmentQuery;
use crate::sending::reasons::PAUSED;
use crate::tracking;
use crate::{Store, StoreError};

texts! {
    /// Both tables are cut to the page, as for a slice of an expansion.
    SUBSCRIBERS_PAGE = "SELECT c.id, c.email, c.attributes, x.reason, c.tracking, c.paused_until
        FROM subscriptions s
        JOIN contacts c ON c.id = s.contact_id
        LEFT JOIN suppressions x ON x.email_key = lower(c.email)
        WHERE s.topic_id = $1 AND s.state = 'subscribed'
        AND s.contact_id > $2 AND s.contact_id <= $3 AND c.id > $2 AND c.id <= $3";
}

/// Somebody who is subscribed and may be mailed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Subscriber {
    pub contact: ContactId,
    pub email: String,
    /// Named values; None when the row can't be read.
    pub attributes: Option<BTreeMap<String, String>>,
    /// Their own word on tracking.
    pub tracking: Option<TrackingMode>,
}

#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct SubscribersPage {
    /// Those who may be mailed, in no order.
    pub subscribers: Vec<Subscriber>,
    /// How many are subscribed and must not be mailed, by reason; [`PAUSED`] is one.
    pub suppressed: BTreeMap<String, i64>,
    /// Where the next page begins; None when this was the last.
    pub next: Option<ContactId>,
}

impl Store {
    /// Reads at most `limit` subscriptions of the topic after the contact `after`; of those, who is meant by a
    /// query whose rule is resolved, and who pauses at `now`.
    pub async fn subscribers_page(
        &self,
        topic: TopicId,
        within: Option<SegmentQuery>,
        (after, limit): (ContactId, usize),
        now: Timestamp,
    ) -> Result<SubscribersPage, StoreError> {
        let limit = count(limit.max(1))?;
        self.read(move |tx| {
            let reach = (topic.0, after.0, i64::MAX, limit);
            let to: Option<i64> =
                tx.one(crate::sending::expansion::SLICE_END, reach, |row| row.get(0))?;
            let Some(to) = to else {
                return Ok(SubscribersPage::default());
            };
            let mut page = SubscribersPage { next: Some(ContactId(to)), ..Default::default() };
            let found = page_rows(tx, within.as_ref(), (topic.0, after.0, to), |row| {
                let mut reason: Option<String> = row.get(3)?;
                let until: Option<i64> = row.get(5)?;
                if reason.is_none() && until.is_some_and(|until| until > now.0) {
                    reason = Some(PAUSED.to_owned());
                }
                let subscriber = Subscriber {
                    contact: ContactId(row.get(0)?),
                    email: row.text(1)?.to_owned(),
                    attributes: attributes_from(row.text(2)?).ok(),
                    tracking: tracking::mode(row, 4)?,
                };
                Ok((subscriber, reason))
            })?;
            for (subscriber, reason) in found {
                match reason {
                    None => page.subscribers.push(subscriber),
                    Some(reason) => *page.suppressed.entry(reason).or_default() += 1,
                }
            }
            Ok(page)
        })
        .await
    }
}

/// The rows of [`SUBSCRIBERS_PAGE`], of those whom a query means.
fn page_rows<T>(
    tx: &Tx<'_>,
    within: Option<&SegmentQuery>,
    page: (i64, i64, i64),
    read: impl FnMut(&SqlRow<'_>) -> Result<T, StoreError>,
) -> Result<Vec<T>, StoreError> {
    let Some(query) = within else { return tx.all(SUBSCRIBERS_PAGE, page, read) };
    let mut conditions = Conditions::new(tx, query, "c.id", 3);
    let condition = conditions.rule(&query.rule)?;
    let text = format!("{} AND {condition}", SUBSCRIBERS_PAGE.postgres);
    let page = [page.0, page.1, page.2].map(SqlValue::Integer);
    let values: Vec<SqlValue<'_>> = page.into_iter().chain(conditions.values()).collect();
    tx.prepare_made(&text)?.all(values.as_slice(), read)
}
