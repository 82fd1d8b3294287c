//! The network address that an event came from: how it is stored, and what is told of it.
//!
//! Invariants: an address is stored encrypted with the key of its day, or as the prefix of its network,
//! never as it is. Whoever records reads in that transaction whether the day may still be kept in
//! full, and holds the day's key until the commit: shortening a day misses no event. What is told of
//! an event is its prefix; the address is told by [`Store::event_address`] alone.

pub(crate) mod postgres;

use std::collections::{BTreeMap, BTreeSet};
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use model::{ClientAddr, Network};

use crate::counting::client_cipher::{ClientKey, EventKey};
use crate::counting::event_cursor::EventPosition;
use crate::counting::recorded_hit::RecordedHit;
use crate::engine::client_secret::{ClientSecret, KEY_BYTES};
use crate::engine::error::integer;
use crate::engine::sql::texts;
use crate::engine::tx::Tx;
use crate::{Store, StoreError, tracking};

texts! {
    CLIENT_KEY_FIND = "SELECT salt, proof, after_at FROM client_keys WHERE day = $1";
    CLIENT_KEY_ADD = "INSERT INTO client_keys (day, salt, proof) VALUES ($1, $2, $3)
        ON CONFLICT (day) DO NOTHING";
    /// Days before this one are shortened.
    CLIENTS_SHORTENED = "SELECT CAST(value AS BIGINT) FROM settings
        WHERE key = 'client_addresses/shortened_before'";
    EVENT_CLIENT = "SELECT at, client, signs FROM events
        WHERE node = $1 AND segment = $2 AND byte_offset = $3 AND client IS NOT NULL LIMIT 1";
}

/// The bit of `signs` that says that the address is encrypted. Addresses of earlier releases, which are
/// not, are as long.
pub(crate) const CLIENT_ENCRYPTED: i64 = 64;
/// Microseconds of a UTC day.
pub(crate) const DAY: i64 = 24 * model::Timestamp::HOUR;
/// Bits of the network that is kept of an address: what one subscriber or office has.
const IPV4_BITS: u32 = 24;
const IPV6_BITS: u32 = 48;

/// The full network address of an event, as far as it is kept.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum EventAddress {
    Kept(IpAddr),
    /// There is no such event, it came from nowhere known, or its address is shortened by now.
    NotKept,
}

/// An address as a row has it.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub(crate) struct StoredClient {
    /// Encrypted 4 or 16 bytes, or a prefix of 3 or 6.
    pub(crate) bytes: Option<Vec<u8>>,
    pub(crate) is_encrypted: bool,
}

impl StoredClient {
    /// What it adds to an event's signs.
    pub(crate) fn signs(&self) -> i64 {
        if self.is_encrypted { CLIENT_ENCRYPTED } else { 0 }
    }
}

/// The keys of the days of a batch whose addresses are kept in full.
#[derive(Default)]
pub(crate) struct ClientKeys(BTreeMap<i64, ClientKey>);

impl ClientKeys {
    /// The keys for these hits; a day's first hit makes its key. Without a secret there is none, and all
    /// addresses are shortened at once.
    pub(crate) fn load(
        tx: &Tx<'_>,
        secret: Option<&ClientSecret>,
        hits: &[&RecordedHit],
    ) -> Result<Self, StoreError> {
        let days: BTreeSet<i64> = hits
            .iter()
            .filter(|it| it.hit.client.is_some())
            .map(|it| it.hit.at.0.div_euclid(DAY))
            .collect();
        let Some(secret) = secret.filter(|_| !days.is_empty()) else { return Ok(Self::default()) };
        if tracking::policy(tx)?.address_days == 0 {
            return Ok(Self::default());
        }
        let shortened = tx.first(CLIENTS_SHORTENED, (), |row| row.get::<i64>(0))?;
        let mut keys = BTreeMap::new();
        // In the order of days, so that two recorders never wait for each other.
        for day in days.range(shortened.unwrap_or(i64::MIN)..) {
            if let Some(key) = key_of(tx, secret, *day)? {
                keys.insert(*day, key);
            }
        }
        Ok(Self(keys))
    }

    /// The address of a hit as its event has it.
    pub(crate) fn stored(&self, recorded: &RecordedHit) -> Result<StoredClient, StoreError> {
        let Some(address) = recorded.hit.client else { return Ok(StoredClient::default()) };
        let address = address.to_canonical();
        let at = recorded.hit.at.0;
        let Some(key) = self.0.get(&at.div_euclid(DAY)) else {
            return Ok(StoredClient { bytes: Some(prefix_bytes(address)), is_encrypted: false });
        };
        let event = EventKey {
            at,
            node: recorded.node,
            segment: integer(recorded.segment, "a hit's segment")?,
            offset: recorded.offset.into(),
        };
        let mut bytes = address_bytes(address);
        key.apply(event, &mut bytes);
        Ok(StoredClient { bytes: Some(bytes), is_encrypted: true })
    }
}

/// A day's key, made if there is none; nothing when its addresses are being shortened, or it was made with
/// another secret.
fn key_of(tx: &Tx<'_>, secret: &ClientSecret, day: i64) -> Result<Option<ClientKey>, StoreError> {
    let found = match find(tx, day)? {
        Some(found) => Some(found),
        None => {
            let mut salt = [0; KEY_BYTES];
            if getrandom::fill(&mut salt).is_err() {
                return Ok(None);
            }
            let proof = ClientKey::new(secret, &salt).proof();
            // Another node may make it at the same moment: then its key is there after it.
            tx.execute(CLIENT_KEY_ADD, (day, salt, proof))?;
            find(tx, day)?
        }
    };
    let whole = found.filter(|it| it.after_at.is_none());
    Ok(whole.and_then(|it| ClientKey::proven(secret, &it.salt, &it.proof)))
}

