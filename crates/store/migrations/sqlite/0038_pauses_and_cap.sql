-- Until when a contact wants no campaign; null: nothing said. A time that has passed says nothing, either.
ALTER TABLE contacts ADD COLUMN paused_until INTEGER;
-- Few pause.
CREATE INDEX contacts_paused ON contacts (paused_until) WHERE paused_until IS NOT NULL;
-- A campaign that goes to people however many mails they have had (model::MailCap).
ALTER TABLE campaigns ADD COLUMN ignores_cap INTEGER NOT NULL DEFAULT 0;

-- Asking the subscribers of a topic whether they still want it.
CREATE TABLE IF NOT EXISTS reconfirmations (
    id          INTEGER PRIMARY KEY AUTOINCREMENT,
    topic_id    INTEGER NOT NULL,
    before_at   INTEGER NOT NULL, -- who has agreed before, or of whom nothing proves it
    within_days INTEGER NOT NULL, -- to confirm it
    per_minute  INTEGER NOT NULL, -- mails
    begun_at    INTEGER NOT NULL,
    begun_by    TEXT NOT NULL,
    state       TEXT NOT NULL, -- asking, waiting, ended, cancelled
    after_id    INTEGER NOT NULL, -- contacts up to this one have a row below, if they are asked
    held_until  INTEGER NOT NULL, -- a node is at it, or it has had its mails for now
    ended_at    INTEGER
) STRICT;
CREATE INDEX IF NOT EXISTS reconfirmations_by_topic ON reconfirmations (topic_id, id);
CREATE TABLE IF NOT EXISTS reconfirmation_links (
    reconfirmation_id INTEGER NOT NULL,
    contact_id        INTEGER NOT NULL,
    state             INTEGER NOT NULL, -- 0 to be mailed, 1 asked, 2 confirmed, 3 stopped, 4 can't be mailed
    token_hash        BLOB,             -- SHA-256; null: not mailed yet
    asked_at          INTEGER,
    PRIMARY KEY (reconfirmation_id, contact_id)
) STRICT, WITHOUT ROWID;
CREATE UNIQUE INDEX IF NOT EXISTS reconfirmation_links_by_token ON reconfirmation_links (token_hash)
    WHERE token_hash IS NOT NULL;
CREATE INDEX IF NOT EXISTS reconfirmation_links_to_mail ON reconfirmation_links (reconfirmation_id, contact_id)
    WHERE state = 0;
CREATE INDEX IF NOT EXISTS reconfirmation_links_asked
    ON reconfirmation_links (reconfirmation_id, asked_at, contact_id) WHERE state = 1;
