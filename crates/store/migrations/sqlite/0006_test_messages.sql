-- Test messages that were sent, for a look at them: the newest only, and for a limited time.
CREATE TABLE test_messages (
    id          INTEGER NOT NULL PRIMARY KEY AUTOINCREMENT, -- never used twice: it is in addresses
    campaign_id INTEGER NOT NULL REFERENCES campaigns (id),
    email_key   TEXT    NOT NULL, -- whom it went to
    contact_id  INTEGER,          -- whose values it shows; null: made-up ones
    sent_at     INTEGER NOT NULL,
    raw         BLOB    NOT NULL
) STRICT;
