-- Wishes to leave, by authentic links, of people whom the store does not know (it is an older copy,
-- say): for when the address comes back. A row goes with the contact whom it lets go.
CREATE TABLE kept_removals (
    address_code BLOB NOT NULL, -- first 5 bytes of the address's keyed hash
    topic_id     INTEGER NOT NULL, -- 0: every topic
    source       TEXT    NOT NULL, -- in which way they said so
    campaign_id  INTEGER,          -- null: one that the store does not know
    at           INTEGER NOT NULL,
    sought       INTEGER NOT NULL, -- 1: it was about none of the contacts there were
    PRIMARY KEY (address_code, topic_id)
) STRICT, WITHOUT ROWID;
CREATE INDEX kept_removals_to_seek ON kept_removals (address_code) WHERE sought = 0;
