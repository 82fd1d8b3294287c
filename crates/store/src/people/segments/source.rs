//! Among whom to look for the members of a segment: the rows of an index, of which there should be few.
//!
//! Invariant: every member is in one of the sources, each of which is read in the order of contacts.

use std::collections::BTreeSet;

use model::{
    AttributeTest, CampaignOutcome, LinkSlot, ReadAct, SegmentCondition, SegmentRule,
    SubscriptionState, TopicId, TopicScope,
};

use crate::StoreError;
use crate::campaign_numbers::campaign_by_number;
use crate::engine::tx::Tx;
use crate::engine::value::SqlValue;
use crate::people::attribute_indexes;
use crate::people::segments::compile::read_campaigns;
use crate::people::segments::query::SegmentQuery;
use crate::people::tags;
use crate::people::topics::TOPIC_BY_SLUG;

/// Rows of an index that has contacts in order.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum SegmentSource {
    All,
    Topic(i64),
    Subscribed(i64),
    /// In a state that few are in.
    Others(i64, SubscriptionState),
    Tag(i64),
    Delivered(i64),
    Engaged(i64),
    Clicked(i64, LinkSlot),
    /// A value, in lower case, in the index of an attribute.
    Valued(i64, String),
}

/// Where to look, and what is still to be asked of who is found there.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct SegmentSources {
    pub(crate) sources: Vec<SegmentSource>,
    /// The part of the rule that the sources don't tell; None when it holds for all who are in one.
    pub(crate) rest: Option<SegmentRule>,
    /// Whether they are within the query's topics.
    pub(crate) asks_scope: bool,
}

/// Rows up to which sources are told apart by their size.
const TOLD: i64 = 20_000;
/// Sources that are looked through side by side.
const MOST: usize = 64;

impl SegmentSource {
    /// The rows from `$1` on, without it, up to `$2`; its own values begin behind `first`.
    pub(crate) fn rows(&self, first: usize) -> (String, Vec<SqlValue<'_>>) {
        let (one, two) = (first + 1, first + 2);
        let with = |table: &str, filter: String, values: &[i64]| {
            let text = format!(
                "SELECT contact_id FROM {table} WHERE {filter} AND contact_id > $1 AND contact_id <= $2"
            );
            (text, values.iter().map(|value| SqlValue::Integer(*value)).collect())
        };
        let of = |column: &str| format!("{column} = CAST(${one} AS BIGINT)");
        match self {
            Self::All => {
                let text = "SELECT id AS contact_id FROM contacts WHERE id > $1 AND id <= $2";
                (text.to_owned(), Vec::new())
            }
            Self::Topic(topic) => with("subscriptions", of("topic_id"), &[*topic]),
            Self::Subscribed(topic) => {
                let filter = format!("{} AND state = 'subscribed'", of("topic_id"));
                with("subscriptions", filter, &[*topic])
            }
            Self::Others(topic, state) => {
                // The first condition is the index's own.
                let topic_is = of("topic_id");
                let state = state.as_str();
                let filter = format!("state <> 'subscribed' AND {topic_is} AND state = '{state}'");
                with("subscriptions", filter, &[*topic])
            }
            Self::Tag(tag) => with("contact_tags", of("tag_id"), &[*tag]),
            Self::Delivered(campaign) => with("deliveries", of("campaign_id"), &[*campaign]),
            Self::Engaged(campaign) => with("engagements", of("campaign_id"), &[*campaign]),
            Self::Clicked(campaign, slot) => {
                let filter = format!("{} AND slot = CAST(${two} AS BIGINT)", of("campaign_id"));
                with("link_clickers", filter, &[*campaign, slot.0.into()])
            }
            Self::Valued(index, value) => {
                let filter = format!("{} AND value = CAST(${two} AS TEXT)", of("index_id"));
                let (text, mut values) = with("attribute_values", filter, &[*index]);
                values.push(SqlValue::Text(value));
                (text, values)
            }
        }
    }

    /// Whether contacts may be in it who are not there any more.
    pub(crate) const fn outlives_contacts(&self) -> bool {
        matches!(self, Self::Delivered(_) | Self::Engaged(_) | Self::Clicked(..))
    }

