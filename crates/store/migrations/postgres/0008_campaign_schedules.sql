-- When campaigns start by themselves. A row is there exactly while the campaign is scheduled.
CREATE TABLE campaign_schedules (
    campaign_id           BIGINT NOT NULL PRIMARY KEY REFERENCES campaigns (id),
    starts_at             BIGINT NOT NULL,
    audience_at_most      BIGINT,          -- it does not start for more; null: for any number
    links_to_this_machine BIGINT NOT NULL  -- 1: links to the reader's own machine may be mailed
);

CREATE INDEX campaign_schedules_due ON campaign_schedules (starts_at);
