//! To which segments a campaign goes: of the people who are subscribed to its topic those who are in one of
//! some segments, without those who are in others.
//!
//! Invariants: nobody is mailed by a segment who is not subscribed; what a campaign is started with is kept
//! with all its conditions, so that no later change of a segment, and no other rule set, changes whom it
//! goes to.

use model::rule_set::RuleSetLine;
use model::{
    CampaignId, HitClass, RuleSet, RulesSeen, SegmentCondition, SegmentName, SegmentRule,
    Timestamp, TopicScope,
};

use crate::engine::sql::texts;
use crate::engine::tx::Tx;
use crate::engine::value::SqlRow;
use crate::people::segments::needed::names;
use crate::people::segments::query::SegmentQuery;
use crate::people::segments::resolve::resolved;
use crate::{Store, StoreError};

texts! {
    AUDIENCE_FIND = "SELECT included, left_out, judged_by, rule, frozen_at FROM campaign_audiences
        WHERE campaign_id = $1";
    /// Of a campaign that has not started.
    AUDIENCE_PUT = "INSERT INTO campaign_audiences (campaign_id, included, left_out, judged_by)
        SELECT id, $2, $3, $4 FROM campaigns WHERE id = $1 AND state IN ('draft', 'scheduled')
        ON CONFLICT (campaign_id) DO UPDATE SET included = excluded.included,
            left_out = excluded.left_out, judged_by = excluded.judged_by";
    AUDIENCE_REMOVE = "DELETE FROM campaign_audiences WHERE campaign_id IN
        (SELECT id FROM campaigns WHERE id = $1 AND state IN ('draft', 'scheduled'))";
    AUDIENCE_FREEZE = "UPDATE campaign_audiences SET rule = $2, frozen_at = $3
        WHERE campaign_id = $1";
}

/// Segments that one campaign names.
const MOST_NAMED: usize = 20;

/// Which segments a campaign goes to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CampaignAudience {
    /// One of these; empty: everybody who is subscribed.
    pub included: Vec<SegmentName>,
    /// None of these.
    pub excluded: Vec<SegmentName>,
    /// Says who is a person.
    pub rules: RuleSet,
    /// The whole rule as it was when the campaign started, and when that was.
    pub frozen: Option<(SegmentRule, Timestamp)>,
}

impl CampaignAudience {
    /// Whom it means.
    #[must_use]
    pub fn rule(&self) -> SegmentRule {
        if let Some((rule, _)) = &self.frozen {
            return rule.clone();
        }
        let any_of = |names: &[SegmentName]| {
            let is = |name: &SegmentName| SegmentRule::Is(SegmentCondition::Segment(name.clone()));
            match names {
                [] => None,
                [only] => Some(is(only)),
                names => Some(SegmentRule::Any(names.iter().map(is).collect())),
            }
        };
        let included = any_of(&self.included);
        let without = any_of(&self.excluded).map(|rule| SegmentRule::Not(Box::new(rule)));
        match (included, without) {
            (Some(included), Some(without)) => SegmentRule::All(vec![included, without]),
            (Some(rule), None) | (None, Some(rule)) => rule,
            (None, None) => SegmentRule::Is(SegmentCondition::Everybody),
        }
    }

    fn query(&self, at: Timestamp) -> SegmentQuery {
        SegmentQuery {
            rule: self.rule(),
            at: self.frozen.as_ref().map_or(at, |(_, at)| *at),
            rules: self.rules.clone(),
            topics: TopicScope::All,
        }
    }
}

impl Store {
    /// The segments that a campaign goes to, if it does not go to everybody who is subscribed.
    pub async fn campaign_audience(
        &self,
        id: CampaignId,
    ) -> Result<Option<CampaignAudience>, StoreError> {
        self.read(move |tx| find(tx, id)).await
    }

    /// Whom a campaign goes to among those who are subscribed, with everything that its segments name; None:
    /// to all of them.
    ///
    /// # Errors
    /// [`StoreError::Segment`] when a segment is not there.
    pub async fn campaign_audience_query(
        &self,
        id: CampaignId,
        at: Timestamp,
    ) -> Result<Option<SegmentQuery>, StoreError> {
        self.read(move |tx| {
            let Some(audience) = find(tx, id)? else { return Ok(None) };
            let query = audience.query(at);
            let rule = resolved(tx, &query.rule, None)?;
            Ok(Some(SegmentQuery { rule, ..query }))
        })
        .await
    }

