-- Who may use the admin side, and the log of what they did.

CREATE TABLE users (
    id            INTEGER PRIMARY KEY AUTOINCREMENT,
    email         TEXT    NOT NULL, -- as written; unique without case
    name          TEXT    NOT NULL,
    role          TEXT    NOT NULL,
    password_hash TEXT,             -- a PHC string; null: invited, and none chosen yet
    totp_secret   BLOB,             -- null: no second factor
    totp_step     INTEGER NOT NULL, -- of the last code that was accepted: each works once
    created_at    INTEGER NOT NULL,
    disabled_at   INTEGER
) STRICT;
CREATE UNIQUE INDEX users_by_email ON users (lower(email));

-- The only topics that a user is trusted with; no row: all topics.
CREATE TABLE user_topics (
    user_id  INTEGER NOT NULL REFERENCES users (id),
    topic_id INTEGER NOT NULL REFERENCES topics (id),
    PRIMARY KEY (user_id, topic_id)
) STRICT, WITHOUT ROWID;

-- For who has lost the second factor; each works once.
CREATE TABLE recovery_codes (
    user_id   INTEGER NOT NULL REFERENCES users (id),
    code_hash BLOB    NOT NULL, -- SHA-256
    used_at   INTEGER,
    PRIMARY KEY (user_id, code_hash)
) STRICT, WITHOUT ROWID;

-- Links by which a user chooses a password; at most one each.
CREATE TABLE invitations (
    user_id    INTEGER NOT NULL PRIMARY KEY REFERENCES users (id),
    token_hash BLOB    NOT NULL UNIQUE, -- SHA-256
    created_at INTEGER NOT NULL,
    ends_at    INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

CREATE TABLE sessions (
    id             INTEGER PRIMARY KEY AUTOINCREMENT,
    token_hash     BLOB    NOT NULL UNIQUE, -- SHA-256
    previous_hash  BLOB,             -- of the token before the last rotation
    previous_until INTEGER NOT NULL, -- how long that one still works
    user_id        INTEGER NOT NULL REFERENCES users (id),
    signed_in      INTEGER NOT NULL, -- 0: the second factor is missing
    must_rotate    INTEGER NOT NULL, -- 1: its rights were changed, so it needs another token
    created_at     INTEGER NOT NULL,
    seen_at        INTEGER NOT NULL,
    ends_at        INTEGER NOT NULL, -- however often it is used
    agent          TEXT    NOT NULL,
    network        TEXT    NOT NULL
) STRICT;
CREATE INDEX sessions_by_previous ON sessions (previous_hash);
CREATE INDEX sessions_by_user ON sessions (user_id);

-- How much of its allowance somebody who tries to sign in has spent.
CREATE TABLE sign_in_attempts (
    bucket      BLOB    NOT NULL PRIMARY KEY, -- SHA-256 of whose it is
    spent_until INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
CREATE INDEX sign_in_attempts_by_end ON sign_in_attempts (spent_until);

CREATE TABLE api_tokens (
    id           INTEGER PRIMARY KEY AUTOINCREMENT,
    name         TEXT    NOT NULL,
    prefix       TEXT    NOT NULL, -- how it begins, to recognise it by
    token_hash   BLOB    NOT NULL UNIQUE, -- SHA-256
    live         INTEGER NOT NULL, -- 0: what it sends reaches no relay
    scopes       TEXT    NOT NULL, -- rights, with spaces between
    owner        INTEGER REFERENCES users (id), -- null: made on the command line
    created_at   INTEGER NOT NULL,
    ends_at      INTEGER,
    last_used_at INTEGER,
    revoked_at   INTEGER
) STRICT;

-- The only topics that a token is for; no row: those of its owner.
CREATE TABLE api_token_topics (
    token_id INTEGER NOT NULL REFERENCES api_tokens (id),
    topic_id INTEGER NOT NULL REFERENCES topics (id),
    PRIMARY KEY (token_id, topic_id)
) STRICT, WITHOUT ROWID;

-- Append only; each entry is hashed together with the hash of the one before.
CREATE TABLE audit_log (
    seq           INTEGER NOT NULL PRIMARY KEY,
    at            INTEGER NOT NULL,
    actor_kind    TEXT    NOT NULL,
    actor_id      INTEGER,
    actor_name    TEXT    NOT NULL, -- as it was then
    action        TEXT    NOT NULL,
    object_kind   TEXT    NOT NULL,
    object_id     TEXT    NOT NULL,
    before        TEXT,             -- JSON
    after         TEXT,             -- JSON
    previous_hash BLOB    NOT NULL,
    hash          BLOB    NOT NULL
) STRICT;
CREATE INDEX audit_log_by_object ON audit_log (object_kind, object_id, seq);
CREATE INDEX audit_log_by_actor ON audit_log (actor_name, seq);

-- One row: the last entry of the log.
CREATE TABLE audit_head (
    id   INTEGER NOT NULL PRIMARY KEY,
    seq  INTEGER NOT NULL,
    hash BLOB    NOT NULL
) STRICT;
INSERT INTO audit_head (id, seq, hash)
VALUES (1, 0, X'0000000000000000000000000000000000000000000000000000000000000000');

-- Requests that were done, so that a repeated one is not done again.
CREATE TABLE idempotency_keys (
    actor     TEXT    NOT NULL, -- kind and id
    name      TEXT    NOT NULL, -- as the client chose it
    request   TEXT    NOT NULL, -- method and path
    body_hash BLOB    NOT NULL, -- SHA-256
    made      TEXT,             -- id of what was made
    status    INTEGER,          -- null: not answered, or killed before it was
    answer    BLOB,
    at        INTEGER NOT NULL,
    PRIMARY KEY (actor, name)
) STRICT, WITHOUT ROWID;
CREATE INDEX idempotency_keys_by_time ON idempotency_keys (at);
