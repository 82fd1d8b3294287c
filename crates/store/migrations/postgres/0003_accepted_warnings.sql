-- Warnings of the check that somebody has accepted for a campaign, in the order of that. Append
-- only: whoever looks later sees what was known.
CREATE TABLE accepted_warnings (
    campaign_id     BIGINT NOT NULL REFERENCES campaigns (id),
    number          BIGINT NOT NULL,
    announcement_id BIGINT NOT NULL REFERENCES announcements (id), -- the version it was shown for
    code            TEXT   COLLATE "C" NOT NULL, -- the kind of thing
    subject         TEXT   COLLATE "C" NOT NULL, -- what it is about, without counts and lines
    contacts        BIGINT NOT NULL, -- how many people it concerned; 0 when it is not about people
    text            TEXT   COLLATE "C" NOT NULL, -- as it was shown
    accepted_at     BIGINT NOT NULL,
    PRIMARY KEY (campaign_id, number)
);
