-- How much of what people do may be recorded: 0 nothing, 1 that it was done, 2 by whom (model::TrackingMode).
-- Null: nobody has decided.
ALTER TABLE contacts ADD COLUMN tracking SMALLINT; -- their own word
ALTER TABLE topics ADD COLUMN tracking SMALLINT; -- the most for those who have said nothing
ALTER TABLE campaigns ADD COLUMN tracking SMALLINT; -- the most
ALTER TABLE consents ADD COLUMN mode SMALLINT; -- what a contact has said about tracking
ALTER TABLE consents ADD COLUMN notice TEXT COLLATE "C"; -- the version of what they were told
-- Few have said less than what holds for everybody.
CREATE INDEX contacts_with_tracking ON contacts (id, tracking) WHERE tracking IS NOT NULL;

-- What a message was made for; null: by whom.
ALTER TABLE deliveries ADD COLUMN tracking SMALLINT;

-- Hits of nobody, which are among views and clicks; of those, the ones whose link told whose they are.
ALTER TABLE campaign_rollups ADD COLUMN anonymous_views BIGINT NOT NULL DEFAULT 0;
ALTER TABLE campaign_rollups ADD COLUMN anonymous_clicks BIGINT NOT NULL DEFAULT 0;
ALTER TABLE campaign_rollups ADD COLUMN withheld_views BIGINT NOT NULL DEFAULT 0;
ALTER TABLE campaign_rollups ADD COLUMN withheld_clicks BIGINT NOT NULL DEFAULT 0;

-- Messages that were sent and do not tell who reads them.
CREATE TABLE untracked_deliveries (
    campaign_id BIGINT   NOT NULL,
    tracking    SMALLINT NOT NULL,
    sent        BIGINT   NOT NULL,
    PRIMARY KEY (campaign_id, tracking)
);

-- Whichever statement ends deliveries: the counts of all its rows together.
CREATE FUNCTION count_tracking_moves() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    INSERT INTO untracked_deliveries AS c (campaign_id, tracking, sent)
        SELECT a.campaign_id, a.tracking,
            CAST(sum(CASE WHEN a.state = 2 THEN 1 ELSE -1 END) AS BIGINT)
        FROM rows_after a JOIN rows_before b
            ON b.campaign_id = a.campaign_id AND b.contact_id = a.contact_id
        WHERE a.tracking IS NOT NULL AND (a.state = 2) <> (b.state = 2)
        GROUP BY a.campaign_id, a.tracking
        ORDER BY a.campaign_id, a.tracking
        ON CONFLICT (campaign_id, tracking) DO UPDATE SET sent = c.sent + excluded.sent;
    RETURN NULL;
END $$;
CREATE TRIGGER deliveries_tracking_moves AFTER UPDATE ON deliveries
    REFERENCING OLD TABLE AS rows_before NEW TABLE AS rows_after
    FOR EACH STATEMENT EXECUTE FUNCTION count_tracking_moves();

-- Contacts who want forgotten what they did until a time: their events up to `after_at` are nobody's by now.
CREATE TABLE contacts_to_forget (
    contact_id BIGINT NOT NULL PRIMARY KEY,
    until_at   BIGINT NOT NULL,
    after_at   BIGINT NOT NULL
);
