-- Where hits came from: mail client, device, country and network, derived when a hit is recorded.
-- Null: recorded by an earlier release, without a file of countries, or of nobody.
ALTER TABLE events ADD COLUMN mail_client SMALLINT; -- model::MailClient
ALTER TABLE events ADD COLUMN device SMALLINT;      -- model::Device
ALTER TABLE events ADD COLUMN country TEXT;         -- two letters of ISO 3166-1
ALTER TABLE events ADD COLUMN network BIGINT;       -- the number of the autonomous system
-- Which of a contact's hits they are counted by (model::ContactOrigins).
ALTER TABLE engagements ADD COLUMN origins BYTEA;

-- Hits, and contacts each once, by origin and by the rules seen in the hit.
CREATE TABLE campaign_origins (
    campaign_id BIGINT   NOT NULL,
    kind        SMALLINT NOT NULL, -- 1 mail client and device, 2 country, 3 network
    origin      BIGINT   NOT NULL, -- model::HitOrigin::number
    rules       BIGINT   NOT NULL,
    shard       INTEGER  NOT NULL,
    views       BIGINT   NOT NULL,
    clicks      BIGINT   NOT NULL,
    viewers     BIGINT   NOT NULL, -- contacts; a shard's share may be negative
    clickers    BIGINT   NOT NULL,
    PRIMARY KEY (campaign_id, kind, origin, rules, shard)
);

-- What networks are called.
CREATE TABLE network_names (
    network BIGINT NOT NULL PRIMARY KEY,
    name    TEXT   NOT NULL
);
