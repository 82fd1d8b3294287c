-- Forms by which people join.
CREATE TABLE IF NOT EXISTS forms (
    name           TEXT    NOT NULL PRIMARY KEY, -- in addresses
    title          TEXT    NOT NULL,
    topics         TEXT    NOT NULL, -- JSON array of ids
    fields         TEXT    NOT NULL, -- JSON array of [attribute, 1 if it must be filled]
    notice_version INTEGER NOT NULL,
    language       TEXT,             -- null: the reader's
    redirect       TEXT,             -- where a browser is led afterwards
    origins        TEXT    NOT NULL, -- JSON array: other sites that show it
    asks_age       INTEGER NOT NULL,
    is_open        INTEGER NOT NULL,
    created_at     INTEGER NOT NULL,
    updated_at     INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

-- What a form told people, by version. Stays when the form is removed: the consent ledger names it.
CREATE TABLE IF NOT EXISTS form_notices (
    form    TEXT    NOT NULL,
    version INTEGER NOT NULL,
    text    TEXT    NOT NULL,
    at      INTEGER NOT NULL,
    PRIMARY KEY (form, version)
) STRICT, WITHOUT ROWID;

-- What was typed into forms and is not confirmed yet.
CREATE TABLE IF NOT EXISTS joins (
    token_hash     BLOB    NOT NULL PRIMARY KEY, -- SHA-256
    email          TEXT    NOT NULL,
    form           TEXT    NOT NULL,
    topics         TEXT    NOT NULL, -- JSON array of ids
    attributes     TEXT    NOT NULL, -- JSON object of texts
    notice_version INTEGER NOT NULL,
    network        TEXT,             -- null: is not kept
    agent          TEXT,
    at             INTEGER NOT NULL,
    ends_at        INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
CREATE INDEX IF NOT EXISTS joins_by_email ON joins (lower(email), at);
CREATE INDEX IF NOT EXISTS joins_by_form ON joins (form);
CREATE INDEX IF NOT EXISTS joins_by_end ON joins (ends_at);

-- Stamps of forms that were used.
CREATE TABLE IF NOT EXISTS form_stamps (
    stamp_hash BLOB    NOT NULL PRIMARY KEY,
    ends_at    INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
CREATE INDEX IF NOT EXISTS form_stamps_by_end ON form_stamps (ends_at);
