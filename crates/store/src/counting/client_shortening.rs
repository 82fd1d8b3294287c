//! Shortens network addresses whose time is over: of each stays the prefix of its network.
//!
//! Invariants: a day is walked a bounded number of events at a time, and on after a restart where it
//! stopped; its key is destroyed in the transaction that shortens its last event. From the first step on
//! nobody records an address of that day in full. Addresses that earlier releases stored as they are
//! get shortened first, whatever time is set: they were never encrypted.

pub(crate) mod postgres;

use std::time::Duration;

use model::Timestamp;

use crate::counting::client_cipher::{ClientKey, EventKey};
use crate::counting::clients::{DAY, address_of, prefix_bytes};
use crate::engine::client_secret::ClientSecret;
use crate::engine::sql::texts;
use crate::engine::tx::Tx;
use crate::settings::SETTING_PUT;
use crate::{Store, StoreError, tracking};

texts! {
    CLIENTS_DUE = "SELECT 1 FROM client_keys WHERE day < $1 LIMIT 1";
    PLAIN_DUE = "SELECT 1 FROM settings WHERE key = 'client_addresses/plain_after'";
    /// Begins with a day, or goes on with it. Also a lock, for which those who record that day wait, and
    /// which waits for them.
    CLIENT_KEY_TAKE = "UPDATE client_keys SET after_at = coalesce(after_at, day * $2 - 1)
        WHERE day = (SELECT min(day) FROM client_keys WHERE day < $1)
        RETURNING day, salt, proof, after_at";
    CLIENT_KEY_MOVE = "UPDATE client_keys SET after_at = $2 WHERE day = $1";
    CLIENT_KEY_DESTROY = "DELETE FROM client_keys WHERE day = $1";
    CLIENTS_AHEAD = "SELECT max(at) FROM (SELECT at FROM events WHERE at > $1
        ORDER BY at LIMIT $2) ahead";
    CLIENTS_ENCRYPTED = "SELECT at, node, segment, byte_offset, client FROM events
        WHERE at > $1 AND at <= $2 AND client IS NOT NULL AND (signs & 64) <> 0";
    CLIENT_SHORTEN = "UPDATE events SET client = $5, signs = signs - 64
        WHERE at = $1 AND node = $2 AND segment = $3 AND byte_offset = $4
            AND (signs & 64) <> 0";
    PLAIN_CLIENTS_SHORTEN = "UPDATE events SET client = CASE WHEN length(client) = 4
            THEN substr(client, 1, 3) ELSE substr(client, 1, 6) END
        WHERE at > $1 AND at <= $2 AND client IS NOT NULL AND (signs & 64) = 0
            AND length(client) IN (4, 16)";
    /// Changes nothing, but keeps other nodes from it.
    PLAIN_TAKE = "UPDATE settings SET value = value WHERE key = 'client_addresses/plain_after'
        RETURNING CAST(value AS BIGINT)";
    PLAIN_END = "DELETE FROM settings WHERE key = 'client_addresses/plain_after'";
}

const PLAIN_AFTER: &str = "client_addresses/plain_after";
const SHORTENED_BEFORE: &str = "client_addresses/shortened_before";
/// Events that one transaction looks through.
const EVENTS_AT_ONCE: i64 = 5_000;

/// An event whose address is shortened: to nothing when nobody can read it.
pub(crate) struct Shortened {
    event: EventKey,
    prefix: Option<Vec<u8>>,
}

impl Store {
    /// Shortens some of the addresses that are kept no longer than until `now`. Whether there are more.
    ///
    /// # Errors
    /// When the store can't do it; what was done by earlier calls stays done.
    pub async fn clients_shorten(&self, now: Timestamp) -> Result<bool, StoreError> {
        let is_due = self.read(move |tx| {
            let plain = tx.first(PLAIN_DUE, (), |_| Ok(()))?;
            Ok(plain.is_some()
                || tx.first(CLIENTS_DUE, [kept_from(tx, now)?], |_| Ok(()))?.is_some())
        });
        if !is_due.await? {
            return Ok(false);
        }
        let secret = self.client_secret().cloned();
        self.write(move |tx| {
            let is_done = shorten_plain(tx)?;
            if is_done { shorten_day(tx, secret.as_ref(), now) } else { Ok(true) }
        })
        .await
    }
}

