-- Networks from which messages were asked for within a minute of their delivery: the first 24 bits of an
-- IPv4 address, the first 48 of an IPv6 one. Kept for a week.
CREATE TABLE IF NOT EXISTS quick_networks (
    campaign_id INTEGER NOT NULL,
    network     INTEGER NOT NULL,
    many        INTEGER NOT NULL, -- 1: for as many receiving domains as no readers do
    last_at     INTEGER NOT NULL,
    PRIMARY KEY (campaign_id, network)
) STRICT, WITHOUT ROWID;
CREATE INDEX IF NOT EXISTS quick_networks_by_time ON quick_networks (last_at);

-- Whose messages, until it is known to be many.
CREATE TABLE IF NOT EXISTS quick_hits (
    campaign_id INTEGER NOT NULL,
    network     INTEGER NOT NULL,
    contact_id  INTEGER NOT NULL,
    at          INTEGER NOT NULL,
    PRIMARY KEY (campaign_id, network, contact_id, at)
) STRICT, WITHOUT ROWID;
CREATE INDEX IF NOT EXISTS quick_hits_by_contact ON quick_hits (contact_id);
CREATE INDEX IF NOT EXISTS quick_hits_by_time ON quick_hits (at);
