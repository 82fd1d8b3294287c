-- What people are told before their data is shared: to whom, what for, which of it.
CREATE TABLE IF NOT EXISTS sharing_notices (
    id           INTEGER PRIMARY KEY AUTOINCREMENT,
    recipient    TEXT NOT NULL, -- a name in processors
    purpose      TEXT NOT NULL,
    fields       TEXT NOT NULL, -- words with commas between them
    text         TEXT NOT NULL,
    campaign_id  INTEGER NOT NULL, -- whose mail carries it
    days         INTEGER NOT NULL, -- of the notice period
    announced_at INTEGER NOT NULL,
    announced_by TEXT NOT NULL,
    begins_at    INTEGER NOT NULL,
    cancelled_at INTEGER
) STRICT;
