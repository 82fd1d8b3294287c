-- The feed of events: each node's in the order in which it answered them.
CREATE INDEX IF NOT EXISTS events_by_node ON events (node, segment, byte_offset);

-- The last of a node's events that was removed because of its age: a reader of the feed who had not come
-- so far has missed it.
CREATE TABLE IF NOT EXISTS expired_events (
    node        INTEGER NOT NULL PRIMARY KEY,
    segment     BIGINT  NOT NULL,
    byte_offset BIGINT  NOT NULL,
    removal     BIGINT  NOT NULL, -- counted from 1 over all nodes
    before_at   BIGINT  NOT NULL  -- events from before this time were removed
);
