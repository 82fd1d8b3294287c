-- Which contacts' links were clicked in which browsers. Never because of a pixel. Two contacts of one
-- browser are two rows, and both stay.
CREATE TABLE IF NOT EXISTS visitor_links (
    visitor     BLOB    NOT NULL,
    contact_id  INTEGER NOT NULL,
    reason      INTEGER NOT NULL, -- 1: a click
    first_at    INTEGER NOT NULL,
    last_at     INTEGER NOT NULL,
    hits        INTEGER NOT NULL, -- counted up to 1,000
    campaign_id INTEGER NOT NULL, -- whose message it was at first_at
    days        INTEGER NOT NULL, -- a bit for each different day, of 62
    campaigns   INTEGER NOT NULL, -- a bit for each different campaign, of 62
    PRIMARY KEY (visitor, contact_id, reason)
) STRICT, WITHOUT ROWID;
CREATE INDEX IF NOT EXISTS visitor_links_by_contact ON visitor_links (contact_id);

-- Browsers of which somebody has said that they are not that contact's: nothing of the one is recorded
-- with the other again.
CREATE TABLE IF NOT EXISTS cut_visitor_links (
    visitor    BLOB    NOT NULL,
    contact_id INTEGER NOT NULL,
    cut_at     INTEGER NOT NULL,
    settled    INTEGER NOT NULL, -- 1: every event from before has lost the browser
    PRIMARY KEY (visitor, contact_id)
) STRICT, WITHOUT ROWID;
CREATE INDEX IF NOT EXISTS cut_visitor_links_by_contact ON cut_visitor_links (contact_id);
CREATE INDEX IF NOT EXISTS cut_visitor_links_unsettled ON cut_visitor_links (cut_at) WHERE settled = 0;
