//! Conditions on what became of campaigns, and on who has read them.

use model::{
    CampaignNumber, CampaignOutcome, DeliveryState, ReadAct, ReadTest, ReaderClass, TimeTest,
    Timestamp,
};

use super::{Conditions, MadeValue, NOBODY};
use crate::StoreError;
use crate::campaign_numbers::campaign_by_number;
use crate::counting::rollups::{OF_CLICKS, OF_HITS};
use crate::engine::tx::Tx;
use crate::people::segments::evidence::{READ_CAMPAIGNS, STARTED_CAMPAIGNS, of_class};

impl Conditions<'_, '_> {
    pub(super) fn campaign(
        &mut self,
        campaign: CampaignNumber,
        outcome: CampaignOutcome,
    ) -> Result<String, StoreError> {
        let Some(id) = campaign_by_number(self.tx, campaign)? else { return Ok(NOBODY.to_owned()) };
        let (key, id) = (self.key, self.number(id.0));
        let state = match outcome {
            CampaignOutcome::Got => DeliveryState::Sent,
            CampaignOutcome::Failed => DeliveryState::Failed,
            CampaignOutcome::Left => {
                return Ok(Self::exists(&format!(
                    "engagements e WHERE e.campaign_id = {id} AND e.contact_id = {key} \
                     AND e.left_at IS NOT NULL"
                )));
            }
        };
        let state = self.number(state.code());
        Ok(Self::exists(&format!(
            "deliveries d WHERE d.campaign_id = {id} AND d.contact_id = {key} AND d.state = {state}"
        )))
    }

    pub(super) fn read(&mut self, test: &ReadTest) -> Result<String, StoreError> {
        let campaigns = read_campaigns(self.tx, test, self.query.at)?;
        if campaigns.is_empty() {
            return Ok(NOBODY.to_owned());
        }
        let seen = self.seen(&campaigns, test.act, test.reader)?;
        let mut rows = format!(
            "engagements e WHERE e.campaign_id IN ({}) AND e.contact_id = {} AND {seen}",
            self.numbers(&campaigns),
            self.key
        );
        if let Some(days) = test.within_days {
            let (since, _) = TimeTest::Within(days).times(self.query.at);
            let since = self.number(since.map_or(0, |at| at.0));
            rows.push_str(&match test.act {
                ReadAct::Viewed => {
                    format!(" AND (e.last_view_at >= {since} OR e.last_click_at >= {since})")
                }
                ReadAct::Clicked => format!(" AND e.last_click_at >= {since}"),
            });
        }
        let Some(link) = test.link else { return Ok(Self::exists(&rows)) };
        let (campaigns, link) = (self.numbers(&campaigns), self.number(link.0.into()));
        let of_link = format!(
            "link_clickers l WHERE l.campaign_id IN ({campaigns}) AND l.slot = {link} \
             AND l.contact_id = {}",
            self.key
        );
        Ok(format!("{} AND {}", Self::exists(&rows), Self::exists(&of_link)))
    }

    /// Whether an engagement `e` of these campaigns is such a reader's.
    fn seen(
        &mut self,
        campaigns: &[i64],
        act: ReadAct,
        reader: ReaderClass,
    ) -> Result<String, StoreError> {
        let Some(least) = reader.at_least() else {
            return Ok(match act {
                ReadAct::Viewed => "(e.viewed = 1 OR e.clicked = 1)".to_owned(),
                ReadAct::Clicked => "e.clicked = 1".to_owned(),
            });
        };
        let (kind, evidence, class) = match act {
            ReadAct::Viewed => (OF_HITS, "e.evidence", "e.best_class"),
            ReadAct::Clicked => (OF_CLICKS, "e.click_evidence", "e.click_class"),
        };
        let judged = of_class(self.tx, campaigns, kind, (&self.query.rules, least))?;
        // Rows of an earlier release know how a hit was judged then.
        let code = self.number(least.code());
        let earlier = format!("({evidence} IS NULL AND {class} >= {code})");
        if judged.is_empty() {
            return Ok(earlier);
        }
        let judged = self.list(judged.into_iter().map(MadeValue::Bytes));
        Ok(format!("({evidence} IN ({judged}) OR {earlier})"))
    }

    pub(super) fn unread(&mut self, last: u16, reader: ReaderClass) -> Result<String, StoreError> {
        let campaigns: Vec<i64> = self.tx.all(STARTED_CAMPAIGNS, (), |row| row.get(0))?;
        let seen = self.seen(&campaigns, ReadAct::Viewed, reader)?;
        let (key, last) = (self.key, self.number(last.into()));
        let sent = self.number(DeliveryState::Sent.code());
        let has_seen = Self::exists(&format!(
            "engagements e WHERE e.campaign_id = d.campaign_id AND e.contact_id = d.contact_id \
             AND {seen}"
        ));
        // CROSS JOIN, which SQLite takes as the order to join in: the newest campaigns first.
        Ok(format!(
            "(SELECT CASE WHEN count(*) = {last} AND coalesce(sum(g.seen), 0) = 0 THEN 1 ELSE 0 END \
             FROM (SELECT CASE WHEN {has_seen} THEN 1 ELSE 0 END AS seen FROM campaigns k CROSS JOIN deliveries d \
             WHERE d.campaign_id = k.id AND d.contact_id = {key} AND d.state = {sent} \
             AND NOT EXISTS (SELECT 1 FROM expired_engagements x WHERE x.campaign_id = k.id) \
             ORDER BY k.id DESC LIMIT {last}) g) = 1"
        ))
    }
}

/// The campaigns that a condition on reading is about, the newest 1,000 at most.
pub(crate) fn read_campaigns(
    tx: &Tx<'_>,
    test: &ReadTest,
    at: Timestamp,
) -> Result<Vec<i64>, StoreError> {
    if let Some(number) = test.campaign {
        return Ok(campaign_by_number(tx, number)?.map(|id| id.0).into_iter().collect());
    }
    match test.within_days {
        Some(days) => {
            let (since, _) = TimeTest::Within(days).times(at);
            // Of campaigns long ago, the hours of a day are one line.
            let hour = since.map_or(0, |at| at.hour() - 24);
            tx.all(READ_CAMPAIGNS, [hour], |row| row.get(0))
        }
        None => tx.all(STARTED_CAMPAIGNS, (), |row| row.get(0)),
    }
}
