-- To whom personal data has left. None is ever changed or removed.
CREATE TABLE IF NOT EXISTS disclosures (
    seq           INTEGER NOT NULL PRIMARY KEY,
    at            INTEGER NOT NULL,
    actor_kind    TEXT NOT NULL,
    actor_id      INTEGER,
    actor_name    TEXT NOT NULL,
    kind          TEXT NOT NULL,
    recipient     TEXT NOT NULL,
    country       TEXT NOT NULL,
    basis         TEXT NOT NULL,
    purpose       TEXT NOT NULL,
    fields        TEXT NOT NULL, -- words with commas between them
    about         TEXT NOT NULL, -- JSON that names nobody
    persons       INTEGER, -- null: it goes on; the entry that closes it has the number
    set_id        INTEGER NOT NULL,
    closes        INTEGER,
    previous_hash BLOB NOT NULL,
    hash          BLOB NOT NULL
) STRICT;
CREATE INDEX IF NOT EXISTS disclosures_by_set ON disclosures (set_id, seq);
CREATE INDEX IF NOT EXISTS disclosures_by_recipient ON disclosures (recipient, seq);

-- The end of their chain, and the lock for appending to it.
CREATE TABLE IF NOT EXISTS disclosure_head (
    id   INTEGER NOT NULL PRIMARY KEY,
    seq  INTEGER NOT NULL,
    hash BLOB NOT NULL
) STRICT;

INSERT INTO disclosure_head (id, seq, hash) VALUES (1, 0, X'0000000000000000000000000000000000000000000000000000000000000000')
ON CONFLICT (id) DO NOTHING;

-- People whose data left together.
CREATE TABLE IF NOT EXISTS disclosure_sets (
    id           INTEGER PRIMARY KEY AUTOINCREMENT,
    persons      INTEGER NOT NULL,
    job_id       INTEGER, -- the export whose file names them
    read_key     TEXT, -- the reads of a program on one day
    open_day     INTEGER, -- days since 1970; null: it does not grow any more
    unused_since INTEGER  -- null: an entry is about it
) STRICT;
CREATE UNIQUE INDEX IF NOT EXISTS disclosure_sets_by_job ON disclosure_sets (job_id);
CREATE UNIQUE INDEX IF NOT EXISTS disclosure_sets_by_read ON disclosure_sets (read_key);
CREATE INDEX IF NOT EXISTS disclosure_sets_open ON disclosure_sets (open_day, id);
CREATE INDEX IF NOT EXISTS disclosure_sets_unused ON disclosure_sets (unused_since, id);

-- Who they are: of each block of 4,096 contacts, which.
CREATE TABLE IF NOT EXISTS disclosure_members (
    block   INTEGER NOT NULL,
    set_id  INTEGER NOT NULL,
    members BLOB NOT NULL, -- 512 bytes are a bitmap; fewer, a list of two bytes each
    PRIMARY KEY (block, set_id)
) STRICT, WITHOUT ROWID;
CREATE INDEX IF NOT EXISTS disclosure_members_by_set ON disclosure_members (set_id, block);

-- Who may get personal data, and for what.
CREATE TABLE IF NOT EXISTS processors (
    name_key   TEXT NOT NULL PRIMARY KEY, -- the name regardless of case
    name       TEXT NOT NULL,
    country    TEXT NOT NULL,
    basis      TEXT NOT NULL,
    purposes   TEXT NOT NULL, -- one a line
    fields     TEXT NOT NULL,
    changed_at INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

-- What people ask about their data, and until when it must be answered.
CREATE TABLE IF NOT EXISTS person_requests (
    id          INTEGER PRIMARY KEY AUTOINCREMENT,
    kind        TEXT NOT NULL,
    contact_id  INTEGER,
    email       TEXT, -- null: they were erased
    email_key   TEXT,
    channel     TEXT NOT NULL, -- account, staff, api
    text        TEXT NOT NULL,
    received_at INTEGER NOT NULL,
    due_at      INTEGER NOT NULL,
    extension   TEXT, -- why it takes longer
    state       TEXT NOT NULL,
    handled_by  TEXT,
    outcome     TEXT, -- what was answered, or why it was refused
    closed_at   INTEGER
) STRICT;
CREATE INDEX IF NOT EXISTS person_requests_by_due ON person_requests (state, due_at, id);
CREATE INDEX IF NOT EXISTS person_requests_by_address ON person_requests (email_key);
CREATE INDEX IF NOT EXISTS person_requests_by_contact ON person_requests (contact_id, id);
