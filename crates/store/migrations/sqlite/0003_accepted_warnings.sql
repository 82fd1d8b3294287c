-- Warnings of the check that somebody has accepted for a campaign, in the order of that. Append
-- only: whoever looks later sees what was known.
CREATE TABLE accepted_warnings (
    campaign_id     INTEGER NOT NULL REFERENCES campaigns (id),
    number          INTEGER NOT NULL,
    announcement_id INTEGER NOT NULL REFERENCES announcements (id), -- the version it was shown for
    code            TEXT    NOT NULL, -- the kind of thing
    subject         TEXT    NOT NULL, -- what it is about, without counts and lines
    contacts        INTEGER NOT NULL, -- how many people it concerned; 0 when it is not about people
    text            TEXT    NOT NULL, -- as it was shown
    accepted_at     INTEGER NOT NULL,
    PRIMARY KEY (campaign_id, number)
) STRICT, WITHOUT ROWID;
