//! Which evidence means a person: of all that campaigns have, what a rule set judges so.

use std::collections::BTreeSet;

use model::engagement::sets_from_bytes;
use model::{HitClass, RuleSet};

use crate::StoreError;
use crate::engine::sql::texts;
use crate::engine::tx::Tx;

texts! {
    EVIDENCE_OF_CAMPAIGN = "SELECT DISTINCT evidence FROM campaign_evidence
        WHERE campaign_id = $1 AND kind = $2 LIMIT 5000";
    STARTED_CAMPAIGNS = "SELECT id FROM campaigns WHERE state NOT IN ('draft', 'scheduled')
        ORDER BY id DESC LIMIT 1000";
    /// With a view or click since an hour.
    READ_CAMPAIGNS = "SELECT k.id FROM campaigns k WHERE EXISTS (SELECT 1 FROM campaign_hours h
            WHERE h.campaign_id = k.id AND h.hour >= $1) ORDER BY k.id DESC LIMIT 1000";
}

/// As many as fit into one statement beside everything else.
const MOST_EVIDENCE: usize = 5_000;

/// The evidence of these campaigns that is of this class or a stronger one.
pub(super) fn of_class(
    tx: &Tx<'_>,
    campaigns: &[i64],
    kind: i64,
    (rules, least): (&RuleSet, HitClass),
) -> Result<BTreeSet<Vec<u8>>, StoreError> {
    let mut found: BTreeSet<Vec<u8>> = BTreeSet::new();
    let mut judged: BTreeSet<Vec<u8>> = BTreeSet::new();
    for campaign in campaigns {
        let all: Vec<Vec<u8>> =
            tx.all(EVIDENCE_OF_CAMPAIGN, (*campaign, kind), |row| row.get(0))?;
        for bytes in all {
            if !judged.insert(bytes.clone()) || found.len() == MOST_EVIDENCE {
                continue;
            }
            let sets = sets_from_bytes(&bytes);
            let sets = sets.ok_or_else(|| StoreError::Corrupt("evidence".to_owned()))?;
            if rules.strongest(sets).is_some_and(|class| class >= least) {
                found.insert(bytes);
            }
        }
    }
    Ok(found)
}
