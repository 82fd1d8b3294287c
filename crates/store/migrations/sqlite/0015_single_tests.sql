-- What single messages of test tokens say is in the inbox as well: such a row has a message instead of a
-- campaign. SQLite takes no NOT NULL away, so the table is made anew; its ids go on from where they were.
CREATE TABLE test_messages_14 (
    id          INTEGER NOT NULL PRIMARY KEY AUTOINCREMENT, -- never used twice: it is in addresses
    campaign_id INTEGER REFERENCES campaigns (id), -- null: a single message's
    message_id  INTEGER REFERENCES messages (id),  -- null: a campaign's
    email_key   TEXT    NOT NULL, -- whom it went to
    contact_id  INTEGER,          -- whose values it shows; null: made-up ones
    sent_at     INTEGER NOT NULL,
    raw         BLOB    NOT NULL
) STRICT;
INSERT INTO test_messages_14 (id, campaign_id, email_key, contact_id, sent_at, raw)
    SELECT id, campaign_id, email_key, contact_id, sent_at, raw FROM test_messages;
DELETE FROM sqlite_sequence WHERE name = 'test_messages_14';
INSERT INTO sqlite_sequence (name, seq)
    SELECT 'test_messages_14', seq FROM sqlite_sequence WHERE name = 'test_messages';
DROP TABLE test_messages;
ALTER TABLE test_messages_14 RENAME TO test_messages;
-- What somebody has to look at.
CREATE INDEX messages_in_doubt ON messages (ended_at) WHERE state = 6;
