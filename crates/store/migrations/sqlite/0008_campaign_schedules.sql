-- When campaigns start by themselves. A row is there exactly while the campaign is scheduled.
CREATE TABLE campaign_schedules (
    campaign_id           INTEGER NOT NULL PRIMARY KEY REFERENCES campaigns (id),
    starts_at             INTEGER NOT NULL,
    audience_at_most      INTEGER,          -- it does not start for more; null: for any number
    links_to_this_machine INTEGER NOT NULL  -- 1: links to the reader's own machine may be mailed
) STRICT;

CREATE INDEX campaign_schedules_due ON campaign_schedules (starts_at);
