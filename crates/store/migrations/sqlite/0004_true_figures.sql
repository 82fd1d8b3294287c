-- What reports need to tell the truth at a fixed cost.

-- Why deliveries failed, wait or were not made, as texts without what is peculiar to one message;
-- at most 48 a campaign, number 0 stands for all that came beyond.
CREATE TABLE campaign_reasons (
    campaign_id INTEGER NOT NULL,
    number      INTEGER NOT NULL,
    code        INTEGER NOT NULL, -- the relay's, 0 for reasons of our own
    text        TEXT    NOT NULL,
    PRIMARY KEY (campaign_id, number),
    UNIQUE (campaign_id, code, text)
) STRICT, WITHOUT ROWID;

CREATE TABLE reason_counts (
    campaign_id INTEGER NOT NULL,
    state       INTEGER NOT NULL,
    reason      INTEGER NOT NULL,
    deliveries  INTEGER NOT NULL,
    PRIMARY KEY (campaign_id, state, reason)
) STRICT, WITHOUT ROWID;

ALTER TABLE deliveries ADD COLUMN reason INTEGER; -- number of its reason; null: none

-- Those of an earlier release: by code, our own by text.
INSERT INTO campaign_reasons (campaign_id, number, code, text)
    SELECT campaign_id, row_number() OVER (PARTITION BY campaign_id ORDER BY count DESC, code, text),
        code, text
    FROM (SELECT campaign_id, code, min(reply) AS text, count(*) AS count,
            row_number() OVER (PARTITION BY campaign_id ORDER BY count(*) DESC) AS place
        FROM deliveries WHERE code IS NOT NULL AND reply IS NOT NULL
        GROUP BY campaign_id, code, CASE WHEN code = 0 THEN reply ELSE '' END)
    WHERE place <= 48;
UPDATE deliveries SET reason = coalesce(
        (SELECT number FROM campaign_reasons r WHERE r.campaign_id = deliveries.campaign_id
            AND r.code = deliveries.code AND (r.code > 0 OR r.text = deliveries.reply)), 0)
    WHERE code IS NOT NULL AND reply IS NOT NULL;
INSERT INTO campaign_reasons (campaign_id, number, code, text)
    SELECT DISTINCT campaign_id, 0, 0, 'other reasons' FROM deliveries
    WHERE code IS NOT NULL AND reason = 0;
INSERT INTO reason_counts (campaign_id, state, reason, deliveries)
    SELECT campaign_id, state, reason, count(*) FROM deliveries
    WHERE code IS NOT NULL AND reason IS NOT NULL GROUP BY campaign_id, state, reason;

-- Moves the counts with the rows, whichever statement moves them.
CREATE TRIGGER deliveries_reason_moves AFTER UPDATE OF state, reason ON deliveries
    WHEN (OLD.reason IS NOT NULL OR NEW.reason IS NOT NULL)
    AND (OLD.reason IS NOT NEW.reason OR OLD.state <> NEW.state)
BEGIN
    UPDATE reason_counts SET deliveries = deliveries - 1
        WHERE campaign_id = OLD.campaign_id AND state = OLD.state AND reason = OLD.reason;
    INSERT INTO reason_counts (campaign_id, state, reason, deliveries)
        SELECT NEW.campaign_id, NEW.state, NEW.reason, 1 WHERE NEW.reason IS NOT NULL
        ON CONFLICT (campaign_id, state, reason) DO UPDATE SET deliveries = deliveries + 1;
END;

-- The best class of a contact's clicks, so that clicks have a floor and a ceiling as views have.
ALTER TABLE engagements ADD COLUMN click_class INTEGER NOT NULL DEFAULT 0;
ALTER TABLE campaign_classes ADD COLUMN clickers INTEGER NOT NULL DEFAULT 0;
CREATE TABLE clicks_before (
    campaign_id INTEGER NOT NULL,
    contact_id  INTEGER NOT NULL,
    class       INTEGER NOT NULL,
    PRIMARY KEY (campaign_id, contact_id)
);
INSERT INTO clicks_before (campaign_id, contact_id, class)
    SELECT campaign_id, contact_id, max(class) FROM events
    WHERE slot IS NOT NULL AND class > 1 AND signs % 2 = 0
    GROUP BY campaign_id, contact_id;
-- Whose events have been forgotten is of unknown class (4).
UPDATE engagements SET click_class = coalesce((SELECT class FROM clicks_before b
        WHERE b.campaign_id = engagements.campaign_id AND b.contact_id = engagements.contact_id), 4)
    WHERE clicked = 1;
DROP TABLE clicks_before;
INSERT INTO campaign_classes (campaign_id, class, shard, views, clicks, contacts, clickers)
    SELECT campaign_id, click_class, 0, 0, 0, 0, count(*) FROM engagements
    WHERE clicked = 1 GROUP BY campaign_id, click_class
    ON CONFLICT (campaign_id, class, shard) DO UPDATE SET clickers = excluded.clickers;

-- By which rules a campaign's hits were classified.
CREATE TABLE campaign_rules (
    campaign_id INTEGER NOT NULL,
    rules       TEXT NOT NULL,
    PRIMARY KEY (campaign_id, rules)
) STRICT, WITHOUT ROWID;
INSERT INTO campaign_rules (campaign_id, rules)
    SELECT DISTINCT campaign_id, '2026-11-23' FROM campaign_rollups
    WHERE views + clicks + heads > 0;

-- Hits that the node has answered and that are not counted yet, as it last said.
ALTER TABLE nodes ADD COLUMN hits_waiting INTEGER NOT NULL DEFAULT 0;
