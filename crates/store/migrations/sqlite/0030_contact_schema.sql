-- What the values of attributes are.
CREATE TABLE IF NOT EXISTS attributes (
    name       TEXT    NOT NULL PRIMARY KEY,
    kind       TEXT    NOT NULL,
    label      TEXT    NOT NULL,
    choices    TEXT    NOT NULL, -- JSON array of texts, of a list
    position   INTEGER NOT NULL,
    created_at INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

-- Words by which contacts are found again.
CREATE TABLE IF NOT EXISTS tags (
    id         INTEGER PRIMARY KEY AUTOINCREMENT,
    name       TEXT    NOT NULL,
    name_key   TEXT    NOT NULL UNIQUE, -- the name regardless of case
    created_at INTEGER NOT NULL
) STRICT;

CREATE TABLE IF NOT EXISTS contact_tags (
    contact_id INTEGER NOT NULL,
    tag_id     INTEGER NOT NULL,
    PRIMARY KEY (contact_id, tag_id)
) STRICT, WITHOUT ROWID;
CREATE INDEX IF NOT EXISTS contact_tags_by_tag ON contact_tags (tag_id, contact_id);

-- Who has changed what about a contact; the newest 1,000 of each.
CREATE TABLE IF NOT EXISTS contact_changes (
    id         INTEGER PRIMARY KEY AUTOINCREMENT,
    contact_id INTEGER NOT NULL,
    at         INTEGER NOT NULL,
    actor      TEXT    NOT NULL,
    field      TEXT    NOT NULL, -- email, attribute NAME, tag NAME
    before     TEXT,
    after      TEXT
) STRICT;
CREATE INDEX IF NOT EXISTS contact_changes_by_contact ON contact_changes (contact_id, id);
