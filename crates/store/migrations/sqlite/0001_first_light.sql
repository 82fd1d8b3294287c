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
    clicks      INTEGER NOT NULL DEFAULT 0,
    contacts    INTEGER NOT NULL DEFAULT 0,
    PRIMARY KEY (campaign_id, slot)
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

CREATE TABLE events (
    node        INTEGER NOT NULL,
    segment     INTEGER NOT NULL,
    byte_offset INTEGER NOT NULL,
    at          INTEGER NOT NULL,
    campaign_id INTEGER NOT NULL,
    contact_id  INTEGER NOT NULL,
    slot        INTEGER,          -- null: a view
    visitor     BLOB,
    client      BLOB,             -- 4 or 16 bytes
    signs       INTEGER NOT NULL, -- bits: 1 HEAD, 2 prefetch, 4 opted out, 8 cookie offered, 16 fetch metadata
    agent_id    INTEGER NOT NULL,
    class       INTEGER NOT NULL,
    rule        TEXT    NOT NULL,
    PRIMARY KEY (node, segment, byte_offset)
) STRICT, WITHOUT ROWID;

-- What a contact did with a campaign: what is needed to count contacts once.
CREATE TABLE engagements (
    campaign_id INTEGER NOT NULL,
    contact_id  INTEGER NOT NULL,
    best_class  INTEGER NOT NULL, -- 0: no hit
    viewed      INTEGER NOT NULL,
    clicked     INTEGER NOT NULL,
    left_at     INTEGER,
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

CREATE TABLE campaign_rollups (
    campaign_id       INTEGER NOT NULL PRIMARY KEY,
    views             INTEGER NOT NULL,
    views_with_cookie INTEGER NOT NULL,
    unique_views      INTEGER NOT NULL,
    visitors          INTEGER NOT NULL,
    clicks            INTEGER NOT NULL,
    unique_clicks     INTEGER NOT NULL,
    unsubscribes      INTEGER NOT NULL,
    heads             INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

CREATE TABLE campaign_classes (
    campaign_id INTEGER NOT NULL,
    class       INTEGER NOT NULL,
    views       INTEGER NOT NULL,
    clicks      INTEGER NOT NULL,
    contacts    INTEGER NOT NULL, -- those whose best class it is
    PRIMARY KEY (campaign_id, class)
) STRICT, WITHOUT ROWID;

CREATE TABLE campaign_hours (
    campaign_id INTEGER NOT NULL,
    hour        INTEGER NOT NULL, -- since 1970
    views       INTEGER NOT NULL,
    clicks      INTEGER NOT NULL,
    PRIMARY KEY (campaign_id, hour)
) STRICT, WITHOUT ROWID;

CREATE TABLE gaps (
    reader  TEXT    NOT NULL,
    from_at INTEGER NOT NULL,
    to_at   INTEGER NOT NULL,
    hits    INTEGER NOT NULL,
    PRIMARY KEY (reader, from_at, to_at, hits)
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
