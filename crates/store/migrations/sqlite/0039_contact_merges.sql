-- Contacts who were merged into others. What was recorded of mail to them stays under their number, which links
-- in old mail bear for good: whoever reads by it is the one who was kept.
CREATE TABLE IF NOT EXISTS contact_merges (
    other_id     INTEGER NOT NULL PRIMARY KEY, -- who was merged
    kept_id      INTEGER NOT NULL,
    other_email  TEXT    NOT NULL, -- as written
    address_hash BLOB    NOT NULL, -- the keyed hash of that address
    actor        TEXT    NOT NULL,
    merged_at    INTEGER NOT NULL,
    before       TEXT              -- JSON: what undoing needs; null: it can't be undone any more
) STRICT, WITHOUT ROWID;
CREATE INDEX IF NOT EXISTS contact_merges_by_kept ON contact_merges (kept_id);
CREATE INDEX IF NOT EXISTS contact_merges_by_email ON contact_merges (lower(other_email));
CREATE INDEX IF NOT EXISTS contact_merges_undoable ON contact_merges (merged_at) WHERE before IS NOT NULL;
