-- A visitor is 96 bits; earlier releases kept 128, whose first 96 stay. Two that become one keep the
-- longest time between them; counts stay as they were counted. A server of the release before may go
-- on writing long ones for a while: they are found by their first 96 bits.
INSERT INTO visitors (visitor, first_at, last_at)
    SELECT substr(visitor, 1, 12), min(first_at), max(last_at) FROM visitors
    WHERE length(visitor) > 12 GROUP BY substr(visitor, 1, 12)
    ON CONFLICT (visitor) DO UPDATE SET
        first_at = least(visitors.first_at, excluded.first_at),
        last_at = greatest(visitors.last_at, excluded.last_at);
DELETE FROM visitors WHERE length(visitor) > 12;
INSERT INTO campaign_visitors (campaign_id, visitor)
    SELECT campaign_id, substr(visitor, 1, 12) FROM campaign_visitors WHERE length(visitor) > 12
    ON CONFLICT DO NOTHING;
DELETE FROM campaign_visitors WHERE length(visitor) > 12;
UPDATE events SET visitor = substr(visitor, 1, 12) WHERE length(visitor) > 12;

-- Most hits come without a cookie, and have no place in it.
CREATE INDEX IF NOT EXISTS events_by_visitor ON events (visitor) WHERE visitor IS NOT NULL;

-- Visitors who were removed: hits from before, which are still on their way, are recorded without a
-- visitor.
CREATE TABLE IF NOT EXISTS removed_visitors (
    visitor    BYTEA  NOT NULL PRIMARY KEY,
    removed_at BIGINT NOT NULL
);
