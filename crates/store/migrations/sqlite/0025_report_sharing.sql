-- Links by which outsiders read one campaign's report.
CREATE TABLE IF NOT EXISTS share_links (
    id            INTEGER PRIMARY KEY AUTOINCREMENT,
    campaign_id   INTEGER NOT NULL,
    name          TEXT    NOT NULL, -- whom it is for
    token_hash    BLOB    NOT NULL UNIQUE, -- SHA-256
    created_by    TEXT    NOT NULL,
    created_at    INTEGER NOT NULL,
    ends_at       INTEGER NOT NULL,
    revoked_at    INTEGER,
    last_used_day INTEGER -- since 1970
) STRICT;
CREATE INDEX IF NOT EXISTS share_links_by_campaign ON share_links (campaign_id, id);
