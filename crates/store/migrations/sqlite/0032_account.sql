-- Links that were mailed to people who asked for a way into their account, or who gave another address.
CREATE TABLE IF NOT EXISTS account_links (
    token_hash BLOB    NOT NULL PRIMARY KEY, -- SHA-256
    contact_id INTEGER NOT NULL,
    email      TEXT    NOT NULL, -- where it was mailed
    is_change  INTEGER NOT NULL, -- 1: the address becomes the contact's
    ends_at    INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
CREATE INDEX IF NOT EXISTS account_links_by_contact ON account_links (contact_id, ends_at);
CREATE INDEX IF NOT EXISTS account_links_by_end ON account_links (ends_at);

-- Browsers in which somebody has opened their account.
CREATE TABLE IF NOT EXISTS account_sessions (
    token_hash BLOB    NOT NULL PRIMARY KEY, -- SHA-256
    contact_id INTEGER NOT NULL,
    seen_at    INTEGER NOT NULL,
    ends_at    INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
CREATE INDEX IF NOT EXISTS account_sessions_by_contact ON account_sessions (contact_id, seen_at);
CREATE INDEX IF NOT EXISTS account_sessions_by_end ON account_sessions (ends_at);
