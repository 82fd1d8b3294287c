-- Where hits came from: mail client, device, country and network, derived when a hit is recorded.
-- Null: recorded by an earlier release, without a file of countries, or of nobody.
ALTER TABLE events ADD COLUMN mail_client INTEGER; -- model::MailClient
ALTER TABLE events ADD COLUMN device INTEGER;      -- model::Device
ALTER TABLE events ADD COLUMN country TEXT;        -- two letters of ISO 3166-1
ALTER TABLE events ADD COLUMN network INTEGER;     -- the number of the autonomous system
-- Which of a contact's hits they are counted by (model::ContactOrigins).
ALTER TABLE engagements ADD COLUMN origins BLOB;

-- Hits, and contacts each once, by origin and by the rules seen in the hit.
CREATE TABLE campaign_origins (
    campaign_id INTEGER NOT NULL,
    kind        INTEGER NOT NULL, -- 1 mail client and device, 2 country, 3 network
    origin      INTEGER NOT NULL, -- model::HitOrigin::number
    rules       INTEGER NOT NULL,
    shard       INTEGER NOT NULL,
    views       INTEGER NOT NULL,
    clicks      INTEGER NOT NULL,
    viewers     INTEGER NOT NULL, -- contacts; a shard's share may be negative
    clickers    INTEGER NOT NULL,
    PRIMARY KEY (campaign_id, kind, origin, rules, shard)
) STRICT, WITHOUT ROWID;

-- What networks are called.
CREATE TABLE network_names (
    network INTEGER NOT NULL PRIMARY KEY,
    name    TEXT    NOT NULL
) STRICT, WITHOUT ROWID;
