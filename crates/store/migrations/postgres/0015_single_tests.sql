-- What single messages of test tokens say is in the inbox as well: such a row has a message instead of a
-- campaign.
ALTER TABLE test_messages ALTER COLUMN campaign_id DROP NOT NULL; -- null: a single message's
ALTER TABLE test_messages ADD COLUMN message_id BIGINT REFERENCES messages (id); -- null: a campaign's
-- What somebody has to look at.
CREATE INDEX messages_in_doubt ON messages (ended_at) WHERE state = 6;
