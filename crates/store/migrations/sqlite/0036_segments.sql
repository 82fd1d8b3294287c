-- Whom segments mean, as texts of model::SegmentRule.
CREATE TABLE IF NOT EXISTS segments (
    id         INTEGER PRIMARY KEY AUTOINCREMENT,
    name       TEXT    NOT NULL,
    name_key   TEXT    NOT NULL UNIQUE, -- the name regardless of case
    rule       TEXT    NOT NULL,
    revision   INTEGER NOT NULL,        -- grows with each change
    created_at INTEGER NOT NULL,
    changed_at INTEGER NOT NULL,
    changed_by TEXT    NOT NULL
) STRICT;

-- To which segments a campaign goes; without a row to everybody who is subscribed to its topic.
CREATE TABLE IF NOT EXISTS campaign_audiences (
    campaign_id INTEGER NOT NULL PRIMARY KEY,
    included    TEXT    NOT NULL, -- JSON array of names; empty: everybody
    left_out    TEXT    NOT NULL, -- likewise; empty: nobody
    judged_by   TEXT    NOT NULL, -- the rule set that says who is a person
    rule        TEXT,             -- null before the start; then what it was, with nothing left to look up
    frozen_at   INTEGER           -- likewise: what times are counted from
) STRICT;

-- What segments ask about engagements. Null: of an earlier release, or forgotten.
ALTER TABLE engagements ADD COLUMN evidence BLOB;         -- as in campaign_evidence, of all hits
ALTER TABLE engagements ADD COLUMN click_evidence BLOB;   -- of clicks
ALTER TABLE engagements ADD COLUMN last_view_at INTEGER;
ALTER TABLE engagements ADD COLUMN last_click_at INTEGER;
