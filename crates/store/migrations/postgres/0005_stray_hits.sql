-- Authentic hits to which there is no delivery: kept aside, without what tells of a person.
CREATE TABLE stray_hits (
    at          BIGINT   NOT NULL,
    segment     BIGINT   NOT NULL,
    campaign_id BIGINT   NOT NULL,
    contact_id  BIGINT   NOT NULL,
    byte_offset BIGINT   NOT NULL,
    node        INTEGER  NOT NULL,
    slot        INTEGER,           -- null: a view
    signs       SMALLINT NOT NULL, -- as in events
    class       SMALLINT NOT NULL,
    rule        TEXT     COLLATE "C" NOT NULL,
    PRIMARY KEY (at, node, segment, byte_offset)
);