    /// How many rows it has, as far as that is told; and by kind among those that have more.
    fn size(&self, tx: &Tx<'_>) -> Result<(i64, u8), StoreError> {
        let kind = match self {
            Self::Clicked(..) => 0,
            Self::Others(..) => 1,
            Self::Tag(_) => 2,
            Self::Valued(..) => 3,
            Self::Engaged(_) => 4,
            Self::Delivered(_) => 5,
            Self::Subscribed(_) => 6,
            Self::Topic(_) => 7,
            Self::All => return Ok((i64::MAX, u8::MAX)),
        };
        let (rows, own) = self.rows(3);
        let text = format!("SELECT count(*) FROM ({rows} LIMIT CAST($3 AS BIGINT)) t");
        let mut values: Vec<SqlValue<'_>> = bounds(0, i64::MAX);
        values.push(SqlValue::Integer(TOLD));
        values.extend(own);
        let size = tx.prepare_made(&text)?.one(values.as_slice(), |row| row.get(0))?;
        Ok((size, kind))
    }

    /// The last of the next `limit` contacts behind `after`; None when there are fewer.
    pub(crate) fn end(
        &self,
        tx: &Tx<'_>,
        after: i64,
        limit: i64,
    ) -> Result<Option<i64>, StoreError> {
        let (rows, own) = self.rows(3);
        let text = format!(
            "SELECT count(*), max(contact_id) FROM ({rows} ORDER BY contact_id LIMIT CAST($3 AS BIGINT)) t"
        );
        let mut values: Vec<SqlValue<'_>> = bounds(after, i64::MAX);
        values.push(SqlValue::Integer(limit));
        values.extend(own);
        let (found, last): (i64, Option<i64>) =
            tx.prepare_made(&text)?.one(values.as_slice(), |row| Ok((row.get(0)?, row.get(1)?)))?;
        Ok(last.filter(|_| found == limit))
    }
}

impl SegmentSources {
    const fn new(sources: Vec<SegmentSource>, rest: Option<SegmentRule>) -> Self {
        Self { sources, rest, asks_scope: false }
    }

    pub(crate) fn are_all(&self) -> bool {
        self.sources == [SegmentSource::All]
    }

    /// Who is in one of them, each once, from `$1` on, without it, up to `$2`; own values begin behind `first`. None
    /// when there are no sources.
    pub(crate) fn members(&self, first: usize) -> Option<(String, Vec<SqlValue<'_>>)> {
        let (mut parts, mut values) = (Vec::new(), Vec::new());
        for source in &self.sources {
            let (rows, own) = source.rows(first + values.len());
            parts.push(rows);
            values.extend(own);
        }
        (!parts.is_empty()).then(|| (parts.join(" UNION "), values))
    }
}

pub(crate) fn bounds(after: i64, to: i64) -> Vec<SqlValue<'static>> {
    vec![SqlValue::Integer(after), SqlValue::Integer(to)]
}

/// The best sources for a query: those of its rule, or of its topics when they are fewer.
pub(crate) fn of_query(tx: &Tx<'_>, query: &SegmentQuery) -> Result<SegmentSources, StoreError> {
    let mut found = of_rule(tx, &query.rule, query)?.unwrap_or_else(|| {
        let is_told = query.rule == SegmentRule::Is(SegmentCondition::Everybody);
        SegmentSources::new(vec![SegmentSource::All], (!is_told).then(|| query.rule.clone()))
    });
    let TopicScope::These(topics) = &query.topics else { return Ok(found) };
    if found.are_all() && topics.len() <= MOST {
        let of_topic = |topic: &TopicId| SegmentSource::Topic(topic.0);
        found.sources = topics.iter().map(of_topic).collect();
    } else {
        found.asks_scope = true;
    }
    Ok(found)
}

/// None: no index helps.
fn of_rule(
    tx: &Tx<'_>,
    rule: &SegmentRule,
    query: &SegmentQuery,
) -> Result<Option<SegmentSources>, StoreError> {
    match rule {
        SegmentRule::Is(condition) => of_condition(tx, condition, query),
        SegmentRule::Not(_) => Ok(None),
        SegmentRule::Any(rules) => {
            let mut all = SegmentSources::new(Vec::new(), None);
            for part in rules {
                let Some(found) = of_rule(tx, part, query)? else { return Ok(None) };
                if found.rest.is_some() {
                    all.rest = Some(rule.clone());
                }
                for source in found.sources {
                    if !all.sources.contains(&source) {
                        all.sources.push(source);
                    }
                }
            }
            Ok((all.sources.len() <= MOST).then_some(all))
        }
        SegmentRule::All(rules) => of_all(tx, rules, query),
    }
}

