//! How long browsers are remembered that are not seen any more.
//!
//! Invariants: whoever was seen since is never removed; counts stay, they name nobody. A browser that
//! comes back is a new one, also to campaigns that had counted it. All browsers are walked over once a
//! day at most, a bounded number at a time, and on after a restart where the walk stopped.

use model::Timestamp;

use crate::counting::retention::{DailyWalk, Expired};
use crate::engine::error::count;
use crate::engine::sql::texts;
use crate::engine::tx::Tx;
use crate::{Store, StoreError};

texts! {
    VISITORS_WALK = "SELECT visitor, last_at FROM visitors WHERE visitor > $1
        ORDER BY visitor LIMIT $2";
    /// Those of the visitor that are as old; it may have come back by now.
    OLD_EVENTS_UNNAME = "UPDATE events SET visitor = NULL
        WHERE (at, node, segment, byte_offset) IN (
            SELECT at, node, segment, byte_offset FROM events
            WHERE visitor = $1 AND at < $2 LIMIT $3)";
    VISITOR_EXPIRE = "DELETE FROM visitors WHERE visitor = $1 AND last_at < $2";
    VISITS_EXPIRE = "DELETE FROM campaign_visitors
        WHERE campaign_id IN (SELECT id FROM campaigns) AND visitor = $1";
    LINKS_EXPIRE = "DELETE FROM visitor_links WHERE visitor = $1";
    /// A cut is kept for as long as a cookie lives, from when it was seen last.
    CUT_KEEP = "UPDATE cut_visitor_links SET cut_at = $2 WHERE visitor = $1 AND cut_at < $2";
}

/// Browsers that one call looks at.
const LOOKED_AT: usize = 2_000;
/// Browsers that one call removes.
const AT_ONCE: usize = 100;
/// Events from which one call takes their browser.
const EVENTS_AT_ONCE: usize = 5_000;
const WALK: &str = "visitors";

impl Store {
    /// Removes some of the browsers that were last seen before `before`, and whom they were tied to.
    ///
    /// # Errors
    /// When the store can't do it; what was removed by earlier calls stays removed.
    pub async fn visitors_expire(&self, before: Timestamp) -> Result<Expired, StoreError> {
        self.write(move |tx| expire(tx, before)).await
    }
}

fn expire(tx: &Tx<'_>, before: Timestamp) -> Result<Expired, StoreError> {
    let Some(walk) = DailyWalk::take(tx, WALK, before)? else { return Ok(Expired::NOTHING) };
    let seen = tx.all(VISITORS_WALK, (&walk.after, count(LOOKED_AT)?), |row| {
        Ok((row.get::<Vec<u8>>(0)?, row.get::<i64>(1)?))
    })?;
    let is_last_page = seen.len() < LOOKED_AT;
    let (mut old, mut after) = (Vec::new(), None);
    let mut stopped = false;
    for (visitor, last_at) in seen {
        if last_at < before.0 {
            if old.len() == AT_ONCE {
                stopped = true;
                break;
            }
            old.push((visitor.clone(), last_at));
        }
        after = Some(visitor);
    }
    // In the order in which hits are recorded: events, visitors, visits, links.
    if !unname(tx, &old, before)? {
        return Ok(Expired { removed: 0, more: true });
    }
    let mut removed = Vec::new();
    for (visitor, last_at) in old {
        if tx.execute(VISITOR_EXPIRE, (&visitor, before.0))? > 0 {
            removed.push((visitor, last_at));
        }
    }
    for (visitor, _) in &removed {
        tx.execute(VISITS_EXPIRE, [visitor])?;
    }
    for (visitor, last_at) in &removed {
        tx.execute(LINKS_EXPIRE, [visitor])?;
        tx.execute(CUT_KEEP, (visitor, *last_at))?;
    }
    let done = is_last_page && !stopped;
    walk.put(tx, after.as_ref(), done)?;
    Ok(Expired { removed: removed.len() as u64, more: !done })
}

/// Takes the browsers from their events; whether none is left.
fn unname(tx: &Tx<'_>, old: &[(Vec<u8>, i64)], before: Timestamp) -> Result<bool, StoreError> {
    let mut left = EVENTS_AT_ONCE;
    for (visitor, _) in old {
        left -= tx.execute(OLD_EVENTS_UNNAME, (visitor, before.0, count(left)?))?.min(left);
        if left == 0 {
            return Ok(false);
        }
    }
    Ok(true)
}
