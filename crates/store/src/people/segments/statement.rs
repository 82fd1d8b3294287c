//! The statement that finds the members of a segment among some contacts: its sources, and what is asked of
//! each contact that they have.

use crate::StoreError;
use crate::engine::tx::Tx;
use crate::engine::value::SqlValue;
use crate::people::segments::compile::Conditions;
use crate::people::segments::query::SegmentQuery;
use crate::people::segments::source::{SegmentSource, SegmentSources, bounds};

/// The members between `$1` and `$2`; `$3` is the caller's.
pub(super) struct SegmentStatement<'t, 'c> {
    pub(super) key: &'static str,
    /// From `FROM` on, with a `WHERE`.
    pub(super) from: String,
    of_sources: Vec<SqlValue<'t>>,
    conditions: Conditions<'t, 'c>,
}

impl<'t, 'c> SegmentStatement<'t, 'c> {
    pub(super) fn new(
        tx: &'t Tx<'c>,
        query: &'t SegmentQuery,
        sources: &'t SegmentSources,
    ) -> Result<Self, StoreError> {
        let members = if sources.are_all() { None } else { sources.members(3) };
        let key = if members.is_none() { "c.id" } else { "m.contact_id" };
        let of_sources = members.as_ref().map_or_else(Vec::new, |(_, values)| values.clone());
        let mut conditions = Conditions::new(tx, query, key, 3 + of_sources.len());
        let mut wanted: Vec<String> = Vec::new();
        if !sources.sources.is_empty() {
            if let Some(rest) = &sources.rest {
                wanted.push(conditions.rule(rest)?);
            }
            if sources.asks_scope {
                wanted.extend(conditions.scope());
            }
        }
        let outlives = sources.sources.iter().any(SegmentSource::outlives_contacts);
        let mut from = if let Some((members, _)) = members {
            // CROSS JOIN, which SQLite takes as the order to join in.
            let with_contact = conditions.uses_contact || outlives;
            let join = if with_contact {
                "CROSS JOIN contacts c WHERE c.id = m.contact_id AND c.id > $1 AND c.id <= $2"
            } else {
                "WHERE 1 = 1"
            };
            format!("FROM ({members}) m {join}")
        } else if sources.are_all() {
            "FROM contacts c WHERE c.id > $1 AND c.id <= $2".to_owned()
        } else {
            "FROM contacts c WHERE 1 = 0 AND c.id > $1 AND c.id <= $2".to_owned()
        };
        for condition in wanted {
            from.push_str(" AND ");
            from.push_str(&condition);
        }
        Ok(Self { key, from, of_sources, conditions })
    }

    pub(super) fn values(&self) -> impl Iterator<Item = SqlValue<'_>> {
        self.of_sources.iter().copied().chain(self.conditions.values())
    }

    /// How many members there are behind the first contact of each pair, up to the second one; in any order.
    pub(super) fn counts(&self, tx: &Tx<'_>, pairs: &[(i64, i64)]) -> Result<Vec<i64>, StoreError> {
        // A limit that bounds nothing: the statement has the same values as a page's.
        let text = format!("SELECT count(*) {} AND CAST($3 AS BIGINT) = 0", self.from);
        if tx.bulk().is_some() && pairs.len() > 1 {
            return self.counts_at_once(tx, &text, pairs);
        }
        let mut statement = tx.prepare_made(&text)?;
        let mut count = |(after, to): &(i64, i64)| {
            let mut values: Vec<SqlValue<'_>> = bounds(*after, *to);
            values.push(SqlValue::Integer(0));
            values.extend(self.values());
            statement.one(values.as_slice(), |row| row.get(0))
        };
        pairs.iter().map(&mut count).collect()
    }

    /// As one statement: PostgreSQL takes longer to plan one than to count a block.
    fn counts_at_once(
        &self,
        tx: &Tx<'_>,
        count: &str,
        pairs: &[(i64, i64)],
    ) -> Result<Vec<i64>, StoreError> {
        let list = |ends: &mut dyn Iterator<Item = i64>| -> String {
            ends.map(|end| end.to_string()).collect::<Vec<_>>().join(",")
        };
        let befores = list(&mut pairs.iter().map(|(after, _)| *after));
        let lasts = list(&mut pairs.iter().map(|(_, to)| *to));
        let text = format!(
            "SELECT ({}) FROM unnest(CAST(string_to_array(CAST($1 AS TEXT), ',') AS BIGINT[]),
                CAST(string_to_array(CAST($2 AS TEXT), ',') AS BIGINT[])) AS b (before, last)",
            with_columns(count)
        );
        let mut values =
            vec![SqlValue::Text(&befores), SqlValue::Text(&lasts), SqlValue::Integer(0)];
        values.extend(self.values());
        tx.prepare_made(&text)?.all(values.as_slice(), |row| row.get(0))
    }
}

/// The text with `b.before` and `b.last` instead of `$1` and `$2`.
fn with_columns(text: &str) -> String {
    let mut parts = text.split('$');
    let mut made = parts.next().unwrap_or_default().to_owned();
    for part in parts {
        let number = part.len() - part.trim_start_matches(|it: char| it.is_ascii_digit()).len();
        match part.split_at(number) {
            ("1", rest) => made.extend(["b.before", rest]),
            ("2", rest) => made.extend(["b.last", rest]),
            _ => made.extend(["$", part]),
        }
    }
    made
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_the_bounds_become_columns() {
        let text = "a > $1 AND a <= $2 AND b IN ($3, $12, $21, $1)$";
        let expect = "a > b.before AND a <= b.last AND b IN ($3, $12, $21, b.before)$";
        assert_eq!(with_columns(text), expect);
    }
}
