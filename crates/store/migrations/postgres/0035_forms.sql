-- Forms by which people join.
CREATE TABLE IF NOT EXISTS forms (
    name           TEXT COLLATE "C" NOT NULL PRIMARY KEY, -- in addresses
    title          TEXT COLLATE "C" NOT NULL,
    topics         TEXT COLLATE "C" NOT NULL, -- JSON array of ids
    fields         TEXT COLLATE "C" NOT NULL, -- JSON array of [attribute, 1 if it must be filled]
    notice_version BIGINT NOT NULL,
    language       TEXT COLLATE "C",             -- null: the reader's
    redirect       TEXT COLLATE "C",             -- where a browser is led afterwards
    origins        TEXT COLLATE "C" NOT NULL, -- JSON array: other sites that show it
    asks_age       SMALLINT NOT NULL,
    is_open        SMALLINT NOT NULL,
    created_at     BIGINT NOT NULL,
    updated_at     BIGINT NOT NULL
);

-- What a form told people, by version. Stays when the form is removed: the consent ledger names it.
CREATE TABLE IF NOT EXISTS form_notices (
    form    TEXT COLLATE "C" NOT NULL,
    version BIGINT NOT NULL,
    text    TEXT COLLATE "C" NOT NULL,
    at      BIGINT NOT NULL,
    PRIMARY KEY (form, version)
);

-- What was typed into forms and is not confirmed yet.
CREATE TABLE IF NOT EXISTS joins (
    token_hash     BYTEA NOT NULL PRIMARY KEY, -- SHA-256
    email          TEXT COLLATE "C" NOT NULL,
    form           TEXT COLLATE "C" NOT NULL,
    topics         TEXT COLLATE "C" NOT NULL, -- JSON array of ids
    attributes     TEXT COLLATE "C" NOT NULL, -- JSON object of texts
    notice_version BIGINT NOT NULL,
    network        TEXT COLLATE "C",             -- null: is not kept
    agent          TEXT COLLATE "C",
    at             BIGINT NOT NULL,
    ends_at        BIGINT NOT NULL
);
CREATE INDEX IF NOT EXISTS joins_by_email ON joins (lower(email), at);
CREATE INDEX IF NOT EXISTS joins_by_form ON joins (form);
CREATE INDEX IF NOT EXISTS joins_by_end ON joins (ends_at);

-- Stamps of forms that were used.
CREATE TABLE IF NOT EXISTS form_stamps (
    stamp_hash BYTEA NOT NULL PRIMARY KEY,
    ends_at    BIGINT NOT NULL
);
CREATE INDEX IF NOT EXISTS form_stamps_by_end ON form_stamps (ends_at);
