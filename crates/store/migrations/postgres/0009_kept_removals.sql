-- Wishes to leave, by authentic links, of people whom the store does not know (it is an older copy,
-- say): for when the address comes back. A row goes with the contact whom it lets go.
CREATE TABLE kept_removals (
    address_code BYTEA NOT NULL, -- first 5 bytes of the address's keyed hash
    topic_id     BIGINT NOT NULL, -- 0: every topic
    source       TEXT COLLATE "C" NOT NULL, -- in which way they said so
    campaign_id  BIGINT,          -- null: one that the store does not know
    at           BIGINT NOT NULL,
    sought       SMALLINT NOT NULL, -- 1: it was about none of the contacts there were
    PRIMARY KEY (address_code, topic_id)
);
CREATE INDEX kept_removals_to_seek ON kept_removals (address_code) WHERE sought = 0;
