-- What single messages are made from: an announcement, compiled once for each version of it and of the
-- settings.
CREATE TABLE message_forms (
    id              INTEGER NOT NULL PRIMARY KEY AUTOINCREMENT,
    announcement_id INTEGER NOT NULL REFERENCES announcements (id),
    form_hash       BLOB    NOT NULL UNIQUE, -- SHA-256 of the form
    form            TEXT    NOT NULL,
    made_at         INTEGER NOT NULL
) STRICT;

-- Single messages: one announcement to one address, asked for by a program.
CREATE TABLE messages (
    id               INTEGER NOT NULL PRIMARY KEY AUTOINCREMENT, -- never used twice: it is in Message-IDs
    actor            TEXT    NOT NULL, -- who has asked for it
    request_key      TEXT    NOT NULL, -- unique for ever, so that no request is done twice
    body_hash        BLOB    NOT NULL,
    announcement_id  INTEGER NOT NULL REFERENCES announcements (id),
    form_id          INTEGER NOT NULL REFERENCES message_forms (id), -- with which its values were checked
    contact_id       INTEGER,          -- null: the address alone was given
    email            TEXT,             -- null: forgotten, with the values
    email_key        TEXT,
    attributes       TEXT,             -- JSON
    live             INTEGER NOT NULL, -- 0: asked for with a test token, goes to no relay
    state            INTEGER NOT NULL, -- as deliveries.state
    accepted_at      INTEGER NOT NULL,
    next_attempt_at  INTEGER NOT NULL,
    first_attempt_at INTEGER,          -- the date of the message
    ended_at         INTEGER,
    attempts         INTEGER NOT NULL,
    epoch            INTEGER NOT NULL,
    holder           INTEGER,
    leased_until     INTEGER,
    begun            INTEGER NOT NULL,
    code             INTEGER,
    reply            TEXT,
    UNIQUE (actor, request_key)
) STRICT;
CREATE INDEX messages_due ON messages (next_attempt_at, id) WHERE state = 0;
CREATE INDEX messages_leased ON messages (leased_until) WHERE state = 1;
CREATE INDEX messages_by_address ON messages (email_key) WHERE email_key IS NOT NULL;
CREATE INDEX messages_by_contact ON messages (contact_id) WHERE contact_id IS NOT NULL;
CREATE INDEX messages_ended ON messages (ended_at) WHERE email_key IS NOT NULL AND ended_at IS NOT NULL;
