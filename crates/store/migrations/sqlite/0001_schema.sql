-- The same tables and columns as on PostgreSQL (a test compares them).
--
-- Times are microseconds since 1970 UTC. Words and numbers of states are those of crates/model.
-- Foreign keys stand on small tables only; deliveries, events and subscriptions are written by
-- the hundred thousand inside statements that already join the row they belong to.

CREATE TABLE contacts (
    id         INTEGER PRIMARY KEY, -- taken from contact_ids, never used twice
    email      TEXT    NOT NULL,    -- as written; unique without case
    attributes TEXT    NOT NULL,    -- JSON object of texts, keys in order
    created_at INTEGER NOT NULL,
    updated_at INTEGER NOT NULL
) STRICT;
CREATE UNIQUE INDEX contacts_by_email ON contacts (lower(email));

-- One row: the last id that was given out. Tokens carry ids for ever, so none is used twice, and
-- AUTOINCREMENT, which would see to it too, makes every insert of an import a third dearer.
CREATE TABLE contact_ids (
    id   INTEGER NOT NULL PRIMARY KEY,
    last INTEGER NOT NULL
) STRICT;
INSERT INTO contact_ids (id, last) VALUES (1, 0);

CREATE TABLE topics (
    id   INTEGER PRIMARY KEY AUTOINCREMENT,
    slug TEXT NOT NULL UNIQUE,
    name TEXT NOT NULL
) STRICT;

CREATE TABLE subscriptions (
    topic_id   INTEGER NOT NULL,
    contact_id INTEGER NOT NULL,
    state      TEXT    NOT NULL,
    changed_at INTEGER NOT NULL,
    PRIMARY KEY (topic_id, contact_id)
) STRICT, WITHOUT ROWID;

-- Append only.
CREATE TABLE consents (
    id          INTEGER PRIMARY KEY,
    contact_id  INTEGER NOT NULL,
    kind        TEXT    NOT NULL,
    topic_id    INTEGER,          -- null: every topic
    granted     INTEGER NOT NULL, -- 1 given, 0 taken back
    source      TEXT    NOT NULL,
    campaign_id INTEGER,
    at          INTEGER NOT NULL
) STRICT;
CREATE INDEX consents_by_contact ON consents (contact_id);

