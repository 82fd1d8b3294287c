-- Authentic hits to which there is no delivery: kept aside, without what tells of a person.
CREATE TABLE stray_hits (
    at          INTEGER NOT NULL,
    node        INTEGER NOT NULL,
    segment     INTEGER NOT NULL,
    byte_offset INTEGER NOT NULL,
    campaign_id INTEGER NOT NULL,
    contact_id  INTEGER NOT NULL,
    slot        INTEGER,          -- null: a view
    signs       INTEGER NOT NULL, -- as in events
    class       INTEGER NOT NULL,
    rule        TEXT    NOT NULL,
    PRIMARY KEY (at, node, segment, byte_offset)
) STRICT, WITHOUT ROWID;
