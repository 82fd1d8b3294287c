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
        let is_all = sources.sources == [SegmentSource::All];
        let is_nobody = sources.sources.is_empty();
        let key = if is_all || is_nobody { "c.id" } else { "m.contact_id" };
        let (mut parts, mut of_sources) = (Vec::new(), Vec::new());
        if !is_all {
            for source in &sources.sources {
                let (rows, values) = source.rows(3 + of_sources.len());
                parts.push(rows);
                of_sources.extend(values);
            }
        }
        let mut conditions = Conditions::new(tx, query, key, 3 + of_sources.len());
        let mut wanted: Vec<String> = Vec::new();
        if !sources.is_exact && !is_nobody {
            wanted.push(conditions.rule(&query.rule)?);
            wanted.extend(conditions.scope());
        }
        let outlives = sources.sources.iter().any(SegmentSource::outlives_contacts);
        let mut from = if is_all {
            "FROM contacts c WHERE c.id > $1 AND c.id <= $2".to_owned()
        } else if is_nobody {
            "FROM contacts c WHERE 1 = 0 AND c.id > $1 AND c.id <= $2".to_owned()
        } else {
            // CROSS JOIN, which SQLite takes as the order to join in.
            let members = parts.join(" UNION ");
            let with_contact = conditions.uses_contact || outlives;
            let join = if with_contact {
                "CROSS JOIN contacts c WHERE c.id = m.contact_id AND c.id > $1 AND c.id <= $2"
            } else {
                "WHERE 1 = 1"
            };
            format!("FROM ({members}) m {join}")
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
    /// How many members there are behind the first contact of each pair, up to the second one.
    pub(super) fn counts(&self, tx: &Tx<'_>, pairs: &[(i64, i64)]) -> Result<Vec<i64>, StoreError> {
        // A limit that bounds nothing: the statement has the same values as a page's.
        let text = format!("SELECT count(*) {} AND CAST($3 AS BIGINT) = 0", self.from);
        let mut statement = tx.prepare_made(&text)?;
        let mut count = |(after, to): &(i64, i64)| {
            let mut values: Vec<SqlValue<'_>> = bounds(*after, *to);
            values.push(SqlValue::Integer(0));
            values.extend(self.values());
            statement.one(values.as_slice(), |row| row.get(0))
        };
        pairs.iter().map(&mut count).collect()
    }
}