/// A row of `client_keys`.
pub(crate) struct ClientKeyRow {
    pub(crate) salt: Vec<u8>,
    pub(crate) proof: Vec<u8>,
    pub(crate) after_at: Option<i64>,
}

fn find(tx: &Tx<'_>, day: i64) -> Result<Option<ClientKeyRow>, StoreError> {
    if let Some(bulk) = tx.bulk() {
        return postgres::held(bulk, day);
    }
    tx.first(CLIENT_KEY_FIND, [day], |row| {
        Ok(ClientKeyRow { salt: row.get(0)?, proof: row.get(1)?, after_at: row.get(2)? })
    })
}

impl Store {
    /// Lends the store the half of the keys of network addresses that it does not keep. Without it the
    /// addresses of new events are shortened at once, and those of others can't be read. All clones
    /// share it; the first one stays.
    pub fn client_secret_lend(&self, secret: ClientSecret) {
        self.lend_client_secret(secret);
    }

    /// The network that an event came from, however much of its address is kept; nothing when none is.
    pub async fn event_network(&self, id: EventPosition) -> Result<Option<Network>, StoreError> {
        let secret = self.client_secret().cloned();
        self.read(move |tx| Ok(known(tx, secret.as_ref(), id)?.and_then(Known::network))).await
    }

    /// The full network address of an event. Reads only, but as a write, so that the entry of who
    /// reads it is stored before it is told.
    ///
    /// # Errors
    /// When the store can't be read, or the entry can't be written.
    pub async fn event_address(&self, id: EventPosition) -> Result<EventAddress, StoreError> {
        let secret = self.client_secret().cloned();
        self.write(move |tx| {
            Ok(match known(tx, secret.as_ref(), id)? {
                Some(Known::Address(address)) => EventAddress::Kept(address),
                Some(Known::Prefix(_)) | None => EventAddress::NotKept,
            })
        })
        .await
    }
}

/// What a row tells of an address.
enum Known {
    Address(IpAddr),
    Prefix(Network),
}

impl Known {
    fn network(self) -> Option<Network> {
        match self {
            Self::Address(address) => Network::around(address, bits_of(address)),
            Self::Prefix(network) => Some(network),
        }
    }
}

fn known(
    tx: &Tx<'_>,
    secret: Option<&ClientSecret>,
    id: EventPosition,
) -> Result<Option<Known>, StoreError> {
    let segment = integer(id.segment, "an event's segment")?;
    let found = tx.first(EVENT_CLIENT, (id.node, segment, id.offset), |row| {
        Ok((row.get::<i64>(0)?, row.get::<Vec<u8>>(1)?, row.get::<i64>(2)?))
    })?;
    let Some((at, mut bytes, signs)) = found else { return Ok(None) };
    if signs & CLIENT_ENCRYPTED != 0 {
        // Not held: who only looks keeps nobody from shortening.
        let row = tx.first(CLIENT_KEY_FIND, [at.div_euclid(DAY)], |row| {
            Ok((row.get::<Vec<u8>>(0)?, row.get::<Vec<u8>>(1)?))
        })?;
        let key = secret
            .zip(row)
            .and_then(|(secret, (salt, proof))| ClientKey::proven(secret, &salt, &proof));
        let Some(key) = key else { return Ok(None) };
        key.apply(EventKey { at, node: id.node, segment, offset: id.offset.into() }, &mut bytes);
        return Ok(address_of(&bytes).map(Known::Address));
    }
    // Of an earlier release, or it is a prefix. That such an address is there in full for a while
    // longer is no reason to tell it.
    let network = match address_of(&bytes) {
        Some(address) => Network::around(address, bits_of(address)),
        None => prefix_of(&bytes),
    };
    Ok(network.map(Known::Prefix))
}

fn bits_of(address: IpAddr) -> u32 {
    if address.is_ipv4() { IPV4_BITS } else { IPV6_BITS }
}

fn address_bytes(address: IpAddr) -> Vec<u8> {
    match address {
        IpAddr::V4(v4) => v4.octets().to_vec(),
        IpAddr::V6(v6) => v6.octets().to_vec(),
    }
}

pub(crate) fn address_of(bytes: &[u8]) -> ClientAddr {
    if let Ok(v4) = <[u8; 4]>::try_from(bytes) {
        return Some(Ipv4Addr::from(v4).into());
    }
    <[u8; 16]>::try_from(bytes).ok().map(|v6| Ipv6Addr::from(v6).into())
}

/// The bytes of the address's network.
pub(crate) fn prefix_bytes(address: IpAddr) -> Vec<u8> {
    let mut bytes = address_bytes(address);
    bytes.truncate(if address.is_ipv4() { 3 } else { 6 });
    bytes
}

fn prefix_of(bytes: &[u8]) -> Option<Network> {
    let first: IpAddr = match *bytes {
        [a, b, c] => Ipv4Addr::new(a, b, c, 0).into(),
        [a, b, c, d, e, f] => {
            let group = |high, low| u16::from_be_bytes([high, low]);
            Ipv6Addr::new(group(a, b), group(c, d), group(e, f), 0, 0, 0, 0, 0).into()
        }
        _ => return None,
    };
    Network::around(first, bits_of(first))
}