/// The smallest sources of those that the rules have; the others are asked of who is in them.
fn of_all(
    tx: &Tx<'_>,
    rules: &[SegmentRule],
    query: &SegmentQuery,
) -> Result<Option<SegmentSources>, StoreError> {
    let mut found = Vec::new();
    for (place, rule) in rules.iter().enumerate() {
        if let Some(sources) = of_rule(tx, rule, query)? {
            found.push((place, sources));
        }
    }
    let mut best: Option<((i64, u8), (usize, SegmentSources))> = None;
    let is_only_one = found.len() == 1;
    for (place, sources) in found {
        let mut size = (0_i64, 0);
        // With nothing to compare it with, its size is of no interest.
        for source in sources.sources.iter().filter(|_| !is_only_one) {
            let (rows, kind) = source.size(tx)?;
            size = (size.0.saturating_add(rows), size.1.max(kind));
        }
        if best.as_ref().is_none_or(|(least, _)| size < *least) {
            best = Some((size, (place, sources)));
        }
    }
    let Some((_, (place, mut sources))) = best else { return Ok(None) };
    let others = rules.iter().enumerate().filter(|(at, _)| *at != place);
    let rest: Vec<SegmentRule> =
        sources.rest.take().into_iter().chain(others.map(|(_, rule)| rule.clone())).collect();
    sources.rest = (!rest.is_empty()).then_some(SegmentRule::All(rest));
    Ok(Some(sources))
}

fn of_condition(
    tx: &Tx<'_>,
    condition: &SegmentCondition,
    query: &SegmentQuery,
) -> Result<Option<SegmentSources>, StoreError> {
    let found = |sources, is_told: bool| {
        let rest = (!is_told).then(|| SegmentRule::Is(condition.clone()));
        Ok(Some(SegmentSources::new(sources, rest)))
    };
    match condition {
        SegmentCondition::Topic { topic, state, changed } => {
            let Some(topic) = tx.first(TOPIC_BY_SLUG, [topic.as_str()], |row| row.get(0))? else {
                return found(Vec::new(), true);
            };
            let source = match state {
                SubscriptionState::Subscribed => SegmentSource::Subscribed(topic),
                other => SegmentSource::Others(topic, *other),
            };
            found(vec![source], changed.is_none())
        }
        SegmentCondition::Attribute { name, test: AttributeTest::Is(values) } => {
            let Some(index) = attribute_indexes::filled(tx, name, values)? else { return Ok(None) };
            let values: BTreeSet<String> =
                values.iter().map(|it| it.to_ascii_lowercase()).collect();
            if values.len() > MOST {
                return Ok(None);
            }
            found(values.into_iter().map(|it| SegmentSource::Valued(index, it)).collect(), true)
        }
        SegmentCondition::Tag(tag) => match tags::find(tx, tag)? {
            Some((id, _)) => found(vec![SegmentSource::Tag(id)], true),
            None => found(Vec::new(), true),
        },
        SegmentCondition::Campaign { campaign, outcome } => {
            let Some(id) = campaign_by_number(tx, *campaign)? else {
                return found(Vec::new(), true);
            };
            match outcome {
                CampaignOutcome::Got | CampaignOutcome::Failed => {
                    found(vec![SegmentSource::Delivered(id.0)], false)
                }
                CampaignOutcome::Left => found(vec![SegmentSource::Engaged(id.0)], false),
            }
        }
        SegmentCondition::Read(test) => {
            let campaigns = read_campaigns(tx, test, query.at)?;
            if campaigns.len() > MOST {
                return Ok(None);
            }
            let source = |campaign: &i64| match (test.link, test.act) {
                (Some(link), ReadAct::Clicked) => SegmentSource::Clicked(*campaign, link),
                _ => SegmentSource::Engaged(*campaign),
            };
            found(campaigns.iter().map(source).collect(), false)
        }
        _ => Ok(None),
    }
}
