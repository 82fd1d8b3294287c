-- Which contacts' links were clicked in which browsers. Never because of a pixel. Two contacts of one
-- browser are two rows, and both stay.
CREATE TABLE IF NOT EXISTS visitor_links (
    visitor     BYTEA   NOT NULL,
    contact_id  BIGINT NOT NULL,
    reason      SMALLINT NOT NULL, -- 1: a click
    first_at    BIGINT NOT NULL,
    last_at     BIGINT NOT NULL,
    hits        BIGINT NOT NULL, -- counted up to 1,000
    campaign_id BIGINT NOT NULL, -- whose message it was at first_at
    days        BIGINT NOT NULL, -- a bit for each different day, of 62
    campaigns   BIGINT NOT NULL, -- a bit for each different campaign, of 62
    PRIMARY KEY (visitor, contact_id, reason)
);
CREATE INDEX IF NOT EXISTS visitor_links_by_contact ON visitor_links (contact_id);

-- Browsers of which somebody has said that they are not that contact's: nothing of the one is recorded
-- with the other again.
CREATE TABLE IF NOT EXISTS cut_visitor_links (
    visitor    BYTEA   NOT NULL,
    contact_id BIGINT NOT NULL,
    cut_at     BIGINT NOT NULL,
    settled    SMALLINT NOT NULL, -- 1: every event from before has lost the browser
    PRIMARY KEY (visitor, contact_id)
);
CREATE INDEX IF NOT EXISTS cut_visitor_links_by_contact ON cut_visitor_links (contact_id);
CREATE INDEX IF NOT EXISTS cut_visitor_links_unsettled ON cut_visitor_links (cut_at) WHERE settled = 0;