CREATE TABLE suppressions (
    address_hash BLOB    NOT NULL PRIMARY KEY, -- stays when the address itself is erased
    email_key    TEXT    UNIQUE,
    reason       TEXT    NOT NULL,
    at           INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

-- One row; grows with every removal, so that other processes see that there was one.
CREATE TABLE removal_epochs (
    id    INTEGER NOT NULL PRIMARY KEY,
    epoch INTEGER NOT NULL
) STRICT;
INSERT INTO removal_epochs (id, epoch) VALUES (1, 0);

CREATE TABLE announcements (
    id         INTEGER PRIMARY KEY AUTOINCREMENT,
    name       TEXT    NOT NULL,
    version    INTEGER NOT NULL,
    subject    TEXT    NOT NULL,
    source     TEXT    NOT NULL,
    created_at INTEGER NOT NULL,
    UNIQUE (name, version)
) STRICT;

CREATE TABLE campaigns (
    id              INTEGER PRIMARY KEY AUTOINCREMENT,
    name            TEXT    NOT NULL,
    announcement_id INTEGER NOT NULL REFERENCES announcements (id),
    topic_id        INTEGER NOT NULL REFERENCES topics (id),
    policy          TEXT    NOT NULL,
    state           TEXT    NOT NULL,
    created_at      INTEGER NOT NULL,
    started_at      INTEGER,
    finished_at     INTEGER
) STRICT;

CREATE TABLE links (
    campaign_id INTEGER NOT NULL REFERENCES campaigns (id),
    slot        INTEGER NOT NULL,
    url         TEXT    NOT NULL,
    label       TEXT    NOT NULL,
    PRIMARY KEY (campaign_id, slot)
) STRICT, WITHOUT ROWID;

CREATE TABLE link_counts (
    campaign_id INTEGER NOT NULL,
    slot        INTEGER NOT NULL,
    shard       INTEGER NOT NULL,
    clicks      INTEGER NOT NULL,
    contacts    INTEGER NOT NULL,
    PRIMARY KEY (campaign_id, slot, shard)
) STRICT, WITHOUT ROWID;

CREATE TABLE deliveries (
    campaign_id      INTEGER NOT NULL,
    contact_id       INTEGER NOT NULL,
    state            INTEGER NOT NULL,
    epoch            INTEGER NOT NULL, -- grows with every claim; an old holder's outcome is void
    attempts         INTEGER NOT NULL,
    next_attempt_at  INTEGER NOT NULL,
    first_attempt_at INTEGER,
    leased_until     INTEGER,
    ended_at         INTEGER,
    code             INTEGER,          -- the relay's last refusal; 0 for reasons of our own
    reply            TEXT,
    holder           INTEGER,          -- the node that holds the lease
    begun            INTEGER NOT NULL DEFAULT 0, -- its final dot may have left
    reason           INTEGER,          -- number of its reason; null: none
    copies           INTEGER NOT NULL DEFAULT 0, -- may have gone out unanswered (policy `resend`)
    PRIMARY KEY (campaign_id, contact_id)
) STRICT, WITHOUT ROWID;
-- In contact order as long as nothing was deferred; what waits for a later try stands behind.
CREATE INDEX deliveries_queued ON deliveries (campaign_id, next_attempt_at, contact_id)
    WHERE state = 0;
CREATE INDEX deliveries_leased ON deliveries (campaign_id, contact_id) WHERE state = 1;
CREATE INDEX deliveries_by_reason ON deliveries (campaign_id, state, code) WHERE code IS NOT NULL;

-- Moves in the transaction that moves the rows, by the number of rows moved.
CREATE TABLE delivery_counts (
    campaign_id INTEGER NOT NULL,
    state       INTEGER NOT NULL,
    deliveries  INTEGER NOT NULL,
    PRIMARY KEY (campaign_id, state)
) STRICT, WITHOUT ROWID;

CREATE TABLE campaign_minutes (
    campaign_id INTEGER NOT NULL,
    minute      INTEGER NOT NULL, -- since 1970
    ended       INTEGER NOT NULL,
    PRIMARY KEY (campaign_id, minute)
) STRICT, WITHOUT ROWID;

CREATE TABLE agents (
    id    INTEGER PRIMARY KEY AUTOINCREMENT,
    agent BLOB NOT NULL UNIQUE
) STRICT;

-- By time first: old events go from the front.
CREATE TABLE events (
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

-- What a contact did with a campaign: what is needed to count contacts once.
CREATE TABLE engagements (
    campaign_id INTEGER NOT NULL,
    contact_id  INTEGER NOT NULL,
    best_class  INTEGER NOT NULL, -- 0: no hit
    viewed      INTEGER NOT NULL,
    clicked     INTEGER NOT NULL,
    left_at     INTEGER,
    click_class INTEGER NOT NULL DEFAULT 0, -- best class of its clicks
    PRIMARY KEY (campaign_id, contact_id)
) STRICT, WITHOUT ROWID;

CREATE TABLE link_clickers (
    campaign_id INTEGER NOT NULL,
    slot        INTEGER NOT NULL,
    contact_id  INTEGER NOT NULL,
    PRIMARY KEY (campaign_id, slot, contact_id)
) STRICT, WITHOUT ROWID;

CREATE TABLE visitors (
    visitor  BLOB    NOT NULL PRIMARY KEY,
    first_at INTEGER NOT NULL,
    last_at  INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

CREATE TABLE campaign_visitors (
    campaign_id INTEGER NOT NULL,
    visitor     BLOB    NOT NULL,
    PRIMARY KEY (campaign_id, visitor)
) STRICT, WITHOUT ROWID;

-- Counts in shards, one per recorder, so that recorders do not wait for one another's rows.
CREATE TABLE campaign_rollups (
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

CREATE TABLE campaign_classes (
    campaign_id INTEGER NOT NULL,
    class       INTEGER NOT NULL,
    shard       INTEGER NOT NULL,
    views       INTEGER NOT NULL,
    clicks      INTEGER NOT NULL,
    contacts    INTEGER NOT NULL, -- those whose best class it is; a shard's share may be negative
    clickers    INTEGER NOT NULL DEFAULT 0, -- those whose best class of clicks it is
    PRIMARY KEY (campaign_id, class, shard)
) STRICT, WITHOUT ROWID;

CREATE TABLE campaign_hours (
    campaign_id INTEGER NOT NULL,
    hour        INTEGER NOT NULL, -- since 1970
    shard       INTEGER NOT NULL,
    views       INTEGER NOT NULL,
    clicks      INTEGER NOT NULL,
    PRIMARY KEY (campaign_id, hour, shard)
) STRICT, WITHOUT ROWID;

-- A gap is a record of a node's journal, and so its place is its identity.
CREATE TABLE gaps (
    node        INTEGER NOT NULL,
    segment     INTEGER NOT NULL,
    byte_offset INTEGER NOT NULL,
    from_at     INTEGER NOT NULL,
    to_at       INTEGER NOT NULL,
    hits        INTEGER NOT NULL,
    PRIMARY KEY (node, segment, byte_offset)
) STRICT, WITHOUT ROWID;
CREATE INDEX gaps_by_end ON gaps (to_at);

CREATE TABLE marks (
    reader      TEXT    NOT NULL PRIMARY KEY,
    segment     INTEGER NOT NULL,
    byte_offset INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

CREATE TABLE settings (
    key   TEXT NOT NULL PRIMARY KEY,
    value TEXT NOT NULL
) STRICT, WITHOUT ROWID;

-- Machines by the random name in their data folder; the number is part of every hit's identity.
CREATE TABLE nodes (
    number       INTEGER PRIMARY KEY AUTOINCREMENT,
    name         TEXT    NOT NULL UNIQUE,
    host         TEXT    NOT NULL,
    seen_at      INTEGER NOT NULL,
    hits_waiting INTEGER NOT NULL DEFAULT 0 -- answered and not counted yet, as it last said
) STRICT;

-- Hits that came by a stream: runs of a node's journal that are in the store, ahead of its mark.
CREATE TABLE carried (
    node         INTEGER NOT NULL,
    from_segment INTEGER NOT NULL,
    from_offset  INTEGER NOT NULL,
    to_segment   INTEGER NOT NULL,
    to_offset    INTEGER NOT NULL,
    PRIMARY KEY (node, from_segment, from_offset, to_segment, to_offset)
) STRICT, WITHOUT ROWID;

-- Audiences that are being materialised, a slice per transaction; the row goes with the last one.
CREATE TABLE expansions (
    campaign_id   INTEGER NOT NULL PRIMARY KEY REFERENCES campaigns (id),
    subscribed_by INTEGER NOT NULL, -- whoever subscribes later is not in the audience
    last_contact  INTEGER NOT NULL, -- nor who comes behind this one
    expected      INTEGER NOT NULL, -- about so many there will be
    made_to       INTEGER NOT NULL  -- everybody up to this contact has a delivery
) STRICT, WITHOUT ROWID;

-- Why deliveries failed, wait or were not made, as texts without what is peculiar to one message;
-- at most 48 a campaign, number 0 stands for all that came beyond.
CREATE TABLE campaign_reasons (
    campaign_id INTEGER NOT NULL,
    number      INTEGER NOT NULL,
    code        INTEGER NOT NULL, -- the relay's, 0 for reasons of our own
    text        TEXT    NOT NULL,
    PRIMARY KEY (campaign_id, number),
    UNIQUE (campaign_id, code, text)
) STRICT, WITHOUT ROWID;

CREATE TABLE reason_counts (
    campaign_id INTEGER NOT NULL,
    state       INTEGER NOT NULL,
    reason      INTEGER NOT NULL,
    deliveries  INTEGER NOT NULL,
    PRIMARY KEY (campaign_id, state, reason)
) STRICT, WITHOUT ROWID;

-- Moves the counts with the rows, whichever statement moves them.
CREATE TRIGGER deliveries_reason_moves AFTER UPDATE OF state, reason ON deliveries
    WHEN (OLD.reason IS NOT NULL OR NEW.reason IS NOT NULL)
    AND (OLD.reason IS NOT NEW.reason OR OLD.state <> NEW.state)
BEGIN
    UPDATE reason_counts SET deliveries = deliveries - 1
        WHERE campaign_id = OLD.campaign_id AND state = OLD.state AND reason = OLD.reason;
    INSERT INTO reason_counts (campaign_id, state, reason, deliveries)
        SELECT NEW.campaign_id, NEW.state, NEW.reason, 1 WHERE NEW.reason IS NOT NULL
        ON CONFLICT (campaign_id, state, reason) DO UPDATE SET deliveries = deliveries + 1;
END;

-- By which rules a campaign's hits were classified.
CREATE TABLE campaign_rules (
    campaign_id INTEGER NOT NULL,
    rules       TEXT NOT NULL,
    PRIMARY KEY (campaign_id, rules)
) STRICT, WITHOUT ROWID;

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

-- How many stray hits there were, by hour and by a recorder's shard; stays when they go.
CREATE TABLE stray_hours (
    hour  INTEGER NOT NULL, -- since 1970
    shard INTEGER NOT NULL,
    hits  INTEGER NOT NULL,
    PRIMARY KEY (hour, shard)
) STRICT, WITHOUT ROWID;

-- What a campaign's messages are made from: its announcement as it was compiled at the start, so
-- that a later release or other settings send nothing else. JSON, in a shape of crates/render.
CREATE TABLE compiled_messages (
    campaign_id INTEGER NOT NULL PRIMARY KEY REFERENCES campaigns (id),
    form        TEXT    NOT NULL
) STRICT;

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
