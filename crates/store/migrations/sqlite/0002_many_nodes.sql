-- What many nodes need, in one schema for SQLite and PostgreSQL.

-- Machines by the random name in their data folder; the number is part of every hit's identity.
CREATE TABLE nodes (
    number  INTEGER PRIMARY KEY AUTOINCREMENT,
    name    TEXT    NOT NULL UNIQUE,
    host    TEXT    NOT NULL,
    seen_at INTEGER NOT NULL
) STRICT;

-- Who holds a lease, and whether its final dot may have left: then it is never given to another.
ALTER TABLE deliveries ADD COLUMN holder INTEGER;
ALTER TABLE deliveries ADD COLUMN begun INTEGER NOT NULL DEFAULT 0;
UPDATE deliveries SET holder = 1 WHERE state = 1;

-- Hits that came by a stream: runs of a node's journal that are in the store, ahead of its mark.
CREATE TABLE carried (
    node         INTEGER NOT NULL,
    from_segment INTEGER NOT NULL,
    from_offset  INTEGER NOT NULL,
    to_segment   INTEGER NOT NULL,
    to_offset    INTEGER NOT NULL,
    PRIMARY KEY (node, from_segment, from_offset, to_segment, to_offset)
) STRICT, WITHOUT ROWID;

UPDATE marks SET reader = reader || '/1' WHERE reader IN ('hits', 'mail');

-- A gap is a record of a node's journal, and so its place is its identity. Those that were kept
-- without a place get one that no record has.
CREATE TABLE gaps_by_place (
    node        INTEGER NOT NULL,
    segment     INTEGER NOT NULL,
    byte_offset INTEGER NOT NULL,
    from_at     INTEGER NOT NULL,
    to_at       INTEGER NOT NULL,
    hits        INTEGER NOT NULL,
    PRIMARY KEY (node, segment, byte_offset)
) STRICT, WITHOUT ROWID;
INSERT INTO gaps_by_place (node, segment, byte_offset, from_at, to_at, hits)
    SELECT 1, 0, row_number() OVER (ORDER BY from_at, to_at, hits), from_at, to_at, hits FROM gaps;
DROP TABLE gaps;
ALTER TABLE gaps_by_place RENAME TO gaps;
CREATE INDEX gaps_by_end ON gaps (to_at);

-- By time first: old events go from the front.
CREATE TABLE events_by_time (
    at          INTEGER NOT NULL,
    node        INTEGER NOT NULL,
    segment     INTEGER NOT NULL,
    byte_offset INTEGER NOT NULL,
    campaign_id INTEGER NOT NULL,
    contact_id  INTEGER NOT NULL,
    slot        INTEGER,          -- null: a view
    visitor     BLOB,
    client      BLOB,             -- 4 or 16 bytes
    signs       INTEGER NOT NULL, -- bits: 1 HEAD, 2 prefetch, 4 opted out, 8 cookie offered, 16 fetch metadata
    agent_id    INTEGER NOT NULL,
    class       INTEGER NOT NULL,
    rule        TEXT    NOT NULL,
    PRIMARY KEY (at, node, segment, byte_offset)
) STRICT, WITHOUT ROWID;
INSERT INTO events_by_time (at, node, segment, byte_offset, campaign_id, contact_id, slot, visitor,
        client, signs, agent_id, class, rule)
    SELECT at, node, segment, byte_offset, campaign_id, contact_id, slot, visitor, client, signs,
        agent_id, class, rule
    FROM events ORDER BY at, node, segment, byte_offset;
DROP TABLE events;
ALTER TABLE events_by_time RENAME TO events;

-- Counts in shards, one per recorder, so that recorders do not wait for one another's rows.
CREATE TABLE rollups (
    campaign_id       INTEGER NOT NULL,
    shard             INTEGER NOT NULL,
    views             INTEGER NOT NULL,
    views_with_cookie INTEGER NOT NULL,
    unique_views      INTEGER NOT NULL,
    visitors          INTEGER NOT NULL,
    clicks            INTEGER NOT NULL,
    unique_clicks     INTEGER NOT NULL,
    unsubscribes      INTEGER NOT NULL,
    heads             INTEGER NOT NULL,
    PRIMARY KEY (campaign_id, shard)
) STRICT, WITHOUT ROWID;
INSERT INTO rollups (campaign_id, shard, views, views_with_cookie, unique_views, visitors, clicks,
        unique_clicks, unsubscribes, heads)
    SELECT campaign_id, 0, views, views_with_cookie, unique_views, visitors, clicks,
        unique_clicks, unsubscribes, heads
    FROM campaign_rollups;
DROP TABLE campaign_rollups;
ALTER TABLE rollups RENAME TO campaign_rollups;

CREATE TABLE classes (
    campaign_id INTEGER NOT NULL,
    class       INTEGER NOT NULL,
    shard       INTEGER NOT NULL,
    views       INTEGER NOT NULL,
    clicks      INTEGER NOT NULL,
    contacts    INTEGER NOT NULL, -- those whose best class it is; a shard's share may be negative
    PRIMARY KEY (campaign_id, class, shard)
) STRICT, WITHOUT ROWID;
INSERT INTO classes (campaign_id, class, shard, views, clicks, contacts)
    SELECT campaign_id, class, 0, views, clicks, contacts FROM campaign_classes;
DROP TABLE campaign_classes;
ALTER TABLE classes RENAME TO campaign_classes;

CREATE TABLE hours (
    campaign_id INTEGER NOT NULL,
    hour        INTEGER NOT NULL, -- since 1970
    shard       INTEGER NOT NULL,
    views       INTEGER NOT NULL,
    clicks      INTEGER NOT NULL,
    PRIMARY KEY (campaign_id, hour, shard)
) STRICT, WITHOUT ROWID;
INSERT INTO hours (campaign_id, hour, shard, views, clicks)
    SELECT campaign_id, hour, 0, views, clicks FROM campaign_hours;
DROP TABLE campaign_hours;
ALTER TABLE hours RENAME TO campaign_hours;

CREATE TABLE link_counts (
    campaign_id INTEGER NOT NULL,
    slot        INTEGER NOT NULL,
    shard       INTEGER NOT NULL,
    clicks      INTEGER NOT NULL,
    contacts    INTEGER NOT NULL,
    PRIMARY KEY (campaign_id, slot, shard)
) STRICT, WITHOUT ROWID;
INSERT INTO link_counts (campaign_id, slot, shard, clicks, contacts)
    SELECT campaign_id, slot, 0, clicks, contacts FROM links;
ALTER TABLE links DROP COLUMN clicks;
ALTER TABLE links DROP COLUMN contacts;
