-- How much of what people do may be recorded: 0 nothing, 1 that it was done, 2 by whom (model::TrackingMode).
-- Null: nobody has decided.
ALTER TABLE contacts ADD COLUMN tracking INTEGER; -- their own word
ALTER TABLE topics ADD COLUMN tracking INTEGER; -- the most for those who have said nothing
ALTER TABLE campaigns ADD COLUMN tracking INTEGER; -- the most
ALTER TABLE consents ADD COLUMN mode INTEGER; -- what a contact has said about tracking
ALTER TABLE consents ADD COLUMN notice TEXT; -- the version of what they were told
-- Few have said less than what holds for everybody.
CREATE INDEX contacts_with_tracking ON contacts (id, tracking) WHERE tracking IS NOT NULL;

-- What a message was made for; null: by whom.
ALTER TABLE deliveries ADD COLUMN tracking INTEGER;

-- Hits of nobody, which are among views and clicks; of those, the ones whose link told whose they are.
ALTER TABLE campaign_rollups ADD COLUMN anonymous_views INTEGER NOT NULL DEFAULT 0;
ALTER TABLE campaign_rollups ADD COLUMN anonymous_clicks INTEGER NOT NULL DEFAULT 0;
ALTER TABLE campaign_rollups ADD COLUMN withheld_views INTEGER NOT NULL DEFAULT 0;
ALTER TABLE campaign_rollups ADD COLUMN withheld_clicks INTEGER NOT NULL DEFAULT 0;

-- Messages that were sent and do not tell who reads them.
CREATE TABLE untracked_deliveries (
    campaign_id INTEGER NOT NULL,
    tracking    INTEGER NOT NULL,
    sent        INTEGER NOT NULL,
    PRIMARY KEY (campaign_id, tracking)
) STRICT, WITHOUT ROWID;

-- Whichever statement ends a delivery.
CREATE TRIGGER deliveries_tracking_moves AFTER UPDATE OF state ON deliveries
    WHEN NEW.tracking IS NOT NULL AND (OLD.state = 2) <> (NEW.state = 2)
BEGIN
    INSERT INTO untracked_deliveries (campaign_id, tracking, sent)
        SELECT NEW.campaign_id, NEW.tracking, CASE WHEN NEW.state = 2 THEN 1 ELSE -1 END WHERE true
        ON CONFLICT (campaign_id, tracking) DO UPDATE SET sent = sent + excluded.sent;
END;

-- Contacts who want forgotten what they did until a time: their events up to `after_at` are nobody's by now.
CREATE TABLE contacts_to_forget (
    contact_id INTEGER NOT NULL PRIMARY KEY,
    until_at   INTEGER NOT NULL,
    after_at   INTEGER NOT NULL
) STRICT;