/// The first day whose addresses are still kept in full.
fn kept_from(tx: &Tx<'_>, now: Timestamp) -> Result<i64, StoreError> {
    let days = tracking::policy(tx)?.address_days;
    if days == 0 {
        return Ok(now.0.div_euclid(DAY) + 1);
    }
    let kept = Duration::from_secs(u64::from(days) * 24 * 60 * 60);
    Ok(now.before(kept).0.div_euclid(DAY))
}

/// Shortens some addresses of earlier releases. Whether none was left.
fn shorten_plain(tx: &Tx<'_>) -> Result<bool, StoreError> {
    let Some(after) = tx.first(PLAIN_TAKE, (), |row| row.get::<i64>(0))? else { return Ok(true) };
    let ahead: Option<i64> = tx.one(CLIENTS_AHEAD, (after, EVENTS_AT_ONCE), |row| row.get(0))?;
    match ahead {
        Some(last) => {
            tx.execute(PLAIN_CLIENTS_SHORTEN, (after, last))?;
            tx.execute(SETTING_PUT, (PLAIN_AFTER, last.to_string()))?;
        }
        None => {
            tx.execute(PLAIN_END, ())?;
        }
    }
    Ok(false)
}

/// Shortens some addresses of the oldest day whose time is over. Whether there are more.
fn shorten_day(
    tx: &Tx<'_>,
    secret: Option<&ClientSecret>,
    now: Timestamp,
) -> Result<bool, StoreError> {
    let taken = tx.first(CLIENT_KEY_TAKE, (kept_from(tx, now)?, DAY), |row| {
        let (salt, proof): (Vec<u8>, Vec<u8>) = (row.get(1)?, row.get(2)?);
        Ok((row.get::<i64>(0)?, (salt, proof), row.get::<i64>(3)?))
    })?;
    let Some((day, (salt, proof), after)) = taken else { return Ok(false) };
    let key = secret.and_then(|secret| ClientKey::proven(secret, &salt, &proof));
    let ahead: Option<i64> = tx.one(CLIENTS_AHEAD, (after, EVENTS_AT_ONCE), |row| row.get(0))?;
    let until = (day + 1) * DAY - 1;
    let last = ahead.map_or(until, |ahead| ahead.min(until));
    shorten(tx, key.as_ref(), (after, last))?;
    // Of servers of an earlier release that were still running.
    tx.execute(PLAIN_CLIENTS_SHORTEN, (after, last))?;
    if last < until {
        tx.execute(CLIENT_KEY_MOVE, (day, last))?;
    } else {
        tx.execute(CLIENT_KEY_DESTROY, [day])?;
        tx.execute(SETTING_PUT, (SHORTENED_BEFORE, (day + 1).to_string()))?;
    }
    Ok(true)
}

fn shorten(
    tx: &Tx<'_>,
    key: Option<&ClientKey>,
    (after, last): (i64, i64),
) -> Result<(), StoreError> {
    let all = tx.all(CLIENTS_ENCRYPTED, (after, last), |row| {
        let event = EventKey {
            at: row.get(0)?,
            node: row.get(1)?,
            segment: row.get(2)?,
            offset: row.get(3)?,
        };
        let mut bytes: Vec<u8> = row.get(4)?;
        let address = key.and_then(|key| {
            key.apply(event, &mut bytes);
            address_of(&bytes)
        });
        Ok(Shortened { event, prefix: address.map(prefix_bytes) })
    })?;
    if let Some(bulk) = tx.bulk() {
        return postgres::shorten(bulk, &all, (after, last));
    }
    let mut update = tx.prepare(CLIENT_SHORTEN)?;
    for Shortened { event, prefix } in &all {
        update.execute((event.at, event.node, event.segment, event.offset, prefix))?;
    }
    Ok(())
}
