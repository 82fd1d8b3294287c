-- What reports need to tell the truth at a fixed cost.

-- Why deliveries failed, wait or were not made, as texts without what is peculiar to one message;
-- at most 48 a campaign, number 0 stands for all that came beyond.
CREATE TABLE campaign_reasons (
    campaign_id BIGINT   NOT NULL,
    number      SMALLINT NOT NULL,
    code        INTEGER  NOT NULL, -- the relay's, 0 for reasons of our own
    text        TEXT     COLLATE "C" NOT NULL,
    PRIMARY KEY (campaign_id, number),
    UNIQUE (campaign_id, code, text)
);

CREATE TABLE reason_counts (
    campaign_id BIGINT   NOT NULL,
    state       SMALLINT NOT NULL,
    reason      SMALLINT NOT NULL,
    deliveries  BIGINT   NOT NULL,
    PRIMARY KEY (campaign_id, state, reason)
) WITH (fillfactor = 20);

ALTER TABLE deliveries ADD COLUMN reason SMALLINT; -- number of its reason; null: none

-- Those of an earlier release: by code, our own by text.
INSERT INTO campaign_reasons (campaign_id, number, code, text)
    SELECT campaign_id, place, code, text
    FROM (SELECT campaign_id, code, min(reply) AS text,
            row_number() OVER (PARTITION BY campaign_id ORDER BY count(*) DESC, code, min(reply))
                AS place
        FROM deliveries WHERE code IS NOT NULL AND reply IS NOT NULL
        GROUP BY campaign_id, code, CASE WHEN code = 0 THEN reply ELSE '' END) found
    WHERE place <= 48;
UPDATE deliveries d SET reason = coalesce(
        (SELECT number FROM campaign_reasons r WHERE r.campaign_id = d.campaign_id
            AND r.code = d.code AND (r.code > 0 OR r.text = d.reply)), 0)
    WHERE code IS NOT NULL AND reply IS NOT NULL;
INSERT INTO campaign_reasons (campaign_id, number, code, text)
    SELECT DISTINCT campaign_id, 0, 0, 'other reasons' FROM deliveries
    WHERE code IS NOT NULL AND reason = 0;
INSERT INTO reason_counts (campaign_id, state, reason, deliveries)
    SELECT campaign_id, state, reason, count(*) FROM deliveries
    WHERE code IS NOT NULL AND reason IS NOT NULL GROUP BY campaign_id, state, reason;

-- Moves the counts with the rows, whichever statement moves them: once a statement, because they
-- come by the hundred.
CREATE FUNCTION count_reason_moves() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    INSERT INTO reason_counts AS c (campaign_id, state, reason, deliveries)
        SELECT campaign_id, state, reason, CAST(sum(moved) AS BIGINT)
        FROM (SELECT campaign_id, state, reason, -1 AS moved FROM rows_before
                WHERE reason IS NOT NULL
            UNION ALL
            SELECT campaign_id, state, reason, 1 FROM rows_after WHERE reason IS NOT NULL) moves
        GROUP BY campaign_id, state, reason HAVING sum(moved) <> 0
        ORDER BY campaign_id, state, reason
        ON CONFLICT (campaign_id, state, reason) DO UPDATE
        SET deliveries = c.deliveries + excluded.deliveries;
    RETURN NULL;
END $$;
CREATE TRIGGER deliveries_reason_moves AFTER UPDATE ON deliveries
    REFERENCING OLD TABLE AS rows_before NEW TABLE AS rows_after
    FOR EACH STATEMENT EXECUTE FUNCTION count_reason_moves();

-- The best class of a contact's clicks, so that clicks have a floor and a ceiling as views have.
ALTER TABLE engagements ADD COLUMN click_class SMALLINT NOT NULL DEFAULT 0;
ALTER TABLE campaign_classes ADD COLUMN clickers BIGINT NOT NULL DEFAULT 0;
CREATE TEMPORARY TABLE clicks_before (
    campaign_id BIGINT NOT NULL,
    contact_id  BIGINT NOT NULL,
    class       SMALLINT NOT NULL,
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
    campaign_id BIGINT NOT NULL,
    rules       TEXT COLLATE "C" NOT NULL,
    PRIMARY KEY (campaign_id, rules)
);
INSERT INTO campaign_rules (campaign_id, rules)
    SELECT DISTINCT campaign_id, '2026-11-23' FROM campaign_rollups
    WHERE views + clicks + heads > 0;

-- Hits that the node has answered and that are not counted yet, as it last said.
ALTER TABLE nodes ADD COLUMN hits_waiting BIGINT NOT NULL DEFAULT 0;