    /// Says to which segments a campaign goes; to everybody who is subscribed when no segment is named.
    ///
    /// # Errors
    /// [`StoreError::Segment`] when a segment is not there, [`StoreError::Changed`] when the campaign has
    /// started, [`StoreError::OutOfRange`] when too many are named.
    pub async fn campaign_audience_set(
        &self,
        id: CampaignId,
        audience: CampaignAudience,
    ) -> Result<(), StoreError> {
        self.write(move |tx| {
            let CampaignAudience { included, excluded, rules, .. } = &audience;
            let named = included.len() + excluded.len();
            if named > MOST_NAMED {
                return Err(StoreError::OutOfRange("the number of a campaign's segments"));
            }
            if named == 0 {
                return tx.execute(AUDIENCE_REMOVE, [id.0]).map(drop);
            }
            resolved(tx, &audience.rule(), None)?;
            let (included, excluded) = (names_text(included)?, names_text(excluded)?);
            let values = (id.0, included, excluded, rules_text(rules));
            match tx.execute(AUDIENCE_PUT, values)? {
                0 => Err(StoreError::Changed("campaign")),
                _ => Ok(()),
            }
        })
        .await
    }
}

/// Keeps what the campaign's segments are now.
pub(crate) fn freeze(tx: &Tx<'_>, id: CampaignId, at: Timestamp) -> Result<(), StoreError> {
    let Some(audience) = find(tx, id)? else { return Ok(()) };
    let rule = resolved(tx, &audience.rule(), None)?;
    tx.execute(AUDIENCE_FREEZE, (id.0, rule.to_string(), at.0)).map(drop)
}

/// Whom a campaign that was started goes to among those who are subscribed.
pub(crate) fn started_for(
    tx: &Tx<'_>,
    id: CampaignId,
    at: Timestamp,
) -> Result<Option<SegmentQuery>, StoreError> {
    Ok(find(tx, id)?.map(|audience| audience.query(at)))
}

fn find(tx: &Tx<'_>, id: CampaignId) -> Result<Option<CampaignAudience>, StoreError> {
    tx.first(AUDIENCE_FIND, [id.0], audience_row)
}

fn audience_row(row: &SqlRow<'_>) -> Result<CampaignAudience, StoreError> {
    let damaged = |what: &str| StoreError::Corrupt(format!("the {what} of a campaign"));
    let rule: Option<String> = row.get(3)?;
    let rule = rule.map(|text| SegmentRule::parse_resolved(&text)).transpose();
    let rule = rule.map_err(|problem| damaged(&format!("audience ({problem})")))?;
    let at: Option<i64> = row.get(4)?;
    Ok(CampaignAudience {
        included: names(row.text(0)?)?,
        excluded: names(row.text(1)?)?,
        rules: rules_from(row.text(2)?).ok_or_else(|| damaged("rule set"))?,
        frozen: rule.zip(at.map(Timestamp)),
    })
}

fn names_text(names: &[SegmentName]) -> Result<String, StoreError> {
    let names: Vec<&str> = names.iter().map(SegmentName::as_str).collect();
    serde_json::to_string(&names).map_err(|problem| StoreError::Database(Box::new(problem)))
}

/// The version, then a line for each of its lines: the bits of `any` and `none`, and the class.
fn rules_text(rules: &RuleSet) -> String {
    rules.lines().iter().fold(rules.version.clone(), |text, line| {
        let (any, none) = (line.any.bits(), line.none.bits());
        format!("{text}\n{any} {none} {}", line.class.as_str())
    })
}

fn rules_from(text: &str) -> Option<RuleSet> {
    let mut lines = text.split('\n');
    let version = lines.next()?.to_owned();
    let line = |line: &str| {
        let mut words = line.split(' ');
        let mut bits = || words.next()?.parse().ok().map(RulesSeen::from_bits);
        let (any, none) = (bits()?, bits()?);
        Some(RuleSetLine { any, none, class: HitClass::from_word(words.next()?)? })
    };
    RuleSet::new(version, lines.map(line).collect::<Option<_>>()?).ok()
}
